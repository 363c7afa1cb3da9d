"""Files on their way in: written to the disk and hashed while they come, gone again when nobody keeps them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from steward.files.blobs import PIECE_BYTES, Blob, Storage, full_told
from steward.files.errors import FileEmpty
from steward.kernel.http import file_too_large
from steward.kernel.work import Actor

_LEFTOVER_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has come in whole and belongs to nobody yet."""

    blob: Blob
    bytes: int
    path: Path


@asynccontextmanager
async def receive(
    storage: Storage, actor: Actor, pieces: AsyncIterable[bytes], most_bytes: int
) -> AsyncGenerator[Received]:
    """Take a file in; at the end of the block what was not kept is gone.

    Raises:
        Forbidden: a viewer brings nothing.
        FileTooLarge: it has more than `most_bytes`; the rest of it is not read.
        FileEmpty: it has none.
        StorageFull: there is no room.
    """
    actor.ensure_role("member")
    with full_told():
        file = await asyncio.to_thread(_IncomingFile, storage)
    try:
        with full_told():
            await _write(file, pieces, most_bytes)
            blob = Blob(actor.workspace_id, await asyncio.to_thread(file.finish))
        await storage.send_ahead(blob, file.path)
        yield Received(blob, file.bytes, file.path)
    finally:
        await asyncio.to_thread(file.discard)


async def _write(file: _IncomingFile, pieces: AsyncIterable[bytes], most_bytes: int) -> None:
    # Gathered, because the way into a thread and back costs more than to write a few thousand bytes.
    gathered = bytearray()
    async for piece in pieces:
        gathered += piece
        if file.bytes + len(gathered) > most_bytes:
            raise file_too_large(most_bytes)
        if len(gathered) >= PIECE_BYTES:
            await asyncio.to_thread(file.write, bytes(gathered))
            gathered.clear()
    if not file.bytes and not gathered:
        raise FileEmpty("The file is empty; choose one that holds something.", field="file")
    await asyncio.to_thread(file.write, bytes(gathered))


class _IncomingFile:
    """A file that is being written; every method blocks."""

    def __init__(self, storage: Storage) -> None:
        self.path = storage.new_incoming()
        self.bytes = 0
        self._hash = hashlib.sha256()
        self._file = self.path.open("xb")

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._hash.update(piece)
        self.bytes += len(piece)

    def finish(self) -> str:
        """Put all of it on the disk; its SHA-256 in hexadecimal digits."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def discard(self) -> None:
        with contextlib.suppress(OSError):  # a full disk is told where it is written to
            self._file.close()
        self.path.unlink(missing_ok=True)


def remove_leftovers(storage: Storage) -> None:
    """Remove what processes that died have left on its way. Blocks."""
    latest = time.time() - _LEFTOVER_SECONDS
    for path in storage.incoming.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < latest:
                path.unlink()
