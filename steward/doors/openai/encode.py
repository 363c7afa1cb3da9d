"""Model events as chat completions, streamed and whole."""

from __future__ import annotations

from typing import Any, Final, Protocol

import msgspec

from steward.providers.events import (
    Finish,
    ProviderEvent,
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.runs.events import CitedPlace, SourceCite

DONE: Final = b"data: [DONE]\n\n"
_FINISH: Final = {"error": "stop", "other": "stop"}
_json: Final = msgspec.json.Encoder().encode


class Citing(Protocol):
    """An answer with the passages that it has cited so far, and, with its last batch, where it cites them."""

    sources: list[SourceCite]
    places: list[CitedPlace]


class Encoder:
    """The chunks of one streamed completion."""

    def __init__(self, completion_id: str, model: str, created: int, *, include_usage: bool) -> None:
        head = _json(
            {"id": completion_id, "object": "chat.completion.chunk", "created": created, "model": model}
        )[:-1]
        self._head = b"data: " + head
        self._include_usage = include_usage
        self._calls: dict[str, int] = {}
        self._text_head = self._head + b',"choices":[{"index":0,"delta":{"content":'
        self._text_tail = b'},"logprobs":null,"finish_reason":null}]}\n\n'

    def start(self) -> bytes:
        """The first chunk."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def encode(self, events: list[ProviderEvent], annotations: list[dict[str, Any]] | None = None) -> bytes:
        """The chunks of a batch, in one piece; the last one's with what the answer cites."""
        out: list[bytes] = []
        usage: Usage | None = None
        for event in events:
            match event:
                case TextDelta():
                    out.append(self._text_head + _json(event.text) + self._text_tail)
                case ReasoningDelta():
                    out.append(self._chunk({"reasoning_content": event.text}))
                case ToolCallStart():
                    index = self._calls.setdefault(event.call_id, len(self._calls))
                    function = {"name": event.name, "arguments": ""}
                    call = {"index": index, "id": event.call_id, "type": "function", "function": function}
                    out.append(self._chunk({"tool_calls": [call]}))
                case ToolInputDelta():
                    call = {"index": self._calls[event.call_id], "function": {"arguments": event.text}}
                    out.append(self._chunk({"tool_calls": [call]}))
                case Usage():
                    usage = event
                case Finish():
                    if annotations:
                        out.append(self._chunk({"annotations": annotations}))
                    out.append(self._chunk({}, _FINISH.get(event.reason, event.reason)))
                case ToolCall() | ProviderState():
                    pass
        if usage is not None and self._include_usage:
            out.append(self._head + b',"choices":[],"usage":' + _json(usage_body(usage)) + b"}\n\n")
        return b"".join(out)

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._head + b',"choices":' + _json([choice]) + b"}\n\n"


def citations_of(answer: Citing) -> list[dict[str, Any]]:
    """What an answer cites, as OpenAI writes sources on the web: each place with the address of its document."""
    passages = {source.passage.number: source.passage for source in answer.sources}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": place.start,
                "end_index": place.end,
                "title": passages[place.number].title,
                "url": passages[place.number].url,
            },
        }
        for place in answer.places
    ]


def whole(
    completion_id: str,
    model: str,
    created: int,
    events: list[ProviderEvent],
    annotations: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A completion in one object."""
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    reasoning = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    calls = [
        {
            "id": event.call_id,
            "type": "function",
            "function": {"name": event.name, "arguments": event.raw_input},
        }
        for event in events
        if isinstance(event, ToolCall)
    ]
    reason = next((event.reason for event in events if isinstance(event, Finish)), "stop")
    usage = next((event for event in events if isinstance(event, Usage)), Usage(0, 0, estimated=True))
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text or (None if calls else ""),
        "refusal": None,
    }
    if reasoning:
        message["reasoning_content"] = reasoning
    if calls:
        message["tool_calls"] = calls
    if annotations:
        message["annotations"] = annotations
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH.get(reason, reason)}
    return {
        "id": completion_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice],
        "usage": usage_body(usage),
    }


def usage_body(usage: Usage) -> dict[str, Any]:
    """Usage as OpenAI writes it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
