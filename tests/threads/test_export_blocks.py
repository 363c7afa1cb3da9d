from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.threads.exports import blocks

Json = Any


def texts(value: Json) -> list[str]:
    """Every text of blocks, in their order."""
    if isinstance(value, dict):
        fields = cast("dict[str, Json]", value)
        own = [fields["s"]] if "s" in fields else []
        return own + [one for name in ("h", "r", "b", "i") for one in texts(fields.get(name))]
    if isinstance(value, list):
        return [one for item in cast("list[Json]", value) for one in texts(item)]
    return []


def said(value: Json) -> str:
    return " ".join(texts(value))


def test_a_line_is_runs_of_text_and_styles() -> None:
    drawn = blocks.of_markdown("a **b *c*** `d` ~~e~~ [f](https://example.com/x)\ng  \nh")
    assert drawn == [
        {
            "k": "p",
            "r": [
                {"s": "a "},
                {"s": "b ", "b": 1},
                {"s": "c", "b": 1, "i": 1},
                {"s": " "},
                {"s": "d", "c": 1},
                {"s": " "},
                {"s": "e", "x": 1},
                {"s": " "},
                {"s": "f", "l": "https://example.com/x"},
                {"s": " "},
                {"s": "g"},
                {"s": "\n"},
                {"s": "h"},
            ],
        }
    ]


def test_blocks_hold_blocks() -> None:
    drawn = blocks.of_markdown("## T\n\n3. one\n4. two\n   - deep\n\n> said\n\n```py\nx = 1\n```\n\n---\n")
    assert drawn == [
        {"k": "h", "r": [{"s": "T"}], "n": 2},
        {
            "k": "l",
            "n": 3,
            "i": [
                [{"k": "p", "r": [{"s": "one"}]}],
                [
                    {"k": "p", "r": [{"s": "two"}]},
                    {"k": "l", "n": None, "i": [[{"k": "p", "r": [{"s": "deep"}]}]]},
                ],
            ],
        },
        {"k": "q", "b": [{"k": "p", "r": [{"s": "said"}]}]},
        {"k": "c", "s": "x = 1"},
        {"k": "r"},
    ]


def test_a_table_has_a_head_and_cells() -> None:
    drawn = blocks.of_markdown("|a|b|\n|-|-|\n|1|2<br>3|\n|4|\n")
    assert drawn == [
        {
            "k": "t",
            "n": 2,
            "h": [[{"s": "a"}], [{"s": "b"}]],
            "b": [[{"s": "1"}], [{"s": "2"}, {"s": "\n"}, {"s": "3"}], [{"s": "4"}], []],
        }
    ]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "/x", "data:text/html,x"])
def test_a_link_leads_only_to_pages_and_mail(address: str) -> None:
    assert '"l"' not in repr(blocks.of_markdown(f"[words]({address})")).replace("'", '"')
    assert "words" in said(blocks.of_markdown(f"[words]({address})"))


def test_plain_text_keeps_its_lines() -> None:
    drawn = blocks.of_text("a\n  b *c*\n\n\n\td\x1b[0m\r\ne")
    assert drawn == [
        {"k": "p", "r": [{"s": "a\n  b *c*"}]},
        {"k": "p", "r": [{"s": "    d\ufffd[0m\ne"}]},
    ]


def test_text_from_right_to_left_is_marked() -> None:
    assert blocks.of_markdown("1 مرحبا")[0]["d"] == 1
    assert blocks.of_text("שלום")[0]["d"] == 1
    assert "d" not in blocks.of_text("hello שלום")[0]
    assert "d" not in blocks.of_code("مرحبا")


def test_a_long_word_may_break_and_no_other() -> None:
    assert blocks.breakable("a" * 60) == "\u200b".join(("a" * 24, "a" * 24, "a" * 12))
    for text in ("word " * 30, "a" * 47, "字" * 60, "e\u0301" * 60, "👩\u200d👩" * 60):
        assert blocks.breakable(text) == text


@pytest.mark.parametrize("sign", ["> ", "- ", "1. "])
@pytest.mark.parametrize("depth", [5, 30, 99, 400])
def test_what_is_nested_deeply_is_not_lost(sign: str, depth: int) -> None:
    drawn = blocks.of_markdown(sign * depth + "the bottom")
    assert "the bottom" in said(drawn)
    assert repr(drawn).count("{'k': 'q'") <= 6
    assert repr(drawn).count("{'k': 'l'") <= 6


@pytest.mark.parametrize(
    "text", ["*" * 400 + "x" + "*" * 400, "[" * 400 + "x" + "](y)" * 400, "![" * 200 + "x"]
)
def test_signs_within_signs_are_no_trouble(text: str) -> None:
    assert "x" in said(blocks.of_markdown(text))


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.text("#*_`>|-[]()<!$\\ \n1.", max_size=60))
def test_any_text_can_be_read_and_keeps_its_letters(words: str, signs: str) -> None:
    text = "".join(a + b for a, b in zip(signs, words.ljust(len(signs)), strict=False))
    blocks.of_markdown(text)
    kept = [letter for letter in said(blocks.of_text(words)) if letter.isalnum()]
    assert kept == [letter for letter in words if letter.isalnum()]
