"""SQL of things and connections: prepared statements, since agents are read at the start of every turn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from steward.kernel.work import Found, Statement, Transaction

_COLUMNS: Final = "id, kind, name, status, properties, created_by, created_at, updated_at"
_INSERT: Final = Statement(
    "INSERT INTO things (workspace_id, id, kind, name, status, properties, created_by) VALUES "
    "(:workspace_id, :id, :kind, :name, :status, cast(:properties AS jsonb), :created_by) "
    f"ON CONFLICT (workspace_id, id) DO NOTHING RETURNING {_COLUMNS}"
)
_FIND_SQL: Final = (
    f"SELECT {_COLUMNS} FROM things WHERE workspace_id = :workspace_id AND kind = :kind AND id = :id"
)
_FIND: Final = Statement(_FIND_SQL)
_LOCK: Final = Statement(f"{_FIND_SQL} FOR UPDATE")
_UPDATE: Final = Statement(
    "UPDATE things SET name = coalesce(:name, name), status = coalesce(:status, status), "
    "properties = coalesce(cast(:properties AS jsonb), properties), updated_at = now() "
    f"WHERE workspace_id = :workspace_id AND kind = :kind AND id = :id RETURNING {_COLUMNS}"
)
_DELETE: Final = Statement(
    "DELETE FROM things WHERE workspace_id = :workspace_id AND kind = :kind AND id = :id RETURNING id"
)
_DISCONNECT: Final = Statement(
    "DELETE FROM connections WHERE workspace_id = :workspace_id AND (from_id = :id OR to_id = :id)"
)
_CONNECT: Final = Statement(
    "INSERT INTO connections AS known (workspace_id, id, type, from_id, to_id, metadata) VALUES "
    "(:workspace_id, :id, :type, :from_id, :to_id, cast(:metadata AS jsonb)) "
    "ON CONFLICT (workspace_id, type, from_id, to_id) DO UPDATE SET "
    "metadata = known.metadata || excluded.metadata, updated_at = now()"
)
_CONNECTION_COLUMNS: Final = "id, type, from_id, to_id, metadata, created_at, updated_at"
_FILTERS: Final = {
    "id": "id = :id",
    "kind": "kind = :kind",
    "status": "status = :status",
    # No pattern: what is looked for may hold any sign.
    "query": "position(lower(:query) IN lower(name)) > 0",
    "holding": "properties @> cast(:holding AS jsonb)",
    "maker_id": "(created_by = :maker_id OR kind = ANY (cast(:shared AS text[])))",
    "type": "type = :type",
    "from_id": "from_id = :from_id",
    "to_id": "to_id = :to_id",
    # Whom a colleague talks to is theirs to tell: arrows that begin at a user are shown to that user.
    "viewer_id": "(from_id = :viewer_id OR NOT starts_with(from_id, 'user_'))",
    "last_id": "(created_at, id) < (:last_at, :last_id)",
}
Filters = Mapping[str, Any]


async def insert(work: Transaction, **values: Any) -> Found | None:
    """Store a thing; None when its id is there already."""
    return await work.first(_INSERT, workspace_id=work.actor.workspace_id, **values)


async def find(work: Transaction, thing_id: str, kind: str, *, lock: bool) -> Found | None:
    """The thing of this id, of one kind; or None."""
    mine = {"workspace_id": work.actor.workspace_id, "id": thing_id}
    return await work.first(_LOCK if lock else _FIND, **mine, kind=kind)


async def find_any(work: Transaction, thing_id: str, maker: Filters) -> Found | None:
    """The thing of this id, of any kind that the actor may see; or None."""
    rows = await _listed(work, "things", _COLUMNS, {"id": thing_id, **maker}, 1)
    return rows[0] if rows else None


async def update(work: Transaction, **values: Any) -> Found | None:
    """Change what is not None; None when the thing is gone."""
    return await work.first(_UPDATE, workspace_id=work.actor.workspace_id, **values)


async def delete(work: Transaction, kind: str, thing_id: str) -> bool:
    """Delete a thing and the arrows at it; whether it was there."""
    mine = {"workspace_id": work.actor.workspace_id, "id": thing_id}
    if await work.first(_DELETE, **mine, kind=kind) is None:
        return False
    await work.all(_DISCONNECT, **mine)
    return True


async def connect(work: Transaction, **values: str) -> None:
    """Draw an arrow, or add to the metadata of the one that is there."""
    await work.all(_CONNECT, workspace_id=work.actor.workspace_id, **values)


async def things(work: Transaction, filters: Filters, most: int) -> list[Found]:
    """Things that fit every filter, newest first."""
    return await _listed(work, "things", _COLUMNS, filters, most)


async def connections(work: Transaction, filters: Filters, most: int) -> list[Found]:
    """Connections that fit every filter, newest first."""
    return await _listed(work, "connections", _CONNECTION_COLUMNS, filters, most)


async def count(work: Transaction, table: str, filters: Filters) -> int:
    """How many rows of a table of this room fit every filter."""
    given = _given(filters)
    row = await work.first(_counting(table, _names(given)), workspace_id=work.actor.workspace_id, **given)
    assert row is not None, "a count has a row"
    return row.total


async def _listed(work: Transaction, table: str, columns: str, filters: Filters, most: int) -> list[Found]:
    given = _given(filters)
    statement = _listing(table, columns, _names(given))
    return await work.all(statement, workspace_id=work.actor.workspace_id, most=most, **given)


def _given(filters: Filters) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


def _names(given: Filters) -> tuple[str, ...]:
    return tuple(name for name in _FILTERS if name in given)


@cache
def _listing(table: str, columns: str, filters: tuple[str, ...]) -> Statement:
    return Statement(
        f"SELECT {columns} FROM {table} WHERE {_condition(filters)} "  # only what stands above
        "ORDER BY created_at DESC, id DESC LIMIT :most"
    )


@cache
def _counting(table: str, filters: tuple[str, ...]) -> Statement:
    return Statement(f"SELECT count(*) AS total FROM {table} WHERE {_condition(filters)}")  # the same


def _condition(filters: tuple[str, ...]) -> str:
    return " AND ".join(["workspace_id = :workspace_id", *(_FILTERS[name] for name in filters)])
