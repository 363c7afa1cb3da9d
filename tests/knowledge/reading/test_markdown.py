"""Markdown: kept as written, with its headings and what stays whole."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from steward.knowledge.reading.contents import Mark
from steward.knowledge.reading.draft import Draft
from tests.knowledge.reading.makers import headings, media_type, parse, written


def draft(folder: Path, text: str) -> Draft:
    return parse(written(folder, "page.md", text))


def test_the_text_stays_and_headings_have_their_places(tmp_path: Path) -> None:
    text = "# The `boiler` **manual**\n\nIntro.\n\nParts\n-----\n\n### See [the list](list.md) ###\n\nText.\n"
    found = draft(tmp_path, text)
    assert found.text == text
    assert found.marks == [
        Mark(0, level=1, heading="The boiler manual"),
        Mark(text.index("Parts"), level=2, heading="Parts"),
        Mark(text.index("###"), level=3, heading="See the list"),
    ]
    assert found.title == "The boiler manual"


def test_code_and_tables_stay_whole_and_hold_no_headings(tmp_path: Path) -> None:
    code = "```sh\n# no heading\n\nmake\n```\n"
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    text = f"# One\n\n{code}\n{table}\nEnd.\n"
    found = draft(tmp_path, text)
    assert [text[start:end] for start, end in found.whole] == [code, table]
    assert headings(found) == [(1, "One")]


def test_names_with_underscores_and_stars_survive(tmp_path: Path) -> None:
    assert headings(draft(tmp_path, "# Setting read_only_mode and 3 * 4\n")) == [
        (1, "Setting read_only_mode and 3 * 4")
    ]


def test_front_matter_names_the_title(tmp_path: Path) -> None:
    found = draft(tmp_path, '---\ntitle: "Leave policy"\nowner: office\n---\n# Leave\n\nThirty days.\n')
    assert found.title == "Leave policy"
    assert headings(found) == [(1, "Leave")]
    assert found.text.startswith("# Leave")


@pytest.mark.slow
@pytest.mark.parametrize("unit", [">", "- ", "[", "*a ", "`", "|", "1. ", "<b>", "# \n"])
def test_no_nesting_takes_long(tmp_path: Path, unit: str) -> None:
    began = time.monotonic()
    draft(tmp_path, unit * 50_000 + "x")
    assert time.monotonic() - began < 30


def test_what_the_sender_says_counts_where_the_name_says_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "page", "# One\n")
    assert media_type(path, "page", declared="text/markdown; charset=utf-8") == "text/markdown"
    assert media_type(path, "page") == "text/plain"
    assert media_type(path, "page.txt", declared="text/markdown") == "text/plain"
