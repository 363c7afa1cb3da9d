"""The wire of Anthropic's Messages.

Specification: Anthropic API reference, "Create a Message" and its streaming events, version 2023-06-01, as of 2026-11.
The later version takes no temperature from any model; this one leaves that to the model.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any, Final, cast

import aiohttp
import msgspec

from steward.kernel.settings import Limits
from steward.providers import failures, prompts, transport
from steward.providers.events import FinishReason, ProviderEvent, ProviderState, Usage
from steward.providers.transport import Call, SSEReader, count
from steward.providers.wire import Endpoint, ModelRequest, OneTool, OutputSchema, PromptMessage

WIRE: Final = "anthropic_messages"
VERSION: Final = "2023-06-01"
_MAX_TOKENS: Final = 4096
_LEAST_BUDGET: Final = 1024
_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384}
_MOST_BUDGET: Final = 32_768
_EFFORTS: Final = {"none": "low", "minimal": "low", "low": "low", "medium": "medium", "high": "high"}
_IMAGES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
_ID: Final = re.compile(r"[^a-zA-Z0-9_-]")
_NUMBER: Final = re.compile(r"[-.](\d{1,2})(?=[-.@:]|$)")
_STOPS: Final[dict[str, FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
# What the schemas of this wire may not say; the model is told of none of it, and held to none of it.
_REFUSED_WORDS: Final = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)


class _OutputDetails(msgspec.Struct, gc=False):
    thinking_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None


class _StopDetails(msgspec.Struct, gc=False):
    explanation: str | None = None


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    signature: str | None = None
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    id: str | None = None
    name: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    input: Any = None


class _Message(msgspec.Struct, gc=False):
    usage: _Usage | None = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    index: int | None = None
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: _Usage | None = None
    error: Any = None


_events: Final = msgspec.json.Decoder(_Event)


class AnthropicMessages:
    """Anthropic's Messages."""

    def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model; see `Wire.stream`."""
        body = request_body(endpoint, request)
        headers = {"anthropic-version": VERSION}
        post = transport.post(endpoint, "/messages", body, key_header="x-api-key", headers=headers)
        return transport.stream(http, post, Reader(endpoint), limits)


class Reader(SSEReader):
    """Reads the events of a message."""

    known = frozenset(
        {
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
            "error",
        }
    )

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._at: dict[int, Call] = {}
        self._signature = ""
        self._told_counts = _Usage()

    def _read(self, payload: bytes, text: list[str], events: list[ProviderEvent]) -> None:
        event = self._decode(_events, payload)
        if event is None:
            return
        delta = event.delta
        if event.type == "content_block_delta" and delta is not None:
            if delta.type == "text_delta":
                text.append(delta.text or "")
            else:
                self._delta(event.index or 0, delta, text, events)
        elif event.type in self.known:
            self._other(event, text, events)

    def _delta(self, index: int, delta: _Delta, text: list[str], events: list[ProviderEvent]) -> None:
        call = self._at.get(index)
        if delta.type == "thinking_delta" and delta.thinking:
            self._think(delta.thinking, text, events)
        elif delta.type == "signature_delta":
            self._signature += delta.signature or ""
        elif delta.type == "input_json_delta" and delta.partial_json and call is not None:
            self._more_input(call, delta.partial_json, text, events)

    def _other(self, event: _Event, text: list[str], events: list[ProviderEvent]) -> None:
        match event.type:
            case "message_start":
                self._count(event.message.usage if event.message else None)
            case "content_block_start":
                self._begin(event.index or 0, event.content_block or _Block(), text, events)
            case "content_block_stop":
                self._stop(event.index or 0, text, events)
            case "message_delta":
                self._count(event.usage)
                self._end(event.delta or _Delta(), text)
            case "message_stop":
                self.done = True
            case _:
                raise failures.read_error(self._endpoint, event.error)

    def _begin(self, index: int, block: _Block, text: list[str], events: list[ProviderEvent]) -> None:
        self._signature = block.signature or ""
        if block.type == "tool_use":
            call = self._at[index] = self._begin_call(block.id, block.name, text, events)
            if block.input:
                self._more_input(call, prompts.written(block.input), text, events)
        elif block.type == "redacted_thinking" and block.data:
            self._keep({"data": block.data}, text, events)
        elif block.type == "thinking" and block.thinking:
            self._think(block.thinking, text, events)
        elif block.type == "text" and block.text:
            text.append(block.text)

    def _stop(self, index: int, text: list[str], events: list[ProviderEvent]) -> None:
        call = self._at.get(index)
        if call is not None and not call.pieces:
            self._more_input(call, "{}", text, events)
        if self._signature:
            self._keep({"signature": self._signature}, text, events)
            self._signature = ""

    def _keep(self, data: dict[str, Any], text: list[str], events: list[ProviderEvent]) -> None:
        self.flush(text, events)
        events.append(ProviderState(WIRE, prompts.state_for(self._endpoint, **data)))

    def _end(self, delta: _Delta, text: list[str]) -> None:
        if not delta.stop_reason:
            return
        self._finish = _STOPS.get(delta.stop_reason, "other")
        if delta.stop_reason == "refusal" and delta.stop_details and delta.stop_details.explanation:
            text.append(delta.stop_details.explanation)

    def _count(self, usage: _Usage | None) -> None:
        """Take counts in: they are of the whole answer, and what is missing later stands as it was."""
        if usage is None:
            return
        known = self._told_counts
        for name in _Usage.__struct_fields__:
            if getattr(usage, name) is not None:
                setattr(known, name, getattr(usage, name))
        read, written = count(known.cache_read_input_tokens), count(known.cache_creation_input_tokens)
        thought = (known.output_tokens_details or _OutputDetails()).thinking_tokens
        self._usage = Usage(
            input_tokens=count(known.input_tokens) + read + written,
            output_tokens=count(known.output_tokens),
            cached_tokens=read,
            reasoning_tokens=count(thought),
            cache_write_tokens=written,
        )


def request_body(endpoint: Endpoint, request: ModelRequest) -> dict[str, Any]:
    """The body of a call. This wire has no seed, and wants a limit for the answer."""
    model, output = endpoint.model, request.output
    bound = isinstance(output, OutputSchema) and _takes_schemas(model) and not _lacks_schema(endpoint)
    system = [message.text for message in request.messages if message.role == "system" and message.text]
    if output is not None and not bound:
        system.append(prompts.output_words(output))
    messages = _messages(endpoint, request.messages)
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens or _MAX_TOKENS,
        "messages": messages,
        "stream": True,
    }
    if system:
        body["system"] = "\n\n".join(system)
    if request.stop:
        body["stop_sequences"] = request.stop
    config: dict[str, Any] = {}
    if bound and isinstance(output, OutputSchema):
        config["format"] = {"type": "json_schema", "schema": closed(output.schema)}
    _think(endpoint, request, body, config)
    if config:
        body["output_config"] = config
    if "thinking" not in body:
        body.update(_sampling(endpoint, request))
    if request.tools:
        body.update(_tools(request))
    return body


def version(model: str) -> tuple[int, ...]:
    """The version in a model's name: newer than all for a Claude without one, older than all for other models."""
    if "claude" not in model:
        return ()
    return tuple(int(number) for number in _NUMBER.findall(model)) or (99,)


def _takes_schemas(model: str) -> bool:
    return version(model) >= (4, 5) or "opus-4-1" in model


def _lacks_schema(endpoint: Endpoint) -> bool:
    return "json_schema" in endpoint.quirks.lacks


def _sampling(endpoint: Endpoint, request: ModelRequest) -> dict[str, Any]:
    if version(endpoint.model) >= (4, 7):
        # These models refuse both, whatever their value.
        return {}
    if request.temperature is not None and "temperature" not in endpoint.quirks.lacks:
        # Several models refuse both at once, so the temperature stands for both.
        return {"temperature": min(1.0, max(0.0, request.temperature))}
    return {} if request.top_p is None else {"top_p": request.top_p}


def _think(endpoint: Endpoint, request: ModelRequest, body: dict[str, Any], config: dict[str, Any]) -> None:
    effort, model = request.reasoning_effort, endpoint.model
    number = version(model)
    if effort is None:
        return
    if number >= (4, 6) or (number >= (4, 5) and "opus" in model):
        config["effort"] = _EFFORTS.get(effort, "max" if number >= (4, 6) else "high")
    if effort == "none" or ("claude" in model and number < (3, 7)):
        return
    if number >= (4, 6):
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        return
    forced = request.tool_choice == "required" or isinstance(request.tool_choice, OneTool)
    if forced or not _may_start_thinking(body["messages"]):
        return
    budget = _BUDGETS.get(effort, _MOST_BUDGET)
    if request.max_tokens is None:
        body["max_tokens"] = budget + _MAX_TOKENS
    # Thoughts count as answer, which must keep some room.
    budget = min(budget, body["max_tokens"] - _LEAST_BUDGET)
    if budget >= _LEAST_BUDGET:
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _may_start_thinking(messages: list[dict[str, Any]]) -> bool:
    """A model with a budget refuses to think between tools when the turn did not begin with a thought."""
    for message in reversed(messages):
        blocks: list[dict[str, Any]] = message["content"]
        if message["role"] == "assistant":
            calls = any(block["type"] == "tool_use" for block in blocks)
            return not calls or blocks[0]["type"] in ("thinking", "redacted_thinking")
        if not any(block["type"] == "tool_result" for block in blocks):
            return True
    return True


def _tools(request: ModelRequest) -> dict[str, Any]:
    # Strictness is left out: this wire holds strict schemas to limits that others do not have.
    tools: list[dict[str, Any]] = []
    for tool in request.tools:
        spec: dict[str, Any] = {"name": tool.name, "input_schema": {"type": "object", **tool.parameters}}
        tools.append({**spec, "description": tool.description} if tool.description else spec)
    wished = request.tool_choice
    choice: dict[str, Any] | None = None
    if isinstance(wished, OneTool):
        choice = {"type": "tool", "name": wished.name}
    elif wished is not None:
        choice = {"type": "any" if wished == "required" else wished}
    if request.parallel_tool_calls is not None and wished != "none":
        choice = choice or {"type": "auto"}
        choice["disable_parallel_tool_use"] = not request.parallel_tool_calls
    return {"tools": tools} if choice is None else {"tools": tools, "tool_choice": choice}


def closed(schema: Any) -> Any:
    """A schema as this wire takes it: objects without other properties, no words of size."""
    if isinstance(schema, list):
        return [closed(item) for item in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast(dict[str, Any], schema)
    out: dict[str, Any] = {}
    for word, value in given.items():
        if word in ("properties", "$defs", "definitions") and isinstance(value, dict):
            out[word] = {name: closed(inner) for name, inner in cast(dict[str, Any], value).items()}
        elif word in ("enum", "const", "default", "examples", "required"):
            out[word] = value
        elif word not in _REFUSED_WORDS:
            out[word] = closed(value)
    if given.get("type") == "object" or "properties" in given:
        out["additionalProperties"] = False
    return out


def _messages(endpoint: Endpoint, prompt: list[PromptMessage]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    start = prompts.turn_start(prompt)
    for at, message in enumerate(prompt):
        if message.role == "user":
            _add(messages, "user", [block for part in message.parts if (block := _block(part))])
        elif message.role == "assistant":
            for parts in prompts.rounds(message):
                # Thoughts of earlier turns may be left out, and are bound to a history that may have moved on.
                _add(messages, "assistant", _said(endpoint, parts, keep=at >= start))
                _add(messages, "user", [_result(call) for call in prompts.calls_of(parts)])
    if messages and messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [{"type": "text", "text": prompts.LEFT_OUT}]})
    _distinguish(messages)
    return messages


def _distinguish(messages: list[dict[str, Any]]) -> None:
    """Give every call an id of its own: some hosts begin again in every answer, and this wire refuses that."""
    seen: set[str] = set()
    now: dict[str, str] = {}
    for block in (block for message in messages for block in message["content"]):
        if block["type"] == "tool_use":
            given = block["id"]
            block["id"] = now[given] = given if given not in seen else f"{given}_{len(seen)}"
            seen.add(block["id"])
        elif block["type"] == "tool_result":
            block["tool_use_id"] = now[block["tool_use_id"]]


def _add(messages: list[dict[str, Any]], role: str, blocks: list[dict[str, Any]]) -> None:
    """Add to the last message when it has the same role: results of tools stand first in it."""
    if not blocks:
        return
    if messages and messages[-1]["role"] == role:
        messages[-1]["content"] += blocks
    else:
        messages.append({"role": role, "content": list(blocks)})


def _said(endpoint: Endpoint, parts: list[dict[str, Any]], *, keep: bool) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for part in parts:
        state = prompts.state_of(part, WIRE, endpoint) if keep else {}
        if part["type"] == "text" and part["text"].strip():
            blocks.append({"type": "text", "text": part["text"]})
        elif part["type"] == "tool_call":
            asked = {"id": _id(part), "name": part["name"], "input": prompts.arguments(part)}
            blocks.append({"type": "tool_use", **asked})
        if "data" in state:
            blocks.append({"type": "redacted_thinking", "data": state["data"]})
        elif "signature" in state:
            thought = part["text"] if part["type"] == "reasoning" else ""
            blocks.append({"type": "thinking", "thinking": thought, "signature": state["signature"]})
    if not all(block["type"].endswith("thinking") for block in blocks):
        return blocks
    # A thought that led to nothing (the answer broke off) is not sent alone.
    return []


def _result(call: dict[str, Any]) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": _id(call), "content": prompts.result(call)}
    return {**block, "is_error": True} if prompts.failed(call) is not None else block


def _id(call: dict[str, Any]) -> str:
    return _ID.sub("_", str(call["call_id"])) or "call"


def _block(part: dict[str, Any]) -> dict[str, Any] | None:
    if part.get("type") == "text":
        return {"type": "text", "text": part["text"]} if part["text"].strip() else None
    return _file(part) if part.get("type") == "file" else None


def _file(part: dict[str, Any]) -> dict[str, Any]:
    file = prompts.read_file(part)
    is_document = file.media_type == "application/pdf"
    if file.data is not None and (file.media_type in _IMAGES or is_document):
        source = {"type": "base64", "media_type": file.media_type, "data": file.data}
    elif file.url.startswith("https:") and (file.is_image or is_document):
        source = {"type": "url", "url": file.url}
    else:
        return {"type": "text", "text": file.text or file.note}
    return (
        {"type": "document", "title": file.name, "source": source}
        if is_document
        else ({"type": "image", "source": source})
    )
