"""Calls of tools as they are stored: what a model asked for, who decided, how it ended."""

# ruff: noqa: S608  # what is put into the statements stands in this file

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from steward.kernel.work import Found, House, Statement, Transaction, Work

State = Literal[
    "waiting", "approved", "answered", "running", "completed", "failed", "denied", "expired", "cancelled"
]

_COLUMNS: Final = (
    "id, user_id, run_id, thread_id, step, position, call_id, name, place, arguments, state, is_shared, reason, "
    "approvers, least_role, expires_at, decisions, output, error, duration_ms, created_at, finished_at"
)
_INSERT: Final = Statement(
    "INSERT INTO tool_calls (workspace_id, user_id, run_id, thread_id, step, id, position, call_id, name, place, "
    "arguments, state, is_shared, reason, approvers, least_role, expires_at) "
    "SELECT :workspace_id, :user_id, :run_id, :thread_id, :step, c.id, c.position, c.call_id, c.name, c.place, "
    "cast(c.arguments AS jsonb), c.state, c.is_shared, c.reason, c.approvers, c.least_role, c.expires_at "
    "FROM unnest(cast(:ids AS text[]), cast(:positions AS int[]), cast(:call_ids AS text[]), cast(:names AS text[]), "
    "cast(:places AS text[]), cast(:arguments AS text[]), cast(:states AS text[]), cast(:shared AS bool[]), "
    "cast(:reasons AS text[]), cast(:approvers AS int[]), cast(:roles AS text[]), cast(:expiries AS timestamptz[])) "
    "AS c(id, position, call_id, name, place, arguments, state, is_shared, reason, approvers, least_role, expires_at) "
    "ON CONFLICT DO NOTHING"
)
_OF_STEP: Final = Statement(
    f"SELECT {_COLUMNS} FROM tool_calls WHERE workspace_id = :workspace_id AND run_id = :run_id AND step = :step "
    "ORDER BY position"
)
_NAMED: Final = Statement(
    "SELECT step, call_id FROM tool_calls WHERE workspace_id = :workspace_id AND run_id = :run_id "
    "AND (id = ANY(:names) OR call_id = ANY(:names))"
)
_LAST_STEP: Final = Statement(
    "SELECT max(step) AS step FROM tool_calls WHERE workspace_id = :workspace_id AND run_id = :run_id"
)
_START: Final = Statement(
    "UPDATE tool_calls SET state = 'running' WHERE workspace_id = :workspace_id AND run_id = :run_id AND step = :step "
    f"AND state = 'approved' RETURNING {_COLUMNS}"
)
_FINISH: Final = Statement(
    "UPDATE tool_calls t SET state = f.state, error = f.error, duration_ms = f.duration_ms, finished_at = now() "
    "FROM unnest(cast(:ids AS text[]), cast(:states AS text[]), cast(:errors AS text[]), cast(:durations AS int[])) "
    "AS f(id, state, error, duration_ms) "
    "WHERE t.workspace_id = :workspace_id AND t.id = f.id AND t.finished_at IS NULL"
)
_KEEP: Final = Statement(
    "UPDATE tool_calls SET state = 'answered', output = cast(:output AS jsonb), duration_ms = :duration_ms "
    "WHERE workspace_id = :workspace_id AND id = :id AND state = 'running'"
)
_CANCEL: Final = Statement(
    "UPDATE tool_calls SET state = 'cancelled', finished_at = now() "
    "WHERE workspace_id = :workspace_id AND run_id = :run_id AND finished_at IS NULL"
)
_GET: Final = Statement(f"SELECT {_COLUMNS} FROM tool_calls WHERE workspace_id = :workspace_id AND id = :id")
_LOCK: Final = Statement(
    f"SELECT {_COLUMNS} FROM tool_calls WHERE workspace_id = :workspace_id AND id = :id FOR UPDATE"
)
_DECIDE: Final = Statement(
    "UPDATE tool_calls SET state = :state, arguments = cast(:arguments AS jsonb), "
    "decisions = cast(:decisions AS jsonb), output = cast(:output AS jsonb), error = :error "
    "WHERE workspace_id = :workspace_id AND id = :id AND state = 'waiting' RETURNING id"
)
_STILL_WAITING: Final = Statement(
    "SELECT count(*) AS calls FROM tool_calls WHERE workspace_id = :workspace_id AND run_id = :run_id "
    "AND state = 'waiting'"
)
_WAITING: Final = Statement(
    f"SELECT {_COLUMNS} FROM tool_calls WHERE workspace_id = :workspace_id AND state = 'waiting' "
    "AND (cast(:run_id AS text) IS NULL OR run_id = :run_id) "
    # Only those that the actor may decide about, so that others' do not take the places of their own.
    "AND (user_id = :user_id OR (place = 'person' AND 'admin' = ANY (cast(:roles AS text[]))) OR (place = 'server' "
    "AND coalesce(least_role, CASE WHEN approvers > 1 THEN 'member' END) = ANY (cast(:roles AS text[])))) "
    "AND (cast(:last_at AS timestamptz) IS NULL OR (created_at, id) < (:last_at, cast(:last_id AS text))) "
    "ORDER BY created_at DESC, id DESC LIMIT cast(:most AS int)"
)
_DUE: Final = Statement(
    "SELECT workspace_id, user_id, id FROM tool_calls WHERE state = 'waiting' AND expires_at < :now "
    "ORDER BY expires_at LIMIT 100"
)
# Without a run nobody goes on with them. Those of older versions say not how long they may take.
_CLOSE_LOST: Final = Statement(
    "UPDATE tool_calls SET state = 'failed', error = :error, finished_at = now() WHERE run_id IS NULL "
    "AND state = 'running' AND coalesce(expires_at, created_at + interval '1 hour') < :now RETURNING name"
)
_COUNTS: Final = Statement(
    "SELECT name, count(*) AS calls, count(*) FILTER (WHERE state = 'completed') AS completed, "
    "count(*) FILTER (WHERE state = 'failed') AS failed, "
    "count(*) FILTER (WHERE state IN ('denied', 'expired', 'cancelled')) AS refused, "
    "avg(duration_ms) FILTER (WHERE state = 'completed') AS mean_ms FROM tool_calls "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND created_at >= :since GROUP BY name ORDER BY name"
)
_json: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Opening:
    """A call as it is stored before anything is done about it."""

    id: str
    call_id: str
    name: str
    arguments: dict[str, Any] | None
    state: State
    place: str = "server"
    is_shared: bool = False
    reason: str | None = None
    approvers: int = 1
    least_role: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended."""

    id: str
    state: State
    error: str | None = None
    duration_ms: int | None = None


async def insert(
    work: Transaction, run_id: str | None, thread_id: str | None, step: int, calls: Sequence[Opening]
) -> None:
    """Store the calls of a step; those that are there stay as they are."""
    await work.all(
        _INSERT,
        **work.mine,
        run_id=run_id,
        thread_id=thread_id,
        step=step,
        ids=[call.id for call in calls],
        positions=list(range(len(calls))),
        call_ids=[call.call_id for call in calls],
        names=[call.name for call in calls],
        places=[call.place for call in calls],
        arguments=[_text(call.arguments) for call in calls],
        states=[call.state for call in calls],
        shared=[call.is_shared for call in calls],
        reasons=[call.reason for call in calls],
        approvers=[call.approvers for call in calls],
        roles=[call.least_role for call in calls],
        expiries=[call.expires_at for call in calls],
    )


async def of_step(work: Transaction, run_id: str, step: int) -> list[Found]:
    """The calls of a step, in the model's order."""
    return await work.all(_OF_STEP, workspace_id=work.actor.workspace_id, run_id=run_id, step=step)


async def named(work: Work, run_id: str, names: Sequence[str]) -> list[Found]:
    """The calls of a run that go by one of these names, the model's or ours: their step and `call_id`."""
    return await work.all(_NAMED, workspace_id=work.actor.workspace_id, run_id=run_id, names=list(names))


async def last_step(work: Transaction, run_id: str) -> int:
    """The last step whose calls are stored; 0 when none is."""
    row = await work.first(_LAST_STEP, workspace_id=work.actor.workspace_id, run_id=run_id)
    return 0 if row is None else row.step or 0


async def start_approved(work: Transaction, run_id: str, step: int) -> list[Found]:
    """Mark the approved calls of a step as being carried out; those calls."""
    return await work.all(_START, workspace_id=work.actor.workspace_id, run_id=run_id, step=step)


async def finish(work: Transaction, endings: Sequence[Ending]) -> None:
    """Write down how calls ended."""
    await work.all(
        _FINISH,
        workspace_id=work.actor.workspace_id,
        ids=[ending.id for ending in endings],
        states=[ending.state for ending in endings],
        errors=[ending.error for ending in endings],
        durations=[ending.duration_ms for ending in endings],
    )


async def keep(work: Transaction, tool_call_id: str, output: dict[str, Any], duration_ms: int) -> None:
    """Keep what came of a call that may not run again, before anything else happens."""
    await work.all(
        _KEEP,
        workspace_id=work.actor.workspace_id,
        id=tool_call_id,
        output=_text(output),
        duration_ms=duration_ms,
    )


async def cancel(work: Transaction, run_id: str) -> None:
    """End what a run that is over leaves open."""
    await work.all(_CANCEL, workspace_id=work.actor.workspace_id, run_id=run_id)


async def get(work: Transaction, tool_call_id: str, *, lock: bool = False) -> Found | None:
    """A call that the actor may see, or None."""
    return await work.first(_LOCK if lock else _GET, workspace_id=work.actor.workspace_id, id=tool_call_id)


async def decide(
    work: Transaction,
    tool_call_id: str,
    state: State,
    *,
    arguments: dict[str, Any] | None,
    decisions: list[dict[str, Any]],
    output: dict[str, Any] | None = None,
    error: str | None = None,
) -> bool:
    """Write a decision about a waiting call; False when it waits no more."""
    row = await work.first(
        _DECIDE,
        workspace_id=work.actor.workspace_id,
        id=tool_call_id,
        state=state,
        arguments=_text(arguments),
        decisions=_json(decisions).decode(),
        output=_text(output),
        error=error,
    )
    return row is not None


async def still_waiting(work: Transaction, run_id: str) -> int:
    """How many calls of a run wait for somebody."""
    row = await work.first(_STILL_WAITING, workspace_id=work.actor.workspace_id, run_id=run_id)
    return 0 if row is None else row.calls


async def waiting(
    work: Transaction, most: int, run_id: str | None = None, after: tuple[datetime, str] | None = None
) -> list[Found]:
    """The waiting calls that the actor asked for or may decide about, newest first, behind a place in the list."""
    last_at, last_id = after or (None, None)
    given = {"most": most, "run_id": run_id, "last_at": last_at, "last_id": last_id}
    return await work.all(_WAITING, **work.mine, roles=work.actor.roles, **given)


async def due(house: House, now: datetime) -> list[Found]:
    """Waiting calls whose time is over."""
    return await house.all(_DUE, now=now)


async def close_lost(house: House, now: datetime, error: str) -> int:
    """End direct calls that took longer than they may, because their process died; how many there were."""
    return len(await house.all(_CLOSE_LOST, now=now, error=error))


async def counts(work: Transaction, since: datetime) -> list[Found]:
    """What came of the actor's calls since then, for each tool."""
    return await work.all(_COUNTS, **work.mine, since=since)


def _text(value: dict[str, Any] | None) -> str | None:
    return None if value is None else _json(value).decode()
