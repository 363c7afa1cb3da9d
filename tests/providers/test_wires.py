"""What holds for every wire alike: one conversation, however it is cut, and a history that moves between them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from anthropic.types import RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from google.genai import types as genai
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses import ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter

from steward.providers.errors import LLMError, ProviderBrokeOff
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
from steward.providers.wire import ModelRequest, OutputSchema, PromptMessage, ToolSpec
from steward.runs.transcript import Transcript
from tests.providers.wires import WIRES, Spoken, asking, merged, read_in_pieces, text_of, without_state

SPOKEN = pytest.mark.parametrize("spoken", WIRES.values(), ids=WIRES.keys())

CONVERSATION: list[ProviderEvent] = [
    ReasoningDelta("I should look both up."),
    TextDelta("Grüezi 👋 — one moment."),
    ToolCallStart("call 0", "find"),
    ToolInputDelta("call 0", '{"q":"é"}'),
    ToolCallStart("call 1", "look"),
    ToolInputDelta("call 1", '{"at":[1,2]}'),
    ToolCall("call 0", "find", {"q": "é"}, '{"q":"é"}'),
    ToolCall("call 1", "look", {"at": [1, 2]}, '{"at":[1,2]}'),
    Usage(120, 57, cached_tokens=64, reasoning_tokens=20),
    Finish("tool_calls"),
]


@pytest.mark.req("PROV-17")
@SPOKEN
def test_one_conversation_gives_the_same_events(spoken: Spoken) -> None:
    assert without_state(read_in_pieces(spoken, spoken.recording("conversation"), [])) == CONVERSATION


@pytest.mark.req("PROV-01")
@pytest.mark.req("PROV-02")
@pytest.mark.req("PROV-03")
@SPOKEN
def test_reads_a_plain_answer(spoken: Spoken) -> None:
    assert merged(read_in_pieces(spoken, spoken.recording("text"), [])) == [
        TextDelta("Grüezi 👋 und willkommen."),
        Usage(12, 7),
        Finish("stop"),
    ]


@SPOKEN
def test_a_refusal_is_text_and_a_reason(spoken: Spoken) -> None:
    assert merged(read_in_pieces(spoken, spoken.recording("refusal"), [])) == [
        TextDelta("I'm sorry, I cannot help with that."),
        Usage(12, 9),
        Finish("content_filter"),
    ]


@SPOKEN
def test_what_the_wire_does_not_know_is_skipped(spoken: Spoken) -> None:
    assert merged(read_in_pieces(spoken, spoken.recording("unknown"), [])) == [
        TextDelta("Grüezi"),
        Usage(12, 7),
        Finish("stop"),
    ]


@SPOKEN
def test_an_error_behind_text_keeps_the_text(spoken: Spoken) -> None:
    reader = spoken.reader(spoken.endpoint())
    assert text_of(reader.feed(spoken.recording("error"))) == "Grüezi"
    assert type(reader.failure) is ProviderBrokeOff


@SPOKEN
@pytest.mark.parametrize("name", ["text", "conversation"])
def test_a_stream_that_is_cut_keeps_its_text_and_breaks_off(spoken: Spoken, name: str) -> None:
    data = spoken.recording(name)
    whole = text_of(read_in_pieces(spoken, data, []))
    for stop in range(0, len(data), 97):
        reader = spoken.reader(spoken.endpoint())
        said = text_of(reader.feed(data[:stop]))
        if reader.finished:
            assert said + text_of(reader.close()) == whole
        else:
            with pytest.raises(ProviderBrokeOff):
                reader.close()
            assert whole.startswith(said)


@pytest.mark.req("CHAT-22")
@SPOKEN
@settings(deadline=None, max_examples=100)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=60))
def test_where_the_bytes_are_cut_changes_nothing(spoken: Spoken, cuts: list[int]) -> None:
    for name in ("conversation", "unknown", "refusal"):
        data = spoken.recording(name)
        assert merged(read_in_pieces(spoken, data, cuts)) == merged(read_in_pieces(spoken, data, []))


@SPOKEN
def test_bytes_that_come_one_by_one_change_nothing(spoken: Spoken) -> None:
    data = spoken.recording("conversation")
    assert merged(read_in_pieces(spoken, data, list(range(len(data))))) == merged(
        read_in_pieces(spoken, data, [])
    )


@SPOKEN
@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(spoken: Spoken, data: bytes) -> None:
    reader = spoken.reader(spoken.endpoint())
    reader.feed(b"data: " + data + b"\n")
    reader.feed(data)
    with pytest.raises(LLMError):
        reader.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "delta",
                    "choices",
                    "item",
                    "response",
                    "error",
                    "candidates",
                    "content",
                    "parts",
                    "usage",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
type_names = st.sampled_from(
    ["response.output_item.added", "response.completed", "content_block_delta", "message_delta", "error", "x"]
)


@SPOKEN
@settings(deadline=None, max_examples=150)
@given(
    document=st.dictionaries(st.sampled_from(["delta", "item", "error", "choices"]), json_values),
    name=type_names,
)
def test_no_document_breaks_the_reader(spoken: Spoken, document: dict[str, Any], name: str) -> None:
    """Fields of a wrong type are a failure of the provider, and never a fault of ours."""
    reader = spoken.reader(spoken.endpoint())
    reader.feed(b"data: " + msgspec.json.encode({"type": name, **document}) + b"\n")
    assert reader.failure is None or isinstance(reader.failure, LLMError)


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
