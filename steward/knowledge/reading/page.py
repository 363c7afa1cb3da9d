"""A web page as it comes, tag by tag: which of its words are written, and as what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from steward.knowledge.reading.draft import Draft, Writer

_NEVER: Final = "script style template noscript svg math iframe object audio video"
_NEVER_SEEN: Final = frozenset(_NEVER.split())
_FURNITURE: Final = frozenset(["nav", "footer", "aside", "button", "select", "textarea", "datalist"])
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_BLOCK: Final = (
    "address article blockquote body caption center dd details dialog div dl dt fieldset figcaption figure form header "
    "hr html li main ol p pre section summary table tbody td tfoot th thead tr ul"
)
_BLOCKS: Final = frozenset([*_BLOCK.split(), *_HEADINGS])
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_LINE_END: Final = re.compile(r" *\n *")
_MOST_SPAN: Final = 64


class _Table:
    """The rows of a table so far. One that holds another table only arranges the page."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None
        self.is_headed = False
        self.is_layout = False


class Page:
    """What lxml tells of a page: it calls `start`, `data`, `end` and `close`, whatever the page is like.

    Args:
        most_chars: of the text; more of it is refused.
        only_main: the page says where its content is, and nothing else is read.
        keeps_all: menus and hidden parts are read, too.
    """

    def __init__(self, most_chars: int, *, only_main: bool = False, keeps_all: bool = False) -> None:
        self._writer = Writer(most_chars)
        self._keeps_all = keeps_all
        self._waits_for_main = only_main
        self._open_mains = 0
        self._skipped_depth = 0
        self._pre_depth = 0
        self._words: list[str] = []
        self._title: list[str] = []
        self._is_in_title = False
        self._heading: int | None = None
        self._lists: list[int | None] = []
        self._bullet: str | None = None
        self._tables: list[_Table] = []

    @property
    def is_blank(self) -> bool:
        """Whether nothing of it was worth reading."""
        return self._writer.is_blank

    def draft(self) -> Draft:
        """What was read."""
        return self._writer.draft("".join(self._title))

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A tag opens."""
        if self._skipped_depth or self._is_skipped(tag, attributes):
            self._skipped_depth += 1
            return
        self._is_in_title = tag == "title" and not self._title
        if tag in _BLOCKS:
            self._flush()
            self._open(tag, attributes)
        elif tag == "br":
            self._words.append("\n")

    def end(self, tag: str) -> None:
        """A tag closes."""
        if self._skipped_depth:
            self._skipped_depth -= 1
            return
        self._is_in_title = False
        if tag in _BLOCKS:
            self._flush()
            self._close(tag)

    def data(self, text: str) -> None:
        """Words; those of a paragraph may come in several pieces."""
        if self._is_in_title:
            self._title.append(text)
        elif not self._skipped_depth and (self._open_mains or not self._waits_for_main):
            self._words.append(text if self._pre_depth else _SPACE.sub(" ", text))

    def comment(self, text: str) -> None:
        """Nobody reads these."""

    def close(self) -> Page:
        """The page ends."""
        self._flush()
        while self._tables:
            self._close("table")
        return self

    def _is_skipped(self, tag: str, attributes: Mapping[str, str]) -> bool:
        if tag in _NEVER_SEEN:
            return True
        if self._keeps_all or tag in ("html", "body"):
            return False
        return (
            tag in _FURNITURE
            or "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or attributes.get("role") == "navigation"
            or _HIDDEN.search(attributes.get("style", "")) is not None
        )

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        table = self._tables[-1] if self._tables else None
        match tag:
            case "main":
                self._open_mains += 1
            case "pre":
                self._pre_depth += 1
            case "ul" | "ol":
                self._lists.append(0 if tag == "ol" else None)
            case "li":
                self._bullet = self._next_bullet()
            case "table":
                self._begin_table()
            case "tr" if table:
                table.rows.append([])
            case "td" | "th" if table and table.rows:
                table.cell = []
                table.is_headed |= tag == "th" and len(table.rows) == 1
                table.rows[-1].extend("" for _ in range(1, _span(attributes)))
            case _ if tag in _HEADINGS:
                self._heading = _HEADINGS[tag]
            case _:
                pass

    def _close(self, tag: str) -> None:
        table = self._tables[-1] if self._tables else None
        match tag:
            case "main":
                self._open_mains -= 1
            case "pre":
                self._pre_depth -= 1
            case "ul" | "ol" if self._lists:
                self._lists.pop()
            case "li":
                self._bullet = None
            case "table" if table:
                self._tables.pop()
                self._end_table(table)
            case "td" | "th" if table and table.cell is not None and table.rows:
                table.rows[-1].append(" ".join(table.cell))
                table.cell = None
            case _ if tag in _HEADINGS:
                self._heading = None
            case _:
                pass

    def _next_bullet(self) -> str:
        count = self._lists[-1] if self._lists else None
        if count is None:
            return "-"
        self._lists[-1] = count + 1
        return f"{count + 1}."

    def _begin_table(self) -> None:
        if self._tables:
            outer = self._tables[-1]
            outer.is_layout = True
            self._write_cells(outer)
        self._tables.append(_Table())

    def _end_table(self, table: _Table) -> None:
        if table.is_layout:
            self._write_cells(table)
        else:
            self._writer.table(table.rows, is_headed=table.is_headed)

    def _write_cells(self, table: _Table) -> None:
        for row in table.rows:
            for cell in row:
                self._writer.paragraph(cell)
        for text in table.cell or ():
            self._writer.paragraph(text)
        table.rows, table.cell = [], None

    def _flush(self) -> None:
        """Write the words since the last block began or ended."""
        text = "".join(self._words)
        self._words.clear()
        if not self._pre_depth:
            text = _LINE_END.sub("\n", _SPACE.sub(" ", text) if "\n" not in text else text)
        if not text.strip():
            return
        table = self._tables[-1] if self._tables else None
        if table and not table.is_layout:
            if table.cell is not None:
                table.cell.append(text.strip())
            else:
                self._writer.paragraph(text)
        elif self._heading is not None:
            self._writer.heading(text, self._heading)
        elif self._bullet is not None:
            self._writer.item(text, max(0, len(self._lists) - 1), self._bullet)
            self._bullet = None
        else:
            self._writer.paragraph(text)


def _span(attributes: Mapping[str, str]) -> int:
    written = attributes.get("colspan", "1").strip()
    return min(int(written), _MOST_SPAN) if written.isdecimal() else 1
