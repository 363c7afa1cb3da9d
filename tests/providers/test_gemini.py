from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from steward.providers.events import (
    Finish,
    ProviderEvent,
    ProviderState,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.gemini import cleaned, request_body, version
from steward.providers.wire import ModelRequest, OneTool, OutputSchema, PromptMessage, ToolSpec
from tests.providers.wires import WIRES, asking, merged, read_in_pieces

SPOKEN = WIRES["gemini"]
ENDPOINT = SPOKEN.endpoint()
SAME = {"provider": "google", "model": "gemini-2.5-flash"}
FIND = ToolSpec("find", "Find it.", {"type": "object", "properties": {"q": {"type": "string"}}})


def read(*chunks: dict[str, Any]) -> list[ProviderEvent]:
    data = b"".join(b"data: " + msgspec.json.encode(chunk) + b"\r\n\r\n" for chunk in chunks)
    return merged(read_in_pieces(SPOKEN, data, []))


def said(*parts: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, "finishReason": reason}]}


def body_of(*prompts: PromptMessage, model: str = "gemini-2.5-flash", **wishes: Any) -> dict[str, Any]:
    return request_body(
        replace(ENDPOINT, model=model), ModelRequest(list(prompts) or asking().messages, **wishes)
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("LANGUAGE", "other"),
        ("A_REASON_OF_TOMORROW", "other"),
    ],
)
def test_reads_why_it_stopped(written: str, reason: str) -> None:
    last = read(said({"text": "Hi"}, reason=written))[-1]
    assert isinstance(last, Finish)
    assert last.reason == reason


def test_a_prompt_that_is_blocked_is_a_reason_to_stop() -> None:
    blocked = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 4},
    }
    assert read(blocked) == [Usage(4, 0), Finish("content_filter")]


def test_calls_have_ids_of_their_own_or_get_one() -> None:
    calls = said(
        {"functionCall": {"id": "one", "name": "find", "args": {"q": 1}}, "thoughtSignature": "s1"},
        {"functionCall": {"name": "look"}},
        reason="STOP",
    )
    data = b"data: " + msgspec.json.encode(calls) + b"\n\n"
    ids = [event.call_id for event in read_in_pieces(SPOKEN, data, []) if isinstance(event, ToolCallStart)]
    assert ids[0] == "one"
    assert ids[1].startswith("call_")
    assert read(calls) == [
        ToolCallStart("call 0", "find"),
        ToolInputDelta("call 0", '{"q":1}'),
        ProviderState("gemini", {**SAME, "signature": "s1"}),
        ToolCallStart("call 1", "look"),
        ToolInputDelta("call 1", "{}"),
        ToolCall("call 0", "find", {"q": 1}, '{"q":1}'),
        ToolCall("call 1", "look", {}, "{}"),
        Finish("tool_calls"),
    ]


def test_a_signature_follows_the_text_that_it_came_with() -> None:
    events = read(said({"text": "Hi"}), said({"text": "", "thoughtSignature": "s1"}, reason="STOP"))
    assert events == [TextDelta("Hi"), ProviderState("gemini", {**SAME, "signature": "s1"}), Finish("stop")]


def test_counts_are_made_alike() -> None:
    counted = {
        "promptTokenCount": 100,
        "toolUsePromptTokenCount": 7,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 10,
        "cachedContentTokenCount": 60,
    }
    events = read({**said({"text": "Hi"}, reason="STOP"), "usageMetadata": counted})
    assert Usage(107, 30, cached_tokens=60, reasoning_tokens=10) in events


def test_reads_the_version_in_a_name() -> None:
    assert version("gemini-1.5-pro") == (1, 5)
    assert version("gemini-3-pro-preview") == (3, 0)
    assert version("gemini-flash-latest") == (99,)


def test_the_body_holds_what_was_wished() -> None:
    wishes: dict[str, Any] = {"temperature": 0.5, "max_tokens": 9, "top_p": 0.9, "stop": ["END"], "seed": 7}
    prompt = [PromptMessage.of_text("system", "Be kind."), PromptMessage.of_text("user", "hi")]
    assert body_of(*prompt, **wishes) == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "systemInstruction": {"parts": [{"text": "Be kind."}]},
        "generationConfig": {
            "temperature": 0.5,
            "maxOutputTokens": 9,
            "topP": 0.9,
            "stopSequences": ["END"],
            "seed": 7,
            "thinkingConfig": {"includeThoughts": True},
        },
    }


@pytest.mark.parametrize(
    ("model", "effort", "config"),
    [
        ("gemini-1.5-pro", "high", None),
        ("gemini-2.5-flash-image", "high", None),
        ("gemini-2.5-flash", None, {"includeThoughts": True}),
        ("gemini-2.5-flash", "none", {"includeThoughts": True, "thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"includeThoughts": True, "thinkingBudget": 128}),
        ("gemini-2.5-pro", "high", {"includeThoughts": True, "thinkingBudget": 24_576}),
        ("gemini-3-pro-preview", "minimal", {"includeThoughts": True, "thinkingLevel": "LOW"}),
        ("gemini-3-pro-preview", "xhigh", {"includeThoughts": True, "thinkingLevel": "HIGH"}),
    ],
)
def test_thinking_is_asked_for_as_the_model_takes_it(model: str, effort: str | None, config: Any) -> None:
    assert body_of(model=model, reasoning_effort=effort)["generationConfig"].get("thinkingConfig") == config


def test_tools_are_said_in_this_wires_words() -> None:
    body = body_of(
        tools=[FIND, ToolSpec("now", "", {"type": "object", "properties": {}})], tool_choice=OneTool("find")
    )
    assert body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "find", "description": "Find it.", "parametersJsonSchema": FIND.parameters},
                {"name": "now"},
            ]
        }
    ]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["find"]}}
    for choice, mode in (("auto", "AUTO"), ("none", "NONE"), ("required", "ANY")):
        config = body_of(tools=[FIND], tool_choice=choice)["toolConfig"]
        assert config == {"functionCallingConfig": {"mode": mode}}
    assert "toolConfig" not in body_of(tool_choice="required")


def test_a_form_of_output_is_bound_where_the_model_can_be() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string", "minLength": 1}}}
    config = body_of(output=OutputSchema("person", schema))["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"] == {"type": "object", "properties": {"name": {"type": "string"}}}
    assert "responseJsonSchema" not in body_of(output="json")["generationConfig"]
    both = body_of(output="json", tools=[FIND])
    assert "responseMimeType" not in both["generationConfig"]
    assert "one JSON object" in both["systemInstruction"]["parts"][0]["text"]
    newer = body_of(output="json", tools=[FIND], model="gemini-3-flash-preview")
    assert newer["generationConfig"]["responseMimeType"] == "application/json"


def test_a_schema_is_cleaned_of_what_is_refused() -> None:
    assert cleaned(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "pattern": {"type": "string", "pattern": "a+", "default": "a"},
                "kind": {"const": "one"},
                "of": {"allOf": [{"$ref": "#/$defs/Place"}], "description": "Where."},
                "many": {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2},
                "either": {"anyOf": [{"type": "null"}, {"enum": ["a"], "examples": []}]},
            },
            "$defs": {"Place": {"type": "string", "deprecated": True}},
            "additionalProperties": False,
            "required": ["kind"],
        }
    ) == {
        "type": "object",
        "properties": {
            "pattern": {"type": "string"},
            "kind": {"enum": ["one"]},
            "of": {"$ref": "#/$defs/Place", "description": "Where."},
            "many": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            "either": {"anyOf": [{"type": "null"}, {"enum": ["a"]}]},
        },
        "$defs": {"Place": {"type": "string"}},
        "additionalProperties": False,
        "required": ["kind"],
    }


def called(call_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "tool_call", "call_id": call_id, "name": "find", "input": {"q": 1}, **fields}


def kept(signature: str) -> dict[str, Any]:
    return {"provider_state": {"wire": "gemini", "data": {**SAME, "signature": signature}}}


def test_a_turn_is_sent_with_its_signatures() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "reasoning", "text": "Another model's."},
        {"type": "reasoning", "text": "Hm.", **kept("s0")},
        called("a", output=[1], **kept("s1")),
        called("b", error="No."),
        {"type": "text", "text": "So.", **kept("s2")},
    ]
    body = body_of(PromptMessage.of_text("user", "?"), PromptMessage("assistant", parts))

    def asked(call_id: str) -> dict[str, Any]:
        return {"functionCall": {"id": call_id, "name": "find", "args": {"q": 1}}}

    def answered(call_id: str, **response: Any) -> dict[str, Any]:
        return {"functionResponse": {"id": call_id, "name": "find", "response": response}}

    assert body["contents"][1:] == [
        {
            "role": "model",
            "parts": [
                {"text": "Hm.", "thought": True, "thoughtSignature": "s0"},
                {**asked("a"), "thoughtSignature": "s1"},
                asked("b"),
            ],
        },
        {"role": "user", "parts": [answered("a", output=[1]), answered("b", error="Error: No.")]},
        {"role": "model", "parts": [{"text": "So.", "thoughtSignature": "s2"}]},
    ]


def test_a_call_of_another_model_says_so_while_its_turn_goes_on() -> None:
    turn = [
        PromptMessage.of_text("user", "?"),
        PromptMessage("assistant", [called("a", output=1), called("b")]),
    ]
    one, two = body_of(*turn, model="gemini-3-pro-preview")["contents"][1]["parts"]
    assert one["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in two
    assert "thoughtSignature" not in str(body_of(*turn))
    over = body_of(*turn, PromptMessage.of_text("user", "!"), model="gemini-3-pro-preview")
    assert "thoughtSignature" not in str(over)


def test_a_history_begins_with_a_question() -> None:
    body = body_of(PromptMessage.of_text("assistant", "Hello."), PromptMessage.of_text("user", "Hi."))
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]


def test_files_are_parts() -> None:
    parts = [
        {"type": "file", "url": "data:image/png;base64,AA==", "media_type": "image/*"},
        {"type": "file", "url": "https://x.example/a.jpg", "media_type": "image/*"},
        {"type": "file", "url": "https://x.example/a.pdf", "media_type": "application/pdf"},
        {"type": "file", "url": "data:application/zip;base64,AA==", "media_type": "application/zip"},
        {
            "type": "file",
            "url": "data:text/plain;base64,SGk=",
            "media_type": "text/plain",
            "filename": "a.txt",
        },
    ]
    (content,) = body_of(PromptMessage("user", parts))["contents"]
    assert content["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"fileData": {"fileUri": "https://x.example/a.jpg"}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x.example/a.pdf"}},
        {"text": "[Attached file: file, application/zip]"},
        {"text": "[Attached file: a.txt]\nHi"},
    ]
