"""Objects of a dump are known by what they say of themselves, and what cannot be kept is told."""

from __future__ import annotations

from typing import Any

import pytest

from steward.doors.terminal.imports import dump
from tests.doors.terminal.dumps import assistant, message, thread


def found(value: Any, **given: Any) -> list[tuple[str, str, str]]:
    """Kind, id and parent of what is found."""
    return [(item.kind, item.id, item.parent_id) for item in dump.items(value, **given)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(assistant(), [("assistant", "asst_Clerk1", "")], id="by_its_object"),
        pytest.param({"id": "asst_1"}, [("assistant", "asst_1", "")], id="by_its_id"),
        pytest.param({"id": "vs_1", "object": "vector_store"}, [("vector_store", "vs_1", "")], id="a_store"),
        pytest.param(
            {"id": "file-1", "object": "vector_store.file", "vector_store_id": "vs_1"},
            [("vector_store_file", "vs_1/file-1", "vs_1")],
            id="a_file_of_a_store",
        ),
        pytest.param({"id": "batch_1", "object": "batch"}, [], id="something_else"),
        pytest.param({"theme": {"dark": [True, None, 1]}}, [], id="settings"),
        pytest.param([[[message(0, "x")]]], [("message", "msg_N0", "thread_AbC")], id="lists_in_lists"),
        pytest.param(
            thread(messages={"object": "list", "data": [{"id": "msg_1", "role": "user"}]}),
            [("thread", "thread_AbC", ""), ("message", "msg_1", "thread_AbC")],
            id="within_the_thread",
        ),
        pytest.param(
            {"messages": [{"id": "msg_1", "role": "user"}], "thread_id": "thread_1"},
            [("message", "msg_1", "thread_1")],
            id="beside_the_id_of_the_thread",
        ),
    ],
)
def test_objects_are_found(value: Any, expected: list[tuple[str, str, str]]) -> None:
    assert found(value) == expected


def test_a_list_belongs_to_the_object_that_held_it() -> None:
    value = {"id": "msg_1", "role": "user"}
    expected = [("message", "msg_1", "thread_1")]
    assert found(value, key="messages", holder={"id": "thread_1"}) == expected
    assert found(value, key="thread_1", holder={}) == expected


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"id": 7}, "A message has no id that can be kept."),
        ({"id": "msg_\x00"}, "A message has no id that can be kept."),
        ({"thread_id": None}, "A message has no thread_id that can be kept."),
        ({"role": "robot"}, "A message is neither a user's nor an assistant's."),
    ],
    ids=["a_number", "a_nul", "no_thread", "a_role"],
)
def test_what_cannot_be_kept_is_told(fields: dict[str, Any], fault: str) -> None:
    (item,) = dump.items({**message(0, "x"), **fields})
    assert item.fault == fault


def test_ids_that_nobody_could_have_are_dropped() -> None:
    (item,) = dump.items(message(1, "x", run_id="run_\x00", assistant_id="asst 1"))
    assert not {"run_id", "assistant_id"} & item.body.keys()
