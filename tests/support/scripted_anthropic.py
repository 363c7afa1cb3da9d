"""Anthropic's Messages in the scripted provider.

Specification: Anthropic API reference, Messages, version 2023-06-01, with its streaming events and errors, as of
2026-11.
"""

import json
import re
from typing import Any

import msgspec
from aiohttp import web

from tests.support.scripted_anthropic_checks import check, is_adaptive
from tests.support.scripted_reply import Asked, Body, Directives, Kind, Reply, ToolCall, Unit
from tests.support.scripted_wire import (
    Encoder,
    Event,
    Problem,
    Recorded,
    Wire,
    bearer,
    each_call,
    grouped,
    signed,
)

# Code -> (status, type, message), as Anthropic words them.
_ERRORS: dict[str, tuple[int, str, str]] = {
    "context_length_exceeded": (
        400,
        "invalid_request_error",
        "prompt is too long: 210000 tokens > 200000 maximum",
    ),
    "rate_limit_exceeded": (429, "rate_limit_error", "This request would exceed your rate limit."),
    "insufficient_quota": (
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API.",
    ),
    "invalid_api_key": (401, "authentication_error", "invalid x-api-key"),
    "model_not_found": (404, "not_found_error", "model: scripted"),
    "content_policy_violation": (
        400,
        "invalid_request_error",
        "Output blocked by content filtering policy",
    ),
    "server_error": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
}
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_DELTAS: dict[Kind, tuple[bytes, bytes]] = {
    "text": (b"text_delta", b"text"),
    "reasoning": (b"thinking_delta", b"thinking"),
}


class AnthropicWire(Wire):
    """Messages."""

    name = "anthropic"

    def key(self, request: web.Request) -> str | None:
        return request.headers.get("x-api-key") or bearer(request)

    def headers(self, record: Recorded) -> dict[str, str]:
        return {"request-id": f"req_{record.id}"}

    def invalid(self, message: str, code: str | None = None, param: str | None = None) -> Problem:
        return Problem(400, "invalid_request_error", message)

    def wrong_key(self, key: str | None) -> Problem:
        message = "x-api-key header is required" if key is None else "invalid x-api-key"
        return Problem(401, "authentication_error", message)

    def failure(self, code: str | None, status: int | None) -> Problem:
        if code in _ERRORS:
            standard, kind, message = _ERRORS[code]
            return Problem(status or standard, kind, message)
        if code is not None:
            standard = next((number for number, kind in _KINDS.items() if kind == code), 400)
            kind = code if code in _KINDS.values() else _KINDS.get(status or 400, "api_error")
            return Problem(status or standard, kind, f"The provider refuses: {code}.")
        kind = _KINDS.get(status or 500, "api_error" if (status or 500) >= 500 else "invalid_request_error")
        message = next((text for _, name, text in _ERRORS.values() if name == kind), kind)
        return Problem(status or 500, kind, message)

    def error_body(self, problem: Problem, directives: Directives | None = None) -> Body:
        error = {"type": problem.kind, "message": problem.message}
        return {"type": "error", "error": error, "request_id": "req_scripted"}

    def read(self, record: Recorded, request: web.Request) -> Asked:
        body = record.body
        if not request.headers.get("anthropic-version"):
            raise self.deny("anthropic-version: header is required")
        counting = request.path.endswith("/count_tokens")
        fault = check(body, counting=counting)
        if fault is not None:
            raise self.deny(fault)
        messages = [message for turn in body["messages"] for message in _messages(turn)]
        if body.get("system"):
            messages.insert(0, {"role": "system", "content": _text(body["system"])})
        output: Body = body.get("output_config") or {}
        answer_format: Body = output.get("format") or body.get("output_format") or {}
        thinking: Body = body.get("thinking") or {}
        return Asked(
            body,
            str(body["model"]),
            messages,
            bool(body.get("stream")),
            body.get("max_tokens"),
            "messages",
            schema=answer_format.get("schema"),
            thinks=thinking.get("type") != "disabled",
            refuses_in_words=False,
        )

    def encoder(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> Encoder:
        return AnthropicEncoder(record, asked, directives, reply)


def _messages(turn: Body) -> list[Body]:
    """A turn as OpenAI Chat writes it: each tool result is a message of its own."""
    content: str | list[Body] = turn["content"]
    if isinstance(content, str):
        return [{"role": turn["role"], "content": content}]
    results = [block for block in content if block.get("type") == "tool_result"]
    messages: list[Body] = [{"role": "tool", "content": _text(block.get("content"))} for block in results]
    if len(results) < len(content):
        messages.append({"role": turn["role"], "content": _text(content)})
    return messages


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    blocks: list[Body] = content or []
    return "".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")


class AnthropicEncoder(Encoder):
    """Writes content blocks, each of which starts, grows and stops."""

    def __init__(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> None:
        super().__init__(record, asked, directives, reply)
        self._index = -1
        self._open: Kind | None = None
        self._written = ""
        self._frame = (b"", b"")
        thinking: Body = asked.body.get("thinking") or {}
        usual = "omitted" if is_adaptive(asked.model) else "summarized"
        self._hides_thinking = (thinking.get("display") or usual) == "omitted"

    # The stream

    def opening(self) -> list[Event]:
        message: Body = {**self._message(), "content": []}
        message["usage"] = self._usage(1) if not self.directives.no_usage else _NO_USAGE
        events = [_event("message_start", message=message)]
        if self.directives.unknown_events:
            self._index += 1
            block = {"type": "future_block", "future_field": 42}
            events += [
                _event("content_block_start", index=self._index, content_block=block),
                _event("content_block_delta", index=self._index, delta={"type": "future_delta", "x": "?"}),
                _event("content_block_stop", index=self._index),
            ]
        return events

    def more(self, units: list[Unit]) -> list[Event]:
        events: list[Event] = []
        for kind, text, count in grouped(units, self.directives.chunk):
            if kind != self._open:
                events += [*self._close(), *self._start(kind)]
            self._written += text
            reasoning = count if kind == "reasoning" else 0
            if reasoning and self._hides_thinking:
                events.append(_ping(tokens=count))
                continue
            before, after = self._frame
            events.append(Event(before + msgspec.json.encode(text) + after, count, reasoning))
        return events

    def _start(self, kind: Kind) -> list[Event]:
        self._open, self._written = kind, ""
        self._index += 1
        delta, field = _DELTAS[kind]
        before = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,' % self._index
        self._frame = before + b'"delta":{"type":"%b","%b":' % (delta, field), b"}}\n\n"
        empty: Body = {"type": "text", "text": ""}
        if kind == "reasoning":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
        start = _event("content_block_start", index=self._index, content_block=empty)
        return [start, _ping()] if self._index == 0 else [start]

    def _close(self) -> list[Event]:
        kind, self._open = self._open, None
        if kind is None:
            return []
        events = [_event("content_block_stop", index=self._index)]
        if kind == "reasoning":
            delta = {"type": "signature_delta", "signature": self._signature()}
            events.insert(0, _event("content_block_delta", index=self._index, delta=delta))
        return events

    def _signature(self) -> str:
        return signed("" if self._hides_thinking else self._written)

    def calls(self) -> list[Event]:
        return [*self._close(), *each_call(self.reply, self._call)]

    def _call(self, place: int) -> list[Event]:
        call = self.reply.tools[place]
        self._index += 1
        block: Body = {"type": "tool_use", "id": self._call_id(place), "name": call.name, "input": {}}
        events = [_event("content_block_start", index=self._index, content_block=block), self._piece("")]
        if call.arguments.strip() == "{}":
            # A call without arguments has no piece of them on this wire.
            events[-1].tokens = len(call.pieces)
        else:
            events += [self._piece(piece, tokens=1) for piece in call.pieces]
        return [*events, _event("content_block_stop", index=self._index)]

    def _piece(self, text: str, tokens: int = 0) -> Event:
        delta = {"type": "input_json_delta", "partial_json": text}
        event = _event("content_block_delta", index=self._index, delta=delta)
        event.tokens = tokens
        return event

    def closing(self) -> list[Event]:
        stop = self._stop()
        fields: Body = {"delta": stop}
        if not self.directives.no_usage:
            fields["usage"] = self._usage(self.tokens)
        last = _event("message_delta", **fields)
        last.usage = not self.directives.no_usage
        return [*self._close(), last, _event("message_stop")]

    def broken(self) -> Event:
        return _event("error", error={"type": "overloaded_error", "message": "Overloaded"})

    def garbage(self) -> Event:
        return Event(
            b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "del\n\n'
        )

    def unknown(self) -> Event:
        future = _event("future_event", future_field={"answer": [42]})
        return Event(future.data + _ping().data)

    # The whole

    def whole(self) -> Body:
        content: list[Body] = []
        reply = self.reply
        thought = reply.joined("reasoning")
        if thought:
            self._written = thought
            shown = "" if self._hides_thinking else thought
            content.append({"type": "thinking", "thinking": shown, "signature": self._signature()})
        if reply.joined("text"):
            content.append({"type": "text", "text": reply.joined("text"), "citations": None})
        for place, call in enumerate(reply.tools):
            block = {"type": "tool_use", "id": self._call_id(place), "name": call.name}
            content.append({**block, "input": _input(call)})
        message = {**self._message(), "content": content, **self._stop()}
        return message if self.directives.no_usage else {**message, "usage": self._usage(self.tokens)}

    def _message(self) -> Body:
        names = {"id": f"msg_{self.record.id}", "type": "message", "role": "assistant"}
        return {**names, "model": self.asked.model, "stop_reason": None, "stop_sequence": None}

    def _stop(self) -> Body:
        reply = self.reply
        reason = _STOP_REASONS.get(reply.finish, reply.finish)
        if reply.refusal is not None and reply.finish == "stop":
            reason = "refusal"
        self.record.finish = reason
        stop: Body = {"stop_reason": reason, "stop_sequence": None}
        if reason == "refusal":
            stop["stop_details"] = {"type": "refusal", "category": None, "explanation": reply.refusal}
        return stop

    def _usage(self, output_tokens: int) -> Body:
        record = self.record
        written = record.cache_write_tokens
        usage: Body = {
            # Unlike the other wires, this one does not count the cached tokens among the input.
            "input_tokens": record.prompt_tokens - record.cached_tokens - written,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": record.cached_tokens,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output_tokens,
            "service_tier": "standard",
        }
        if output_tokens == self.tokens and self.reasoning_tokens:
            usage["output_tokens_details"] = {"thinking_tokens": self.reasoning_tokens}
        return usage

    def _call_id(self, place: int) -> str:
        return f"toolu_{self.record.id}_{place}"


_NO_USAGE: Body = {"input_tokens": 0, "output_tokens": 0}


def _input(call: ToolCall) -> Body:
    try:
        return json.loads(re.sub(r"\s+$", "", call.arguments))
    except ValueError:
        return {}


def _ping(tokens: int = 0) -> Event:
    event = _event("ping")
    event.tokens = event.reasoning = tokens
    return event


def _event(name: str, /, **fields: Any) -> Event:
    payload = msgspec.json.encode({"type": name, **fields})
    return Event(b"event: " + name.encode() + b"\ndata: " + payload + b"\n\n")
