"""Excerpts: the words of a passage that show why it was found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.knowledge.excerpts import excerpt
from tests.knowledge import labelled


@pytest.mark.req("RAG-04")
def test_the_words_of_the_question_are_in_it() -> None:
    assert "Descale the machine every three months" in excerpt(labelled.BOILER, "When is it descaled?")
    assert excerpt(labelled.WARRANTY, "receipt and serial number").startswith("…Damage caused by limescale")
    assert excerpt(labelled.LEAVE, "Wie viele Tage Urlaub?").startswith("Der Urlaubsanspruch")
    assert "保証は二年" in excerpt(labelled.FRIDGE * 9 + "保証は二年です。", "保証は何年ですか")


def test_a_short_passage_is_shown_whole_on_one_line() -> None:
    assert excerpt("Nine bar.\n\n  Two years.", "bar") == "Nine bar. Two years."


def test_words_stay_whole_and_cuts_are_marked() -> None:
    shown = excerpt(labelled.BOILER, "nothing of this", 100)
    assert (
        shown
        == "The boiler of the Aurora 200 reaches its operating temperature of 93 °C after 12 minutes. Do not…"
    )
    assert excerpt(labelled.TRAVEL, "flights", 60).startswith("…")


@given(st.text(max_size=600), st.text(max_size=40), st.integers(10, 300))
def test_it_fits_whatever_the_text_is(text: str, question: str, most_chars: int) -> None:
    shown = excerpt(text, question, most_chars)
    assert len(shown) <= most_chars
    assert shown.strip("…") in " ".join(text.split())
    assert bool(shown) == bool(text.split())


def test_headings_are_left_to_whoever_shows_them() -> None:
    assert (
        excerpt("# Pump\n\n## Capacity\n\nThe pump moves 30 litres.", "pump") == "The pump moves 30 litres."
    )
    assert excerpt("# Pump", "pump") == "# Pump"
