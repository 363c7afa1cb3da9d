"""JSON is read value by value, however it was cut into pieces, and what is broken is told with its line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from steward.doors.terminal.imports import json_text
from steward.doors.terminal.imports.json_text import Broken, Found

LONG = [
    {"id": f"msg_{number}", "text": f"é{number} " * 40, "inner": [1, {"a": None}]} for number in range(200)
]


def read(text: str | bytes) -> list[tuple[int, Any]]:
    """What is read, each with its line: values, and for what is broken its reason."""
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return [(one.line, one.value if isinstance(one, Found) else one.reason) for one in json_text.read(file)]


@pytest.fixture(params=[2**18, 1, 7], ids=["at_once", "sign_by_sign", "in_pieces"])
def cut(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is read at once."""
    monkeypatch.setattr(json_text, "_PIECE_CHARS", request.param)


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" \n ", [], id="blanks"),
        pytest.param("[]", [], id="an_empty_list"),
        pytest.param('\ufeff{"a": 12.5}', [(1, {"a": 12.5})], id="a_mark_before_it"),
        pytest.param('{"a": 1}\n\n{"b": "\\u00e9é"}', [(1, {"a": 1}), (3, {"b": "éé"})], id="lines"),
        pytest.param('[{"a": 1}, 7, 12]', [(1, {"a": 1}), (1, 7), (1, 12)], id="a_list"),
        pytest.param('[{"a": 1}]\n[{"b": 2}]', [(1, {"a": 1}), (2, {"b": 2})], id="lists"),
        pytest.param('{"a": NaN}', [(1, {"a": None})], id="no_number"),
    ],
)
def test_values_are_read(text: str, expected: list[tuple[int, Any]]) -> None:
    assert read(text) == expected


@pytest.mark.usefixtures("cut")
def test_long_values_are_read_whole() -> None:
    assert [value for _, value in read(json.dumps(LONG, indent=1))] == LONG
    assert [value for _, value in read("\n".join(map(json.dumps, LONG)))] == LONG
    assert [value for _, value in read(json.dumps(LONG, ensure_ascii=False).encode("utf-16"))] == LONG


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": 1}\n{"b":\n{"c": 3}', [(1, {"a": 1}), (2, None), (3, {"c": 3})], id="a_line_cut"),
        pytest.param('{"a": "x\n{"c": 3}', [(1, None), (2, {"c": 3})], id="a_text_cut"),
        pytest.param(
            '[\n {"a": 1},\n {"b": x},\n {"c": 1}\n]', [(2, {"a": 1}), (3, None), (4, {"c": 1})], id="one"
        ),
        pytest.param('[\n {"a": 1},\n {"b": 1}', [(2, {"a": 1}), (3, {"b": 1}), (3, None)], id="the_end_cut"),
        pytest.param('[\n {"a": 1}\n {"b": 1}\n]', [(2, {"a": 1}), (3, None)], id="no_comma"),
        pytest.param("hello", [(1, None)], id="no_json"),
        pytest.param('hello\n{"a": 1}', [(1, None), (2, {"a": 1})], id="a_line_of_text"),
        pytest.param(f"[{'[' * 200_000}", [(1, None)], id="too_deep"),
        pytest.param(f"[{'9' * 5_000}]", [(1, None)], id="too_large_a_number"),
    ],
)
def test_what_is_broken_is_told_and_passed_over(text: str, expected: list[tuple[int, Any]]) -> None:
    found = [(line, None if isinstance(value, str) else value) for line, value in read(text)]
    assert found == expected


def test_a_huge_object_is_read_member_by_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "_WHOLE_CHARS", 8)
    monkeypatch.setattr(json_text, "_PIECE_CHARS", 7)
    page: dict[str, Any] = {
        "object": "list",
        "id": "thread_1",
        "messages": [{"a": [1, {}]}, {"b": 2}],
        "more": {"c": [3]},
    }
    found = [
        one for one in json_text.read(io.BytesIO(json.dumps(page).encode())) if not isinstance(one, Broken)
    ]
    holder = {"object": "list", "id": "thread_1"}
    assert [(one.value, one.key, one.holder) for one in found] == [
        ({"a": [1, {}]}, "messages", holder),
        ({"b": 2}, "messages", holder),
        ({**holder, "more": {"c": [3]}}, "", None),
    ]


def test_a_huge_object_that_is_cut_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "_WHOLE_CHARS", 8)
    monkeypatch.setattr(json_text, "_PIECE_CHARS", 7)
    assert read('{"object": "list", "data": [\n{"a": 1},\n{"b": ') == [
        (2, {"a": 1}),
        (3, "the file ends within a value"),
    ]
