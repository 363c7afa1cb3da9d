"""Clean text, whatever came in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.knowledge.reading.cleaning import clean, one_line
from steward.knowledge.reading.letters import beyond_ascii


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_unseen_is_left(text: str) -> None:
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode("utf-8")
    for character in cleaned:
        category = unicodedata.category(character)
        assert character in "\n\t" or category != "Cc"
        assert category != "Cs"
        assert not 0xFE00 <= ord(character) <= 0xFE0F
        assert not 0xE0000 <= ord(character) <= 0xE0FFF


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_stays(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_pairs_of_surrogates_are_joined() -> None:
    assert clean("\ud83d\ude00 \ud83d") == "\U0001f600 \ufffd"


def test_one_line() -> None:
    assert one_line("  A\n\ttitle\u200b  \x00of it ") == "A title of it"
    assert one_line("word " * 100, 10) == "word word"


@pytest.mark.parametrize("other", ["", "é", "œ’", "\u3000", "漢字"])
def test_line_ends_and_controls_go_whatever_else_is_there(other: str) -> None:
    """Texts with and without odd characters are cleaned in two ways, which must come to the same."""
    kept = other.replace("\u3000", " ")
    assert clean(f"a\r\nb\rc\x0bd\x1ce{other}\x00f\x7fg\t") == f"a\nb\nc\nd\ne{kept}fg\t"


def test_characters_beyond_ascii() -> None:
    assert beyond_ascii("plain") == ""
    assert beyond_ascii("Größe 漢字 ok") == "öß漢字"
    with pytest.raises(UnicodeEncodeError):
        beyond_ascii("a\ud800")
