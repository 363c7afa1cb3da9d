"""SQL of knowledge: what a search asks all the time, and how passages get in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, NamedTuple

import msgspec

from steward.kernel.work import Found, House, Statement, Transaction
from steward.knowledge.reading.contents import Span

_LIVE: Final = (
    "(c.expires_days IS NULL "
    "OR c.last_active_at > cast(:now AS timestamptz) - make_interval(days => c.expires_days))"
)
_SCOPE: Final = Statement(
    "SELECT c.id, c.embedding_model, c.dimensions, c.former_model, c.former_dimensions, c.chunks, c.languages, "
    f"{_LIVE} AS is_live, c.last_active_at FROM collections c WHERE c.workspace_id = :workspace_id "
    "AND (c.id = ANY (cast(:collection_ids AS text[])) OR (cast(:collection_ids AS text[]) IS NULL "
    "AND (c.in_chat OR NOT cast(:in_chat AS boolean))))"
)
_TOUCH: Final = Statement(
    "UPDATE collections SET last_active_at = :now WHERE workspace_id = :workspace_id "
    "AND id = ANY (cast(:collection_ids AS text[])) AND last_active_at < cast(:now AS timestamptz) - interval '1 hour'"
)
# Retrieval is planned anew each time: a generic plan walks the index for a workspace that has three passages.
_SET_UP: Final = Statement(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('hnsw.ef_search', '400', true), "
    "set_config('hnsw.iterative_scan', 'relaxed_order', true)"
)
_NARROWED: Final = (
    "AND (cast(:document_ids AS text[]) IS NULL OR c.document_id = ANY (cast(:document_ids AS text[]))) "
    "AND (cast(:filter AS jsonpath) IS NULL OR "
    "jsonb_path_match(d.attributes, cast(:filter AS jsonpath), cast(:filter_values AS jsonb), true)) "
)
_COUNT_NARROWED: Final = Statement(
    "SELECT coalesce(sum(d.live_chunks), 0)::int AS chunks FROM documents d WHERE d.workspace_id = :workspace_id "
    "AND d.collection_id = ANY (cast(:collection_ids AS text[])) "
    + _NARROWED.replace("c.document_id", "d.id")
)
_WORDS: Final = Statement(
    "SELECT document_id, revision, ordinal, rank, coverage FROM search_chunks(:words, :main, :configurations, "
    ":collection_ids, :document_ids, cast(:filter AS jsonpath), cast(:filter_values AS jsonb), :in_scope, :most, "
    ":near_documents, :near_revisions, :near_ordinals)"
)
_PASSAGES: Final = Statement(
    "SELECT c.document_id, c.revision, c.ordinal, c.collection_id, c.start_at, c.end_at, c.page, c.headings, c.text, "
    "d.title, d.file_id, d.tags, d.attributes "
    "FROM unnest(cast(:documents AS text[]), cast(:revisions AS int[]), cast(:ordinals AS int[])) "
    "AS k(document_id, revision, ordinal) JOIN chunks c ON c.workspace_id = :workspace_id "
    "AND c.document_id = k.document_id AND c.revision = k.revision AND c.ordinal = k.ordinal "
    "JOIN documents d ON d.workspace_id = :workspace_id AND d.id = c.document_id AND d.live_revision = c.revision"
)
_INSERT_CHUNKS: Final = Statement(
    "INSERT INTO chunks (workspace_id, document_id, revision, ordinal, collection_id, start_at, end_at, page, "
    "headings, tokens, text, lexemes, dimensions, embedding) SELECT :workspace_id, :document_id, :revision, k.ordinal, "
    ":collection_id, k.start_at, k.end_at, k.page, cast(k.headings AS jsonb), k.tokens, k.text, "
    "to_tsvector(cast(:configuration AS regconfig), k.words), :dimensions, cast(k.embedding AS halfvec) "
    "FROM unnest(cast(:ordinals AS int[]), cast(:starts AS int[]), cast(:ends AS int[]), cast(:pages AS int[]), "
    "cast(:headings AS text[]), cast(:tokens AS int[]), cast(:texts AS text[]), cast(:words AS text[]), "
    "cast(:embeddings AS text[])) "
    "AS k(ordinal, start_at, end_at, page, headings, tokens, text, words, embedding) ON CONFLICT DO NOTHING"
)
_COUNT_DONE: Final = Statement(
    "UPDATE documents SET chunks_done = :done WHERE workspace_id = :workspace_id AND id = :document_id "
    "AND revision = :revision AND status = 'in_progress' RETURNING id"
)
_LARGE: Final = Statement(
    "SELECT workspace_id FROM collections GROUP BY workspace_id HAVING sum(chunks) > cast(:most AS int)"
)
_INDEX: Final = Statement(
    "UPDATE chunks SET is_indexed = true WHERE (workspace_id, document_id, revision, ordinal) IN ("
    "SELECT workspace_id, document_id, revision, ordinal FROM chunks WHERE workspace_id = :workspace_id "
    "AND NOT is_indexed LIMIT cast(:most AS int) FOR UPDATE SKIP LOCKED) RETURNING 1 AS done"
)
_json: Final = msgspec.json.Encoder().encode


Among = Literal["every", "index", "rest"]
"""Which passages are compared: every one; those in the index, which misses a few; those that are not in it yet."""


class Key(NamedTuple):
    """A passage's place."""

    document_id: str
    revision: int
    ordinal: int


class Narrowed(NamedTuple):
    """What a search is narrowed to: `filter` is a JSON path over attributes, `filter_values` its variables as JSON."""

    collection_ids: list[str]
    document_ids: list[str] | None = None
    filter: str | None = None
    filter_values: str = "{}"

    @property
    def values(self) -> dict[str, Any]:
        """As statements take it."""
        return self._asdict()


class Batch(NamedTuple):
    """Passages on their way in: each with its span, its text, its words apart, and its vector as text."""

    first: int
    spans: Sequence[Span]
    texts: list[str]
    words: list[str]
    embeddings: list[str]


async def scope(
    work: Transaction, now: Any, collection_ids: list[str] | None, *, in_chat: bool
) -> list[Found]:
    """The collections that a search looks into: those named, or all, or those of chats."""
    return await work.all(
        _SCOPE, workspace_id=work.actor.workspace_id, now=now, collection_ids=collection_ids, in_chat=in_chat
    )


async def touch(work: Transaction, now: Any, collection_ids: list[str]) -> None:
    """Remember that collections were used, to the hour."""
    await work.all(_TOUCH, workspace_id=work.actor.workspace_id, now=now, collection_ids=collection_ids)


async def set_up(work: Transaction) -> None:
    """Prepare the transaction for retrieval."""
    await work.all(_SET_UP)


async def count_narrowed(work: Transaction, narrowed: Narrowed) -> int:
    """How many passages a narrowed search could find."""
    row = await work.first(_COUNT_NARROWED, workspace_id=work.actor.workspace_id, **narrowed.values)
    return 0 if row is None else row.chunks


async def nearest(
    work: Transaction,
    narrowed: Narrowed,
    model: str,
    dimensions: int,
    vector: str,
    most: int,
    *,
    among: Among,
) -> list[tuple[Key, float]]:
    """The passages nearest to a vector and the cosine of each, nearest first."""
    rows = await work.all(
        _nearest(dimensions, among),
        workspace_id=work.actor.workspace_id,
        model=model,
        vector=vector,
        most=most,
        **narrowed.values,
    )
    return [(Key(row.document_id, row.revision, row.ordinal), row.cosine) for row in rows]


@cache
def _nearest(dimensions: int, among: Among) -> Statement:
    part = {"every": "", "index": "AND c.is_indexed ", "rest": "AND NOT c.is_indexed "}[among]
    distance = f"(c.embedding::halfvec({int(dimensions)}) <#> cast(cast(:vector AS text) AS halfvec))"
    return Statement(
        f"SELECT c.document_id, c.revision, c.ordinal, -{distance} AS cosine FROM chunks c JOIN documents d "
        "ON d.workspace_id = c.workspace_id AND d.id = c.document_id AND d.live_revision = c.revision "
        "WHERE c.workspace_id = :workspace_id AND c.collection_id = ANY (cast(:collection_ids AS text[])) "
        f"AND c.dimensions = {int(dimensions)} AND d.live_model = :model {_NARROWED}"
        # A sum is in no index: with it every passage is compared.
        f"{part}ORDER BY {distance}{'' if among == 'index' else ' + 0'} LIMIT cast(:most AS int)"
    )


async def large_workspaces(house: House, most: int) -> list[str]:
    """The workspaces with more passages than are compared one by one."""
    return [row.workspace_id for row in await house.all(_LARGE, most=most)]


async def index_some(house: House, workspace_id: str, most: int) -> int:
    """Put so many of a workspace's passages into the index, or those that are left; how many."""
    return len(await house.all(_INDEX, workspace_id=workspace_id, most=most))


async def by_words(
    work: Transaction,
    narrowed: Narrowed,
    words: list[str],
    main: str,
    configurations: list[str],
    in_scope: int,
    most: int,
    near: Sequence[Key],
) -> list[tuple[Key, float, float]]:
    """The passages that hold a question's words, and those in `near` too: rank, and the share of words that are there.

    Returns: the best first; a rank of 0 when no word is there.
    """
    rows = await work.all(
        _WORDS,
        **narrowed.values,
        words=words,
        main=main,
        configurations=configurations,
        in_scope=in_scope,
        most=most,
        near_documents=[key.document_id for key in near],
        near_revisions=[key.revision for key in near],
        near_ordinals=[key.ordinal for key in near],
    )
    return [(Key(row.document_id, row.revision, row.ordinal), row.rank, row.coverage) for row in rows]


async def cosines(work: Transaction, keys: Sequence[Key], dimensions: int, vector: str) -> dict[Key, float]:
    """How near passages are to a vector; those with vectors of another length are left out."""
    rows = await work.all(_cosines(dimensions), vector=vector, **_keys(work, keys))
    return {Key(row.document_id, row.revision, row.ordinal): row.cosine for row in rows}


@cache
def _cosines(dimensions: int) -> Statement:
    return Statement(
        f"SELECT c.document_id, c.revision, c.ordinal, -(c.embedding::halfvec({int(dimensions)}) <#> "
        "cast(cast(:vector AS text) AS halfvec)) AS cosine "
        "FROM unnest(cast(:documents AS text[]), cast(:revisions AS int[]), cast(:ordinals AS int[])) "
        "AS k(document_id, revision, ordinal) JOIN chunks c ON c.workspace_id = :workspace_id "
        "AND c.document_id = k.document_id AND c.revision = k.revision AND c.ordinal = k.ordinal "
        f"WHERE c.dimensions = {int(dimensions)}"
    )


async def passages(work: Transaction, keys: Sequence[Key]) -> dict[Key, Found]:
    """What is written at these places."""
    rows = await work.all(_PASSAGES, **_keys(work, keys))
    return {Key(row.document_id, row.revision, row.ordinal): row for row in rows}


def _keys(work: Transaction, keys: Sequence[Key]) -> dict[str, Any]:
    return {
        "workspace_id": work.actor.workspace_id,
        "documents": [key.document_id for key in keys],
        "revisions": [key.revision for key in keys],
        "ordinals": [key.ordinal for key in keys],
    }


async def count_done(work: Transaction, document_id: str, revision: int, done: int) -> bool:
    """Say how many passages of a revision are stored, and hold the document; False when it is not wanted any more."""
    found = await work.first(
        _COUNT_DONE,
        workspace_id=work.actor.workspace_id,
        document_id=document_id,
        revision=revision,
        done=done,
    )
    return found is not None


async def insert_chunks(
    work: Transaction,
    document_id: str,
    revision: int,
    collection_id: str,
    configuration: str,
    dimensions: int,
    batch: Batch,
) -> None:
    """Add passages of a revision; those that are there already stay as they are."""
    await work.all(
        _INSERT_CHUNKS,
        workspace_id=work.actor.workspace_id,
        document_id=document_id,
        revision=revision,
        collection_id=collection_id,
        configuration=configuration,
        dimensions=dimensions,
        ordinals=list(range(batch.first, batch.first + len(batch.spans))),
        starts=[span.start for span in batch.spans],
        ends=[span.end for span in batch.spans],
        pages=[span.page for span in batch.spans],
        headings=[_json(span.headings).decode() for span in batch.spans],
        tokens=[span.tokens for span in batch.spans],
        texts=batch.texts,
        words=batch.words,
        embeddings=batch.embeddings,
    )
