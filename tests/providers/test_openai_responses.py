from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from steward.providers.errors import ContextTooLong, LLMError, ProviderRateLimited
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
from steward.providers.openai_responses import Reader, request_body
from steward.providers.wire import ModelRequest, OneTool, OutputSchema, PromptMessage, ToolSpec
from tests.providers.wires import WIRES, asking, merged, read_in_pieces

SPOKEN = WIRES["openai_responses"]
ENDPOINT = SPOKEN.endpoint()
STATE = {"provider": "openai", "model": "gpt-5-mini", "id": "rs_68f9", "encrypted_content": "gAAAAABo-whole"}


def stream(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events)


def read(*events: dict[str, Any]) -> list[ProviderEvent]:
    return read_in_pieces(SPOKEN, stream(*events), [])


def ended(status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{status}", "response": {"status": status, **fields}}


def text(delta: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": 0, "delta": delta}


def test_a_thought_is_kept_behind_its_words() -> None:
    events = merged(read_in_pieces(SPOKEN, SPOKEN.recording("conversation"), []))
    assert events[:2] == [ReasoningDelta("I should look both up."), ProviderState("openai_responses", STATE)]
    # What is sent while the thought goes on is not whole, and not kept.
    assert len([event for event in events if isinstance(event, ProviderState)]) == 1


def test_the_paragraphs_of_a_summary_stand_apart() -> None:
    def thought(index: int, summary: int, delta: str) -> dict[str, Any]:
        place = {"output_index": index, "summary_index": summary}
        return {"type": "response.reasoning_summary_text.delta", "delta": delta, **place}

    events = read(
        thought(0, 0, "One"), thought(0, 0, "."), thought(0, 1, "Two."), thought(2, 0, "New."), ended()
    )
    assert merged(events) == [ReasoningDelta("One.\n\nTwo.New."), Finish("stop")]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (ended(), "stop"),
        (ended("incomplete", incomplete_details={"reason": "max_output_tokens"}), "length"),
        (ended("incomplete", incomplete_details={"reason": "content_filter"}), "content_filter"),
        (ended("incomplete", incomplete_details={"reason": "steered"}), "other"),
        (ended("incomplete"), "other"),
    ],
)
def test_reads_why_it_stopped(end: dict[str, Any], reason: str) -> None:
    last = read(text("Hi"), end)[-1]
    assert isinstance(last, Finish)
    assert last.reason == reason


def test_an_input_that_is_not_streamed_is_read_at_its_end() -> None:
    item = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "find",
        "arguments": '{"q":1}',
    }
    added = {"type": "response.output_item.added", "output_index": 0, "item": {**item, "arguments": ""}}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    call = [
        ToolCallStart("call 0", "find"),
        ToolInputDelta("call 0", '{"q":1}'),
        ToolCall("call 0", "find", {"q": 1}, '{"q":1}'),
        Finish("tool_calls"),
    ]
    assert merged(read(added, done, ended())) == call
    assert merged(read(done, ended())) == call


def test_counts_what_was_cached_and_thought() -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 30,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 20},
        "output_tokens_details": {"reasoning_tokens": 10},
    }
    assert Usage(100, 30, 60, 10, False, 20) in read(ended(usage=usage))
    assert Usage(0, 0) in read(ended(usage={"input_tokens": None}))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "Slow."}, ProviderRateLimited),
        (
            {"type": "error", "error": {"code": "rate_limit_exceeded", "message": "Slow."}},
            ProviderRateLimited,
        ),
        (ended("failed", error={"code": "context_length_exceeded", "message": "Long."}), ContextTooLong),
    ],
)
def test_an_error_in_the_stream_keeps_its_kind(event: dict[str, Any], kind: type[LLMError]) -> None:
    reader = Reader(ENDPOINT)
    assert reader.feed(stream(text("Hi"), event)) == [TextDelta("Hi")]
    assert type(reader.failure) is kind


def test_the_body_keeps_nothing_at_the_provider() -> None:
    wishes = asking(temperature=0.5, top_p=0.9, max_tokens=90, seed=7, stop=["END"], reasoning_effort="low")
    assert request_body(ENDPOINT, wishes) == {
        "model": "gpt-5-mini",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "stream": True,
        "store": False,
        "max_output_tokens": 90,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "low", "summary": "auto"},
    }
    plain = request_body(replace(ENDPOINT, model="gpt-4o"), wishes)
    assert (plain["temperature"], plain["top_p"]) == (0.5, 0.9)
    assert not plain.keys() & {"reasoning", "include", "seed", "stop"}


def test_tools_and_forms_are_said_in_this_wires_words() -> None:
    tool = ToolSpec("find", "Find it.", {"type": "object"})
    schema = OutputSchema("person", {"type": "object"}, strict=False)
    wishes = asking(tools=[tool], tool_choice=OneTool("find"), parallel_tool_calls=True, output=schema)
    body = request_body(ENDPOINT, wishes)
    named = {"type": "function", "name": "find", "description": "Find it."}
    assert body["tools"] == [{**named, "parameters": {"type": "object"}, "strict": False}]
    assert body["tool_choice"] == {"type": "function", "name": "find"}
    assert body["parallel_tool_calls"] is True
    form = {"type": "json_schema", "name": "person", "schema": {"type": "object"}, "strict": False}
    assert body["text"] == {"format": form}
    loose = request_body(ENDPOINT, asking(output="json"))
    assert loose["text"] == {"format": {"type": "json_object"}}
    assert "JSON" in loose["instructions"]


def test_a_turn_is_sent_item_by_item() -> None:
    state = {"wire": "openai_responses", "data": STATE}
    thought = {
        "type": "reasoning",
        "id": "rs_68f9",
        "summary": [{"type": "summary_text", "text": "Hm."}],
        "encrypted_content": "gAAAAABo-whole",
    }
    parts: list[dict[str, Any]] = [
        {"type": "reasoning", "text": "Hm.", "provider_state": state},
        {"type": "tool_call", "call_id": "a", "name": "find", "input": {"q": 1}, "output": [1]},
        {"type": "tool_call", "call_id": "b", "name": "find", "input": None, "error": "No."},
        {"type": "reasoning", "text": "", "provider_state": state},
        {"type": "text", "text": "So."},
        {"type": "reasoning", "text": "It broke off.", "provider_state": state},
    ]
    messages = [
        PromptMessage.of_text("system", "Be kind."),
        PromptMessage.of_text("system", "Be short."),
        PromptMessage("assistant", parts),
        PromptMessage.of_text("system", "Now in German."),
    ]
    body = request_body(ENDPOINT, ModelRequest(messages))
    assert body["instructions"] == "Be kind.\n\nBe short."
    assert body["input"] == [
        thought,
        {"type": "function_call", "call_id": "a", "name": "find", "arguments": '{"q":1}'},
        {"type": "function_call", "call_id": "b", "name": "find", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "[1]"},
        {"type": "function_call_output", "call_id": "b", "output": "Error: No."},
        {**thought, "summary": []},
        {"role": "assistant", "content": "So."},
        {"role": "system", "content": "Now in German."},
    ]
    # Sealed thoughts are for the model that had them.
    other = request_body(replace(ENDPOINT, model="o4-mini"), ModelRequest(messages))
    assert "rs_68f9" not in str(other)


def test_a_limit_below_what_the_wire_takes_is_raised_to_it() -> None:
    assert request_body(ENDPOINT, asking(max_tokens=9))["max_output_tokens"] == 16
