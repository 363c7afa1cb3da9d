"""The sweep that removes files whose time is over, and what no row names: what a crash or a deleted workspace left."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import select, tuple_

from steward.files import incoming, service
from steward.files.blobs import Blob, Storage
from steward.files.tables import File
from steward.identity import service as identity
from steward.kernel.errors import NotFound
from steward.kernel.runtime import Runtime

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_FIRST_SECONDS: Final = 600.0
_EVERY_SECONDS: Final = 86_400.0
_EXPIRY_SECONDS: Final = 60.0
# Not needed for safety, since the lock is asked for each: it spares uploads that were sent ahead a second journey.
_LEAST_AGE: Final = timedelta(hours=1)
_BATCH: Final = 1_000


async def keep_clean(house: Runtime) -> None:
    """Delete files whose time is over each minute, and sweep once a day, until cancelled."""
    sweeps_at = time.monotonic() + _FIRST_SECONDS
    while True:
        await asyncio.sleep(_EXPIRY_SECONDS)
        try:
            await delete_expired(house)
            if time.monotonic() >= sweeps_at:
                sweeps_at = time.monotonic() + _EVERY_SECONDS
                log.info("contents_forgotten", count=await forget_unused(house))
        except Exception as error:
            log.warning("contents_not_swept", error=type(error).__name__)


async def delete_expired(house: Runtime) -> int:
    """Delete the files whose time is over, by their workspace's service account; how many. Two may do it at once."""
    over = select(File.workspace_id, File.id).where(File.expires_at <= house.now()).limit(_BATCH)
    async with house.database.house() as session:
        found = [tuple(row) for row in await session.execute(over)]
    deleted = 0
    for workspace_id, file_id in found:
        actor = replace(await identity.service_actor(house, workspace_id), role="member")
        # Another process was quicker, or somebody deleted it by hand.
        with contextlib.suppress(NotFound):
            await service.delete(actor, file_id)
            deleted += 1
    return deleted


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
