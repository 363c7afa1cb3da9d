"""Sentences: where they stand, in any script."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steward.kernel import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences.spans(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is hot. Is it? Yes!", ["It is hot.", "Is it?", "Yes!"]),
        (
            "It is 9.5 bar, e.g. at St. Mary's. No. 5 is not.",
            ["It is 9.5 bar, e.g. at St. Mary's.", "No. 5 is not."],
        ),
        ("Am 3. Mai z. B. um 9. Danach nicht.", ["Am 3. Mai z. B. um 9.", "Danach nicht."]),
        ('She said "no." Then she left.', ['She said "no."', "Then she left."]),
        ("Wait... what? **Now.** Go", ["Wait...", "what?", "**Now.**", "Go"]),
        ("水温は93度です。圧力は？はい！", ["水温は93度です。", "圧力は？", "はい！"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("", []),
        (" \n--- \n***", []),
    ],
)
def test_sentences_end_where_readers_pause(text: str, found: list[str]) -> None:
    assert cut(text) == found


def test_headings_items_and_rows_are_sentences_of_their_own() -> None:
    text = "# Pump\nNine bar\n- one. Two.\n  - [ ] three\n12. four\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    assert cut(text) == ["Pump", "Nine bar", "one.", "Two.", "three", "four", "said", "a | b |", "1 | 2 |"]


def test_a_wrapped_line_does_not_end_a_sentence() -> None:
    wrapped = "The pump is set to nine bar at the factory, and may be changed by\nTechnicians of the house."
    assert cut(wrapped) == [wrapped]
    assert cut("The pump is\nset to nine bar.\nIt is hot.") == ["The pump is\nset to nine bar.", "It is hot."]
    records = (
        "Model: Aurora 200; Price: 1,200 EUR; Weight: 14 kg; Colour: black\nModel: Borealis; Price: 900 EUR"
    )
    assert cut(records) == records.split("\n")


def test_what_never_ends_is_cut_between_words() -> None:
    assert max(map(len, cut("word " * 1_000))) <= 500
    assert "".join(cut("x" * 1_200)) == "x" * 1_200
    assert "".join(cut("word " * 1_000)).replace(" ", "") == "word" * 1_000


def letters(between: str) -> str:
    """The letters between sentences; those that mark an item, as in "a) one", are marks."""
    return "".join(filter(str.isalpha, re.sub(r"[a-z]\)(?=\s)", "", between)))


@example("a) one.\nb) \n")
@given(st.text(alphabet=st.sampled_from("ab .!?。\n-#|>1()[]é水"), max_size=120))
def test_spans_are_in_order_and_hold_every_letter(text: str) -> None:
    end = 0
    for start, stop in sentences.spans(text):
        assert end <= start < stop
        assert text[start:stop] == text[start:stop].strip()
        assert letters(text[end:start]) == ""
        end = stop
    assert letters(text[end:]) == ""
