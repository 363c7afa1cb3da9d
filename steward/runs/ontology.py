"""The ontology: everything that a workspace holds, in seven dimensions and one shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from steward.audit import service as audit
from steward.identity import service as identity
from steward.kernel.work import Work
from steward.knowledge import collections, documents
from steward.things import service as things
from steward.threads import service as threads
from steward.usage import reports
from steward.usage.reports import CallFilter

DimensionName = Literal["groups", "things", "connections", "events", "knowledge", "aiCalls", "aiThreads"]


class KindRead(BaseModel):
    """A kind of thing, as the room that owns it registered it."""

    name: str
    title: str
    statuses: list[str] = Field(description="What may become of such a thing; empty for anything.")
    properties_schema: dict[str, Any] = Field(description="JSON Schema of the properties.")
    count: int


class DimensionRead(BaseModel):
    """A dimension, and how much of it the caller may see."""

    name: DimensionName
    description: str
    count: int
    kinds: list[KindRead] = Field(default=[], description="Of the dimension `things`; the others have none.")


class OntologyRead(BaseModel):
    """What the workspace is made of."""

    dimensions: list[DimensionRead]


class OntologyRow(BaseModel):
    """Something of any dimension."""

    id: str
    type: str
    name: str
    properties: dict[str, Any]
    created_at: datetime


class OntologyPage(BaseModel):
    """A page of a dimension, newest first."""

    items: list[OntologyRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the seven: what it holds, how many rows of it the actor may see, and a page of them."""

    name: DimensionName
    description: str
    count: Callable[[Work], Awaitable[int]]
    page: Callable[[Work, int, str | None], Awaitable[OntologyPage]]


async def overview(work: Work) -> OntologyRead:
    """The dimensions with their counts, and the kinds of thing with the schema of their properties."""
    found = [
        DimensionRead(
            name=one.name,
            description=one.description,
            count=await one.count(work),
            kinds=await _kinds(work) if one.name == "things" else [],
        )
        for one in DIMENSIONS.values()
    ]
    return OntologyRead(dimensions=found)


async def page(work: Work, dimension: DimensionName, *, limit: int, cursor: str | None) -> OntologyPage:
    """A page of a dimension, the newest first.

    Raises:
        Invalid: the cursor is not one of this dimension.
    """
    return await DIMENSIONS[dimension].page(work, limit, cursor)


async def _kinds(work: Work) -> list[KindRead]:
    return [
        KindRead(
            name=kind.name,
            title=kind.title,
            statuses=list(kind.statuses),
            properties_schema=kind.properties.model_json_schema(),
            count=await things.count_of_all(work, kind),
        )
        for kind in things.registered()
    ]


async def _one_group(work: Work) -> int:
    del work
    return 1  # an actor is in one workspace, and sees no other


async def _groups(work: Work, limit: int, cursor: str | None) -> OntologyPage:
    del limit, cursor
    return OntologyPage(items=[OntologyRow(**(await identity.group(work)).model_dump())], next_cursor=None)


async def _count_things(work: Work) -> int:
    return await things.count_of_all(work, None)


async def _things(work: Work, limit: int, cursor: str | None) -> OntologyPage:
    found = await things.page_of_all(work, None, limit=limit, cursor=cursor)
    items = [
        OntologyRow(
            id=one.id,
            type=one.kind,
            name=one.name,
            properties={**one.properties, "status": one.status, "created_by": one.created_by},
            created_at=one.created_at,
        )
        for one in found.items
    ]
    return OntologyPage(items=items, next_cursor=found.next_cursor)


async def _connections(work: Work, limit: int, cursor: str | None) -> OntologyPage:
    found = await things.connections(work, limit=limit, cursor=cursor)
    items = [
        OntologyRow(
            id=one.id,
            type=one.type,
            name=f"{one.from_id} → {one.to_id}",
            properties={"from": one.from_id, "to": one.to_id, "metadata": one.metadata},
            created_at=one.created_at,
        )
        for one in found.items
    ]
    return OntologyPage(items=items, next_cursor=found.next_cursor)


async def _events(work: Work, limit: int, cursor: str | None) -> OntologyPage:
    found = await audit.page(work, limit=limit, cursor=cursor)
    items = [
        OntologyRow(
            id=one.id,
            type=one.type,
            name=one.type.replace("_", " "),
            properties={
                "actor_id": one.actor_id,
                "target_type": one.target_type,
                "target_id": one.target_id,
                "metadata": one.metadata,
            },
            created_at=one.created_at,
        )
        for one in found.items
    ]
    return OntologyPage(items=items, next_cursor=found.next_cursor)


async def _knowledge(work: Work, limit: int, cursor: str | None) -> OntologyPage:
    found = await documents.page(work, limit=limit, cursor=cursor)
    held = {
        collection_id: await collections.get(work, collection_id)
        for collection_id in {one.collection_id for one in found.items}
    }
    items = [
        OntologyRow(
            id=one.id,
            type="document",
            name=one.title,
            properties={
                **one.model_dump(
                    mode="json", include={"source", "status", "tags", "attributes", "language", "url"}
                ),
                "collection_id": one.collection_id,
                "passages": one.chunks_done,
                "embedding_model": held[one.collection_id].embedding_model,
                "embedding_dimensions": held[one.collection_id].dimensions,
            },
            created_at=one.created_at,
        )
        for one in found.items
    ]
    return OntologyPage(items=items, next_cursor=found.next_cursor)


async def _calls(work: Work, limit: int, cursor: str | None) -> OntologyPage:
    found = await reports.calls(work, CallFilter(), limit=limit, cursor=cursor)
    items = [
        OntologyRow(
            id=one.id,
            type=one.purpose,
            name=f"{one.provider}/{one.model}",
            properties=one.model_dump(mode="json", exclude={"id", "purpose", "created_at"}),
            created_at=one.created_at,
        )
        for one in found.items
    ]
    return OntologyPage(items=items, next_cursor=found.next_cursor)


async def _threads(work: Work, limit: int, cursor: str | None) -> OntologyPage:
    found = await threads.newest(work, limit=limit, cursor=cursor)
    items = [
        OntologyRow(
            id=one.id,
            type="conversation",
            name=one.title,
            properties={
                "agent_id": one.agent_id,
                "model": one.model,
                "status": "archived" if one.archived else one.status,
                "created_by": work.actor.user_id,
                "message_count": one.message_count,
                "token_count": one.token_count,
            },
            created_at=one.created_at,
        )
        for one in found.items
    ]
    return OntologyPage(items=items, next_cursor=found.next_cursor)


_EVERY: Final = [
    Dimension(
        "groups",
        "Who shares all the rest: the workspace, of type organization, with its plan among the properties.",
        _one_group,
        _groups,
    ),
    Dimension(
        "things",
        "Typed objects with a name, a status and properties: agents, tasks, tickets and what else rooms register.",
        _count_things,
        _things,
    ),
    Dimension(
        "connections",
        "Arrows between two ids, such as from a user to an agent with the time of the last conversation. Those that "
        "begin at a user are shown to that user, to admins and to owners.",
        things.count_connections,
        _connections,
    ),
    Dimension(
        "events",
        "What happened, by whom and to what, append-only: everybody's doings for admins and owners, else one's own.",
        audit.count,
        _events,
    ),
    Dimension(
        "knowledge",
        "Documents whose passages are found by meaning and by words; each collection remembers its embedding model.",
        documents.count,
        _knowledge,
    ),
    Dimension(
        "aiCalls",
        "Every call of a model with its tokens and cost: everybody's for admins and owners, else one's own.",
        reports.count,
        _calls,
    ),
    Dimension(
        "aiThreads",
        "Conversations with agents; they are personal, and nobody sees another's.",
        threads.count,
        _threads,
    ),
]
DIMENSIONS: Final = {one.name: one for one in _EVERY}
