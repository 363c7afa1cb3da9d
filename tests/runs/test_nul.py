"""A NUL that a provider sends, wherever it stands: the answer is kept, with a sign in its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steward.providers.events import TextDelta, ToolCall
from steward.providers.openai_chat import Reader
from steward.providers.wire import Endpoint
from steward.runs.transcript import Transcript
from tests.providers.test_openai_chat import ENDPOINT

SIGN = "\ufffd"


def sent(**delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


def read(endpoint: Endpoint, *pieces: bytes, reason: str) -> list[Any]:
    reader = Reader(endpoint)
    end: dict[str, Any] = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    events: list[Any] = []
    for piece in (*pieces, f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode()):
        events += reader.feed(piece)
    return [*events, *reader.close()]


def kept(events: list[Any]) -> str:
    """The parts of a message, as the database gets them."""
    transcript = Transcript()
    for event in events:
        transcript.add(event)
    return json.dumps(transcript.parts())


@pytest.mark.req("ERR-17")
def test_a_nul_in_plain_text() -> None:
    events = read(ENDPOINT, sent(content="a\x00b"), sent(content="\x00"), reason="stop")
    assert "".join(one.text for one in events if isinstance(one, TextDelta)) == f"a{SIGN}b{SIGN}"
    assert "u0000" not in kept(events)


def test_letters_that_only_look_like_one_stay() -> None:
    events = read(ENDPOINT, sent(content="write \\u0000, or \\\\u0000, not \\\x00"), reason="stop")
    said = "".join(one.text for one in events if isinstance(one, TextDelta))
    assert said == f"write \\u0000, or \\\\u0000, not \\{SIGN}"


def test_a_nul_in_names_ids_and_arguments_of_a_tool() -> None:
    function = {"name": "to\x00ol", "arguments": json.dumps({"te\x00xt": "a\x00b"})}
    call = {"index": 0, "id": "call\x00_1", "type": "function", "function": function}
    events = read(ENDPOINT, sent(tool_calls=[call]), reason="tool_calls")
    (asked,) = [one for one in events if isinstance(one, ToolCall)]
    assert (asked.call_id, asked.name) == (f"call{SIGN}_1", f"to{SIGN}ol")
    assert asked.input == {f"te{SIGN}xt": f"a{SIGN}b"}
    assert "u0000" not in kept(events)
