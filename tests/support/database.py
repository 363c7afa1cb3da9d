"""The database as its owner sees it, past every row policy: what a test compares the actors' view with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.settings import Settings
from steward.kernel.work import asyncpg_dsn

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Values = dict[str, Any]

# Ended, so that no sweep of a server takes a made-up row for work that a dead process left.
_ENDED = {"runs": {"status": "completed"}, "model_calls": {"status": "completed"}}
# What a check asks for beyond columns that must have a value.
_FITTING = {
    "budgets": {"limit_tokens": 10**12},
    "mcp_servers": {"transport": "http", "url": "https://mcp.example.com/mcp"},
}
# Part of what must be there once.
_FRESH = {("budgets", "subject_id")}

# alembic keeps its own place in a table that belongs to the owner alone.
UNTENANTED = frozenset({"alembic_version"})


@asynccontextmanager
async def as_owner(settings: Settings) -> AsyncGenerator[Connection]:
    """A connection as the superuser of the tests' own server."""
    connection = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(settings.data_dir).owner_url))
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    try:
        yield connection
    finally:
        await connection.close()


async def queued(settings: Settings, words: str, count: int = 1) -> None:
    """Wait until so many statements with these words wait for a lock of somebody else's.

    Raises:
        AssertionError: they do not come.
    """
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
    async with as_owner(settings) as owner:
        for _ in range(1_500):
            if await owner.fetchval(query, f"%{words}%") >= count:
                return
            await asyncio.sleep(0.01)
    raise AssertionError(f"{words}: not {count} statements wait")


async def let_time_pass(settings: Settings, workspace_id: str, seconds: float) -> None:
    """Bring the deadlines of a workspace's waiting calls nearer; a clock set forward would end those of all tests."""
    async with as_owner(settings) as owner:
        await owner.execute(
            "UPDATE tool_calls SET expires_at = expires_at - make_interval(secs => $2) "
            "WHERE workspace_id = $1 AND state = 'waiting'",
            workspace_id,
            seconds,
        )


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type's name, and whether a row must bring a value."""

    name: str
    type: str
    needed: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key: its columns, and those that they point at."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the catalogue describes it."""

    name: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    foreign_keys: list[ForeignKey]
    choices: dict[str, str]
    """For a column with a check constraint over a list: one value that it takes."""
    policies: dict[str, str]
    """What the policies of the app role say, by command."""

    @property
    def has_workspace(self) -> bool:
        return "workspace_id" in self.columns

    def where(self, values: Values) -> str:
        """A condition that finds the row again; ids are ours, so quoting is enough."""
        return " AND ".join(f"{name} = {_literal(values[name])}" for name in self.key)


async def read_schema(owner: Connection) -> dict[str, Table]:
    """Every table of the schema `public`, from the catalogue."""
    names = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1"
    )
    return {row[0]: await _read_table(owner, row[0]) for row in names}


async def _read_table(owner: Connection, name: str) -> Table:
    columns = await owner.fetch(
        "SELECT attname, format_type(atttypid, NULL), "
        "attnotnull AND NOT atthasdef AND attgenerated = '' AND attidentity = '' "
        "FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        name,
    )
    constraints = await owner.fetch(
        "SELECT contype::text, pg_get_constraintdef(oid), "
        "(SELECT array_agg(attname::text ORDER BY at) FROM unnest(conkey) WITH ORDINALITY AS k(number, at) "
        " JOIN pg_attribute ON attrelid = conrelid AND attnum = k.number), "
        "(SELECT relname::text FROM pg_class WHERE pg_class.oid = confrelid), "
        "(SELECT array_agg(attname::text ORDER BY at) FROM unnest(confkey) WITH ORDINALITY AS k(number, at) "
        " JOIN pg_attribute ON attrelid = confrelid AND attnum = k.number) "
        "FROM pg_constraint WHERE conrelid = $1::text::regclass",
        name,
    )
    policies = await owner.fetch(
        "SELECT cmd, coalesce(qual, '') || ' ' || coalesce(with_check, '') FROM pg_policies "
        "WHERE schemaname = 'public' AND tablename = $1 AND 'steward_app' = ANY (roles)",
        name,
    )
    return Table(
        name=name,
        columns={row[0]: Column(row[0], row[1], row[2]) for row in columns},
        key=next((tuple(row[2]) for row in constraints if row[0] == "p"), ()),
        foreign_keys=[
            ForeignKey(tuple(row[2]), row[3], tuple(row[4])) for row in constraints if row[0] == "f"
        ],
        choices={
            row[2][0]: row[1].split("'")[1] for row in constraints if row[0] == "c" and "ARRAY['" in row[1]
        },
        policies={row[0]: row[1] for row in policies},
    )


class RowMaker:
    """Makes a row of any table, with every row that it points at; past the policies."""

    def __init__(self, owner: Connection, schema: dict[str, Table]) -> None:
        self._owner = owner
        self._schema = schema
        self._made = 0

    async def make(self, table: str, workspace_id: str, user_id: str) -> Values:
        """A row of a workspace and a user, stored; its values."""
        values = await self.values(table, workspace_id, user_id)
        await self._owner.execute(insert(table, values))
        return values

    async def values(self, table: str, workspace_id: str, user_id: str) -> Values:
        """The values of a row that could be stored; the rows that it points at are stored."""
        known = {"workspace_id": workspace_id, "user_id": user_id}
        described = self._schema[table]
        values: Values = {name: value for name, value in known.items() if name in described.columns}
        values |= {**_ENDED.get(table, {}), **_FITTING.get(table, {})}
        for key in described.foreign_keys:
            if {"workspaces", "users"} & {key.table} or not self._is_needed(described, key):
                continue
            parent = await self.make(key.table, workspace_id, user_id)
            values |= dict(zip(key.columns, (parent[target] for target in key.targets), strict=True))
        for column in described.columns.values():
            if (column.needed or (table, column.name) in _FRESH) and column.name not in values:
                values[column.name] = described.choices.get(column.name) or self.fill(table, column)
        return values

    def fill(self, table: str, column: Column) -> Any:
        """A fresh value of a column's type."""
        self._made += 1
        samples: dict[str, Any] = {
            "text": f"{table}_{id(self):x}_{self._made}",
            "character varying": f"{table}_{id(self):x}_{self._made}",
            "integer": self._made,
            "bigint": self._made,
            "smallint": self._made,
            "tsvector": "word",
            "halfvec": "[1,0]",
            "numeric": self._made,
            "double precision": 1.5,
            "boolean": False,
            "date": "2026-01-02",
            "timestamp with time zone": "2026-01-02 03:04:05+00",
            "jsonb": "{}",
            "bytea": "\\x00ff",
        }
        assert column.type in samples, f"teach RowMaker a value of type {column.type} ({table}.{column.name})"
        return samples[column.type]

    @staticmethod
    def _is_needed(table: Table, key: ForeignKey) -> bool:
        return all(table.columns[name].needed for name in key.columns)


def insert(table: str, values: Values) -> str:
    """The statement that stores a row."""
    literals = ", ".join(map(_literal, values.values()))
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({literals})"  # noqa: S608  # values of tests only


def _literal(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"
