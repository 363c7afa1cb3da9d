"""Native REST of things, connections and events: read only; what changes a thing belongs to the room of its kind."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query

from steward.audit import service as audit
from steward.audit.schemas import EventPage
from steward.identity.access import InTransaction
from steward.kernel.pages import AnyId, CleanText, PageSize
from steward.things import service
from steward.things.schemas import ConnectionPage, ConnectionRead, ThingPage, ThingRead

router = APIRouter(tags=["things"])

_Cursor: TypeAlias = Annotated[str | None, Query(max_length=500)]


@router.get("/things")
async def list_things(
    work: InTransaction,
    kind: AnyId | None = None,
    status: AnyId | None = None,
    q: Annotated[CleanText | None, Query(max_length=200, description="Letters of the name.")] = None,
    limit: PageSize = 30,
    cursor: _Cursor = None,
) -> ThingPage:
    """List the workspace's things of one kind or of all, the newest first.

    A kind that is not shared is shown to whoever made the thing, to admins and to owners.
    """
    chosen = None if kind is None else service.named(kind)
    found = await service.page_of_all(work, chosen, limit=limit, cursor=cursor, status=status, query=q)
    return ThingPage(
        items=[ThingRead.model_validate(item) for item in found.items], next_cursor=found.next_cursor
    )


@router.get("/things/{thing_id}")
async def read_thing(work: InTransaction, thing_id: AnyId) -> ThingRead:
    """A thing of whatever kind."""
    return ThingRead.model_validate(await service.get_any(work, thing_id))


@router.get("/connections")
async def list_connections(
    work: InTransaction,
    type: AnyId | None = None,
    from_id: AnyId | None = None,
    to_id: AnyId | None = None,
    limit: PageSize = 30,
    cursor: _Cursor = None,
) -> ConnectionPage:
    """List the workspace's connections, the newest first.

    Those that begin at a user are shown to that user, to admins and to owners.
    """
    found = await service.connections(
        work, limit=limit, cursor=cursor, type=type, from_id=from_id, to_id=to_id
    )
    return ConnectionPage(
        items=[ConnectionRead.model_validate(item) for item in found.items], next_cursor=found.next_cursor
    )


# Here and not in its own room: audit lies below identity, and a route asks who calls.
@router.get("/events", tags=["audit"])
async def list_events(
    work: InTransaction,
    type: AnyId | None = None,
    target_id: AnyId | None = None,
    limit: PageSize = 30,
    cursor: _Cursor = None,
) -> EventPage:
    """List what happened, the newest first: everybody's doings for admins and owners, else one's own."""
    return await audit.page(work, limit=limit, cursor=cursor, type=type, target_id=target_id)
