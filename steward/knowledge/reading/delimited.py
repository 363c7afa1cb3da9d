"""CSV and TSV: the first row names the columns, and each row below is a line of names and values."""

from __future__ import annotations

import csv
import io
import re
import sys
from typing import Final

from steward.knowledge.reading import plain, refusals
from steward.knowledge.reading.draft import Draft, Source, Writer

_SEPARATORS: Final = (",", ";", "\t", "|")
_SAMPLE_CHARS: Final = 20_000
_QUOTED: Final = re.compile(r'"[^"]*"')
_SAMPLE_LINES: Final = 20


def read(source: Source) -> Draft:
    """The text of a table whose cells are separated by one character; which, is found out.

    Raises:
        Unreadable: it is no text, or too long.
    """
    text = plain.text_of(source)
    csv.field_size_limit(sys.maxsize)
    writer = Writer(source.most_chars)
    try:
        writer.table(csv.reader(io.StringIO(text), delimiter=_separator(text)), is_headed=True)
    except csv.Error as error:
        raise refusals.damaged("The table") from error
    return writer.draft()


def _separator(text: str) -> str:
    """The character that parts most lines into the same number of cells."""
    unquoted = _QUOTED.sub("", text[:_SAMPLE_CHARS])
    lines = [line for line in unquoted.split("\n") if line][:_SAMPLE_LINES]

    def fit(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(_SEPARATORS, key=fit)
