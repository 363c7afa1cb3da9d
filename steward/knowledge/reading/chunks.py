"""Passages: a text cut at the best places, none longer than asked, short neighbours together."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from operator import itemgetter
from typing import Final

from steward.knowledge.reading.atoms import Atom, atoms
from steward.knowledge.reading.boundaries import Boundary
from steward.knowledge.reading.contents import Mark, Span
from steward.knowledge.reading.counting import Counter, joint
from steward.knowledge.reading.draft import Draft

_LEAST_TOKENS: Final = 32
_CLOSING_SHARE: Final = 0.25
"""How full a passage must be for the next heading to begin a new one."""
_WHOLE_SHARE: Final = 0.4
"""Paragraphs that fill no more of a passage are never cut."""
_AHEAD: Final = 3
"""How many passages are looked ahead for the end of a chapter, to cut it into even parts."""
# What a boundary is worth, by its number, against how far the passage is from the length that suits best: the end of
# a paragraph at half of it beats the end of a sentence just there.
_WORTH: Final = (-1.0, 0.0, 0.1, 0.3, 0.75, 0.9, 1.15)


def cut(draft: Draft, most_tokens: int, overlap_tokens: int, counter: Counter) -> tuple[Span, ...]:
    """The passages of a text, in order. Without overlap they share nothing; together they hold all of it but space.

    Args:
        draft: what is cut.
        most_tokens: of a passage; at least 32 are taken.
        overlap_tokens: how much a passage repeats of the one before, in whole sentences; at most half a passage.
        counter: of tokens.
    """
    most_tokens = max(_LEAST_TOKENS, most_tokens)
    packer = _Packer(most_tokens, min(overlap_tokens, most_tokens // 2))
    places = _Places(draft.marks)
    # Overlap needs the sentences of all paragraphs, a passage those of the long ones.
    whole_tokens = 0 if overlap_tokens else int(_WHOLE_SHARE * most_tokens)
    found = atoms(draft, most_tokens, whole_tokens, counter)
    return tuple(places.span(passage) for passage in packer.pack(found))


class _Packer:
    """Fills passages with atoms. `_window` is what the next passages may hold; its first `_old` atoms are overlap."""

    def __init__(self, most_tokens: int, overlap_tokens: int) -> None:
        self._most_tokens = most_tokens
        self._overlap_tokens = overlap_tokens
        self._ahead_tokens = _AHEAD * most_tokens
        self._window: list[Atom] = []
        self._old = 0
        self._whole = 0
        self._thirds = 0

    def pack(self, found: Iterable[Atom]) -> Iterator[list[Atom]]:
        """The atoms of each passage."""
        is_below_heading = False
        for atom in found:
            is_heading = atom.boundary is Boundary.HEADING
            if is_below_heading:
                # A heading belongs to what follows it.
                atom.boundary = Boundary.INSIDE
            elif is_heading:
                yield from self._end_chapter()
            is_below_heading = is_heading
            self._window.append(atom)
            self._whole += atom.whole
            self._thirds += atom.thirds
            while self._whole > self._ahead_tokens and self._tokens() > self._ahead_tokens:
                yield self._cut(1.0)
        yield from self._end_chapter()
        if len(self._window) > self._old:
            yield self._window

    def _end_chapter(self) -> Iterator[list[Atom]]:
        """What is left of a chapter, in parts of about the same length; a short rest waits for the next one."""
        while (tokens := self._tokens()) > self._most_tokens:
            parts = -(-tokens // self._most_tokens)
            yield self._cut(tokens / parts / self._most_tokens)
        if tokens >= _CLOSING_SHARE * self._most_tokens and len(self._window) > self._old:
            yield self._window
            self._window, self._old, self._whole, self._thirds = [], 0, 0, 0

    def _tokens(self) -> int:
        """The tokens of the window, as a passage of its own."""
        if not self._window:
            return 0
        first = self._window[0]
        return joint(
            self._whole - first.whole + first.first_whole, self._thirds - first.thirds + first.first_thirds
        )

    def _cut(self, ideal: float) -> list[Atom]:
        """Take a passage from the window, at the best place near to this share of the most that it may hold."""
        at = self._best_cut(ideal)
        passage, rest = self._window[:at], at - self._overlap(at)
        for atom in self._window[:rest]:
            self._whole -= atom.whole
            self._thirds -= atom.thirds
        del self._window[:rest]
        self._old = at - rest
        return passage

    def _best_cut(self, ideal: float) -> int:
        """How many atoms of the window make the best passage."""
        first = self._window[0]
        whole, thirds = first.first_whole - first.whole, first.first_thirds - first.thirds
        best, best_score = self._old + 1, float("-inf")
        for at, atom in enumerate(self._window):
            tokens = joint(whole, thirds)
            if tokens > self._most_tokens:
                break
            if at > self._old:
                score = _WORTH[atom.boundary] - abs(tokens / self._most_tokens - ideal)
                if score >= best_score:
                    best, best_score = at, score
            whole += atom.whole
            thirds += atom.thirds
        return best

    def _overlap(self, at: int) -> int:
        """How many atoms before a cut the next passage repeats: whole sentences of the same chapter."""
        following = self._window[at]
        if following.boundary is Boundary.HEADING:
            return 0
        overlap, whole, thirds = 0, 0, 0
        for back, atom in enumerate(reversed(self._window[max(1, self._old) : at]), 1):
            begun = joint(whole + atom.first_whole, thirds + atom.first_thirds)
            # Something new must fit in as well.
            joined = joint(
                whole + atom.first_whole + following.whole, thirds + atom.first_thirds + following.thirds
            )
            if (
                begun > self._overlap_tokens
                or joined > self._most_tokens
                or atom.boundary is Boundary.HEADING
            ):
                break
            if atom.boundary >= Boundary.SENTENCE:
                overlap = back
            whole += atom.whole
            thirds += atom.thirds
        return overlap


class _Places:
    """Pages and headings, for passages that come in the order of the text."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._pages = [(mark.at, mark.page) for mark in marks if mark.page is not None]
        self._headings = deque(mark for mark in marks if mark.heading)
        self._heading_places = {mark.at for mark in self._headings}
        self._path: list[tuple[int, str]] = []

    def span(self, found: Sequence[Atom]) -> Span:
        start, end = found[0].start, found[-1].end
        page = bisect_right(self._pages, start, key=itemgetter(0))
        return Span(
            start,
            end,
            _tokens(found),
            self._pages[page - 1][1] if page else None,
            self._headings_at(found),
        )

    def _headings_at(self, found: Sequence[Atom]) -> tuple[str, ...]:
        """The headings above a passage, and those that it begins with."""
        begins = takewhile(self._heading_places.__contains__, (atom.start for atom in found))
        at = max(begins, default=found[0].start)
        while self._headings and self._headings[0].at <= at:
            mark = self._headings.popleft()
            level = mark.level or 1
            self._path = [above for above in self._path if above[0] < level]
            self._path.append((level, mark.heading or ""))
        return tuple(heading for _, heading in self._path)


def _tokens(found: Sequence[Atom]) -> int:
    rest = found[1:]
    return joint(
        found[0].first_whole + sum(atom.whole for atom in rest),
        found[0].first_thirds + sum(atom.thirds for atom in rest),
    )
