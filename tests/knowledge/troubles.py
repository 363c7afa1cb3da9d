"""Files that a reader of files has trouble with, made by hand or by the libraries that write them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

from docx import Document
from fpdf import FPDF
from fpdf.enums import AccessPermission, EncryptionMethod

_CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    '.main+xml"/></Types>'
)


def pdf(*pages: str) -> bytes:
    """A PDF with a text on each page."""
    made = FPDF()
    made.set_font("Helvetica", size=11)
    for text in pages:
        made.add_page()
        made.multi_cell(180, text=text)
    return bytes(made.output())


def encrypted_pdf() -> bytes:
    """A PDF that opens with a password only."""
    made = FPDF()
    made.set_encryption(
        "owner", "user", encryption_method=EncryptionMethod.AES_256, permissions=AccessPermission.none()
    )
    made.set_font("Helvetica", size=11)
    made.add_page()
    made.cell(text="Nobody reads this.")
    return bytes(made.output())


def scanned_pdf() -> bytes:
    """A PDF whose pages are pictures."""
    made = FPDF()
    for _ in range(3):
        made.add_page()
        made.image(io.BytesIO(picture(60, 80)), x=10, y=10, w=180)
    return bytes(made.output())


def docx(*paragraphs: str) -> bytes:
    """A Word file."""
    made = Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def bomb(folder: Path, megabytes: int = 400) -> bytes:
    """A small Word file that unpacks to so much."""
    path = folder / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            part.write(b"<w:document xmlns:w='w'><w:body>")
            for _ in range(megabytes):
                part.write(b" " * 1_000_000)
    return path.read_bytes()


def laughs(text: str) -> bytes:
    """A Word file with entities that would unfold to billions of characters."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f"<w:p><w:r><w:t>{text} &l9;</w:t></w:r></w:p>"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    written = (
        f'<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY l0 "ha">{levels}]>'
        f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    )
    return _replaced(docx(text), "word/document.xml", written)


def zipped(parts: dict[str, str]) -> bytes:
    """An archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def deep_html(text: str, levels: int = 100_000) -> str:
    """A page with elements in elements in elements."""
    return f"<html><body>{'<div>' * levels}{text}{'</div>' * levels}</body></html>"


def _replaced(archive: bytes, name: str, content: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(held, "w") as after:
        for part in before.namelist():
            after.writestr(part, content if part == name else before.read(part))
    return held.getvalue()


def picture(width: int, height: int) -> bytes:
    """A grey picture, as PNG."""
    rows = b"".join(b"\x00" + bytes((x * y) % 256 for x in range(width)) for y in range(height))

    def piece(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + piece(b"IHDR", head)
        + piece(b"IDAT", zlib.compress(rows))
        + piece(b"IEND", b"")
    )
