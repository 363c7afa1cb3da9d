"""Languages: told apart by their small words."""

from __future__ import annotations

import pytest

from steward.kernel import languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How hot does the boiler get?", "en"),
        ("Wie heiß wird der Kessel?", "de"),
        ("Quelle est la pression de la pompe ?", "fr"),
        ("¿Cuál es la presión de la bomba?", "es"),
        ("Qual è la pressione della pompa?", "it"),
        ("Wat is de druk van de pomp?", "nl"),
        ("Qual é a pressão da bomba?", "pt"),
        ("Aurora 200", None),
        ("水温は？", None),
        ("", None),
    ],
)
def test_a_question_tells_its_language(text: str, language: str | None) -> None:
    assert languages.guess(text) == language


def test_negations_are_small_words_and_numbers_are_not() -> None:
    for language, small in languages.SMALL_WORDS.items():
        assert not languages.NUMBER_WORDS[language].keys() & small
        assert languages.NUMBER_WORDS[language]
        assert languages.NEGATIONS[language]
