"""The documents of the built-in interviews, and interviews that others add."""

from __future__ import annotations

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from steward.interviews import answers, registry
from steward.interviews.definitions import Answers, Document, Interview, Question, When
from steward.interviews.errors import InterviewUnknown
from steward.interviews.hybrid_offer import HYBRID_OFFER
from steward.interviews.workshop import WORKSHOP
from tests.interviews import held


def composed(interview: Interview, given: Answers) -> Document:
    return interview.compose(interview.counted(answers.that_fit(interview.questions, given)))


@pytest.mark.req("TOOL-27")
def test_an_offer_says_everything() -> None:
    offer = composed(HYBRID_OFFER, held.OFFER)
    assert offer.markdown == snapshot("""\
# Practice in Ninety Days

## Who it is for

Physiotherapists who open their first practice

## The problem

They do not know what to do first.

## The promise

A practice with its first twenty patients

## On your own

- Business plan
- Finding rooms

## Together with us

- Weekly call
- Review of the plan

## How it runs

- 12 weeks
- In a group
- At most 8 people in a group
- Begins on 2027-01-11

## Price

**1,000 EUR**, or 2 instalments of 333.33 EUR and one of 333.34 EUR

## Our guarantee

Your money back within two weeks

## Your next step

Book a first call
""")


@pytest.mark.req("TOOL-28")
def test_a_workshop_has_its_outline() -> None:
    workshop = composed(WORKSHOP, held.WORKSHOP)
    assert workshop.title == "Workshop: Time for deep work"
    assert workshop.markdown == snapshot("""\
# Workshop: Time for deep work

## At a glance

- 12 participants
- On site, Room 4
- 2026-12-31, 09:30
- 200 minutes

## Who takes part

Teams who sit in meetings all day

## Goals

- Plan a day
- Say no
- Keep a habit

## Timetable

| Time | Minutes | What | How |
| --- | --- | --- | --- |
| 09:30 | 20 | Welcome, goals and expectations | In the round |
| 09:50 | 50 | Plan a day | Short talk |
| 10:40 | 15 | Break |  |
| 10:55 | 50 | Say no | Work in pairs |
| 11:45 | 45 | Keep a habit | Short talk |
| 12:30 | 20 | Summary, next steps and feedback | In the round |
| 12:50 |  | End |  |

## Beforehand

Bring a calendar
""")


@pytest.mark.parametrize(
    ("price", "instalments", "said"),
    [
        (1000, 3, "2 instalments of 333.33 EUR and one of 333.34 EUR"),
        (1000, 4, "4 instalments of 250 EUR"),
        (99.99, 2, "1 instalment of 49.99 EUR and one of 50 EUR"),
        (0.01, 2, "1 instalment of 0 EUR and one of 0.01 EUR"),
    ],
)
def test_instalments_add_up(price: float, instalments: int, said: str) -> None:
    offer = composed(HYBRID_OFFER, {**held.OFFER, "price": price, "instalments": instalments})
    assert said in offer.markdown


def test_a_question_that_is_left_out_counts_for_none() -> None:
    given = {**held.OFFER, "format": "one to one", "payment": "at once"}
    assert {"group_size", "instalments"}.isdisjoint(one.key for one in HYBRID_OFFER.asked(given))
    offer = composed(HYBRID_OFFER, given)
    assert "people in a group" not in offer.markdown
    assert "**1,000 EUR**, paid at once" in offer.markdown


def test_what_hangs_on_a_question_that_is_left_out_is_left_out_too() -> None:
    interview = Interview(
        "chain",
        1,
        "Chain",
        "",
        (
            Question("a", "A?", type="choice", choices=("yes", "no")),
            Question("b", "B?", type="choice", choices=("yes", "no"), when=When("a", ("yes",))),
            Question("c", "C?", when=When("b", ("yes",))),
        ),
        lambda given: Document("", ""),
    )
    assert [one.key for one in interview.asked({"a": "yes", "b": "yes"})] == ["a", "b", "c"]
    assert [one.key for one in interview.asked({"a": "no", "b": "yes"})] == ["a"]


def test_words_of_people_stay_words() -> None:
    said = {
        **held.WORKSHOP,
        "topic": "# Time\n\n## Now",
        "audience": "# Everybody\n- and\n1. more\n> than | that",
        "goals": ["A | B", "# C"],
    }
    workshop = composed(WORKSHOP, said)
    lines = workshop.markdown.splitlines()
    assert lines[0] == "# Workshop: # Time ## Now"
    assert lines[lines.index("\\# Everybody") :][:4] == [
        "\\# Everybody",
        "\\- and",
        "1\\. more",
        "\\> than | that",
    ]
    assert "- \\# C" in lines
    assert any("| A \\| B |" in line for line in lines)
    heads = [line for line in lines if line.startswith("#")]
    assert heads == [
        lines[0],
        *(f"## {head}" for head in ("At a glance", "Who takes part", "Goals", "Timetable", "Beforehand")),
    ]


def test_everything_optional_may_be_passed_over() -> None:
    for interview, given in ((HYBRID_OFFER, held.OFFER), (WORKSHOP, held.WORKSHOP)):
        optional = {one.key for one in interview.questions if not one.is_required}
        few = {key: value for key, value in given.items() if key not in optional}
        assert "None" not in composed(interview, few).markdown


def test_other_packages_add_their_own() -> None:
    mine = registry.register(replace(WORKSHOP, name="of_a_test", title="Of a test"))
    assert registry.register(mine) is registry.get("of_a_test") is mine
    with pytest.raises(ValueError, match="already"):
        registry.register(replace(mine))
    with pytest.raises(InterviewUnknown, match="hybrid_offer"):
        registry.get("nothing")


@pytest.mark.parametrize(
    "questions",
    [
        (Question("a", "A?"), Question("a", "B?")),
        (Question("a", "A?", when=When("b", ("x",))), Question("b", "B?")),
        (Question("a", "A?", type="choice"),),
    ],
    ids=["twice", "ahead", "no choice"],
)
def test_a_definition_that_cannot_be_asked_is_a_bug(questions: tuple[Question, ...]) -> None:
    with pytest.raises(AssertionError):
        Interview("wrong", 1, "Wrong", "", questions, lambda given: Document("", ""))
