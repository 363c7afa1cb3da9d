"""Answers: what a person or a model says is read as what its question takes, or refused with what would fit."""

from __future__ import annotations

import contextlib
import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final

from steward.interviews.definitions import Answers, Question, Value
from steward.interviews.errors import AnswerUnfit

TEXT_CHARS: Final = 4_000
ITEM_CHARS: Final = 500
ITEMS: Final = 50

_NUMBER: Final = re.compile(r"(?P<sign>[-+]?)(?P<whole>[0-9]{1,15})(?:[.,](?P<decimals>[0-9]{1,2}))?")
_GERMAN_DATE: Final = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})")
_BULLET: Final = re.compile(r"^\s*(?:[-*•\u2013]|[0-9]{1,2}[.)])\s+")
_LINES: Final = re.compile(r"[\n;]+")


def read(question: Question, given: Value) -> Value:
    """An answer as it is kept; nothing at all passes over a question that is not required.

    Raises:
        AnswerUnfit: it is not what the question takes.
    """
    said = _trimmed(given)
    if said in (None, "", []):
        if question.is_required:
            raise _unfit(question, "This question needs an answer.")
        return None
    match question.type:
        case "text":
            return _text(question, said)
        case "number":
            return _number(question, said)
        case "choice":
            return _choice(question, said)
        case "list":
            return _list(question, said)
        case "date":
            return _date(question, said)


def that_fit(questions: Iterable[Question], kept: Answers) -> dict[str, Value]:
    """Answers that were kept as their questions take them today; without those that no longer fit."""
    found: dict[str, Value] = {}
    for question in questions:
        if question.key in kept:
            with contextlib.suppress(AnswerUnfit):
                found[question.key] = read(question, kept[question.key])
    return found


def _trimmed(given: Value) -> Value:
    if isinstance(given, str):
        return given.strip()
    if isinstance(given, list):
        return [item.strip() for item in given if item.strip()]
    return given


def _text(question: Question, said: Value) -> str:
    text = "\n".join(said) if isinstance(said, list) else _written(said)
    most = min(TEXT_CHARS, question.most or TEXT_CHARS)
    if len(text) > most:
        raise _unfit(question, f"Use at most {most:g} characters; these are {len(text)}.")
    if question.least is not None and len(text) < question.least:
        raise _unfit(question, f"Write at least {question.least:g} characters.")
    if question.pattern is not None and re.fullmatch(question.pattern, text) is None:
        raise _unfit(question, f"Write {question.pattern_says}.")
    return text


def _number(question: Question, said: Value) -> float:
    number = said if isinstance(said, int | float) else _read_number(question, _one(said))
    if not math.isfinite(number):
        raise _unfit(question, "Give a number that can be counted to.")
    if question.is_whole and number != int(number):
        raise _unfit(question, "Give a whole number.")
    if question.least is not None and number < question.least:
        raise _unfit(question, f"Give a number of at least {question.least:g}.")
    if question.most is not None and number > question.most:
        raise _unfit(question, f"Give a number of at most {question.most:,.0f}.")
    return int(number) if number == int(number) else number


def _read_number(question: Question, text: str) -> float:
    match = _NUMBER.fullmatch(text)
    if match is None:
        # "1.500" is one and a half to some and fifteen hundred to others.
        raise _unfit(question, "Give one number, without a unit and without marks between thousands.")
    return float(f"{match['sign']}{match['whole']}.{match['decimals'] or 0}")


def _choice(question: Question, said: Value) -> str:
    found = _chosen(question.choices, _one(said))
    if found is None:
        raise _unfit(question, f"Choose one of: {', '.join(question.choices)}.")
    return found


def _list(question: Question, said: Value) -> list[str]:
    items = _items(said)
    if question.choices:
        chosen = [_chosen(question.choices, item) for item in items]
        items = [one for one in chosen if one is not None]
        if len(items) < len(chosen):
            raise _unfit(question, f"Choose from: {', '.join(question.choices)}.")
    items = list(dict.fromkeys(items))
    most = int(min(ITEMS, question.most or ITEMS))
    if len(items) > most:
        raise _unfit(question, f"Give at most {most} items; these are {len(items)}.")
    if question.least is not None and len(items) < question.least:
        raise _unfit(question, f"Give at least {question.least:g} items, one a line.")
    if any(len(item) > ITEM_CHARS for item in items):
        raise _unfit(question, f"Use at most {ITEM_CHARS} characters for an item.")
    return items


def _date(question: Question, said: Value) -> str:
    text = _one(said)
    german = _GERMAN_DATE.fullmatch(text)
    try:
        if german is not None:
            return date(int(german[3]), int(german[2]), int(german[1])).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _unfit(question, "Give a day that exists, such as 2026-12-31 or 31.12.2026.") from None


def _items(said: Value) -> list[str]:
    """The items of a list, or of a text with one a line; of one line, those between its commas."""
    if isinstance(said, list):
        lines = said
    else:
        lines = _LINES.split(_written(said))
        if len(lines) == 1:
            lines = lines[0].split(",")
    bare = (" ".join(_BULLET.sub("", line).split()) for line in lines)
    return [item for item in bare if item]


def _chosen(choices: tuple[str, ...], said: str) -> str | None:
    wanted = _compared(said)
    return next((choice for choice in choices if _compared(choice) == wanted), None)


def _compared(text: str) -> str:
    """A choice as it is compared: without case, and with any dash or space."""
    return re.sub(r"[\s_\-\u2010-\u2015]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _one(said: Value) -> str:
    return said[0] if isinstance(said, list) and len(said) == 1 else _written(said)


def _written(said: Value) -> str:
    """What was said as text, whatever a model made of it."""
    if isinstance(said, list):
        return ", ".join(said)
    return f"{said:g}" if isinstance(said, float) else str(said)


def _unfit(question: Question, sentence: str) -> AnswerUnfit:
    return AnswerUnfit(f"{question.text} {sentence}", question=question.key)
