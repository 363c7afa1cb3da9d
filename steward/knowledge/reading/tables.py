"""Tables as lines of text: each row names its columns, so that it makes sense alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from steward.knowledge.reading.cleaning import one_line

_NUMBER: Final = re.compile(r"[\s\d.,:/%€$£+()-]*")
_DIGIT: Final = re.compile(r"\d")
_NAME_CHARS: Final = 80

Row = Sequence[str]


def lines(rows: Iterable[Row], *, is_headed: bool = False) -> Iterator[str]:
    """A table's rows as lines; a blank row is an empty line.

    The first row with names in it is the header: rows below it read `Name: value; Name: value`. A row with one cell
    is a line of text. Where nothing looks like a header, cells are separated by bars.

    Args:
        rows: the cells of each, from the left; cells that are empty keep their place.
        is_headed: the first row is known to be the header.
    """
    table = _Table(is_headed)
    cleaned = ([" ".join(cell.split()) for cell in row] for row in rows)
    for row, below in pairwise(chain(cleaned, [[]])):
        yield from table.feed(row, below)
    yield from table.end()


class _Table:
    """The header that holds, from row to row."""

    def __init__(self, is_headed: bool) -> None:
        self._is_headed = is_headed
        self._names: list[str] | None = None
        self._is_below_gap = False
        # A header that no row has named yet; lost, unless it is written by itself.
        self._unused: str | None = None

    def feed(self, row: list[str], below: list[str]) -> Iterator[str]:
        filled = [place for place, cell in enumerate(row) if cell]
        if not filled:
            self._is_below_gap = True
            yield from self.end()
            yield ""
            return
        if len(filled) > 1 and self._may_begin(filled):
            yield from self.end()
            self._names = self._header(row, filled, below)
            self._is_below_gap = False
            if self._names:
                self._unused = " | ".join(filter(None, row))
                return
        self._is_below_gap = False
        if len(filled) > 1:
            self._unused = None
        yield self._line(row, filled)

    def end(self) -> Iterator[str]:
        if self._unused:
            yield self._unused
        self._unused = None

    def _may_begin(self, filled: list[int]) -> bool:
        """Whether a table begins here: the first one, or below a gap one with other columns."""
        if self._names is None:
            return True
        return self._is_below_gap and filled != [place for place, name in enumerate(self._names) if name]

    def _header(self, row: list[str], filled: list[int], below: list[str]) -> list[str]:
        names = [row[place] for place in filled]
        is_known, self._is_headed = self._is_headed, False
        if not is_known:
            if any(_NUMBER.fullmatch(name) for name in names) or len(set(names)) < len(names):
                return []
            if len(names) == 2 and not _gets_numbers(row, below):
                return []
        return [one_line(cell, _NAME_CHARS) for cell in row]

    def _line(self, row: list[str], filled: list[int]) -> str:
        names = self._names
        if not names or filled == [0]:
            return " | ".join(row[place] for place in filled)
        return "; ".join(
            f"{names[place]}: {row[place]}" if place < len(names) and names[place] else row[place]
            for place in filled
        )


def _gets_numbers(row: list[str], below: list[str]) -> bool:
    """Two columns are often labels and values: names stand above them only when numbers follow words."""
    return any(
        _DIGIT.search(value) and not _DIGIT.search(name)
        for name, value in zip(row[1:], below[1:], strict=False)
    )
