"""SQL of agents: prepared statements over the view of the things that are agents, and over their versions."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final

from steward.kernel.stretches import Asked
from steward.kernel.work import Found, Statement, Transaction

# One statement at the start of every turn of an agent: what it is now, and what the wanted version says.
_FIND: Final = Statement(
    "SELECT a.id, v.name, a.status, a.access, v.version, v.properties, a.created_by, a.created_at, a.updated_at "
    "FROM agents a JOIN agent_versions v ON v.workspace_id = a.workspace_id AND v.id = a.id "
    "AND v.version = coalesce(cast(:version AS int), a.version) "
    "WHERE a.workspace_id = :workspace_id AND a.id = :id"
)
_COLUMNS: Final = "id, name, status, access, version, properties, created_by, created_at, updated_at"
_VISIBLE: Final = (
    "(:sees_all OR created_by = :user_id OR (status <> 'draft' AND access = ANY (cast(:roles AS text[]))))"
)
_FILTERS: Final = {
    "status": "status = :status",
    "type": "type = :type",
    "query": "position(lower(:query) IN lower(name || ' ' || description)) > 0",
    "last_id": "(created_at, id) < (:last_at, :last_id)",
}
_PLACE: Final = "(SELECT created_at, id FROM agents WHERE workspace_id = :workspace_id AND id = :{})"
_INSERT_VERSION: Final = Statement(
    "INSERT INTO agent_versions (workspace_id, id, version, name, properties, created_by) "
    "VALUES (:workspace_id, :id, :version, :name, cast(:properties AS jsonb), :created_by) "
    "ON CONFLICT (workspace_id, id, version) DO NOTHING RETURNING version"
)
_VERSIONS: Final = Statement(
    "SELECT version, name, properties, created_by, created_at FROM agent_versions "
    "WHERE workspace_id = :workspace_id AND id = :id AND version < :before ORDER BY version DESC LIMIT :most"
)
_COUNT_ALL: Final = Statement("SELECT count(*) AS agents FROM agents WHERE workspace_id = :workspace_id")
# Nothing is counted for an agent that is gone, or that is built in and has no row.
_COUNT: Final = Statement(
    "INSERT INTO agent_statistics AS known (workspace_id, id, executions, successes, last_run_at) "
    "SELECT a.workspace_id, a.id, 1, cast(:successes AS int), cast(:finished_at AS timestamptz) FROM agents a "
    "WHERE a.workspace_id = :workspace_id AND a.id = :id "
    "ON CONFLICT (workspace_id, id) DO UPDATE SET executions = known.executions + 1, "
    "successes = known.successes + excluded.successes, "
    "last_run_at = greatest(known.last_run_at, excluded.last_run_at)"
)
_STATISTICS: Final = Statement(
    "SELECT executions, successes, last_run_at FROM agent_statistics "
    "WHERE workspace_id = :workspace_id AND id = :id"
)


async def find(work: Transaction, agent_id: str, version: int | None) -> Found | None:
    """The agent of this id as it is, or as one of its versions; or None."""
    return await work.first(_FIND, workspace_id=work.actor.workspace_id, id=agent_id, version=version)


async def page(work: Transaction, filters: dict[str, Any], most: int) -> list[Found]:
    """Agents that fit every filter which is not None, the newest first."""
    given = {name: value for name, value in filters.items() if value is not None}
    statement = _listing(tuple(name for name in given if name in _FILTERS))
    return await work.all(statement, **work.mine, most=most, **given)


async def count(work: Transaction) -> int:
    """How many agents the workspace has, whoever made them."""
    row = await work.first(_COUNT_ALL, workspace_id=work.actor.workspace_id)
    return 0 if row is None else row.agents


async def insert_version(work: Transaction, **values: Any) -> bool:
    """Keep a version; whether it was not there yet."""
    mine = {"workspace_id": work.actor.workspace_id, "created_by": work.actor.user_id}
    return await work.first(_INSERT_VERSION, **mine, **values) is not None


async def versions(work: Transaction, agent_id: str, before: int, most: int) -> list[Found]:
    """The versions of an agent before a number, the newest first."""
    mine = {"workspace_id": work.actor.workspace_id, "id": agent_id}
    return await work.all(_VERSIONS, **mine, before=before, most=most)


async def count_turn(work: Transaction, agent_id: str, successes: int, finished_at: datetime) -> None:
    """Count one turn of an agent that is there."""
    mine = {"workspace_id": work.actor.workspace_id, "id": agent_id}
    await work.all(_COUNT, **mine, successes=successes, finished_at=finished_at)


async def statistics(work: Transaction, agent_id: str) -> Found | None:
    """The counts of an agent; None before its first turn."""
    return await work.first(_STATISTICS, workspace_id=work.actor.workspace_id, id=agent_id)


async def stretch(work: Transaction, asked: Asked, values: dict[str, Any]) -> list[Found]:
    """One agent more than the stretch holds, archived ones left out; the nearest first when it lies before an agent."""
    is_turned = asked.before is not None and asked.after is None
    statement = _stretch(asked.ascending, is_turned, asked.after is not None, asked.before is not None)
    given = {"after": asked.after, "before": asked.before, "most": asked.limit + 1}
    return await work.all(statement, **work.mine, **values, **given)


@cache
def _stretch(ascending: bool, is_turned: bool, has_after: bool, has_before: bool) -> Statement:
    sign, other = (">", "<") if ascending else ("<", ">")
    conditions = ["workspace_id = :workspace_id", "status <> 'archived'", _VISIBLE]
    if has_after:
        conditions.append(f"(created_at, id) {sign} {_PLACE.format('after')}")
    if has_before:
        conditions.append(f"(created_at, id) {other} {_PLACE.format('before')}")
    way = "ASC" if ascending != is_turned else "DESC"
    return Statement(
        f"SELECT {_COLUMNS} FROM agents WHERE {' AND '.join(conditions)} "  # only what stands above
        f"ORDER BY created_at {way}, id {way} LIMIT :most"
    )


@cache
def _listing(filters: tuple[str, ...]) -> Statement:
    conditions = ["workspace_id = :workspace_id", _VISIBLE, *(_FILTERS[name] for name in filters)]
    return Statement(
        f"SELECT {_COLUMNS} FROM agents WHERE {' AND '.join(conditions)} "  # only what stands above
        "ORDER BY created_at DESC, id DESC LIMIT :most"
    )
