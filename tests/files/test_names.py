from __future__ import annotations

import email.message
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steward.files.names import clean_name, disposition, media_type_of, safe_media_type


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("report.pdf", "report.pdf"),
        ("Über die Größe.docx", "Über die Größe.docx"),
        ("../../etc/passwd", "passwd"),
        (r"..\..\windows\system32\config", "config"),
        (r"C:\Documents\plan.xlsx", "plan.xlsx"),
        ("/etc/shadow", "shadow"),
        ("folder/", "folder"),
        ("a\0b.txt", "ab.txt"),
        ("line\r\nbreak: yes.txt", "line break: yes.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("zero\u200bwidth\ufeff.txt", "zerowidth.txt"),
        ("tag\U000e0041\U000e0042.txt", "tag.txt"),
        ("half\ud800.txt", "half.txt"),
        ("joined \U0001f468\u200d\U0001f469.png", "joined \U0001f468\u200d\U0001f469.png"),
        ("  many   blanks\u3000here .md ", "many blanks here .md"),
        (".gitignore", ".gitignore"),
        ("ends with dots...", "ends with dots"),
        ("CON", "CON"),
        ("", "unnamed"),
        (" ", "unnamed"),
        (".", "unnamed"),
        ("..", "unnamed"),
        ("///", "unnamed"),
        ("\u200d", "unnamed"),
        ("e\u0301te.txt", "\u00e9te.txt"),
    ],
)  # fmt: skip
def test_a_name_is_data_and_no_path(given_name: str, cleaned: str) -> None:
    assert clean_name(given_name) == cleaned


@pytest.mark.parametrize(
    ("given_name", "end"),
    [
        ("x" * 300, "xxx"),
        ("x" * 300 + ".pdf", "xxx.pdf"),
        ("x" * 300 + "." + "y" * 40, "xxx"),
        ("x." + "y" * 300, "yyy"),
        ("\U0001f468\u200d\U0001f469" * 100 + ".pdf", "\U0001f468\u200d\U0001f469.pdf"),
    ],
)
def test_a_long_name_keeps_its_beginning_and_its_suffix(given_name: str, end: str) -> None:
    cleaned = clean_name(given_name)
    assert len(cleaned) <= 255
    assert cleaned.endswith(end) or cleaned == given_name[:255]
    assert cleaned[:2] == given_name[:2]


@given(st.text(max_size=400))
@example("%2e%2e%2f")
def test_whatever_comes_is_a_name_that_can_be_shown_and_stored(given_name: str) -> None:
    cleaned = clean_name(given_name)
    assert 1 <= len(cleaned) <= 255
    assert not set(cleaned) & set("/\\\0\r\n\t")
    assert cleaned not in (".", "..")
    assert not any(
        unicodedata.bidirectional(one) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI") for one in cleaned
    )
    assert cleaned.encode().decode() == cleaned
    assert clean_name(cleaned) == cleaned


@given(st.text(max_size=60).map(clean_name))
@example('quote" back\\slash; percent%41')
@example("Ünïcode €.pdf")
def test_a_download_carries_its_name_and_nothing_else(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert not set(header) & set("\r\n\0")
    read = email.message.Message()
    read["content-disposition"] = header
    assert read.get_content_disposition() == "attachment"
    if "filename*=" in header:
        assert unquote(header.rpartition("''")[2]) == name
    else:
        assert read.get_filename() == name


@pytest.mark.parametrize(
    ("said", "name", "media_type"),
    [
        ("application/pdf", "x.txt", "application/pdf"),
        ("Text/Plain; charset=utf-8", "x", "text/plain"),
        (None, "x.pdf", "application/pdf"),
        ("", "notes.md", "text/markdown"),
        ("application/octet-stream", "table.csv", "text/csv"),
        ("application/octet-stream", "letter.doc", "application/msword"),
        ("no type", "x.json", "application/json"),
        ("text/html\r\nx-evil: 1", "x", "application/octet-stream"),
        ("x" * 500 + "/y", "x", "application/octet-stream"),
        (None, "unknown.suffix", "application/octet-stream"),
    ],
)  # fmt: skip
def test_a_media_type_is_what_is_said_or_what_the_name_says(
    said: str | None, name: str, media_type: str
) -> None:
    assert media_type_of(said, name) == media_type


@pytest.mark.parametrize(
    "media_type",
    [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml",
        "text/javascript",
        "application/x-shockwave-flash",
        "text/css",
        "multipart/x-mixed-replace",
        "application/vnd.wap.xhtml+xml",
    ],
)
def test_what_a_browser_might_run_is_handed_out_as_bytes(media_type: str) -> None:
    assert safe_media_type(media_type) == "application/octet-stream"


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/pdf", "image/png", "audio/mpeg", "video/mp4"]
)
def test_what_it_only_shows_keeps_its_type(media_type: str) -> None:
    assert safe_media_type(media_type) == media_type
