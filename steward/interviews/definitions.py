"""Definitions of interviews: which questions are asked, when, what fits them, and which document comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

QuestionType = Literal["text", "number", "choice", "list", "date"]
Value: TypeAlias = str | float | list[str] | None
"""An answer as it is kept: a date as `2026-12-31`; None for a question that was passed over."""
Answers: TypeAlias = Mapping[str, Value]
"""Answers by the keys of their questions; one that was passed over is None or not there."""


@dataclass(frozen=True, slots=True)
class When:
    """Asks a question only if an earlier one has one of these answers, or has them among its items."""

    key: str
    is_one_of: tuple[str, ...]

    def holds(self, answers: Answers) -> bool:
        """Whether the question is asked."""
        answer = answers.get(self.key)
        given = answer if isinstance(answer, list) else [answer]
        return any(one in self.is_one_of for one in given)


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        key: by which it is answered and corrected.
        text: what the person is asked.
        help: what a good answer looks like.
        type: a text, a number, one of `choices`, several lines, or a day.
        is_required: whether the interview can be completed without it.
        least: fewest characters of a text, smallest number, fewest items of a list; None for no bound.
        most: the same the other way; texts and lists have a bound of their own beside it.
        is_whole: of numbers: without decimals.
        choices: what a choice, or each item of a list, is one of; none for any.
        pattern: a regular expression that the whole text fits.
        pattern_says: what fits it, in words that go on "Write …".
        when: asks it only if an earlier answer says so.
    """

    key: str
    text: str
    help: str = ""
    type: QuestionType = "text"
    is_required: bool = True
    least: float | None = None
    most: float | None = None
    is_whole: bool = False
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    pattern_says: str = ""
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What an interview was held for. `markdown` opens with the title as its heading."""

    title: str
    markdown: str


@dataclass(frozen=True, slots=True)
class Interview:
    """A kind of interview.

    Attributes:
        name: by which it is started, such as `workshop`.
        version: raised with every change of the questions; open interviews go on with the new ones, and are asked
            again what no longer fits.
        title: for people.
        description: what comes of it, in one sentence.
        questions: in the order in which they are asked; `when` looks back only.
        compose: makes the document. It gets answers that fit, all required ones among them, takes no time and asks
            nobody.
    """

    name: str
    version: int
    title: str
    description: str
    questions: tuple[Question, ...]
    compose: Callable[[Answers], Document]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for question in self.questions:
            assert question.key not in seen, f"{self.name} asks {question.key} twice"
            assert question.when is None or question.when.key in seen, f"{question.key} looks ahead"
            assert question.type != "choice" or question.choices, f"{question.key} has nothing to choose from"
            seen.add(question.key)

    def asked(self, answers: Answers) -> list[Question]:
        """The questions that these answers leave in: an answer to one that is left out counts for none."""
        counted: dict[str, Value] = {}
        found: list[Question] = []
        for question in self.questions:
            if question.when is None or question.when.holds(counted):
                found.append(question)
                counted[question.key] = answers.get(question.key)
        return found

    def counted(self, answers: Answers) -> dict[str, Value]:
        """The answers to questions that are asked."""
        return {
            question.key: answers[question.key] for question in self.asked(answers) if question.key in answers
        }
