"""Clean text, whatever came in."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from steward.knowledge.reading.cleaning import clean, one_line


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
