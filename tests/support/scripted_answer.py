"""One answer of the scripted provider on its way out: whole, as a stream, or as a refusal."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
from aiohttp import web

from tests.support.scripted_pacer import Paced, Pacer, http_chunk
from tests.support.scripted_reply import Directives
from tests.support.scripted_wire import Encoder, Event, Problem, Recorded, Wire

__all__ = ["Answer", "Recorded", "fail_at_once", "once", "refuse"]

_UNPACED_EVENTS = 32  # events in one write when nothing paces them
_KNOWN_BETWEEN_UNKNOWN = 3
_MEGABYTE = 1 << 20
_PAGE = "<!doctype html>\n<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>\n"


@dataclass(slots=True)
class _Script:
    """Everything that one stream will send; ``ending`` is what happens behind the last event."""

    events: list[Event]
    ending: str


def refuse(
    wire: Wire, record: Recorded, problem: Problem, directives: Directives | None = None
) -> web.Response:
    """Answer an error, as that wire writes it."""
    response = web.json_response(wire.error_body(problem, directives), status=problem.status)
    response.headers.update(wire.headers(record))
    if directives is not None and directives.retry_after is not None:
        response.headers["Retry-After"] = f"{directives.retry_after:g}"
    if directives is not None and directives.retry_date is not None:
        # A date has whole seconds; the next one, so that the wait is never shorter than asked for.
        at = datetime.now(UTC) + timedelta(seconds=directives.retry_date)
        at = at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
        response.headers["Retry-After"] = format_datetime(at, usegmt=True)
    return response


async def fail_at_once(
    wire: Wire, record: Recorded, directives: Directives, request: web.Request
) -> web.StreamResponse:
    """Answer 200 with what is no answer."""
    match directives.failure:
        case "html":
            return web.Response(text=_PAGE, content_type="text/html")
        case "json_error":
            body = wire.error_body(wire.failure("server_error", None), directives)
            return web.json_response(body, headers=wire.headers(record))
        case failure:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            async for block in _garbage(directives.failure_after or 0, b"\n" if failure == "lines" else b"x"):
                await response.write(block)
            await response.write_eof()
            return response


async def _garbage(megabytes: int, end: bytes) -> AsyncIterator[bytes]:
    block = (b"garbage " * 127 + b"garbage" + end) * (_MEGABYTE // 1024)
    for _ in range(megabytes):
        yield block
        await asyncio.sleep(0)


async def once(request: web.Request, body: object, *, stream: bool) -> web.StreamResponse:
    """Answer one body, whole or as the only event of a stream."""
    payload = msgspec.json.encode(body)
    if not stream:
        return web.Response(body=payload, content_type="application/json")
    return web.Response(body=b"data: " + payload + b"\r\n\r\n", content_type="text/event-stream")


class Answer:
    """One answer on its way out."""

    def __init__(
        self, wire: Wire, record: Recorded, directives: Directives, encoder: Encoder, pacer: Pacer
    ) -> None:
        self._wire = wire
        self._record = record
        self._directives = directives
        self._encoder = encoder
        self._reply = encoder.reply
        self._pacer = pacer

    # The whole answer at once

    async def whole(self, request: web.Request) -> web.StreamResponse:
        directives = self._directives
        await asyncio.sleep((directives.first_ms + (directives.pace_ms or 0) * len(self._reply.units)) / 1000)
        if directives.failure == "hang":
            await asyncio.Event().wait()
        if directives.failure == "error":
            return refuse(self._wire, self._record, self._wire.failure("server_error", None))
        payload = msgspec.json.encode(self._encoder.whole())
        if directives.failure == "garbage":
            payload = payload[: len(payload) // 2]
        if directives.failure == "cut":
            return await self._cut_whole(request, payload)
        self._record.tokens_sent = self._encoder.tokens
        self._record.reasoning_sent = self._encoder.reasoning_tokens
        self._record.usage_sent = not directives.no_usage and directives.failure is None
        headers = self._wire.headers(self._record)
        return web.Response(body=payload, content_type="application/json", headers=headers)

    async def _cut_whole(self, request: web.Request, payload: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(payload)
        await response.prepare(request)
        await response.write(payload[: len(payload) // 2])
        return await _cut(request, response)

    # The answer as a stream

    async def stream(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        response = web.StreamResponse(headers={**headers, **self._wire.headers(self._record)})
        response.enable_chunked_encoding()
        await response.prepare(request)
        begin = time.monotonic() + self._directives.first_ms / 1000
        script = self._script(begin)
        await asyncio.sleep(self._directives.first_ms / 1000)
        if self._directives.rawsplit:
            await self._send_split(response, script)
        elif self._directives.pace_ms:
            await self._send_paced(request, script, begin)
        else:
            await self._send_fast(response, script)
        if script.ending == "hang":
            await asyncio.Event().wait()
        if script.ending == "cut":
            return await _cut(request, response)
        await response.write_eof()
        return response

    async def _send_fast(self, response: web.StreamResponse, script: _Script) -> None:
        for start in range(0, len(script.events), _UNPACED_EVENTS):
            events = script.events[start : start + _UNPACED_EVENTS]
            self._count(events)
            await response.write(b"".join(event.data for event in events))
            await asyncio.sleep(0)

    async def _send_split(self, response: web.StreamResponse, script: _Script) -> None:
        """Write the same bytes cut anywhere, inside a character too; every run cuts at the same places."""
        places = random.Random(self._record.id)
        rest = b"".join(event.data for event in script.events)
        self._count(script.events)
        while rest:
            size = places.randint(1, 40)
            await response.write(rest[:size])
            rest = rest[size:]
            await asyncio.sleep(0)

    async def _send_paced(self, request: web.Request, script: _Script, begin: float) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client left before the first token")
        # What opens the stream and the first token leave together, and so do the last token and all behind it.
        loop_begin = begin - time.monotonic() + asyncio.get_running_loop().time()
        interval = (self._directives.pace_ms or 0) / 1000
        groups = _beats(script.events)
        frames = [http_chunk(b"".join(event.data for event in group)) for group in groups]

        def sent(place: int) -> None:
            self._count(groups[place])

        # An empty frame would end the body.
        if script.events:
            await self._pacer.play(Paced(transport, frames, loop_begin, interval, sent))

    def _count(self, events: list[Event]) -> None:
        record = self._record
        if record.first_token is None:
            record.first_token = time.monotonic()
        for event in events:
            record.tokens_sent += event.tokens
            record.reasoning_sent += event.reasoning
            record.usage_sent |= event.usage
            record.chunks_sent += event.data.count(b"data: {")

    def _script(self, begin: float) -> _Script:
        directives, units, encoder = self._directives, self._reply.units, self._encoder
        if directives.stamp and units:
            kind, token = units[0]
            units[0] = (kind, f"@{begin:.6f} {token}")
        stop = len(units) if directives.failure is None else directives.failure_after or 0
        events = encoder.opening() + encoder.more(units[:stop])
        calls = [] if stop < len(units) else encoder.calls()
        if directives.failure is not None:
            # The tokens of tool calls follow those of the text.
            until = _place_of(calls, (stop - len(units)) * encoder.asked.choices)
            events, calls = events + calls[:until], calls[until:]
        ending = "end"
        match directives.failure:
            case "hang" | "cut":
                return self._finished(events, directives.failure)
            case "error":
                return self._finished([*events, encoder.broken()], ending)
            case "garbage":
                events.append(encoder.garbage())
            case _:
                pass
        if stop < len(units):
            events += encoder.more(units[stop:])
            calls = encoder.calls()
        return self._finished([*events, *calls, *encoder.closing()], ending)

    def _finished(self, events: list[Event], ending: str) -> _Script:
        if self._directives.unknown_events:
            events = _mixed(events, self._encoder)
        return _Script(self._encoder.numbered(events), ending)


def _place_of(events: list[Event], tokens: int) -> int:
    """How many events it takes until that many tokens are sent."""
    sent = 0
    for place, event in enumerate(events):
        if sent >= tokens:
            return place
        sent += event.tokens
    return len(events)


def _mixed(events: list[Event], encoder: Encoder) -> list[Event]:
    """Put unknown events between the known ones, never in front of the first."""
    mixed: list[Event] = []
    for place, event in enumerate(events):
        mixed.append(event)
        if place % _KNOWN_BETWEEN_UNKNOWN == 0 and place < len(events) - 1:
            mixed.append(encoder.unknown())
    return mixed


def _beats(events: list[Event]) -> list[list[Event]]:
    """Give each event with tokens a beat of its own; an event without rides with a neighbour."""
    beats: list[list[Event]] = [[]]
    full = False
    for event in events:
        if event.tokens and full:
            beats.append([])
            full = False
        full = full or event.tokens > 0
        beats[-1].append(event)
    return beats


async def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Close the socket with the answer unfinished; what was written still arrives."""
    if request.transport is not None:
        request.transport.close()
    return response
