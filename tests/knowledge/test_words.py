"""Words: what is blanked quickly and what is cut by the pattern have the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.knowledge import words

# Letters, digits, marks within numbers, and what stands between words, in and beyond ASCII and Latin.
_MIXED = st.text(alphabet="ab1 2.3:4,_-é²’§漢ßœ½١\n·яกe\u0301\u00a0\u00ad", max_size=14)


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("BR-2210", ["BR", "2210"]),
        ("It’s 3.5 kg, at 12:30.", ["It", "s", "3.5", "kg", "at", "12:30"]),
        ("Die Größe: «über» 1.000,50 €", ["Die", "Größe", "über", "1.000,50"]),
        ("v1.2 and 1.2x", ["v1", "2", "and", "1.2", "x"]),
        ("a_b.c", ["a_b", "c"]),
        ("漢字仮名", ["漢字", "字仮", "仮名"]),
        ("Wörter 漢字", ["Wörter", "漢字"]),
        ("Москва, 1.5", ["Москва", "1.5"]),
        ("", []),
    ],
)
def test_words_are_apart(text: str, apart: list[str]) -> None:
    assert words.spaced(text).split() == apart


@given(_MIXED)
def test_a_text_has_the_words_of_a_question(text: str) -> None:
    """Questions are cut by the pattern alone, and must meet the words of passages."""
    found = dict.fromkeys(word.lower() for word in words.spaced(text).split())
    assert list(found) == words.of_question(text)
