"""What a file really is, by its bytes; names and declared types only tell one kind of text from another."""

from __future__ import annotations

import mmap
import re
import zipfile
from pathlib import Path
from typing import Final

from steward.knowledge.reading import formats, refusals
from steward.knowledge.reading.contents import Unreadable

_HEAD_BYTES: Final = 4_096
_UNPACK: Final = "Unpack it, then add the documents that are in it."
_WRITE_DOWN: Final = "Add a transcript of it as text."
_SAVE_MODERN: Final = "Save it as .docx, .xlsx, .pptx or PDF, then add that."
_ADD_SOURCE: Final = "Add a document that describes it instead."

# In this order: a longer signature before a shorter one that it begins with.
_SIGNATURES: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"{\\rtf", "a Rich Text document (.rtf)", "Save it as .docx or PDF, then add that."),
    (b"\x1f\x8b", "a compressed file (gzip)", _UNPACK),
    (b"BZh", "a compressed file (bzip2)", _UNPACK),
    (b"\xfd7zXZ\x00", "a compressed file (xz)", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a compressed file (zstd)", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7z)", _UNPACK),
    (b"Rar!\x1a\x07", "an archive (rar)", _UNPACK),
    (b"ID3", "a sound recording", _WRITE_DOWN),
    (b"\xff\xfb", "a sound recording", _WRITE_DOWN),
    (b"OggS", "a sound recording", _WRITE_DOWN),
    (b"fLaC", "a sound recording", _WRITE_DOWN),
    (b"\x1a\x45\xdf\xa3", "a video", _WRITE_DOWN),
    (b"\x7fELF", "a program", _ADD_SOURCE),
    (b"MZ", "a program", _ADD_SOURCE),
    (b"\xca\xfe\xba\xbe", "a program", _ADD_SOURCE),
    (b"\xcf\xfa\xed\xfe", "a program", _ADD_SOURCE),
    (b"\x00asm", "a program", _ADD_SOURCE),
    (b"SQLite format 3\x00", "a database", "Export the tables that matter as CSV, then add these."),
    (b"PAR1", "a table in Parquet", "Export it as CSV, then add that."),
    (b"%!PS", "a PostScript file", "Save it as PDF, then add that."),
)
_TEXT_SIGNATURES: Final = {b"{\\rtf", b"%!PS"}
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x80-\xff]")
_IMAGES: Final[tuple[bytes, ...]] = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
    b"8BPS",
    b"AT&TFORM",
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("WordDocument", "an old Word document (.doc)", "Save it as .docx or PDF, then add that."),
    ("Workbook", "an old Excel workbook (.xls)", "Save it as .xlsx or .csv, then add that."),
    ("Book", "an old Excel workbook (.xls)", "Save it as .xlsx or .csv, then add that."),
    (
        "PowerPoint Document",
        "an old PowerPoint presentation (.ppt)",
        "Save it as .pptx or PDF, then add that.",
    ),
    ("__properties_version1.0", "an Outlook message (.msg)", "Save it as .eml or PDF, then add that."),
)
_OFFICE_PARTS: Final = {"word/": formats.DOCX, "ppt/": formats.PPTX, "xl/": formats.XLSX}
_OFFICE_NAMES: Final = {
    ".docx": "The Word document",
    ".xlsx": "The Excel workbook",
    ".pptx": "The presentation",
}
_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAIL: Final = re.compile(rb"(?:Received|Return-Path|Delivered-To|MIME-Version|Message-ID): ", re.IGNORECASE)


def recognise(path: Path, name: str, declared: str | None) -> str:
    """The media type of a file that can be read.

    Raises:
        Unreadable: files of its kind are not read, or it needs a password.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise refusals.empty()
    if b"%PDF-" in head[:1024]:
        return formats.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(path, name)
    if head.startswith(_OLE):
        raise _ole(path)
    refusal = _by_signature(head)
    if refusal is not None:
        raise refusal
    return _text(head, name, declared)


def _by_signature(head: bytes) -> Unreadable | None:
    if head.startswith(_IMAGES) or _is_image_container(head):
        return refusals.needs_recognition("An image")
    if head[:4] == b"RIFF":
        return refusals.not_read("a video" if head[8:11] == b"AVI" else "a sound recording", _WRITE_DOWN)
    if head[4:8] == b"ftyp":
        return refusals.not_read("a video or sound recording", _WRITE_DOWN)
    if head[257:262] == b"ustar":
        return refusals.not_read("an archive (tar)", _UNPACK)
    for signature, what, fix in _SIGNATURES:
        # A text may begin with the same letters.
        if head.startswith(signature) and (signature in _TEXT_SIGNATURES or _CONTROL.search(head)):
            return refusals.not_read(what, fix)
    return None


def _is_image_container(head: bytes) -> bool:
    return (
        (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"avif"))
        or (head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00")
    )


def _zipped(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        # The last is what `zipfile` calls a way of packing that it does not know.
        raise refusals.damaged(_OFFICE_NAMES.get(Path(name).suffix.lower(), "The file")) from error
    for folder, media_type in _OFFICE_PARTS.items():
        if any(part.startswith(folder) for part in parts):
            if "xl/workbook.bin" in parts:
                raise refusals.not_read("a binary Excel workbook (.xlsb)", "Save it as .xlsx, then add that.")
            return media_type
    if "content.xml" in parts:
        raise refusals.not_read("an OpenDocument file", _SAVE_MODERN)
    if "META-INF/container.xml" in parts:
        raise refusals.not_read("an electronic book (.epub)", "Save it as PDF or .html, then add that.")
    raise refusals.not_read("an archive (zip)", _UNPACK)


def _ole(path: Path) -> Unreadable:
    """Word for the container of old Office files: its folder names the streams, in UTF-16."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            return refusals.encrypted("The Office document")
        for stream, what, fix in _OLE_KINDS:
            if content.find(f"{stream}\0".encode("utf-16-le")) >= 0:
                return refusals.not_read(what, fix)
    return refusals.not_read("an old Office file", _SAVE_MODERN)


def _text(head: bytes, name: str, declared: str | None) -> str:
    if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        return formats.HTML
    known = formats.text_type(name, declared)
    if known is None and _MAIL.match(head):
        return formats.MAIL
    return known or formats.PLAIN
