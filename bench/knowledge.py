"""Search over a full database, and how fast documents become ready: recall, times, plans, throughput.

python -m bench.knowledge [--chunks N] [--rounds N] [--documents N] [--json]

Half of the passages are one workspace's, the others those of 200. Their texts are sentences of the evaluation set in
new orders, so that vectors lie as real ones do and most words are common; each has a number of its own that is rare.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table
from sqlalchemy import text as sql

from bench.load import percentile
from eval import measure as evaluation
from steward import app
from steward.files import service as files
from steward.identity import service as identity
from steward.kernel import sentences
from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, Statement, asyncpg_dsn
from steward.knowledge import collections, documents, queries, search, words
from steward.knowledge.documents import Facts
from steward.knowledge.embedders import written
from steward.knowledge.queries import Among, Narrowed
from steward.knowledge.search import Wanted
from steward.providers import local_embeddings
from steward.providers.embeddings import LOCAL

SEED = 20261121
OTHERS = 200
NEAREST = 10
LEAST_RECALL = 0.95
LEAST_RATIO = 0.5
_PER_DOCUMENT = 100
_BATCH = 5_000
_PARTS: tuple[Among, ...] = ("every", "index")
_GOALS_MS = {100_000: 50.0, 1_000_000: 100.0}

_STAGE = "CREATE UNLOGGED TABLE staged (document_id text, ordinal int, text text, words text, embedding text)"
_TAKE = """
INSERT INTO chunks (workspace_id, document_id, revision, ordinal, collection_id, start_at, end_at, headings, tokens,
    text, lexemes, dimensions, is_indexed, embedding)
SELECT d.workspace_id, s.document_id, 1, s.ordinal, d.collection_id, 0, length(s.text), '[]', 100, s.text,
    to_tsvector('english', s.words), 256, true, s.embedding::halfvec
FROM staged s JOIN documents d ON d.id = s.document_id
"""
_STATUSES = Statement("SELECT DISTINCT status FROM documents WHERE workspace_id = :workspace_id")


@dataclass(slots=True)
class Figure:
    """One result; `is_met` is None when it has no goal."""

    name: str
    value: str
    is_met: bool | None = None


def texts(count: int, drawn: random.Random) -> Iterator[str]:
    """Passages of some six sentences from two documents each."""
    papers = [path.read_text("utf-8") for path in evaluation.every_file()]
    pools = [[paper[start:end] for start, end in sentences.spans(paper)] for paper in papers]
    for number in range(count):
        one, other = drawn.choice(pools), drawn.choice(pools)
        said = [*drawn.choices(one, k=4), *drawn.choices(other, k=2)]
        yield f"{' '.join(said)[:900]} ref{number:07}"


async def fill(
    owner: asyncpg.Connection, homes: Sequence[tuple[Actor, str]], count: int, console: Console
) -> None:
    """Write passages as the owner; the indexes are built when all are there."""
    drawn = random.Random(SEED)
    indexes = await owner.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexname IN ('ix_chunks_near_256', 'ix_chunks_lexemes')"
    )
    await owner.execute(
        "SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '3GB'; "
        "SET max_parallel_maintenance_workers = 2"
    )
    for index in indexes:
        await owner.execute(f'DROP INDEX "{index["indexname"]}"')
    await owner.execute(_STAGE)
    began = time.monotonic()
    source = texts(count, drawn)
    for first in range(0, count, _BATCH):
        await _write(owner, homes, first, [text for text, _ in zip(source, range(_BATCH), strict=False)])
    console.print(f"{count:,} passages: {time.monotonic() - began:.0f} s", highlight=False)
    for index in indexes:
        began = time.monotonic()
        await owner.execute(index["indexdef"], timeout=3_600)
        console.print(f"{index['indexname']}: {time.monotonic() - began:.0f} s", highlight=False)
    await owner.execute("DROP TABLE staged")
    for table in ("chunks", "documents"):
        await owner.execute(f"VACUUM ANALYZE {table}", timeout=1_800)


async def _write(
    owner: asyncpg.Connection, homes: Sequence[tuple[Actor, str]], first: int, batch: Sequence[str]
) -> None:
    vectors, _ = await asyncio.to_thread(local_embeddings.embed, batch)
    embedded = written(vectors)
    rows: list[tuple[str, int, str, str, str]] = []
    made: list[tuple[str, str, str, str, int]] = []
    for at in range(0, len(batch), _PER_DOCUMENT):
        number = (first + at) // _PER_DOCUMENT
        # Every second document is the first workspace's.
        actor, collection_id = homes[0 if number % 2 else 1 + number // 2 % (len(homes) - 1)]
        document_id = new_id("doc")
        made.append(
            (actor.workspace_id, document_id, collection_id, LOCAL, len(batch[at : at + _PER_DOCUMENT]))
        )
        for ordinal, text in enumerate(batch[at : at + _PER_DOCUMENT]):
            rows.append((document_id, ordinal, text, words.spaced(text), embedded[at + ordinal]))
    await owner.executemany(
        "INSERT INTO documents (workspace_id, id, collection_id, title, status, stage, live_revision, live_model, "
        "live_chunks) VALUES ($1, $2, $3, 'Paper', 'ready', 'searchable', 1, $4, $5)",
        made,
    )
    await owner.copy_records_to_table("staged", records=rows)
    await owner.execute(_TAKE, timeout=900)
    await owner.execute("TRUNCATE staged")
    await owner.execute(
        "UPDATE collections c SET languages = '{english}', chunks = (SELECT coalesce(sum(live_chunks), 0) "
        "FROM documents d WHERE d.workspace_id = c.workspace_id AND d.collection_id = c.id)"
    )


async def recall(house: Runtime, actor: Actor, collection_id: str, questions: Sequence[str]) -> float:
    """How many of the truly nearest passages the index finds."""
    vectors, _ = await asyncio.to_thread(local_embeddings.embed, questions)
    narrowed = Narrowed([collection_id])
    found = 0
    async with house.database.transaction(actor) as work:
        await queries.set_up(work)
        for vector in written(vectors):
            near = [
                await queries.nearest(work, narrowed, LOCAL, 256, vector, NEAREST, among=among)
                for among in _PARTS
            ]
            # Passages at the same distance are equally right.
            farthest = min(cosine for _, cosine in near[0])
            found += sum(cosine >= farthest - 1e-4 for _, cosine in near[1])
    return found / (NEAREST * len(questions))


async def times(actor: Actor, questions: Sequence[str]) -> list[float]:
    """Milliseconds of whole searches, one after the other."""
    measured: list[float] = []
    for number, question in enumerate(questions):
        began = time.perf_counter()
        results = await search.search(actor, Wanted(question))
        if number >= 5:
            measured.append((time.perf_counter() - began) * 1000)
        assert results.hits, question
    return measured


async def throughput(house: Runtime, count: int, console: Console) -> list[Figure]:
    """Documents made ready, beside what embedding their passages alone takes: some large ones, and many small ones."""
    drawn = random.Random(SEED + 1)
    source = texts(1_000_000, drawn)
    figures: list[Figure] = []
    for name, number, length in (("warm up", 2, 10), ("large", count, 800), ("small", 10 * count, 8)):
        papers = ["\n\n".join(next(source) for _ in range(length)) for _ in range(number)]
        actor, _ = await _home(house, name)
        whole = await _make_ready(house, actor, papers)
        async with house.database.work(actor) as work:
            cut = [row[0] for row in await work.session.execute(sql("SELECT text FROM chunks"))]
        began = time.perf_counter()
        await asyncio.to_thread(local_embeddings.embed, cut)
        alone = time.perf_counter() - began
        ratio = alone / whole
        console.print(
            f"{number} {name} documents, {len(cut)} passages: {whole:.2f} s; embedding alone: {alone:.2f} s",
            highlight=False,
        )
        if name == "large":
            figures.append(Figure("large documents: passages a second", f"{len(cut) / whole:,.0f}"))
            figures.append(
                Figure("large documents: share of embedding alone", f"{ratio:.2f}", ratio >= LEAST_RATIO)
            )
        elif name == "small":
            figures.append(Figure("small documents a second", f"{number / whole:,.0f}"))
    return figures


async def _make_ready(house: Runtime, actor: Actor, papers: Sequence[str]) -> float:
    """Upload texts and wait until all are ready; the seconds that it takes."""
    began = time.perf_counter()
    for number, paper in enumerate(papers):
        await _upload(actor, paper, f"{number}.txt")
    statuses = ["in_progress"]
    while "in_progress" in statuses:
        await asyncio.sleep(0.02)
        # A cheap question: whoever measures shares a processor with what is measured.
        async with house.database.transaction(actor) as work:
            statuses = [row["status"] for row in await work.all(_STATUSES, workspace_id=actor.workspace_id)]
    took = time.perf_counter() - began
    async with house.database.work(actor) as work:
        counts = (await collections.page(work, limit=1, cursor=None)).items[0].documents
    assert counts.ready == len(papers), counts
    return took


async def _upload(actor: Actor, paper: str, name: str) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        yield paper.encode()

    async with files.receive(actor, pieces()) as received:
        await documents.upload(actor, received, name, "text/plain", Facts())


async def _home(house: Runtime, name: str) -> tuple[Actor, str]:
    workspace_id = await identity.create_workspace(house, name)
    user_id = await identity.create_user(house, f"{new_id('bench')}@example.com", workspace_id, "owner", None)
    actor = Actor(workspace_id, user_id, "owner")
    return actor, await collections.ensure_default(actor)


async def run(options: argparse.Namespace, folder: Path, console: Console) -> list[Figure]:
    """Everything on a database of its own."""
    settings = Settings(_env_file=None, data_dir=folder, log_level="error")  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it
    async with app.serve_runtime(settings) as house:
        figures = await throughput(house, options.documents, console)
        if not options.chunks:
            return figures
        homes = [await _home(house, f"workspace {number}") for number in range(1 + OTHERS)]
        owner = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(folder).owner_url))
        try:
            await fill(owner, homes, options.chunks, console)
        finally:
            await owner.close()
        asked = [one.question for one in evaluation.questions()]
        questions = [f"{asked[at % len(asked)]} {at}" for at in range(options.rounds)]
        goal = next((ms for chunks, ms in sorted(_GOALS_MS.items()) if options.chunks <= chunks), None)
        for name, (actor, collection_id) in (("large workspace", homes[0]), ("small workspace", homes[1])):
            found = await recall(house, actor, collection_id, questions[:100])
            figures.append(
                Figure(f"{name}: recall of the index at {NEAREST}", f"{found:.3f}", found >= LEAST_RECALL)
            )
            measured = await times(actor, questions)
            p95 = percentile(measured, 0.95)
            figures.append(Figure(f"{name}: search p50, ms", f"{percentile(measured, 0.5):.1f}"))
            figures.append(
                Figure(f"{name}: search p95, ms", f"{p95:.1f}", None if goal is None else p95 <= goal)
            )
        return figures


def main() -> int:
    """Measure and report; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.knowledge", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--chunks", type=int, default=100_000, help="passages in the database; 0 leaves search out"
    )
    parser.add_argument("--rounds", type=int, default=200, help="searches of each kind")
    parser.add_argument(
        "--documents",
        type=int,
        default=48,
        help="large documents that are made ready, and a tenth of the small ones",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON, not as a table")
    options = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="steward-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded database may run as another user
        figures = asyncio.run(run(options, folder, console))
    if options.json:
        print(json.dumps({figure.name: figure.value for figure in figures}, indent=1))
    else:
        table = Table("figure", "value", "goal", title=f"{options.chunks:,} passages")
        for figure in figures:
            goal = "" if figure.is_met is None else "met" if figure.is_met else "NOT MET"
            table.add_row(figure.name, figure.value, goal)
        Console().print(table)
    return int(any(figure.is_met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
