"""What the wires of the scripted provider share: the log, one event, a refusal, and what each wire must know."""

import base64
import hashlib
import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from tests.support.scripted_reply import Asked, Body, Directives, Kind, Reply, Unit

WireName = Literal["openai_chat", "azure", "openai_responses", "anthropic", "gemini", "embeddings"]

_SECRET = b"scripted"


@dataclass(slots=True)
class Recorded:
    """One request as the provider saw it."""

    id: int
    path: str
    headers: dict[str, str]
    body: Body
    start: float
    end: float | None = None
    first_token: float | None = None
    status: int | None = None
    chunks_sent: int = 0
    """Events of the stream, the role, finish and usage events included, [DONE] not."""
    tokens_sent: int = 0
    """Tokens of text, reasoning and tool arguments that were written, whether or not the client still read."""
    prompt_tokens: int = 0
    finish: str | None = None
    """Why the reply ended, in the wire's own word."""
    client_gone: bool = False
    """The client left before the answer was complete; ``end`` is when that showed."""
    wire: WireName = "openai_chat"
    model: str = ""
    key: str | None = None
    """The key that came with the request, wherever that wire carries it."""
    said: str = ""
    """The last user message."""
    reasoning_sent: int = 0
    """Those of ``tokens_sent`` that were reasoning."""
    cached_tokens: int = 0
    """Those of ``prompt_tokens`` that the usage calls read from the cache."""
    cache_write_tokens: int = 0
    """Those of ``prompt_tokens`` that the usage calls written to the cache."""
    usage_sent: bool = False
    """The usage of the whole answer was written."""


@dataclass(slots=True)
class Event:
    """One server-sent event and the tokens in it."""

    data: bytes
    tokens: int = 0
    reasoning: int = 0
    usage: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal in the wire's own words; ``kind`` is what that wire calls the type or the status."""

    status: int
    kind: str
    message: str
    code: str | None = None
    param: str | None = None


class BadRequest(Exception):
    """The request is none that the real API would take."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Encoder(ABC):
    """Writes one reply on one wire, as a stream from front to back or whole."""

    def __init__(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> None:
        self.record = record
        self.asked = asked
        self.directives = directives
        self.reply = reply

    @property
    def tokens(self) -> int:
        """Tokens of the whole answer."""
        return self.asked.choices * self.reply.tokens

    @property
    def reasoning_tokens(self) -> int:
        return self.asked.choices * sum(kind == "reasoning" for kind, _ in self.reply.units)

    @abstractmethod
    def opening(self) -> list[Event]:
        """What comes before the first token."""

    @abstractmethod
    def more(self, units: list[Unit]) -> list[Event]:
        """Text, reasoning and refusal; called with one part of the units after the other."""

    @abstractmethod
    def calls(self) -> list[Event]:
        """The tool calls, behind all units."""

    @abstractmethod
    def closing(self) -> list[Event]:
        """The reason to stop, and the usage."""

    @abstractmethod
    def broken(self) -> Event:
        """The wire's error in a stream."""

    @abstractmethod
    def garbage(self) -> Event:
        """An event whose JSON ends in the middle."""

    @abstractmethod
    def unknown(self) -> Event:
        """An event that no client knows."""

    @abstractmethod
    def whole(self) -> Body:
        """The answer in one piece."""

    def numbered(self, events: list[Event]) -> list[Event]:
        """Number the events of the whole stream, on a wire that numbers them."""
        return events


class Wire(ABC):
    """One protocol: reads its requests, refuses in its words, writes its answers."""

    name: WireName

    @abstractmethod
    def key(self, request: web.Request) -> str | None:
        """The key that a request carries."""

    @abstractmethod
    def read(self, record: Recorded, request: web.Request) -> Asked:
        """Understand a request.

        Raises:
            BadRequest: the real API would refuse it.
        """

    @abstractmethod
    def encoder(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> Encoder:
        """The writer of one answer."""

    @abstractmethod
    def invalid(self, message: str, code: str | None = None, param: str | None = None) -> Problem:
        """A request that makes no sense."""

    @abstractmethod
    def wrong_key(self, key: str | None) -> Problem:
        """A key that is unknown, or none at all."""

    @abstractmethod
    def failure(self, code: str | None, status: int | None) -> Problem:
        """The failure that a directive asks for."""

    @abstractmethod
    def error_body(self, problem: Problem, directives: Directives | None = None) -> Body:
        """A refusal as JSON."""

    def blocked(self, record: Recorded, asked: Asked) -> Body | None:
        """The answer to a prompt that the filter refuses, where that is no error."""
        return None

    def headers(self, record: Recorded) -> dict[str, str]:
        """Headers of every answer."""
        return {"x-request-id": f"req_{record.id}"}

    def deny(self, message: str, code: str | None = None, param: str | None = None) -> BadRequest:
        """A refusal to raise."""
        return BadRequest(self.invalid(message, code, param))


def bearer(request: web.Request) -> str | None:
    """The key in an Authorization header."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def grouped(units: list[Unit], size: int) -> list[tuple[Kind, str, int]]:
    """Join up to ``size`` neighbours of one kind: (kind, text, how many tokens)."""
    if size == 1:
        return [(kind, token, 1) for kind, token in units]
    groups: list[tuple[Kind, str, int]] = []
    for kind, token in units:
        if groups and groups[-1][0] == kind and groups[-1][2] < size:
            groups[-1] = (kind, groups[-1][1] + token, groups[-1][2] + 1)
        else:
            groups.append((kind, token, 1))
    return groups


def signed(content: str) -> str:
    """A signature that only this provider can have given to that content."""
    mark = hmac.new(_SECRET, content.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"scripted" + mark).decode()


def sealed(content: str) -> str:
    """Content that only this provider can read again."""
    raw = content.encode()
    return base64.b64encode(hmac.new(_SECRET, raw, hashlib.sha256).digest() + raw).decode()


def is_sealed(text: str) -> bool:
    """Whether this provider sealed that text."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(_SECRET, raw[32:], hashlib.sha256).digest(), raw[:32])


def each_call(reply: Reply, write: Callable[[int], list[Event]]) -> list[Event]:
    """The events of all tool calls, one call after the other."""
    return [event for place in range(len(reply.tools)) for event in write(place)]
