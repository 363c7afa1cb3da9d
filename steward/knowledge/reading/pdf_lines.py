"""The lines of a PDF page, with size and place: these tell headings and paragraphs apart, since a PDF does not."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw as pdfium_c

HYPHEN: Final = "\ufffe"
"""What PDFium writes for a hyphen at the end of a line; the next line follows at once."""
_LINE_END: Final = "\r\n"
_HEADING_CHARS: Final = 150
_HEADING_SCALE: Final = 1.12
_MOST_HEADINGS: Final = 0.3
"""Share of lines that stand out; with more of them, size means something else."""
_MOST_LEVELS: Final = 4
_PARAGRAPH_PITCH: Final = 1.3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page.

    Attributes:
        height: of its letters, in points, to the half point; 0 when unknown.
        left: where it begins, from the left.
        base: where it stands, from below.
        last_base: the same for its end: after a broken word the line goes on one below.
    """

    text: str
    height: float
    left: float
    base: float
    last_base: float


def read(page: pdfium.PdfTextPage) -> list[Line]:
    """The lines of a page that have text, in the order of the page."""
    lines: list[Line] = []
    index = 0
    for text in page.get_text_range().split(_LINE_END):
        shown = text.strip()
        if shown:
            lines.append(_placed(page, shown, index + len(text) - len(text.lstrip())))
        index += _units(text) + len(_LINE_END)
    return lines


def _placed(page: pdfium.PdfTextPage, text: str, index: int) -> Line:
    box = _box(page, index)
    last_base = _box(page, index + _units(text) - 1).bottom if HYPHEN in text else box.bottom
    return Line(text, round((box.top - box.bottom) * 2) / 2, box.left, box.bottom, last_base)


def _box(page: pdfium.PdfTextPage, index: int) -> pdfium_c.FS_RECTF:
    """The place of a letter on the page; all zero when it has none."""
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(page, index, ctypes.byref(box))
    return box


def _units(text: str) -> int:
    """The length of a text as PDFium counts it: in units of UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines of a page in groups: a wider gap, another size, or an indented line begins the next."""
    if not lines:
        return
    pitches = [
        above.last_base - below.base for above, below in pairwise(lines) if above.last_base > below.base
    ]
    usual = median_low(pitches) if pitches else 0.0
    group = [lines[0]]
    for above, below in pairwise(lines):
        if _parts(above, below, usual):
            yield group
            group = []
        group.append(below)
    yield group


def _parts(above: Line, below: Line, usual_pitch: float) -> bool:
    if above.height != below.height:
        return True
    if above.last_base - below.base > _PARAGRAPH_PITCH * usual_pitch:
        return True
    # An indent says so only after the end of a sentence: numbers and lists wrap with an indent as well.
    return below.left > above.left + below.height and above.text.endswith((".", "!", "?", ":"))


class HeadingSizes:
    """Which heights of letters are those of headings: larger than those of most of the text."""

    def __init__(self, pages: Iterable[Sequence[Line]]) -> None:
        chars: Counter[float] = Counter()
        lines: Counter[float] = Counter()
        for page in pages:
            for line in page:
                chars[line.height] += len(line.text)
                lines[line.height] += 1
        body = chars.most_common(1)[0][0] if chars else 0.0
        larger = sorted((height for height in lines if height > body * _HEADING_SCALE), reverse=True)
        stand_out = sum(lines[height] for height in larger)
        self._levels: dict[float, int] = {}
        if body and stand_out <= _MOST_HEADINGS * lines.total():
            self._levels = {height: min(level, _MOST_LEVELS) for level, height in enumerate(larger, 1)}

    def level(self, group: Sequence[Line]) -> int | None:
        """The level of a group of lines as a heading; None when it is text."""
        text = " ".join(line.text for line in group)
        if len(text) > _HEADING_CHARS or not any(character.isalpha() for character in text):
            return None
        return self._levels.get(group[0].height)
