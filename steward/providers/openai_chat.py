"""The wire of OpenAI's Chat Completions, which most other providers and local servers speak too.

Specification: OpenAI API reference, "Create chat completion" and its streaming chunks, as of 2026-11.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator
from typing import Any, Final

import aiohttp
import msgspec

from steward.kernel.settings import Limits
from steward.providers.errors import (
    ContextTooLong,
    LLMError,
    ProviderBrokeOff,
    ProviderKeyRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
)
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
from steward.providers.wire import Endpoint, ModelRequest, PromptMessage

_LINE_BYTES: Final = 4_000_000
_ERROR_BYTES: Final = 20_000
_DRAIN_SECONDS: Final = 0.05
_MOST_TOKENS: Final = 100_000_000

_FINISH: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolDelta(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolDelta] | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _OutputDetails | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_chunks: Final = msgspec.json.Decoder(_Chunk)


class OpenAIChat:
    """OpenAI's Chat Completions."""

    async def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model; see `Wire.stream`."""
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        if endpoint.key:
            headers["authorization"] = f"Bearer {endpoint.key}"
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=limits.connect_seconds, sock_read=limits.idle_seconds
        )
        reader = Reader(endpoint)
        try:
            async with http.post(
                f"{endpoint.base_url}/chat/completions",
                data=msgspec.json.encode(request_body(endpoint.model, request)),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                if response.status != 200:
                    raise await _refusal(endpoint, response)
                async for data in response.content.iter_any():
                    events = reader.feed(data)
                    if events:
                        yield events
                    if reader.failure is not None:
                        raise reader.failure
                    if reader.done:
                        await _drain(response)
                        break
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            # An answer whose reason to stop is known is whole, however the connection ended.
            if not reader.finished:
                raise _lost(endpoint, error, began=reader.began) from error
        yield reader.close()


def request_body(model: str, request: ModelRequest) -> dict[str, Any]:
    """The body of a call; what is None is left out, so that the provider's own default holds."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [message for prompt in request.messages for message in _messages(prompt)],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    settings = {
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "top_p": request.top_p,
        "stop": request.stop,
        "seed": request.seed,
    }
    if _thinks(model):
        # Reasoning models of OpenAI refuse `max_tokens` and any temperature but their own.
        settings["max_completion_tokens"] = settings.pop("max_tokens")
        settings["temperature"] = None
    body.update({name: value for name, value in settings.items() if value is not None})
    body.update(request.extra)
    return body


def _thinks(model: str) -> bool:
    return model.startswith(("o1", "o3", "o4", "gpt-5"))


def _messages(prompt: PromptMessage) -> list[dict[str, Any]]:
    if prompt.role != "assistant":
        return [{"role": prompt.role, "content": _content(prompt)}]
    messages: list[dict[str, Any]] = []
    text: list[str] = []
    calls: list[dict[str, Any]] = []
    for part in prompt.parts:
        if part.get("type") == "tool_call":
            calls.append(part)
        elif part.get("type") == "text" and part["text"]:
            if calls:
                # What was said after the tools answered comes after their answers here, too.
                messages += _said("".join(text), calls)
                text, calls = [], []
            text.append(part["text"])
    return messages + _said("".join(text), calls)


def _said(text: str, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not calls:
        return [{"role": "assistant", "content": text}] if text else []
    tool_calls = [
        {
            "id": call["call_id"],
            "type": "function",
            "function": {
                "name": call["name"],
                "arguments": msgspec.json.encode(call.get("input") or {}).decode(),
            },
        }
        for call in calls
    ]
    results = [{"role": "tool", "tool_call_id": call["call_id"], "content": _result(call)} for call in calls]
    return [{"role": "assistant", "content": text or None, "tool_calls": tool_calls}, *results]


def _result(call: dict[str, Any]) -> str:
    # A call without a result (the server died between the two) makes every later request invalid.
    if call.get("error") is not None:
        return f"Error: {call['error']}"
    if "output" not in call:
        return "Error: interrupted before it gave a result."
    output = call["output"]
    return output if isinstance(output, str) else msgspec.json.encode(output).decode()


def _content(prompt: PromptMessage) -> str | list[dict[str, Any]]:
    """Plain text as a string, which every host takes; a list only where files stand beside the text."""
    if not any(part.get("type") == "file" for part in prompt.parts):
        return prompt.text
    content: list[dict[str, Any]] = []
    for part in prompt.parts:
        if part.get("type") == "text":
            content.append({"type": "text", "text": part["text"]})
        elif part.get("type") == "file":
            content.append(_file(part))
    return content


def _file(part: dict[str, Any]) -> dict[str, Any]:
    url, media_type = str(part["url"]), str(part.get("media_type") or "")
    name = part.get("filename") or "file"
    if media_type.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    if url.startswith("data:"):
        return {"type": "file", "file": {"filename": name, "file_data": url}}
    # This wire takes other files by content only.
    return {"type": "text", "text": f"[Attached file: {name}, {media_type}, {url}]"}


class _Call(msgspec.Struct, gc=False):
    """A tool call in the making."""

    call_id: str
    name: str
    pieces: list[str]


class Reader:
    """Bytes of the stream in, events out; remembers half lines and half tool calls."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._rest = b""
        self._calls: list[_Call] = []
        self._at: dict[int, _Call] = {}
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self.failure: LLMError | None = None
        """Set when the stream told of a failure, or is none; what came before it in the same read counts."""
        self.began = False
        self.done = False

    @property
    def finished(self) -> bool:
        """The model said why it stopped."""
        return self._finish is not None

    def feed(self, data: bytes) -> list[ProviderEvent]:
        """Read what came; text that came together leaves together."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        events: list[ProviderEvent] = []
        text: list[str] = []
        try:
            for line in lines:
                if line.startswith(b"data:"):
                    self._read(line[5:].strip(), text, events)
                    if self.done:
                        break
        except LLMError as error:
            self.failure = error
        if len(self._rest) > _LINE_BYTES:
            self.failure = self._broke_off("a line without end")
        if text:
            events.append(TextDelta("".join(text)))
        return events

    def close(self) -> list[ProviderEvent]:
        """The end of the stream: what a last line without an end held, whole tool calls, usage, the reason.

        Raises:
            LLMError: the stream ended without a reason.
        """
        events = [] if self.done else self.feed(b"\n")
        if self._finish is None:
            raise self.failure or self._broke_off("no finish reason")
        for call in self._calls:
            raw_input = "".join(call.pieces)
            events.append(ToolCall(call.call_id, call.name, _object(raw_input), raw_input))
        if self._usage is not None:
            events.append(self._usage)
        asks = self._calls and self._finish not in ("length", "content_filter")
        events.append(Finish("tool_calls" if asks else self._finish))
        return events

    def _read(self, payload: bytes, text: list[str], events: list[ProviderEvent]) -> None:
        if payload == b"[DONE]":
            self.done = True
            return
        try:
            chunk = _chunks.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._broke_off(f"not a chunk: {error}") from error
        self.began = True
        if chunk.error is not None:
            raise _error_in_stream(self._endpoint, msgspec.json.encode(chunk.error).decode())
        if chunk.usage is not None:
            self._usage = _read_usage(chunk.usage)
        for choice in chunk.choices or ():
            delta = choice.delta
            if delta is not None:
                if delta.tool_calls or delta.reasoning_content or delta.reasoning:
                    self._rare(delta, text, events)
                elif delta.content:
                    text.append(delta.content)
                elif delta.refusal:
                    text.append(delta.refusal)
            if choice.finish_reason:
                self._finish = _FINISH.get(choice.finish_reason, "other")

    def _rare(self, delta: _Delta, text: list[str], events: list[ProviderEvent]) -> None:
        if text:
            events.append(TextDelta("".join(text)))
            text.clear()
        thought = delta.reasoning_content or delta.reasoning
        if thought:
            events.append(ReasoningDelta(thought))
        if delta.content:
            events.append(TextDelta(delta.content))
        for call in delta.tool_calls or ():
            self._tool(call, events)

    def _tool(self, fragment: _ToolDelta, events: list[ProviderEvent]) -> None:
        function = fragment.function or _Function()
        index = fragment.index or 0
        call = self._at.get(index)
        # Some hosts number every call 0: a new id with a name is a new call.
        if call is None or (fragment.id and fragment.id != call.call_id and function.name):
            call = _Call(fragment.id or f"call_{len(self._calls)}", function.name or "", [])
            self._at[index] = call
            self._calls.append(call)
            events.append(ToolCallStart(call.call_id, call.name))
        if function.arguments:
            call.pieces.append(function.arguments)
            events.append(ToolInputDelta(call.call_id, function.arguments))

    def _broke_off(self, cause: str) -> LLMError:
        return ProviderBrokeOff(self._endpoint.model, self._endpoint.provider, cause)


def _object(text: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _read_usage(usage: _Usage) -> Usage:
    prompt, output = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        input_tokens=_count(usage.prompt_tokens),
        output_tokens=_count(usage.completion_tokens),
        cached_tokens=_count(prompt.cached_tokens if prompt else None),
        reasoning_tokens=_count(output.reasoning_tokens if output else None),
    )


def _count(tokens: int | None) -> int:
    # No call has that many; what a host claims must not break the ledger's columns.
    return min(max(0, tokens or 0), _MOST_TOKENS)


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Wait for the end of the body, right behind the last line: it frees the connection for the next call."""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            await response.content.read()


async def _refusal(endpoint: Endpoint, response: aiohttp.ClientResponse) -> LLMError:
    body = (await response.content.read(_ERROR_BYTES)).decode(errors="replace")
    return _by_status(endpoint, response.status, body, _seconds(response.headers.get("retry-after")))


def _lost(endpoint: Endpoint, error: Exception, *, began: bool) -> LLMError:
    names = (endpoint.model, endpoint.provider, repr(error))
    if isinstance(error, TimeoutError):
        return ProviderTimeout(*names)
    return ProviderBrokeOff(*names) if began else ProviderUnavailable(*names)


def _error_in_stream(endpoint: Endpoint, body: str) -> LLMError:
    names = (endpoint.model, endpoint.provider, body)
    if "context_length" in body:
        return ContextTooLong(*names)
    if "insufficient_quota" in body:
        return ProviderQuotaExhausted(*names)
    if "rate_limit" in body:
        return ProviderRateLimited(*names)
    return ProviderBrokeOff(*names)


def _by_status(endpoint: Endpoint, status: int, body: str, retry_after: float | None) -> LLMError:
    cause = f"{status}: {body}"
    names = (endpoint.model, endpoint.provider, cause)
    if status == 402 or (status == 429 and "insufficient_quota" in body):
        return ProviderQuotaExhausted(*names)
    if status == 429:
        return ProviderRateLimited(*names, retry_after_seconds=retry_after)
    if status in (401, 403):
        return ProviderKeyRefused(*names)
    if "context_length_exceeded" in body or "maximum context length" in body:
        return ContextTooLong(*names)
    if status in (408, 504):
        return ProviderTimeout(*names)
    if status >= 500:
        return ProviderUnavailable(*names, retry_after_seconds=retry_after)
    return ProviderRefused(*names)


def _seconds(header: str | None) -> float | None:
    try:
        seconds = float(header or "")
    except ValueError:
        # The header's other form, a date, is not used by providers.
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
