"""Tickets: somebody's need for help, numbered in each workspace."""

from __future__ import annotations

from typing import Any

from steward.audit import service as audit
from steward.kernel import runtime
from steward.kernel.work import Work
from steward.tasks import queries
from steward.tasks.kinds import TICKET, TicketProperties
from steward.tasks.schemas import TicketChange, TicketCreate, TicketPage, TicketRead
from steward.things import service as things
from steward.things.service import Thing


async def create(
    work: Work, wanted: TicketCreate, *, ticket_id: str | None = None, thread_id: str | None = None
) -> TicketRead:
    """Open a ticket under the workspace's next number; one that has the given id already is returned as it is.

    Args:
        work: of whoever asks for it.
        wanted: what help is needed with.
        ticket_id: for a call that may run twice.
        thread_id: the conversation in which it came up.

    Raises:
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    # Before the look, so that two runs of one call do not both take a number.
    number = await queries.lock_number(work) + 1
    if ticket_id is not None and (known := await things.find(work, TICKET, ticket_id)) is not None:
        return _read(known)
    properties = TicketProperties(
        number=number,
        description=wanted.description,
        priority=wanted.priority,
        requester=wanted.requester,
        thread_id=thread_id,
    )
    made = await things.create(work, TICKET, wanted.subject, properties, thing_id=ticket_id, status="open")
    await queries.give_number(work, number)
    await audit.record(work, "ticket_created", "ticket", made.id, number=number, priority=wanted.priority)
    return _read(made)


async def get(work: Work, ticket_id: str) -> TicketRead:
    """A ticket.

    Raises:
        NotFound: there is none in the actor's workspace.
    """
    return _read(await things.get(work, TICKET, ticket_id))


async def page(
    work: Work,
    *,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    query: str | None = None,
) -> TicketPage:
    """The workspace's tickets, the newest first."""
    found = await things.page(work, TICKET, limit=limit, cursor=cursor, status=status, query=query)
    return TicketPage(items=[_read(thing) for thing in found.items], next_cursor=found.next_cursor)


async def change(work: Work, ticket_id: str, wanted: TicketChange) -> TicketRead:
    """Change a ticket, or say how far it is.

    Raises:
        Forbidden: the actor may only read.
        NotFound: there is none in the actor's workspace.
    """
    work.actor.ensure_role("member")
    thing = await things.get(work, TICKET, ticket_id, lock=True)
    new: dict[str, Any] = wanted.model_dump(
        exclude_none=True, include={"description", "priority", "requester"}
    )
    properties = thing.read(TicketProperties).model_copy(update=new)
    changed = await things.change(
        work, thing, name=wanted.subject, status=wanted.status, properties=properties
    )
    await audit.record(work, "ticket_changed", "ticket", ticket_id, fields=sorted(wanted.model_fields_set))
    return _read(changed)


async def delete(work: Work, ticket_id: str) -> None:
    """Delete a ticket; its number is not given again.

    Raises:
        Forbidden: the actor may only read.
        NotFound: there is none in the actor's workspace.
    """
    work.actor.ensure_role("member")
    await things.delete(work, TICKET, ticket_id)
    await audit.record(work, "ticket_deleted", "ticket", ticket_id)


def url_of(ticket_id: str) -> str:
    """Where the app shows a ticket."""
    base = (runtime.current().settings.public_url or "").rstrip("/")
    return f"{base}/tickets/{ticket_id}"


def _read(thing: Thing) -> TicketRead:
    properties = thing.read(TicketProperties)
    return TicketRead.model_validate(
        {
            "id": thing.id,
            "subject": thing.name,
            "status": thing.status,
            "url": url_of(thing.id),
            "created_by": thing.created_by,
            "created_at": thing.created_at,
            "updated_at": thing.updated_at,
            **properties.model_dump(),
        }
    )
