# ruff: noqa: E501 - the lines of a wire are as long as they are

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from steward.doors.ai_sdk.encode import Encoder
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
    StepStart,
    ToolFailure,
    ToolResult,
)
from tests.doors.ai_sdk.reading import check, chunks_of, read, text_of

START = RunStart("run_1", "thread_1", "msg_1", "openai/gpt-4o", "2026-11-21T12:00:00+00:00")


def end(status: Any = "completed", reason: str | None = "stop", **fields: Any) -> RunEnd:
    return RunEnd(
        status, reason, input_tokens=7, output_tokens=2, model="openai/gpt-4o", duration_ms=40, **fields
    )


def encoded(*batches: list[RunEvent]) -> str:
    encoder = Encoder()
    return b"".join(encoder.encode(batch) for batch in batches).decode()


@pytest.mark.req("CHAT-03")
@pytest.mark.req("CHAT-31")
def test_writes_an_answer() -> None:
    body = encoded(
        [START, StepStart(1)],
        [TextDelta("Gr"), TextDelta('üezi "du" 👋\n')],
        [Usage(7, 2), Finish("stop"), end(cost_usd="0.000002")],
    )
    assert body == snapshot("""\
data: {"type":"start","messageId":"msg_1","messageMetadata":{"thread_id":"thread_1","run_id":"run_1","model":"openai/gpt-4o","created_at":"2026-11-21T12:00:00+00:00"}}

data: {"type":"start-step"}

data: {"type":"text-start","id":"text-1"}

data: {"type":"text-delta","id":"text-1","delta":"Grüezi \\"du\\" 👋\\n"}

data: {"type":"text-end","id":"text-1"}

data: {"type":"finish-step"}

data: {"type":"finish","messageMetadata":{"status":"completed","finish_reason":"stop","model":"openai/gpt-4o","duration_ms":40,"cost_usd":"0.000002","usage":{"input_tokens":7,"output_tokens":2,"total_tokens":9}},"finishReason":"stop"}

data: [DONE]

""")


@pytest.mark.req("CHAT-03")
def test_writes_thinking_and_tools() -> None:
    body = encoded(
        [START, StepStart(1), ReasoningDelta("Hm. "), ReasoningDelta("Look it up."), TextDelta("Wait.")],
        [
            ToolCallStart("call_1", "find"),
            ToolInputDelta("call_1", '{"q":'),
            ToolInputDelta("call_1", "null}"),
        ],
        [ToolCall("call_1", "find", {"q": None}, '{"q":null}'), ToolResult("call_1", None)],
        [
            ToolCallStart("call_2", "find"),
            ToolCall("call_2", "find", None, "{oh"),
            ToolFailure("call_2", "No."),
        ],
        [StepEnd(1), StepStart(2), Notice("memory_saved", "Noted."), TextDelta("Found."), end()],
    )
    assert body == snapshot("""\
data: {"type":"start","messageId":"msg_1","messageMetadata":{"thread_id":"thread_1","run_id":"run_1","model":"openai/gpt-4o","created_at":"2026-11-21T12:00:00+00:00"}}

data: {"type":"start-step"}

data: {"type":"reasoning-start","id":"reasoning-1"}

data: {"type":"reasoning-delta","id":"reasoning-1","delta":"Hm. Look it up."}

data: {"type":"reasoning-end","id":"reasoning-1"}

data: {"type":"text-start","id":"text-2"}

data: {"type":"text-delta","id":"text-2","delta":"Wait."}

data: {"type":"text-end","id":"text-2"}

data: {"type":"tool-input-start","toolCallId":"call_1","toolName":"find","dynamic":true}

data: {"type":"tool-input-delta","toolCallId":"call_1","inputTextDelta":"{\\"q\\":"}

data: {"type":"tool-input-delta","toolCallId":"call_1","inputTextDelta":"null}"}

data: {"type":"tool-input-available","toolCallId":"call_1","toolName":"find","input":{"q":null},"dynamic":true}

data: {"type":"tool-output-available","toolCallId":"call_1","output":null,"dynamic":true}

data: {"type":"tool-input-start","toolCallId":"call_2","toolName":"find","dynamic":true}

data: {"type":"tool-input-error","toolCallId":"call_2","toolName":"find","input":"{oh","errorText":"The model wrote an input that is no JSON object.","dynamic":true}

data: {"type":"tool-output-error","toolCallId":"call_2","errorText":"No.","dynamic":true}

data: {"type":"finish-step"}

data: {"type":"start-step"}

data: {"type":"data-notice","data":{"tag":"memory_saved","message":"Noted."}}

data: {"type":"text-start","id":"text-3"}

data: {"type":"text-delta","id":"text-3","delta":"Found."}

data: {"type":"text-end","id":"text-3"}

data: {"type":"finish-step"}

data: {"type":"finish","messageMetadata":{"status":"completed","finish_reason":"stop","model":"openai/gpt-4o","duration_ms":40,"cost_usd":null,"usage":{"input_tokens":7,"output_tokens":2,"total_tokens":9}},"finishReason":"stop"}

data: [DONE]

""")


@pytest.mark.parametrize(
    ("status", "reason", "written"),
    [
        ("completed", "stop", "stop"),
        ("incomplete", "length", "length"),
        ("incomplete", "content_filter", "content-filter"),
        ("completed", "tool_calls", "tool-calls"),
        ("completed", "something new", "other"),
        ("completed", None, "other"),
        ("cancelled", "stop", "other"),
    ],
)
def test_writes_only_reasons_that_every_client_knows(status: str, reason: str | None, written: str) -> None:
    finish = chunks_of(encoded([START, StepStart(1), end(status, reason)]))[-1]
    assert finish["finishReason"] == written
    assert finish["messageMetadata"]["status"] == status


@pytest.mark.req("CHAT-27")
def test_ends_a_failure_with_an_error_that_names_the_run() -> None:
    body = encoded(
        [START, StepStart(1), TextDelta("Half")],
        [end("failed", None, error_tag="api_error", error_message="The service is away. Try again.")],
    )
    chunks = chunks_of(body)
    assert [chunk["type"] for chunk in chunks[-4:]] == [
        "text-end",
        "finish-step",
        "message-metadata",
        "error",
    ]
    assert chunks[-1] == {"type": "error", "errorText": "The service is away. Try again. (run_1)"}
    metadata = chunks[-2]["messageMetadata"]
    facts = {"tag": "api_error", "message": "The service is away. Try again.", "is_own": False}
    assert (metadata["error_tag"], metadata["error"]) == ("api_error", facts)
    assert not any(chunk["type"] == "finish" for chunk in chunks)


def test_a_failure_without_a_sentence_is_an_error_all_the_same() -> None:
    """A stream that ends in order counts as success, so a failure must never end in order."""
    assert chunks_of(encoded([START, StepStart(1), end("failed", None)]))[-1]["type"] == "error"


texts = st.text(max_size=12)
call_ids = st.sampled_from(["call_1", "call_2", "call_3"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, values, max_size=2)
deltas: st.SearchStrategy[RunEvent] = st.one_of(st.builds(TextDelta, texts), st.builds(ReasoningDelta, texts))
happenings: st.SearchStrategy[RunEvent] = st.one_of(
    deltas,
    deltas,
    st.builds(StepStart, st.integers(1, 3)),
    st.builds(StepEnd, st.integers(1, 3)),
    st.builds(ToolCallStart, call_ids, st.just("find")),
    st.builds(ToolInputDelta, call_ids, texts),
    st.builds(ToolCall, call_ids, st.just("find"), st.none() | objects, texts),
    st.builds(ToolResult, call_ids, values),
    st.builds(ToolFailure, call_ids, texts),
    st.builds(Notice, texts, texts),
    st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
    st.builds(Finish, st.sampled_from(["stop", "length", "tool_calls", "content_filter", "error", "other"])),
)
endings: st.SearchStrategy[RunEvent] = st.builds(
    end,
    st.sampled_from(["completed", "failed", "cancelled", "incomplete", "expired"]),
    st.none() | st.sampled_from(["stop", "length", "tool_calls", "odd"]),
    error_tag=st.none() | st.just("api_error"),
    error_message=st.none() | texts,
    cost_usd=st.none() | st.just("0.1"),
)
runs = st.tuples(st.lists(st.lists(happenings, max_size=6), max_size=8), endings)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(runs)
def test_whatever_happens_the_stream_is_well_formed_and_no_text_is_lost(
    run: tuple[list[list[RunEvent]], RunEvent],
) -> None:
    batches, ending = run
    events = [event for batch in batches for event in batch]
    chunks = chunks_of(encoded([START], *batches, [ending]))
    check(chunks)
    assert chunks[0] == {
        "type": "start",
        "messageId": "msg_1",
        "messageMetadata": {
            "thread_id": "thread_1",
            "run_id": "run_1",
            "model": "openai/gpt-4o",
            "created_at": "2026-11-21T12:00:00+00:00",
        },
    }
    assert chunks[-1]["type"] in ("finish", "error")
    assert text_of(chunks) == "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text_of(chunks, "reasoning") == "".join(
        event.text for event in events if isinstance(event, ReasoningDelta)
    )
    tool_inputs = [chunk["inputTextDelta"] for chunk in chunks if chunk["type"] == "tool-input-delta"]
    assert tool_inputs == [event.text for event in events if isinstance(event, ToolInputDelta)]
    outputs = [chunk["output"] for chunk in chunks if chunk["type"] == "tool-output-available"]
    assert outputs == [event.output for event in events if isinstance(event, ToolResult)]


@settings(deadline=None)
@given(st.lists(deltas, max_size=20))
def test_neighbouring_deltas_of_one_batch_leave_as_one(batch: list[RunEvent]) -> None:
    chunks, _ = read(encoded(batch))
    kinds = [chunk["type"] for chunk in chunks]
    assert all(one != other or not one.endswith("-delta") for one, other in itertools.pairwise(kinds))


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.lists(happenings, max_size=4), max_size=6), endings)
def test_batches_do_not_change_what_is_said(batches: list[list[RunEvent]], ending: RunEvent) -> None:
    """A reader who comes late gets large batches; it must end with the same message."""
    events = [event for batch in batches for event in batch]
    piecemeal = chunks_of(encoded([START], *([event] for event in events), [ending]))
    at_once = chunks_of(encoded([START, *events, ending]))
    assert json.dumps(merged(piecemeal)) == json.dumps(merged(at_once))


def merged(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for chunk in chunks:
        if out and "delta" in chunk and out[-1]["type"] == chunk["type"]:
            out[-1] = {**chunk, "delta": out[-1]["delta"] + chunk["delta"]}
        else:
            out.append(chunk)
    return out
