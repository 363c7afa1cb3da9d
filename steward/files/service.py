"""What can be done with files: take them in, list them, read them, delete them.

A row names its bytes by their hash, and bytes that several rows name lie in the storage once. Whoever adds the first
name of a content or takes the last one away holds the lock of that content meanwhile, so that neither sees the other
half done. What a crash leaves between the two is bytes without a name, never a name without bytes; `sweep` finds them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy import delete as delete_from
from sqlalchemy.ext.asyncio import AsyncSession

from steward.audit import service as audit
from steward.files import incoming
from steward.files.blobs import Blob, Storage
from steward.files.incoming import Received
from steward.files.names import clean_name, media_type_of
from steward.files.schemas import FilePage, FileRead
from steward.files.tables import File
from steward.kernel import runtime, stretches
from steward.kernel.errors import NotFound, Unavailable
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Actor, Work

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

ATTACHMENT: Final = "attachment"
"""The purpose of files that are attached to messages: only whoever brought them sees them."""


def receive(actor: Actor, pieces: AsyncIterable[bytes]) -> AbstractAsyncContextManager[Received]:
    """Take a file in, for `add`; at the end of the block it is gone unless it was added. See `incoming.receive`."""
    house = runtime.current()
    return incoming.receive(house.part(Storage), actor, pieces, house.settings.knowledge.file_bytes)


async def add(
    work: Work,
    received: Received,
    *,
    name: str,
    media_type: str | None = None,
    purpose: str,
    file_id: str | None = None,
    created_at: datetime | None = None,
    expires_seconds: int | None = None,
) -> FileRead:
    """Keep a file that came in: one name of its content. Add each `received` once, and few in one work.

    Args:
        work: of whoever brought it.
        received: from `receive`, whose block is still open.
        name: what the uploader calls it; cleaned here.
        media_type: what the uploader says that it is.
        purpose: what it is for.
        file_id: of a file that was elsewhere before; None makes one.
        created_at: when it was made there; None for now.
        expires_seconds: after which the file is deleted by itself; None keeps it.

    Raises:
        StorageFull: there is no room.
    """
    await _lock(work.session, received.blob)
    await runtime.current().part(Storage).keep(received.blob, received.path)
    cleaned = clean_name(name)
    file = File(
        workspace_id=work.actor.workspace_id,
        id=file_id or new_id("file-"),
        user_id=work.actor.user_id,
        name=cleaned,
        media_type=media_type_of(media_type, cleaned),
        bytes=received.bytes,
        sha256=received.blob.sha256,
        purpose=purpose,
    )
    if created_at is not None:
        file.created_at = created_at
    if expires_seconds is not None:
        file.expires_at = runtime.current().now() + timedelta(seconds=expires_seconds)
    work.session.add(file)
    await work.session.flush()
    await audit.record(work, "file_uploaded", "file", file.id, bytes=file.bytes, purpose=purpose)
    return FileRead.model_validate(file)


async def store(
    actor: Actor,
    pieces: AsyncIterable[bytes],
    *,
    name: str,
    media_type: str | None = None,
    purpose: str,
) -> FileRead:
    """Take a file in and keep it. Refuses as `receive` and `add` do."""
    async with receive(actor, pieces) as received, runtime.current().database.work(actor) as work:
        return await add(work, received, name=name, media_type=media_type, purpose=purpose)


async def get(work: Work, file_id: str) -> FileRead:
    """A file by its id.

    Raises:
        NotFound: no such file in the actor's workspace.
    """
    found = (await work.session.scalars(_kept(work).where(File.id == file_id))).first()
    if found is None:
        raise _no_file()
    return FileRead.model_validate(found)


async def get_of(work: Work, user_id: str, file_id: str) -> FileRead:
    """A file that a certain person brought; whether the actor may see it is for the caller to know.

    Raises:
        NotFound: no such file of that person in the actor's workspace.
    """
    theirs = (File.user_id == user_id, File.id == file_id)
    found = (await work.session.scalars(_all_kept(work).where(*theirs))).first()
    if found is None:
        raise _no_file()
    return FileRead.model_validate(found)


async def find_same(work: Work, sha256: str, name: str, purpose: str) -> FileRead | None:
    """The actor's own file of this content, name and purpose, or None."""
    same = (File.sha256 == sha256, File.name == clean_name(name), File.purpose == purpose)
    query = _kept(work).where(*same, File.user_id == work.actor.user_id).order_by(File.id).limit(1)
    found = (await work.session.scalars(query)).first()
    return None if found is None else FileRead.model_validate(found)


async def page(work: Work, *, limit: int, cursor: str | None = None, purpose: str | None = None) -> FilePage:
    """The workspace's files, newest first."""
    asked = _kept(work)
    if purpose is not None:
        asked = asked.where(File.purpose == purpose)
    if cursor is not None:
        asked = asked.where(File.id < read_cursor(cursor, str)[0])
    found = (await work.session.scalars(asked.order_by(File.id.desc()).limit(limit + 1))).all()
    next_cursor = write_cursor(found[limit - 1].id) if len(found) > limit else None
    return FilePage(items=[FileRead.model_validate(file) for file in found[:limit]], next_cursor=next_cursor)


async def read(actor: Actor, file: FileRead) -> AsyncGenerator[bytes]:
    """The content in pieces, to be read after every work is closed.

    Raises:
        FileGone: the storage lost it.
    """
    blob, storage = Blob(actor.workspace_id, file.sha256), runtime.current().part(Storage)
    await storage.ensure_kept(blob)
    return storage.read(blob)


def local_path(actor: Actor, file: FileRead) -> AbstractAsyncContextManager[Path]:
    """The content as a file on this machine, until the block ends; not to be changed. No work may be open meanwhile.

    Raises:
        FileGone: the storage lost it.
    """
    return runtime.current().part(Storage).local(Blob(actor.workspace_id, file.sha256))


async def remove(work: Work, file_id: str) -> Blob:
    """Take a file's row away. What it returns goes to `forget` once the work is committed.

    Raises:
        Forbidden: the actor may only look.
        NotFound: no such file in the actor's workspace.
    """
    work.actor.ensure_role("member")
    mine = (File.workspace_id == work.actor.workspace_id, File.id == file_id, _is_shown(work))
    sha256 = (await work.session.execute(delete_from(File).where(*mine).returning(File.sha256))).scalar()
    if sha256 is None:
        raise _no_file()
    await audit.record(work, "file_deleted", "file", file_id)
    return Blob(work.actor.workspace_id, sha256)


async def forget(actor: Actor, blob: Blob) -> None:
    """Remove a content from the storage, unless a row still names it."""
    try:
        async with runtime.current().database.work(actor) as work:
            await forget_unnamed(work.session, runtime.current().part(Storage), blob)
    except Unavailable as refusal:
        # Nobody sees these bytes any more; the sweep removes them later.
        log.warning("content_not_forgotten", error=refusal.detail)


async def delete(actor: Actor, file_id: str) -> None:
    """Delete a file, and its content with the last file that has it. Refuses as `remove` does."""
    async with runtime.current().database.work(actor) as work:
        blob = await remove(work, file_id)
    await forget(actor, blob)


async def forget_unnamed(session: AsyncSession, storage: Storage, blob: Blob) -> bool:
    """Remove a content if no row names it; whether none did. The session's transaction is to end right after."""
    await _lock(session, blob)
    if (await session.scalars(_naming(blob))).first() is not None:
        return False
    await storage.forget(blob)
    return True


def _kept(work: Work) -> Select[File]:
    """The workspace's files that the actor sees."""
    return _all_kept(work).where(_is_shown(work))


def _all_kept(work: Work) -> Select[File]:
    """The workspace's files. One whose time is over is gone, though the sweep has not been there yet."""
    is_kept = or_(File.expires_at.is_(None), File.expires_at > runtime.current().now())
    return select(File).where(File.workspace_id == work.actor.workspace_id, is_kept)


def _is_shown(work: Work) -> ColumnElement[bool]:
    # What is attached to a message is as personal as the conversation.
    return or_(File.purpose != ATTACHMENT, File.user_id == work.actor.user_id)


def _naming(blob: Blob) -> Select[str]:
    return select(File.id).where(File.workspace_id == blob.workspace_id, File.sha256 == blob.sha256).limit(1)


async def _lock(session: AsyncSession, blob: Blob) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(blob.path, 0))))


def _no_file() -> NotFound:
    return NotFound("There is no such file.")


async def get_some(work: Work, file_ids: Sequence[str], *, hold: bool = False) -> dict[str, FileRead]:
    """Files by their ids.

    Args:
        work: of whoever asks.
        file_ids: which.
        hold: nobody deletes them until the work commits.

    Raises:
        NotFound: one of them is not in the actor's workspace.
    """
    query = _kept(work).where(File.id.in_(file_ids))
    if hold:
        query = query.order_by(File.id).with_for_update(read=True, key_share=True)
    found = {file.id: FileRead.model_validate(file) for file in await work.session.scalars(query)}
    lacking = next((file_id for file_id in file_ids if file_id not in found), None)
    if lacking is not None:
        raise NotFound(f"No file found with id '{lacking}'.", field="file_id")
    return found


async def stretch(work: Work, asked: Asked, purposes: Sequence[str] | None = None) -> Stretch[FileRead]:
    """A stretch of the workspace's files, by the ids of their neighbours; those of some purposes, or all."""
    query = _kept(work)
    if purposes is not None:
        query = query.where(File.purpose.in_(purposes))
    found = await stretches.read(work.session, query, [File.id], asked)
    return Stretch([FileRead.model_validate(file) for file in found.items], has_more=found.has_more)
