"""How threads and messages are read: whose they are, what is shown of them, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, select

from steward.kernel.characters import cut
from steward.kernel.errors import NotFound
from steward.kernel.work import Found, Work
from steward.threads.schemas import Feedback, MessageError, MessageRead, MessageUsage, ThreadRead
from steward.threads.tables import Message, Thread

Part = dict[str, Any]

TITLE_CHARS: Final = 100
_UNSHOWN: Final = frozenset({"provider_state", "extract"})
NOTES: Final = "notes"
"""In the metadata of threads and messages: what a door keeps with them for its own clients."""


def plain_text(parts: Sequence[Part]) -> str:
    """The text parts of a message, joined."""
    return "".join(part["text"] for part in parts if part.get("type") == "text")


def file_names(parts: Sequence[Part]) -> str:
    """The names of a message's files, for lists that would show nothing of it otherwise."""
    return ", ".join(str(part.get("filename") or "file") for part in parts if part.get("type") == "file")


def first_line(content: str) -> str:
    """A title from a message: its beginning, cut at 100 characters."""
    return cut(" ".join(content.split()), TITLE_CHARS)


def threads_of_actor(work: Work) -> Select[Thread]:
    """What asks for the actor's threads."""
    # Named beside the policy, so that the plan uses the index whatever the policy looks like.
    return select(Thread).where(
        and_(Thread.workspace_id == work.actor.workspace_id, Thread.user_id == work.actor.user_id)
    )


def messages_of_thread(work: Work, thread_id: str) -> Select[Message]:
    """What asks for the messages of one of the actor's threads that people and models wrote."""
    mine = (Message.workspace_id == work.actor.workspace_id, Message.user_id == work.actor.user_id)
    return select(Message).where(
        *mine, Message.thread_id == thread_id, Message.role.in_(("user", "assistant"))
    )


def thread_read(thread: Thread | Found) -> ThreadRead:
    """A thread as doors show it."""
    return ThreadRead(
        id=thread.id,
        client_id=thread.client_id,
        title=thread.title,
        model=thread.model,
        agent_id=thread.agent_id,
        pinned=thread.is_pinned,
        archived=thread.archived,
        tags=thread.tags,
        status="running" if thread.is_running else "idle",
        message_count=thread.message_count,
        token_count=thread.token_count,
        last_message_preview=thread.last_message_preview,
        last_message_at=thread.last_message_at,
        created_at=thread.created_at,
        updated_at=thread.updated_at,
        head_id=thread.head_id,
        metadata={name: value for name, value in thread.thread_metadata.items() if name != NOTES},
    )


def shown_parts(parts: list[Part]) -> list[Part]:
    """The parts as readers see them: without what is there for models and their wires alone."""
    shown = [{name: value for name, value in part.items() if name not in _UNSHOWN} for part in parts]
    return [part for part in shown if part["type"] != "reasoning" or part["text"]]


def message_read(row: Message, siblings: list[str], told: Feedback | None = None) -> MessageRead:
    """A message as doors show it.

    Args:
        row: the message.
        siblings: the ids of all versions of it, itself among them, the oldest first.
        told: what its reader thinks of it.
    """
    counted = row.role == "assistant" and row.status != "in_progress"
    return MessageRead(
        id=row.id,
        client_id=row.client_id,
        parent_id=row.parent_id,
        role=row.role,  # pyright: ignore[reportArgumentType]  # the table's check constraint holds the same four
        parts=shown_parts(row.parts),
        status=row.status,
        model=row.model,
        finish_reason=row.finish_reason,
        usage=MessageUsage(
            input_tokens=row.input_tokens, output_tokens=row.output_tokens, total_tokens=row.total_tokens
        )
        if counted
        else None,
        run_id=row.run_id,
        error=None if row.error is None else MessageError.model_validate(row.error),
        created_at=row.created_at,
        metadata=row.message_metadata,
        siblings=siblings,
        feedback=told,
    )


def no_thread() -> NotFound:
    """The refusal of a thread that is not there, or is not the actor's."""
    return NotFound("There is no such conversation.")


def no_message() -> NotFound:
    """The refusal of a message that the thread does not have."""
    return NotFound("There is no such message in this conversation.")
