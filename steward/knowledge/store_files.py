"""Documents as the files of a vector store: put there by the id of a file, many at once, listed, stopped and counted.

One document stands for a file in a collection, however often the file is put there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, func, select

from steward.audit import service as audit
from steward.files import service as files
from steward.files.schemas import FileRead
from steward.kernel import runtime, stretches
from steward.kernel.ids import new_id
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Actor, Work
from steward.knowledge import collections, ingestion, jobs
from steward.knowledge.tables import Collection, Document, DocumentText, FileBatch

Status = Literal["in_progress", "completed", "failed", "cancelled"]

_STOPPED: Final = "cancelled"
_ERROR: Final = {
    "tag": _STOPPED,
    "reason": "The batch that the file came with was cancelled.",
    "fix": "Add the file again, or try the document again.",
}
_is_stopped: Final = and_(Document.status == "failed", Document.error["tag"].astext == _STOPPED)
_STATUS: Final[dict[Status, ColumnElement[bool]]] = {
    "in_progress": Document.status == "in_progress",
    "completed": Document.status == "ready",
    "failed": and_(Document.status == "failed", Document.error["tag"].astext.is_distinct_from(_STOPPED)),
    "cancelled": _is_stopped,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A file that shall be in a collection.

    Attributes:
        attributes: None leaves those of a file that is there already.
        chunk_tokens: None cuts it as its collection says; else `chunk_overlap` comes along.
    """

    file_id: str
    attributes: dict[str, Any] | None = None
    chunk_tokens: int | None = None
    chunk_overlap: int | None = None


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A file in a collection, and how far its document is."""

    file_id: str
    document_id: str
    collection_id: str
    name: str
    bytes: int
    status: Status
    error: dict[str, Any] | None
    attributes: dict[str, Any]
    chunk_tokens: int
    chunk_overlap: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """The files of a collection or a batch by how far they are."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.in_progress + self.completed + self.failed + self.cancelled


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that were put into a collection together."""

    id: str
    collection_id: str
    file_ids: list[str]
    is_cancelled: bool
    created_at: datetime


async def add(actor: Actor, collection_id: str, wishes: Sequence[Wish]) -> None:
    """Put files into a collection; they are read beside the request. One that is there already gets what is wished.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such collection or file; nothing was put there then.
    """
    actor.ensure_role("member")
    async with runtime.current().database.work(actor) as work:
        begun = await _put(work, collection_id, wishes)
    await jobs.begin_all(actor, begun)


async def add_batch(actor: Actor, collection_id: str, wishes: Sequence[Wish]) -> Batch:
    """Put files into a collection, as a batch that can be watched and cancelled. Refuses as `add` does."""
    actor.ensure_role("member")
    async with runtime.current().database.work(actor) as work:
        begun = await _put(work, collection_id, wishes)
        batch = FileBatch(
            workspace_id=actor.workspace_id,
            id=new_id("vsfb"),
            collection_id=collection_id,
            file_ids=list({wish.file_id: None for wish in wishes}),
        )
        work.session.add(batch)
        await work.session.flush()
        await audit.record(work, "file_batch_created", "file_batch", batch.id, files=len(batch.file_ids))
        made = _batch(batch)
    await jobs.begin_all(actor, begun)
    return made


async def find(work: Work, collection_id: str, file_id: str) -> StoreFile | None:
    """A file of a collection, or None."""
    query = (
        _files(work, collection_id).where(Document.file_id == file_id).order_by(Document.id.desc()).limit(1)
    )
    row = (await work.session.scalars(query)).first()
    return None if row is None else _read(row, await _collection(work, collection_id))


async def stretch(
    work: Work, collection_id: str, asked: Asked, status: Status | None = None, batch: Batch | None = None
) -> Stretch[StoreFile]:
    """A stretch of a collection's files, or of those that came with a batch.

    Raises:
        NotFound: no such collection.
    """
    collection = await _collection(work, collection_id)
    query = _files(work, collection_id)
    if status is not None:
        query = query.where(_STATUS[status])
    if batch is not None:
        query = query.where(Document.file_id.in_(batch.file_ids))
    places = {
        file_id: (await _place(work, collection_id, file_id),)
        for file_id in (asked.after, asked.before)
        if file_id is not None
    }
    # Ids of documents sort by time: files that came in the same second keep their order.
    read = await stretches.read(work.session, query, [Document.id], asked, places.__getitem__)
    return Stretch([_read(row, collection) for row in read.items], has_more=read.has_more)


async def count(work: Work, collection_ids: Sequence[str], batch: Batch | None = None) -> dict[str, Counts]:
    """How far the files of each of these collections are, or those of one batch; nothing is said of one without any."""
    query = (
        select(
            Document.collection_id,
            *(func.count().filter(where).label(status) for status, where in _STATUS.items()),
        )
        .where(
            Document.workspace_id == work.actor.workspace_id,
            Document.collection_id.in_(collection_ids),
        )
        .group_by(Document.collection_id)
    )
    if batch is not None:
        query = query.where(Document.file_id.in_(batch.file_ids))
    rows = (await work.session.execute(query)).all()
    return {row[0]: Counts(row[1], row[2], row[3], row[4]) for row in rows}


async def names(work: Work, document_ids: Sequence[str]) -> dict[str, str]:
    """What the files of these documents are called."""
    query = select(Document.id, Document.name).where(
        Document.workspace_id == work.actor.workspace_id, Document.id.in_(document_ids)
    )
    return {row[0]: row[1] for row in (await work.session.execute(query)).all()}


async def change_attributes(
    work: Work, collection_id: str, file_id: str, attributes: dict[str, Any]
) -> StoreFile | None:
    """Give a file of a collection other attributes; a search sees them at once. None when it is not there.

    Raises:
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    query = (
        _files(work, collection_id).where(Document.file_id == file_id).order_by(Document.id.desc()).limit(1)
    )
    row = (await work.session.scalars(query.with_for_update())).first()
    if row is None:
        return None
    row.attributes = attributes
    await work.session.flush()
    await audit.record(work, "document_changed", "document", row.id, title=row.title)
    return await find(work, collection_id, file_id)


async def text(work: Work, file: StoreFile) -> str | None:
    """All that a file says, as searches find it; None while there is nothing."""
    query = (
        select(DocumentText.text)
        .join(
            Document,
            (Document.workspace_id == DocumentText.workspace_id)
            & (Document.id == DocumentText.id)
            & (Document.live_revision == DocumentText.revision),
        )
        .where(DocumentText.workspace_id == work.actor.workspace_id, DocumentText.id == file.document_id)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def find_batch(work: Work, collection_id: str, batch_id: str) -> Batch | None:
    """A batch of a collection, or None."""
    row = await work.session.get(FileBatch, (work.actor.workspace_id, batch_id))
    return _batch(row) if row is not None and row.collection_id == collection_id else None


async def cancel(work: Work, batch: Batch) -> Batch:
    """Stop whatever of a batch is not ready yet; nothing changes when all of it is.

    Raises:
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    await ingestion.lock_collection(work, batch.collection_id)
    query = (
        _files(work, batch.collection_id)
        .where(Document.file_id.in_(batch.file_ids), Document.status == "in_progress")
        .order_by(Document.id)
        .with_for_update()
    )
    stopped = (await work.session.scalars(query)).all()
    for document in stopped:
        # Whoever makes it ready sees at the next step that it is not wanted any more.
        document.status, document.error = "failed", dict(_ERROR)
    row = await work.session.get_one(FileBatch, (work.actor.workspace_id, batch.id))
    if stopped:
        row.cancelled_at = runtime.current().now()
        await audit.record(work, "file_batch_cancelled", "file_batch", row.id, files=len(stopped))
    await work.session.flush()
    return _batch(row)


async def _put(work: Work, collection_id: str, wishes: Sequence[Wish]) -> list[tuple[str, int]]:
    """The documents to be made ready, with their revisions."""
    # Locked, so that the same file added twice at once is one document.
    if await ingestion.lock_collection(work, collection_id) is None:
        raise collections.no_collection()
    wished = {wish.file_id: wish for wish in wishes}
    found = await files.get_some(work, list(wished), hold=True)
    query = _files(work, collection_id).where(Document.file_id.in_(wished)).order_by(Document.id)
    there = {row.file_id: row for row in await work.session.scalars(query.with_for_update())}
    begun: list[Document] = []
    for file_id, wish in wished.items():
        row = there.get(file_id)
        if row is None:
            row = _new(work, collection_id, found[file_id], wish)
            work.session.add(row)
            begun.append(row)
        elif _changes(row, wish):
            begun.append(row)
    await work.session.flush()
    await _record(work, collection_id, begun)
    return [(row.id, row.revision) for row in begun]


async def _record(work: Work, collection_id: str, begun: Sequence[Document]) -> None:
    if len(begun) == 1:
        await audit.record(work, "document_added", "document", begun[0].id, title=begun[0].title)
    elif begun:
        await audit.record(work, "documents_added", "collection", collection_id, documents=len(begun))


def _new(work: Work, collection_id: str, file: FileRead, wish: Wish) -> Document:
    return Document(
        workspace_id=work.actor.workspace_id,
        id=new_id("doc"),
        collection_id=collection_id,
        user_id=work.actor.user_id,
        file_id=file.id,
        title=file.name,
        name=file.name,
        media_type=file.media_type,
        bytes=file.bytes,
        sha256=file.sha256,
        attributes=wish.attributes or {},
        chunk_tokens=wish.chunk_tokens,
        chunk_overlap=wish.chunk_overlap,
        status="in_progress",
        stage="stored",
        revision=1,
    )


def _changes(row: Document, wish: Wish) -> bool:
    """Give a document what is wished; whether it has to be made ready again."""
    if wish.attributes is not None:
        row.attributes = wish.attributes
    is_cut_anew = wish.chunk_tokens is not None and (
        (wish.chunk_tokens, wish.chunk_overlap) != (row.chunk_tokens, row.chunk_overlap)
    )
    if not is_cut_anew and row.status != "failed":
        return False
    if is_cut_anew:
        row.chunk_tokens, row.chunk_overlap = wish.chunk_tokens, wish.chunk_overlap
    row.revision += 1
    row.status, row.stage, row.error = "in_progress", "stored", None
    row.chunks_done, row.chunks_total = 0, None
    return True


async def _place(work: Work, collection_id: str, file_id: str) -> str:
    """Where a file stands in the list of a collection, or where it stood, for whoever takes files out while listing."""
    found = await find(work, collection_id, file_id)
    if found is not None:
        return found.document_id
    # Ids of files sort by time as well: right behind the last document of an older file.
    query = select(func.max(Document.id)).where(
        Document.workspace_id == work.actor.workspace_id,
        Document.collection_id == collection_id,
        Document.file_id < file_id,
    )
    older = (await work.session.scalars(query)).first()
    return f"{older}z" if older else ""


async def _collection(work: Work, collection_id: str) -> Collection:
    row = await work.session.get(Collection, (work.actor.workspace_id, collection_id))
    if row is None:
        raise collections.no_collection()
    return row


def _files(work: Work, collection_id: str) -> Select[Document]:
    # A page of the web that was not fetched yet has no file.
    return select(Document).where(
        Document.workspace_id == work.actor.workspace_id,
        Document.collection_id == collection_id,
        Document.file_id.is_not(None),
    )


def _read(row: Document, collection: Collection) -> StoreFile:
    assert row.file_id is not None
    is_stopped = row.error is not None and row.error.get("tag") == _STOPPED
    known: dict[str, Status] = {"in_progress": "in_progress", "ready": "completed"}
    return StoreFile(
        file_id=row.file_id,
        document_id=row.id,
        collection_id=row.collection_id,
        name=row.name,
        bytes=row.bytes,
        status=known.get(row.status, "cancelled" if is_stopped else "failed"),
        error=None if is_stopped else row.error,
        attributes=row.attributes,
        chunk_tokens=row.chunk_tokens or collection.chunk_tokens,
        chunk_overlap=collection.chunk_overlap if row.chunk_overlap is None else row.chunk_overlap,
        created_at=row.created_at,
    )


def _batch(row: FileBatch) -> Batch:
    return Batch(row.id, row.collection_id, row.file_ids, row.cancelled_at is not None, row.created_at)
