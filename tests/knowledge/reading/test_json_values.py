"""JSON and JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path

from tests.knowledge.reading.makers import media_type, parse, written


def text(folder: Path, content: str, name: str = "data.json") -> str:
    return parse(written(folder, name, content)).text


def test_values_stand_behind_their_paths_and_records_apart(tmp_path: Path) -> None:
    content: dict[str, object] = {
        "shop": {"name": "North", "open": True, "phone": None},
        "orders": [{"id": 7, "total": 1.10, "tags": ["new", "gift"]}, {"id": 8, "lines": []}],
    }
    assert text(tmp_path, json.dumps(content).replace("1.1,", "1.10,")) == (
        "shop.name: North\nshop.open: true\nshop.phone: null\n\n"
        "orders[0].id: 7\norders[0].total: 1.10\norders[0].tags: new, gift\n\n"
        "orders[1].id: 8\norders[1].lines: "
    ).rstrip(" ")


def test_the_items_of_a_list_are_records(tmp_path: Path) -> None:
    assert text(tmp_path, '[{"a": 1, "b": "x"}, {"a": 2}, 3]') == "a: 1\nb: x\n\na: 2\n\n3"


def test_lines(tmp_path: Path) -> None:
    assert (
        text(tmp_path, '{"a": 1}\n{"a": 2, "b": [1, 2]}\nbroken {\n', "data.jsonl")
        == "a: 1\n\na: 2\nb: 1, 2\nbroken {"
    )


def test_broken_and_deep_json_stays_as_written(tmp_path: Path) -> None:
    for content in ('{"a": 1,}', "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000):
        assert text(tmp_path, content) == content


def test_nothing_in_it(tmp_path: Path) -> None:
    assert text(tmp_path, "{}") == "{}"
    assert text(tmp_path, '{"a": {}, "b": [[], {}]}') == "a: {}\nb[0]:\nb[1]: {}"


def test_lone_surrogates_in_escapes(tmp_path: Path) -> None:
    assert text(tmp_path, '{"a": "x\\ud800y", "b": "\\ud83d\\ude00"}') == "a: x\ufffdy\nb: \U0001f600"


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    digits = "9" * 6_000
    assert text(tmp_path, f'{{"a": {digits}, "b": 1e400}}') == f"a: {digits}\nb: 1e400"


def test_kinds(tmp_path: Path) -> None:
    assert media_type(written(tmp_path, "a.json", "{}")) == "application/json"
    assert media_type(written(tmp_path, "a.ndjson", "{}")) == "application/x-ndjson"
