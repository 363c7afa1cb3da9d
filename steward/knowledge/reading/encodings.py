"""Bytes into text: which encoding they are in, and whether they are text at all."""

from __future__ import annotations

import codecs
import re
from typing import Final

from steward.knowledge.reading import refusals

_SEVEN_BIT: Final = ("iso-2022", "iso2022", "hz", "utf-7")
_SAMPLE_BYTES: Final = 65_536
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = bytes({*range(32), 127} - {7, 8, 9, 10, 11, 12, 13, 27})
_BEYOND_ASCII: Final = re.compile(rb"[\x80-\xff]")
_RULED_OUT: Final = {"utf-8", "ascii"}
_USUAL: Final = "cp1252"
_LEAST_LETTERS: Final = 32
_MOST_CONTROLS: Final = 0.02
"""Share of control characters in what still counts as text."""
_FEW_CONTROLS: Final = 4
_DECLARED: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of bytes. What cannot be decoded becomes U+FFFD, when most of it can.

    Args:
        data: of a whole file, or of a part of a mail.
        declared: the encoding that the sender named; it is a hint.

    Raises:
        Unreadable: this is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    wide = _wide_encoding(data)
    if wide is not None:
        return data.decode(wide, "replace")
    if _is_binary(data[:_SAMPLE_BYTES]):
        raise refusals.no_known_text()
    try:
        # Those that spell other letters with ASCII would pass for UTF-8.
        is_seven_bit = declared is not None and declared.lower().startswith(_SEVEN_BIT)
        return data.decode(declared if declared and is_seven_bit else "utf-8")
    except (UnicodeDecodeError, LookupError):
        return _decode_other(data, declared)


def declared_in_html(data: bytes) -> str | None:
    """The encoding that a page names in its head."""
    found = _DECLARED.search(data[:_SAMPLE_BYTES])
    return found.group(1).decode("ascii") if found else None


def _decode_other(data: bytes, declared: str | None) -> str:
    first = _BEYOND_ASCII.search(data)
    sample = data[first.start() :][:_SAMPLE_BYTES] if first else data[:_SAMPLE_BYTES]
    lenient = sample.decode("utf-8", "replace")
    # UTF-8 with a few broken places: no other encoding yields so many valid sequences.
    if sum(character > "\x7f" for character in lenient) > 5 * lenient.count("\ufffd"):
        return data.decode("utf-8", "replace")
    for encoding in (declared, _guess(sample)):
        try:
            if encoding and codecs.lookup(encoding).name not in _RULED_OUT:
                return data.decode(encoding, "replace")
        except (LookupError, ValueError):
            continue
    return data.decode(_USUAL, "replace")


def _guess(sample: bytes) -> str | None:
    # A few letters beyond ASCII say too little.
    if len(_BEYOND_ASCII.findall(sample)) < _LEAST_LETTERS:
        return None
    # Loaded only when a file needs it.
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else None


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Western text is NUL."""
    sample = data[: _SAMPLE_BYTES & ~1]
    half = len(sample) // 2
    if half < 4:
        return None
    if sample[1::2].count(0) > 0.6 * half and sample[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if sample[::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _is_binary(sample: bytes) -> bool:
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > max(_FEW_CONTROLS, _MOST_CONTROLS * len(sample))
