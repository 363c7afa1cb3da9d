"""Plain text and source code: kept as written; the top definitions of code are its headings."""

from __future__ import annotations

import re
from typing import Final

from steward.knowledge.reading import encodings, refusals
from steward.knowledge.reading.cleaning import clean, one_line
from steward.knowledge.reading.contents import Mark
from steward.knowledge.reading.draft import Draft, Source

_BYTES_PER_CHAR: Final = 4
_DEFINITION: Final = re.compile(
    r"^(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\(\w+\))?)[ \t]+)*"
    r"(?:def|class|func|fn|fun|function|interface|struct|enum|trait|impl|module|namespace|protocol|record)\b"
    r"[ \t]+(?:\([^)\n]*\)[ \t]*)?[^\n{(:;=]{1,80}",
    re.MULTILINE,
)
_ABOVE: Final = ("@", "#", "//", "/*", " *", "--")


def read(source: Source) -> Draft:
    """The text of a file as it is.

    Raises:
        Unreadable: it is no text, or too long.
    """
    return Draft(text_of(source))


def read_code(source: Source) -> Draft:
    """The text of a program; lines end where they end.

    Raises:
        Unreadable: it is no text, or too long.
    """
    text = text_of(source)
    marks = [
        Mark(_with_lines_above(text, found.start()), level=1, heading=one_line(found.group()))
        for found in _DEFINITION.finditer(text)
    ]
    return Draft(text, marks=marks, has_hard_lines=True)


def text_of(source: Source, declared: str | None = None) -> str:
    """A file's text, clean and bounded.

    Raises:
        Unreadable: it is no text, or too long.
    """
    size = source.path.stat().st_size
    # No encoding has more bytes for a character, so that a file this large need not be read to be refused.
    if size > _BYTES_PER_CHAR * source.most_chars + _BYTES_PER_CHAR:
        raise refusals.text_too_long(source.most_chars)
    return bounded(clean(encodings.decode(source.path.read_bytes(), declared)), source.most_chars)


def bounded(text: str, most_chars: int) -> str:
    """The text, unless it is too long.

    Raises:
        Unreadable: it is.
    """
    if len(text) > most_chars:
        raise refusals.text_too_long(most_chars, len(text))
    return text


def _with_lines_above(text: str, at: int) -> int:
    """The place where the decorators and comments right above a definition begin: they belong to it."""
    while at > 1:
        start = text.rfind("\n", 0, at - 1) + 1
        if not text.startswith(_ABOVE, start):
            break
        at = start
    return at
