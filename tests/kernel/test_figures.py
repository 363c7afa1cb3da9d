"""Figures: numbers and codes that compare however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.kernel.figures import figures, readings


def rests_on(statement: str, source: str) -> bool:
    """Whether the source has every figure of the statement."""
    found = readings(source)
    return all(not figure.isdisjoint(found) for figure in figures(statement))


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("1,500 cups", "1500 cups"),
        ("1500 cups", "1.500 Tassen"),
        ("1.500,00 EUR", "1,500 EUR"),
        ("1 500 tasses", "1500"),
        ("1'000 Franken", "1000"),
        ("4.5 grams", "4,5 grammes"),
        ("9.0 bar", "9bar"),
        ("BR-2210", "br 2210"),
        ("BR2210", "the BR-2210/A"),
        ("E04", "error E-04"),
        ("2.3.1", "v2.3.1"),
        ("3 days", "three days"),
        ("trois jours", "3 jours"),
        ("zwölf Monate", "12 months"),
        ("the 24-hour service", "24 h"),
        ("6 bis 12 bar", "6–12 bar"),
        ("on 12 March 2024", "2024-03-12"),
        ("am 12.03.2024", "2024-03-12"),
        ("at 14:30", "14.30 o'clock at 14 h 30"),
        ("20 square metres", "20 m²"),
        ("٩٣", "93"),
        ("９３度", "93 °C"),
        ("007", "7"),
        ("X200's pump", "the X-200"),
    ],
)
def test_one_figure_has_many_spellings(statement: str, source: str) -> None:
    assert figures(statement)
    assert rests_on(statement, source)


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("9 bar", "9.5 bar"),
        ("95 bar", "9.5 bar"),
        ("12 minutes", "21 minutes"),
        ("1,500", "15,000"),
        ("E04", "E40"),
        ("BR-2210", "BR-2200"),
        ("five years", "two years"),
        ("elf Monate", "zwölf Monate"),
        ("version 4.3", "version 4.2"),
    ],
)
def test_other_figures_are_other_figures(statement: str, source: str) -> None:
    assert not rests_on(statement, source)


def test_small_words_of_other_languages_are_no_numbers() -> None:
    assert figures("The fee is due once.") == []
    assert figures("Die Gebühr sei fällig.") == []


@given(st.text(max_size=80))
def test_a_text_rests_on_itself(text: str) -> None:
    assert rests_on(text, text)


@given(st.from_regex(r"[A-Za-z0-9 .,:/'-]{1,40}", fullmatch=True))
def test_a_code_rests_on_itself(text: str) -> None:
    assert rests_on(text, text)
