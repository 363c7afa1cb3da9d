"""Recall among many memories: how long a turn waits for what it is told about the person who asks.

python -m bench.memory [--memories N] [--rounds N] [--json]

The texts are sentences of the evaluation set in new pairs, so that vectors lie as real ones do. As many memories again
are another person's in the same workspace.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from rich.console import Console

from bench.load import percentile
from eval import measure as evaluation
from eval import memory as labelled
from steward import app
from steward.identity import service as identity
from steward.kernel import sentences
from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, asyncpg_dsn
from steward.memory import likeness, recalling
from steward.memory.schemas import KINDS

SEED = 20261121
GOAL_MS = 100.0
_BATCH = 2_000
_TAKE = """
INSERT INTO memories (workspace_id, id, user_id, kind, text, text_hash, embedding, created_at)
SELECT $1, id, $2, kind, text, id, embedding::halfvec, now() - random() * interval '400 days'
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS given (id, kind, text, embedding)
"""


async def fill(owner: asyncpg.Connection, actor: Actor, count: int) -> None:
    """Write memories of a person as the owner."""
    drawn = random.Random(SEED)
    pool = [
        paper[start:end]
        for paper in (path.read_text("utf-8") for path in evaluation.every_file())
        for start, end in sentences.spans(paper)
    ]
    await owner.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    for first in range(0, count, _BATCH):
        texts = [" ".join(drawn.choices(pool, k=2))[:500] for _ in range(min(_BATCH, count - first))]
        ids = [new_id("mem") for _ in texts]
        kinds = drawn.choices(KINDS, k=len(texts))
        vectors = await likeness.vectors(texts)
        await owner.execute(_TAKE, actor.workspace_id, actor.user_id, ids, kinds, texts, vectors)
    await owner.execute("VACUUM ANALYZE memories")


async def times(actor: Actor, questions: Sequence[str]) -> list[float]:
    """Milliseconds that turns wait, one after the other."""
    measured: list[float] = []
    for number, question in enumerate(questions):
        began = time.perf_counter()
        await recalling.for_turn(actor, question)
        if number >= 5:
            measured.append((time.perf_counter() - began) * 1000)
    return measured


async def person(house: Runtime, workspace_id: str) -> Actor:
    """Somebody in the workspace."""
    user_id = await identity.create_user(
        house, f"{new_id('bench')}@example.com", workspace_id, "member", None
    )
    return Actor(workspace_id, user_id, "member")


async def run(data_dir: Path, memories: int, rounds: int) -> dict[str, float]:
    """Measure on a database of its own."""
    settings = Settings(_env_file=None, data_dir=data_dir, log_level="error")  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it
    async with app.serve_runtime(settings) as house:
        workspace_id = await identity.create_workspace(house, "Benchmark")
        actor, other = await person(house, workspace_id), await person(house, workspace_id)
        owner = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(data_dir).owner_url))
        try:
            for one in (actor, other):
                await fill(owner, one, memories)
        finally:
            await owner.close()
        asked = [one.question for one in labelled.questions()]
        measured = await times(actor, [asked[at % len(asked)] for at in range(rounds + 5)])
    return {f"p{rank}_ms": round(percentile(measured, rank / 100), 1) for rank in (50, 95, 99)}


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory")
    parser.add_argument("--memories", type=int, default=10_000, help="of one person")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steward-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded database may run as another user
        figures = asyncio.run(run(folder, options.memories, options.rounds))
    if options.json:
        print(json.dumps(figures))
    else:
        Console().print(f"{options.memories:,} memories:", figures, f"goal: p95 under {GOAL_MS:g} ms")
    return int(figures["p95_ms"] >= GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
