"""Ingestion: a document read, cut, embedded and published; a crash at any moment costs little and leaves no half.

Passages of a new revision stand beside the live ones, and nobody finds them until one statement makes them live.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import all_, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from steward.files import service as files
from steward.files.blobs import Blob
from steward.files.schemas import FileRead
from steward.kernel import fetch, runtime
from steward.kernel.errors import NotFound, Refusal, Unavailable
from steward.kernel.work import Actor, Work
from steward.knowledge import queries, words
from steward.knowledge.embedders import Embedders, written
from steward.knowledge.queries import Batch, Key
from steward.knowledge.reading.contents import Contents, Span, Unreadable
from steward.knowledge.reading.process import Died
from steward.knowledge.reading.readers import Readers
from steward.knowledge.tables import Chunk, Collection, Document, DocumentText
from steward.knowledge.vector_index import VectorIndex
from steward.providers.embeddings import LOCAL, Vectors
from steward.providers.errors import (
    LLMError,
    ProviderBrokeOff,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

PURPOSE: Final = "knowledge"
"""Of files that were brought for documents, and go with them."""
_BATCH: Final = 128
_TRIES: Final = 4
_PASSING: Final = (ProviderBrokeOff, ProviderRateLimited, ProviderTimeout, ProviderUnavailable)
"""Failures of a host that another try may not meet."""
_MOST_WAIT_SECONDS: Final = 60.0


class Outdated(Exception):
    """The revision is no longer wanted: the document is gone, or was changed again."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What has to be fetched before there is a task."""

    url: str


@dataclass(frozen=True, slots=True)
class _Task:
    """A revision to be made, and how."""

    document_id: str
    revision: int
    collection_id: str
    file: FileRead
    title: str
    model: str
    dimensions: int
    chunk_tokens: int
    chunk_overlap: int
    stored: int
    """Passages that an earlier try has stored: batches are stored whole and in order."""


async def ingest(actor: Actor, document_id: str, revision: int) -> None:
    """Make one revision of a document ready, or failed with a reason. Doing it twice does it once."""
    try:
        await _ingest(actor, document_id, revision)
    except Outdated:
        log.info("document_outdated", document_id=document_id, revision=revision)
        await _forget(actor, document_id, revision)
    except Unreadable as error:
        await _fail(actor, document_id, revision, error.tag, error.reason, error.fix)
    except (Unavailable, Died):
        # The database is away, or no process to read with can be started: durable work tries again.
        raise
    except Refusal as error:
        await _fail(actor, document_id, revision, error.tag, error.detail, error.remedy)
    except Exception:
        log.exception("document_broke", document_id=document_id, revision=revision)
        await _fail(
            actor,
            document_id,
            revision,
            "internal_error",
            "Something went wrong on our side while the document was read.",
            "Try again, and tell an administrator if it happens again.",
        )


async def _ingest(actor: Actor, document_id: str, revision: int) -> None:
    house = runtime.current()
    task = await _task(actor, document_id, revision)
    if isinstance(task, _Page):
        await _fetch(actor, document_id, revision, task.url)
        task = await _task(actor, document_id, revision)
    assert isinstance(task, _Task)
    async with files.local_path(actor, task.file) as path:
        contents = await house.part(Readers).read(
            path,
            task.file.name,
            task.file.media_type,
            chunk_tokens=task.chunk_tokens,
            chunk_overlap=task.chunk_overlap,
        )
    if not contents.spans:
        raise Unreadable(
            "no_text",
            "The file holds no text.",
            "Upload a file with text, or one whose text was recognised (OCR).",
        )
    await _keep_text(actor, task, contents)
    await _embed(actor, task, contents)
    await _publish(actor, task, contents)


async def _fetch(actor: Actor, document_id: str, revision: int, url: str) -> None:
    """Get the page of a document that is one, and keep it as its file."""
    house = runtime.current()
    page = await fetch.fetch(url, house.settings.fetch)
    name = unquote(urlsplit(page.url).path.rstrip("/").rpartition("/")[2]) or urlsplit(page.url).netloc

    async def pieces() -> AsyncGenerator[bytes]:
        yield page.content

    # In one transaction, so that no crash leaves a file that no document has.
    async with files.receive(actor, pieces()) as received, house.database.work(actor) as work:
        row = await _wanted(work, document_id, revision)
        former_file = row.file_id
        file = await files.add(work, received, name=name, media_type=page.media_type, purpose=PURPOSE)
        row.file_id, row.name, row.media_type = file.id, file.name, file.media_type
        row.bytes, row.sha256, row.stage = file.bytes, file.sha256, "stored"
        await work.session.flush()
        former = await let_file_go(work, former_file)
    if former is not None:
        await files.forget(actor, former)


async def let_file_go(work: Work, file_id: str | None) -> Blob | None:
    """Take away the row of a file that was brought for documents, once none has it; its content is left to `forget`."""
    if file_id is None or (await files.get(work, file_id)).purpose != PURPOSE:
        return None
    mine = (Document.workspace_id == work.actor.workspace_id, Document.file_id == file_id)
    if (await work.session.execute(select(Document.id).where(*mine).limit(1))).first() is not None:
        return None
    return await files.remove(work, file_id)


async def _task(actor: Actor, document_id: str, revision: int) -> _Task | _Page:
    async with runtime.current().database.work(actor) as work:
        row = await _wanted(work, document_id, revision)
        if row.source is not None and (row.stage == "accepted" or row.file_id is None):
            return _Page(row.source)
        query = select(Collection).where(
            Collection.workspace_id == actor.workspace_id, Collection.id == row.collection_id
        )
        collection = (await work.session.execute(query)).scalar_one()
        if row.file_id is None:
            raise NotFound("The document's file is gone; upload it again.")
        return _Task(
            document_id,
            revision,
            row.collection_id,
            await files.get(work, row.file_id),
            row.title if row.title_given else "",
            collection.embedding_model,
            collection.dimensions,
            row.chunk_tokens or collection.chunk_tokens,
            collection.chunk_overlap if row.chunk_overlap is None else row.chunk_overlap,
            await _count_stored(work, document_id, revision),
        )


async def _keep_text(actor: Actor, task: _Task, contents: Contents) -> None:
    async with runtime.current().database.work(actor) as work:
        row = await _wanted(work, task.document_id, task.revision)
        row.stage = "chunked"
        row.chunks_total = len(contents.spans)
        row.media_type = contents.media_type
        row.language, row.pages, row.chars = contents.language, contents.pages, len(contents.text)
        if not row.title_given and contents.title:
            row.title = contents.title[:256]
        await work.session.execute(
            insert(DocumentText)
            .values(
                workspace_id=actor.workspace_id,
                id=task.document_id,
                revision=task.revision,
                text=contents.text,
            )
            .on_conflict_do_nothing()
        )


async def _embed(actor: Actor, task: _Task, contents: Contents) -> None:
    """Embed and store what is not there yet, batch by batch; the next batch is embedded while one is stored."""
    storing: asyncio.Task[None] | None = None
    title = task.title or contents.title or task.file.name
    try:
        for start in range(task.stored, len(contents.spans), _BATCH):
            spans = contents.spans[start : start + _BATCH]
            texts = [contents.text[span.start : span.end] for span in spans]
            headed = [_headed(title, span, text) for span, text in zip(spans, texts, strict=True)]
            vectors = await _vectors(actor, task, headed)
            batch = await asyncio.to_thread(_batch, start, spans, texts, headed, vectors)
            await _put_elsewhere(actor, task, start, vectors)
            if storing is not None:
                await storing
            storing = asyncio.create_task(_store(actor, task, contents.language, batch))
        if storing is not None:
            await storing
    finally:
        if storing is not None and not storing.done():
            await asyncio.gather(storing, return_exceptions=True)


async def _vectors(actor: Actor, task: _Task, texts: list[str]) -> Vectors:
    """Vectors of passages. A host that is busy or away is given time; one that refuses is not asked again."""
    embedders = runtime.current().part(Embedders)
    dimensions = task.dimensions if task.model == LOCAL else None
    for attempt in range(1, _TRIES):
        try:
            return await embedders.texts(actor, texts, task.model, dimensions)
        except LLMError as error:
            wait_seconds = _patience(error, attempt)
            if wait_seconds is None:
                raise
            await asyncio.sleep(wait_seconds)
    return await embedders.texts(actor, texts, task.model, dimensions)


def _patience(error: LLMError, attempt: int) -> float | None:
    """How long to wait before a host that failed is asked again; None when it is not."""
    # Each call was tried again already, in shorter steps.
    wait = runtime.current().settings.upstream.retry_seconds * 2 ** (attempt + 1)
    wait = wait if error.retry_after_seconds is None else error.retry_after_seconds
    # Others wait for this place: a host that asks for an hour is not waited for.
    return wait if isinstance(error, _PASSING) and wait <= _MOST_WAIT_SECONDS else None


def _headed(title: str, span: Span, text: str) -> str:
    """A passage as it is embedded: under its title and chapters, so that it is found by what it is about."""
    return "\n".join([" > ".join([title, *span.headings]), text])


def _batch(first: int, spans: Sequence[Span], texts: list[str], headed: list[str], vectors: Vectors) -> Batch:
    return Batch(first, spans, texts, [words.spaced(text) for text in headed], written(vectors))


async def _put_elsewhere(actor: Actor, task: _Task, first: int, vectors: Vectors) -> None:
    keys = [Key(task.document_id, task.revision, first + at) for at in range(len(vectors))]
    await (
        runtime.current()
        .part(VectorIndex)
        .put(actor.workspace_id, task.collection_id, task.model, keys, vectors)
    )


async def _store(actor: Actor, task: _Task, language: str, batch: Batch) -> None:
    done = batch.first + len(batch.spans)
    async with runtime.current().database.transaction(actor) as work:
        if not await queries.count_done(work, task.document_id, task.revision, done):
            raise Outdated
        await queries.insert_chunks(
            work,
            task.document_id,
            task.revision,
            task.collection_id,
            words.configuration(language),
            task.dimensions,
            batch,
        )


async def _count_stored(work: Work, document_id: str, revision: int) -> int:
    query = select(func.count()).where(
        Chunk.workspace_id == work.actor.workspace_id,
        Chunk.document_id == document_id,
        Chunk.revision == revision,
    )
    return (await work.session.execute(query)).scalar_one()


async def _publish(actor: Actor, task: _Task, contents: Contents) -> None:
    """Make the revision the one that is found, and the ones before it gone, in one transaction."""
    house = runtime.current()
    async with house.database.work(actor) as work:
        collection = await lock_collection(work, task.collection_id)
        row = await _wanted(work, task.document_id, task.revision)
        row.live_revision, row.live_model, row.live_chunks = task.revision, task.model, len(contents.spans)
        row.status, row.stage, row.error = "ready", "searchable", None
        row.chunks_done = len(contents.spans)
        row.ready_at = house.now()
        await work.session.flush()
        # What most documents do not need costs more than the question whether this one does.
        former = await _delete_former(work, task) if task.revision else []
        configuration = words.configuration(contents.language)
        if collection is not None and configuration not in collection.languages:
            await _know_language(work, task, configuration)
        if collection is not None and collection.former_model is not None:
            await retire_former_model(work, task.collection_id)
    if former:
        await house.part(VectorIndex).remove(actor.workspace_id, task.document_id, former)
    log.info(
        "document_ready", document_id=task.document_id, revision=task.revision, chunks=len(contents.spans)
    )


class Held(NamedTuple):
    """What is known of a collection while it is held."""

    languages: list[str]
    former_model: str | None


async def lock_collection(work: Work, collection_id: str) -> Held | None:
    """Hold a collection, before one of its documents is: whoever changes both locks them in this order."""
    found = await work.session.execute(
        select(Collection.languages, Collection.former_model)
        .where(Collection.workspace_id == work.actor.workspace_id, Collection.id == collection_id)
        .with_for_update()
    )
    row = found.one_or_none()
    return None if row is None else Held(*row)


async def _know_language(work: Work, task: _Task, configuration: str) -> None:
    await work.session.execute(
        update(Collection)
        .where(
            Collection.workspace_id == work.actor.workspace_id,
            Collection.id == task.collection_id,
            literal(configuration) != all_(Collection.languages),
        )
        .values(languages=func.array_append(Collection.languages, configuration))
    )


async def _delete_former(work: Work, task: _Task) -> list[int]:
    mine = (Chunk.workspace_id == work.actor.workspace_id, Chunk.document_id == task.document_id)
    gone = await work.session.execute(
        delete(Chunk).where(*mine, Chunk.revision < task.revision).returning(Chunk.revision)
    )
    await work.session.execute(
        delete(DocumentText).where(
            DocumentText.workspace_id == work.actor.workspace_id,
            DocumentText.id == task.document_id,
            DocumentText.revision < task.revision,
        )
    )
    return sorted(set(gone.scalars()))


async def retire_former_model(work: Work, collection_id: str) -> None:
    """Forget a collection's embedder of before once no document is found by it."""
    still_found = exists().where(
        Document.workspace_id == Collection.workspace_id,
        Document.collection_id == Collection.id,
        Document.live_model == Collection.former_model,
    )
    await work.session.execute(
        update(Collection)
        .where(
            Collection.workspace_id == work.actor.workspace_id,
            Collection.id == collection_id,
            Collection.former_model.is_not(None),
            ~still_found,
        )
        .values(former_model=None, former_dimensions=None)
    )


async def _wanted(work: Work, document_id: str, revision: int) -> Document:
    """The document, locked, while this revision of it is the one wanted.

    Raises:
        Outdated: it is not.
    """
    query = (
        select(Document)
        .where(Document.workspace_id == work.actor.workspace_id, Document.id == document_id)
        .with_for_update()
    )
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None or row.revision != revision or row.status != "in_progress":
        raise Outdated
    return row


async def _forget(actor: Actor, document_id: str, revision: int) -> None:
    """Remove what was made of a revision that nobody wants any more, and of those before it; never of the live one."""
    async with runtime.current().database.work(actor) as work:
        live = (
            select(Document.live_revision)
            .where(Document.workspace_id == actor.workspace_id, Document.id == document_id)
            .scalar_subquery()
        )
        for table, place in ((Chunk, Chunk.document_id), (DocumentText, DocumentText.id)):
            await work.session.execute(
                delete(table).where(
                    table.workspace_id == actor.workspace_id,
                    place == document_id,
                    table.revision <= revision,
                    table.revision.is_distinct_from(live),
                )
            )


async def _fail(actor: Actor, document_id: str, revision: int, tag: str, reason: str, fix: str) -> None:
    """Say why a revision did not become ready; an earlier one stays found."""
    log.warning("document_failed", document_id=document_id, revision=revision, tag=tag, reason=reason)
    try:
        async with runtime.current().database.work(actor) as work:
            row = await _wanted(work, document_id, revision)
            row.status = "failed"
            row.error = {"tag": tag, "reason": reason, "fix": fix}
    except Outdated:
        log.info("document_outdated", document_id=document_id, revision=revision)
    await _forget(actor, document_id, revision)
