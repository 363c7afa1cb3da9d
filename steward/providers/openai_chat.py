"""The wire of OpenAI's Chat Completions, which most other providers and local servers speak too.

Specification: OpenAI API reference, "Create chat completion" and its streaming chunks, as of 2026-11.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

import aiohttp
import msgspec

from steward.kernel.settings import Limits
from steward.providers import failures, prompts, transport
from steward.providers.events import FinishReason, ProviderEvent, Usage
from steward.providers.transport import Call, SSEReader, count
from steward.providers.wire import Endpoint, ModelRequest, OneTool, OutputSchema, PromptMessage, ToolSpec

_FINISH: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    "insufficient_system_resource": "error",
}
# These models read their own thoughts again while they wait for a tool, and refuse the request without them.
_RECALLS_THOUGHTS: Final = ("deepseek", "kimi")


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolDelta(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Piece(msgspec.Struct, gc=False):
    """Mistral's models that think write their content as a list of these."""

    type: str = ""
    text: str | None = None
    thinking: list[_Piece] | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | list[_Piece] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolDelta] | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_cache_hit_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _OutputDetails | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_chunks: Final = msgspec.json.Decoder(_Chunk)


class OpenAIChat:
    """OpenAI's Chat Completions."""

    def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model; see `Wire.stream`."""
        body = request_body(endpoint, request)
        post = transport.post(endpoint, "/chat/completions", body, key_header="authorization")
        return transport.stream(http, post, Reader(endpoint), limits)


class Reader(SSEReader):
    """Reads the chunks of a completion."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._at: dict[int, Call] = {}

    def _read(self, payload: bytes, text: list[str], events: list[ProviderEvent]) -> None:
        if payload == b"[DONE]":
            self.done = True
            return
        chunk = self._decode(_chunks, payload)
        if chunk is None:
            return
        if chunk.error is not None:
            raise failures.read_error(self._endpoint, chunk.error)
        if chunk.usage is not None:
            self._usage = _read_usage(chunk.usage)
        for choice in chunk.choices or ():
            delta = choice.delta
            if delta is not None:
                if type(delta.content) is str and not (
                    delta.tool_calls or delta.reasoning_content or delta.reasoning or delta.refusal
                ):
                    if delta.content:
                        text.append(delta.content)
                else:
                    self._rare(delta, text, events)
            if choice.finish_reason:
                self._finish = _FINISH.get(choice.finish_reason, "other")

    def _rare(self, delta: _Delta, text: list[str], events: list[ProviderEvent]) -> None:
        thought = delta.reasoning_content or delta.reasoning
        if thought:
            self._think(thought, text, events)
        if isinstance(delta.content, str):
            text.append(delta.content)
        for piece in delta.content or () if isinstance(delta.content, list) else ():
            for part in piece.thinking or ():
                if part.text:
                    self._think(part.text, text, events)
            if piece.text:
                text.append(piece.text)
        if delta.refusal:
            self._refused = True
            text.append(delta.refusal)
        for call in delta.tool_calls or ():
            self._tool(call, text, events)

    def _tool(self, fragment: _ToolDelta, text: list[str], events: list[ProviderEvent]) -> None:
        function = fragment.function or _Function()
        index = fragment.index or 0
        call = self._at.get(index)
        # Some hosts number every call 0: a new id with a name is a new call.
        if call is None or (fragment.id and fragment.id != call.call_id and function.name):
            call = self._at[index] = self._begin_call(fragment.id, function.name, text, events)
        if function.arguments:
            self._more_input(call, function.arguments, text, events)


def _read_usage(usage: _Usage) -> Usage:
    prompt = usage.prompt_tokens_details or _PromptDetails(usage.prompt_cache_hit_tokens)
    thought = count((usage.completion_tokens_details or _OutputDetails()).reasoning_tokens)
    asked, answered = count(usage.prompt_tokens), count(usage.completion_tokens)
    if thought and count(usage.total_tokens) == asked + answered + thought:
        # Some hosts count what was thought beside what was said.
        answered += thought
    return Usage(
        input_tokens=asked,
        output_tokens=answered,
        cached_tokens=count(prompt.cached_tokens),
        reasoning_tokens=thought,
        cache_write_tokens=count(prompt.cache_write_tokens),
    )


def request_body(endpoint: Endpoint, request: ModelRequest) -> dict[str, Any]:
    """The body of a call; what is None is left out, so that the provider's own default holds."""
    lacks = endpoint.quirks.lacks
    body: dict[str, Any] = {"model": endpoint.model, "messages": _prompt(endpoint, request), "stream": True}
    if "stream_options" not in lacks:
        body["stream_options"] = {"include_usage": True}
    settings = {
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "top_p": request.top_p,
        "stop": request.stop,
        "seed": request.seed,
        "reasoning_effort": request.reasoning_effort,
    }
    field = endpoint.quirks.max_tokens_field
    if thinks(endpoint.model):
        # Reasoning models of OpenAI refuse `max_tokens`, and any way to sample but their own.
        field = field or "max_completion_tokens"
        settings["temperature"] = settings["top_p"] = None
    settings[field or "max_tokens"] = settings.pop("max_tokens")
    body.update({name: value for name, value in settings.items() if value is not None and name not in lacks})
    if request.tools:
        body.update(_tools(endpoint, request))
    if request.output is not None:
        body["response_format"] = _format(endpoint, request.output)
    return body


def thinks(model: str) -> bool:
    """Whether a model of OpenAI reasons, by its name."""
    return model.startswith(("o1", "o3", "o4", "gpt-5", "gpt-6")) and not model.startswith("gpt-5-chat")


def _tools(endpoint: Endpoint, request: ModelRequest) -> dict[str, Any]:
    lacks = endpoint.quirks.lacks
    fields: dict[str, Any] = {"tools": [_tool(tool) for tool in request.tools]}
    choice = request.tool_choice
    if "tool_choice_required" in lacks and choice not in (None, "none"):
        choice = "auto"
    if isinstance(choice, OneTool):
        fields["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    elif choice is not None:
        fields["tool_choice"] = choice
    if request.parallel_tool_calls is not None and "parallel_tool_calls" not in lacks:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    return fields


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _format(endpoint: Endpoint, output: OutputSchema | str) -> dict[str, Any]:
    if not isinstance(output, OutputSchema) or "json_schema" in endpoint.quirks.lacks:
        return {"type": "json_object"}
    schema: dict[str, Any] = {"name": output.name, "schema": output.schema, "strict": output.strict}
    if output.description:
        schema["description"] = output.description
    return {"type": "json_schema", "json_schema": schema}


def _prompt(endpoint: Endpoint, request: ModelRequest) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    start = prompts.turn_start(request.messages)
    for at, message in enumerate(request.messages):
        if message.role != "assistant":
            messages.append({"role": message.role, "content": _content(message)})
            continue
        recalls = at >= start and any(name in endpoint.model.lower() for name in _RECALLS_THOUGHTS)
        for parts in prompts.rounds(message):
            messages += _said(parts, recalls=recalls)
    if isinstance(request.output, OutputSchema) and "json_schema" in endpoint.quirks.lacks:
        words = prompts.output_words(request.output)
        if messages and messages[0]["role"] == "system":
            # Many templates of local hosts take one system message, and only at the start.
            messages[0] = {"role": "system", "content": f"{messages[0]['content']}\n\n{words}"}
        else:
            messages.insert(0, {"role": "system", "content": words})
    return messages


def _said(parts: list[dict[str, Any]], *, recalls: bool) -> list[dict[str, Any]]:
    text, calls = prompts.text_of(parts), prompts.calls_of(parts)
    if not calls:
        return [{"role": "assistant", "content": text}] if text else []
    tool_calls = [
        {
            "id": call["call_id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": prompts.written(prompts.arguments(call))},
        }
        for call in calls
    ]
    message: dict[str, Any] = {"role": "assistant", "content": text or None, "tool_calls": tool_calls}
    if recalls:
        thoughts = [part["text"] for part in parts if part["type"] == "reasoning"]
        message["reasoning_content"] = "".join(thoughts)
    results = [
        {"role": "tool", "tool_call_id": call["call_id"], "content": prompts.result(call)} for call in calls
    ]
    return [message, *results]


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
    file = prompts.read_file(part)
    if file.is_image:
        return {"type": "image_url", "image_url": {"url": file.url}}
    if file.text is not None:
        return {"type": "text", "text": file.text}
    if file.data is not None:
        return {"type": "file", "file": {"filename": file.name, "file_data": file.url}}
    # This wire takes other files by content only.
    return {"type": "text", "text": file.note}
