"""Search: by meaning and by words, fused by rank, scored from 0 to 1."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.work import Actor, Found, Statement, Transaction
from steward.knowledge import filters, queries, ranking, words
from steward.knowledge.embedders import Embedders, written
from steward.knowledge.errors import CollectionExpired
from steward.knowledge.queries import Among, Key, Narrowed
from steward.knowledge.ranking import Candidate, Pool, Way
from steward.knowledge.vector_index import VectorIndex
from steward.providers.embeddings import LOCAL
from steward.providers.wire import Passage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_CANDIDATES: Final = 40
_PROMISING: Final = 30
"""Candidates that are looked at closer."""


ANY: Final = Statement(
    "SELECT 1 AS one FROM collections WHERE workspace_id = :workspace_id AND chunks > 0 LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for, and where.

    Attributes:
        collection_ids: None for every collection, or with `in_chat` for those of chats.
        embedding_model: only in collections whose vectors this model makes.
        by: one of the two searches alone, to see what each is worth.
    """

    query: str
    limit: int = 5
    collection_ids: list[str] | None = None
    document_ids: list[str] | None = None
    filter: dict[str, Any] | None = None
    least_score: float = 0.0
    in_chat: bool = False
    embedding_model: str | None = None
    by: Way = "both"


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, and how: what a test of a search asks about."""

    passage: Passage
    cosine: float | None
    coverage: float
    tags: list[str]
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, the best first.

    Attributes:
        has_documents: whether there was anything to search.
        failed: why the search by meaning did not work, when it did not.
    """

    hits: list[Hit]
    has_documents: bool = False
    failed: Refusal | None = None

    @property
    def passages(self) -> list[Passage]:
        """The passages themselves."""
        return [hit.passage for hit in self.hits]


async def has_any(work: Transaction) -> bool:
    """Whether the workspace has any passage to be found."""
    return await work.first(ANY, workspace_id=work.actor.workspace_id) is not None


async def search(actor: Actor, wanted: Wanted) -> Results:
    """Find the passages that fit a question.

    When the vectors of a question cannot be had, the words alone find passages, and `failed` says so.

    Raises:
        NotFound: a named collection is not in the workspace.
        CollectionExpired: a named collection was not used for too long.
        FilterInvalid: the filter is none.
    """
    house = runtime.current()
    condition = filters.read(wanted.filter) if wanted.filter else None
    async with house.database.transaction(actor) as work:
        collections = await _scope(work, wanted, house.now())
    if not collections:
        return Results([])
    vectors, failed = await _vectors(actor, wanted, collections)
    narrowed = Narrowed([one.id for one in collections], wanted.document_ids, *(condition or (None, "{}")))
    elsewhere = await _elsewhere(actor, vectors, narrowed)
    spoken = await asyncio.to_thread(_spoken, wanted, collections)
    # One snapshot: a document may be published anew between two statements.
    async with house.database.transaction(actor, snapshot=True) as work:
        await queries.set_up(work)
        is_narrow = narrowed.document_ids is not None or narrowed.filter is not None
        in_scope = (
            await queries.count_narrowed(work, narrowed)
            if is_narrow
            else sum(one.chunks for one in collections)
        )
        pool = Pool()
        near = await _by_meaning(work, pool, vectors, elsewhere, narrowed, in_scope)
        await _by_words(work, pool, spoken, narrowed, in_scope, near)
        await _complete(work, pool, vectors)
        candidates = pool.best(max(_PROMISING, wanted.limit))
        rows = await queries.passages(work, [one.key for one in candidates])
    candidates = [one for one in candidates if one.key in rows]
    # The model of the package looks only beside its own vectors: those of a host know better.
    look_closer = wanted.by == "both" and all(vector.model == LOCAL for vector in vectors)
    await ranking.judge(actor, wanted.query, candidates, rows, look_closer=look_closer)
    best = ranking.best(candidates, wanted.by, wanted.least_score, wanted.limit)
    hits = [_hit(number, one, rows[one.key]) for number, one in enumerate(best, 1)]
    return Results(hits, has_documents=True, failed=failed)


async def _scope(work: Transaction, wanted: Wanted, now: datetime) -> list[Found]:
    rows = await queries.scope(work, now, wanted.collection_ids, in_chat=wanted.in_chat)
    if wanted.collection_ids is not None:
        if len({row.id for row in rows}) < len(set(wanted.collection_ids)):
            raise NotFound("There is no such collection.")
        if any(not row.is_live for row in rows):
            raise CollectionExpired("The collection was not used for longer than it was to be kept.")
    rows = [row for row in rows if row.is_live and row.chunks]
    if wanted.embedding_model is not None:
        rows = [row for row in rows if row.embedding_model == wanted.embedding_model]
    if any((now - row.last_active_at).total_seconds() > 3_600 for row in rows):
        await queries.touch(work, now, [row.id for row in rows])
    return rows


@dataclass(frozen=True, slots=True)
class _Vector:
    model: str
    dimensions: int
    numbers: Any
    text: str


async def _vectors(
    actor: Actor, wanted: Wanted, collections: list[Found]
) -> tuple[list[_Vector], Refusal | None]:
    """The question as each embedder of the collections sees it, and why one could not be asked."""
    if wanted.by == "words":
        return [], None
    house = runtime.current()
    models = {(one.embedding_model, one.dimensions) for one in collections}
    models |= {(one.former_model, one.former_dimensions) for one in collections if one.former_model}
    vectors: list[_Vector] = []
    failed: Refusal | None = None
    for model, dimensions in sorted(models):
        try:
            numbers = await house.part(Embedders).question(actor, wanted.query, model, dimensions)
        except Refusal as error:
            log.warning("knowledge_embedding_failed", model=model, tag=error.tag, detail=error.detail)
            failed = error
        else:
            if len(numbers) == dimensions:
                vectors.append(_Vector(model, dimensions, numbers, written(numbers[None])[0]))
    return vectors, failed


async def _elsewhere(
    actor: Actor, vectors: list[_Vector], narrowed: Narrowed
) -> dict[str, list[tuple[Key, float]]]:
    """What the store beside the database finds for each model. It knows nothing of documents, so not when narrowed."""
    if narrowed.document_ids is not None or narrowed.filter is not None:
        return {}
    index = runtime.current().part(VectorIndex)
    found: dict[str, list[tuple[Key, float]]] = {}
    for vector in vectors:
        nearest = await index.nearest(
            actor.workspace_id, narrowed.collection_ids, vector.model, vector.numbers, _CANDIDATES
        )
        if nearest is not None:
            found[vector.model] = nearest
    return found


async def _by_meaning(
    work: Transaction,
    pool: Pool,
    vectors: list[_Vector],
    elsewhere: dict[str, list[tuple[Key, float]]],
    narrowed: Narrowed,
    in_scope: int,
) -> list[Key]:
    near: list[Key] = []
    for vector in vectors:
        nearest = elsewhere.get(vector.model)
        if nearest is None:
            nearest = await _nearest(work, narrowed, vector, in_scope)
        for key, cosine in nearest:
            pool.of(key).cosine = cosine
        pool.add(key for key, _ in nearest)
        near += [key for key, _ in nearest]
    return near


async def _nearest(
    work: Transaction, narrowed: Narrowed, vector: _Vector, in_scope: int
) -> list[tuple[Key, float]]:
    """The nearest of all passages; of many, those that the index finds, and of the newest, which are not in it yet."""
    is_small = in_scope <= runtime.current().settings.knowledge.exact_chunks
    parts: tuple[Among, ...] = ("every",) if is_small else ("index", "rest")
    found: list[tuple[Key, float]] = []
    for among in parts:
        found += await queries.nearest(
            work, narrowed, vector.model, vector.dimensions, vector.text, _CANDIDATES, among=among
        )
    return sorted(found, key=lambda one: -one[1])[:_CANDIDATES]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The words of a question, the rules of its own language, and those of what is searched."""

    words: list[str]
    main: str
    configurations: list[str]


def _spoken(wanted: Wanted, collections: list[Found]) -> _Spoken:
    configurations = sorted({name for one in collections for name in one.languages}) or [words.SIMPLE]
    asked = words.of_question(wanted.query) if wanted.by != "meaning" else []
    return _Spoken(asked, words.main_configuration(wanted.query, configurations), configurations)


async def _by_words(
    work: Transaction, pool: Pool, spoken: _Spoken, narrowed: Narrowed, in_scope: int, near: list[Key]
) -> None:
    found = await queries.by_words(
        work, narrowed, spoken.words, spoken.main, spoken.configurations, in_scope, _CANDIDATES, near
    )
    pool.add(key for key, rank, _ in found[:_CANDIDATES] if rank > 0)
    for key, rank, coverage in found:
        one = pool.of(key)
        one.rank, one.coverage = rank, coverage


async def _complete(work: Transaction, pool: Pool, vectors: list[_Vector]) -> None:
    """How near those are that only the words have found."""
    for vector in vectors:
        lacking = [key for key, one in pool.known.items() if one.cosine is None]
        if lacking:
            for key, cosine in (await queries.cosines(work, lacking, vector.dimensions, vector.text)).items():
                pool.of(key).cosine = cosine


def _hit(number: int, one: Candidate, row: Found) -> Hit:
    passage = Passage(
        number=number,
        text=row.text,
        title=row.title,
        score=round(one.score, 4),
        document_id=row.document_id,
        collection_id=row.collection_id,
        file_id=row.file_id,
        revision=row.revision,
        ordinal=row.ordinal,
        start=row.start_at,
        end=row.end_at,
        page=row.page,
        headings=tuple(row.headings),
        url=place_url(row.document_id, row.start_at, row.end_at),
        coverage=round(one.coverage, 4),
    )
    return Hit(passage, one.cosine, one.coverage, list(row.tags), row.attributes)


def place_url(document_id: str, start: int, end: int) -> str:
    """Where people open a document at a place."""
    base = (runtime.current().settings.public_url or "").rstrip("/")
    return f"{base}/library/documents/{document_id}?start={start}&end={end}"
