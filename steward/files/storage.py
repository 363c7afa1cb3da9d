"""Where the bytes of files lie: in a folder, or in a storage that speaks S3."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from steward.files.blobs import PIECE_BYTES, Blob, Kept, Storage, full_told, gone
from steward.kernel.settings import Settings


class FolderStorage(Storage):
    """A folder of this machine, or one that all machines mount."""

    def __init__(self, root: Path) -> None:
        super().__init__(root / ".incoming")
        self._root = root

    async def keep(self, blob: Blob, source: Path) -> None:
        """Move the source to its place, which is one step: nobody ever reads half a file."""
        with full_told():
            await asyncio.to_thread(_place, source, self._root / blob.path)

    async def ensure_kept(self, blob: Blob) -> None:
        """Refuse when the file is not there."""
        if not await asyncio.to_thread((self._root / blob.path).is_file):
            raise gone()

    async def read(self, blob: Blob) -> AsyncGenerator[bytes]:
        """Read the file piece by piece, in threads."""
        try:
            file = await asyncio.to_thread((self._root / blob.path).open, "rb")
        except FileNotFoundError as error:
            raise gone() from error
        try:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece
        finally:
            file.close()

    @asynccontextmanager
    async def local(self, blob: Blob) -> AsyncGenerator[Path]:
        """The file itself."""
        await self.ensure_kept(blob)
        yield self._root / blob.path

    async def forget(self, blob: Blob) -> None:
        """Remove the file. Its folder stays: another upload may be about to use it."""
        await asyncio.to_thread((self._root / blob.path).unlink, missing_ok=True)

    async def all(self) -> AsyncGenerator[list[Kept]]:
        """One batch for each folder of a workspace."""
        for folder in await asyncio.to_thread(lambda: sorted(self._root.glob("*/??"))):
            yield await asyncio.to_thread(lambda: list(self._kept_in(folder)))  # noqa: B023  # awaited at once

    def _kept_in(self, folder: Path) -> Iterator[Kept]:
        for path in folder.iterdir():
            blob = Blob.of_path(path.relative_to(self._root).as_posix())
            try:
                since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                continue
            if blob is not None:
                yield Kept(blob, since)


def open_storage(settings: Settings) -> Storage:
    """The storage of the settings; nothing is connected or made yet.

    Raises:
        ValueError: the address is none of a storage.
        ImportError: it speaks S3, and the extra `s3` is not installed.
    """
    root = settings.data_dir / "files"
    if settings.storage.url is None:
        return FolderStorage(root)
    try:
        # Here, because the library comes with an extra, and is large.
        from steward.files.s3_storage import S3Storage
    except ImportError as error:
        raise ImportError("files in a storage that speaks S3 need the extra s3 of this package") from error
    return S3Storage(settings.storage, root / ".incoming")


def _place(source: Path, target: Path) -> None:
    folder = target.parent
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for parent in (folder.parent, folder.parent.parent):
            _sync(parent)
    os.replace(source, target)
    # Only then does the new name survive a loss of power.
    _sync(folder)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
