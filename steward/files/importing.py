"""Importing: files that were uploaded elsewhere, kept under their ids."""

from __future__ import annotations

from collections.abc import AsyncIterable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from steward.files import service
from steward.files.schemas import FileRead
from steward.files.tables import File
from steward.kernel import runtime
from steward.kernel.work import Actor, Work


@dataclass(frozen=True, slots=True)
class PastFile:
    """A file as it was elsewhere. `name` is cleaned, as that of any upload."""

    id: str
    name: str
    purpose: str
    created_at: datetime | None = None


async def restore(actor: Actor, file: PastFile, pieces: AsyncIterable[bytes]) -> None:
    """Keep a file under an id that is not there yet. Refuses as `service.receive` and `service.add` do."""
    async with service.receive(actor, pieces) as received, runtime.current().database.work(actor) as work:
        await service.add(
            work,
            received,
            name=file.name,
            purpose=file.purpose,
            file_id=file.id,
            created_at=file.created_at,
        )


async def known(work: Work, file_ids: Collection[str]) -> dict[str, FileRead]:
    """Those of the files that are in the actor's workspace."""
    query = select(File).where(File.workspace_id == work.actor.workspace_id, File.id.in_(file_ids))
    return {file.id: FileRead.model_validate(file) for file in await work.session.scalars(query)}
