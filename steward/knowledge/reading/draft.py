"""A draft: what a parser gives before its text is cut, and the writer that puts one together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from steward.knowledge.reading import refusals, tables
from steward.knowledge.reading.cleaning import clean, one_line
from steward.knowledge.reading.contents import Mark

_DEEPEST_LEVEL: Final = 9


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is read: where it is, what people call it, and how long its text may be."""

    path: Path
    name: str
    most_chars: int


@dataclass(slots=True)
class Draft:
    """A text that is clean, and where things are in it.

    Attributes:
        marks: in the order of the text.
        whole: ranges of the text that stay in one passage when they fit, such as a block of code.
        has_hard_lines: a line end ends a thought, as in tables and code; in prose it only wraps.
    """

    text: str
    title: str | None = None
    pages: int | None = None
    marks: list[Mark] = field(default_factory=list[Mark])
    whole: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    has_hard_lines: bool = False


class Writer:
    """Puts a text together, piece by piece, and stops as soon as it is too long."""

    def __init__(self, most_chars: int) -> None:
        self.most_chars = most_chars
        self._parts: list[str] = []
        self._length = 0
        self._marks: list[Mark] = []
        self._page: int | None = None
        self._chapters: list[tuple[str, int]] = []
        self._is_in_list = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written yet."""
        return not self._length

    def page(self, number: int) -> None:
        """What is written next stands on this page, counted from 1; a page without text leaves no mark."""
        self._page = number

    def heading(self, text: str, level: int) -> None:
        """A heading, as a paragraph of its own."""
        heading = one_line(text)
        at = self._add(heading, "\n\n")
        if at is not None:
            self._marks.append(Mark(at, level=min(level, _DEEPEST_LEVEL), heading=heading))

    def chapter(self, heading: str, level: int) -> None:
        """What is written next stands under this heading, which is not itself in the text."""
        self._chapters.append((heading, level))

    def paragraph(self, text: str) -> None:
        """A paragraph; it may have several lines."""
        self._add(clean(text).strip(), "\n\n")

    def line(self, text: str) -> None:
        """A line right below what was written last: an item of a list, a row of a table."""
        self._add(clean(text).strip(), "\n")

    def item(self, text: str, depth: int = 0, bullet: str = "-") -> None:
        """An item of a list: right below the one before, else as a paragraph."""
        text = clean(text).strip()
        if text:
            self._add(
                f"{'  ' * min(depth, _DEEPEST_LEVEL)}{bullet} {text}", "\n" if self._is_in_list else "\n\n"
            )
            self._is_in_list = True

    def table(self, rows: Iterable[tables.Row], *, is_headed: bool = False) -> None:
        """A table, a row a line; blank rows part paragraphs."""
        write = self.paragraph
        for text in tables.lines(rows, is_headed=is_headed):
            write(text)
            write = self.line if text else self.paragraph

    def _add(self, text: str, gap: str) -> int | None:
        self._is_in_list = False
        if not text:
            return None
        if self._length:
            self._parts.append(gap)
            self._length += len(gap)
        at = self._length
        self._parts.append(text)
        self._length += len(text)
        if self._length > self.most_chars:
            raise refusals.text_too_long(self.most_chars)
        if self._page is not None:
            self._marks.append(Mark(at, page=self._page))
            self._page = None
        self._marks.extend(Mark(at, level=level, heading=heading) for heading, level in self._chapters)
        self._chapters.clear()
        return at

    def draft(
        self, title: str | None = None, pages: int | None = None, *, has_hard_lines: bool = True
    ) -> Draft:
        """What was written. Without a title, the first heading becomes it."""
        named = one_line(title or "") or next((mark.heading for mark in self._marks if mark.heading), None)
        return Draft("".join(self._parts), named, pages, self._marks, has_hard_lines=has_hard_lines)
