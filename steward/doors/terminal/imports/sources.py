"""Sources: the files that an import reads, on the disk and in zip archives, and which of them hold JSON."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from steward.kernel.errors import Invalid

_JSON: Final = (".json", ".jsonl", ".ndjson")
# What archives hold beside their files.
_UNSEEN: Final = ("__MACOSX/", ".")
PIECE_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Source:
    """A file on the disk, or one within an archive.

    Attributes:
        path: of the file or of the archive.
        member: within the archive; empty for a file of the disk.
        bytes: how many it has, unpacked.
        is_named: somebody asked for this file, not for a folder that holds it.
    """

    path: Path
    member: str
    bytes: int
    is_named: bool = False

    @property
    def shown(self) -> str:
        """As people are told of it."""
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return (self.member or self.path.name).rsplit("/", 1)[-1]

    @property
    def holds_json(self) -> bool:
        """Whether it is to be read as JSON."""
        name = self.name.lower().removesuffix(".gz")
        return name.endswith(_JSON) or (self.is_named and not self.member)

    @contextmanager
    def opened(self) -> Generator[BinaryIO]:
        """Its bytes. Blocks.

        Raises:
            OSError: it cannot be read.
        """
        with self._opened() as file:
            if not self.name.lower().endswith(".gz"):
                yield file
                return
            with gzip.open(file) as unpacked:
                yield cast(BinaryIO, unpacked)

    def pieces(self) -> Iterator[bytes]:
        """Its bytes as they are, in pieces. Blocks.

        Raises:
            OSError: it cannot be read.
        """
        with self._opened() as file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    @contextmanager
    def _opened(self) -> Generator[BinaryIO]:
        if not self.member:
            with self.path.open("rb") as file:
                yield file
            return
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                yield io.BufferedReader(cast(io.RawIOBase, file), PIECE_BYTES)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            # The last two: a password, or a packing that Python does not know.
            raise OSError(str(error)) from error


def find(paths: Iterable[Path]) -> list[Source]:
    """Every file that is named, and those of the folders and archives that are named, in their order. Blocks.

    Raises:
        Invalid: an archive that is named is none.
        OSError: one of them cannot be read.
    """
    found: dict[tuple[Path, str], Source] = {}
    for path in paths:
        for source in _within(path):
            found.setdefault((source.path, source.member), source)
    return list(found.values())


def _within(path: Path) -> Iterator[Source]:
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(name for name in names if not name.startswith(".")):
                yield from _file(Path(folder, name), is_named=False)
        return
    yield from _file(path, is_named=True)


def _file(path: Path, *, is_named: bool) -> Iterator[Source]:
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.is_dir() and not member.filename.startswith(_UNSEEN):
                    yield Source(path, member.filename, member.file_size)
    elif path.suffix.lower() == ".zip" and is_named:
        raise Invalid(f"{path} is no zip archive, or not the whole of one; get it again.")
    elif path.is_file():
        yield Source(path, "", path.stat().st_size, is_named)
