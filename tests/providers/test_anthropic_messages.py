from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from steward.providers.anthropic_messages import closed, request_body, version
from steward.providers.events import (
    Finish,
    ProviderEvent,
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    Usage,
)
from steward.providers.wire import ModelRequest, OneTool, OutputSchema, PromptMessage, Quirks, ToolSpec
from tests.providers.wires import WIRES, asking, merged, read_in_pieces

SPOKEN = WIRES["anthropic_messages"]
ENDPOINT = SPOKEN.endpoint()
SAME = {"provider": "anthropic", "model": "claude-sonnet-4-5"}
FIND = ToolSpec("find", "Find it.", {"type": "object", "properties": {"q": {"type": "string"}}})


def read(*events: dict[str, Any]) -> list[ProviderEvent]:
    data = b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events)
    return merged(read_in_pieces(SPOKEN, data, []))


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def ended(reason: str, **fields: Any) -> list[dict[str, Any]]:
    delta = {"stop_reason": reason, "stop_sequence": None, **fields}
    return [{"type": "message_delta", "delta": delta}, {"type": "message_stop"}]


TEXT = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hi"})


def body_of(*prompts: PromptMessage, model: str = "claude-sonnet-4-5", **wishes: Any) -> dict[str, Any]:
    return request_body(
        replace(ENDPOINT, model=model), ModelRequest(list(prompts) or asking().messages, **wishes)
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("pause_turn", "other"),
        ("a reason of tomorrow", "other"),
    ],
)
def test_reads_why_it_stopped(written: str, reason: str) -> None:
    last = read(*TEXT, *ended(written))[-1]
    assert isinstance(last, Finish)
    assert last.reason == reason


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "Not this."}
    assert read(*ended("refusal", stop_details=details)) == [TextDelta("Not this."), Finish("content_filter")]


def test_signatures_and_sealed_thoughts_are_kept() -> None:
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    thought = {"type": "thinking_delta", "thinking": "Hm."}
    events = read(
        *block(0, thinking, thought, {"type": "signature_delta", "signature": "s1"}),
        *block(1, {"type": "redacted_thinking", "data": "sealed"}),
        # A model that shows no thoughts sends their signature alone.
        *block(2, thinking, {"type": "signature_delta", "signature": "s2"}),
        *block(3, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hi"}),
        *ended("end_turn"),
    )  # fmt: skip
    assert events == [
        ReasoningDelta("Hm."),
        ProviderState("anthropic_messages", {**SAME, "signature": "s1"}),
        ProviderState("anthropic_messages", {**SAME, "data": "sealed"}),
        ProviderState("anthropic_messages", {**SAME, "signature": "s2"}),
        TextDelta("Hi"),
        Finish("stop"),
    ]


def test_a_call_without_input_or_with_all_of_it_at_once_is_whole() -> None:
    for given, raw in (({}, "{}"), ({"q": 1}, '{"q":1}')):
        tool = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": given}
        events = read(*block(0, tool), *ended("tool_use"))
        assert events[-2:] == [ToolCall("call 0", "find", given, raw), Finish("tool_calls")]


def test_counts_what_was_cached_as_asked() -> None:
    begun = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 5,
        "cache_read_input_tokens": 100,
        "output_tokens": 1,
    }
    over = {"output_tokens": 30, "input_tokens": None, "output_tokens_details": {"thinking_tokens": 12}}
    events = read(
        {"type": "message_start", "message": {"usage": begun}},
        *TEXT,
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": over},
        {"type": "message_stop"},
    )
    assert Usage(115, 30, cached_tokens=100, reasoning_tokens=12, cache_write_tokens=5) in events


@pytest.mark.parametrize(
    ("model", "number"),
    [
        ("claude-3-opus-20240229", (3,)),
        ("claude-3-7-sonnet-latest", (3, 7)),
        ("claude-opus-4-20250514", (4,)),
        ("claude-sonnet-4-5-20250929", (4, 5)),
        ("claude-opus-4-8", (4, 8)),
        ("claude-sonnet-5", (5,)),
        ("anthropic/claude-opus-4.6", (4, 6)),
        ("claude-sonnet-4-5@20250929", (4, 5)),
        ("claude-next", (99,)),
        ("glm-4.6", ()),
    ],
)
def test_reads_the_version_in_a_name(model: str, number: tuple[int, ...]) -> None:
    assert version(model) == number


def test_the_body_has_a_limit_and_what_was_wished() -> None:
    assert body_of(PromptMessage.of_text("system", "Be kind."), PromptMessage.of_text("user", "hi")) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "stream": True,
        "system": "Be kind.",
    }
    body = body_of(temperature=1.7, top_p=0.5, max_tokens=9, stop=["END"], seed=7)
    assert (body["temperature"], body["max_tokens"], body["stop_sequences"]) == (1.0, 9, ["END"])
    assert not body.keys() & {"top_p", "seed"}
    assert body_of(top_p=0.5)["top_p"] == 0.5
    # Newer models take neither.
    assert not body_of(model="claude-opus-4-7", temperature=0.5, top_p=0.5).keys() & {"temperature", "top_p"}


def test_thinking_is_asked_for_as_the_model_takes_it() -> None:
    adaptive = body_of(model="claude-opus-4-8", reasoning_effort="high", temperature=0.5)
    assert adaptive["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert adaptive["output_config"] == {"effort": "high"}
    budget = body_of(reasoning_effort="medium", temperature=0.5)
    assert budget["thinking"] == {"type": "enabled", "budget_tokens": 8192}
    assert budget["max_tokens"] == 8192 + 4096
    assert not budget.keys() & {"temperature", "output_config"}
    # What was wished as the most is the most, thoughts included.
    assert body_of(reasoning_effort="high", max_tokens=4000)["thinking"]["budget_tokens"] == 4000 - 1024
    for body in (
        body_of(reasoning_effort="high", max_tokens=1500),
        body_of(reasoning_effort="none"),
        body_of(reasoning_effort="high", model="claude-3-opus-20240229"),
        body_of(reasoning_effort="high", tools=[FIND], tool_choice="required"),
        body_of(),
    ):
        assert "thinking" not in body


def test_tools_are_said_in_this_wires_words() -> None:
    tools: dict[str, Any] = {"tools": [FIND, ToolSpec("look", "", {})]}
    body = body_of(**tools, tool_choice=OneTool("find"), parallel_tool_calls=False)
    assert body["tools"] == [
        {"name": "find", "input_schema": FIND.parameters, "description": "Find it."},
        {"name": "look", "input_schema": {"type": "object"}},
    ]
    assert body["tool_choice"] == {"type": "tool", "name": "find", "disable_parallel_tool_use": True}
    assert body_of(**tools, tool_choice="required")["tool_choice"] == {"type": "any"}
    assert body_of(**tools, tool_choice="none", parallel_tool_calls=False)["tool_choice"] == {"type": "none"}
    assert body_of(**tools, parallel_tool_calls=True)["tool_choice"] == {
        "type": "auto",
        "disable_parallel_tool_use": False,
    }


PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"minimum": {"type": "integer", "minimum": 1}, "of": {"$ref": "#/$defs/Place"}},
    "$defs": {"Place": {"type": "object", "properties": {}}},
}


def test_a_form_of_output_is_bound_where_the_model_can_be() -> None:
    output = OutputSchema("person", PERSON)
    form: dict[str, Any] = {
        "type": "object",
        "properties": {"minimum": {"type": "integer"}, "of": {"$ref": "#/$defs/Place"}},
        "$defs": {"Place": {"type": "object", "properties": {}, "additionalProperties": False}},
        "additionalProperties": False,
    }
    assert closed(PERSON) == form
    body = body_of(output=output)
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": form}}
    assert "system" not in body
    lacking = replace(ENDPOINT, quirks=Quirks(lacks=frozenset({"json_schema"})))
    for other in (
        body_of(output=output, model="claude-3-opus-20240229"),
        request_body(lacking, asking(output=output)),
    ):
        assert "output_config" not in other
        assert "JSON Schema" in other["system"]
    assert "one JSON object" in body_of(output="json")["system"]


def called(call_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "tool_call", "call_id": call_id, "name": "find", "input": {"q": 1}, **fields}


def kept(**data: Any) -> dict[str, Any]:
    return {"wire": "anthropic_messages", "data": {**SAME, **data}}


def test_a_turn_that_goes_on_has_its_thoughts_before_its_calls() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "reasoning", "text": "Hm.", "provider_state": kept(signature="s1")},
        {"type": "reasoning", "text": "", "provider_state": kept(data="sealed")},
        {"type": "text", "text": "Wait."},
        called("a", output={"found": 1}),
        called("b/1", error="No."),
        called("c"),
    ]
    question = PromptMessage.of_text("user", "Find it.")
    body = body_of(question, PromptMessage("assistant", parts), reasoning_effort="low", tools=[FIND])

    def asked(call_id: str) -> dict[str, Any]:
        return {"type": "tool_use", "id": call_id, "name": "find", "input": {"q": 1}}

    def result(call_id: str, content: str, **fields: Any) -> dict[str, Any]:
        return {"type": "tool_result", "tool_use_id": call_id, "content": content, **fields}

    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s1"},
                {"type": "redacted_thinking", "data": "sealed"},
                {"type": "text", "text": "Wait."},
                asked("a"),
                asked("b_1"),
                asked("c"),
            ],
        },
        {
            "role": "user",
            "content": [
                result("a", '{"found":1}'),
                result("b_1", "Error: No.", is_error=True),
                result("c", "Error: interrupted before it gave a result.", is_error=True),
            ],
        },
    ]
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    # A turn that began without a thought goes on without.
    foreign = body_of(question, PromptMessage("assistant", parts[2:]), reasoning_effort="low", tools=[FIND])
    assert "thinking" not in foreign
    # An earlier turn's thoughts are left out; what follows the results is one message with them.
    later = body_of(question, PromptMessage("assistant", parts), PromptMessage.of_text("user", "Go on."))
    assert "thinking" not in str(later)
    assert [message["role"] for message in later["messages"]] == ["user", "assistant", "user"]
    assert [block["type"] for block in later["messages"][-1]["content"]] == ["tool_result"] * 3 + ["text"]


def test_a_history_is_made_fit() -> None:
    body = body_of(
        PromptMessage.of_text("assistant", "Hello."),
        PromptMessage.of_text("user", "One."),
        PromptMessage.of_text("user", "Two."),
        PromptMessage("user", [{"type": "text", "text": "  "}]),
        PromptMessage(
            "assistant", [{"type": "reasoning", "text": "", "provider_state": kept(signature="s")}]
        ),
    )
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert [block["text"] for block in body["messages"][-1]["content"]] == ["One.", "Two."]


def test_every_call_has_an_id_of_its_own() -> None:
    parts = [called("call_0", output=1), {"type": "text", "text": "Again."}, called("call_0", output=2)]
    messages = body_of(PromptMessage.of_text("user", "?"), PromptMessage("assistant", parts))["messages"]
    blocks = [block for message in messages for block in message["content"]]
    asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
    assert len(set(asked)) == 2
    answered = [
        (block["tool_use_id"], block["content"]) for block in blocks if block["type"] == "tool_result"
    ]
    assert answered == [(asked[0], "1"), (asked[1], "2")]


def test_files_are_blocks() -> None:
    parts = [
        {"type": "file", "url": "data:image/png;base64,AA==", "media_type": "image/png"},
        {"type": "file", "url": "https://x.example/a.jpg", "media_type": "image/*"},
        {"type": "file", "url": "data:application/pdf;base64,AA==", "media_type": "", "filename": "a.pdf"},
        {
            "type": "file",
            "url": "data:image/svg+xml;base64,AA==",
            "media_type": "image/svg+xml",
            "filename": "a.svg",
        },
        {
            "type": "file",
            "url": "data:text/plain;base64,SGk=",
            "media_type": "text/plain",
            "filename": "a.txt",
        },
    ]
    (message,) = body_of(PromptMessage("user", parts))["messages"]
    assert message["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/a.jpg"}},
        {
            "type": "document",
            "title": "a.pdf",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="},
        },
        {"type": "text", "text": "[Attached file: a.svg, image/svg+xml]"},
        {"type": "text", "text": "[Attached file: a.txt]\nHi"},
    ]
