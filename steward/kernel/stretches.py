"""Stretches of lists: cut by the ids of items that the client knows, in either direction.

Pages by an opaque cursor are in `pages`; clients of OpenAI name the items themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which stretch of a list.

    Attributes:
        limit: of items.
        ascending: the oldest first; else the newest.
        after: the id of an item: what follows it in the order shown.
        before: the id of an item: what is ahead of it, as near to it as the limit allows.
    """

    limit: int = 20
    ascending: bool = False
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """Items in the order shown, and whether the list goes on."""

    items: list[T]
    has_more: bool


async def read(
    session: AsyncSession,
    query: Select[T],
    keys: Sequence[InstrumentedAttribute[Any]],
    asked: Asked,
    position: Callable[[str], Sequence[Any]] = lambda given: (given,),
) -> Stretch[T]:
    """Read a stretch of what a query finds.

    Args:
        session: to ask with.
        query: of the whole list, without an order.
        keys: columns that order the list, the oldest first; together unique.
        asked: which stretch.
        position: the keys of the item with this id; without it the list is ordered by the id alone.
    """
    row = tuple_(*keys)
    if asked.after is not None:
        after = tuple_(*position(asked.after))
        query = query.where(row > after if asked.ascending else row < after)
    if asked.before is not None:
        before = tuple_(*position(asked.before))
        query = query.where(row < before if asked.ascending else row > before)
    # What is ahead of an item is counted from there, and turned round.
    is_turned = asked.before is not None and asked.after is None
    is_rising = asked.ascending != is_turned
    query = query.order_by(*(key.asc() if is_rising else key.desc() for key in keys))
    found = list((await session.scalars(query.limit(asked.limit + 1))).all())
    items = found[: asked.limit]
    return Stretch(items[::-1] if is_turned else items, has_more=len(found) > asked.limit)
