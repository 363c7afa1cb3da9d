"""What holds for every wire alike: one conversation gives the same events, however its bytes are cut."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.providers.errors import LLMError, ProviderBrokeOff
from steward.providers.events import (
    Finish,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from tests.providers.wires import WIRES, Spoken, merged, read_in_pieces, text_of, without_state

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
@pytest.mark.slow
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
