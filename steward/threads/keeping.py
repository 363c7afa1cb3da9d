"""What doors with clients of their own do with threads: keep notes, add what was said, read stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import literal, select

from steward.audit import service as audit
from steward.kernel.characters import cut
from steward.kernel.ids import new_id
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.stretches import read as read_stretch
from steward.kernel.work import Transaction, Work
from steward.threads import branches, exchanges, queries, service
from steward.threads.reading import (
    NOTES,
    Part,
    first_line,
    message_read,
    messages_of_thread,
    no_message,
    plain_text,
    thread_read,
    threads_of_actor,
)
from steward.threads.schemas import MessageRead, ThreadRead
from steward.threads.tables import Message, Thread


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
    return _kept(await service.get(work, ref))


async def keep(work: Work, ref: str, notes: dict[str, Any]) -> Kept:
    """Change what a door keeps with a thread; what `notes` does not name stays.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such thread.
    """
    work.actor.ensure_role("member")
    await exchanges.lock(work, ref)
    thread = await service.get(work, ref)
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

    found = await read_stretch(
        work.session, threads_of_actor(work), [Thread.created_at, Thread.id], asked, position
    )
    return Stretch([_kept(thread) for thread in found.items], has_more=found.has_more)


async def append(work: Transaction, ref: str, said: Sequence[Said]) -> list[str]:
    """Add messages to the end of the visible branch; locks the thread until the work commits.

    Returns: their ids.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such thread.
        ThreadArchived: it takes no new messages.
    """
    work.actor.ensure_role("member")
    thread = await exchanges.open_thread(work, ref)
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
    thread = await service.get(work, ref)
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
    raise no_message()


async def keep_with_message(
    work: Work, thread_id: str, message_id: str, notes: dict[str, Any]
) -> MessageRead:
    """Change what a door keeps with a message; what `notes` does not name stays.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the thread has no such message.
    """
    work.actor.ensure_role("member")
    query = messages_of_thread(work, thread_id).where(Message.id == message_id).with_for_update()
    row = (await work.session.execute(query)).scalars().first()
    if row is None:
        raise no_message()
    former: dict[str, Any] = row.message_metadata.get(NOTES) or {}
    row.message_metadata = {**row.message_metadata, NOTES: {**former, **notes}}
    await work.session.flush()
    return message_read(row, [row.id])


async def delete_message(work: Work, thread_id: str, message_id: str) -> None:
    """Delete a message; what follows it follows what was ahead of it.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the thread has no such message.
    """
    work.actor.ensure_role("member")
    await exchanges.lock(work, thread_id)
    if await queries.find_message(work, thread_id, message_id) is None:
        raise no_message()
    await queries.delete_message(work, thread_id, message_id)
    await audit.record(work, "message_deleted", "message", message_id, thread_id=thread_id)


def _kept(thread: Thread) -> Kept:
    return Kept(thread_read(thread), thread.thread_metadata.get(NOTES) or {})


async def _messages(work: Work, ids: Sequence[str], thread_id: str) -> list[MessageRead]:
    rows = (
        await work.session.execute(messages_of_thread(work, thread_id).where(Message.id.in_(ids)))
    ).scalars()
    return [message_read(row, [row.id]) for row in rows]


async def path(work: Work, message_id: str, most: int) -> list[MessageRead]:
    """A message and those before it in its branch, newest first, in every role; empty when the actor has none such."""
    return [message_read(row, [row.id]) for row in await queries.path(work, message_id, most)]


async def path_ids(work: Work, message_id: str) -> list[str]:
    """The ids of a message and of those before it in its branch, newest first."""
    return await queries.path_ids(work, message_id)


async def several(work: Work, ids: Sequence[str]) -> list[MessageRead]:
    """Messages of the actor in the order of their ids, in every role; what is not there is left out."""
    mine = (Message.workspace_id == work.actor.workspace_id, Message.user_id == work.actor.user_id)
    rows = (await work.session.execute(select(Message).where(*mine, Message.id.in_(ids)))).scalars()
    found = {row.id: message_read(row, [row.id]) for row in rows}
    return [found[message_id] for message_id in ids if message_id in found]
