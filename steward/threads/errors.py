"""What threads refuse."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class ThreadArchived(Refusal):
    """An archived thread takes no new messages."""

    tag = "thread_archived"
    status = 409
    title = "The conversation is archived"
    remedy = "Take the conversation out of the archive, or start a new one."


class MessageEmpty(Refusal):
    """A message needs text."""

    tag = "message_empty"
    status = 422
    title = "The message is empty"
    remedy = "Write some text, then send the message again."


class MessageTooLong(Refusal):
    """A message has more characters than the limit."""

    tag = "message_too_long"
    status = 422
    title = "The message is too long"
    remedy = "Shorten the message, or send it in parts."


class ClientIdTaken(Refusal):
    """The client's id for the message belongs to another message of the thread."""

    tag = "client_id_taken"
    status = 409
    title = "The message id is taken"
    remedy = "Give the message a new id, then send it again."


class ExportTooLarge(Refusal):
    """A conversation takes more time or memory than the asked form of an export may."""

    tag = "export_too_large"
    status = 422
    title = "The conversation is too long for this form"
    remedy = "Choose Markdown or JSON as the form of the export."
