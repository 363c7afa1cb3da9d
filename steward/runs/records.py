"""Records: runs with their answer, their settings and their calls, for doors that show more than how they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import select

from steward.kernel import stretches
from steward.kernel.errors import NotFound
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Found, Statement, Transaction, Work
from steward.runs.tables import Run
from steward.runs.turn import STEPS

_OF_IDS: Final = Statement(
    "SELECT r.id, r.thread_id, r.message_id, r.status, r.error, r.request, r.created_at, r.finished_at, m.parts, "
    "m.metadata AS message_metadata, m.finish_reason, m.model, coalesce(m.input_tokens, 0) AS input_tokens, "
    "coalesce(m.output_tokens, 0) AS output_tokens "
    "FROM runs r LEFT JOIN messages m ON m.workspace_id = r.workspace_id AND m.id = r.message_id "
    "WHERE r.workspace_id = :workspace_id AND r.user_id = :user_id AND r.id = ANY (cast(:ids AS text[]))"
)
_CALLS: Final = Statement(
    "SELECT id, call_id, name, place, step, arguments, state, error, output, created_at, finished_at, expires_at "
    "FROM tool_calls WHERE workspace_id = :workspace_id AND run_id = :run_id ORDER BY step, position"
)
_KEEP: Final = Statement(
    "UPDATE runs SET request = jsonb_set(request, '{kept}', cast(:kept AS jsonb)), updated_at = now() "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id"
)


@dataclass(frozen=True, slots=True)
class StepUsage:
    """What a model call has used. `cost_usd` is None when its price is not known."""

    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run and what it has answered so far.

    Attributes:
        wishes: what it was asked with, as `Wishes` has it.
        kept: what the door that asked for it keeps with it; empty for a run of another door.
        parts: of its answer, as they were stored last.
        cost_usd: of a run that is over, as far as prices are known.
        steps: what its model calls have used, but for the last one.
    """

    id: str
    thread_id: str
    message_id: str
    status: str
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    wishes: dict[str, Any]
    kept: dict[str, Any]
    parts: list[dict[str, Any]]
    finish_reason: str | None
    model: str | None
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None = None
    steps: list[StepUsage] = field(default_factory=list[StepUsage])


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call of a tool within a run. `output` is `{"output": …}` or `{"error": …}`, when the row keeps it."""

    id: str
    call_id: str
    name: str
    place: str
    step: int
    arguments: dict[str, Any] | None
    state: str
    error: str | None
    output: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None

    @property
    def waits_for_client(self) -> bool:
        """Whether the program that asked has to carry it out."""
        return self.state == "waiting" and self.place == "client"


async def get(work: Transaction, thread_id: str, run_id: str) -> RunRecord:
    """A run of the actor in a thread.

    Raises:
        NotFound: there is none.
    """
    rows = await work.all(_OF_IDS, **work.mine, ids=[run_id])
    if not rows or rows[0].thread_id != thread_id:
        raise NotFound("There is no such run.")
    return _record(rows[0])


async def page(work: Work, thread_id: str, asked: Asked) -> Stretch[RunRecord]:
    """A stretch of a thread's runs, in the order in which they began."""
    query = select(Run).where(
        Run.workspace_id == work.actor.workspace_id,
        Run.user_id == work.actor.user_id,
        Run.thread_id == thread_id,
    )
    found = await stretches.read(work.session, query, (Run.id,), asked)
    ids = [run.id for run in found.items]
    rows = {row.id: row for row in await work.all(_OF_IDS, **work.mine, ids=ids)} if ids else {}
    return Stretch([_record(rows[run_id]) for run_id in ids if run_id in rows], found.has_more)


async def calls(work: Transaction, run_id: str) -> list[CallRecord]:
    """The calls of a run, in the order in which the model asked for them."""
    rows = await work.all(_CALLS, workspace_id=work.actor.workspace_id, run_id=run_id)
    return [CallRecord(*row) for row in rows]


async def keep(work: Transaction, run: RunRecord, kept: dict[str, Any]) -> None:
    """Change what a door keeps with a run."""
    await work.all(_KEEP, **work.mine, id=run.id, kept=msgspec.json.encode(kept).decode())


def _record(row: Found) -> RunRecord:
    request: dict[str, Any] = row.request
    told: dict[str, Any] = row.message_metadata or {}
    return RunRecord(
        id=row.id,
        thread_id=row.thread_id,
        message_id=row.message_id,
        status=row.status,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
        wishes=request,
        kept=request.get("kept") or {},
        parts=row.parts or [],
        finish_reason=row.finish_reason,
        model=row.model,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=_usd(told.get("cost_usd")),
        steps=[
            StepUsage(step["input_tokens"], step["output_tokens"], _usd(step["cost_usd"]))
            for step in told.get(STEPS) or ()
        ],
    )


def _usd(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
