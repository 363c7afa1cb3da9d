from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.kernel.characters import cut

_FAMILY = "👩‍👩‍👧‍👦"
_WHOLE = ["a", "é", "e\u0301", "日", "👍🏽", "🇨🇭", _FAMILY, "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "한", "1️⃣", "นี้"]


@pytest.mark.parametrize("whole", _WHOLE)
def test_a_character_is_kept_or_left_out(whole: str) -> None:
    for most in range(5, 5 + len(whole)):
        assert cut("abcde" + whole + "xyz", most) == "abcde"
    assert cut("abcde" + whole + "xyz", 5 + len(whole)) == "abcde" + whole


@settings(deadline=None)
@given(pieces=st.lists(st.sampled_from(_WHOLE), min_size=1, max_size=20), most=st.integers(11, 60))
def test_what_is_cut_off_begins_with_a_whole_character(pieces: list[str], most: int) -> None:
    text = "".join(pieces)
    expected = ""
    for piece in pieces:
        if len(expected + piece) > most:
            break
        expected += piece
    assert cut(text, most) == expected


@pytest.mark.parametrize("text", ["", "abc", "\u0301" * 50, "🇨" * 7])
def test_nothing_is_longer_than_asked_for(text: str) -> None:
    assert len(cut(text, 10)) <= 10
    assert cut(text, len(text)) == text


def test_marks_alone_are_cut_somewhere() -> None:
    assert cut("\u0301" * 500, 100) == "\u0301" * 100
