"""The interview for a workshop: its outline, with a timetable whose minutes add up."""

from __future__ import annotations

from typing import Final

from steward.interviews import timetable
from steward.interviews.definitions import Answers, Document, Interview, Question, When
from steward.interviews.markdown import bullets, line, paragraphs, sections, table, text_of
from steward.interviews.timetable import Slot

_ON_SITE: Final = ("on site", "both at once")
_DAY_MINUTES: Final = 1_440

_QUESTIONS: Final = (
    Question("topic", "What is the workshop about?", "It becomes the title.", least=3, most=150),
    Question(
        "audience",
        "Who takes part?",
        "What they do, and what they know of the topic already.",
        least=3,
        most=600,
    ),
    Question("participants", "How many take part?", type="number", is_whole=True, least=1, most=1_000),
    Question("place", "Where does it take place?", type="choice", choices=("online", *_ON_SITE)),
    Question(
        "venue", "In which room or building?", is_required=False, most=200, when=When("place", _ON_SITE)
    ),
    Question("day", "On which day?", "Nothing if it is not known yet.", type="date", is_required=False),
    Question(
        "starts_at",
        "When does it begin?",
        "The time of day, such as 09:30; nothing if it is not known yet.",
        is_required=False,
        pattern=r"([01]?[0-9]|2[0-3]):[0-5][0-9]",
        pattern_says="the time as hours and minutes, such as 09:30",
    ),
    Question(
        "minutes",
        "How long does it take, in minutes?",
        "With breaks: half a day is about 210, a day about 420.",
        type="number",
        is_whole=True,
        least=timetable.LEAST_MINUTES,
        most=timetable.MOST_MINUTES,
    ),
    Question(
        "goals",
        "What can people do afterwards?",
        "One goal a line; each one gets its part of the timetable.",
        type="list",
        least=1,
        most=timetable.MOST_SUBJECTS,
    ),
    Question(
        "methods",
        "How do they work?",
        "Such as a short talk, work in pairs, a case; one a line, in the order of the goals.",
        type="list",
        least=1,
        most=12,
    ),
    Question("material", "What is needed?", "One thing a line.", type="list", is_required=False, most=30),
    Question("preparation", "What do people do beforehand?", is_required=False, most=1_000),
    Question(
        "follow_up",
        "What happens afterwards?",
        "So that what was learned is used.",
        is_required=False,
        most=1_000,
    ),
)


def _compose(answers: Answers) -> Document:
    title = f"Workshop: {text_of(answers, 'topic')}"
    return Document(
        title,
        sections(
            title,
            ("At a glance", "\n".join(f"- {one}" for one in _glance(answers))),
            ("Who takes part", paragraphs(answers["audience"])),
            ("Goals", bullets(answers["goals"])),
            ("Timetable", _timetable(answers)),
            ("Material", bullets(answers.get("material"))),
            ("Beforehand", paragraphs(answers.get("preparation"))),
            ("Afterwards", paragraphs(answers.get("follow_up"))),
        ),
    )


def _glance(answers: Answers) -> list[str]:
    people = text_of(answers, "participants")
    where = [text_of(answers, "place").capitalize(), text_of(answers, "venue")]
    when = [text_of(answers, "day"), text_of(answers, "starts_at")]
    lines = [
        f"{people} participant{'' if people == '1' else 's'}",
        ", ".join(one for one in where if one),
        ", ".join(one for one in when if one),
        f"{_minutes(answers)} minutes",
    ]
    return [one for one in lines if one]


def _timetable(answers: Answers) -> str:
    goals, methods = _lines(answers, "goals"), _lines(answers, "methods")
    begins = _minute_of_day(text_of(answers, "starts_at"))
    slots = timetable.plan(_minutes(answers), len(goals))
    rows = [
        (_clock(begins + slot.starts_at), str(slot.minutes), *_what(slot, slots[:at], goals, methods))
        for at, slot in enumerate(slots)
    ]
    rows.append((_clock(begins + _minutes(answers)), "", "End", ""))
    return table(("Time", "Minutes", "What", "How"), rows)


def _what(slot: Slot, before: list[Slot], goals: list[str], methods: list[str]) -> tuple[str, str]:
    match slot.kind:
        case "opening":
            return "Welcome, goals and expectations", "In the round"
        case "closing":
            return "Summary, next steps and feedback", "In the round"
        case "break" | "lunch":
            return slot.kind.capitalize(), ""
        case "work":
            at = slot.subject or 0
            is_continued = any(one.subject == slot.subject for one in before)
            return goals[at] + (" (continued)" if is_continued else ""), methods[at % len(methods)]


def _lines(answers: Answers, key: str) -> list[str]:
    value = answers[key]
    return value if isinstance(value, list) else [line(value)]


def _minutes(answers: Answers) -> int:
    value = answers["minutes"]
    assert isinstance(value, int | float)
    return int(value)


def _minute_of_day(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes) if minutes else 0


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute % _DAY_MINUTES, 60)
    return f"{hours:02}:{minutes:02}"


WORKSHOP: Final = Interview(
    "workshop",
    1,
    "Workshop",
    "Makes the outline of a workshop with a timetable.",
    _QUESTIONS,
    _compose,
)
