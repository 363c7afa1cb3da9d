"""Importing: collections that were made elsewhere, kept under their ids."""

from __future__ import annotations

from collections.abc import Collection as Ids
from datetime import datetime

from sqlalchemy import select

from steward.kernel import runtime
from steward.kernel.work import Actor, Work
from steward.knowledge import collections
from steward.knowledge.schemas import CollectionCreate
from steward.knowledge.search import place_url
from steward.knowledge.tables import Collection, Document


async def restore(
    actor: Actor, collection_id: str, wanted: CollectionCreate, created_at: datetime | None
) -> bool:
    """Make a collection under an id that it had elsewhere; whether it was not there. Refuses as `collections.create`
    does.
    """
    async with runtime.current().database.work(actor) as work:
        if await known(work, [collection_id]):
            return False
    await collections.create(actor, wanted, collection_id=collection_id, created_at=created_at)
    return True


async def known(work: Work, collection_ids: Ids[str]) -> set[str]:
    """Those of the ids that are collections of the actor's workspace."""
    query = select(Collection.id).where(
        Collection.workspace_id == work.actor.workspace_id, Collection.id.in_(collection_ids)
    )
    return set(await work.session.scalars(query))


async def documents_of(work: Work, file_ids: Ids[str]) -> dict[str, tuple[str, str]]:
    """The document that was made of each of these files, with its address; nothing is said of a file without one."""
    query = select(Document.file_id, Document.id).where(
        Document.workspace_id == work.actor.workspace_id, Document.file_id.in_(file_ids)
    )
    rows = (await work.session.execute(query.order_by(Document.id.desc()))).all()
    return {str(row[0]): (row[1], place_url(row[1], 0, 0)) for row in rows}
