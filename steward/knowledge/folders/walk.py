"""The walk: which files of files and folders shall be documents."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from steward.knowledge.reading import encodings, formats, kinds
from steward.knowledge.reading.contents import Unreadable

_HEAD_BYTES: Final = 4_096
_NO_DOCUMENT: Final = frozenset({"file_is_empty", "file_kind_not_read", "file_needs_text_recognition"})


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file that shall be a document.

    Attributes:
        path: absolute and without links: the source of its document.
        shown: the path as the operator began it.
        state: changes when the file does.
        is_named: the operator named this very file, and not a folder that it is in.
    """

    path: Path
    shown: str
    state: tuple[int, int]
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is passed over, and why, as a sentence."""

    shown: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a walk leaves out: files of a folder with more bytes than this, and where Steward keeps its own files."""

    most_bytes: int
    own_folder: Path


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk met, each file once, in the order of the names."""

    files: list[FolderFile] = field(default_factory=list[FolderFile])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])


def walk(given: Sequence[Path], bounds: Bounds) -> Walked:
    """The files among these paths and in the folders among them. Blocks.

    A file that is named is taken as it is, and refused later if it is no document. In a folder what is hidden is left
    out, and so are links that lead out of it.
    """
    walking = _Walk(bounds)
    for path in given:
        walking.take(path)
    return walking.walked


def reason_against(file: FolderFile) -> str | None:
    """Why a file of a folder cannot be a document, by its first bytes; None when it may be one. Blocks.

    Raises:
        OSError: it cannot be opened.
    """
    try:
        media_type = kinds.recognise(file.path, file.path.name, None)
        if media_type == formats.PLAIN and formats.text_type(file.path.name, None) is None:
            with file.path.open("rb") as content:
                encodings.decode(content.read(_HEAD_BYTES))
    except Unreadable as error:
        # What is damaged or locked was meant to be read: it fails, with all that is to be said about it.
        return error.reason if error.tag in _NO_DOCUMENT else None
    return None


class _Walk:
    def __init__(self, bounds: Bounds) -> None:
        self.walked = Walked()
        self._bounds = bounds
        self._own_folder = bounds.own_folder.resolve()
        self._met: set[Path] = set()

    def take(self, given: Path) -> None:
        path = given.resolve()
        if path.is_dir():
            self._take_folder(path, given)
        else:
            self._take_file(path, str(given), is_named=True)

    def _take_folder(self, root: Path, given: Path) -> None:
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            shown = str(given / folder.relative_to(root))
            if folder == self._own_folder:
                self._leave_out(shown, "Steward keeps its own files here.")
                continue
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                self._leave_out(shown, "The folder cannot be opened.")
                continue
            inner = [entry for entry in entries if not self._take_entry(entry, root, f"{shown}/{entry.name}")]
            waiting += [Path(entry.path) for entry in reversed(inner)]

    def _take_entry(self, entry: os.DirEntry[str], root: Path, shown: str) -> bool:
        """Take or leave out what a folder holds; False when it is a folder to be walked."""
        path = Path(entry.path)
        if entry.name.startswith("."):
            self._leave_out(shown, "It is hidden.")
        elif entry.is_symlink():
            target = path.resolve()
            if not target.is_relative_to(root):
                self._leave_out(shown, "It is a link that leads out of the folder.")
            elif not target.is_dir():
                # The folders within are walked anyway.
                self._take_file(target, shown)
        elif entry.is_dir():
            return False
        else:
            self._take_file(path, shown)
        return True

    def _take_file(self, path: Path, shown: str, *, is_named: bool = False) -> None:
        if path in self._met:
            return
        self._met.add(path)
        try:
            found = path.stat()
        except OSError:
            self._leave_out(shown, "There is nothing at this path.")
            return
        reason = self._reason_against(path, found, is_named=is_named)
        if reason is None:
            self.walked.files.append(FolderFile(path, shown, (found.st_mtime_ns, found.st_size), is_named))
        else:
            self._leave_out(shown, reason)

    def _reason_against(self, path: Path, found: os.stat_result, *, is_named: bool) -> str | None:
        if not stat.S_ISREG(found.st_mode):
            return "It is neither a file nor a folder."
        if not is_named and found.st_size > self._bounds.most_bytes:
            return f"It is larger than {self._bounds.most_bytes / 1e6:g} MB."
        try:
            str(path).encode()
        except UnicodeEncodeError:
            return "Its name is not valid Unicode."
        return None

    def _leave_out(self, shown: str, reason: str) -> None:
        self.walked.left_out.append(LeftOut(os.fsencode(shown).decode("utf-8", "replace"), reason))
