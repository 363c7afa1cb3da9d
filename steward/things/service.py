"""What can be done with things and connections. The rooms that own a kind call it; they ask for the role, and they
tell the audit log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec
from pydantic import BaseModel

from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Found, Transaction
from steward.things import queries
from steward.things.kinds import Kind, named, register, registered

__all__ = ["Connection", "Kind", "Page", "Thing", "named", "register", "registered"]

Model = TypeVar("Model", bound=BaseModel)

_SEES_ALL: Final = ("owner", "admin")


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing as it was read."""

    id: str
    kind: str
    name: str
    status: str
    properties: dict[str, Any]
    created_by: str
    created_at: datetime
    updated_at: datetime

    def read(self, model: type[Model]) -> Model:
        """The properties with their types."""
        return model.model_validate(self.properties)


@dataclass(frozen=True, slots=True)
class Connection:
    """An arrow between two ids as it was read."""

    id: str
    type: str
    from_id: str
    to_id: str
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime


Item = TypeVar("Item", Thing, Connection)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of a list, and the cursor of the next ones."""

    items: list[Item]
    next_cursor: str | None


async def create(
    work: Transaction,
    kind: Kind[Model],
    name: str,
    properties: Model,
    *,
    thing_id: str | None = None,
    status: str = "active",
) -> Thing:
    """Make a thing, or return the one that has the given id already, as it is.

    Raises:
        NotFound: the given id belongs to a thing of another kind.
    """
    thing_id = thing_id or new_id(kind.prefix)
    return (await create_once(work, kind, thing_id, name, properties, status=status))[0]


async def create_once(
    work: Transaction,
    kind: Kind[Model],
    thing_id: str,
    name: str,
    properties: Model,
    *,
    status: str = "active",
) -> tuple[Thing, bool]:
    """The same for whoever must know, to tell the audit log once.

    Returns: the thing, and whether it was made just now.

    Raises:
        NotFound: the id belongs to a thing of another kind.
    """
    kind.ensure_fits(properties, status)
    row = await queries.insert(
        work,
        id=thing_id,
        kind=kind.name,
        name=name,
        status=status,
        properties=_written(properties),
        created_by=work.actor.user_id,
    )
    return (await get(work, kind, thing_id), False) if row is None else (Thing(*row), True)


async def get(work: Transaction, kind: Kind[Any], thing_id: str, *, lock: bool = False) -> Thing:
    """A thing of this kind; with `lock` nobody else changes it until the work commits.

    Raises:
        NotFound: there is none in the actor's workspace.
    """
    return _there(await queries.find(work, thing_id, kind.name, lock=lock), kind.title)


async def find(work: Transaction, kind: Kind[Any], thing_id: str) -> Thing | None:
    """A thing of this kind, or None."""
    row = await queries.find(work, thing_id, kind.name, lock=False)
    return None if row is None else Thing(*row)


async def page(
    work: Transaction,
    kind: Kind[Any],
    *,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    query: str | None = None,
    holding: Mapping[str, Any] | None = None,
) -> Page[Thing]:
    """Things of a kind, the newest first.

    Args:
        work: of whoever asks.
        kind: of all of them.
        limit: how many at most.
        cursor: of the page before.
        status: only those.
        query: letters that the name must hold, in any case.
        holding: properties that must have these values.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    filters = {"kind": kind.name, "status": status, "query": query, "holding": _json(holding)}
    return await _things(work, filters, limit, cursor)


async def count(work: Transaction, kind: Kind[Any], *, status: str | None = None) -> int:
    """How many things of a kind there are."""
    return await queries.count(work, "things", {"kind": kind.name, "status": status})


async def change(
    work: Transaction,
    thing: Thing,
    *,
    name: str | None = None,
    status: str | None = None,
    properties: BaseModel | None = None,
) -> Thing:
    """Change a thing; None leaves as it is, and properties are replaced as a whole, so lock it before reading them.

    Raises:
        NotFound: it is gone.
    """
    kind = named(thing.kind)
    kind.ensure_fits(properties, status)
    row = await queries.update(
        work,
        id=thing.id,
        kind=thing.kind,
        name=name,
        status=status,
        properties=None if properties is None else _written(properties),
    )
    return _there(row, kind.title)


async def delete(work: Transaction, kind: Kind[Any], thing_id: str) -> None:
    """Delete a thing and the connections at it.

    Raises:
        NotFound: there is none in the actor's workspace.
    """
    if not await queries.delete(work, kind.name, thing_id):
        raise no_thing(kind.title)


async def page_of_all(
    work: Transaction,
    kind: Kind[Any] | None,
    *,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    query: str | None = None,
) -> Page[Thing]:
    """What the actor may see of a kind, or of every kind, the newest first. Rooms list their own kinds by `page`.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    filters = {"kind": kind and kind.name, "status": status, "query": query, **_maker(work)}
    return await _things(work, filters, limit, cursor)


async def count_of_all(work: Transaction, kind: Kind[Any] | None) -> int:
    """How many things of a kind, or of every kind, the actor may see."""
    return await queries.count(work, "things", {"kind": kind and kind.name, **_maker(work)})


async def get_any(work: Transaction, thing_id: str) -> Thing:
    """A thing of whatever kind.

    Raises:
        NotFound: there is none that the actor may see.
    """
    return _there(await queries.find_any(work, thing_id, _maker(work)), "Thing")


async def connect(work: Transaction, type: str, from_id: str, to_id: str, /, **metadata: Any) -> None:
    """Connect two ids, once for each type; metadata is added to what is there, and the connection is as new again."""
    await queries.connect(
        work,
        id=new_id("conn"),
        type=type,
        from_id=from_id,
        to_id=to_id,
        metadata=msgspec.json.encode(metadata).decode(),
    )


async def connections(
    work: Transaction,
    *,
    limit: int,
    cursor: str | None = None,
    type: str | None = None,
    from_id: str | None = None,
    to_id: str | None = None,
) -> Page[Connection]:
    """Connections, the newest first. Those that begin at a user are shown to that user, to admins and to owners.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    filters = {"type": type, "from_id": from_id, "to_id": to_id, **_viewer(work), **_after(cursor)}
    rows = await queries.connections(work, filters, limit + 1)
    return _page([Connection(*row) for row in rows[:limit]], is_last=len(rows) <= limit)


async def count_connections(work: Transaction) -> int:
    """How many connections the actor may see."""
    return await queries.count(work, "connections", _viewer(work))


def no_thing(title: str) -> NotFound:
    """The refusal for a thing that is not there, or not the actor's."""
    return NotFound(f"There is no such {title.lower()}.")


def _there(row: Found | None, title: str) -> Thing:
    if row is None:
        raise no_thing(title)
    return Thing(*row)


def _written(properties: BaseModel) -> str:
    return properties.model_dump_json()


def _viewer(work: Transaction) -> dict[str, str | None]:
    return {"viewer_id": None if work.actor.role in _SEES_ALL else work.actor.user_id}


def _maker(work: Transaction) -> dict[str, Any]:
    shared = [kind.name for kind in registered() if kind.shared]
    return {} if work.actor.role in _SEES_ALL else {"maker_id": work.actor.user_id, "shared": shared}


def _json(values: Mapping[str, Any] | None) -> str | None:
    return msgspec.json.encode(values).decode() if values else None


async def _things(
    work: Transaction, filters: Mapping[str, Any], limit: int, cursor: str | None
) -> Page[Thing]:
    rows = await queries.things(work, {**filters, **_after(cursor)}, limit + 1)
    return _page([Thing(*row) for row in rows[:limit]], is_last=len(rows) <= limit)


def _after(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    last_at, last_id = read_cursor(cursor, datetime, str)
    return {"last_at": last_at, "last_id": last_id}


def _page(items: list[Item], *, is_last: bool) -> Page[Item]:
    return Page(items, None if is_last else write_cursor(items[-1].created_at, items[-1].id))
