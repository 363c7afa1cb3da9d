"""Collections: documents that are searched together, with the embedder that they remember."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row as Selected
from sqlalchemy import Select, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from steward.audit import service as audit
from steward.kernel import runtime, stretches
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Actor, Work
from steward.knowledge import ingestion, jobs
from steward.knowledge.embedders import Embedders
from steward.knowledge.errors import CollectionBusy
from steward.knowledge.schemas import (
    CollectionChange,
    CollectionCreate,
    CollectionPage,
    CollectionRead,
    DocumentCounts,
)
from steward.knowledge.tables import Collection, Document
from steward.knowledge.vector_index import VectorIndex
from steward.providers import embeddings
from steward.providers import service as providers

DEFAULT_NAME: Final = "Documents"


async def create(
    actor: Actor,
    wanted: CollectionCreate,
    *,
    collection_id: str | None = None,
    created_at: datetime | None = None,
) -> CollectionRead:
    """Make a collection, under the id and of the moment that it had elsewhere if they are given.

    Raises:
        Forbidden: the actor may only read.
        UnknownProvider, ModelNotAllowed, LLMError: nobody makes vectors under this name.
    """
    actor.ensure_role("member")
    model, dimensions = await _embedder(actor, wanted.embedding_model)
    async with runtime.current().database.work(actor) as work:
        values = wanted.model_dump(exclude={"embedding_model", "metadata", "chunk_tokens", "chunk_overlap"})
        new = _new(work, model, dimensions, wanted.chunk_tokens, wanted.chunk_overlap)
        if collection_id is not None:
            new |= {"id": collection_id, "created_at": created_at or new["last_active_at"]}
        made = Collection(
            **new,
            **values,
            collection_metadata=wanted.metadata,
        )
        work.session.add(made)
        await work.session.flush()
        await audit.record(work, "collection_created", "collection", made.id, name=made.name)
        return await get(work, made.id)


async def ensure_default(actor: Actor) -> str:
    """The id of the workspace's own collection, made at its first use.

    Raises:
        Forbidden: the actor may only read.
        UnknownProvider, LLMError: nobody makes vectors as the settings say.
    """
    actor.ensure_role("member")
    database = runtime.current().database
    async with database.work(actor) as work:
        known = await _default(work)
    if known is not None:
        return known
    model, dimensions = await _embedder(actor, None)
    async with database.work(actor) as work:
        values = _new(work, model, dimensions, None, None)
        await work.session.execute(
            insert(Collection)
            .values(**values, name=DEFAULT_NAME, is_default=True)
            .on_conflict_do_nothing(index_elements=["workspace_id"], index_where=text("is_default"))
        )
        made = await _default(work)
        assert made is not None
        return made


async def get(work: Work, collection_id: str) -> CollectionRead:
    """A collection.

    Raises:
        NotFound: there is none in the actor's workspace.
    """
    found = (await work.session.execute(_counted().where(Collection.id == collection_id))).first()
    if found is None:
        raise no_collection()
    return _read(found)


async def page(work: Work, *, limit: int, cursor: str | None) -> CollectionPage:
    """The workspace's collections, the newest first."""
    query = _counted().order_by(Collection.created_at.desc(), Collection.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(Collection.created_at, Collection.id) < read_cursor(cursor, datetime, str))
    rows = (await work.session.execute(query)).all()
    items = [_read(row) for row in rows[:limit]]
    more = len(rows) > limit
    return CollectionPage(
        items=items, next_cursor=write_cursor(items[-1].created_at, items[-1].id) if more else None
    )


async def change(actor: Actor, collection_id: str, wanted: CollectionChange) -> CollectionRead:
    """Change a collection. With another embedder or other passages every document is made anew, and is found meanwhile
    as it was.

    Raises:
        Forbidden: the actor may only read.
        NotFound: there is none in the actor's workspace.
        CollectionBusy: it is still being made anew.
    """
    actor.ensure_role("member")
    house = runtime.current()
    embedder = await _embedder(actor, wanted.embedding_model) if wanted.embedding_model else None
    anew: list[tuple[str, int]] = []
    async with house.database.work(actor) as work:
        row = await _locked(work, collection_id)
        # A file's documents go with it, and tell nobody.
        await ingestion.retire_former_model(work, collection_id)
        await work.session.refresh(row)
        _apply(row, wanted)
        if _cuts_anew(row, wanted) or (embedder and embedder != (row.embedding_model, row.dimensions)):
            if row.former_model is not None:
                raise CollectionBusy(
                    "Its documents are still being embedded anew; wait until they are ready."
                )
            _remember(row, wanted, embedder)
            anew = await _restart(work, collection_id)
        await work.session.flush()
        read = await get(work, collection_id)
    for document_id, revision in anew:
        await jobs.begin(actor, document_id, revision)
    return read


async def delete(actor: Actor, collection_id: str) -> None:
    """Delete a collection with its documents. Their files stay.

    Raises:
        Forbidden: the actor may only read.
        NotFound: there is none in the actor's workspace.
    """
    actor.ensure_role("member")
    house = runtime.current()
    async with house.database.work(actor) as work:
        row = await _locked(work, collection_id)
        held = select(Document.id).where(Document.collection_id == collection_id)
        document_ids = (await work.session.execute(held)).scalars().all()
        await audit.record(work, "collection_deleted", "collection", row.id, name=row.name)
        await work.session.delete(row)
    for document_id in document_ids:
        await house.part(VectorIndex).remove(actor.workspace_id, document_id)


def no_collection() -> NotFound:
    """The refusal for a collection that is not there, or not the actor's."""
    return NotFound("There is no such collection.")


async def _embedder(actor: Actor, name: str | None) -> tuple[str, int]:
    """The model of this name and the length of its vectors; a host that alone knows it is asked."""
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        models = await providers.models_of(work, house.settings)
    found = embeddings.find(models, name)
    if found.dimensions is not None:
        return found.full_name, found.dimensions
    probe = await house.part(Embedders).texts(actor, ["How long is a vector?"], found.full_name, None)
    return found.full_name, int(probe.shape[1])


def _new(work: Work, model: str, dimensions: int, tokens: int | None, overlap: int | None) -> dict[str, Any]:
    settings = runtime.current().settings.knowledge
    chunk_tokens = tokens or settings.chunk_tokens
    chunk_overlap = settings.chunk_overlap if overlap is None else overlap
    _ensure_overlap(chunk_tokens, chunk_overlap)
    return {
        "workspace_id": work.actor.workspace_id,
        "id": new_id("vs"),
        "user_id": work.actor.user_id,
        "embedding_model": model,
        "dimensions": dimensions,
        "chunk_tokens": chunk_tokens,
        "chunk_overlap": chunk_overlap,
        "last_active_at": runtime.current().now(),
    }


def _ensure_overlap(chunk_tokens: int, chunk_overlap: int) -> None:
    if chunk_overlap * 2 > chunk_tokens:
        raise Invalid("A passage may repeat at most half of its tokens.", field="chunk_overlap")


async def _default(work: Work) -> str | None:
    query = select(Collection.id).where(
        Collection.workspace_id == work.actor.workspace_id, Collection.is_default
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def _locked(work: Work, collection_id: str) -> Collection:
    query = (
        select(Collection)
        .where(Collection.workspace_id == work.actor.workspace_id, Collection.id == collection_id)
        .with_for_update()
    )
    found = (await work.session.execute(query)).scalar_one_or_none()
    if found is None:
        raise no_collection()
    return found


def _apply(row: Collection, wanted: CollectionChange) -> None:
    for name, value in wanted.model_dump(
        exclude_none=True, include={"name", "description", "in_chat"}
    ).items():
        setattr(row, name, value)
    if wanted.metadata is not None:
        row.collection_metadata = dict(wanted.metadata)
    if wanted.expires_days is not None:
        row.expires_days = wanted.expires_days or None
        # Whoever gives it more days uses it.
        row.last_active_at = runtime.current().now()


def _cuts_anew(row: Collection, wanted: CollectionChange) -> bool:
    tokens = row.chunk_tokens if wanted.chunk_tokens is None else wanted.chunk_tokens
    overlap = row.chunk_overlap if wanted.chunk_overlap is None else wanted.chunk_overlap
    _ensure_overlap(tokens, overlap)
    return (tokens, overlap) != (row.chunk_tokens, row.chunk_overlap)


def _remember(row: Collection, wanted: CollectionChange, embedder: tuple[str, int] | None) -> None:
    row.chunk_tokens = wanted.chunk_tokens or row.chunk_tokens
    row.chunk_overlap = row.chunk_overlap if wanted.chunk_overlap is None else wanted.chunk_overlap
    if embedder is not None and embedder != (row.embedding_model, row.dimensions):
        if row.chunks:
            row.former_model, row.former_dimensions = row.embedding_model, row.dimensions
        row.embedding_model, row.dimensions = embedder


async def _restart(work: Work, collection_id: str) -> list[tuple[str, int]]:
    """Have every document of a collection made anew; those that failed get another chance."""
    restarted = await work.session.execute(
        update(Document)
        .where(
            Document.workspace_id == work.actor.workspace_id,
            Document.collection_id == collection_id,
            or_(Document.file_id.is_not(None), Document.source.is_not(None)),
        )
        .values(
            revision=Document.revision + 1,
            status="in_progress",
            stage="stored",
            chunks_done=0,
            chunks_total=None,
            error=None,
        )
        .returning(Document.id, Document.revision)
    )
    return [(row.id, row.revision) for row in restarted]


def _counted() -> Select[Collection, Any, Any, Any, Any, Any]:
    counts = (
        select(
            func.count().label("total"),
            func.count().filter(Document.status == "in_progress").label("in_progress"),
            func.count().filter(Document.status == "ready").label("ready"),
            func.count().filter(Document.status == "failed").label("failed"),
            func.coalesce(func.sum(Document.bytes), 0).label("bytes"),
        )
        .where(Document.workspace_id == Collection.workspace_id, Document.collection_id == Collection.id)
        .correlate(Collection)
        .lateral("counts")
    )
    return select(
        Collection, counts.c.total, counts.c.in_progress, counts.c.ready, counts.c.failed, counts.c.bytes
    ).join(counts, counts.c.total >= 0)


def expires_at(row: Collection) -> datetime | None:
    """When the collection expires if nobody uses it; None for never."""
    return None if row.expires_days is None else row.last_active_at + timedelta(days=row.expires_days)


def _read(selected: Selected[Any, Any, Any, Any, Any, Any]) -> CollectionRead:
    row: Collection = selected[0]
    ends = expires_at(row)
    is_expired = ends is not None and ends <= runtime.current().now()
    return CollectionRead(
        id=row.id,
        name=row.name,
        description=row.description,
        is_default=row.is_default,
        in_chat=row.in_chat,
        status="expired" if is_expired else "in_progress" if selected.in_progress else "ready",
        embedding_model=row.embedding_model,
        dimensions=row.dimensions,
        chunk_tokens=row.chunk_tokens,
        chunk_overlap=row.chunk_overlap,
        documents=DocumentCounts(
            total=selected.total,
            in_progress=selected.in_progress,
            ready=selected.ready,
            failed=selected.failed,
        ),
        chunks=row.chunks,
        bytes=int(selected.bytes),
        expires_days=row.expires_days,
        expires_at=ends,
        last_active_at=row.last_active_at,
        created_at=row.created_at,
        metadata=row.collection_metadata,
    )


async def stretch(work: Work, asked: Asked) -> Stretch[CollectionRead]:
    """A stretch of the workspace's collections, by the ids of their neighbours."""
    mine = select(Collection.id).where(Collection.workspace_id == work.actor.workspace_id)
    found = await stretches.read(work.session, mine, [Collection.id], asked)
    query = _counted().where(
        Collection.workspace_id == work.actor.workspace_id, Collection.id.in_(found.items)
    )
    rows = {row[0].id: _read(row) for row in (await work.session.execute(query)).all()}
    return Stretch([rows[one] for one in found.items if one in rows], has_more=found.has_more)
