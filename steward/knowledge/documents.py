"""Documents: added, replaced, changed, tried again, shown and deleted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select, tuple_

from steward.audit import service as audit
from steward.files import service as files
from steward.files.incoming import Received
from steward.files.schemas import FileRead
from steward.files.storage import Blob
from steward.kernel import runtime
from steward.kernel.errors import Conflict, NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Actor, Work
from steward.knowledge import collections, ingestion, jobs
from steward.knowledge.errors import DocumentNotReady
from steward.knowledge.ingestion import PURPOSE
from steward.knowledge.schemas import (
    ChunkPage,
    ChunkRead,
    DocumentChange,
    DocumentError,
    DocumentPage,
    DocumentRead,
    Status,
)
from steward.knowledge.schemas import DocumentText as TextRead
from steward.knowledge.tables import Chunk, Document, DocumentText
from steward.knowledge.vector_index import VectorIndex

_SUFFIXES: Final = {
    "text": ("text/plain", ".txt"),
    "markdown": ("text/markdown", ".md"),
    "code": ("text/plain", ".txt"),
}
_WEIGHTS: Final = {
    "accepted": 0.0,
    "stored": 0.05,
    "parsed": 0.2,
    "chunked": 0.25,
    "embedded": 0.95,
    "searchable": 1.0,
}
_TEXT_CHARS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What whoever adds a document says about it.

    Attributes:
        source: where it comes from, such as a path or an address; adding the same source again replaces the document.
    """

    collection_id: str | None = None
    title: str | None = None
    source: str | None = None
    tags: list[str] = field(default_factory=list[str])
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])


async def add_file(actor: Actor, file_id: str, facts: Facts) -> DocumentRead:
    """Make a stored file a document, or the new contents of the document of this source. It is read beside the request.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such file or collection.
    """
    collection_id = await _collection(actor, facts)
    async with runtime.current().database.work(actor) as work:
        file = await files.get(work, file_id)
        row = await _of_source(work, collection_id, facts.source) or _new(work, collection_id, facts)
        change = await _bring(work, row, file, facts)
    return await _begin(actor, change)


async def upload(
    actor: Actor, received: Received, name: str, media_type: str | None, facts: Facts
) -> DocumentRead:
    """Keep a file that came in, as a document; see `add_file`. The same contents of the same source change nothing.

    Raises:
        Forbidden, NotFound: see `add_file`.
        StorageFull: there is no room.
    """
    collection_id = await _collection(actor, facts)
    async with runtime.current().database.work(actor) as work:
        row = await _of_source(work, collection_id, facts.source) or _new(work, collection_id, facts)
        if row.sha256 == received.blob.sha256 and row.status != "failed":
            return await get(work, row.id)
        file = await files.add(work, received, name=name, media_type=media_type, purpose=PURPOSE)
        change = await _bring(work, row, file, facts)
    return await _begin(actor, change)


async def replace_file(
    actor: Actor, document_id: str, received: Received, name: str, media_type: str | None
) -> DocumentRead:
    """Give a document new contents; it is found as it was until they are ready.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such document.
        StorageFull: there is no room.
    """
    actor.ensure_role("member")
    async with runtime.current().database.work(actor) as work:
        row = await _locked(work, document_id)
        file = await files.add(work, received, name=name, media_type=media_type, purpose=PURPOSE)
        change = await _bring(work, row, file, Facts())
    return await _begin(actor, change)


async def write(actor: Actor, title: str, content: str, kind: str, facts: Facts) -> DocumentRead:
    """Make a text a document.

    Args:
        actor: who writes.
        title: of the document, and the name of its file.
        content: the text, not empty.
        kind: `text`, `markdown` or `code`.
        facts: see `Facts`.

    Raises:
        Forbidden, NotFound: see `add_file`.
    """
    media_type, suffix = _SUFFIXES[kind]

    async def pieces() -> AsyncGenerator[bytes]:
        yield content.encode()

    async with files.receive(actor, pieces()) as received:
        return await upload(actor, received, f"{title}{suffix}", media_type, facts)


async def add_page(actor: Actor, url: str, facts: Facts) -> DocumentRead:
    """Make a page of the web a document, or fetch it anew. It is fetched beside the request.

    Raises:
        Forbidden, NotFound: see `add_file`.
    """
    collection_id = await _collection(actor, facts)
    async with runtime.current().database.work(actor) as work:
        row = await _of_source(work, collection_id, url)
        if row is None:
            row = _new(work, collection_id, replace(facts, source=url))
            row.name = url
            row.title, row.title_given = facts.title or url, facts.title is not None
            work.session.add(row)
        else:
            row.revision += 1
        _restart(row, "accepted")
        await work.session.flush()
        await audit.record(work, "document_added", "document", row.id, title=row.title)
        change = _Change(await get(work, row.id), row.revision)
    return await _begin(actor, change)


async def retry(actor: Actor, document_id: str) -> DocumentRead:
    """Try again to make a failed document ready.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such document.
        Conflict: it has not failed.
    """
    actor.ensure_role("member")
    async with runtime.current().database.work(actor) as work:
        row = await _locked(work, document_id)
        if row.status != "failed":
            raise Conflict("Only a document that has failed can be tried again.")
        row.revision += 1
        # A page that could not be fetched is fetched.
        _restart(row, "accepted" if row.stage == "accepted" else "stored")
        await work.session.flush()
        change = _Change(await get(work, row.id), row.revision)
    return await _begin(actor, change)


async def get(work: Work, document_id: str) -> DocumentRead:
    """A document and how far it is.

    Raises:
        NotFound: there is none in the actor's workspace.
    """
    query = _mine(work).where(Document.id == document_id).execution_options(populate_existing=True)
    found = (await work.session.execute(query)).scalar_one_or_none()
    if found is None:
        raise no_document()
    return _read(found)


async def find_source(work: Work, collection_id: str, source: str) -> DocumentRead | None:
    """The document of a collection that came from this path or address, or None."""
    found = await _of_source(work, collection_id, source)
    return None if found is None else _read(found)


async def page(
    work: Work,
    *,
    limit: int,
    cursor: str | None,
    collection_id: str | None = None,
    status: Status | None = None,
) -> DocumentPage:
    """The workspace's documents, the newest first.

    Raises:
        NotFound: no such collection.
    """
    query = _mine(work).order_by(Document.created_at.desc(), Document.id.desc()).limit(limit + 1)
    if collection_id is not None:
        await collections.get(work, collection_id)
        query = query.where(Document.collection_id == collection_id)
    if status is not None:
        query = query.where(Document.status == status)
    if cursor is not None:
        query = query.where(tuple_(Document.created_at, Document.id) < read_cursor(cursor, datetime, str))
    items = [_read(row) for row in (await work.session.execute(query)).scalars()]
    more = len(items) > limit
    items = items[:limit]
    return DocumentPage(
        items=items, next_cursor=write_cursor(items[-1].created_at, items[-1].id) if more else None
    )


async def change(work: Work, document_id: str, wanted: DocumentChange) -> DocumentRead:
    """Give a document another title, other tags or attributes; a search sees them at once.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such document.
    """
    work.actor.ensure_role("member")
    row = await _locked(work, document_id)
    if wanted.title is not None:
        row.title, row.title_given = wanted.title, True
    if wanted.tags is not None:
        row.tags = wanted.tags
    if wanted.attributes is not None:
        row.attributes = dict(wanted.attributes)
    await work.session.flush()
    await audit.record(work, "document_changed", "document", row.id, title=row.title)
    return await get(work, document_id)


async def remove(actor: Actor, document_id: str) -> None:
    """Delete a document; the file that was brought for it goes too, unless another document has it.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such document.
    """
    actor.ensure_role("member")
    house = runtime.current()
    async with house.database.work(actor) as work:
        await ingestion.lock_collection(work, (await get(work, document_id)).collection_id)
        row = await _locked(work, document_id)
        await audit.record(work, "document_deleted", "document", row.id, title=row.title)
        file_id = row.file_id
        await work.session.delete(row)
        await work.session.flush()
        blob = await ingestion.let_file_go(work, file_id)
        await ingestion.retire_former_model(work, row.collection_id)
    if blob is not None:
        await files.forget(actor, blob)
    await house.part(VectorIndex).remove(actor.workspace_id, document_id)


async def read_text(work: Work, document_id: str, start: int, end: int | None) -> TextRead:
    """A stretch of what a document says, as searches find it; at most 20,000 characters.

    Raises:
        NotFound: no such document.
        DocumentNotReady: it has no text yet.
    """
    query = (
        select(Document, DocumentText.revision, DocumentText.text)
        .join(
            DocumentText,
            (DocumentText.workspace_id == Document.workspace_id)
            & (DocumentText.id == Document.id)
            & (DocumentText.revision == Document.live_revision),
        )
        .where(Document.workspace_id == work.actor.workspace_id, Document.id == document_id)
    )
    found = (await work.session.execute(query)).first()
    if found is None:
        await get(work, document_id)
        raise DocumentNotReady("The document has no text to show yet.")
    document, revision, text = found
    last = min(len(text), start + _TEXT_CHARS, len(text) if end is None else end)
    return TextRead(
        document_id=document_id,
        title=document.title,
        revision=revision,
        start=min(start, len(text)),
        end=max(last, min(start, len(text))),
        chars=len(text),
        text=text[start:last],
    )


async def chunks(work: Work, document_id: str, *, limit: int, cursor: str | None) -> ChunkPage:
    """The passages that searches find of a document, in their order.

    Raises:
        NotFound: no such document.
    """
    await get(work, document_id)
    query = (
        select(Chunk)
        .join(
            Document,
            (Document.workspace_id == Chunk.workspace_id)
            & (Document.id == Chunk.document_id)
            & (Document.live_revision == Chunk.revision),
        )
        .where(Chunk.workspace_id == work.actor.workspace_id, Chunk.document_id == document_id)
        .order_by(Chunk.ordinal)
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(Chunk.ordinal > read_cursor(cursor, int)[0])
    rows = (await work.session.execute(query)).scalars().all()
    items = [
        ChunkRead(
            ordinal=row.ordinal,
            start=row.start_at,
            end=row.end_at,
            page=row.page,
            headings=row.headings,
            tokens=row.tokens,
            text=row.text,
        )
        for row in rows[:limit]
    ]
    return ChunkPage(items=items, next_cursor=write_cursor(items[-1].ordinal) if len(rows) > limit else None)


def no_document() -> NotFound:
    """The refusal for a document that is not there, or not the actor's."""
    return NotFound("There is no such document.")


def _mine(work: Work) -> Select[Document]:
    return select(Document).where(Document.workspace_id == work.actor.workspace_id)


async def _locked(work: Work, document_id: str) -> Document:
    query = _mine(work).where(Document.id == document_id).with_for_update()
    found = (await work.session.execute(query)).scalar_one_or_none()
    if found is None:
        raise no_document()
    return found


async def _of_source(work: Work, collection_id: str, source: str | None) -> Document | None:
    if source is None:
        return None
    # The collection is locked, so that the same source added twice at once is one document.
    await ingestion.lock_collection(work, collection_id)
    query = _mine(work).where(Document.collection_id == collection_id, Document.source == source)
    return (await work.session.execute(query.with_for_update())).scalar_one_or_none()


def _new(work: Work, collection_id: str, facts: Facts) -> Document:
    return Document(
        workspace_id=work.actor.workspace_id,
        id=new_id("doc"),
        collection_id=collection_id,
        user_id=work.actor.user_id,
        source=facts.source,
        tags=facts.tags,
        attributes=facts.attributes,
        revision=0,
        title_given=False,
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """A revision that is wanted, and a content that nobody needs any more."""

    document: DocumentRead
    revision: int
    former: Blob | None = None


async def _collection(actor: Actor, facts: Facts) -> str:
    actor.ensure_role("member")
    if facts.collection_id is None:
        return await collections.ensure_default(actor)
    async with runtime.current().database.work(actor) as work:
        return (await collections.get(work, facts.collection_id)).id


async def _bring(work: Work, row: Document, file: FileRead, facts: Facts) -> _Change:
    """Let a file be a document's contents."""
    is_new, former_file = row.revision == 0, row.file_id
    row.revision += 1
    row.file_id, row.name, row.media_type = file.id, file.name, file.media_type
    row.bytes, row.sha256 = file.bytes, file.sha256
    if facts.title:
        row.title, row.title_given = facts.title, True
    elif not row.title_given:
        row.title = file.name
    _restart(row, "stored")
    work.session.add(row)
    await work.session.flush()
    verb = "document_added" if is_new else "document_replaced"
    await audit.record(work, verb, "document", row.id, title=row.title)
    former = None if former_file == file.id else await ingestion.let_file_go(work, former_file)
    return _Change(await get(work, row.id), row.revision, former)


async def _begin(actor: Actor, change: _Change) -> DocumentRead:
    await jobs.begin(actor, change.document.id, change.revision)
    if change.former is not None:
        await files.forget(actor, change.former)
    return change.document


def _restart(row: Document, stage: str) -> None:
    row.status = "in_progress"
    row.stage = stage
    row.chunks_done = 0
    row.chunks_total = None
    row.error = None


def progress(row: Document) -> float:
    """How far a document is, from 0 to 1."""
    done = _WEIGHTS[row.stage]
    if row.stage == "chunked" and row.chunks_total:
        done += (_WEIGHTS["embedded"] - done) * row.chunks_done / row.chunks_total
    return round(done, 3)


def _read(row: Document) -> DocumentRead:
    return DocumentRead(
        id=row.id,
        collection_id=row.collection_id,
        file_id=row.file_id,
        source=row.source,
        title=row.title,
        name=row.name,
        media_type=row.media_type,
        bytes=row.bytes,
        tags=row.tags,
        attributes=row.attributes,
        status=row.status,  # pyright: ignore[reportArgumentType]  # the table's check constraint holds the same
        stage=row.stage,  # pyright: ignore[reportArgumentType]  # the same
        progress=progress(row),
        chunks_done=row.chunks_done,
        chunks_total=row.chunks_total,
        is_searchable=row.live_revision is not None,
        error=None if row.error is None else DocumentError.model_validate(row.error),
        language=row.language,
        pages=row.pages,
        chars=row.chars,
        created_at=row.created_at,
        updated_at=row.updated_at,
        ready_at=row.ready_at,
        url=url_of(row.id),
    )


def url_of(document_id: str) -> str:
    """Where people open a document."""
    base = (runtime.current().settings.public_url or "").rstrip("/")
    return f"{base}/library/documents/{document_id}"


async def count(work: Work) -> int:
    """How many documents the workspace has, ready or not."""
    counted = (
        select(func.count()).select_from(Document).where(Document.workspace_id == work.actor.workspace_id)
    )
    return (await work.session.execute(counted)).scalar_one()
