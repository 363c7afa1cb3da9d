"""What threads refuse."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class ThreadArchived(Refusal):
    """An archived thread takes no new messages."""

    tag = "thread_archived"
    status = 409
    title = "The conversation is archived"


class MessageEmpty(Refusal):
    """A message needs text."""

    tag = "message_empty"
    status = 422
    title = "The message is empty"


class MessageTooLong(Refusal):
    """A message has more characters than the limit."""

    tag = "message_too_long"
    status = 422
    title = "The message is too long"


class ClientIdTaken(Refusal):
    """The client's id for the message belongs to another message of the thread."""

    tag = "client_id_taken"
    status = 409
    title = "The message id is taken"
