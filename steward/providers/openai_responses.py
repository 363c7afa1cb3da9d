"""The wire of OpenAI's Responses, spoken without a memory on their side: every call carries its whole history.

Specification: OpenAI API reference, "Create a model response" and its streaming events, as of 2026-11.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

import aiohttp
import msgspec

from steward.kernel.settings import Limits
from steward.providers import failures, prompts, transport
from steward.providers.events import FinishReason, ProviderEvent, ProviderState, Usage
from steward.providers.openai_chat import thinks
from steward.providers.transport import Call, SSEReader, count
from steward.providers.wire import Endpoint, ModelRequest, OneTool, OutputSchema, PromptMessage

WIRE: Final = "openai_responses"
_LEAST_TOKENS: Final = 16
"""This wire refuses a shorter limit."""
_INCOMPLETE: Final[dict[str, FinishReason]] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}


class _CachedDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _CachedDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class _Incomplete(msgspec.Struct, gc=False):
    reason: str | None = None


class _Response(msgspec.Struct, gc=False):
    usage: _Usage | None = None
    incomplete_details: _Incomplete | None = None
    error: Any = None


class _Item(msgspec.Struct, gc=False):
    type: str = ""
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    encrypted_content: str | None = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: str | None = None
    output_index: int | None = None
    summary_index: int | None = None
    arguments: str | None = None
    item: _Item | None = None
    response: _Response | None = None
    code: str | None = None
    message: str | None = None
    error: Any = None


_events: Final = msgspec.json.Decoder(_Event)


class OpenAIResponses:
    """OpenAI's Responses."""

    def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model; see `Wire.stream`."""
        body = request_body(endpoint, request)
        post = transport.post(endpoint, "/responses", body, key_header="authorization")
        return transport.stream(http, post, Reader(endpoint), limits)


class Reader(SSEReader):
    """Reads the events of a response."""

    known = frozenset(
        {
            "response.output_text.delta",
            "response.refusal.delta",
            "response.reasoning_summary_text.delta",
            "response.reasoning_text.delta",
            "response.output_item.added",
            "response.output_item.done",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.completed",
            "response.incomplete",
            "response.failed",
            "error",
        }
    )

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._at: dict[int, Call] = {}
        self._thought = (-1, -1)

    def _read(self, payload: bytes, text: list[str], events: list[ProviderEvent]) -> None:
        if payload == b"[DONE]":
            self.done = True
            return
        event = self._decode(_events, payload)
        if event is None:
            return
        if event.type == "response.output_text.delta":
            if event.delta:
                text.append(event.delta)
        elif event.type in self.known:
            self._other(event, text, events)

    def _other(self, event: _Event, text: list[str], events: list[ProviderEvent]) -> None:
        match event.type:
            case "response.refusal.delta":
                self._refused = True
                text.append(event.delta or "")
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                self._reason(event, text, events)
            case "response.output_item.added" | "response.output_item.done":
                self._item(event, text, events)
            case "response.function_call_arguments.delta" | "response.function_call_arguments.done":
                self._input(self._at.get(event.output_index or 0), event.delta, event.arguments, text, events)
            case "response.completed" | "response.incomplete":
                self._end(event)
            case _:
                error = event.response.error if event.response is not None else event.error
                raise failures.read_error(
                    self._endpoint, error or {"code": event.code, "message": event.message}
                )

    def _reason(self, event: _Event, text: list[str], events: list[ProviderEvent]) -> None:
        place = (event.output_index or 0, event.summary_index or 0)
        # A summary has several paragraphs, and nothing in their text says where one ends.
        gap = "\n\n" if place[0] == self._thought[0] and place[1] > self._thought[1] else ""
        self._thought = place
        if event.delta:
            self._think(gap + event.delta, text, events)

    def _item(self, event: _Event, text: list[str], events: list[ProviderEvent]) -> None:
        item, index = event.item or _Item(), event.output_index or 0
        if item.type == "function_call":
            call = self._at.get(index)
            if call is None:
                call = self._at[index] = self._begin_call(item.call_id, item.name, text, events)
            if event.type.endswith(".done"):
                self._input(call, None, item.arguments, text, events)
        elif item.type == "reasoning" and event.type.endswith(".done") and item.encrypted_content and item.id:
            self.flush(text, events)
            kept = prompts.state_for(self._endpoint, id=item.id, encrypted_content=item.encrypted_content)
            events.append(ProviderState(WIRE, kept))

    def _input(
        self,
        call: Call | None,
        piece: str | None,
        whole: str | None,
        text: list[str],
        events: list[ProviderEvent],
    ) -> None:
        # Hosts that do not stream an input say it whole at its end.
        more = piece or (whole if call is not None and not call.pieces else None)
        if call is not None and more:
            self._more_input(call, more, text, events)

    def _end(self, event: _Event) -> None:
        response = event.response or _Response()
        if response.usage is not None:
            self._usage = _read_usage(response.usage)
        if event.type == "response.completed":
            self._finish = "stop"
        else:
            reason = response.incomplete_details.reason if response.incomplete_details else None
            self._finish = _INCOMPLETE.get(reason or "", "other")
        self.done = True


def _read_usage(usage: _Usage) -> Usage:
    asked = usage.input_tokens_details or _CachedDetails()
    answered = usage.output_tokens_details or _OutputDetails()
    return Usage(
        input_tokens=count(usage.input_tokens),
        output_tokens=count(usage.output_tokens),
        cached_tokens=count(asked.cached_tokens),
        reasoning_tokens=count(answered.reasoning_tokens),
        cache_write_tokens=count(asked.cache_write_tokens),
    )


def request_body(endpoint: Endpoint, request: ModelRequest) -> dict[str, Any]:
    """The body of a call. This wire has neither a seed nor words to stop at."""
    lacks = endpoint.quirks.lacks
    opening, messages = _opening(request.messages)
    if request.output == "json" or (request.output is not None and "json_schema" in lacks):
        # Without the word JSON in the prompt the provider refuses the form.
        opening = [*opening, prompts.output_words(request.output)]
    body: dict[str, Any] = {
        "model": endpoint.model,
        "input": [item for message in messages for item in _items(endpoint, message)],
        "stream": True,
        "store": False,
    }
    settings: dict[str, Any] = {
        "instructions": "\n\n".join(opening) or None,
        "max_output_tokens": None if request.max_tokens is None else max(_LEAST_TOKENS, request.max_tokens),
        "temperature": request.temperature,
        "top_p": request.top_p,
    }
    if thinks(endpoint.model):
        settings["temperature"] = settings["top_p"] = None
        settings["include"] = ["reasoning.encrypted_content"]
        effort = {"effort": request.reasoning_effort} if request.reasoning_effort else {}
        settings["reasoning"] = {**effort, "summary": "auto"}
    body.update({name: value for name, value in settings.items() if value is not None and name not in lacks})
    if request.tools:
        body.update(_tools(endpoint, request))
    if request.output is not None:
        body["text"] = {"format": _format(endpoint, request.output)}
    return body


def _opening(messages: list[PromptMessage]) -> tuple[list[str], list[PromptMessage]]:
    """The instructions at the start, and what follows them."""
    first = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
    return [message.text for message in messages[:first] if message.text], messages[first:]


def _tools(endpoint: Endpoint, request: ModelRequest) -> dict[str, Any]:
    lacks = endpoint.quirks.lacks
    tools: list[dict[str, Any]] = []
    for tool in request.tools:
        # Left out, strictness is on here, other than in Chat Completions, and refuses most schemas.
        strict = bool(tool.strict)
        spec = {"type": "function", "name": tool.name, "parameters": tool.parameters, "strict": strict}
        tools.append({**spec, "description": tool.description} if tool.description else spec)
    fields: dict[str, Any] = {"tools": tools}
    choice = request.tool_choice
    if "tool_choice_required" in lacks and choice not in (None, "none"):
        choice = "auto"
    if isinstance(choice, OneTool):
        fields["tool_choice"] = {"type": "function", "name": choice.name}
    elif choice is not None:
        fields["tool_choice"] = choice
    if request.parallel_tool_calls is not None and "parallel_tool_calls" not in lacks:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    return fields


def _format(endpoint: Endpoint, output: OutputSchema | str) -> dict[str, Any]:
    if not isinstance(output, OutputSchema) or "json_schema" in endpoint.quirks.lacks:
        return {"type": "json_object"}
    named = {"type": "json_schema", "name": output.name, "schema": output.schema, "strict": output.strict}
    return {**named, "description": output.description} if output.description else named


def _items(endpoint: Endpoint, message: PromptMessage) -> list[dict[str, Any]]:
    if message.role == "user":
        return [{"role": "user", "content": [_content(part) for part in message.parts if _is_content(part)]}]
    if message.role != "assistant":
        return [{"role": "system", "content": message.text}]
    items = [item for parts in prompts.rounds(message) for item in _said(endpoint, parts)]
    while items and items[-1].get("type") == "reasoning":
        # A thought without the words or the call that it led to is refused.
        items.pop()
    return items


def _said(endpoint: Endpoint, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for part in parts:
        state = prompts.state_of(part, WIRE, endpoint)
        thought = part["text"] if part["type"] == "reasoning" else ""
        if part["type"] == "text":
            items.append({"role": "assistant", "content": part["text"]})
        elif part["type"] == "tool_call":
            written = prompts.written(prompts.arguments(part))
            asked = {"call_id": part["call_id"], "name": part["name"], "arguments": written}
            items.append({"type": "function_call", **asked})
        if state:
            items.append(
                {
                    "type": "reasoning",
                    "id": state["id"],
                    "summary": [{"type": "summary_text", "text": thought}] if thought else [],
                    "encrypted_content": state["encrypted_content"],
                }
            )
    calls = prompts.calls_of(parts)
    outputs = [
        {"type": "function_call_output", "call_id": call["call_id"], "output": prompts.result(call)}
        for call in calls
    ]
    return [*items, *outputs]


def _is_content(part: dict[str, Any]) -> bool:
    return part.get("type") == "file" or (part.get("type") == "text" and bool(part["text"]))


def _content(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    file = prompts.read_file(part)
    if file.is_image:
        return {"type": "input_image", "detail": "auto", "image_url": file.url}
    if file.text is not None:
        return {"type": "input_text", "text": file.text}
    if file.data is not None:
        return {"type": "input_file", "filename": file.name, "file_data": file.url}
    if file.url.startswith("https:"):
        return {"type": "input_file", "file_url": file.url}
    return {"type": "input_text", "text": file.note}
