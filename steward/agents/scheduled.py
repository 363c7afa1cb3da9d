"""Scheduled agents: which agents of all workspaces shall begin by the clock, for the job that sees to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from steward.kernel.work import House, Statement

# Asked every few seconds by every process: an index holds just these rows, and has the same condition.
EVERY_SQL: Final = (
    "SELECT workspace_id, id, created_by, properties->>'schedule' AS cron FROM agents "
    "WHERE status = 'active' AND properties->>'schedule' IS NOT NULL"
)
_EVERY: Final = Statement(EVERY_SQL)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An active agent with a schedule of its own; `user_id` is its maker, as whom it acts."""

    workspace_id: str
    agent_id: str
    user_id: str
    cron: str


async def every(house: House) -> list[Scheduled]:
    """Every active agent that has a schedule of its own."""
    return [Scheduled(row.workspace_id, row.id, row.created_by, row.cron) for row in await house.all(_EVERY)]
