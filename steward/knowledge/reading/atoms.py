"""A text as atoms: stretches that are short enough for a passage and are not cut further, with their tokens."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Final

from steward.knowledge.reading import boundaries
from steward.knowledge.reading.boundaries import Boundary
from steward.knowledge.reading.counting import Counter, Measure, is_wide, joint
from steward.knowledge.reading.draft import Draft

_BLOCK_CHARS: Final = 100_000
_PARTS: Final = 8
"""A sentence that is too long for a passage is cut into parts of this share of one."""
_CLAUSE_ENDS: Final = frozenset(",;:、，；：—–")  # noqa: RUF001  # signs of all scripts

Cut = tuple[int, int, Boundary]
"""A unit of a block, the place of its word in the block, and what begins there."""
Range = tuple[int, int]


@dataclass(slots=True)
class Atom:
    """`text[start:end]`, without space around it.

    Attributes:
        boundary: what begins here.
        whole: its tokens within a passage, with the space before it; see `counting.Tokens`.
        thirds: the same, counted the other way.
        first_whole: its tokens at the beginning of a passage.
        first_thirds: the same, counted the other way.
    """

    start: int
    end: int
    boundary: Boundary
    whole: int
    thirds: int
    first_whole: int
    first_thirds: int


def atoms(draft: Draft, most_tokens: int, whole_tokens: int, counter: Counter) -> Iterator[Atom]:
    """All atoms of a draft, in order; together they hold every character but the space between them.

    The text is taken a block at a time, so that the longest needs little memory.

    Args:
        draft: what is cut.
        most_tokens: of an atom.
        whole_tokens: paragraphs that have no more stay whole.
        counter: of tokens.
    """
    headings = [mark.at for mark in draft.marks if mark.heading]
    for start, end, boundary in _blocks(draft.text):
        measure = counter.measure(draft.text[start:end])
        if measure.words:
            block = _Block(draft, start, measure, most_tokens, whole_tokens)
            inside = headings[bisect_left(headings, start) : bisect_left(headings, end)]
            yield from block.atoms(list(block.cuts(boundary, inside)), counter)


def _blocks(text: str) -> Iterator[tuple[int, int, Boundary]]:
    """Where blocks begin and end, and what begins with each. The space between two belongs to the second."""
    start, boundary = 0, Boundary.PARAGRAPH
    while len(text) - start > _BLOCK_CHARS:
        end, next_boundary = start + _BLOCK_CHARS, Boundary.INSIDE
        for gap, what in (("\n\n", Boundary.PARAGRAPH), ("\n", Boundary.WORD), (" ", Boundary.WORD)):
            found = text.rfind(gap, start + 1, end)
            if found > 0:
                end, next_boundary = found, what
                break
        yield start, end, boundary
        start, boundary = end, next_boundary
    yield start, len(text), boundary


class _Block:
    """A stretch of a draft, from `start` on, whose units are measured."""

    def __init__(
        self, draft: Draft, start: int, measure: Measure, most_tokens: int, whole_tokens: int
    ) -> None:
        self._text = draft.text[start : start + measure.starts[-1]]
        self._has_hard_lines = draft.has_hard_lines
        self._ranges = draft.whole
        self._start = start
        self._measure = measure
        self._most_tokens = most_tokens
        self._whole_tokens = whole_tokens
        self._last: Cut = (len(measure.words), len(self._text), Boundary.INSIDE)

    def atoms(self, cuts: Sequence[Cut], counter: Counter) -> Iterator[Atom]:
        """What lies between cuts."""
        words, starts = self._measure.words, self._measure.starts
        whole, thirds = self._measure.whole, self._measure.thirds
        units = [unit for unit, _, _ in cuts]
        firsts = counter.count_first([words[unit] for unit in units])
        for (unit, place, boundary), after, first in zip(cuts, [*units[1:], len(words)], firsts, strict=True):
            yield Atom(
                self._start + place,
                self._start + starts[after],
                boundary,
                whole[after] - whole[unit],
                thirds[after] - thirds[unit],
                whole[after] - whole[unit + 1] + first[0],
                thirds[after] - thirds[unit + 1] + first[1],
            )

    def cuts(self, first: Boundary, headings: Sequence[int]) -> Iterator[Cut]:
        """What begins in the block, in order; `first` is what its first word begins."""
        whole, kept = self._measure.whole, list(self._kept_together())
        for cut, following in pairwise([*self._lines(first, headings, kept), self._last]):
            yield cut
            if whole[following[0]] - whole[cut[0]] > self._whole_tokens and not _is_within(kept, cut[1]):
                yield from self._sentences(cut, following)

    def _lines(self, first: Boundary, headings: Sequence[int], kept: Sequence[Range]) -> list[Cut]:
        places = {self._measure.word_start(0): first}
        places.update(boundaries.lines(self._text, has_hard_lines=self._has_hard_lines))
        places.update((at - self._start, Boundary.HEADING) for at in headings)
        ordered = sorted(places)
        for begin, end in kept:
            inside = ordered[bisect_right(ordered, begin) : bisect_left(ordered, end)]
            places.update(dict.fromkeys(inside, Boundary.INSIDE))
        return self._cuts_at((place, places[place]) for place in ordered)

    def _sentences(self, cut: Cut, following: Cut) -> Iterator[Cut]:
        """What begins within a paragraph: sentences, and parts of those that are too long for a passage."""
        whole = self._measure.whole
        found = self._cuts_at(boundaries.sentences(self._text, cut[1], following[1]))
        for one, (after, _, _) in pairwise([cut, *found, following]):
            if one is not cut:
                yield one
            if whole[after] - whole[one[0]] > self._most_tokens and not self._fits(one[0], after):
                yield from self._parts(one[0], after)

    def _cuts_at(self, places: Iterable[tuple[int, Boundary]]) -> list[Cut]:
        starts, text = self._measure.starts, self._text
        return [
            (unit, place, boundary)
            for place, boundary in places
            # A place in the middle of a unit, such as between a quotation mark and a letter, is none.
            if starts[unit := self._measure.unit_at(place)] == place or text[place - 1].isspace()
        ]

    def _fits(self, unit: int, after: int) -> bool:
        return joint(*self._measure.tokens(unit, after)) <= self._most_tokens

    def _kept_together(self) -> Iterator[Range]:
        """The ranges of the block that stay whole: those that fit into a passage."""
        size = self._measure.starts[-1]
        ranges = self._ranges
        for begin, end in ranges[max(0, bisect_left(ranges, (self._start, 0)) - 1) :]:
            begins, ends = max(0, begin - self._start), min(size, end - self._start)
            if begins >= size:
                return
            units = self._measure.unit_at(begins), self._measure.unit_at(ends - 1) + 1
            if begins < ends and self._fits(*units):
                yield begins, ends

    def _parts(self, unit: int, after: int) -> Iterator[Cut]:
        """Where to cut between two units that are too far apart: at lines, and else about evenly, by words."""
        measure = self._measure
        most = self._most_tokens // _PARTS
        start = unit
        for at in range(unit + 1, after):
            boundary = self._boundary_of_word(at)
            if boundary is Boundary.LINE or joint(*measure.tokens(start, at + 1)) > most:
                yield at, measure.word_start(at), boundary
                start = at

    def _boundary_of_word(self, unit: int) -> Boundary:
        before, word = self._measure.words[unit - 1], self._measure.words[unit]
        if word[0].isspace():
            if "\n" in word[: len(word) - len(word.lstrip())]:
                return Boundary.LINE
            return Boundary.CLAUSE if before[-1] in _CLAUSE_ENDS else Boundary.WORD
        if is_wide(word[0]) or is_wide(before[-1]):
            return Boundary.CLAUSE if before[-1] in _CLAUSE_ENDS else Boundary.WORD
        return Boundary.INSIDE


def _is_within(ranges: Sequence[Range], place: int) -> bool:
    at = bisect_right(ranges, place, key=itemgetter(0))
    return at > 0 and place < ranges[at - 1][1]
