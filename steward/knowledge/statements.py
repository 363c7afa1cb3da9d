"""What each marker of an answer speaks for: the words before it in its sentence, list item, heading or row."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from operator import itemgetter
from typing import Final

from steward.kernel import sentences
from steward.kernel.figures import figures
from steward.kernel.sentences import Span
from steward.kernel.words import content

_LEAST_WORDS: Final = 2
"""With fewer before it a marker speaks for its whole sentence: `According to [1], …`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A marker: its numbers, where it stands in the answer, and where in the answer without its markers."""

    numbers: tuple[int, ...]
    start: int
    end: int
    bare_at: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a marker speaks for.

    Attributes:
        text: all before it in its sentence; the whole sentence when that says nothing yet.
        part: what follows the marker before it in the same sentence; else `text`.
        numbers: of the markers in and directly behind this text: several passages may say it together.
    """

    text: str
    part: str
    numbers: frozenset[int]


def statements(bare: str, places: Sequence[Place]) -> list[Statement]:
    """What markers speak for, in their order. `bare` is the answer without them."""
    spans = sentences.spans(bare)
    starts = [start for start, _ in spans]
    owned = [(_span(bare, spans, starts, place.bare_at), place) for place in places]
    found: list[Statement] = []
    for span, group in groupby(owned, key=itemgetter(0)):
        found += _of_sentence(bare, span, [place for _, place in group])
    return found


def _of_sentence(bare: str, span: Span, places: Sequence[Place]) -> Iterator[Statement]:
    start, end = span
    before = start
    numbers: set[int] = set()
    for run in _runs(bare, places):
        at = min(run[0].bare_at, end)
        numbers.update(number for place in run for number in place.numbers)
        text = bare[start:at] if _says(bare[start:at]) else bare[start:end]
        part = bare[before:at] if before > start and _says(bare[before:at]) else text
        yield from repeat(Statement(text, part, frozenset(numbers)), len(run))
        before = at


def _runs(bare: str, places: Sequence[Place]) -> list[list[Place]]:
    """Markers of one sentence; those with no word between them together."""
    runs: list[list[Place]] = []
    for place in places:
        if runs and not any(map(str.isalnum, bare[runs[-1][-1].bare_at : place.bare_at])):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _says(text: str) -> bool:
    return len(content(text)) + len(figures(text)) >= _LEAST_WORDS


def _span(bare: str, spans: Sequence[Span], starts: Sequence[int], at: int) -> Span:
    """The sentence that a marker belongs to. One that opens a line belongs to what follows there, if anything does."""
    index = bisect_left(starts, at)
    following = spans[index] if index < len(spans) else None
    if index == 0:
        return following or (at, at)
    previous = spans[index - 1]
    opens_line = "\n" in bare[previous[1] : at]
    if opens_line and following is not None and "\n" not in bare[at : following[0]]:
        return following
    return previous
