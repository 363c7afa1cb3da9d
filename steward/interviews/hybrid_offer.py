"""The interview for a hybrid offer: what people go through on their own, and what they do with you."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Final

from steward.interviews.definitions import Answers, Document, Interview, Question, When
from steward.interviews.markdown import bullets, number, paragraphs, sections, text_of

_IN_GROUPS: Final = ("in a group", "one to one and in a group")
_BY_INSTALMENTS: Final = "in instalments"
_CENT: Final = Decimal("0.01")

_QUESTIONS: Final = (
    Question(
        "name",
        "What is the offer called?",
        "A name that says what changes for the buyer is remembered better than one that says what you do.",
        most=120,
    ),
    Question(
        "audience",
        "Who is it for?",
        "One kind of person in one situation, such as physiotherapists who open their first practice.",
        least=5,
        most=600,
    ),
    Question(
        "problem",
        "Which problem brings them to you?",
        "In the words that they use themselves.",
        least=5,
        most=1_500,
    ),
    Question(
        "promise",
        "What will be different for them at the end?",
        "A result that they can see or count, and that you can keep.",
        least=5,
        most=1_500,
    ),
    Question("weeks", "How many weeks does it take?", type="number", is_whole=True, least=1, most=104),
    Question(
        "digital_modules",
        "What do they work through on their own?",
        "Lessons, recordings, worksheets, templates; one a line.",
        type="list",
        least=1,
        most=15,
    ),
    Question(
        "personal_modules",
        "What do they do together with you?",
        "Calls, workshops, reviews of their work; one a line.",
        type="list",
        least=1,
        most=15,
    ),
    Question(
        "format",
        "How do you work with them?",
        type="choice",
        choices=("one to one", *_IN_GROUPS),
    ),
    Question(
        "group_size",
        "How many people are in a group at most?",
        type="number",
        is_whole=True,
        least=2,
        most=500,
        when=When("format", _IN_GROUPS),
    ),
    Question(
        "currency", "In which currency is the price?", type="choice", choices=("EUR", "USD", "CHF", "GBP")
    ),
    Question(
        "price", "What does it cost?", "The whole price, as a number.", type="number", least=0, most=1_000_000
    ),
    Question("payment", "How is it paid?", type="choice", choices=("at once", _BY_INSTALMENTS)),
    Question(
        "instalments",
        "How many instalments are there?",
        type="number",
        is_whole=True,
        least=2,
        most=36,
        when=When("payment", (_BY_INSTALMENTS,)),
    ),
    Question(
        "guarantee",
        "What do you guarantee?",
        "What happens if it does not work out; nothing if there is no guarantee.",
        is_required=False,
        most=1_000,
    ),
    Question("bonuses", "What do they get on top?", "One a line.", type="list", is_required=False, most=10),
    Question(
        "starts_on",
        "On which day does it begin?",
        "Nothing if people can begin at any time.",
        type="date",
        is_required=False,
    ),
    Question(
        "call_to_action",
        "What shall an interested person do next?",
        "One step, such as booking a first call, and where.",
        least=3,
        most=400,
    ),
)


def _compose(answers: Answers) -> Document:
    title = text_of(answers, "name")
    return Document(
        title,
        sections(
            title,
            ("Who it is for", paragraphs(answers["audience"])),
            ("The problem", paragraphs(answers["problem"])),
            ("The promise", paragraphs(answers["promise"])),
            ("On your own", bullets(answers["digital_modules"])),
            ("Together with us", bullets(answers["personal_modules"])),
            ("How it runs", "\n".join(f"- {one}" for one in _course(answers))),
            ("On top", bullets(answers.get("bonuses"))),
            ("Price", _price(answers)),
            ("Our guarantee", paragraphs(answers.get("guarantee"))),
            ("Your next step", paragraphs(answers["call_to_action"])),
        ),
    )


def _course(answers: Answers) -> list[str]:
    weeks = text_of(answers, "weeks")
    lines = [f"{weeks} week{'' if weeks == '1' else 's'}", text_of(answers, "format").capitalize()]
    if answers.get("group_size"):
        lines.append(f"At most {text_of(answers, 'group_size')} people in a group")
    lines.append(f"Begins on {answers['starts_on']}" if answers.get("starts_on") else "Begins when you like")
    return lines


def _price(answers: Answers) -> str:
    price, currency = Decimal(str(answers["price"])), text_of(answers, "currency")
    whole = f"**{number(float(price))} {currency}**"
    count = answers.get("instalments")
    if not isinstance(count, int) or not price:
        return f"{whole}, paid at once"
    part = (price / count).quantize(_CENT, ROUND_DOWN)
    last = price - part * (count - 1)
    if last == part:
        return f"{whole}, or {count} instalments of {number(float(part))} {currency}"
    return (
        f"{whole}, or {count - 1} instalment{'' if count == 2 else 's'} of {number(float(part))} {currency} "
        f"and one of {number(float(last))} {currency}"
    )


HYBRID_OFFER: Final = Interview(
    "hybrid_offer",
    1,
    "Hybrid offer",
    "Makes an offer that combines digital lessons with personal work.",
    _QUESTIONS,
    _compose,
)
