"""Office files: archives of XML, opened only when what they unpack to is bounded, and read without entities."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from lxml import etree

from steward.knowledge.reading import refusals
from steward.knowledge.reading.contents import Unreadable

Element = etree._Element  # pyright: ignore[reportPrivateUsage]  # the only name that lxml has for it

_MOST_PARTS: Final = 20_000
_MOST_XML_BYTES: Final = 300_000_000
_XML_ENDINGS: Final = (".xml", ".rels", ".vml")
_PIECE_BYTES: Final = 1_000_000
_CORE: Final = "docProps/core.xml"


class Package:
    """The parts of an Office file, by their names."""

    def __init__(self, archive: zipfile.ZipFile, what: str) -> None:
        self._archive = archive
        self._what = what
        self._names = set(archive.namelist())

    def xml(self, name: str) -> Element:
        """The root of a part.

        Raises:
            Unreadable: the part is missing or no XML.
        """
        if name not in self._names:
            raise refusals.damaged(self._what)
        # Entities stay unread and the network shut: a document says what it says by itself.
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True
        )
        return etree.fromstring(self._archive.read(name), parser)

    def find_xml(self, name: str) -> Element | None:
        """The root of a part, or None when it is missing."""
        return self.xml(name) if name in self._names else None

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: by id, the last word of the relation's kind and the name of the other part."""
        folder, file = posixpath.split(name)
        root = self.find_xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in () if root is None else root.iterfind("{*}Relationship"):
            if relation.get("TargetMode") != "External":
                kind = (relation.get("Type") or "").rpartition("/")[2]
                target = posixpath.normpath(
                    posixpath.join("/", folder, unquote(relation.get("Target") or ""))
                )
                found[relation.get("Id") or ""] = (kind, target.lstrip("/"))
        return found

    def main_part(self) -> str:
        """The name of the part that the document begins with."""
        for kind, name in self.related("").values():
            if kind == "officeDocument" and name in self._names:
                return name
        raise refusals.damaged(self._what)

    def title(self) -> str | None:
        """The title in the document's properties."""
        core = self.find_xml(_CORE)
        return None if core is None else core.findtext("{http://purl.org/dc/elements/1.1/}title")


@contextmanager
def opened(path: Path, what: str) -> Generator[Package]:
    """Open an Office file whose parts are bounded.

    Raises:
        Unreadable: it is damaged, or unpacks to more than can be meant.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _ensure_bounded(archive)
            yield Package(archive, what)
    except Unreadable:
        raise
    except RuntimeError as error:
        # So `zipfile` calls a part with a password.
        raise refusals.encrypted(what) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        etree.XMLSyntaxError,
        NotImplementedError,  # so `zipfile` calls a way of packing that it does not know
        EOFError,
        OSError,
    ) as error:
        raise refusals.damaged(what) from error


def _ensure_bounded(archive: zipfile.ZipFile) -> None:
    """Neither what the archive says of its size nor what really comes out may be too large."""
    parts = [part for part in archive.infolist() if part.filename.lower().endswith(_XML_ENDINGS)]
    if len(archive.infolist()) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_XML_BYTES:
        raise refusals.unpacks_too_large(_MOST_XML_BYTES)
    left = _MOST_XML_BYTES
    for part in parts:
        with archive.open(part) as unpacking:
            while piece := unpacking.read(_PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    raise refusals.unpacks_too_large(_MOST_XML_BYTES)
