"""SQL of usage: the ledger's lines, and the budgets that are held and settled with them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from steward.kernel.work import Found, House, Statement, Transaction

_OPEN: Final = Statement(
    "INSERT INTO model_calls (workspace_id, id, user_id, key_id, agent_id, thread_id, run_id, message_id, process_id, "
    "purpose, provider, model, attempt, input_tokens, holds) VALUES (:workspace_id, :id, :user_id, :key_id, :agent_id, "
    ":thread_id, :run_id, :message_id, :process_id, :purpose, :provider, :model, :attempt, :input_tokens, "
    "cast(:holds AS jsonb))"
)
# Whoever settles the line gives back what it held. The periods are locked in one order everywhere, so that two calls
# never wait for each other.
_BOOK: Final = (
    ", held AS (SELECT h.* FROM settled, jsonb_to_recordset(settled.holds) "
    "AS h(budget_id text, subject_id text, starts_on date, usd numeric, tokens bigint)), "
    "locked AS (SELECT p.id, p.subject_id, p.starts_on, held.usd, held.tokens FROM budget_periods p JOIN held ON "
    "p.id = held.budget_id AND p.subject_id = held.subject_id AND p.starts_on = held.starts_on "
    "WHERE p.workspace_id = :workspace_id ORDER BY 1, 2, 3 FOR UPDATE OF p) "
    "UPDATE budget_periods p SET held_usd = p.held_usd - locked.usd, held_tokens = p.held_tokens - locked.tokens, "
    "spent_usd = p.spent_usd + coalesce(settled.cost_usd, 0), "
    "spent_tokens = p.spent_tokens + settled.input_tokens + settled.output_tokens "
    "FROM settled, locked, budgets b WHERE p.workspace_id = :workspace_id AND p.id = locked.id "
    "AND p.subject_id = locked.subject_id AND p.starts_on = locked.starts_on "
    "AND b.workspace_id = p.workspace_id AND b.id = p.id "
    "RETURNING p.id, p.subject_id, p.starts_on, p.spent_usd, p.spent_tokens, b.scope, b.period, b.limit_usd, "
    "b.limit_tokens, b.alert_percents"
)
_SETTLE: Final = Statement(
    "UPDATE model_calls SET status = :status, finish_reason = :finish_reason, "
    "input_tokens = :input_tokens, output_tokens = :output_tokens, cached_tokens = :cached_tokens, "
    "cache_write_tokens = :cache_write_tokens, reasoning_tokens = :reasoning_tokens, estimated = :estimated, "
    "cost_usd = :cost_usd, first_token_ms = :first_token_ms, duration_ms = :duration_ms, "
    "metadata = cast(:metadata AS jsonb) WHERE workspace_id = :workspace_id AND id = :id AND status = 'open' "
    "RETURNING holds <> '[]' AS is_held"
)
# Not in the statement before: while that waited for the line, a budget may have been made that counts it, and a
# statement sees no rows that were made after it began.
_BOOK_SETTLED: Final = Statement(
    "WITH settled AS (SELECT holds, cost_usd, input_tokens, output_tokens FROM model_calls "
    "WHERE workspace_id = :workspace_id AND id = :id)" + _BOOK
)
_SETTLE_LOST: Final = Statement(
    "UPDATE model_calls SET status = 'interrupted', estimated = true, cost_usd = :cost_usd "
    "WHERE workspace_id = :workspace_id AND id = :id AND status = 'open' RETURNING holds <> '[]' AS is_held"
)
# Lines too are locked in one order: a budget that is made locks those of all open calls.
_CHECKPOINT: Final = Statement(
    "WITH so_far AS (SELECT c.workspace_id, c.id, s.input, s.output FROM unnest(cast(:workspace_ids AS text[]), "
    "cast(:ids AS text[]), cast(:inputs AS int[]), cast(:outputs AS int[])) AS s(workspace_id, id, input, output) "
    "JOIN model_calls c ON c.workspace_id = s.workspace_id AND c.id = s.id WHERE c.status = 'open' ORDER BY c.id "
    "FOR UPDATE OF c) UPDATE model_calls c SET input_tokens = so_far.input, output_tokens = so_far.output FROM so_far "
    "WHERE c.workspace_id = so_far.workspace_id AND c.id = so_far.id AND c.status = 'open'"
)
_LOST: Final = Statement(
    "SELECT workspace_id, user_id, id, provider, model, input_tokens, output_tokens, created_at FROM model_calls "
    "WHERE status = 'open' AND process_id <> ALL (:living) LIMIT 500"
)
_COST_OF_RUN: Final = Statement(
    "SELECT sum(cost_usd) AS cost_usd FROM model_calls WHERE workspace_id = :workspace_id AND thread_id = :thread_id "
    "AND run_id = :run_id"
)

_MATCHING: Final = Statement(
    "SELECT id, scope, subject_id, period, time_zone, limit_usd, limit_tokens FROM budgets "
    "WHERE workspace_id = :workspace_id AND (scope = 'workspace' "
    "OR (scope = 'user' AND subject_id IN ('', :user_id)) "
    "OR (scope = 'key' AND cast(:key_id AS text) IS NOT NULL AND subject_id IN ('', :key_id)) "
    "OR (scope = 'agent' AND cast(:agent_id AS text) IS NOT NULL AND subject_id IN ('', :agent_id))) ORDER BY id"
)
_WANTED: Final = (
    "unnest(cast(:ids AS text[]), cast(:subject_ids AS text[]), cast(:starts AS date[])) "
    "AS w(id, subject_id, starts_on)"
)
# The update changes nothing: it locks the rows that are there already. A budget that was deleted just now has none.
_LOCK_PERIODS: Final = Statement(
    "INSERT INTO budget_periods AS p (workspace_id, id, subject_id, starts_on) SELECT * FROM ("
    f"SELECT b.workspace_id, b.id, w.subject_id, w.starts_on FROM budgets b JOIN {_WANTED} ON b.id = w.id "
    "WHERE b.workspace_id = :workspace_id FOR KEY SHARE OF b) AS wanted ORDER BY 2, 3, 4 "
    "ON CONFLICT (workspace_id, id, subject_id, starts_on) DO UPDATE SET spent_usd = p.spent_usd "
    "RETURNING p.id, p.subject_id, p.starts_on, spent_usd, held_usd, spent_tokens, held_tokens"
)
_SUBJECT: Final = (
    "CASE cast(:scope AS text) WHEN 'workspace' THEN '' WHEN 'user' THEN user_id WHEN 'key' THEN key_id "
    "ELSE agent_id END"
)
_OF_SUBJECT: Final = (
    f"workspace_id = :workspace_id AND created_at >= :since AND {_SUBJECT} IS NOT NULL "
    f"AND (:scope = 'workspace' OR :subject_id = '' OR {_SUBJECT} = :subject_id)"
)
# First every call that is under way, which waits for those that are just being settled; then the sum of the rest.
_ADOPT_OPEN: Final = Statement(
    f"WITH going AS (SELECT id, {_SUBJECT} AS subject_id FROM model_calls WHERE status = 'open' AND {_OF_SUBJECT} "
    "ORDER BY id FOR UPDATE), adopted AS (SELECT id, jsonb_build_object('budget_id', cast(:id AS text), 'subject_id', "
    "subject_id, 'starts_on', cast(:starts_on AS date)) AS entry FROM going) "
    'UPDATE model_calls c SET holds = c.holds || jsonb_build_array(adopted.entry || \'{"usd": "0", "tokens": 0}\') '
    "FROM adopted WHERE c.workspace_id = :workspace_id AND c.id = adopted.id "
    "AND NOT c.holds @> jsonb_build_array(adopted.entry)"
)
_ADD_UP: Final = Statement(
    "INSERT INTO budget_periods (workspace_id, id, subject_id, starts_on, spent_usd, spent_tokens) "
    f"SELECT workspace_id, :id, {_SUBJECT}, :starts_on, coalesce(sum(cost_usd) FILTER (WHERE status <> 'open'), 0), "
    "coalesce(sum(cast(input_tokens AS bigint) + output_tokens) FILTER (WHERE status <> 'open'), 0) "
    f"FROM model_calls WHERE {_OF_SUBJECT} GROUP BY 1, 3 ON CONFLICT (workspace_id, id, subject_id, starts_on) "
    "DO UPDATE SET spent_usd = excluded.spent_usd, spent_tokens = excluded.spent_tokens"
)
_PERIODS: Final = Statement(
    "SELECT p.id, p.subject_id, p.starts_on, p.spent_usd, p.held_usd FROM budget_periods p "
    "JOIN unnest(cast(:ids AS text[]), cast(:subject_ids AS text[]), cast(:starts AS date[])) "
    "AS w(id, subject_id, starts_on) USING (id, subject_id, starts_on) WHERE p.workspace_id = :workspace_id"
)
_HOLD: Final = Statement(
    "UPDATE budget_periods p SET held_usd = p.held_usd + cast(:usd AS numeric), "
    "held_tokens = p.held_tokens + cast(:tokens AS bigint) "
    f"FROM {_WANTED} WHERE p.workspace_id = :workspace_id AND p.id = w.id "
    "AND p.subject_id = w.subject_id AND p.starts_on = w.starts_on"
)
_ALERT: Final = Statement(
    "INSERT INTO budget_alerts (workspace_id, id, budget_id, subject_id, starts_on, percent, spent_usd, spent_tokens) "
    "VALUES (:workspace_id, :id, :budget_id, :subject_id, :starts_on, :percent, :spent_usd, :spent_tokens) "
    "ON CONFLICT ON CONSTRAINT uq_budget_alerts_once DO NOTHING RETURNING id"
)


async def insert_call(work: Transaction, holds: list[dict[str, Any]], **values: Any) -> None:
    """Write the open line of a call."""
    actor = work.actor
    await work.all(
        _OPEN,
        workspace_id=actor.workspace_id,
        user_id=actor.user_id,
        key_id=actor.key_id,
        holds=msgspec.json.encode(holds).decode(),
        **values,
    )


async def settle_call(work: Transaction, call_id: str, **values: Any) -> list[Found]:
    """Settle an open line and its budgets; the budgets as they stand now. A settled line stays as it is."""
    return await _settle(work, _SETTLE, call_id, **values)


async def settle_lost(work: Transaction, call_id: str, cost_usd: Any) -> list[Found]:
    """The same for the line of a dead process, with what was checkpointed."""
    return await _settle(work, _SETTLE_LOST, call_id, cost_usd=cost_usd)


async def _settle(work: Transaction, statement: Statement, call_id: str, **values: Any) -> list[Found]:
    whose = {"workspace_id": work.actor.workspace_id, "id": call_id}
    line = await work.first(statement, **whose, **values)
    return await work.all(_BOOK_SETTLED, **whose) if line is not None and line.is_held else []


async def checkpoint(house: House, calls: list[tuple[str, str, int, int]]) -> None:
    """Write down the tokens so far: (workspace id, id of the line, input, output) each."""
    await house.all(
        _CHECKPOINT,
        workspace_ids=[workspace_id for workspace_id, _, _, _ in calls],
        ids=[call_id for _, call_id, _, _ in calls],
        inputs=[input_tokens for _, _, input_tokens, _ in calls],
        outputs=[output_tokens for _, _, _, output_tokens in calls],
    )


async def lost(house: House, living: set[str]) -> list[Found]:
    """The open lines of processes that are no more."""
    return await house.all(_LOST, living=sorted(living))


async def cost_of_run(work: Transaction, thread_id: str, run_id: str) -> Any:
    """The sum of a run's settled calls, or None."""
    row = await work.first(
        _COST_OF_RUN, workspace_id=work.actor.workspace_id, thread_id=thread_id, run_id=run_id
    )
    return None if row is None else row.cost_usd


async def matching_budgets(work: Transaction, agent_id: str | None) -> list[Found]:
    """The budgets that a call of the actor may count against."""
    actor = work.actor
    return await work.all(
        _MATCHING,
        workspace_id=actor.workspace_id,
        user_id=actor.user_id,
        key_id=actor.key_id,
        agent_id=agent_id,
    )


async def periods(work: Transaction, keys: list[tuple[str, str, Any]]) -> list[Found]:
    """The periods of budgets as they stand, those that are there: (budget id, subject id, first day) each."""
    return await work.all(_PERIODS, workspace_id=work.actor.workspace_id, **_columns(keys))


async def lock_periods(work: Transaction, keys: list[tuple[str, str, Any]]) -> list[Found]:
    """Lock the periods of budgets, made when they are not there: (budget id, subject id, first day) each.

    A period begins with nothing: a budget that is made in the middle of one is counted from the ledger.
    """
    return await work.all(_LOCK_PERIODS, workspace_id=work.actor.workspace_id, **_columns(keys))


async def count_anew(
    work: Transaction, *, id: str, scope: str, subject_id: str, starts_on: Any, since: Any
) -> None:
    """Fill a budget's period from the ledger; the calls under way are counted when they are settled.

    The transaction must hold no lock on a period: this waits for calls that are being settled, and those for periods.
    """
    values = {"id": id, "scope": scope, "subject_id": subject_id, "starts_on": starts_on, "since": since}
    for statement in (_ADOPT_OPEN, _ADD_UP):
        await work.all(statement, workspace_id=work.actor.workspace_id, **values)


async def hold(work: Transaction, keys: list[tuple[str, str, Any]], usd: Any, tokens: int) -> None:
    """Keep a share of locked periods for a call."""
    await work.all(_HOLD, workspace_id=work.actor.workspace_id, usd=usd, tokens=tokens, **_columns(keys))


async def alert_once(work: Transaction, **values: Any) -> bool:
    """Write that a share of a budget was reached; whether it is the first time in this period."""
    return await work.first(_ALERT, workspace_id=work.actor.workspace_id, **values) is not None


def _columns(keys: list[tuple[str, str, Any]]) -> dict[str, list[Any]]:
    return {
        "ids": [budget_id for budget_id, _, _ in keys],
        "subject_ids": [subject_id for _, subject_id, _ in keys],
        "starts": [starts_on for _, _, starts_on in keys],
    }
