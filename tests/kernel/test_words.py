"""Words: the forms in which they compare."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from steward.kernel.words import content, places, stems


def test_endings_cases_and_accents_make_no_difference() -> None:
    assert stems("Pressure PRESSURISED") == stems("pressures pressuring")
    assert stems("Kessel, Kessels") == ["kesse", "kesse"]
    assert stems("é e\u0301 Éß ﬁx") == ["e", "e", "ess", "fix"]


def test_small_words_are_left_out_in_the_text_s_own_language() -> None:
    assert content("How hot is the boiler?") == ["hot", "boile"]
    assert content("Wie heiß ist der Kessel?") == ["heiss", "kesse"]
    assert content("Die, she said.") == ["die", "said"]


def test_scripts_without_spaces_are_read_two_characters_at_a_time() -> None:
    assert stems("水温は93度") == ["水温", "温は", "度"]
    assert stems("보증 기간") == ["보증", "기간"]


@given(st.text(max_size=100))
def test_every_stem_has_its_place(text: str) -> None:
    found = places(text)
    assert [at for _, at in found] == sorted(at for _, at in found)
    assert all(text[at].isalpha() or not text[at].isascii() for _, at in found)
