"""Citations: the markers of an answer made even while it streams, and checked by code when it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from steward.knowledge.excerpts import excerpt
from steward.knowledge.markers import Marker, MarkerReader, Piece
from steward.knowledge.prompts import as_prompt
from steward.knowledge.statements import Place, Statement, statements
from steward.knowledge.support import Judge, Support
from steward.providers.wire import Passage

__all__ = ["Citation", "CitationReader", "Read", "as_prompt", "check", "excerpt", "strip"]

_BLANKS: Final = (" ", "\u00a0", "\u202f")


@dataclass(frozen=True, slots=True)
class Read:
    """What may be shown of an answer now, and the passages that it cites for the first time."""

    text: str
    cited: list[Passage]


class CitationReader:
    """Reads along while an answer streams. What it shows cites passages that are there, always as `[1]` or `[1][2]`.

    A marker whose number no passage has is left out, with the blank before it. The text and the citations are the same
    however the answer is cut.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = {passage.number: passage for passage in passages}
        self._markers = MarkerReader(self._passages)
        self._cited: set[int] = set()
        self._blank = ""

    def feed(self, text: str) -> Read:
        """Take the next piece. A blank at its end waits for the next, for it goes with a marker that is left out."""
        return self._read(self._markers.feed(text), is_end=False)

    def end(self) -> Read:
        """The answer is over: what was held back."""
        return self._read(self._markers.end(), is_end=True)

    def _read(self, pieces: Sequence[Piece], *, is_end: bool) -> Read:
        cited: list[Passage] = []
        text = _shown(self._blank, pieces, self._passages)
        for piece in pieces:
            if isinstance(piece, Marker):
                cited += self._first_time(piece.numbers)
        self._blank = text[-1:] if text.endswith(_BLANKS) and not is_end else ""
        return Read(text[: len(text) - len(self._blank)], cited)

    def _first_time(self, numbers: Iterable[int]) -> list[Passage]:
        new = [number for number in numbers if number in self._passages and number not in self._cited]
        self._cited.update(new)
        return [self._passages[number] for number in new]


def strip(text: str, numbers: Collection[int]) -> str:
    """An earlier answer without its markers, for the prompts of later turns, whose passages have other numbers."""
    reader = MarkerReader(numbers)
    pieces = [*reader.feed(text), *reader.end()]
    return _shown("", [_other(piece, numbers) for piece in pieces], ())


def _other(piece: Piece, numbers: Collection[int]) -> Piece:
    """A marker of none of these numbers is only text."""
    if isinstance(piece, str) or any(number in numbers for number in piece.numbers):
        return piece
    return piece.raw


def _shown(blank: str, pieces: Iterable[Piece], known: Collection[int]) -> str:
    text = blank
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
        elif marks := "".join(f"[{number}]" for number in piece.numbers if number in known):
            text += marks
        elif text.endswith(_BLANKS):
            text = text[:-1]
    return text


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker of an answer, and what it is worth.

    Attributes:
        number: of the passage.
        start: where the marker begins in the answer, in code points.
        end: where it ends.
        support: how far the passage supports the sentence, 0 to 1.
        is_supported: whether that is enough.
        is_checked: False when code cannot tell, since sentence and passage are in different languages and share
            neither figures nor names.
    """

    number: int
    start: int
    end: int
    support: float
    is_supported: bool
    is_checked: bool


async def check(text: str, passages: Sequence[Passage]) -> list[Citation]:
    """Find the markers of an answer, in their order, and judge whether each passage supports the sentence it stands by.

    A marker speaks for what stands before it in its sentence, list item, row or heading; behind a full stop for the
    sentence that ended there. Works in a thread.
    """
    if not passages or ("[" not in text and "【" not in text):
        return []
    return await asyncio.to_thread(_check, text, passages)


def _check(text: str, passages: Sequence[Passage]) -> list[Citation]:
    known = {passage.number for passage in passages}
    bare, places = _places(text, known)
    found = statements(bare, places)
    judge = Judge(passages, {words for one in found for words in (one.text, one.part)})
    # An answer may say the same over and over.
    support = cache(partial(_support, judge))
    return [
        _citation(number, place, support(number, statement))
        for place, statement in zip(places, found, strict=True)
        for number in place.numbers
    ]


def _support(judge: Judge, number: int, statement: Statement) -> Support:
    whole = judge.support(statement.text, number, statement.numbers)
    if statement.part == statement.text:
        return whole
    return max(whole, judge.support(statement.part, number), key=lambda support: support.value)


def _citation(number: int, place: Place, support: Support) -> Citation:
    return Citation(
        number, place.start, place.end, round(support.value, 2), support.is_enough, support.is_checked
    )


def _places(text: str, known: Collection[int]) -> tuple[str, list[Place]]:
    """The answer without its markers, and where those stood that passages have."""
    reader = MarkerReader(known)
    places: list[Place] = []
    bare: list[str] = []
    at = bare_at = 0
    for piece in [*reader.feed(text), *reader.end()]:
        if isinstance(piece, str):
            bare.append(piece)
            bare_at += len(piece)
            at += len(piece)
            continue
        if numbers := tuple(number for number in piece.numbers if number in known):
            places.append(Place(numbers, at, at + len(piece.raw), bare_at))
        at += len(piece.raw)
    return "".join(bare), places
