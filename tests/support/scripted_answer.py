"""One answer of the scripted provider on its way out: whole, as a stream, or as a refusal."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from tests.support.scripted_pacer import Paced, Pacer, http_chunk
from tests.support.scripted_reply import Body, Directives, Kind, Reply, ToolCall, Unit

_UNPACED_EVENTS = 32  # events in one write when nothing paces them
_TOOL_FRAGMENTS = 4
_TEXT: Kind = "text"
_REASONING: Kind = "reasoning"

# Code -> (status, type, message), as OpenAI words them.
_ERRORS: dict[str, tuple[int, str, str]] = {
    "context_length_exceeded": (
        400,
        "invalid_request_error",
        "This model's maximum context length is 128000 tokens. Your messages resulted in 130000 tokens.",
    ),
    "rate_limit_exceeded": (429, "requests", "Rate limit reached for requests. Please try again in 1s."),
    "insufficient_quota": (429, "insufficient_quota", "You exceeded your current quota."),
    "invalid_api_key": (401, "invalid_request_error", "Incorrect API key provided: sk-scripted."),
    "model_not_found": (
        404,
        "invalid_request_error",
        "The model does not exist or you do not have access to it.",
    ),
    "content_policy_violation": (
        400,
        "invalid_request_error",
        "Your request was rejected by our safety system.",
    ),
    "server_error": (500, "server_error", "The server had an error while processing your request."),
}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


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
    """Tokens of text, reasoning and tool arguments that were written."""
    prompt_tokens: int = 0
    finish: str | None = None
    client_gone: bool = False
    """The client left before the answer was complete; ``end`` is when that showed."""


@dataclass(slots=True)
class _Event:
    """One server-sent event and the tokens in it."""

    data: bytes
    tokens: int = 0


@dataclass(slots=True)
class _Script:
    """Everything that one stream will send; ``ending`` is what happens behind the last event."""

    events: list[_Event]
    ending: str


def problem(status: int, code: str, message: str, kind: str = "invalid_request_error") -> web.Response:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return web.json_response({"error": error}, status=status, headers={"x-request-id": "req_scripted"})


def refuse(directives: Directives) -> web.Response:
    code = directives.error or _CODES.get(directives.status or 0, "server_error")
    status, kind, message = _ERRORS.get(
        code, (400, "invalid_request_error", f"The provider refuses: {code}.")
    )
    response = problem(directives.status or status, code, message, kind)
    if directives.retry_after is not None:
        response.headers["Retry-After"] = f"{directives.retry_after:g}"
    return response


class Answer:
    """One answer on its way out."""

    def __init__(self, record: Recorded, directives: Directives, reply: Reply, pacer: Pacer) -> None:
        self._record = record
        self._directives = directives
        self._reply = reply
        self._pacer = pacer
        self._body = record.body
        self._choices = max(1, int(self._body.get("n") or 1))
        self._id = f"chatcmpl-{record.id}"
        self._created = int(time.time())
        self._model = str(self._body.get("model", "scripted"))

    # The whole answer at once

    async def whole(self, request: web.Request) -> web.StreamResponse:
        directives = self._directives
        units = self._reply.units
        await asyncio.sleep((directives.first_ms + (directives.pace_ms or 0) * len(units)) / 1000)
        if directives.failure == "hang":
            await asyncio.Event().wait()
        if directives.failure == "error":
            return problem(500, "server_error", _ERRORS["server_error"][2], "server_error")
        tokens = self._choices * (len(units) + _TOOL_FRAGMENTS * len(self._reply.tools))
        self._record.finish = self._reply.finish
        payload = msgspec.json.encode(self._completion(tokens))
        if directives.failure == "garbage":
            payload = payload[: len(payload) // 2]
        if directives.failure == "cut":
            return await self._cut_whole(request, payload)
        self._record.tokens_sent = tokens
        return web.Response(body=payload, content_type="application/json")

    async def _cut_whole(self, request: web.Request, payload: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(payload)
        await response.prepare(request)
        await response.write(payload[: len(payload) // 2])
        return await _cut(request, response)

    def _completion(self, tokens: int) -> dict[str, Any]:
        text = "".join(token for kind, token in self._reply.units if kind == "text")
        reasoning = "".join(token for kind, token in self._reply.units if kind == "reasoning")
        choices: list[dict[str, Any]] = []
        for index in range(self._choices):
            message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
            if reasoning:
                message["reasoning_content"] = reasoning
            if self._reply.tools:
                message["content"] = None
                message["tool_calls"] = [
                    {"id": self._call_id(place), "type": "function", "function": _function(call)}
                    for place, call in enumerate(self._reply.tools)
                ]
            choices.append(
                {"index": index, "message": message, "logprobs": None, "finish_reason": self._reply.finish}
            )
        completion = {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._model,
            "choices": choices,
        }
        return completion if self._directives.no_usage else {**completion, "usage": self._usage(tokens)}

    def _usage(self, completion_tokens: int) -> dict[str, Any]:
        prompt_tokens = self._record.prompt_tokens
        reasoning = self._choices * sum(kind == "reasoning" for kind, _ in self._reply.units)
        return {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
            "prompt_tokens_details": {"cached_tokens": min(self._directives.cached, prompt_tokens)},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }

    def _call_id(self, place: int) -> str:
        return f"call_{self._record.id}_{place}"

    # The answer as a stream

    async def stream(self, request: web.Request) -> web.StreamResponse:
        headers = {
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-cache",
            "x-request-id": f"req_{self._record.id}",
        }
        response = web.StreamResponse(headers=headers)
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
        # Role and first token leave together, and so do the last token, finish, usage and [DONE].
        loop_begin = begin - time.monotonic() + asyncio.get_running_loop().time()
        interval = (self._directives.pace_ms or 0) / 1000
        groups = _beats(script.events)
        frames = [http_chunk(b"".join(event.data for event in group)) for group in groups]

        def sent(place: int) -> None:
            self._count(groups[place])

        await self._pacer.play(Paced(transport, frames, loop_begin, interval, sent))

    def _count(self, events: list[_Event]) -> None:
        record = self._record
        if record.first_token is None:
            record.first_token = time.monotonic()
        for event in events:
            record.tokens_sent += event.tokens
            record.chunks_sent += event.data.count(b"data: {")

    def _script(self, begin: float) -> _Script:
        directives, reply = self._directives, self._reply
        units = list(reply.units)
        if directives.stamp and units:
            kind, token = units[0]
            units[0] = (kind, f"@{begin:.6f} {token}")
        stop = directives.failure_after if directives.failure else None
        events = [self._event({"role": "assistant", "content": "", "refusal": None})]
        events += self._unit_events(units[:stop])
        match directives.failure:
            case "hang" | "cut":
                return _Script(events, directives.failure)
            case "error":
                return _Script([*events, _failure_event()], "end")
            case "garbage":
                events.append(_Event(b'data: {"id": "chatcmpl-garbage", "choices": [{"delta": {"cont\n\n'))
            case None:
                stop = len(units)
        events += self._unit_events(units[stop:])
        events += [event for place in range(len(reply.tools)) for event in self._tool_events(place)]
        return _Script([*events, *self._last_events(sum(event.tokens for event in events))], "end")

    def _last_events(self, tokens: int) -> list[_Event]:
        self._record.finish = self._reply.finish
        events = [self._event({}, finish=self._reply.finish)]
        wants_usage: Body = self._body.get("stream_options") or {}
        if wants_usage.get("include_usage") and not self._directives.no_usage:
            payload: Body = {**self._head(), "choices": [], "usage": self._usage(tokens)}
            events.append(_Event(_data(msgspec.json.encode(payload))))
        return [*events, _Event(_data(b"[DONE]"))]

    def _unit_events(self, units: list[Unit]) -> list[_Event]:
        """The fast path: one event for each group of tokens, from bytes that are ready but for the text."""
        head = msgspec.json.encode({**self._head(), "choices": []})[:-2]
        before = {
            (index, kind): b"data: " + head + b'{"index":%d,"delta":{"%s":' % (index, name)
            for index in range(self._choices)
            for kind, name in ((_TEXT, b"content"), (_REASONING, b"reasoning_content"))
        }
        after = b'},"logprobs":null,"finish_reason":null}]}\n\n'
        encode = msgspec.json.Encoder().encode
        return [
            _Event(before[index, kind] + encode(text) + after, count)
            for kind, text, count in _grouped(units, self._directives.chunk)
            for index in range(self._choices)
        ]

    def _tool_events(self, place: int) -> list[_Event]:
        call = self._reply.tools[place]
        opening: Body = {
            "id": self._call_id(place),
            "type": "function",
            "function": _function(call, arguments=""),
        }
        events = [self._event({"tool_calls": [{"index": place, **opening}]})]
        size = max(1, -(-len(call.arguments) // _TOOL_FRAGMENTS))
        for start in range(0, len(call.arguments), size):
            fragment = {"arguments": call.arguments[start : start + size]}
            events.append(self._event({"tool_calls": [{"index": place, "function": fragment}]}, tokens=1))
        return events

    def _event(self, delta: Body, *, finish: str | None = None, tokens: int = 0) -> _Event:
        choices = [
            {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            for index in range(self._choices)
        ]
        events = [_data(msgspec.json.encode({**self._head(), "choices": [choice]})) for choice in choices]
        return _Event(b"".join(events), tokens * self._choices)

    def _head(self) -> Body:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "system_fingerprint": None,
        }


def _function(call: ToolCall, arguments: str | None = None) -> dict[str, str]:
    return {"name": call.name, "arguments": call.arguments if arguments is None else arguments}


def _data(payload: bytes) -> bytes:
    return b"data: " + payload + b"\n\n"


def _failure_event() -> _Event:
    error = {
        "message": _ERRORS["server_error"][2],
        "type": "server_error",
        "param": None,
        "code": "server_error",
    }
    return _Event(_data(msgspec.json.encode({"error": error})))


def _grouped(units: list[Unit], size: int) -> list[tuple[Kind, str, int]]:
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


def _beats(events: list[_Event]) -> list[list[_Event]]:
    """Give each event with tokens a beat of its own; an event without rides with a neighbour."""
    beats: list[list[_Event]] = [[]]
    for event in events:
        if event.tokens and any(earlier.tokens for earlier in beats[-1]):
            beats.append([])
        beats[-1].append(event)
    return beats


async def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Close the socket with the answer unfinished; what was written still arrives."""
    if request.transport is not None:
        request.transport.close()
    return response
