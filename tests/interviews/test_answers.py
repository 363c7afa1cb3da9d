"""What fits a question, and what is said when an answer does not."""

from __future__ import annotations

import pytest

from steward.interviews import answers
from steward.interviews.definitions import Question, Value
from steward.interviews.errors import AnswerUnfit

TEXT = Question("text", "What?", least=3, most=10)
CLOCK = Question("clock", "When?", pattern=r"[0-9]{2}:[0-9]{2}", pattern_says="the time, such as 09:30")
NUMBER = Question("number", "How many?", type="number", least=2, most=5_000)
WHOLE = Question("whole", "How many?", type="number", is_whole=True)
CHOICE = Question("choice", "Which?", type="choice", choices=("one to one", "in a group"))
LIST = Question("list", "Which?", type="list", least=2, most=3)
CHOSEN = Question("chosen", "Which?", type="list", choices=("red", "green", "blue"))
DAY = Question("day", "When?", type="date")
OPTIONAL = Question("optional", "Else?", is_required=False)


@pytest.mark.req("TOOL-27")
@pytest.mark.parametrize(
    ("question", "given", "kept"),
    [
        (TEXT, "  words ", "words"),
        (TEXT, ["one", "two"], "one\ntwo"),
        (TEXT, 1500, "1500"),
        (CLOCK, "09:30", "09:30"),
        (NUMBER, "12,5", 12.5),
        (NUMBER, "12.50", 12.5),
        (NUMBER, 12.0, 12),
        (NUMBER, ["7"], 7),
        (CHOICE, "One-to-One", "one to one"),
        (CHOICE, ["IN A GROUP"], "in a group"),
        (LIST, "- red\n- green", ["red", "green"]),
        (LIST, "1. red\n2) green", ["red", "green"]),
        (LIST, "red, green, red", ["red", "green"]),
        (LIST, "red, dark; green", ["red, dark", "green"]),
        (LIST, ["red,  dark", " ", "green"], ["red, dark", "green"]),
        (CHOSEN, "RED, blue", ["red", "blue"]),
        (DAY, "2028-02-29", "2028-02-29"),
        (DAY, "31. 12. 2026", "2026-12-31"),
        (OPTIONAL, "", None),
        (OPTIONAL, None, None),
        (OPTIONAL, [" "], None),
    ],
    ids=str,
)
def test_an_answer_is_read(question: Question, given: Value, kept: Value) -> None:
    assert answers.read(question, given) == kept
    assert answers.that_fit([question], {question.key: kept}) == {question.key: kept}


@pytest.mark.req("TOOL-27")
@pytest.mark.parametrize(
    ("question", "given", "sentence"),
    [
        (TEXT, " ", "needs an answer"),
        (TEXT, "ab", "at least 3 characters"),
        (TEXT, "a" * 11, "at most 10 characters"),
        (Question("long", "What?"), "a" * 4_001, "at most 4000 characters"),
        (CLOCK, "half past nine", "the time, such as 09:30"),
        (NUMBER, "1.500", "without marks between thousands"),
        (NUMBER, "many", "one number"),
        (NUMBER, "\u0661\u0662", "one number"),
        (NUMBER, 1, "at least 2"),
        (NUMBER, 5_000.5, "at most 5,000"),
        (NUMBER, float("inf"), "can be counted to"),
        (NUMBER, float("nan"), "can be counted to"),
        (WHOLE, 1.5, "whole number"),
        (CHOICE, "by letter", "Choose one of: one to one, in a group"),
        (LIST, "red", "at least 2 items"),
        (LIST, "a, b, c, d", "at most 3 items"),
        (LIST, ["a" * 501, "b"], "at most 500 characters"),
        (CHOSEN, "red, pink", "Choose from: red, green, blue"),
        (DAY, "2027-02-29", "a day that exists"),
        (DAY, "soon", "2026-12-31"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_answer_that_does_not_fit_is_refused(question: Question, given: Value, sentence: str) -> None:
    with pytest.raises(AnswerUnfit, match=sentence) as caught:
        answers.read(question, given)
    assert caught.value.facts == {"question": question.key}
    assert answers.that_fit([question], {question.key: given}) == {}
