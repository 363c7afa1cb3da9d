"""The transport of the wires: one POST, the lines of its stream, and limits of time and size.

Specification: WHATWG HTML, "Server-sent events"; every provider writes one JSON document in one `data:` line.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from steward.kernel.characters import storable
from steward.kernel.ids import new_id
from steward.kernel.settings import Limits
from steward.providers import failures
from steward.providers.errors import LLMError, ProviderBrokeOff, ProviderUnavailable
from steward.providers.events import (
    Finish,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.wire import Endpoint

_LINE_BYTES: Final = 4_000_000
_WASTE_BYTES: Final = 1_000_000
_SILENT_BYTES: Final = 8_000_000
"""More than any host says of a request before its first word; some send the instructions and tools back."""
_ERROR_BYTES: Final = 20_000
_ERROR_SECONDS: Final = 2.0
_DRAIN_SECONDS: Final = 0.05
_MOST_TOKENS: Final = 100_000_000
_STREAMS: Final = ("", "text/event-stream", "text/plain")
_NUL: Final = b"\\u0000"
# Behind a backslash that is itself escaped the six letters are only letters.
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_UNFINISHED: Final = ("length", "content_filter", "error")

_T = TypeVar("_T")


class _Named(msgspec.Struct):
    type: str | None = None


_names: Final = msgspec.json.Decoder(_Named)


class Call(msgspec.Struct, gc=False):
    """A tool call in the making."""

    call_id: str
    name: str
    pieces: list[str]


@dataclass(frozen=True, slots=True)
class Post:
    """A request of a wire."""

    url: str
    headers: dict[str, str]
    body: dict[str, Any]


def post(
    endpoint: Endpoint,
    path: str,
    body: dict[str, Any],
    *,
    key_header: str,
    query: Sequence[tuple[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> Post:
    """A request to an endpoint, whose quirks have the last word on path, query and key."""
    quirks = endpoint.quirks
    path = (quirks.path or path).replace("{model}", quote(endpoint.model, safe=""))
    pairs = [*query, *quirks.query]
    url = f"{endpoint.base_url}{path}{'?' + urlencode(pairs) if pairs else ''}"
    # Compressed, a small body could be a very large one.
    sent = {"content-type": "application/json", "accept": "text/event-stream", "accept-encoding": "identity"}
    sent.update(headers or {})
    if endpoint.key:
        name = (quirks.key_header or key_header).lower()
        sent[name] = f"Bearer {endpoint.key}" if name == "authorization" else endpoint.key
    return Post(url, sent, body)


class SSEReader(ABC):
    """Bytes of a stream in, events out; remembers half lines and half tool calls. A wire says what a line means."""

    known: frozenset[str] = frozenset()
    """The types of this wire's documents, where they have one: others are skipped, whatever they hold."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._waste_bytes = 0
        self._silent_bytes = 0
        self._calls: list[Call] = []
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self._refused = False
        self._spoke = False
        self.failure: LLMError | None = None
        """Set when the stream told of a failure, or is none; what came before it in the same read counts."""
        self.began = False
        self.done = False

    @property
    def endpoint(self) -> Endpoint:
        """Where the stream comes from."""
        return self._endpoint

    @property
    def finished(self) -> bool:
        """The model said why it stopped."""
        return self._finish is not None

    def feed(self, data: bytes) -> list[ProviderEvent]:
        """Read what came; text that came together leaves together."""
        events: list[ProviderEvent] = []
        text: list[str] = []
        self._silent_bytes += len(data)
        try:
            for line in self._lines(data):
                if line.startswith(b"data:"):
                    self._read(line[5:].strip(), text, events)
                    if self.done:
                        break
                else:
                    self._waste_bytes += len(line) + 1
        except LLMError as error:
            self.failure = self._told(error, spoke=self._spoke or bool(text or events))
        self.flush(text, events)
        if events:
            self._spoke, self._waste_bytes, self._silent_bytes = True, 0, 0
        elif self._is_flood() and self.failure is None:
            self.failure = self.broke_off("a flood that holds no event")
        return events

    def close(self) -> list[ProviderEvent]:
        """The end of the stream: what a last line without an end held, whole tool calls, usage, the reason.

        Raises:
            LLMError: the stream ended without a reason.
        """
        events = [] if self.done or self.failure else self.feed(b"\n")
        if self._finish is None:
            raise self.failure or self.broke_off("no finish reason")
        if self._refused and self._finish == "stop" and not self._calls:
            self._finish = "content_filter"
        for call in self._calls:
            raw_input = "".join(call.pieces) or "{}"
            events.append(ToolCall(call.call_id, call.name, _object(raw_input), raw_input))
        usage = self._counted()
        if usage is not None:
            events.append(usage)
        asks = self._calls and self._finish not in _UNFINISHED
        events.append(Finish("tool_calls" if asks else self._finish))
        return events

    def filtered(self) -> None:
        """The provider turned the prompt down before it said anything."""
        self._finish, self.done = "content_filter", True

    def flush(self, text: list[str], events: list[ProviderEvent]) -> None:
        """Let the text so far leave, before something of another kind."""
        if text:
            events.append(TextDelta("".join(text)))
            text.clear()

    def broke_off(self, cause: str) -> LLMError:
        """The refusal for what is no answer."""
        return failures.unreadable(self._endpoint, cause)

    @abstractmethod
    def _read(self, payload: bytes, text: list[str], events: list[ProviderEvent]) -> None:
        """Read one document: plain text into `text`, everything else into `events`, after a flush."""

    def _counted(self) -> Usage | None:
        """What the provider counted in the end."""
        return self._usage

    def _decode(self, decoder: msgspec.json.Decoder[_T], payload: bytes) -> _T | None:
        if _NUL in payload:
            # No database keeps it, and no reader sees it; in text, names and ids alike a sign stands for it.
            payload = _ESCAPED_NUL.sub(rb"\1\\ufffd", payload)
        try:
            document = decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if self._is_foreign(payload):
                return None
            raise self.broke_off(f"not what the wire says: {error}") from error
        self.began = True
        return document

    def _is_foreign(self, payload: bytes) -> bool:
        """A document of a type that came after this code was written may hold anything."""
        try:
            name = _names.decode(payload).type
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return bool(self.known) and name is not None and name not in self.known

    def _think(self, thought: str, text: list[str], events: list[ProviderEvent]) -> None:
        self.flush(text, events)
        events.append(ReasoningDelta(thought))

    def _begin_call(
        self, call_id: str | None, name: str | None, text: list[str], events: list[ProviderEvent]
    ) -> Call:
        self.flush(text, events)
        # Two answers of one history may not share an id, so one that is made here is unlike all others.
        call = Call(call_id or new_id("call"), name or "", [])
        self._calls.append(call)
        events.append(ToolCallStart(call.call_id, call.name))
        return call

    def _more_input(self, call: Call, piece: str, text: list[str], events: list[ProviderEvent]) -> None:
        self.flush(text, events)
        call.pieces.append(piece)
        events.append(ToolInputDelta(call.call_id, piece))

    def _lines(self, data: bytes) -> list[bytes]:
        """The lines that are whole now. Pieces of a long line are joined once, however many there are."""
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._held:
            lines[0] = b"".join([*self._held, lines[0]])
            self._held.clear()
            self._held_bytes = 0
        if rest:
            self._held.append(rest)
            self._held_bytes += len(rest)
            if self._held_bytes > _WASTE_BYTES:
                self._ensure_line()
        return lines

    def _ensure_line(self) -> None:
        start = b"".join(self._held[:5])[:5] if len(self._held[0]) < 5 else self._held[0]
        if self._held_bytes > _LINE_BYTES or not start.startswith(b"data:"):
            self.failure = self.broke_off("a line without end")

    def _is_flood(self) -> bool:
        return self._waste_bytes > _WASTE_BYTES or self._silent_bytes > _SILENT_BYTES

    def _told(self, error: LLMError, *, spoke: bool) -> LLMError:
        # To somebody who reads already, a host that gives up is an answer that breaks off.
        if spoke and type(error) is ProviderUnavailable:
            return ProviderBrokeOff(error.model, error.provider, error.cause)
        return error


async def stream(
    http: aiohttp.ClientSession, request: Post, reader: SSEReader, limits: Limits
) -> AsyncGenerator[list[ProviderEvent]]:
    """Make the call and read its stream; see `Wire.stream`.

    The limit for the first word covers the part that yields nothing, since a timeout may not stay open across a
    `yield`; after it the connection itself watches how long the host is silent.
    """
    try:
        async with asyncio.timeout(limits.first_token_seconds):
            response, events = await _open(http, request, reader, limits)
        async with response:
            _watch(response, limits.idle_seconds)
            while True:
                if events:
                    yield events
                if reader.failure is not None:
                    raise reader.failure
                if reader.done:
                    await _drain(response)
                    break
                data = await response.content.readany()
                if not data:
                    break
                events = reader.feed(data)
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        # An answer whose reason to stop is known is whole, however the connection ended.
        if not reader.finished:
            raise failures.lost(reader.endpoint, error, began=reader.began) from error
    yield reader.close()


async def _open(
    http: aiohttp.ClientSession, request: Post, reader: SSEReader, limits: Limits
) -> tuple[aiohttp.ClientResponse, list[ProviderEvent]]:
    """Ask, and read until the first event."""
    response = await http.post(
        request.url,
        data=msgspec.json.encode(request.body),
        headers=request.headers,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_seconds),
        allow_redirects=False,
    )
    try:
        await _ensure_stream(response, reader)
        events: list[ProviderEvent] = []
        while not (events or reader.done or reader.failure):
            data = await response.content.readany()
            if not data:
                break
            events = reader.feed(data)
    except BaseException:
        response.close()
        raise
    return response, events


async def _ensure_stream(response: aiohttp.ClientResponse, reader: SSEReader) -> None:
    endpoint = reader.endpoint
    if response.status != 200:
        body = await head(response)
        if failures.is_filtered(response.status, body):
            return reader.filtered()
        raise failures.read_failure(endpoint, response.status, response.headers, body)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _STREAMS:
        return None
    if kind == "application/json":
        error = failures.error_in(await head(response))
        if error is not None:
            raise failures.read_error(endpoint, error)
    raise reader.broke_off(f"200 with content type {kind!r}")


async def head(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of a body, as much as tells what went wrong; a host that stalls within it holds nobody up."""
    body = b""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_ERROR_SECONDS):
            while len(body) < _ERROR_BYTES and (
                more := await response.content.read(_ERROR_BYTES - len(body))
            ):
                body += more
    return body


def _watch(response: aiohttp.ClientResponse, idle_seconds: float) -> None:
    connection = response.connection
    # None: the body has come whole, and the connection serves others already.
    if connection is not None and connection.protocol is not None:
        connection.protocol.read_timeout = idle_seconds
        connection.protocol.start_timeout()


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Wait for the end of the body, right behind the last line: it frees the connection for the next call."""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            await response.content.read()


def count(tokens: int | None) -> int:
    """A count of tokens as far as it can be believed: what a host claims must not break the ledger's columns."""
    return min(max(0, tokens or 0), _MOST_TOKENS)


def _object(text: str) -> dict[str, Any] | None:
    try:
        read = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None
    return storable(read) if "\\u0000" in text else read
