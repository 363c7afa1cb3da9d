"""Forms that carry files, taken apart while they come in.

Wire: multipart/form-data (RFC 7578).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from steward.files.errors import FormMalformed

_PARTS: Final = 64
# Browsers write these three of a name so, and nothing else.
_ESCAPED: Final = {"%22": '"', "%0D": "\r", "%0A": "\n"}


@dataclass(frozen=True, slots=True)
class Head:
    """How a part begins. A part with a file name is a file, even when that name is empty."""

    name: str
    file_name: str | None
    media_type: str | None


_Event: TypeAlias = "Head | bytes | None"
"""A part begins, goes on, or ends."""


class FormReader:
    """Reads one form: `next_part`, its `content`, and so on. Nothing is read from the body before it is asked for."""

    def __init__(self, body: AsyncIterator[bytes], content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise _malformed("it is not of the type multipart/form-data with a boundary")
        self._body = body
        self._events: deque[_Event] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._header_name, self._header_value = bytearray(), bytearray()
        self._parts_left = _PARTS
        self._has_end = False
        self._parser = self._parser_of(boundary)

    async def next_part(self) -> Head | None:
        """The beginning of the next part, or None at the end of the form; what is left of this one is skipped.

        Raises:
            FormMalformed: this is no form, it has too many parts, or it ends too early.
        """
        while await self._fill():
            event = self._events.popleft()
            if isinstance(event, Head):
                return event
        if not self._has_end:
            raise _malformed("it ends too early")
        return None

    async def content(self) -> AsyncGenerator[bytes]:
        """The bytes of the part that was begun last."""
        while await self._fill():
            event = self._events.popleft()
            if not isinstance(event, bytes):
                return
            yield event
        raise _malformed("it ends too early")

    async def _fill(self) -> bool:
        """Have an event to read; False when there are no more."""
        while not self._events:
            piece = await anext(self._body, None)
            if piece is None:
                return False
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise _malformed("its parts are not put together as they should be") from error
        return True

    def _parser_of(self, boundary: bytes) -> MultipartParser:
        def on_header_field(data: bytes, start: int, end: int) -> None:
            self._header_name += data[start:end]

        def on_header_value(data: bytes, start: int, end: int) -> None:
            self._header_value += data[start:end]

        def on_part_data(data: bytes, start: int, end: int) -> None:
            self._events.append(data[start:end])

        def on_end() -> None:
            self._has_end = True

        try:
            return MultipartParser(
                boundary,
                {
                    "on_header_field": on_header_field,
                    "on_header_value": on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": on_part_data,
                    "on_part_end": lambda: self._events.append(None),
                    "on_end": on_end,
                },
            )
        except FormParserError as error:
            raise _malformed("its boundary is too long") from error

    def _on_header_end(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _on_headers_finished(self) -> None:
        self._parts_left -= 1
        if self._parts_left < 0:
            raise _malformed(f"it has more than {_PARTS} parts")
        self._events.append(_head(self._headers))
        self._headers.clear()


def _head(headers: dict[bytes, bytes]) -> Head:
    _, options = parse_options_header(headers.get(b"content-disposition"))
    if b"name" not in options:
        raise _malformed("a part of it has no name")
    file_name = options.get(b"filename")
    media_type = headers.get(b"content-type")
    return Head(
        as_text(options[b"name"]),
        None if file_name is None else re.sub("%(22|0D|0A)", lambda m: _ESCAPED[m[0]], as_text(file_name)),
        None if media_type is None else media_type.decode("latin-1"),
    )


def as_text(value: bytes) -> str:
    """A name or a field's value.

    Raises:
        FormMalformed: no text that could be stored.
    """
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise _malformed("it is not in UTF-8") from error
    if "\0" in text:
        raise _malformed("it holds the character NUL")
    return text


def _malformed(why: str) -> FormMalformed:
    return FormMalformed(f"The form cannot be read: {why}. Send a file as multipart/form-data.")
