"""What can be done with threads and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Select, and_, func, literal, or_, select, tuple_

from steward.audit import service as audit
from steward.kernel.characters import cut
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.stretches import read as read_stretch
from steward.kernel.work import Found, Transaction, Work
from steward.threads import branches, feedback, queries, windows
from steward.threads.errors import ClientIdTaken, MessageEmpty, MessageTooLong, ThreadArchived
from steward.threads.queries import Answer
from steward.threads.schemas import (
    Feedback,
    MessageError,
    MessageRead,
    MessageUsage,
    SearchHit,
    ThreadPage,
    ThreadRead,
)
from steward.threads.tables import Message, Thread

Part = dict[str, Any]

TITLE_CHARS: Final = 100
_UNSHOWN: Final = frozenset({"provider_state", "extract"})
NOTES: Final = "notes"
"""In the metadata of threads and messages: what a door keeps with them for its own clients."""


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """A thread as a turn needs it."""

    id: str
    client_id: str | None
    head_id: str | None
    title: str
    model: str | None
    is_new: bool
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A user's message, stored. `is_repeat`: it was stored before, by an earlier copy of the same request."""

    id: str
    parent_id: str | None
    is_repeat: bool


async def open_thread(work: Transaction, ref: str | None, *, model: str | None = None) -> ThreadRef:
    """Get the thread of this id, ours or the client's, or make it; locks it until the work commits.

    Args:
        work: of whoever writes.
        ref: an id; one that nobody has becomes the client's id of the new thread. None always makes a new one.
        model: what a new thread remembers as its model.

    Raises:
        ThreadArchived: the thread takes no new messages.
        NotFound: the id has the form of ours, but there is no such thread.
    """
    if ref is not None:
        found = await queries.lock_thread(work, ref)
        if found is not None:
            if found.archived:
                raise ThreadArchived("This conversation is archived; bring it back to go on with it.")
            return _ref(found)
        if ref.startswith("thread_"):
            raise _no_thread()
    thread_id = await queries.insert_thread(work, client_id=ref, title="", model=model)
    if thread_id is None:
        # Somebody made it between our look and our insert.
        return await open_thread(work, ref, model=model)
    return ThreadRef(thread_id, ref, None, "", model, is_new=True)


def ensure_fits(parts: Sequence[Part], most_chars: int) -> None:
    """Refuse a message that is empty or too long.

    Raises:
        MessageEmpty: no text but blanks.
        MessageTooLong: more characters than the limit.
    """
    content = plain_text(parts)
    if not content.strip() and not any(part["type"] == "file" for part in parts):
        raise MessageEmpty("The message is empty; write something first.", field="message")
    if len(content) > most_chars:
        raise MessageTooLong(
            f"The message has {len(content)} characters; at most {most_chars} are taken.", field="message"
        )


async def find_repeat(
    work: Transaction, thread: ThreadRef, client_id: str | None, parts: Sequence[Part], *, is_edit: bool
) -> Question | None:
    """The message that an earlier copy of the same request stored, or None.

    Raises:
        ClientIdTaken: the id belongs to an answer, or to another text and this is no edit of it.
    """
    if client_id is None or thread.is_new:
        return None
    known = await queries.find_message(work, thread.id, client_id)
    if known is None:
        return None
    if known.role != "user":
        raise ClientIdTaken("The message's id belongs to an answer; send a new message under a new id.")
    if known.parts == list(parts):
        return Question(known.id, known.parent_id, is_repeat=True)
    if is_edit:
        return None
    raise ClientIdTaken(
        "Another message has this id; send a new message under a new id, or edit the old one."
    )


async def edited_parent(work: Transaction, thread: ThreadRef, message_ref: str) -> str | None:
    """The parent under which a new version of a user's message belongs; the old version gives up the client's id.

    Raises:
        NotFound: no such message of a user in the thread.
    """
    known = await queries.find_message(work, thread.id, message_ref)
    if known is None or known.role != "user":
        raise _no_message()
    await queries.give_up_client_id(work, known.id)
    return known.parent_id


async def find_question(work: Transaction, thread: ThreadRef, ref: str | None) -> Question | None:
    """The user's message that this id names, as itself or as the one that its answer belongs to; or None."""
    known = None if ref is None else await queries.find_message(work, thread.id, ref)
    while known is not None and known.role != "user":
        parent_id = known.parent_id
        known = None if parent_id is None else await queries.find_message(work, thread.id, parent_id)
    return None if known is None else Question(known.id, known.parent_id, is_repeat=True)


async def question_text(work: Transaction, thread_ref: str, *refs: str | None) -> str:
    """What is asked in a thread: by the message that one of these ids names, or else by its newest question."""
    found = await queries.lock_thread(work, thread_ref)
    if found is None:
        return ""
    thread = _ref(found)
    for ref in (*refs, found.head_id):
        named = await find_question(work, thread, ref)
        if named is not None:
            known = await queries.find_message(work, thread.id, named.id)
            return "" if known is None else plain_text(known.parts)
    return ""


async def has_question(work: Transaction, thread_ref: str, *refs: str | None) -> bool:
    """Whether one of these ids names a question of the thread, or an answer to one."""
    found = await queries.lock_thread(work, thread_ref)
    if found is None:
        return False
    return any([await find_question(work, _ref(found), ref) is not None for ref in refs])


AGENT_OF: Final = queries.AGENT_OF
"""What `agent_of` asks, with workspace, user and `ref`."""


async def agent_of(work: Transaction, ref: str) -> str | None:
    """The agent that answers in a thread, or None."""
    return await queries.agent_of(work, ref)


def no_question() -> NotFound:
    """The refusal when there is nothing to answer again."""
    return _no_message()


async def fill(
    work: Transaction, thread: ThreadRef, earlier: Sequence[tuple[str | None, str, list[Part]]]
) -> str | None:
    """Store messages that a client holds from before its thread was known here: (client's id, role, parts),
    oldest first.

    Returns: the id of the last.
    """
    parent_id: str | None = None
    for client_id, role, parts in earlier:
        message_id = new_id("msg")
        await queries.insert_earlier(
            work,
            id=message_id,
            thread_id=thread.id,
            parent_id=parent_id,
            client_id=client_id,
            role=role,
            parts=msgspec.json.encode(parts).decode(),
            content=plain_text(parts),
        )
        parent_id = message_id
    await queries.count_earlier(work, thread.id, len(earlier))
    return parent_id


async def begin_exchange(
    work: Transaction,
    thread: ThreadRef,
    *,
    question: Question | None,
    client_id: str | None,
    parent_id: str | None,
    parts: Sequence[Part],
    run_id: str,
    answer_id: str,
    model: str,
    agent_id: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> str:
    """Store the question (unless it is there) and an open place for its answer, and make them the visible branch.

    Returns: the id of the question.
    """
    content = plain_text(parts)
    told = content if content.strip() else file_names(parts)
    question_id = question.id if question is not None else new_id("msg")
    await queries.insert_exchange(
        work,
        thread_id=thread.id,
        question_id=question_id,
        is_stored=question is not None,
        client_id=client_id,
        parent_id=parent_id,
        parts=parts,
        content=content,
        metadata=metadata or {},
        answer_id=answer_id,
        run_id=run_id,
        model=model,
        agent_id=agent_id,
        title=first_line(told),
        preview=cut(told, queries.PREVIEW_CHARS),
    )
    return question_id


async def lock(work: Transaction, thread_id: str) -> None:
    """Lock a thread before its run: everybody who needs both takes them in this order, so nobody waits in a circle."""
    await queries.lock_thread(work, thread_id)


async def find_answer(work: Work, message_id: str) -> MessageRead:
    """A message by its own id.

    Raises:
        NotFound: the actor has no such message.
    """
    rows = await queries.path(work, message_id, 1)
    if not rows:
        raise _no_message()
    return _read_message(rows[0], [message_id])


async def metadata_of(work: Transaction, message_id: str) -> dict[str, Any]:
    """The metadata of a message of the actor; empty when there is no such message."""
    return await queries.metadata_of(work, message_id)


async def write_answer(
    work: Transaction, thread_id: str, message_id: str, answer: Answer, *, last: bool
) -> bool:
    """Store the answer as it stands; the last write also brings the thread's counts up to date.

    Returns: whether the answer was still open. A write that is tried again because its answer was lost finds it closed.
    """
    content = plain_text(answer.parts)
    if not await queries.update_answer(work, message_id, answer, content):
        return False
    if last:
        tokens = answer.input_tokens + answer.output_tokens
        await queries.count_answer(work, thread_id, tokens, cut(content, queries.PREVIEW_CHARS))
    return True


async def history(work: Transaction, message_id: str, most: int) -> list[tuple[str, list[Part]]]:
    """The messages that lead to a message, oldest first: (role, parts) of at most `most` earlier ones and itself."""
    return (await queries.said(work, message_id, most + 1))[::-1]


async def create(work: Work, title: str, client_id: str | None) -> ThreadRead:
    """Make an empty thread; the same client id again gives the same thread."""
    work.actor.ensure_role("member")
    thread_id = await queries.insert_thread(work, client_id=client_id, title=title, model=None)
    if thread_id is None:
        assert client_id is not None
        return await read(work, client_id)
    return await read(work, thread_id)


async def get(work: Work, ref: str) -> Thread:
    """The thread of this id, ours or the client's.

    Raises:
        NotFound: the actor has no such thread.
    """
    found = (
        (
            await work.session.execute(
                _mine(work)
                .where(or_(Thread.id == ref, Thread.client_id == ref))
                .order_by((Thread.id == ref).desc())
                .limit(1)
            )
        )
        .scalars()
        .first()
    )
    if found is None:
        raise _no_thread()
    return found


async def read(work: Work, ref: str) -> ThreadRead:
    """The thread as doors show it.

    Raises:
        NotFound: the actor has no such thread.
    """
    return _read(await get(work, ref))


async def page(
    work: Transaction, *, limit: int, offset: int, cursor: str | None, archived: bool, tag: str | None = None
) -> ThreadPage:
    """The actor's threads: pinned first, then by their last message, newest first."""
    after = None if cursor is None else read_cursor(cursor, bool, datetime, str)
    rows = await queries.page(work, archived=archived, tag=tag, most=limit + 1, offset=offset, after=after)
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return ThreadPage(
        items=[_read(thread) for thread in shown],
        next_cursor=None if last is None else write_cursor(last.is_pinned, last.last_message_at, last.id),
    )


async def messages(
    work: Work, thread: Thread, *, limit: int, offset: int, cursor: str | None
) -> tuple[list[MessageRead], str | None]:
    """A page of the visible branch, newest first, and the cursor of the next page.

    Raises:
        Invalid: the cursor is not one of this thread.
    """
    start = thread.head_id if cursor is None else str(read_cursor(cursor, str)[0])
    if start is None:
        return [], None
    rows = await queries.path(work, start, limit + offset + 1)
    if cursor is not None and not (rows and rows[0].thread_id == thread.id):
        raise Invalid("The cursor is not one of this conversation; start without a cursor.", field="cursor")
    return await _page_of(work, thread, rows[offset:], limit)


async def messages_of(
    work: Work, thread: Thread, window: windows.Window
) -> tuple[list[MessageRead], str | None]:
    """The messages of a window, newest first, and the cursor of the page of those before it."""
    rows = await queries.path(work, window.start, window.size + 1)
    return await _page_of(work, thread, rows, window.size)


async def _page_of(
    work: Work, thread: Thread, rows: list[Message], limit: int
) -> tuple[list[MessageRead], str | None]:
    shown = rows[:limit]
    versions = await queries.siblings(work, thread.id, [row.parent_id for row in shown])
    told = await feedback.of_messages(work, [row.id for row in shown])
    items = [_read_message(row, versions.get(row.parent_id, [row.id]), told.get(row.id)) for row in shown]
    return items, write_cursor(rows[limit].id) if len(rows) > limit else None


async def change(
    work: Work,
    ref: str,
    *,
    title: str | None,
    pinned: bool | None,
    archived: bool | None,
    head_id: str | None,
    tags: list[str] | None = None,
) -> ThreadRead:
    """Rename, pin, archive, tag, or show another branch.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such thread, or no such message in it.
    """
    work.actor.ensure_role("member")
    thread = await get(work, ref)
    if title is not None and title != thread.title:
        thread.title = title
        await audit.record(work, "thread_renamed", "thread", thread.id)
    if pinned is not None and pinned != thread.is_pinned:
        thread.is_pinned = pinned
        await audit.record(work, "thread_pinned" if pinned else "thread_unpinned", "thread", thread.id)
    if archived is not None and archived != thread.archived:
        thread.archived = archived
        await audit.record(work, "thread_archived" if archived else "thread_restored", "thread", thread.id)
    if tags is not None and tags != thread.tags:
        thread.tags = tags
        await audit.record(work, "thread_tagged", "thread", thread.id, tags=len(tags))
    if head_id is not None:
        known = await queries.find_message(work, thread.id, head_id)
        if known is None:
            raise _no_message()
        thread.head_id = await queries.newest_leaf(work, thread.id, known.id)
    await work.session.flush()
    await work.session.refresh(thread)
    return _read(thread)


async def branch(work: Work, ref: str, message_ref: str) -> ThreadRead:
    """Copy the path up to a message into a new thread.

    Raises:
        NotFound: no such thread, or no such message in it.
    """
    work.actor.ensure_role("member")
    thread = await get(work, ref)
    known = await queries.find_message(work, thread.id, message_ref)
    if known is None:
        raise _no_message()
    title = thread.title[:TITLE_CHARS]
    new_thread_id = await queries.insert_thread(work, client_id=None, title=title, model=thread.model)
    assert new_thread_id is not None
    await queries.copy_path(work, known.id, new_thread_id)
    await audit.record(work, "thread_branched", "thread", new_thread_id, source=thread.id)
    return await read(work, new_thread_id)


async def search(work: Work, words: str, limit: int) -> list[SearchHit]:
    """Find messages of the actor's threads by their words, in any language."""
    hits = await queries.search(work, words, limit)
    if not hits:
        return []
    rows = await work.session.execute(_mine(work).where(Thread.id.in_({hit.thread_id for hit in hits})))
    threads = {thread.id: thread for thread in rows.scalars()}
    return [
        SearchHit(thread=_read(threads[hit.thread_id]), message_id=hit.message_id, snippet=hit.snippet)
        for hit in hits
        if hit.thread_id in threads
    ]


def plain_text(parts: Sequence[Part]) -> str:
    """The text parts of a message, joined."""
    return "".join(part["text"] for part in parts if part.get("type") == "text")


def file_names(parts: Sequence[Part]) -> str:
    """The names of a message's files, for lists that would show nothing of it otherwise."""
    return ", ".join(str(part.get("filename") or "file") for part in parts if part.get("type") == "file")


def first_line(content: str) -> str:
    """A title from a message: its beginning, cut at 100 characters."""
    return cut(" ".join(content.split()), TITLE_CHARS)


def _ref(found: Found) -> ThreadRef:
    return ThreadRef(
        found.id,
        found.client_id,
        found.head_id,
        found.title,
        found.model,
        is_new=False,
        agent_id=found.agent_id,
    )


def _mine(work: Work) -> Select[Thread]:
    # Named beside the policy, so that the plan uses the index whatever the policy looks like.
    return select(Thread).where(
        and_(Thread.workspace_id == work.actor.workspace_id, Thread.user_id == work.actor.user_id)
    )


def _read(thread: Thread | Found) -> ThreadRead:
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


def _read_message(row: Message, siblings: list[str], told: Feedback | None = None) -> MessageRead:
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


def _no_thread() -> NotFound:
    return NotFound("There is no such conversation.")


def _no_message() -> NotFound:
    return NotFound("There is no such message in this conversation.")


async def newest(work: Work, *, limit: int, cursor: str | None) -> ThreadPage:
    """All threads of the actor, archived ones too, in the order in which they were made, the newest first.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    query = _mine(work).order_by(Thread.created_at.desc(), Thread.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(Thread.created_at, Thread.id) < read_cursor(cursor, datetime, str))
    rows = list((await work.session.execute(query)).scalars())
    items = [_read(thread) for thread in rows[:limit]]
    more = len(rows) > limit
    return ThreadPage(
        items=items, next_cursor=write_cursor(items[-1].created_at, items[-1].id) if more else None
    )


async def count(work: Work) -> int:
    """How many threads the actor has, archived ones too."""
    counted = select(func.count()).select_from(_mine(work).subquery())
    return (await work.session.execute(counted)).scalar_one()


@dataclass(frozen=True, slots=True)
class Kept:
    """A thread, and what a door keeps with it for its own clients."""

    thread: ThreadRead
    notes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A message that somebody tells as it was said, without a run; `notes` are the door's own."""

    role: Literal["user", "assistant", "system"]
    parts: list[Part]
    notes: dict[str, Any]


async def kept(work: Work, ref: str) -> Kept:
    """A thread with what a door keeps with it.

    Raises:
        NotFound: the actor has no such thread.
    """
    return _kept(await get(work, ref))


async def keep(work: Work, ref: str, notes: dict[str, Any]) -> Kept:
    """Change what a door keeps with a thread; what `notes` does not name stays.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such thread.
    """
    work.actor.ensure_role("member")
    await lock(work, ref)
    thread = await get(work, ref)
    await work.session.refresh(thread)
    former: dict[str, Any] = thread.thread_metadata.get(NOTES) or {}
    thread.thread_metadata = {**thread.thread_metadata, NOTES: {**former, **notes}}
    await work.session.flush()
    await work.session.refresh(thread)
    return _kept(thread)


async def stretch(work: Work, asked: Asked) -> Stretch[Kept]:
    """A stretch of the actor's threads, archived ones too, in the order in which they were made."""

    def position(ref: str) -> tuple[Any, Any]:
        made = select(Thread.created_at).where(
            Thread.workspace_id == work.actor.workspace_id, Thread.id == ref
        )
        return made.scalar_subquery(), literal(ref)

    found = await read_stretch(work.session, _mine(work), [Thread.created_at, Thread.id], asked, position)
    return Stretch([_kept(thread) for thread in found.items], has_more=found.has_more)


async def delete(work: Work, ref: str) -> str:
    """Delete a thread with its messages and runs; none of them may be running.

    Returns: its id.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such thread.
    """
    work.actor.ensure_role("member")
    # Of several who delete it at once, one does; the others find nothing.
    await lock(work, (await get(work, ref)).id)
    thread = await get(work, ref)
    await work.session.delete(thread)
    await work.session.flush()
    await audit.record(work, "thread_deleted", "thread", thread.id)
    return thread.id


async def append(work: Transaction, ref: str, said: Sequence[Said]) -> list[str]:
    """Add messages to the end of the visible branch; locks the thread until the work commits.

    Returns: their ids.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such thread.
        ThreadArchived: it takes no new messages.
    """
    work.actor.ensure_role("member")
    thread = await open_thread(work, ref)
    parent_id = thread.head_id
    ids: list[str] = []
    for one in said:
        ids.append(new_id("msg"))
        await queries.insert_said(
            work,
            id=ids[-1],
            thread_id=thread.id,
            parent_id=parent_id,
            role=one.role,
            parts=one.parts,
            content=plain_text(one.parts),
            metadata={NOTES: one.notes},
        )
        parent_id = ids[-1]
    if said:
        await queries.extend(
            work,
            thread_id=thread.id,
            head_id=parent_id,
            added=len(said),
            preview=cut(plain_text(said[-1].parts), queries.PREVIEW_CHARS),
            title=first_line(next((plain_text(one.parts) for one in said if one.role == "user"), "")),
        )
    return ids


async def branch_stretch(
    work: Work, ref: str, asked: Asked, *, run_id: str | None = None
) -> Stretch[MessageRead]:
    """A stretch of what is to be read in the visible branch; with `run_id` what that run wrote, in whichever branch.

    Raises:
        NotFound: the actor has no such thread.
    """
    thread = await get(work, ref)
    wanted = await (
        branches.stretch(work, thread, asked)
        if run_id is None
        else branches.stretch_of_run(work, thread.id, run_id, asked)
    )
    read = {message.id: message for message in await _messages(work, wanted.items, thread.id)}
    return Stretch([read[message_id] for message_id in wanted.items], has_more=wanted.has_more)


async def message(work: Work, thread_id: str, message_id: str) -> MessageRead:
    """A message of a thread, in whichever branch.

    Raises:
        NotFound: the thread has no such message.
    """
    for found in await _messages(work, [message_id], thread_id):
        return found
    raise _no_message()


async def keep_with_message(
    work: Work, thread_id: str, message_id: str, notes: dict[str, Any]
) -> MessageRead:
    """Change what a door keeps with a message; what `notes` does not name stays.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the thread has no such message.
    """
    work.actor.ensure_role("member")
    query = _in_thread(work, thread_id).where(Message.id == message_id).with_for_update()
    row = (await work.session.execute(query)).scalars().first()
    if row is None:
        raise _no_message()
    former: dict[str, Any] = row.message_metadata.get(NOTES) or {}
    row.message_metadata = {**row.message_metadata, NOTES: {**former, **notes}}
    await work.session.flush()
    return _read_message(row, [row.id])


async def delete_message(work: Work, thread_id: str, message_id: str) -> None:
    """Delete a message; what follows it follows what was ahead of it.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the thread has no such message.
    """
    work.actor.ensure_role("member")
    await lock(work, thread_id)
    if await queries.find_message(work, thread_id, message_id) is None:
        raise _no_message()
    await queries.delete_message(work, thread_id, message_id)
    await audit.record(work, "message_deleted", "message", message_id, thread_id=thread_id)


def _kept(thread: Thread) -> Kept:
    return Kept(_read(thread), thread.thread_metadata.get(NOTES) or {})


def _in_thread(work: Work, thread_id: str) -> Select[Message]:
    mine = (Message.workspace_id == work.actor.workspace_id, Message.user_id == work.actor.user_id)
    return select(Message).where(
        *mine, Message.thread_id == thread_id, Message.role.in_(("user", "assistant"))
    )


async def _messages(work: Work, ids: Sequence[str], thread_id: str) -> list[MessageRead]:
    rows = (await work.session.execute(_in_thread(work, thread_id).where(Message.id.in_(ids)))).scalars()
    return [_read_message(row, [row.id]) for row in rows]


async def path(work: Work, message_id: str, most: int) -> list[MessageRead]:
    """A message and those before it in its branch, newest first, in every role; empty when the actor has none such."""
    return [_read_message(row, [row.id]) for row in await queries.path(work, message_id, most)]


async def path_ids(work: Work, message_id: str) -> list[str]:
    """The ids of a message and of those before it in its branch, newest first."""
    return await queries.path_ids(work, message_id)


async def several(work: Work, ids: Sequence[str]) -> list[MessageRead]:
    """Messages of the actor in the order of their ids, in every role; what is not there is left out."""
    mine = (Message.workspace_id == work.actor.workspace_id, Message.user_id == work.actor.user_id)
    rows = (await work.session.execute(select(Message).where(*mine, Message.id.in_(ids)))).scalars()
    found = {row.id: _read_message(row, [row.id]) for row in rows}
    return [found[message_id] for message_id in ids if message_id in found]
