"""Trees of ChatGPT's export become threads: what is folded into an answer, and what nobody was shown."""

from __future__ import annotations

from typing import Any

import pytest

from steward.doors.terminal.imports import chatgpt
from steward.threads.importing import PastThread
from tests.doors.terminal.chats import Json, conversation, node, root


def past(*nodes: Json, **fields: Any) -> PastThread:
    """A conversation of these nodes, as we keep it."""
    return chatgpt.past_thread("user_1", conversation("c-1", root(), *nodes, **fields), {})


def shown(thread: PastThread) -> list[tuple[str, int | None, list[str]]]:
    """Each message: its role, the place of what it follows, and its parts in a few words."""
    places = {message.id: at for at, message in enumerate(thread.messages)}
    return [
        (
            message.role,
            None if message.parent_id is None else places[message.parent_id],
            [
                f"{part['type']}: {part.get('text', part.get('output', part.get('error')))}"
                for part in message.parts
            ],
        )
        for message in thread.messages
    ]


def test_what_a_model_does_on_its_way_is_one_message_with_the_answer() -> None:
    thought = {"content_type": "thoughts", "thoughts": [{"summary": "Sum", "content": "I add."}]}
    code = {"content_type": "code", "language": "unknown", "text": "1 + 1"}
    came_out = {"content_type": "execution_output", "text": "2"}
    thread = past(
        node("a", "root", "system", "Be good."),
        node("b", "a", "user", "Hidden.", metadata={"is_visually_hidden_from_conversation": True}),
        node("c", "b", "user", "What is 1 + 1?"),
        node("d", "c", "assistant", thought),
        node("e", "d", "assistant", code, recipient="python"),
        node("f", "e", "tool", came_out),
        node("g", "f", "assistant", "Two."),
        node("h", "g", "user", "Thanks."),
    )
    assert shown(thread) == [
        ("user", None, ["text: What is 1 + 1?"]),
        ("assistant", 0, ["reasoning: I add.", "tool_call: 2", "text: Two."]),
        ("user", 1, ["text: Thanks."]),
    ]
    assert thread.head_id == thread.messages[-1].id
    call = thread.messages[1].parts[1]
    assert (call["name"], call["input"], call["state"]) == ("python", {"text": "1 + 1"}, "output_ready")


def test_where_the_tree_branches_an_answer_ends() -> None:
    thread = past(
        node("q", "root", "user", "Go."),
        node("a", "q", "assistant", "First half."),
        node("b1", "a", "assistant", "One end."),
        node("b2", "a", "assistant", "Another end."),
        current="b1",
    )
    assert shown(thread) == [
        ("user", None, ["text: Go."]),
        ("assistant", 0, ["text: First half."]),
        ("assistant", 1, ["text: One end."]),
        ("assistant", 1, ["text: Another end."]),
    ]
    assert thread.head_id == thread.messages[2].id


def test_a_result_without_a_call_is_left_out() -> None:
    assert shown(past(node("t", "root", "tool", "Lost."), node("q", "t", "user", "Hello."))) == [
        ("user", None, ["text: Hello."])
    ]


def test_links_are_read_in_words() -> None:
    marked = "\ue200cite\ue202turn0search1\ue201"
    references = [{"matched_text": marked, "alt": "([Pumps](https://example.com))"}]
    said = f"Red {marked}, says\ue200cite\ue202turn0\ue201 the shop【3†source】."
    thread = past(node("a", "root", "assistant", said, metadata={"content_references": references}))
    assert shown(thread)[0][2] == ["text: Red ([Pumps](https://example.com)), says the shop."]


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param([{"id": "x", "message": None, "parent": "x", "children": ["x"]}], id="its_own_parent"),
        pytest.param([node("x", "y"), node("y", "x")], id="a_circle"),
        pytest.param([{"id": "x", "message": {"content": None, "author": None}, "parent": None}], id="nulls"),
        pytest.param([{"id": "x", "message": 7, "parent": 7, "children": 7}], id="numbers"),
        pytest.param([], id="nothing"),
    ],
)
def test_a_tree_that_is_none_is_an_empty_thread(nodes: list[Json]) -> None:
    mapping = {one["id"]: one for one in nodes}
    given = {"id": "c-1", "mapping": mapping, "current_node": "x", "create_time": "soon", "title": None}
    thread = chatgpt.past_thread("user_1", given, {})
    assert (list(thread.messages), thread.head_id) == ([], None)


def test_ids_are_the_same_each_time_and_another_ones_for_somebody_else() -> None:
    nodes = (root(), node("q", "root", "user", "Hello."))
    one, again, other = (
        chatgpt.past_thread(owner, conversation("c-1", *nodes), {})
        for owner in ("user_1", "user_1", "user_2")
    )
    assert one == again
    assert {one.id, one.messages[0].id}.isdisjoint({other.id, other.messages[0].id})
    assert one.client_id == "c-1"
    assert one.id.startswith("thread_")
