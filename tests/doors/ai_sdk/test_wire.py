from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.agents.service import Wishes
from steward.doors.ai_sdk import wire
from steward.kernel.errors import Invalid
from steward.runs.schemas import Earlier, TurnRequest


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def message(words: str, message_id: str = "m1", role: str = "user") -> dict[str, Any]:
    return {"id": message_id, "role": role, "parts": [text(words)]}


def read(body: Any) -> TurnRequest:
    turn, _ = wire.read(msgspec.json.encode(body))
    assert isinstance(turn, TurnRequest)
    return turn


def refusal_of(body: Any) -> Invalid:
    with pytest.raises(Invalid) as refused:
        read(body)
    return refused.value


@pytest.mark.parametrize(
    "body",
    [
        {"id": "c1", "messages": [message("hi")], "trigger": "submit-message"},
        {"id": "c1", "messages": [message("hi")]},
        {"id": "c1", "message": message("hi"), "trigger": "submit-message"},
        {"chatId": "c1", "message": message("hi")},
        {"id": "c1", "messages": [{"id": "m1", "role": "user", "content": "hi"}]},
        {"id": "c1", "messages": [{"id": "m1", "role": "user", "content": [text("hi")]}]},
        {"id": "c1", "messages": [message("hi")], "trigger": None, "messageId": None, "stream": None},
    ],
    ids=["transport", "no trigger", "one message", "chatId", "content", "content parts", "nulls"],
)
def test_reads_every_form_of_a_message(body: dict[str, Any]) -> None:
    assert read(body) == TurnRequest("submit", "c1", parts=[text("hi")], message_id="m1")


@pytest.mark.req("CHAT-28")
def test_reads_the_short_form() -> None:
    turn = read({"message": "hi", "chatId": "c1", "userId": "u1", "toolId": "searchKnowledge"})
    wishes = Wishes(tools=["searchKnowledge"])
    assert turn == TurnRequest("submit", "c1", parts=[text("hi")], wishes=wishes)


def test_without_an_id_the_thread_is_new() -> None:
    assert read({"messages": [message("hi")]}).thread_ref is None
    assert read({"id": "", "messages": [message("hi")]}).thread_ref is None


def test_drops_what_it_does_not_know() -> None:
    parts: list[Any] = [
        {"type": "step-start"},
        {"type": "reasoning", "text": "hm", "state": "done"},
        {"type": "tool-find", "state": "input-streaming", "rawInput": '{"q', "toolCallId": "call_1"},
        {"type": "data-notice", "data": None},
        {"type": "text", "text": None},
        {"type": "text", "text": "hi", "state": "done", "providerMetadata": {"x": {}}},
        {"type": "from-tomorrow", "anything": [1, {"deep": True}]},
        "a string",
        None,
    ]
    last = {"id": "m1", "role": "user", "parts": parts, "metadata": {"a": 1}, "newField": True}
    body = {"id": "c1", "messages": [last], "trigger": "submit-message", "unknown": {"a": [1]}}
    assert read(body).parts == [text("hi")]


def test_reads_files() -> None:
    file = {
        "type": "file",
        "url": "data:image/png;base64,AAAA",
        "mediaType": "image/png",
        "filename": "a.png",
    }
    bare = {"type": "file", "url": "https://example.com/a.pdf", "mediaType": "application/pdf"}
    last = {"id": "m1", "role": "user", "parts": [file, bare, text("look")]}
    assert read({"id": "c1", "messages": [last]}).parts == [
        {
            "type": "file",
            "url": "data:image/png;base64,AAAA",
            "media_type": "image/png",
            "filename": "a.png",
        },
        {
            "type": "file",
            "url": "https://example.com/a.pdf",
            "media_type": "application/pdf",
            "filename": None,
        },
        text("look"),
    ]


def test_an_edit_names_the_message_that_it_replaces() -> None:
    body = {"id": "c1", "messages": [message("hi", "m1")], "trigger": "submit-message", "messageId": "m1"}
    turn = read(body)
    assert (turn.trigger, turn.message_ref, turn.message_id) == ("edit", "m1", "m1")


def test_another_answer_is_asked_for_by_the_answer_or_by_the_question() -> None:
    history = [message("one", "m1"), message("answer", "a1", "assistant"), message("two", "m2")]
    body = {"id": "c1", "messages": history, "trigger": "regenerate-message", "messageId": "a2"}
    turn = read(body)
    assert (turn.trigger, turn.message_ref) == ("regenerate", "a2")
    # Without an id, it is the last question that the page shows.
    assert read({**body, "messageId": None}).message_id == "m2"
    assert read({"id": "c1", "messages": [], "trigger": "regenerate-message"}).message_ref is None


def test_keeps_the_history_of_a_client_for_a_thread_that_may_be_new() -> None:
    history = [
        message("be kind", "s1", "system"),
        message("one", "m1"),
        {"id": "a1", "role": "assistant", "parts": [{"type": "step-start"}, text("two")]},
        {"id": "a2", "role": "assistant", "parts": [{"type": "tool-find", "state": "output-available"}]},
        message("three", "m2"),
    ]
    assert read({"id": "c1", "messages": history}).earlier == [
        Earlier("m1", "user", [text("one")]),
        Earlier("a1", "assistant", [text("two")]),
    ]


def test_an_id_that_comes_twice_names_the_later_message() -> None:
    history = [message("one", "m1"), message("two", "m1"), message("three", "m2"), message("four", "m2")]
    turn = read({"id": "c1", "messages": history})
    assert turn.message_id == "m2"
    assert [earlier.message_id for earlier in turn.earlier] == [None, "m1", None]


def test_keeps_no_more_than_the_last_messages_of_a_long_history() -> None:
    history = [message(f"word {number}", f"m{number}") for number in range(400)]
    turn = read({"id": "c1", "messages": history})
    assert [earlier.message_id for earlier in turn.earlier] == [f"m{number}" for number in range(199, 399)]


@pytest.mark.req("CHAT-02")
@pytest.mark.req("CHAT-13")
def test_reads_the_wishes() -> None:
    body = {
        "id": "c1",
        "messages": [message("hi")],
        "model": "openai/gpt-4o",
        "temperature": 0,
        "maxTokens": 9,
    }
    wishes = read(body).wishes
    assert (wishes.model, wishes.temperature, wishes.max_tokens) == ("openai/gpt-4o", 0, 9)
    assert read({**body, "maxTokens": None, "max_tokens": 8}).wishes.max_tokens == 8
    assert read({**body, "model": ""}).wishes.model is None


@pytest.mark.req("CHAT-43")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "messages"),
        ({"id": "c1", "messages": []}, "messages"),
        ({"id": "c1", "messages": [message("hi", role="assistant")]}, "messages"),
        ({"id": "c1", "messages": "hi"}, "messages"),
        ({"id": 7, "messages": [message("hi")]}, "id"),
        ({"id": "a/b", "messages": [message("hi")]}, "id"),
        ({"id": "a\nb", "messages": [message("hi")]}, "id"),
        ({"id": "c" * 201, "messages": [message("hi")]}, "id"),
        ({"id": "c1", "messages": [message("hi", "m" * 201)]}, "message.id"),
        ({"id": "c1", "messages": [message("hi")], "messageId": "a/b"}, "messageId"),
        ({"id": "c1", "messages": [message("hi")], "temperature": 2.1}, "temperature"),
        ({"id": "c1", "messages": [message("hi")], "temperature": "hot"}, "temperature"),
        ({"id": "c1", "messages": [message("hi")], "maxTokens": 0}, "maxTokens"),
        ({"id": "c1", "messages": [message("hi")], "maxTokens": 1.5}, "maxTokens"),
        ({"id": "c1", "messages": [message("hi")], "trigger": "sing"}, "trigger"),
    ],
)
def test_refuses_what_it_cannot_use_and_names_the_field(body: dict[str, Any], field: str) -> None:
    refusal = refusal_of(body)
    assert refusal.status == 422
    assert refusal.facts["field"] == field
    assert field.rpartition(".")[2] in refusal.detail


def test_reads_whether_to_stream() -> None:
    body = {"id": "c1", "messages": [message("hi")]}
    forms = {None: "ui", True: "ui", False: "whole", "content": "content"}
    for asked, form in forms.items():
        assert wire.read(msgspec.json.encode({**body, "stream": asked}))[1] == form


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(json_values, max_size=4), st.dictionaries(st.text(max_size=5).map("x-{}".format), json_values)
)
def test_unknown_parts_and_fields_never_refuse_a_message(parts: list[Any], more: dict[str, Any]) -> None:
    last = {"id": "m1", "role": "user", "parts": [*parts, text("hi")], **more}
    turn = read({**more, "id": "c1", "messages": [last]})
    assert turn.parts[-1] == text("hi")
    assert all(part["type"] in ("text", "file") for part in turn.parts)
