"""SQL of reports: sums and lines straight from the ledger, so that a statement is always the sum of its calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from steward.kernel.work import Found, Statement, Transaction

# For each grouping its fields. Where days and months begin is worked out in Python: one set of time zone rules draws
# the lines of reports and of budgets.
_FIELDS: Final[dict[str, dict[str, str]]] = {
    "day": {"day": "width_bucket(created_at, cast(:days AS timestamptz[]))"},
    "month": {"month": "width_bucket(created_at, cast(:months AS timestamptz[]))"},
    "provider": {"provider": "provider"},
    # Two providers may have a model of the same name.
    "model": {"provider": "provider", "model": "model"},
    "user": {"user_id": "user_id"},
    "agent": {"agent_id": "agent_id"},
    "key": {"key_id": "key_id"},
    "thread": {"thread_id": "thread_id"},
    "message": {"message_id": "message_id"},
    "purpose": {"purpose": "purpose"},
}
_SUMS: Final = (
    "count(*) AS calls, coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS "
    "output_tokens, coalesce(sum(cast(input_tokens AS bigint) + output_tokens), 0) AS total_tokens, "
    "coalesce(sum(cached_tokens), 0) AS cached_tokens, coalesce(sum(reasoning_tokens), 0) AS reasoning_tokens, "
    "coalesce(sum(cost_usd), 0) AS cost_usd, count(*) FILTER (WHERE estimated) AS estimated_calls, "
    "count(*) FILTER (WHERE cost_usd IS NULL AND status <> 'open') AS unpriced_calls, "
    "count(*) FILTER (WHERE status = 'open') AS open_calls"
)
_CALLS: Final = (
    "SELECT id, created_at, provider, model, purpose, status, finish_reason, attempt, user_id, key_id, agent_id, "
    "thread_id, run_id, message_id, input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, "
    "estimated, cost_usd, first_token_ms, duration_ms, metadata FROM model_calls WHERE workspace_id = :workspace_id"
)
_FILTERS: Final = {
    "user_id": " AND user_id = :user_id",
    "thread_id": " AND thread_id = :thread_id",
    "run_id": " AND run_id = :run_id",
    "status": " AND status = :status",
    "model": " AND (model = :model OR provider || '/' || model = :model)",
    "since": " AND created_at >= :since",
    "until": " AND created_at < :until",
    "last_id": " AND (created_at, id) < (:last_at, :last_id)",
}


def fields_of(by: Sequence[str]) -> dict[str, str]:
    """The fields that groupings give to a line, with what the ledger says there."""
    return {field: column for name in by for field, column in _FIELDS[name].items()}


async def sums(work: Transaction, by: Sequence[str], filters: Mapping[str, Any], most: int) -> list[Found]:
    """The sums of each group, and the one of all: one statement, so that they are of the same moment.

    Args:
        work: of whoever asks.
        by: groupings, at least one.
        filters: `since` and `until`, perhaps `user_id`; `days` or `months` as their beginnings, in order.
        most: how many groups at most.

    Returns: a row for each group with the fields of its groupings, and one where `is_total`; days and months are
        counted from 1.
    """
    fields = fields_of(by)
    named = ", ".join(f"{column} AS {field}" for field, column in fields.items())
    columns = ", ".join(fields.values())
    statement = Statement(
        f"SELECT {named}, {_SUMS}, grouping({next(iter(fields.values()))}) = 1 AS is_total FROM model_calls "  # noqa: S608  # only what stands above
        f"WHERE workspace_id = :workspace_id{_clauses(filters)} GROUP BY GROUPING SETS (({columns}), ()) LIMIT :most"
    )
    return await work.all(statement, workspace_id=work.actor.workspace_id, most=most, **filters)


async def calls(work: Transaction, filters: Mapping[str, Any], most: int) -> list[Found]:
    """Lines of the ledger that fit every filter, newest first."""
    statement = Statement(f"{_CALLS}{_clauses(filters)} ORDER BY created_at DESC, id DESC LIMIT :most")
    return await work.all(statement, workspace_id=work.actor.workspace_id, most=most, **filters)


def _clauses(filters: Mapping[str, Any]) -> str:
    return "".join(clause for name, clause in _FILTERS.items() if filters.get(name) is not None)


async def count(work: Transaction, filters: Mapping[str, Any]) -> int:
    """How many lines of the ledger fit every filter that is not None."""
    given = {name: value for name, value in filters.items() if value is not None}
    statement = Statement(
        f"SELECT count(*) AS total FROM model_calls WHERE workspace_id = :workspace_id{_clauses(given)}"  # noqa: S608  # only what stands above
    )
    row = await work.first(statement, workspace_id=work.actor.workspace_id, **given)
    assert row is not None, "a count has a row"
    return row.total
