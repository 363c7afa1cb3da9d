"""Makes the files that the tests read: nothing of them is kept in the tree."""

from __future__ import annotations

import zipfile
from pathlib import Path

from steward.knowledge.reading import reader
from steward.knowledge.reading.draft import Draft, Source

MOST_CHARS = 10_000_000


def parse(
    path: Path, name: str | None = None, *, declared: str | None = None, most_chars: int = MOST_CHARS
) -> Draft:
    """The draft of a file, without language and passages."""
    return reader.parse(Source(path, name or path.name, most_chars), declared)[1]


def media_type(path: Path, name: str | None = None, *, declared: str | None = None) -> str:
    """What a file is found to be."""
    return reader.parse(Source(path, name or path.name, MOST_CHARS), declared)[0]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return path


def zipped(path: Path, parts: dict[str, str | bytes]) -> Path:
    """An archive with these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def repacked(source: Path, target: Path, changed: dict[str, bytes | None]) -> Path:
    """A copy of an archive with some parts changed, or left out where there is None."""
    with zipfile.ZipFile(source) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    for name, content in changed.items():
        if content is None:
            del parts[name]
        else:
            parts[name] = content
    return zipped(target, parts)


def headings(draft: Draft) -> list[tuple[int | None, str]]:
    """The headings of a draft, with their levels."""
    return [(mark.level, mark.heading) for mark in draft.marks if mark.heading]
