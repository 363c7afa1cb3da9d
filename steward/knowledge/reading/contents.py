"""What reading a file gives: its text, where things are in it, and the passages it is cut into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page or a chapter begins, in characters of the text.

    Attributes:
        level: of a heading; 1 is the widest.
    """

    at: int
    page: int | None = None
    level: int | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A passage: `text[start:end]`, with the page it begins on and the headings above it, widest first."""

    start: int
    end: int
    tokens: int
    page: int | None
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    r"""What a file says.

    Attributes:
        text: NFC, lines end in `\n`; no NUL, no lone surrogates, no characters that nobody sees.
        title: the document's own, from its properties or its first heading; None when it has none.
        media_type: what the file really is, whatever its name says.
        language: ISO 639-1; "und" when the text is too short to tell.
    """

    text: str
    title: str | None
    media_type: str
    language: str
    pages: int | None
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]


class Unreadable(Exception):
    """A file that gives no text. `reason` and `fix` are sentences for the person who brought it."""

    def __init__(self, tag: str, reason: str, fix: str) -> None:
        super().__init__(f"{reason} {fix}")
        self.tag = tag
        self.reason = reason
        self.fix = fix
