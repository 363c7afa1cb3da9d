"""Statistics: how the turns of an agent ended, counted when they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from steward.agents import queries
from steward.kernel.work import Transaction


@dataclass(frozen=True, slots=True)
class Statistics:
    """How often an agent was run, how often that went well, and when it ended last."""

    executions: int = 0
    successes: int = 0
    last_run_at: datetime | None = None

    @property
    def success_rate(self) -> float | None:
        """Between 0 and 1; None before the first turn."""
        return self.successes / self.executions if self.executions else None


async def record(work: Transaction, agent_id: str, *, succeeded: bool, finished_at: datetime) -> None:
    """Count a turn in the transaction that ends it. Built-in agents, and those that are gone, are not counted.

    The row stays locked until the work commits: count as the last thing of it.
    """
    await queries.count_turn(work, agent_id, int(succeeded), finished_at)


async def of_agent(work: Transaction, agent_id: str) -> Statistics:
    """The counts of an agent that the actor may see; ask for the agent first."""
    row = await queries.statistics(work, agent_id)
    return Statistics() if row is None else Statistics(*row)
