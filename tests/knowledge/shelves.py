"""Collections for tests: made, changed, looked at, and kept from being made ready."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

from steward.kernel import runtime
from steward.kernel.runtime import Runtime
from steward.knowledge import collections, documents
from steward.knowledge.jobs import Desk
from steward.knowledge.schemas import CollectionChange, CollectionCreate, CollectionRead, DocumentRead
from tests.conftest import Person
from tests.knowledge.library import add, settled

REMOTE: Final = "openai/text-embedding-3-small"
_PLACES: Final = 4


async def made(person: Person, **wanted: Any) -> CollectionRead:
    """A new collection."""
    return await collections.create(person.actor, CollectionCreate(name="Manuals", **wanted))


async def changed(person: Person, collection_id: str, **wanted: Any) -> CollectionRead:
    """The collection after a change."""
    return await collections.change(person.actor, collection_id, CollectionChange(**wanted))


async def look_at(person: Person, collection_id: str) -> CollectionRead:
    """The collection as it is now."""
    async with runtime.current().database.work(person.actor) as work:
        return await collections.get(work, collection_id)


async def all_settled(person: Person, collection_id: str) -> CollectionRead:
    """The collection once each of its documents is ready or failed."""
    async with runtime.current().database.work(person.actor) as work:
        page = await documents.page(work, limit=100, cursor=None, collection_id=collection_id)
    for document in page.items:
        await settled(person.actor, document.id)
    return await look_at(person, collection_id)


async def long_one(person: Person, passages: int = 600, **facts: Any) -> DocumentRead:
    """A document of so many short passages, on its way."""
    collection = await made(person, chunk_tokens=32)
    text = "\n\n".join(
        f"Part {n} of the machine is held by the long screw with number {n}." for n in range(passages)
    )
    return await add(person.actor, text, "parts.txt", wait=False, collection_id=collection.id, **facts)


@asynccontextmanager
async def nobody_at_the_desk(house: Runtime) -> AsyncGenerator[None]:
    """Nothing is made ready while the block lasts: every place is taken."""
    places = house.part(Desk).places
    for _ in range(_PLACES):
        await places.acquire()
    try:
        yield
    finally:
        for _ in range(_PLACES):
            places.release()


async def at_rest(house: Runtime) -> None:
    """Until nobody sits at the desk: what was under way has ended."""
    async with nobody_at_the_desk(house):
        pass
