from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from steward.files.blobs import Blob, Storage
from steward.files.errors import FileGone
from steward.files.s3_storage import S3Storage
from steward.files.storage import FolderStorage, open_storage
from steward.kernel.errors import Unavailable
from steward.kernel.settings import Settings
from steward.kernel.settings import Storage as StorageSettings
from tests.support.processes import free_port
from tests.support.s3_server import S3Server


def blob_of(content: bytes, workspace_id: str = "ws_1") -> Blob:
    return Blob(workspace_id, hashlib.sha256(content).hexdigest())


async def keep(storage: Storage, content: bytes, workspace_id: str = "ws_1") -> Blob:
    blob, source = blob_of(content, workspace_id), storage.new_incoming()
    source.write_bytes(content)
    await storage.send_ahead(blob, source)
    await storage.keep(blob, source)
    return blob


async def content_of(storage: Storage, blob: Blob) -> bytes:
    return b"".join([piece async for piece in storage.read(blob)])


async def kept_in(storage: Storage) -> set[Blob]:
    return {kept.blob async for batch in storage.all() for kept in batch}


@pytest.mark.parametrize("size", [1, 70_000, 3_000_000])
async def test_what_is_kept_can_be_read_until_it_is_forgotten(storage: Storage, size: int) -> None:
    content = random.Random(size).randbytes(size)
    blob = await keep(storage, content)
    await storage.ensure_kept(blob)
    assert await content_of(storage, blob) == content
    async with storage.local(blob) as path:
        assert path.read_bytes() == content
    assert await kept_in(storage) == {blob}
    await storage.forget(blob)
    assert await kept_in(storage) == set()


async def test_what_is_gone_is_refused_and_forgetting_it_again_is_nothing(storage: Storage) -> None:
    blob = blob_of(b"never kept")
    with pytest.raises(FileGone):
        await storage.ensure_kept(blob)
    with pytest.raises(FileGone):
        await content_of(storage, blob)
    with pytest.raises(FileGone):
        async with storage.local(blob):
            raise AssertionError("nothing to read")
    await storage.forget(blob)


async def test_keeping_the_same_again_changes_nothing(storage: Storage) -> None:
    blob = await keep(storage, b"the same")
    assert await keep(storage, b"the same") == blob
    assert await content_of(storage, blob) == b"the same"
    assert await kept_in(storage) == {blob}


async def test_workspaces_share_nothing(storage: Storage) -> None:
    mine = await keep(storage, b"a secret", "ws_1")
    theirs = blob_of(b"a secret", "ws_2")
    with pytest.raises(FileGone):
        await storage.ensure_kept(theirs)
    await keep(storage, b"a secret", "ws_2")
    await storage.forget(mine)
    assert await content_of(storage, theirs) == b"a secret"


async def test_all_tells_since_when_and_leaves_out_what_is_not_ours(storage: Storage, tmp_path: Path) -> None:
    blob = await keep(storage, b"old")
    (tmp_path / "files/notes").mkdir(parents=True)
    (tmp_path / "files/notes/readme.txt").write_text("not ours")
    (kept,) = [one async for batch in storage.all() for one in batch]
    assert kept.blob == blob
    assert abs(kept.since - datetime.now(UTC)) < timedelta(minutes=5)


async def test_many_are_all_listed(storage: Storage) -> None:
    blobs = {await keep(storage, bytes([number]) * 10, f"ws_{number % 3}") for number in range(40)}
    assert await kept_in(storage) == blobs


async def test_reading_ends_well_when_the_reader_leaves(storage: Storage) -> None:
    blob = await keep(storage, b"x" * 3_000_000)
    pieces = storage.read(blob)
    assert await anext(pieces)
    await pieces.aclose()


async def test_a_local_copy_is_gone_with_its_block_and_the_original_is_not(storage: Storage) -> None:
    blob = await keep(storage, b"read me")
    before = set(storage.incoming.glob("*"))
    with contextlib.suppress(KeyError):
        async with storage.local(blob) as path:
            assert path.is_file()
            raise KeyError
    assert set(storage.incoming.glob("*")) == before
    assert await content_of(storage, blob) == b"read me"


async def test_files_are_for_the_program_alone(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "files")
    blob = await keep(storage, b"mine")
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700
    assert (tmp_path / "files/ws_1" / blob.sha256[:2] / blob.sha256).read_bytes() == b"mine"


async def test_nobody_reads_half_a_file(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "files")
    content = b"0123456789" * 200_000
    blob = await keep(storage, content)

    async def write_again() -> None:
        for _ in range(20):
            await keep(storage, content)

    async def read_again() -> None:
        for _ in range(20):
            assert hashlib.sha256(await content_of(storage, blob)).hexdigest() == blob.sha256

    await asyncio.gather(write_again(), read_again(), read_again())


def test_without_an_address_files_lie_in_the_data_folder(tmp_path: Path) -> None:
    storage = open_storage(settings_with(tmp_path, StorageSettings()))
    assert isinstance(storage, FolderStorage)
    assert storage.incoming == tmp_path / "files/.incoming"
    assert not storage.incoming.exists()


@pytest.mark.parametrize("url", ["https://bucket.example", "s3://", "bucket", "file:///srv/files"])
def test_an_address_of_no_storage_is_told_at_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        open_storage(settings_with(tmp_path, StorageSettings(url=url)))


def test_without_its_extra_the_start_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "steward.files.s3_storage")
    with pytest.raises(ImportError, match="the extra s3"):
        open_storage(settings_with(tmp_path, StorageSettings(url="s3://bucket")))


@pytest.mark.slow
async def test_the_settings_open_a_storage_that_speaks_s3(tmp_path: Path, s3: S3Server) -> None:
    storage = open_storage(settings_with(tmp_path, s3.settings("a/deep/prefix")))
    blob = await keep(storage, b"over there")
    assert (s3.folder / "steward-tests/a/deep/prefix" / blob.path).read_bytes() == b"over there"
    assert await content_of(storage, blob) == b"over there"


@pytest.mark.slow
async def test_a_large_file_goes_over_in_parts(tmp_path: Path, s3: S3Server) -> None:
    storage = S3Storage(s3.settings("large"), tmp_path / "incoming")
    content = random.Random(1).randbytes(17_000_000)
    blob = await keep(storage, content)
    assert await content_of(storage, blob) == content


@pytest.mark.slow
async def test_a_storage_that_says_no_is_unavailable(tmp_path: Path, s3: S3Server) -> None:
    for settings in (s3.settings(secret="another secret"), s3.settings(bucket="no-such-bucket")):
        with pytest.raises(Unavailable):
            await keep(S3Storage(settings, tmp_path / "incoming"), b"to nobody")


@pytest.mark.slow
async def test_a_storage_that_is_away_is_unavailable(tmp_path: Path, s3: S3Server) -> None:
    away = s3.settings().model_copy(update={"s3_endpoint": f"http://127.0.0.1:{free_port()}"})
    storage = S3Storage(away, tmp_path / "incoming")
    with pytest.raises(Unavailable):
        await storage.forget(blob_of(b"anything"))
    with pytest.raises(Unavailable):
        await storage.ensure_kept(blob_of(b"anything"))


def settings_with(data_dir: Path, storage: StorageSettings) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, storage=storage)  # pyright: ignore[reportCallIssue]  # see tests/conftest.py
