from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest

from steward.files import service, sweep
from steward.files.blobs import Blob, Kept, Storage
from steward.files.schemas import FileRead
from steward.files.storage import FolderStorage
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from tests.conftest import Person
from tests.files.conftest import in_pieces

BYTES = b"the same bytes"
NONE = timedelta(0)


async def content_of(actor: Actor, file: FileRead) -> bytes:
    return b"".join([piece async for piece in await service.read(actor, file)])


async def listed(storage: Storage) -> list[Kept]:
    return [kept async for batch in storage.all() for kept in batch]


class SlowFolder(FolderStorage):
    """A folder on a disk that takes its time, so that two who do not wait for each other meet."""

    async def keep(self, blob: Blob, source: Path) -> None:
        await super().keep(blob, source)
        await asyncio.sleep(0.01)

    async def forget(self, blob: Blob) -> None:
        await asyncio.sleep(0.01)
        await super().forget(blob)


@pytest.mark.slow
async def test_uploads_and_deletions_of_the_same_bytes_never_lose_them(
    house: Runtime, ada: Person, bob: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 rounds of both at once, with the sweep between them: a row always has its content, and no content is left."""
    storage = SlowFolder(tmp_path / "files")
    monkeypatch.setitem(house.parts, Storage, storage)

    async def come_and_go(actor: Actor, number: int) -> None:
        await asyncio.sleep(random.uniform(0, 0.05))
        file = await service.store(actor, in_pieces(BYTES), name=f"{number}.txt", purpose="user_data")
        assert await content_of(actor, file) == BYTES
        if number:
            await service.delete(actor, file.id)

    async def sweep_often() -> None:
        for _ in range(4):
            await sweep.forget_unused(house, NONE)
            await asyncio.sleep(0.01)

    for _ in range(20):
        await asyncio.gather(
            *(come_and_go(person.actor, number) for number, person in enumerate([ada, bob] * 3)),
            sweep_often(),
        )
        async with house.database.work(ada.actor) as work:
            (left,) = (await service.page(work, limit=10)).items
        assert await content_of(ada.actor, left) == BYTES
        await service.delete(ada.actor, left.id)
        assert await listed(storage) == []
    assert list(storage.incoming.glob("*")) == []
