from __future__ import annotations

from typing import Any

import msgspec
import pytest

from steward.doors.openai import wire
from steward.doors.openai.errors import BadRequest
from steward.providers.wire import ModelRequest, OneTool, OutputSchema, PromptMessage, ToolSpec

USER: dict[str, Any] = {"role": "user", "content": "hi"}


def read(**fields: Any) -> ModelRequest:
    body = {"model": "gpt-4o", "messages": [USER], **fields}
    return wire.to_request(wire.read(msgspec.json.encode(body)))


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def test_reads_settings() -> None:
    request = read(
        temperature=0, top_p=0.5, max_tokens=9, stop="END", seed=7, user="somebody", service_tier="auto", stream=None
    )  # fmt: skip
    assert request == ModelRequest(
        [PromptMessage("user", [text("hi")])], temperature=0, top_p=0.5, max_tokens=9, stop=["END"], seed=7
    )
    assert read(stop=["A", "B"]).stop == ["A", "B"]
    assert read(max_completion_tokens=5).max_tokens == 5


FIND: dict[str, Any] = {
    "type": "function",
    "function": {"name": "find", "description": "Find it.", "parameters": {"type": "object"}, "strict": True},
}


def test_reads_tools_and_forms_of_output() -> None:
    request = read(
        tools=[FIND, {"type": "function", "function": {"name": "now"}}],
        tool_choice={"type": "function", "function": {"name": "find"}},
        parallel_tool_calls=False,
        response_format={"type": "json_object"},
        reasoning_effort="low",
    )
    assert request == ModelRequest(
        [PromptMessage("user", [text("hi")])],
        tools=[
            ToolSpec("find", "Find it.", {"type": "object"}, strict=True),
            ToolSpec("now", "", {"type": "object", "properties": {}}),
        ],
        tool_choice=OneTool("find"),
        parallel_tool_calls=False,
        output="json",
        reasoning_effort="low",
    )
    assert read(tools=[FIND], tool_choice="required").tool_choice == "required"
    schema = {"name": "person", "schema": {"type": "object"}, "description": "Somebody."}
    form = {"type": "json_schema", "json_schema": schema}
    assert read(response_format=form).output == OutputSchema(
        "person", {"type": "object"}, "Somebody.", strict=False
    )
    assert read(response_format={"type": "text"}).output is None


def test_reads_every_role_and_form_of_content() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
    file = {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA", "filename": "a.pdf"}}
    request = read(
        messages=[
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": [text("Look: "), image, file, text("!")], "name": "ada"},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            {"role": "assistant", "content": None},
        ]
    )
    assert request.messages == [
        PromptMessage("system", [text("Be kind.")]),
        PromptMessage(
            "user",
            [
                text("Look: "),
                {"type": "file", "url": "https://example.com/a.png", "media_type": "image/*"},
                {
                    "type": "file",
                    "url": "data:application/pdf;base64,AA",
                    "media_type": "",
                    "filename": "a.pdf",
                },
                text("!"),
            ],
        ),
        PromptMessage("assistant", [text("No.")]),
        PromptMessage("assistant", []),
    ]


def test_joins_a_tool_call_with_its_result() -> None:
    calls = [
        {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}},
        {"id": "call_2", "type": "function", "function": {"name": "look", "arguments": ""}},
    ]
    request = read(
        messages=[
            USER,
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_2", "content": [text("two")]},
            {"role": "tool", "tool_call_id": "call_1", "content": "one"},
        ]
    )
    assert request.messages[1:] == [
        PromptMessage(
            "assistant",
            [
                {
                    "type": "tool_call",
                    "call_id": "call_1",
                    "name": "find",
                    "input": {"q": 1},
                    "output": "one",
                },
                {"type": "tool_call", "call_id": "call_2", "name": "look", "input": {}, "output": "two"},
            ],
        )
    ]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": [{"role": "narrator", "content": "hi"}]}, "messages"),
    ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages"),
    ({"messages": [{"role": "tool", "tool_call_id": "call_9", "content": "x"}]}, "messages"),
    (
        {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "function": {"arguments": "{"}}]}]},
        "messages",
    ),
    ({"model": 7}, "model"),
    ({"n": 2}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"temperature": 2.5}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"max_completion_tokens": 0}, "max_completion_tokens"),
    ({"stream": "yes"}, "stream"),
    ({"tools": {}}, "tools"),
    ({"tools": [{"type": "function"}]}, "tools"),
    ({"tools": [{"type": "custom", "custom": {"name": "find"}}]}, "tools"),
    ({"tools": [{"type": "function", "function": {"name": "a name"}}]}, "tools"),
    ({"tools": [{"type": "function", "function": {"name": ""}}]}, "tools"),
    ({"tools": [{"type": "function", "function": {"name": "find", "parameters": []}}]}, "tools"),
    ({"tools": [FIND, FIND]}, "tools"),
    ({"tool_choice": "always"}, "tool_choice"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tools": [FIND], "tool_choice": {"type": "function", "function": {"name": "look"}}}, "tool_choice"),
    ({"parallel_tool_calls": "yes"}, "parallel_tool_calls"),
    ({"response_format": {"type": "xml"}}, "response_format"),
    ({"response_format": {"type": "json_schema"}}, "response_format"),
    ({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}, "response_format"),
    ({"reasoning_effort": 7}, "reasoning_effort"),
]


@pytest.mark.parametrize(("fields", "param"), WRONG)
def test_refuses_what_it_does_not_do_and_names_it(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**fields)
    assert refused.value.status == 400
    assert refused.value.facts["param"] == param


def test_a_body_without_its_fields_is_refused() -> None:
    for raw in (b"", b"{}", b"[]", b'{"model": "gpt-4o"}'):
        with pytest.raises(BadRequest):
            wire.read(raw)
