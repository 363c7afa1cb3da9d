"""The marks by which an answer cites passages: where they stand, and which brackets are none.

A marker is `[1]`, `[1, 2]`, `[1-3]` or `【1】` with numbers from 1 to 999, at most 32 characters long. Brackets are no
markers:

- in spans of code and fenced code. A span that nothing closes is taken to end with its paragraph, since a stream
  cannot look ahead;
- before `(`, which makes a link of them, or before `:` at the start of a line, which defines one;
- behind `]`, unless that ends a marker; behind `[`; and behind a backslash;
- directly behind a letter or digit of ASCII, like `array[7]`, unless every number is a passage's: that is more likely
  an index than a citation;
- with a zero in them, like the range `[0, 1]`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from steward.knowledge.code_spans import CodeSpans

_MOST_CHARS: Final = 32
_BRACKET: Final = re.compile(r"[\[【]")
_CLOSING: Final = {"[": "]", "【": "】"}
_BODY: Final = re.compile(r"[0-9 \u00a0\u202f,;\u2013-]*")
_NUMBER: Final = re.compile(r"\s*([1-9][0-9]{0,2})\s*(?:[-\u2013]\s*([1-9][0-9]{0,2})\s*)?")
_NEVER_BEHIND: Final = ("[", "]", "\\")


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker, as it was written, and its numbers in their order: also those that no passage has."""

    raw: str
    numbers: tuple[int, ...]


Piece = str | Marker


class MarkerReader:
    """Takes an answer piece by piece and tells text and markers apart, wherever the pieces were cut."""

    def __init__(self, known: Container[int]) -> None:
        """Read markers for passages with these numbers."""
        self._known = known
        self._code = CodeSpans()
        self._held = ""
        self._before = ""

    def feed(self, text: str) -> list[Piece]:
        """What is certain now. At most the beginning of one marker is held back."""
        if not self._held and "[" not in text and "【" not in text:
            return [self._said(text)] if text else []
        buffer, self._held = self._held + text, ""
        return list(self._read(buffer, is_end=False))

    def end(self) -> list[Piece]:
        """What was held back."""
        buffer, self._held = self._held, ""
        return list(self._read(buffer, is_end=True))

    def _read(self, buffer: str, *, is_end: bool) -> Iterator[Piece]:
        at = 0
        while (bracket := _BRACKET.search(buffer, at)) is not None:
            if bracket.start() > at:
                yield self._said(buffer[at : bracket.start()])
            at = bracket.start()
            found = self._marker(buffer, at, is_end=is_end)
            if found == "open":
                self._held = buffer[at:]
                return
            if isinstance(found, Marker):
                yield self._marked(found)
                at += len(found.raw)
            else:
                yield self._said(buffer[at])
                at += 1
        if at < len(buffer):
            yield self._said(buffer[at:])

    def _said(self, text: str) -> str:
        self._code.add(text)
        self._before = text[-1]
        return text

    def _marked(self, marker: Marker) -> Marker:
        if any(map(self._known.__contains__, marker.numbers)):
            self._code.add(marker.raw)
        # What follows a marker directly may be the next one.
        self._before = ""
        return marker

    def _marker(self, buffer: str, at: int, *, is_end: bool) -> Marker | Literal["open", "none"]:
        """The marker that begins here; `open` when more text must come to tell."""
        if self._before in _NEVER_BEHIND or self._code.is_open():
            return "none"
        body = _BODY.match(buffer, at + 1)
        assert body is not None
        end = body.end()
        if end == len(buffer):
            return "none" if is_end or end - at >= _MOST_CHARS else "open"
        if buffer[end] != _CLOSING[buffer[at]] or end + 1 - at > _MOST_CHARS:
            return "none"
        numbers = _numbers(body[0])
        if not numbers or (
            self._may_be_index(buffer[at]) and not all(map(self._known.__contains__, numbers))
        ):
            return "none"
        if end + 1 == len(buffer) and not is_end:
            return "open"
        return "none" if self._is_link(buffer[end + 1 : end + 2]) else Marker(buffer[at : end + 1], numbers)

    def _may_be_index(self, bracket: str) -> bool:
        return bracket == "[" and self._before.isascii() and (self._before.isalnum() or self._before == "_")

    def _is_link(self, after: str) -> bool:
        return after == "(" or (after == ":" and self._code.is_line_start)


def _numbers(body: str) -> tuple[int, ...]:
    """The numbers of `1, 3-5`, each once; none when it is written otherwise."""
    found: dict[int, None] = {}
    for part in re.split("[,;]", body):
        match = _NUMBER.fullmatch(part)
        if match is None:
            return ()
        first = int(match[1])
        last = int(match[2] or first)
        if last < first:
            return ()
        found |= dict.fromkeys(range(first, last + 1))
    return tuple(found)
