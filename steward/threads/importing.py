"""Importing: conversations that were held elsewhere, stored with their ids, their times and their branches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from asyncpg import UniqueViolationError

from steward.audit import service as audit
from steward.kernel.characters import cut
from steward.kernel.errors import Conflict
from steward.kernel.work import Statement, Transaction
from steward.threads import reading
from steward.threads.queries import PREVIEW_CHARS
from steward.threads.reading import Part

_ROWS: Final = 1_000
"""Messages that go in with one statement."""

_INSERT_THREAD: Final = Statement(
    "INSERT INTO threads (workspace_id, id, user_id, client_id, title, model, agent_id, archived, head_id, metadata, "
    "message_count, created_at, updated_at, last_message_at, last_message_preview) VALUES (:workspace_id, :id, "
    ":user_id, :client_id, :title, :model, :agent_id, :archived, :head_id, cast(:metadata AS jsonb), :message_count, "
    ":created_at, :last_message_at, :last_message_at, :preview) ON CONFLICT DO NOTHING RETURNING id"
)
_LOCK_MINE: Final = Statement(
    "SELECT id, head_id FROM threads WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id FOR UPDATE"
)
_KNOWN: Final = Statement(
    "SELECT id FROM messages WHERE workspace_id = :workspace_id AND thread_id = :thread_id "
    "AND id = ANY (cast(:ids AS text[]))"
)
_INSERT_MESSAGES: Final = Statement(
    "INSERT INTO messages (workspace_id, thread_id, user_id, id, parent_id, client_id, run_id, role, status, parts, "
    "content, model, finish_reason, input_tokens, output_tokens, total_tokens, metadata, created_at) "
    "SELECT cast(:workspace_id AS text), cast(:thread_id AS text), cast(:user_id AS text), m.id, m.parent_id, "
    "m.client_id, m.run_id, m.role, m.status, cast(m.parts AS jsonb), m.content, m.model, m.finish_reason, "
    "m.input_tokens, m.output_tokens, m.input_tokens + m.output_tokens, cast(m.metadata AS jsonb), m.created_at "
    "FROM unnest(cast(:ids AS text[]), cast(:parent_ids AS text[]), "
    "cast(:client_ids AS text[]), cast(:run_ids AS text[]), cast(:roles AS text[]), cast(:statuses AS text[]), "
    "cast(:parts AS text[]), cast(:contents AS text[]), cast(:models AS text[]), cast(:finish_reasons AS text[]), "
    "cast(:input_tokens AS int[]), cast(:output_tokens AS int[]), cast(:metadata AS text[]), "
    "cast(:created_at AS timestamptz[])) AS m(id, parent_id, client_id, run_id, role, status, parts, content, model, "
    "finish_reason, input_tokens, output_tokens, metadata, created_at)"
)
_EXTEND: Final = Statement(
    "UPDATE threads SET head_id = :head_id, message_count = message_count + cast(:added AS int), "
    "last_message_at = greatest(last_message_at, cast(:last_message_at AS timestamptz)), updated_at = now(), "
    "last_message_preview = coalesce(:preview, last_message_preview) "
    "WHERE workspace_id = :workspace_id AND id = :thread_id"
)


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message as it was elsewhere, fit to be stored: see `storable`.

    Attributes:
        parent_id: what it follows; None begins a branch.
        run_id: of the run that wrote it, whether that is known here or not.
        metadata: the whole of it, what doors keep included.
    """

    id: str
    parent_id: str | None
    role: str
    parts: list[Part]
    created_at: datetime
    client_id: str | None = None
    run_id: str | None = None
    status: str = "completed"
    model: str | None = None
    finish_reason: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class PastThread:
    """A conversation as it was elsewhere.

    Attributes:
        messages: parents before what follows them.
        head_id: the last message of the visible branch.
        agent_id: who shall go on with it; an agent that is there.
    """

    id: str
    created_at: datetime
    messages: Sequence[PastMessage]
    head_id: str | None
    title: str = ""
    client_id: str | None = None
    model: str | None = None
    agent_id: str | None = None
    archived: bool = False
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a conversation: whether it is new here, and how many of its messages are."""

    thread_id: str
    is_new: bool
    added: int


async def restore(work: Transaction, threads: Sequence[PastThread]) -> list[Restored]:
    """Store conversations. What is there already stays as it is; messages that it lacks are added.

    Raises:
        Conflict: a thread or a message of that id is somebody else's, or in another thread; nothing is stored then.
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    try:
        restored = [await _restore(work, thread) for thread in threads]
    except UniqueViolationError as error:
        raise Conflict("One of its messages is here already, in another conversation.") from error
    added = sum(one.added for one in restored)
    made = sum(one.is_new for one in restored)
    if made or added:
        await audit.record(work, "threads_imported", "user", work.actor.user_id, threads=made, messages=added)
    return restored


async def _restore(work: Transaction, thread: PastThread) -> Restored:
    last = max(thread.messages, key=lambda message: message.created_at, default=None)
    values = {
        "last_message_at": thread.created_at if last is None else last.created_at,
        "preview": "" if last is None else _preview(last),
    }
    row = await work.first(
        _INSERT_THREAD,
        **work.mine,
        **values,
        id=thread.id,
        client_id=thread.client_id,
        title=thread.title or _title(thread),
        model=thread.model,
        agent_id=thread.agent_id,
        archived=thread.archived,
        head_id=thread.head_id,
        metadata=_json(thread.metadata),
        message_count=len(thread.messages),
        created_at=thread.created_at,
    )
    if row is None:
        return await _complete(work, thread)
    await _insert(work, thread.id, thread.messages)
    return Restored(thread.id, is_new=True, added=len(thread.messages))


async def _complete(work: Transaction, thread: PastThread) -> Restored:
    """Add what a thread lacks. Its visible branch goes on only where the new messages follow its end."""
    there = await work.first(_LOCK_MINE, **work.mine, id=thread.id)
    if there is None:
        raise Conflict("Another conversation has its id.")
    ids = [message.id for message in thread.messages]
    mine = {"workspace_id": work.actor.workspace_id, "thread_id": thread.id}
    known = {row.id for row in await work.all(_KNOWN, **mine, ids=ids)}
    new = [message for message in thread.messages if message.id not in known]
    if new:
        await _insert(work, thread.id, new)
        head_id = thread.head_id if there.head_id is None else _end_behind(there.head_id, new)
        head = next((message for message in new if message.id == head_id), None)
        await work.all(
            _EXTEND,
            **mine,
            head_id=head_id,
            added=len(new),
            last_message_at=max(message.created_at for message in new),
            preview=None if head is None else _preview(head),
        )
    return Restored(thread.id, is_new=False, added=len(new))


def _end_behind(head_id: str, new: Sequence[PastMessage]) -> str:
    followers = {message.parent_id: message.id for message in new}
    while head_id in followers:
        head_id = followers[head_id]
    return head_id


async def _insert(work: Transaction, thread_id: str, messages: Sequence[PastMessage]) -> None:
    for first in range(0, len(messages), _ROWS):
        columns = await asyncio.to_thread(_columns, messages[first : first + _ROWS])
        await work.all(_INSERT_MESSAGES, **work.mine, thread_id=thread_id, **columns)


def _columns(messages: Sequence[PastMessage]) -> dict[str, list[Any]]:
    return {
        "ids": [message.id for message in messages],
        "parent_ids": [message.parent_id for message in messages],
        "client_ids": [message.client_id for message in messages],
        "run_ids": [message.run_id for message in messages],
        "roles": [message.role for message in messages],
        "statuses": [message.status for message in messages],
        "parts": [_json(message.parts) for message in messages],
        "contents": [reading.plain_text(message.parts) for message in messages],
        "models": [message.model for message in messages],
        "finish_reasons": [message.finish_reason for message in messages],
        "input_tokens": [message.input_tokens for message in messages],
        "output_tokens": [message.output_tokens for message in messages],
        "metadata": [_json(message.metadata) for message in messages],
        "created_at": [message.created_at for message in messages],
    }


def _title(thread: PastThread) -> str:
    asked: Iterator[str] = (
        reading.plain_text(message.parts) for message in thread.messages if message.role == "user"
    )
    return reading.first_line(next(asked, ""))


def _preview(message: PastMessage) -> str:
    return cut(reading.plain_text(message.parts), PREVIEW_CHARS)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
