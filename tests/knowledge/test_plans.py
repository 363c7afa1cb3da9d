"""How the database answers a search over many passages: by which indexes, behind which walls, and how completely."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import numpy as np
import pytest
from sqlalchemy import text

from steward.kernel import migrate
from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, Database, Transaction, asyncpg_dsn
from steward.knowledge import queries
from steward.knowledge.embedders import written
from steward.knowledge.queries import Among, Key, Narrowed
from steward.providers.embeddings import LOCAL, Vectors
from tests.conftest import Person
from tests.knowledge.library import add, find
from tests.support.database import as_owner

DIMENSIONS: Final = 256
LARGE: Final = 20_000
SMALL: Final = 50
PER_DOCUMENT: Final = 50
NEAREST: Final = 10
QUESTIONS: Final = 30
LEAST_RECALL: Final = 0.95
_INDEX: Final = f"ix_chunks_near_{DIMENSIONS}"
_WALL: Final = "current_setting('steward.workspace_id'"
_TABLE: Final = (
    "CREATE UNLOGGED TABLE staged (workspace_id text, document_id text, ordinal int, embedding text)"
)
_DOCUMENTS: Final = (
    "INSERT INTO documents (workspace_id, id, collection_id, title, status, stage, live_revision, live_model, "
    "live_chunks) SELECT workspace_id, document_id, 'vs_' || workspace_id, 'Paper', 'ready', 'searchable', 1, $1, "
    "count(*) FROM staged GROUP BY 1, 2"
)
_CHUNKS: Final = (
    "INSERT INTO chunks (workspace_id, document_id, revision, ordinal, collection_id, start_at, end_at, headings, "
    "tokens, text, lexemes, dimensions, is_indexed, embedding) SELECT workspace_id, document_id, 1, ordinal, "
    "'vs_' || workspace_id, 0, 1, '[]', 1, 'x', to_tsvector('simple', format('common some%s rare%s%s', ordinal % 7, "
    "replace(document_id, '_', 'x'), ordinal)), $1, true, embedding::halfvec FROM staged"
)

pytestmark = [pytest.mark.slow, pytest.mark.req("RAG-12")]


@dataclass(frozen=True, slots=True)
class Shelves:
    """A database with a large workspace and a small one, and the vectors of each, in the order of their keys."""

    database: Database
    vectors: dict[str, Vectors]

    def actor(self, name: str) -> Actor:
        return Actor(name, "user_1", "member")

    def nearest(self, name: str, question: Vectors) -> set[Key]:
        """The passages that are truly nearest."""
        best = np.argsort(-(self.vectors[name] @ question), kind="stable")[:NEAREST]
        return {_key(name, int(at)) for at in best}


def _key(workspace: str, at: int) -> Key:
    return Key(f"{workspace}_{at // PER_DOCUMENT}", 1, at % PER_DOCUMENT)


@pytest.fixture(scope="module")
async def shelves(house: Runtime, settings: Settings) -> AsyncGenerator[Shelves]:
    """On the tests' own server, in a database of its own: so many passages would be in the others' way."""
    server = EmbeddedPostgres(house.settings.data_dir)
    name = f"plans_{house.process_id}"
    async with as_owner(settings) as owner:
        await owner.execute(f'CREATE DATABASE "{name}"')
        try:
            await asyncio.to_thread(
                migrate.migrate, server.owner_url.set(database=name), with_passwords=False
            )
            vectors = await _filled(asyncpg_dsn(server.owner_url.set(database=name)))
            database = Database(
                server.app_url.set(database=name),
                server.system_url.set(database=name),
                pool_size=4,
                pool_seconds=5,
            )
            yield Shelves(database, vectors)
            await database.close()
        finally:
            await owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def _filled(address: str) -> dict[str, Vectors]:
    drawn = np.random.default_rng(20261121)
    centres = drawn.standard_normal((200, DIMENSIONS))
    vectors = {name: _drawn(drawn, centres, count) for name, count in (("large", LARGE), ("small", SMALL))}
    owner = await asyncpg.connect(address)
    try:
        definition = await owner.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = $1", _INDEX)
        # Rows without their parents' checks, and the index when all are there: that is much faster.
        await owner.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
        await owner.execute(f"DROP INDEX {_INDEX}; {_TABLE}")
        for name, one in vectors.items():
            rows = [(name, *_key(name, at)[::2], vector) for at, vector in enumerate(written(one))]
            await owner.copy_records_to_table("staged", records=rows)
            await owner.execute("INSERT INTO workspaces (id, name) VALUES ($1, $1)", name)
        await owner.execute(_DOCUMENTS, LOCAL)
        await owner.execute(_CHUNKS, DIMENSIONS, timeout=300)
        await owner.execute(f"{definition}; DROP TABLE staged", timeout=300)
        await owner.execute("VACUUM ANALYZE chunks")
        await owner.execute("VACUUM ANALYZE documents")
    finally:
        await owner.close()
    return vectors


def _drawn(drawn: np.random.Generator, centres: Any, count: int) -> Vectors:
    """Vectors of length 1 that lie in heaps, as those of texts do."""
    made = centres[drawn.integers(len(centres), size=count)] + drawn.standard_normal((count, DIMENSIONS))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def questions(shelves: Shelves) -> Sequence[Vectors]:
    """Vectors near those that are there."""
    drawn = np.random.default_rng(7)
    return list(_drawn(drawn, shelves.vectors["large"][:: LARGE // QUESTIONS] * DIMENSIONS**0.5, QUESTIONS))


async def recall(shelves: Shelves, name: str, among: Among, narrowed: Narrowed) -> float:
    found = 0
    asked = questions(shelves)
    async with shelves.database.transaction(shelves.actor(name), snapshot=True) as work:
        await queries.set_up(work)
        for question in asked:
            near = await _nearest(work, question, among, narrowed)
            found += len(shelves.nearest(name, question) & {key for key, _ in near})
    return found / (NEAREST * len(asked))


async def _nearest(
    work: Transaction, question: Vectors, among: Among, narrowed: Narrowed
) -> list[tuple[Key, float]]:
    (vector,) = written(question[None])
    return await queries.nearest(work, narrowed, LOCAL, DIMENSIONS, vector, NEAREST, among=among)


async def plan(shelves: Shelves, name: str, among: Among) -> dict[str, Any]:
    """How the app role's query is answered, as the planner says."""
    statement = queries._nearest(DIMENSIONS, among)  # pyright: ignore[reportPrivateUsage]  # what is explained
    values: dict[str, Any] = {
        "workspace_id": name,
        "model": LOCAL,
        "vector": written(questions(shelves)[0][None])[0],
        "most": 40,
        **Narrowed([f"vs_{name}"]).values,
    }
    connection = await asyncpg.connect(asyncpg_dsn(shelves.database.app_url))
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('steward.workspace_id', $1, true)", name)
            await connection.execute(
                "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL hnsw.iterative_scan = relaxed_order"
            )
            explained = await connection.fetchval(
                f"EXPLAIN (FORMAT JSON, VERBOSE) {statement._sql}",  # pyright: ignore[reportPrivateUsage]  # the same
                *(values[one] for one in statement._names),  # pyright: ignore[reportPrivateUsage]  # the same
            )
    finally:
        await connection.close()
    return json.loads(explained)[0]["Plan"]


def nodes(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's nodes, the top first."""
    return [tree, *(node for below in tree.get("Plans", []) for node in nodes(below))]


def scan_of_chunks(tree: dict[str, Any]) -> dict[str, Any]:
    """The node that reads the passages."""
    (found,) = [node for node in nodes(tree) if node.get("Relation Name") == "chunks"]
    return found


async def test_many_passages_are_found_by_the_index(shelves: Shelves) -> None:
    tree = await plan(shelves, "large", "index")
    scan = scan_of_chunks(tree)
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", _INDEX)
    assert "<#>" in scan["Order By"]
    # Nothing is sorted above it: the index gives them in their order, and as many as are asked for.
    assert "Sort" not in {node["Node Type"] for node in nodes(tree)}
    assert tree["Node Type"] == "Limit"


@pytest.mark.parametrize("among", ["every", "index", "rest"])
async def test_the_workspace_is_asked_for_by_the_query_and_by_the_policy(
    shelves: Shelves, among: Among
) -> None:
    tree = await plan(shelves, "large", among)
    for table in ("chunks", "documents"):
        (scan,) = [node for node in nodes(tree) if node.get("Relation Name") == table]
        # Where rows are read, and not in a join above.
        conditions = [scan.get(name, "") for name in ("Filter", "Index Cond", "Recheck Cond")]
        assert "workspace_id = 'large'::text" in " ".join(conditions)
    # The policies of both tables ask for the same workspace: that is looked at once, before a row is read.
    (gate,) = [node["One-Time Filter"] for node in nodes(tree) if "One-Time Filter" in node]
    assert len(re.findall(r"\(InitPlan \d\)\.col1 = 'large'::text", gate)) == 2
    assert json.dumps(tree).count(_WALL) == 2


async def test_few_passages_are_compared_one_by_one(shelves: Shelves) -> None:
    tree = await plan(shelves, "small", "every")
    assert _INDEX not in json.dumps(tree)
    assert "Sort" in {node["Node Type"] for node in nodes(tree)}
    # Of the small workspace only, not of the large one beside it.
    assert "workspace_id = 'small'" in scan_of_chunks(tree)["Index Cond"]


async def test_the_index_finds_nearly_all_that_is_nearest(shelves: Shelves) -> None:
    narrowed = Narrowed(["vs_large"])
    assert await recall(shelves, "large", "every", narrowed) == 1.0
    found = await recall(shelves, "large", "index", narrowed)
    print(f"recall@{NEAREST} of {LARGE} passages: {found:.3f}")
    assert found >= LEAST_RECALL


@pytest.mark.parametrize("among", ["every", "index"])
async def test_a_small_workspace_beside_a_large_one_misses_nothing(shelves: Shelves, among: Among) -> None:
    assert await recall(shelves, "small", among, Narrowed(["vs_small"])) == 1.0


@pytest.mark.parametrize("among", ["every", "index"])
async def test_what_is_narrowed_to_a_few_documents_misses_nothing(shelves: Shelves, among: Among) -> None:
    chosen = [f"large_{number}" for number in range(0, LARGE // PER_DOCUMENT, 97)]
    narrowed = Narrowed(["vs_large"], chosen)
    async with shelves.database.transaction(shelves.actor("large")) as work:
        await queries.set_up(work)
        for question in questions(shelves)[:10]:
            exact = await _nearest(work, question, "every", narrowed)
            found = await _nearest(work, question, among, narrowed)
            assert {key for key, _ in found} == {key for key, _ in exact}
            assert {key.document_id for key, _ in found} <= set(chosen)


@pytest.mark.req("RAG-03")
async def test_nobody_finds_the_others_passages_even_when_asking_for_them(shelves: Shelves) -> None:
    async with shelves.database.transaction(shelves.actor("small")) as work:
        await queries.set_up(work)
        for among in ("every", "index", "rest"):
            assert await _nearest(work, questions(shelves)[0], among, Narrowed(["vs_large"])) == []
        found = await queries.by_words(
            work, Narrowed(["vs_large", "vs_small"]), ["common"], "simple", ["simple"], SMALL, 1_000, []
        )
    assert {key.document_id for key, *_ in found} == {"small_0"}


async def test_words_are_looked_up_in_their_index(shelves: Shelves) -> None:
    asked = [f"rarelargex37{ordinal}" for ordinal in range(3)]
    async with shelves.database.work(shelves.actor("large")) as work:
        found = await queries.by_words(
            work, Narrowed(["vs_large"]), asked, "simple", ["simple"], LARGE, 40, []
        )
        scans = await work.session.execute(
            text(
                "SELECT pg_stat_get_xact_numscans('chunks'::regclass), "
                "pg_stat_get_xact_numscans('ix_chunks_lexemes'::regclass)"
            )
        )
    assert {key.ordinal for key, *_ in found} == {0, 1, 2}
    # The table was never read from its beginning, and the index once.
    assert scans.one() == (0, 1)


async def test_a_search_finds_the_same_with_and_without_the_index(
    ada: Person, house: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = ("pump", "boiler", "grinder", "valve", "gasket", "burr", "basket", "scale", "filter", "hose")
    content = "\n\n".join(
        f"The {part} of machine {n} is cleaned on day {n}." for n in range(30) for part in parts
    )
    document = await add(ada.actor, content, "parts.txt")
    question = "When is the valve of machine 7 cleaned?"
    exact = await find(ada.actor, question, limit=20)
    knowledge = house.settings.knowledge.model_copy(update={"exact_chunks": 0})
    monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"knowledge": knowledge}))
    # Before anything is in the index, when a part is, and when all is.
    for most in (0, document.chunks_total or 0, 10_000):
        async with house.database.quick_house() as connection:
            await queries.index_some(connection, ada.actor.workspace_id, most // 2)
        again = await find(ada.actor, question, limit=20)
        assert [hit.passage for hit in again] == [hit.passage for hit in exact]
