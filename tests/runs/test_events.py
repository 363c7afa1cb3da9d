from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.providers.events import (
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.runs.events import (
    Notice,
    RunEnd,
    RunEvent,
    RunStart,
    StepEnd,
    StepRestart,
    StepStart,
    ToolFailure,
    ToolResult,
    pack,
    standing,
    unpack,
)

texts = st.text(max_size=8)
numbers = st.integers(0, 2**40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
statuses = st.sampled_from(["completed", "failed", "cancelled", "incomplete", "expired"])
reasons = st.sampled_from(["stop", "length", "tool_calls", "content_filter", "error", "other"])
events: st.SearchStrategy[RunEvent] = st.one_of(
    st.builds(RunStart, texts, texts, texts, texts, texts),
    st.builds(StepStart, numbers),
    st.builds(StepRestart, numbers),
    st.builds(StepEnd, numbers),
    st.builds(TextDelta, texts),
    st.builds(ReasoningDelta, texts),
    st.builds(ToolCallStart, texts, texts),
    st.builds(ToolInputDelta, texts, texts),
    st.builds(ToolCall, texts, texts, st.none() | st.dictionaries(texts, values, max_size=2), texts),
    st.builds(ToolResult, texts, values),
    st.builds(ToolFailure, texts, texts),
    st.builds(Usage, numbers, numbers, numbers, numbers, st.booleans()),
    st.builds(Finish, reasons),
    st.builds(Notice, texts, texts),
    st.builds(
        RunEnd, statuses, st.none() | texts, numbers, numbers, texts, numbers, st.none() | texts, st.none() | texts
    ),
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.lists(events, max_size=12))
def test_what_is_stored_is_read_back_as_it_was(given_events: list[RunEvent]) -> None:
    assert unpack(pack(given_events)) == given_events


def test_every_event_has_a_tag_of_its_own() -> None:
    kinds = get_args(RunEvent)
    tags = {kind.__struct_config__.tag for kind in kinds}
    assert len(tags) == len(kinds)


def test_an_event_of_an_older_version_is_still_read() -> None:
    """Fields are added at the end, with a default: what was stored before an upgrade stays readable."""
    assert unpack(b'[["run_end","completed","stop",1,2,"m",9]]') == [
        RunEnd("completed", "stop", 1, 2, "m", 9)
    ]
    assert unpack(b'[["usage",1,2]]') == [Usage(1, 2)]
    with pytest.raises(msgspec.ValidationError):
        unpack(b'[["from_tomorrow",1]]')


START = RunStart("run_1", "thread_1", "msg_1", "m", "now")
END = RunEnd("completed", "stop", 1, 2, "m", 9)


@pytest.mark.parametrize(
    ("happened", "stands"),
    [
        ([START, StepStart(1), TextDelta("a"), END], [START, StepStart(1), TextDelta("a"), END]),
        (
            [START, StepStart(1), TextDelta("a"), StepRestart(1), TextDelta("b"), END],
            [START, StepStart(1), TextDelta("b"), END],
        ),
        (
            # As it is taken over: the step announces itself again.
            [START, StepStart(1), TextDelta("a"), StepRestart(1), StepStart(1), TextDelta("b")],
            [START, StepStart(1), StepStart(1), TextDelta("b")],
        ),
        (
            [StepStart(1), TextDelta("a"), StepEnd(1), StepStart(2), TextDelta("b"), StepRestart(2), TextDelta("c")],
            [StepStart(1), TextDelta("a"), StepEnd(1), StepStart(2), TextDelta("c")],
        ),
        (
            [StepStart(1), TextDelta("a"), StepRestart(1), TextDelta("b"), StepRestart(1), TextDelta("c")],
            [StepStart(1), TextDelta("c")],
        ),
        ([TextDelta("a"), StepRestart(1)], [TextDelta("a")]),
    ],
)  # fmt: skip
def test_what_a_restarted_step_had_said_no_longer_counts(
    happened: list[RunEvent], stands: list[RunEvent]
) -> None:
    assert standing(happened) == stands


@pytest.mark.parametrize(
    ("after", "stands"),
    [
        (3, [StepStart(2), TextDelta("c")]),
        # Its reader has text that no longer counts, and has to be told.
        (5, [StepRestart(2), TextDelta("c")]),
        (6, [TextDelta("c")]),
    ],
)
def test_a_reader_who_goes_on_is_told_of_what_it_has_read(after: int, stands: list[RunEvent]) -> None:
    happened: list[RunEvent] = [
        StepStart(1), TextDelta("a"), StepEnd(1), StepStart(2), TextDelta("b"), StepRestart(2), TextDelta("c"),
    ]  # fmt: skip
    assert standing(happened, after) == stands


def test_the_restart_of_a_step_that_nobody_stored_takes_nothing_away() -> None:
    happened: list[RunEvent] = [StepStart(1), TextDelta("a"), StepEnd(1), StepRestart(2), StepStart(2)]
    assert standing(happened, 3) == [StepStart(2)]


@settings(deadline=None)
@given(st.lists(events, max_size=12))
def test_without_restarts_everything_counts_and_twice_is_once(given_events: list[RunEvent]) -> None:
    kept = standing(given_events)
    assert standing(kept) == kept
    if not any(isinstance(event, StepRestart) for event in given_events):
        assert kept == given_events
