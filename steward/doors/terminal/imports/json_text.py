"""JSON of any size, value by value: lines of values, a list, or an object of lists. Only one value is in memory."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

_PIECE_CHARS: Final = 2**18
_WHOLE_CHARS: Final = 2**23
"""An object of more characters is read member by member, and not as one value."""

_INDENT_CHARS: Final = 100
_BLANKS: Final = re.compile(r"[ \t\r\n\ufeff]*")
_CLOSED: Final = '}]"'
_INDENT: Final = re.compile(r"[ \t]*")
_LISTS: Final = frozenset(
    (
        *("data", "items", "conversations", "assistants", "threads", "messages"),
        *("files", "vector_stores", "runs", "steps", "run_steps"),
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """A value of a list, or one that stands by itself.

    Attributes:
        line: where it begins, counted from 1.
        key: of the list that held it, when that was a member of an object.
        holder: the members of that object that came before the list.
    """

    value: Any
    line: int
    key: str = ""
    holder: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """What cannot be read, and the line where that is seen."""

    line: int
    reason: str


class _Unreadable(Exception):
    """The text is no JSON from here on."""


class _TooLong(Exception):
    """A value has more characters than shall be read at once."""


def read(file: BinaryIO) -> Iterator[Found | Broken]:
    """The values of a file, in their order. What is broken is told, and the reading goes on where a line begins like
    the values before. Blocks.
    """
    return _Reader(_Text(_decoded(file))).values()


def _decoded(file: BinaryIO) -> io.TextIOBase:
    start = file.read(4)
    encoding = "utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return _Joined(start, file, decoder)


class _Joined(io.TextIOBase):
    """Text of a file whose first bytes have been looked at."""

    def __init__(self, start: bytes, file: BinaryIO, decoder: codecs.IncrementalDecoder) -> None:
        self._start, self._file, self._decoder = start, file, decoder

    def read(self, size: int | None = -1, /) -> str:
        """At least one character unless the end is reached."""
        while True:
            piece = self._start + self._file.read(size or -1)
            self._start = b""
            text = self._decoder.decode(piece, final=not piece)
            if text or not piece:
                return text


class _Text:
    """The text that is at hand, and the place in it."""

    def __init__(self, file: io.TextIOBase) -> None:
        self._file = file
        self._decoder = json.JSONDecoder(parse_constant=lambda _: None)
        self._lines = 1
        self._counted = 0
        self.held = ""
        self.at = 0
        self.is_whole = False

    @property
    def line(self) -> int:
        """The line of the place."""
        self._count()
        return self._lines

    def more(self) -> bool:
        """Read on; whether there was more. What came before the place is dropped."""
        if self.is_whole:
            return False
        self._count()
        # The blanks before the place stay, for `indent`.
        begin = max(self.held.rfind("\n", 0, self.at), self.at - _INDENT_CHARS, 0)
        rest = self.held[begin:]
        # As much again as is held: what is tried anew each time stays cheap.
        piece = self._file.read(max(_PIECE_CHARS, len(rest)))
        self.at -= begin
        self.held, self._counted = rest + piece, self.at
        self.is_whole = not piece
        return bool(piece)

    def peek(self) -> str:
        """The next sign that is no blank; empty at the end."""
        while True:
            blanks = _BLANKS.match(self.held, self.at)
            assert blanks is not None
            self.at = blanks.end()
            if self.at < len(self.held) or not self.more():
                return self.held[self.at : self.at + 1]

    def take(self, sign: str) -> None:
        """Go behind a sign that must come next."""
        if self.peek() != sign:
            raise _Unreadable(f"no JSON (a {sign!r} is missing)")
        self.at += 1

    def value(self, most: int | None = None) -> Any:
        """The value that begins here."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self.held, self.at)
            except json.JSONDecodeError as error:
                if not self._is_cut(error):
                    raise _Unreadable(f"no JSON ({error.msg.removesuffix(' at').lower()})") from error
                if most is not None and len(self.held) - self.at > most:
                    raise _TooLong from error
                if not self.more():
                    raise _Unreadable("the file ends within a value") from error
            except (ValueError, RecursionError) as error:
                raise _Unreadable("a number or a nesting is too large") from error
            else:
                # A number may go on in the next piece.
                if end < len(self.held) or self.held[end - 1] in _CLOSED or not self.more():
                    self.at = end
                    return value

    def resume(self, indent: int) -> bool:
        """Go to the next line that begins an object with so many blanks before it; whether there is one."""
        begins = re.compile(rf"\n[ \t]{{{indent}}}(?=\{{)")
        while True:
            line = begins.search(self.held, self.at)
            if line is not None:
                self.at = line.end()
                return True
            self.at = max(self.at, len(self.held) - indent - 2)
            if not self.more():
                self.at = len(self.held)
                return False

    def indent(self) -> int | None:
        """Blanks before the place, when nothing else stands in its line."""
        begin = self.held.rfind("\n", 0, self.at) + 1
        blanks = _INDENT.match(self.held, begin)
        assert blanks is not None
        return self.at - begin if blanks.end() >= self.at else None

    def _count(self) -> None:
        self._lines += self.held.count("\n", self._counted, self.at)
        self._counted = self.at

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated string") or error.pos >= len(self.held) - 16


class _Reader:
    def __init__(self, text: _Text) -> None:
        self._text = text

    def values(self) -> Iterator[Found | Broken]:
        while self._text.peek():
            line = self._text.line
            try:
                yield from self._next(line)
            except _Unreadable as error:
                yield Broken(self._text.line, str(error))
                if not self._text.resume(0):
                    return

    def _next(self, line: int) -> Iterator[Found | Broken]:
        sign = self._text.peek()
        if sign == "[":
            yield from self._elements("", None)
            return
        if sign != "{":
            raise _Unreadable("no JSON (neither an object nor a list)")
        try:
            value = self._text.value(_WHOLE_CHARS)
        except _TooLong:
            yield from self._members(line)
        else:
            yield Found(value, line)

    def _members(self, line: int) -> Iterator[Found | Broken]:
        """The elements of an object's lists, and in the end the object without them."""
        text, holder = self._text, dict[str, Any]()
        text.take("{")
        while text.peek() != "}":
            key = str(text.value())
            text.take(":")
            if text.peek() == "[" and key in _LISTS:
                yield from self._elements(key, dict(holder))
                if not text.peek():
                    # What is missing was told.
                    return
            else:
                holder[key] = text.value()
            if text.peek() != "}":
                text.take(",")
        text.take("}")
        yield Found(holder, line)

    def _elements(self, key: str, holder: dict[str, Any] | None) -> Iterator[Found | Broken]:
        text = self._text
        text.take("[")
        indent: int | None = None
        while text.peek() != "]":
            line = text.line
            indent = text.indent() if indent is None else indent
            try:
                yield Found(text.value(), line, key, holder)
                if text.peek() != "]":
                    text.take(",")
            except _Unreadable as error:
                if indent is None:
                    # Nothing tells where the next element begins.
                    raise
                yield Broken(text.line, str(error))
                if not text.resume(indent):
                    return
        text.take("]")
