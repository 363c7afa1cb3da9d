"""The wire of OpenAI's Chat Completions, which most other providers and local servers speak too.

Specification: OpenAI API reference, "Create chat completion" and its streaming chunks, as of 2026-11.
"""

from __future__ import annotations

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
    index: int = 0
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
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: msgspec.Raw | None = None


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
        reader = _Reader(endpoint)
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
                    if reader.done:
                        break
        except (TimeoutError, aiohttp.ServerTimeoutError) as error:
            raise ProviderTimeout(endpoint.model, endpoint.provider, repr(error)) from error
        except aiohttp.ClientConnectorError as error:
            raise ProviderUnavailable(endpoint.model, endpoint.provider, repr(error)) from error
        except (aiohttp.ClientError, ValueError) as error:
            kind = ProviderBrokeOff if reader.began else ProviderUnavailable
            raise kind(endpoint.model, endpoint.provider, repr(error)) from error
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
    if request.max_tokens is not None and _thinks(model):
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
        return [{"role": prompt.role, "content": prompt.text}]
    calls = [part for part in prompt.parts if part.get("type") == "tool_call"]
    message: dict[str, Any] = {"role": "assistant", "content": prompt.text or None}
    if not calls:
        return [message] if prompt.text else []
    message["tool_calls"] = [
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
    return [message, *results]


def _result(call: dict[str, Any]) -> str:
    # A call without a result (the server died between the two) makes every later request invalid.
    if call.get("error") is not None:
        return f"Error: {call['error']}"
    if "output" not in call or call["output"] is None:
        return "Error: interrupted before it gave a result."
    output = call["output"]
    return output if isinstance(output, str) else msgspec.json.encode(output).decode()


class _Reader:
    """Bytes of the stream in, events out; remembers half lines and half tool calls."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._rest = b""
        self._tools: dict[int, tuple[str, str, list[str]]] = {}
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self.began = False
        self.done = False

    def feed(self, data: bytes) -> list[ProviderEvent]:
        """Read what came; text that came together leaves together."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LINE_BYTES:
            raise self._broke_off("a line without end")
        events: list[ProviderEvent] = []
        text: list[str] = []
        for line in lines:
            if not line.startswith(b"data:"):
                continue
            payload = line[5:].strip()
            if payload == b"[DONE]":
                self.done = True
                break
            try:
                chunk = _chunks.decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise self._broke_off(f"not a chunk: {error}") from error
            self.began = True
            if chunk.error is not None:
                raise _error_in_stream(self._endpoint, bytes(chunk.error))
            if chunk.usage is not None:
                self._usage = _read_usage(chunk.usage)
            for choice in chunk.choices:
                delta = choice.delta
                if delta is not None:
                    if delta.content:
                        text.append(delta.content)
                    else:
                        self._rare(delta, text, events)
                if choice.finish_reason:
                    self._finish = _FINISH.get(choice.finish_reason, "other")
        if text:
            events.append(TextDelta("".join(text)))
        return events

    def close(self) -> list[ProviderEvent]:
        """The end of the stream: whole tool calls, usage, the reason.

        Raises:
            ProviderBrokeOff: the stream ended without a reason.
        """
        if self._finish is None:
            raise self._broke_off("no finish reason")
        events: list[ProviderEvent] = [
            ToolCall(call_id, name, _object("".join(pieces)), "".join(pieces))
            for call_id, name, pieces in self._tools.values()
        ]
        if self._usage is not None:
            events.append(self._usage)
        events.append(Finish("tool_calls" if self._tools else self._finish))
        return events

    def _rare(self, delta: _Delta, text: list[str], events: list[ProviderEvent]) -> None:
        thought = delta.reasoning_content or delta.reasoning
        if not (thought or delta.refusal or delta.tool_calls):
            return
        if delta.refusal:
            text.append(delta.refusal)
            return
        if text:
            events.append(TextDelta("".join(text)))
            text.clear()
        if thought:
            events.append(ReasoningDelta(thought))
        for call in delta.tool_calls or ():
            self._tool(call, events)

    def _tool(self, call: _ToolDelta, events: list[ProviderEvent]) -> None:
        function = call.function or _Function()
        known = self._tools.get(call.index)
        if known is None:
            known = (call.id or f"call_{call.index}", function.name or "", list[str]())
            self._tools[call.index] = known
            events.append(ToolCallStart(known[0], known[1]))
        if function.arguments:
            known[2].append(function.arguments)
            events.append(ToolInputDelta(known[0], function.arguments))

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
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        cached_tokens=(prompt.cached_tokens or 0) if prompt else 0,
        reasoning_tokens=(output.reasoning_tokens or 0) if output else 0,
    )


async def _refusal(endpoint: Endpoint, response: aiohttp.ClientResponse) -> LLMError:
    body = (await response.content.read(_ERROR_BYTES)).decode(errors="replace")
    return _by_status(endpoint, response.status, body, _seconds(response.headers.get("retry-after")))


def _error_in_stream(endpoint: Endpoint, raw: bytes) -> LLMError:
    body = raw.decode(errors="replace")
    if "context_length" in body:
        return ContextTooLong(endpoint.model, endpoint.provider, body)
    if "rate_limit" in body:
        return ProviderRateLimited(endpoint.model, endpoint.provider, body)
    return ProviderBrokeOff(endpoint.model, endpoint.provider, body)


def _by_status(endpoint: Endpoint, status: int, body: str, retry_after: float | None) -> LLMError:
    cause = f"{status}: {body}"
    names = (endpoint.model, endpoint.provider, cause)
    if status == 429:
        if "insufficient_quota" in body:
            return ProviderQuotaExhausted(*names)
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
        return None if header is None else max(0.0, float(header))
    except ValueError:
        return None
