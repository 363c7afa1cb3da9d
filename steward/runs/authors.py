"""Authors: which run wrote an answer, for which agent, and how that ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from steward.kernel.work import Statement, Transaction

_AUTHORS: Final = Statement(
    "SELECT id, request ->> 'agent_id' AS agent_id, status, finished_at FROM runs "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = ANY (cast(:ids AS text[]))"
)


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote an answer.

    Attributes:
        agent_id: None for the built-in agent.
        status: of the run, as it is now.
        finished_at: when the run ended; None while it goes on.
    """

    run_id: str
    agent_id: str | None
    status: str
    finished_at: datetime | None


async def of_runs(work: Transaction, run_ids: Iterable[str | None]) -> dict[str, Author]:
    """The authors of answers, by the ids of their runs; what is not the actor's is not among them."""
    ids = sorted({run_id for run_id in run_ids if run_id is not None})
    if not ids:
        return {}
    rows = await work.all(_AUTHORS, **work.mine, ids=ids)
    return {row.id: Author(row.id, row.agent_id, row.status, row.finished_at) for row in rows}
