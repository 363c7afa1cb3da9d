"""A listener that remembers what it was told."""

from __future__ import annotations

from pathlib import Path

from steward.kernel.work import Actor
from steward.knowledge.folders.intake import Intake, Outcome, open_collection
from steward.knowledge.schemas import Stage


class Told:
    """What an intake has said."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.stages: list[tuple[str, Stage]] = []
        self.expected = 0
        self.most_under_way = 0
        self._under_way: set[str] = set()

    def begin(self, count: int) -> None:
        self.expected += count

    def under_way(self, shown: str, stage: Stage) -> None:
        self.stages.append((shown, stage))
        self._under_way.add(shown)
        self.most_under_way = max(self.most_under_way, len(self._under_way))

    def done(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._under_way.discard(outcome.shown)

    def statuses(self) -> list[tuple[str, str]]:
        """The name of each file and what became of it, since this was asked last."""
        found = sorted((Path(outcome.shown).name, outcome.status) for outcome in self.outcomes)
        self.outcomes.clear()
        return found


async def intake(actor: Actor, told: Told, collection: str | None = None) -> Intake:
    """An intake into a collection, the workspace's own without a name."""
    return Intake(actor, await open_collection(actor, collection), ["from-disk"], told)
