"""SQL of the audit log: adding to it, and reading it by whatever is known of an event."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from steward.kernel.work import Found, Statement, Transaction

RECORD: Final = Statement(
    "INSERT INTO events (workspace_id, id, type, actor_id, target_type, target_id, metadata) VALUES "
    "(:workspace_id, :id, :type, :actor_id, :target_type, :target_id, cast(:metadata AS jsonb))"
)
_COLUMNS: Final = "id, type, actor_id, target_type, target_id, metadata, created_at"
_FILTERS: Final = {
    "type": " AND type = :type",
    "actor_id": " AND actor_id = :actor_id",
    "target_id": " AND target_id = :target_id",
    "last_id": " AND (created_at, id) < (:last_at, :last_id)",
}


async def page(work: Transaction, filters: Mapping[str, Any], most: int) -> list[Found]:
    """Events that fit every filter that is not None, newest first."""
    given = _given(filters)
    return await work.all(_listing(tuple(given)), workspace_id=work.actor.workspace_id, most=most, **given)


async def count(work: Transaction, filters: Mapping[str, Any]) -> int:
    """How many events fit every filter that is not None."""
    given = _given(filters)
    row = await work.first(_counting(tuple(given)), workspace_id=work.actor.workspace_id, **given)
    assert row is not None, "a count has a row"
    return row.total


def _given(filters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


@cache
def _listing(names: tuple[str, ...]) -> Statement:
    return Statement(
        f"SELECT {_COLUMNS} FROM events WHERE workspace_id = :workspace_id{_clauses(names)} "  # only what stands above
        "ORDER BY created_at DESC, id DESC LIMIT :most"
    )


@cache
def _counting(names: tuple[str, ...]) -> Statement:
    return Statement(
        f"SELECT count(*) AS total FROM events WHERE workspace_id = :workspace_id{_clauses(names)}"  # the same
    )


def _clauses(names: tuple[str, ...]) -> str:
    return "".join(clause for name, clause in _FILTERS.items() if name in names)
