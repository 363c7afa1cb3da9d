from __future__ import annotations

import asyncio
import hashlib
import os
import random
import resource
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steward.files.errors import FileEmpty, StorageFull
from steward.files.incoming import receive, remove_leftovers
from steward.files.storage import FolderStorage
from steward.kernel.errors import Forbidden
from steward.kernel.http import FileTooLarge
from steward.kernel.work import Actor
from tests.files.conftest import in_pieces
from tests.support.loop_watch import watch_the_loop

ADA = Actor("ws_1", "user_1", "member")
MOST = 10_000_000


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "files")


def left_in(folder: FolderStorage) -> list[Path]:
    return list(folder.incoming.glob("*"))


@pytest.mark.parametrize(("size", "piece"), [(1, 1), (1_000, 7), (2**20, 2**20), (3_333_333, 65_536)])
async def test_what_comes_in_is_on_the_disk_and_hashed(folder: FolderStorage, size: int, piece: int) -> None:
    content = random.Random(size).randbytes(size)
    async with receive(folder, ADA, in_pieces(content, piece), MOST) as received:
        assert received.path.read_bytes() == content
        assert received.bytes == size
        assert received.blob.sha256 == hashlib.sha256(content).hexdigest()
        assert received.blob.workspace_id == "ws_1"
    assert left_in(folder) == []


async def test_the_largest_file_is_taken_and_one_byte_more_is_not(folder: FolderStorage) -> None:
    async with receive(folder, ADA, in_pieces(b"x" * 1000), 1000) as received:
        assert received.bytes == 1000
    with pytest.raises(FileTooLarge) as refused:
        async with receive(folder, ADA, in_pieces(b"x" * 1001), 1000):
            raise AssertionError("too large")
    assert refused.value.facts["limit_bytes"] == 1000
    assert left_in(folder) == []


async def test_a_file_without_an_end_is_read_no_further_than_the_limit(folder: FolderStorage) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 50_000
            yield b"x" * 50_000

    with pytest.raises(FileTooLarge):
        async with receive(folder, ADA, endless(), MOST):
            raise AssertionError("too large")
    assert read <= MOST + 50_000
    assert left_in(folder) == []


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
async def test_an_upload_of_nothing_is_refused(folder: FolderStorage, pieces: list[bytes]) -> None:
    async def come() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    with pytest.raises(FileEmpty):
        async with receive(folder, ADA, come(), MOST):
            raise AssertionError("nothing there")
    assert left_in(folder) == []


async def test_nothing_is_read_from_somebody_who_may_not_write(folder: FolderStorage) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("this must not be read")
        yield b""

    with pytest.raises(Forbidden):
        async with receive(folder, Actor("ws_1", "user_2", "viewer"), never(), MOST):
            raise AssertionError("a viewer")
    assert not folder.incoming.exists()


async def test_a_file_that_breaks_off_leaves_nothing(folder: FolderStorage) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with receive(folder, ADA, breaks(), MOST):
            raise AssertionError("not whole")
    assert left_in(folder) == []


async def test_one_that_is_cancelled_leaves_nothing(folder: FolderStorage) -> None:
    started = asyncio.Event()

    async def hangs() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        started.set()
        await asyncio.sleep(60)

    async def take_in() -> None:
        async with receive(folder, ADA, hangs(), MOST):
            raise AssertionError("not whole")

    task = asyncio.create_task(take_in())
    await started.wait()
    assert len(left_in(folder)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(folder) == []


async def test_a_disk_without_room_is_told(folder: FolderStorage) -> None:
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
    try:
        with pytest.raises(StorageFull):
            async with receive(folder, ADA, in_pieces(b"x" * 5_000_000), MOST):
                raise AssertionError("no room")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert left_in(folder) == []


async def test_the_loop_goes_on_while_a_file_comes_in(folder: FolderStorage) -> None:
    body = in_pieces(b"x" * 30_000_000, 65_536)
    async with watch_the_loop() as loop, receive(folder, ADA, body, 50_000_000):
        pass
    # To hash and write it at once, in the loop, would take longer.
    assert loop.longest < 0.01


async def test_what_a_dead_process_left_is_removed_after_a_day(folder: FolderStorage) -> None:
    old, new = (folder.new_incoming() for _ in range(2))
    for path in (old, new):
        path.write_bytes(b"half")
    yesterday = time.time() - 86_401
    os.utime(old, (yesterday, yesterday))
    remove_leftovers(folder)
    assert left_in(folder) == [new]


def test_nothing_left_is_nothing_to_remove(folder: FolderStorage) -> None:
    remove_leftovers(folder)
