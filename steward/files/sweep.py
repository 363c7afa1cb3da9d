"""The sweep that removes what no row names: what a crash left, and what deleted workspaces had."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import select, tuple_

from steward.files import incoming, service
from steward.files.blobs import Blob, Storage
from steward.files.tables import File
from steward.kernel.runtime import Runtime

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_FIRST_SECONDS: Final = 600.0
_EVERY_SECONDS: Final = 86_400.0
# Not needed for safety, since the lock is asked for each: it spares uploads that were sent ahead a second journey.
_LEAST_AGE: Final = timedelta(hours=1)
_BATCH: Final = 1_000


async def keep_clean(house: Runtime) -> None:
    """Sweep once a day, until cancelled."""
    await asyncio.sleep(_FIRST_SECONDS)
    while True:
        try:
            forgotten = await forget_unused(house)
            if forgotten:
                log.info("contents_forgotten", count=forgotten)
        except Exception as error:
            log.warning("contents_not_swept", error=type(error).__name__)
        await asyncio.sleep(_EVERY_SECONDS)


async def forget_unused(house: Runtime, least_age: timedelta = _LEAST_AGE) -> int:
    """Remove every content without a name from the storage; how many there were. Two processes may do it at once."""
    storage = house.part(Storage)
    await asyncio.to_thread(incoming.remove_leftovers, storage)
    latest, forgotten = house.now() - least_age, 0
    async with aclosing(storage.all()) as batches:
        async for batch in batches:
            old = [kept.blob for kept in batch if kept.since <= latest]
            for start in range(0, len(old), _BATCH):
                for blob in await _unnamed(house, old[start : start + _BATCH]):
                    async with house.database.house() as session:
                        forgotten += await service.forget_unnamed(session, storage, blob)
    return forgotten


async def _unnamed(house: Runtime, blobs: Sequence[Blob]) -> list[Blob]:
    pairs = [(blob.workspace_id, blob.sha256) for blob in blobs]
    asked = select(File.workspace_id, File.sha256).where(tuple_(File.workspace_id, File.sha256).in_(pairs))
    async with house.database.house() as session:
        named = {tuple(row) for row in await session.execute(asked)}
    return [blob for blob, pair in zip(blobs, pairs, strict=True) if pair not in named]
