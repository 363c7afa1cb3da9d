"""The official clients' own types judge what the wires send and what the recordings hold.

They take seconds to load, so this folder is no part of the quick gate.
"""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.types import RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from google.genai import types as genai
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses import ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter

from steward.providers.events import ProviderState
from steward.providers.wire import ModelRequest, OutputSchema, PromptMessage, ToolSpec
from steward.runs.transcript import Transcript
from tests.providers.wires import WIRES, Spoken, asking, read_in_pieces

pytestmark = pytest.mark.slow

SPOKEN = pytest.mark.parametrize("spoken", WIRES.values(), ids=WIRES.keys())

# The SDKs check what they send by these types, and these types read what they receive.
SENT: dict[str, TypeAdapter[Any]] = {
    "openai_chat": TypeAdapter(CompletionCreateParamsStreaming),
    "openai_responses": TypeAdapter(ResponseCreateParamsStreaming),
    "anthropic_messages": TypeAdapter(MessageCreateParamsStreaming),
}
RECEIVED: dict[str, TypeAdapter[Any]] = {
    "openai_chat": TypeAdapter(ChatCompletionChunk),
    "openai_responses": TypeAdapter(ResponseStreamEvent),
    "anthropic_messages": TypeAdapter(RawMessageStreamEvent),
    "gemini": TypeAdapter(genai.GenerateContentResponse),
}
BESIDE = ('{"type":"ping"', '{"type":"error"', '{"error"', "[DONE]")


@SPOKEN
@pytest.mark.parametrize("name", ["text", "conversation", "refusal", "error"])
def test_the_official_sdk_reads_the_recordings(spoken: Spoken, name: str) -> None:
    read = 0
    for line in spoken.recording(name).decode().splitlines():
        payload = line.removeprefix("data: ")
        if line.startswith("data:") and not payload.startswith(BESIDE):
            RECEIVED[spoken.name].validate_json(payload)
            read += 1
    assert read > 1


def ensure_sendable(spoken: Spoken, body: dict[str, Any]) -> None:
    """The official SDK takes this body for one of its own."""
    if spoken.name != "gemini":
        # Its lists are iterables, which are checked as they are read.
        checked = SENT[spoken.name].validate_python(body)
        for name in ("messages", "input", "tools"):
            for item in checked.get(name) or ():
                content = item.get("content")
                if content is not None and not isinstance(content, str):
                    list(content)
        return
    for content in body["contents"]:
        genai.Content.model_validate(content)
    genai.Content.model_validate(body.get("systemInstruction", {}))
    known = {field.alias for field in genai.GenerateContentConfig.model_fields.values()}
    assert body["generationConfig"].keys() <= known
    for tool in body.get("tools", []):
        genai.Tool.model_validate(tool)
    genai.ToolConfig.model_validate(body.get("toolConfig", {}))


def history(spoken: Spoken) -> list[PromptMessage]:
    """A turn that this wire began and whose tools answered, as it is stored, and a second question."""
    transcript = Transcript()
    for event in read_in_pieces(spoken, spoken.recording("conversation"), []):
        transcript.add(event)
    parts = transcript.parts()
    calls = [part for part in parts if part["type"] == "tool_call"]
    calls[0].update(output={"found": ["é"]}, state="output_ready")
    assert "output" not in calls[1]
    return [
        PromptMessage.of_text("system", "Be kind."),
        PromptMessage.of_text("user", "What is it?"),
        PromptMessage("assistant", [*parts, {"type": "text", "text": "It is é."}]),
    ]


TOOLS = [
    ToolSpec("find", "Find.", {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]})
]


@pytest.mark.req("CHAT-39")
@pytest.mark.req("PROV-17")
@pytest.mark.parametrize("first", WIRES.values(), ids=WIRES.keys())
@pytest.mark.parametrize("second", WIRES.values(), ids=WIRES.keys())
def test_a_history_of_one_wire_is_sent_to_another(first: Spoken, second: Spoken) -> None:
    messages = [*history(first), PromptMessage.of_text("user", "And now?")]
    body = second.request_body(ModelRequest(messages, tools=TOOLS, max_tokens=900))
    ensure_sendable(second, body)
    spoken = str(body)
    for words in (
        "Be kind.",
        "What is it?",
        "one moment.",
        "It is é.",
        "And now?",
        "interrupted before it gave",
    ):
        assert words in spoken
    assert "provider_state" not in spoken
    # Thoughts travel back to the wire that made them alone, and to Anthropic only while their turn goes on.
    thought = "I should look both up." in spoken
    assert thought == (first is second and first.name == "openai_responses")


@pytest.mark.req("CHAT-45")
@pytest.mark.parametrize("first", WIRES.values(), ids=WIRES.keys())
@pytest.mark.parametrize("second", WIRES.values(), ids=WIRES.keys())
def test_a_turn_that_waits_for_its_tools_goes_on_with_another_wire(first: Spoken, second: Spoken) -> None:
    messages = history(first)
    del messages[-1].parts[-1]
    body = second.request_body(ModelRequest(messages, tools=TOOLS))
    ensure_sendable(second, body)
    kept = [
        str(value)
        for event in read_in_pieces(first, first.recording("conversation"), [])
        if isinstance(event, ProviderState)
        for name, value in event.data.items()
        if name not in ("model", "provider")
    ]
    assert bool(kept) == (first.name != "openai_chat")
    assert [secret in str(body) for secret in kept] == [first is second for _ in kept]


@SPOKEN
def test_the_body_holds_what_was_wished_and_is_the_sdks_own(spoken: Spoken) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    wishes = asking(
        temperature=0.5,
        max_tokens=9000,
        top_p=0.9,
        stop=["END"],
        seed=7,
        tools=TOOLS,
        tool_choice="required",
        parallel_tool_calls=False,
        output=OutputSchema("person", schema, "Somebody."),
        reasoning_effort="low",
    )
    ensure_sendable(spoken, spoken.request_body(wishes))
    ensure_sendable(spoken, spoken.request_body(asking()))
    ensure_sendable(spoken, spoken.request_body(asking(output="json", tool_choice="none", tools=TOOLS)))


FILES = [
    {
        "type": "file",
        "url": "data:image/png;base64,iVBORw0KGgo=",
        "media_type": "image/png",
        "filename": "a.png",
    },
    {"type": "file", "url": "https://x.example/b.jpg", "media_type": "image/*"},
    {"type": "file", "url": "data:application/pdf;base64,JVBERi0=", "media_type": "", "filename": "c.pdf"},
    {
        "type": "file",
        "url": "data:text/csv;base64,YSxiCjEsMgo=",
        "media_type": "text/csv",
        "filename": "d.csv",
    },
    {"type": "file", "url": "data:,plain%20words", "media_type": ""},
    {"type": "file", "url": "https://x.example/e.pdf", "media_type": "application/pdf", "filename": "e.pdf"},
    {"type": "file", "url": "https://x.example/f.zip", "media_type": "application/zip", "filename": "f.zip"},
]


@SPOKEN
def test_files_go_along(spoken: Spoken) -> None:
    body = spoken.request_body(
        ModelRequest([PromptMessage("user", [*FILES, {"type": "text", "text": "So?"}])])
    )
    ensure_sendable(spoken, body)
    sent = str(body)
    for words in (
        "iVBORw0KGgo=",
        "x.example/b.jpg",
        "JVBERi0=",
        "a,b",
        "plain words",
        "e.pdf",
        "f.zip",
        "So?",
    ):
        assert words in sent
    # What is text is sent as text.
    assert "YSxiCjEsMgo=" not in sent
