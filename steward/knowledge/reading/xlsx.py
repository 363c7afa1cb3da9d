"""Excel workbooks: a sheet is a heading, a row a line that names its columns. Formulas give what they last came to."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

from openpyxl import load_workbook

from steward.knowledge.reading import archives, refusals
from steward.knowledge.reading.draft import Draft, Source, Writer

_WHAT: Final = "The Excel workbook"


def read(source: Source) -> Draft:
    """The text of a workbook, sheet by sheet; hidden sheets are read as well.

    Raises:
        Unreadable: it is damaged or too long.
    """
    with archives.opened(source.path, _WHAT) as package, warnings.catch_warnings():
        # It warns about parts that it leaves out, such as conditional formats.
        warnings.simplefilter("ignore")
        title = package.title()
        try:
            return _read(source, title)
        except (LookupError, ValueError, TypeError, AttributeError, SyntaxError) as error:
            raise refusals.damaged(_WHAT) from error


def _read(source: Source, title: str | None) -> Draft:
    writer = Writer(source.most_chars)
    # Opened here, since the library leaves a file open that it stumbles over.
    with source.path.open("rb") as file:
        workbook = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            # What the file says of a sheet's size is often wrong, and would be filled up with empty cells.
            sheet.reset_dimensions()
            rows = _rows(sheet.iter_rows())
            first = next(rows, None)
            if first is not None:
                writer.heading(sheet.title, 1)
                writer.table(chain([first], rows))
    return writer.draft(title)


def _rows(rows: Iterable[Iterable[Any]]) -> Iterator[list[str]]:
    """The rows as text, from the first that has any; of several blank ones, one."""
    is_blank = True
    for row in rows:
        cells = [_text(cell) for cell in row]
        was_blank, is_blank = is_blank, not any(cells)
        if not (is_blank and was_blank):
            yield cells


def _text(cell: Any) -> str:
    match cell.value:
        case None:
            return ""
        case bool() as flag:
            return "TRUE" if flag else "FALSE"
        case int() | float() as number:
            return _number(number, cell.number_format or "")
        case dt.datetime() as moment:
            return moment.strftime("%Y-%m-%d" if moment.time() == dt.time() else "%Y-%m-%d %H:%M")
        case other:
            return str(other)


def _number(number: float, number_format: str) -> str:
    if "%" in number_format:
        return f"{number * 100:.10g}%"
    # Fifteen digits are what a workbook keeps; more of them are the noise of binary fractions.
    return str(int(number)) if float(number).is_integer() else f"{number:.15g}"
