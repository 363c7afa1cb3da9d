"""What people do with their threads, and what they read of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select, tuple_

from steward.audit import service as audit
from steward.kernel.errors import Invalid
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Transaction, Work
from steward.threads import feedback, queries, windows
from steward.threads.reading import (
    TITLE_CHARS,
    message_read,
    no_message,
    no_thread,
    thread_read,
    threads_of_actor,
)
from steward.threads.schemas import MessageRead, SearchHit, ThreadPage, ThreadRead
from steward.threads.tables import Message, Thread


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
                threads_of_actor(work)
                .where(or_(Thread.id == ref, Thread.client_id == ref))
                .order_by((Thread.id == ref).desc())
                .limit(1)
            )
        )
        .scalars()
        .first()
    )
    if found is None:
        raise no_thread()
    return found


async def read(work: Work, ref: str) -> ThreadRead:
    """The thread as doors show it.

    Raises:
        NotFound: the actor has no such thread.
    """
    return thread_read(await get(work, ref))


async def page(
    work: Transaction, *, limit: int, offset: int, cursor: str | None, archived: bool, tag: str | None = None
) -> ThreadPage:
    """The actor's threads: pinned first, then by their last message, newest first."""
    after = None if cursor is None else read_cursor(cursor, bool, datetime, str)
    rows = await queries.page(work, archived=archived, tag=tag, most=limit + 1, offset=offset, after=after)
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return ThreadPage(
        items=[thread_read(thread) for thread in shown],
        next_cursor=None if last is None else write_cursor(last.is_pinned, last.last_message_at, last.id),
    )


async def newest(work: Work, *, limit: int, cursor: str | None) -> ThreadPage:
    """All threads of the actor, archived ones too, in the order in which they were made, the newest first.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    query = threads_of_actor(work).order_by(Thread.created_at.desc(), Thread.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(Thread.created_at, Thread.id) < read_cursor(cursor, datetime, str))
    rows = list((await work.session.execute(query)).scalars())
    items = [thread_read(thread) for thread in rows[:limit]]
    more = len(rows) > limit
    return ThreadPage(
        items=items, next_cursor=write_cursor(items[-1].created_at, items[-1].id) if more else None
    )


async def count(work: Work) -> int:
    """How many threads the actor has, archived ones too."""
    counted = select(func.count()).select_from(threads_of_actor(work).subquery())
    return (await work.session.execute(counted)).scalar_one()


async def search(work: Work, words: str, limit: int) -> list[SearchHit]:
    """Find messages of the actor's threads by their words, in any language."""
    hits = await queries.search(work, words, limit)
    if not hits:
        return []
    rows = await work.session.execute(
        threads_of_actor(work).where(Thread.id.in_({hit.thread_id for hit in hits}))
    )
    threads = {thread.id: thread for thread in rows.scalars()}
    return [
        SearchHit(thread=thread_read(threads[hit.thread_id]), message_id=hit.message_id, snippet=hit.snippet)
        for hit in hits
        if hit.thread_id in threads
    ]


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
    items = [message_read(row, versions.get(row.parent_id, [row.id]), told.get(row.id)) for row in shown]
    return items, write_cursor(rows[limit].id) if len(rows) > limit else None


async def find_answer(work: Work, message_id: str) -> MessageRead:
    """A message by its own id.

    Raises:
        NotFound: the actor has no such message.
    """
    rows = await queries.path(work, message_id, 1)
    if not rows:
        raise no_message()
    return message_read(rows[0], [message_id])


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
            raise no_message()
        thread.head_id = await queries.newest_leaf(work, thread.id, known.id)
    await work.session.flush()
    await work.session.refresh(thread)
    return thread_read(thread)


async def branch(work: Work, ref: str, message_ref: str) -> ThreadRead:
    """Copy the path up to a message into a new thread.

    Raises:
        NotFound: no such thread, or no such message in it.
    """
    work.actor.ensure_role("member")
    thread = await get(work, ref)
    known = await queries.find_message(work, thread.id, message_ref)
    if known is None:
        raise no_message()
    title = thread.title[:TITLE_CHARS]
    new_thread_id = await queries.insert_thread(work, client_id=None, title=title, model=thread.model)
    assert new_thread_id is not None
    await queries.copy_path(work, known.id, new_thread_id)
    await audit.record(work, "thread_branched", "thread", new_thread_id, source=thread.id)
    return await read(work, new_thread_id)


async def delete(work: Work, ref: str) -> str:
    """Delete a thread with its messages and runs; none of them may be running.

    Returns: its id.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such thread.
    """
    work.actor.ensure_role("member")
    # Of several who delete it at once, one does; the others find nothing.
    await queries.lock_thread(work, (await get(work, ref)).id)
    thread = await get(work, ref)
    await work.session.delete(thread)
    await work.session.flush()
    await audit.record(work, "thread_deleted", "thread", thread.id)
    return thread.id
