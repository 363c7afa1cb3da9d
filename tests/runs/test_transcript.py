from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.providers.events import (
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.runs.events import Notice, RunEvent, StepEnd, StepStart, ToolFailure, ToolResult
from steward.runs.transcript import Part, Transcript


def folded(events: list[RunEvent]) -> list[Part]:
    transcript = Transcript()
    for event in events:
        transcript.add(event)
    return transcript.parts()


def text_of(parts: list[Part], kind: str = "text") -> str:
    return "".join(part["text"] for part in parts if part["type"] == kind)


@pytest.mark.req("CHAT-22")
@settings(deadline=None)
@given(st.text(max_size=300), st.lists(st.integers(0, 300), max_size=40), st.lists(st.integers(0, 40)))
def test_the_text_is_its_pieces_however_it_was_cut(text: str, cuts: list[int], looks: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    transcript = Transcript()
    for at, start in enumerate(edges[:-1]):
        transcript.add(TextDelta(text[start : edges[at + 1]]))
        if at in looks:
            # Somebody looks in the middle, as at the end of a step.
            assert text_of(transcript.parts()) == text[: edges[at + 1]]
    assert text_of(transcript.parts()) == text
    assert len(transcript.parts()) <= 1
    assert transcript.output_chars == len(text)


pieces: st.SearchStrategy[RunEvent] = st.one_of(
    st.builds(TextDelta, st.text(min_size=1, max_size=5)),
    st.builds(ReasoningDelta, st.text(min_size=1, max_size=5)),
    st.builds(StepStart, st.integers(1, 3)),
    st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
)


@settings(deadline=None)
@given(st.lists(pieces, max_size=30))
def test_text_and_thoughts_keep_their_order_and_neighbours_are_one_part(events: list[RunEvent]) -> None:
    parts = folded(events)
    assert all(one["type"] != other["type"] for one, other in itertools.pairwise(parts))
    said = [event for event in events if isinstance(event, TextDelta | ReasoningDelta)]
    assert "".join(part["text"] for part in parts) == "".join(event.text for event in said)
    assert text_of(parts) == "".join(event.text for event in said if isinstance(event, TextDelta))


def test_a_tool_call_goes_through_its_states() -> None:
    transcript = Transcript()
    states: list[str] = []
    happened: list[RunEvent] = [
        ToolCallStart("call_1", "find"),
        ToolInputDelta("call_1", '{"q":1}'),
        ToolCall("call_1", "find", {"q": 1}, '{"q":1}'),
        ToolResult("call_1", {"found": None}),
    ]
    for event in happened:
        transcript.add(event)
        states.append(transcript.parts()[0]["state"])
    assert states == ["input_streaming", "input_streaming", "input_ready", "output_ready"]
    assert transcript.parts() == [
        {
            "type": "tool_call",
            "call_id": "call_1",
            "name": "find",
            "input": {"q": 1},
            "output": {"found": None},
            "state": "output_ready",
        }
    ]


def test_a_tool_call_that_failed_keeps_what_the_model_wrote() -> None:
    assert folded(
        [
            TextDelta("Wait. "),
            ToolCallStart("call_1", "find"),
            ToolCall("call_1", "find", None, "{oh"),
            ToolFailure("call_1", "No."),
            StepEnd(1),
            StepStart(2),
            TextDelta("Well."),
        ]
    ) == [
        {"type": "text", "text": "Wait. "},
        {
            "type": "tool_call",
            "call_id": "call_1",
            "name": "find",
            "input": None,
            "raw_input": "{oh",
            "error": "No.",
            "state": "failed",
        },
        {"type": "text", "text": "Well."},
    ]


def test_a_host_that_gives_the_same_id_in_every_step_gets_a_part_for_each() -> None:
    parts = folded(
        [
            ToolCallStart("call_0", "find"),
            ToolCall("call_0", "find", {}, "{}"),
            ToolResult("call_0", 1),
            ToolCallStart("call_0", "look"),
            ToolCall("call_0", "look", {}, "{}"),
            ToolResult("call_0", 2),
        ]
    )
    assert [(part["name"], part["output"]) for part in parts] == [("find", 1), ("look", 2)]


def test_the_tokens_of_all_steps_add_up() -> None:
    transcript = Transcript()
    for usage in (Usage(3, 2, cached_tokens=1), Usage(5, 1, cached_tokens=4)):
        transcript.add(usage)
    assert (transcript.input_tokens, transcript.output_tokens, transcript.cached_tokens) == (8, 3, 5)


def test_it_goes_on_from_parts_that_are_stored() -> None:
    transcript = Transcript([{"type": "text", "text": "Half"}])
    transcript.add(TextDelta(" done."))
    assert transcript.parts() == [{"type": "text", "text": "Half done."}]


def state(name: str) -> ProviderState:
    return ProviderState("a_wire", {"name": name})


def kept(name: str) -> dict[str, Part]:
    return {"provider_state": {"wire": "a_wire", "data": {"name": name}}}


def test_what_a_wire_keeps_stays_with_the_part_before_it() -> None:
    assert folded(
        [
            StepStart(1),
            ReasoningDelta("Hm."),
            state("thought"),
            ReasoningDelta("And."),
            state("another"),
            TextDelta("Wait."),
            ToolCallStart("call_1", "find"),
            ToolInputDelta("call_1", "{}"),
            state("call"),
            ToolCallStart("call_2", "look"),
            ToolCall("call_1", "find", {}, "{}"),
            ToolCall("call_2", "look", {}, "{}"),
        ]
    ) == [
        {"type": "reasoning", "text": "Hm.", **kept("thought")},
        {"type": "reasoning", "text": "And.", **kept("another")},
        {"type": "text", "text": "Wait."},
        {
            "type": "tool_call",
            "call_id": "call_1",
            "name": "find",
            "input": {},
            "state": "input_ready",
            **kept("call"),
        },
        {"type": "tool_call", "call_id": "call_2", "name": "look", "input": {}, "state": "input_ready"},
    ]


def test_what_a_wire_keeps_without_words_has_a_part_of_its_own() -> None:
    assert folded([StepStart(1), state("sealed"), state("more"), TextDelta("Hi")]) == [
        {"type": "reasoning", "text": "", **kept("sealed")},
        {"type": "reasoning", "text": "", **kept("more")},
        {"type": "text", "text": "Hi"},
    ]
    # What the next step keeps is not the last step's.
    parts = folded([ToolCallStart("a", "find"), ToolResult("a", 1), StepEnd(1), StepStart(2), state("next")])
    assert parts[1:] == [{"type": "reasoning", "text": "", **kept("next")}]


def test_what_the_house_has_to_say_is_kept_where_it_was_said() -> None:
    transcript = Transcript()
    for event in (
        Notice("fallback_model", "b answers."),
        TextDelta("Hel"),
        TextDelta("lo"),
        Notice("budget_reached", "So far."),
    ):
        transcript.add(event)
    assert transcript.parts() == [
        {"type": "data", "name": "notice", "data": {"tag": "fallback_model", "message": "b answers."}},
        {"type": "text", "text": "Hello"},
        {"type": "data", "name": "notice", "data": {"tag": "budget_reached", "message": "So far."}},
    ]
