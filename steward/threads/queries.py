"""SQL of threads that outgrew the rules: the tree, the hot start of a turn, search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import select

from steward.kernel.characters import cut
from steward.kernel.ids import new_id
from steward.kernel.work import Found, Statement, Transaction, Work
from steward.threads.tables import Message

PREVIEW_CHARS: Final = 200
_MOST_MESSAGES: Final = 100_000
_MOST_SILENT: Final = 8
"""So many failed answers are looked past on the way back."""

_LOCK: Final = Statement(
    "SELECT id, client_id, head_id, title, model, agent_id, archived FROM threads WHERE workspace_id = :workspace_id "
    "AND user_id = :user_id AND (id = :ref OR client_id = :ref) ORDER BY id = :ref DESC LIMIT 1 FOR UPDATE"
)
AGENT_OF: Final = Statement(
    "SELECT agent_id FROM threads WHERE workspace_id = :workspace_id AND user_id = :user_id "
    "AND (id = :ref OR client_id = :ref) ORDER BY id = :ref DESC LIMIT 1"
)
_INSERT_THREAD: Final = Statement(
    "INSERT INTO threads (workspace_id, id, user_id, client_id, title, model) "
    "VALUES (:workspace_id, :id, :user_id, :client_id, :title, :model) "
    "ON CONFLICT (workspace_id, user_id, client_id) DO NOTHING RETURNING id"
)
_FIND_MESSAGE: Final = Statement(
    "SELECT id, role, parent_id, parts FROM messages WHERE workspace_id = :workspace_id AND thread_id = :thread_id "
    "AND (id = :ref OR client_id = :ref) ORDER BY id = :ref DESC LIMIT 1"
)
_ANSWER: Final = (
    "INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, run_id, role, status, model) "
    "VALUES (:workspace_id, :answer_id, :thread_id, :user_id, :question_id, :run_id, 'assistant', "
    "'in_progress', :model)"
)
_THREAD: Final = (
    "UPDATE threads SET head_id = :answer_id, message_count = message_count + cast(:added AS int), "
    "last_message_at = now(), updated_at = now(), is_running = true, model = :model, last_message_preview = :preview, "
    "agent_id = coalesce(:agent_id, agent_id), title = CASE WHEN title = '' THEN :title ELSE title END "
    "WHERE workspace_id = :workspace_id AND id = :thread_id"
)
# One statement for the hot start of a turn; foreign keys are checked at its end.
_EXCHANGE: Final = Statement(
    "WITH question AS (INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, client_id, role, parts, "
    "content, metadata, created_at) VALUES (:workspace_id, :question_id, :thread_id, :user_id, :parent_id, :client_id, "
    "'user', cast(:parts AS jsonb), :content, cast(:metadata AS jsonb), statement_timestamp())), "
    f"answer AS ({_ANSWER}) {_THREAD}"
)
_ANOTHER_ANSWER: Final = Statement(f"WITH answer AS ({_ANSWER}) {_THREAD}")
_UPDATE_ANSWER: Final = Statement(
    "UPDATE messages SET status = :status, parts = cast(:parts AS jsonb), content = :content, "
    "finish_reason = :finish_reason, input_tokens = :input_tokens, output_tokens = :output_tokens, "
    "total_tokens = cast(:input_tokens AS int) + cast(:output_tokens AS int), error = cast(:error AS jsonb), "
    "metadata = metadata || cast(:metadata AS jsonb), model = coalesce(:model, model) "
    "WHERE workspace_id = :workspace_id AND id = :id AND status = 'in_progress' RETURNING id"
)
_COUNT_ANSWER: Final = Statement(
    "UPDATE threads SET token_count = token_count + :tokens, last_message_preview = :preview, last_message_at = now(), "
    "updated_at = now(), is_running = EXISTS (SELECT 1 FROM messages WHERE workspace_id = :workspace_id "
    "AND thread_id = :thread_id AND status = 'in_progress') WHERE workspace_id = :workspace_id AND id = :thread_id"
)
_PATH: Final = (
    "WITH RECURSIVE path AS (SELECT id, parent_id, 1 AS depth FROM messages WHERE workspace_id = :workspace_id "
    "AND user_id = :user_id AND id = :start UNION ALL SELECT m.id, m.parent_id, path.depth + 1 FROM messages m "
    "JOIN path ON m.id = path.parent_id WHERE m.workspace_id = :workspace_id AND path.depth < :most) "
)
_SAID: Final = Statement(
    _PATH
    + "SELECT m.role, m.parts FROM path JOIN messages m ON m.workspace_id = :workspace_id AND m.id = path.id "
    "WHERE m.parts <> cast('[]' AS jsonb) ORDER BY path.depth LIMIT cast(:shown AS int)"
)
_SIBLINGS: Final = Statement(
    "SELECT parent_id, array_agg(id ORDER BY created_at, id) FROM messages WHERE workspace_id = :workspace_id "
    "AND thread_id = :thread_id AND (parent_id = ANY (:parents) OR (:roots AND parent_id IS NULL)) GROUP BY parent_id"
)
_PAGE: Final = (
    "SELECT id, client_id, title, model, agent_id, is_pinned, archived, is_running, message_count, token_count, "
    "last_message_preview, last_message_at, created_at, updated_at, head_id, tags, metadata AS thread_metadata "
    "FROM threads WHERE workspace_id = :workspace_id AND user_id = :user_id AND archived = :archived "
)
_NEWEST_FIRST: Final = "ORDER BY is_pinned DESC, last_message_at DESC, id DESC LIMIT :most OFFSET :offset"
_AFTER: Final = "AND (is_pinned, last_message_at, id) < (:is_pinned, :last_message_at, :id) "
# `tags <> '{}'` is what the index of tagged threads asks for.
_TAGGED: Final = "AND tags <> '{}' AND :tag = ANY (tags) "
_FIRST_PAGE: Final = Statement(_PAGE + _NEWEST_FIRST)
_NEXT_PAGE: Final = Statement(_PAGE + _AFTER + _NEWEST_FIRST)
_FIRST_TAGGED: Final = Statement(_PAGE + _TAGGED + _NEWEST_FIRST)
_NEXT_TAGGED: Final = Statement(_PAGE + _TAGGED + _AFTER + _NEWEST_FIRST)
_STEPS: Final = Statement(_PATH + "SELECT id, depth FROM path ORDER BY depth")
_ADOPT_PATH: Final = Statement(
    "UPDATE threads SET head_id = :head, message_count = :count, token_count = :tokens, "
    "last_message_preview = :preview WHERE workspace_id = :workspace_id AND id = :thread_id"
)
_INSERT_EARLIER: Final = Statement(
    "INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, client_id, role, parts, content) VALUES "
    "(:workspace_id, :id, :thread_id, :user_id, :parent_id, :client_id, :role, cast(:parts AS jsonb), :content)"
)
_COUNT_EARLIER: Final = Statement(
    "UPDATE threads SET message_count = message_count + cast(:count AS int) "
    "WHERE workspace_id = :workspace_id AND id = :thread_id"
)
_INSERT_SAID: Final = Statement(
    "INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, role, parts, content, metadata) VALUES "
    "(:workspace_id, :id, :thread_id, :user_id, :parent_id, :role, cast(:parts AS jsonb), :content, "
    "cast(:metadata AS jsonb))"
)
_EXTEND: Final = Statement(
    "UPDATE threads SET head_id = :head_id, message_count = message_count + cast(:added AS int), "
    "last_message_at = now(), updated_at = now(), last_message_preview = :preview, "
    "title = CASE WHEN title = '' THEN :title ELSE title END WHERE workspace_id = :workspace_id AND id = :thread_id"
)
_BRANCH: Final = Statement(
    _PATH + "SELECT m.id FROM path JOIN messages m ON m.workspace_id = :workspace_id AND m.id = path.id "
    # An answer that has said nothing yet, or nothing at all, is none to a reader.
    "WHERE m.role = 'user' OR (m.role = 'assistant' AND m.content <> '') ORDER BY path.depth"
)
_TAKE_OUT: Final = Statement(
    "WITH gone AS (SELECT id, parent_id FROM messages WHERE workspace_id = :workspace_id AND thread_id = :thread_id "
    "AND id = :id), below AS (UPDATE messages m SET parent_id = gone.parent_id FROM gone "
    "WHERE m.workspace_id = :workspace_id AND m.thread_id = :thread_id AND m.parent_id = gone.id) "
    "UPDATE threads t SET head_id = CASE WHEN t.head_id = gone.id THEN gone.parent_id ELSE t.head_id END, "
    "message_count = greatest(0, t.message_count - 1), updated_at = now() FROM gone "
    "WHERE t.workspace_id = :workspace_id AND t.id = :thread_id"
)
_DELETE_MESSAGE: Final = Statement(
    "DELETE FROM messages WHERE workspace_id = :workspace_id AND thread_id = :thread_id AND id = :id"
)
_METADATA_OF: Final = Statement(
    "SELECT metadata FROM messages WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id"
)
_GIVE_UP: Final = Statement(
    "UPDATE messages SET client_id = NULL WHERE workspace_id = :workspace_id AND id = :id"
)
_LEAF: Final = Statement(
    "WITH RECURSIVE below AS (SELECT id, created_at FROM messages WHERE workspace_id = :workspace_id AND id = :start "
    "UNION ALL SELECT m.id, m.created_at FROM messages m JOIN below ON m.parent_id = below.id "
    "WHERE m.workspace_id = :workspace_id AND m.thread_id = :thread_id) "
    # A question and its answer may share their moment: only what has nothing below it counts.
    "SELECT id FROM below WHERE NOT EXISTS (SELECT 1 FROM messages c WHERE c.workspace_id = :workspace_id "
    "AND c.thread_id = :thread_id AND c.parent_id = below.id) ORDER BY created_at DESC, id DESC LIMIT 1"
)
_SEARCH: Final = Statement("SELECT thread_id, message_id, snippet FROM search_messages(:words, :most)")


@dataclass(frozen=True, slots=True)
class Answer:
    """How an answer ended, for its message. `parts` is the whole message."""

    status: str
    parts: list[dict[str, Any]]
    finish_reason: str | None
    input_tokens: int
    output_tokens: int
    error: dict[str, Any] | None
    metadata: dict[str, Any]
    model: str | None = None
    """Who answered in the end; None leaves it as it was."""


class Known(NamedTuple):
    """A message as the start of a turn needs it."""

    id: str
    role: str
    parent_id: str | None
    parts: list[dict[str, Any]]


class Hit(NamedTuple):
    """A message that a search found."""

    thread_id: str
    message_id: str
    snippet: str


async def lock_thread(work: Transaction, ref: str) -> Found | None:
    """The thread of this id, ours before the client's, locked; or None."""
    return await work.first(_LOCK, **work.mine, ref=ref)


async def page(
    work: Transaction,
    *,
    archived: bool,
    tag: str | None,
    most: int,
    offset: int,
    after: tuple[bool, datetime, str] | None,
) -> list[Found]:
    """Threads in the order of the list, after a position in it; with a tag those that have it."""
    values: dict[str, Any] = {**work.mine, "archived": archived, "tag": tag, "most": most, "offset": offset}
    if after is None:
        return await work.all(_FIRST_PAGE if tag is None else _FIRST_TAGGED, **values)
    is_pinned, last_message_at, thread_id = after
    values |= {"is_pinned": is_pinned, "last_message_at": last_message_at, "id": thread_id}
    return await work.all(_NEXT_PAGE if tag is None else _NEXT_TAGGED, **values)


async def insert_thread(
    work: Transaction, *, client_id: str | None, title: str, model: str | None
) -> str | None:
    """Make a thread; None when the client's id is taken."""
    values = {**work.mine, "id": new_id("thread"), "client_id": client_id, "title": title, "model": model}
    row = await work.first(_INSERT_THREAD, **values)
    return None if row is None else row.id


async def find_message(work: Transaction, thread_id: str, ref: str) -> Known | None:
    """The message of this id in the thread, ours or the client's; or None."""
    row = await work.first(_FIND_MESSAGE, **work.mine, thread_id=thread_id, ref=ref)
    return None if row is None else Known(*row)


async def agent_of(work: Transaction, ref: str) -> str | None:
    """The agent that answers in a thread."""
    row = await work.first(AGENT_OF, **work.mine, ref=ref)
    return None if row is None else row.agent_id


async def insert_exchange(
    work: Transaction,
    *,
    is_stored: bool,
    parts: Sequence[dict[str, Any]],
    metadata: dict[str, Any],
    **values: Any,
) -> None:
    """Store a question (unless it is stored) and the open place of its answer, and bring the thread up to date."""
    values = {**work.mine, **values, "added": 1 if is_stored else 2}
    if is_stored:
        for unused in ("client_id", "parent_id", "content"):
            del values[unused]
        await work.all(_ANOTHER_ANSWER, **values)
        return
    values |= {
        "parts": msgspec.json.encode(parts).decode(),
        "metadata": msgspec.json.encode(metadata).decode(),
    }
    await work.all(_EXCHANGE, **values)


async def update_answer(work: Transaction, message_id: str, answer: Answer, content: str) -> bool:
    """Store an answer as it stands; whether it was still open."""
    row = await work.first(
        _UPDATE_ANSWER,
        workspace_id=work.actor.workspace_id,
        id=message_id,
        status=answer.status,
        parts=msgspec.json.encode(answer.parts).decode(),
        content=content,
        finish_reason=answer.finish_reason,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        error=None if answer.error is None else msgspec.json.encode(answer.error).decode(),
        metadata=msgspec.json.encode(answer.metadata).decode(),
        model=answer.model,
    )
    return row is not None


async def count_answer(work: Transaction, thread_id: str, tokens: int, preview: str) -> None:
    """Bring a thread's counts up to date after an answer."""
    values = {
        "workspace_id": work.actor.workspace_id,
        "thread_id": thread_id,
        "tokens": tokens,
        "preview": preview,
    }
    await work.all(_COUNT_ANSWER, **values)


async def path(work: Work, start: str, most: int) -> list[Message]:
    """A message and those before it in its branch, newest first."""
    ids = [row.id for row in await work.all(_STEPS, **work.mine, start=start, most=most)]
    rows = await work.session.execute(
        select(Message).where(Message.workspace_id == work.actor.workspace_id, Message.id.in_(ids))
    )
    by_id = {message.id: message for message in rows.scalars()}
    return [by_id[message_id] for message_id in ids]


async def path_ids(work: Transaction, start: str) -> list[str]:
    """The ids of a message and of those before it in its branch, newest first."""
    return [row.id for row in await work.all(_STEPS, **work.mine, start=start, most=_MOST_MESSAGES)]


async def said(work: Transaction, start: str, most: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """Role and parts of a message and those before it in its branch, newest first: what a prompt is made of. Answers
    that said nothing, because they failed, are none of the `most`.
    """
    rows = await work.all(_SAID, **work.mine, start=start, most=most + _MOST_SILENT, shown=most)
    return [(row.role, row.parts) for row in rows]


async def siblings(
    work: Transaction, thread_id: str, parents: Sequence[str | None]
) -> dict[str | None, list[str]]:
    """For each parent the ids of its children, oldest first."""
    values = {
        **work.mine,
        "thread_id": thread_id,
        "parents": [parent for parent in parents if parent is not None],
        "roots": None in parents,
    }
    del values["user_id"]
    return {row[0]: row[1] for row in await work.all(_SIBLINGS, **values)}


async def newest_leaf(work: Transaction, thread_id: str, message_id: str) -> str:
    """The newest message below a message, itself when there is none."""
    values = {"workspace_id": work.actor.workspace_id, "thread_id": thread_id, "start": message_id}
    row = await work.first(_LEAF, **values)
    assert row is not None, "a message is below itself"
    return row.id


async def metadata_of(work: Transaction, message_id: str) -> dict[str, Any]:
    """The metadata of a message."""
    row = await work.first(_METADATA_OF, **work.mine, id=message_id)
    return {} if row is None else row.metadata


async def copy_path(work: Work, message_id: str, thread_id: str) -> None:
    """Copy a message and those before it into another thread, as its only branch."""
    rows = await path(work, message_id, 100_000)
    parent_id: str | None = None
    tokens = 0
    for row in reversed(rows):
        copy_id = new_id("msg")
        work.session.add(
            Message(
                workspace_id=row.workspace_id,
                id=copy_id,
                thread_id=thread_id,
                user_id=row.user_id,
                parent_id=parent_id,
                role=row.role,
                status="interrupted" if row.status == "in_progress" else row.status,
                parts=row.parts,
                content=row.content,
                model=row.model,
                finish_reason=row.finish_reason,
                input_tokens=row.input_tokens,
                output_tokens=row.output_tokens,
                total_tokens=row.total_tokens,
                error=row.error,
                message_metadata=row.message_metadata,
            )
        )
        parent_id = copy_id
        tokens += row.total_tokens
    # Together, parents first: each row's foreign key is checked when it is written.
    await work.session.flush()
    await work.all(
        _ADOPT_PATH,
        head=parent_id,
        count=len(rows),
        tokens=tokens,
        preview=cut(rows[0].content, PREVIEW_CHARS),
        workspace_id=work.actor.workspace_id,
        thread_id=thread_id,
    )


async def insert_earlier(work: Transaction, **values: Any) -> None:
    """Store one message that a client held from before its thread was known here."""
    await work.all(_INSERT_EARLIER, **work.mine, **values)


async def count_earlier(work: Transaction, thread_id: str, count: int) -> None:
    """Count messages that a client held from before."""
    await work.all(_COUNT_EARLIER, workspace_id=work.actor.workspace_id, thread_id=thread_id, count=count)


async def insert_said(
    work: Transaction, *, parts: list[dict[str, Any]], metadata: dict[str, Any], **values: Any
) -> None:
    """Store one message as somebody tells it."""
    written = {
        "parts": msgspec.json.encode(parts).decode(),
        "metadata": msgspec.json.encode(metadata).decode(),
    }
    await work.all(_INSERT_SAID, **work.mine, **values, **written)


async def extend(work: Transaction, **values: Any) -> None:
    """Let a thread's visible branch end in another message."""
    await work.all(_EXTEND, workspace_id=work.actor.workspace_id, **values)


async def branch(work: Transaction, head_id: str) -> list[Found]:
    """The ids of what is to be read in a branch, the newest first."""
    return await work.all(_BRANCH, **work.mine, start=head_id, most=_MOST_MESSAGES)


async def delete_message(work: Transaction, thread_id: str, message_id: str) -> None:
    """Delete a message; what follows it follows what was ahead of it."""
    values = {"workspace_id": work.actor.workspace_id, "thread_id": thread_id, "id": message_id}
    await work.all(_TAKE_OUT, **values)
    await work.all(_DELETE_MESSAGE, **values)


async def give_up_client_id(work: Transaction, message_id: str) -> None:
    """Take the client's id away from the older version of a message."""
    await work.all(_GIVE_UP, workspace_id=work.actor.workspace_id, id=message_id)


async def search(work: Transaction, words: str, most: int) -> list[Hit]:
    """Full-text search through the one function that may look past row security, and that knows the actor."""
    return [Hit(*row) for row in await work.all(_SEARCH, words=words, most=most)]
