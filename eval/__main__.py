"""`make eval`: measures the search over the evaluation set, and fails when it is worse than it has to be."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from eval import measure
from eval.measure import WAYS, Report
from steward import app
from steward.identity import service as identity
from steward.kernel import logs
from steward.kernel.ids import new_id
from steward.kernel.settings import Settings
from steward.kernel.work import Actor

LEAST_RECALL: Final = 0.85
LEAST_REFUSED: Final = 0.8


async def run(data_dir: Path) -> list[Report]:
    """Measure on a database of its own."""
    settings = Settings(_env_file=None, data_dir=data_dir, log_level="error")  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it
    async with app.serve_runtime(settings) as house:
        workspace_id = await identity.create_workspace(house, "Evaluation")
        user_id = await identity.create_user(
            house, f"{new_id('eval')}@example.com", workspace_id, "owner", None
        )
        actor = Actor(workspace_id, user_id, "owner")
        await measure.ingest(actor, measure.every_file())
        names = await measure.names_of(actor)
        reports: list[Report] = []
        for way in WAYS:
            outcomes = [await measure.ask(actor, one, way, names) for one in measure.questions()]
            reports.append(measure.report(way, outcomes))
        return reports


def wrongs(reports: list[Report]) -> list[str]:
    """What is worse than it has to be."""
    both, *alone = reports
    found = [f"recall@5 is {both.recall:.2f}, at least {LEAST_RECALL}"] if both.recall < LEAST_RECALL else []
    if both.refused < LEAST_REFUSED:
        found.append(
            f"{both.refused:.2f} of the unanswerable questions are refused, at least {LEAST_REFUSED}"
        )
    found += [f"{one.way} alone finds more than both" for one in alone if one.recall >= both.recall]
    return found


def show(reports: list[Report]) -> None:
    """Print the figures."""
    console = Console(width=120)
    table = Table("search", "recall@5", "MRR", "score", *reports[0].by_kind)
    for one in reports:
        figures = [one.recall, one.reciprocal_rank, one.score, *one.by_kind.values()]
        table.add_row(one.way, *(f"{figure:.3f}" for figure in figures))
    console.print(table)
    both = reports[0]
    console.print(
        f"Librarian: {both.refused:.2f} of the unanswerable questions refused, {both.answered:.2f} of the others "
        f"answered, {both.right:.2f} of these right"
    )


def main() -> int:
    """Measure, print, judge."""
    logs.configure("error")
    with tempfile.TemporaryDirectory() as folder:
        reports = asyncio.run(run(Path(folder)))
    show(reports)
    for wrong in wrongs(reports):
        print(wrong, file=sys.stderr)
    return 1 if wrongs(reports) else 0


if __name__ == "__main__":
    sys.exit(main())
