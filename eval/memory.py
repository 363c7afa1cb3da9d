"""How well memories are recalled: `python -m eval.memory` prints precision and recall, and fails below its goals."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from steward import app
from steward.identity import service as identity
from steward.kernel import logs, runtime
from steward.kernel.ids import new_id
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, Statement
from steward.memory import recalling, service
from steward.memory.schemas import Kind, Note

FOLDER: Final = Path(__file__).parent / "memories"
LEAST_PRECISION: Final = 0.8
LEAST_RECALL: Final = 0.7
LEAST_SILENT: Final = 0.7

_AGE: Final = Statement(
    "UPDATE memories SET created_at = now() - make_interval(days => :age_days), "
    "updated_at = now() - make_interval(days => :age_days) "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id"
)


class Told(msgspec.Struct, frozen=True):
    """A memory of the set."""

    id: str
    kind: Kind
    text: str
    age_days: int


class Question(msgspec.Struct, frozen=True):
    """A question, and the memories that help to answer it; none for one that is about nothing remembered."""

    id: str
    question: str
    memories: list[str]
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was recalled for a question, as ids of the set."""

    question: Question
    recalled: list[str]

    @property
    def precision(self) -> float:
        """Share of what was recalled that helps; 0 when nothing was."""
        return self._hits / len(self.recalled) if self.recalled else 0.0

    @property
    def recall(self) -> float:
        """Share of what helps that was recalled."""
        return self._hits / len(self.question.memories)

    @property
    def _hits(self) -> int:
        return len(set(self.recalled) & set(self.question.memories))


@dataclass(frozen=True, slots=True)
class Report:
    """Means over the questions that memories help with, and the share of the others that recalled nothing."""

    precision: float
    recall: float
    silent: float
    recall_by_kind: dict[str, float]

    def wrongs(self) -> list[str]:
        """What is worse than it has to be."""
        goals = [
            ("precision", self.precision, LEAST_PRECISION),
            ("recall", self.recall, LEAST_RECALL),
            ("silence", self.silent, LEAST_SILENT),
        ]
        return [f"{name} is {value:.2f}, at least {least}" for name, value, least in goals if value < least]


def memories() -> list[Told]:
    """Every memory of the set."""
    return [msgspec.json.decode(line, type=Told) for line in _lines("memories.jsonl")]


def questions() -> list[Question]:
    """Every question of the set."""
    return [msgspec.json.decode(line, type=Question) for line in _lines("questions.jsonl")]


async def measure(actor: Actor) -> Report:
    """Tell everything as the actor, of whom nothing is remembered yet, and ask every question."""
    told = memories()
    made = await service.remember(actor, [Note(one.kind, one.text) for one in told])
    names = {memory.id: one.id for memory, one in zip(made, told, strict=True)}
    async with runtime.current().database.transaction(actor) as work:
        for memory, one in zip(made, told, strict=True):
            await work.all(_AGE, **work.mine, id=memory.id, age_days=one.age_days)
    outcomes = [
        Outcome(one, [names[found.id] for found in await recalling.recall(actor, one.question)])
        for one in questions()
    ]
    return report(outcomes)


def report(outcomes: Sequence[Outcome]) -> Report:
    """Sum up."""
    helped = [one for one in outcomes if one.question.memories]
    kinds: dict[str, list[float]] = defaultdict(list)
    for one in helped:
        kinds[one.question.kind].append(one.recall)
    return Report(
        _mean([one.precision for one in helped]),
        _mean([one.recall for one in helped]),
        _mean([float(not one.recalled) for one in outcomes if not one.question.memories]),
        {kind: _mean(values) for kind, values in sorted(kinds.items())},
    )


def show(found: Report) -> None:
    """Print the figures."""
    table = Table("precision@5", "recall@5", "silent", *(f"recall, {kind}" for kind in found.recall_by_kind))
    figures = [found.precision, found.recall, found.silent, *found.recall_by_kind.values()]
    table.add_row(*(f"{figure:.3f}" for figure in figures))
    Console(width=120).print(table)


async def run(data_dir: Path) -> Report:
    """Measure on a database of its own."""
    settings = Settings(_env_file=None, data_dir=data_dir, log_level="error")  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it
    async with app.serve_runtime(settings) as house:
        workspace_id = await identity.create_workspace(house, "Evaluation")
        email = f"{new_id('eval')}@example.com"
        user_id = await identity.create_user(house, email, workspace_id, "owner", None)
        return await measure(Actor(workspace_id, user_id, "owner"))


def main() -> int:
    """Measure, print, judge."""
    logs.configure("error")
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder)))
    show(found)
    for wrong in found.wrongs():
        print(wrong, file=sys.stderr)
    return 1 if found.wrongs() else 0


def _lines(name: str) -> list[str]:
    return [line for line in (FOLDER / name).read_text("utf-8").splitlines() if line]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
