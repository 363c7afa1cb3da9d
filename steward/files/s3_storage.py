"""Files in a storage that speaks S3, through obstore, which comes with the extra `s3`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from steward.files.blobs import PIECE_BYTES, Blob, Kept, Storage, full_told, gone
from steward.kernel.errors import Unavailable
from steward.kernel.settings import Storage as StorageSettings

if TYPE_CHECKING:
    from obstore.store import S3Config

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

# Parts of 5 MB: what one upload holds in memory.
_PARTS_AT_ONCE: Final = 3
_BATCH: Final = 500


class S3Storage(Storage):
    """A bucket, or a part of one. Without an access key of ours the library looks for its host's, as AWS's tools do."""

    def __init__(self, settings: StorageSettings, incoming: Path) -> None:
        super().__init__(incoming)
        self._store = _open(settings)

    async def send_ahead(self, blob: Blob, source: Path) -> None:
        """Upload, which may take minutes."""
        await self.keep(blob, source)

    async def keep(self, blob: Blob, source: Path) -> None:
        """Upload what is not there yet. Others see it when all of it is."""
        size = (await asyncio.to_thread(source.stat)).st_size
        if await self._size(blob) != size:
            with _failure_told():
                await obstore.put_async(self._store, blob.path, source, max_concurrency=_PARTS_AT_ONCE)

    async def ensure_kept(self, blob: Blob) -> None:
        """Refuse when the object is not there."""
        if await self._size(blob) is None:
            raise gone()

    async def read(self, blob: Blob) -> AsyncGenerator[bytes]:
        """Download piece by piece."""
        with _failure_told():
            try:
                answer = await obstore.get_async(self._store, blob.path)
            except FileNotFoundError as error:
                raise gone() from error
            async for piece in answer.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)

    @asynccontextmanager
    async def local(self, blob: Blob) -> AsyncGenerator[Path]:
        """A download that is gone when the block ends."""
        target = await asyncio.to_thread(self.new_incoming)
        try:
            await self._download(blob, target)
            yield target
        finally:
            await asyncio.to_thread(target.unlink, missing_ok=True)

    async def forget(self, blob: Blob) -> None:
        """Remove the object."""
        with _failure_told():
            try:
                await obstore.delete_async(self._store, blob.path)
            except FileNotFoundError:
                return

    async def all(self) -> AsyncGenerator[list[Kept]]:
        """List the bucket."""
        with _failure_told():
            async for found in obstore.list(self._store, chunk_size=_BATCH):  # pyright: ignore[reportUnknownMemberType]  # its other form speaks Arrow, which is not installed
                named = [(Blob.of_path(one["path"]), one["last_modified"]) for one in found]
                yield [Kept(blob, since) for blob, since in named if blob is not None]

    async def _download(self, blob: Blob, target: Path) -> None:
        with full_told():
            file = await asyncio.to_thread(target.open, "wb")
            try:
                async with aclosing(self.read(blob)) as pieces:
                    async for piece in pieces:
                        await asyncio.to_thread(file.write, piece)
            finally:
                await asyncio.to_thread(file.close)

    async def _size(self, blob: Blob) -> int | None:
        with _failure_told():
            try:
                return (await obstore.head_async(self._store, blob.path))["size"]
            except FileNotFoundError:
                return None


def _open(settings: StorageSettings) -> S3Store:
    address = urlsplit(settings.url or "")
    if address.scheme != "s3" or not address.hostname:
        raise ValueError("the address of the file storage is not of the form s3://bucket/prefix")
    endpoint = settings.s3_endpoint
    config: S3Config = {
        "region": settings.s3_region,
        # Hosts other than Amazon's know their buckets by the path.
        "virtual_hosted_style_request": endpoint is None,
    }
    if endpoint is not None:
        # The name that the variables of AWS's own tools do not come before.
        config["aws_endpoint_url_s3"] = endpoint
    if settings.s3_key_id is not None and settings.s3_secret is not None:
        config["access_key_id"] = settings.s3_key_id
        config["secret_access_key"] = settings.s3_secret.get_secret_value()
    return S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        config=config,
        client_options={
            "allow_http": (endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=30),
            "timeout": timedelta(minutes=10),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=15)},
    )


@contextmanager
def _failure_told() -> Generator[None]:
    """Tell what the storage says as the refusal; what it said goes into the log."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        # No bucket of that name is told like no such object.
        log.warning("storage_failed", error=type(error).__name__, detail=str(error).partition("\n")[0][:500])
        raise Unavailable("The file storage does not answer just now; try again in a moment.") from error
