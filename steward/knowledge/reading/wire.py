"""What a reader's process is asked and what it answers: MessagePack over its pipes, each message behind its length."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from steward.knowledge.reading.contents import Contents, Unreadable

LENGTH: Final = struct.Struct(">I")


class Request(msgspec.Struct, frozen=True):
    """A file to read. `media_type` is what its sender said; `text_chars` the longest text."""

    path: str
    name: str
    media_type: str | None
    chunk_tokens: int
    chunk_overlap: int
    text_chars: int


class Read(msgspec.Struct, frozen=True, tag="read"):
    """The file was read."""

    contents: Contents


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The file cannot be read. `cause` is for the log: the error that a parser raised, without the file's words."""

    refusal: str
    reason: str
    fix: str
    cause: str = ""

    def unreadable(self) -> Unreadable:
        """The same, to be raised."""
        return Unreadable(self.refusal, self.reason, self.fix)


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The process has started and waits for its first file."""


Answer = Read | Refused | Ready

_encoder: Final = msgspec.msgpack.Encoder()
_requests: Final = msgspec.msgpack.Decoder(Request)
_answers: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)


def frame(message: Request | Answer) -> bytes:
    """A message behind its length."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


def request(body: bytes) -> Request:
    """A request, from its bytes without the length."""
    return _requests.decode(body)


def answer(body: bytes) -> Answer:
    """An answer, from its bytes without the length.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _answers.decode(body)
