"""Where the sentences of a text stand, in any script; list items, headings and rows of tables are sentences too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

_MOST_CHARS: Final = 500
"""Longer ones are cut between words: they are tables without lines, or text whose full stops are lost."""
_LINE: Final = re.compile(r"[^\n]*\n?")
# What stands before the words of a line: quotes, hashes, bullets, numbers, boxes to tick.
_LEAD: Final = re.compile(
    r"[\s>]*(?:#{1,6}(?=\s)|[-*+•·‣▪\u2013](?=\s)|\(?[0-9]{1,3}[.)](?=\s)|[a-z]\)(?=\s)|\|)?\s*(?:\[[ xX]\]\s)?"
)
_ROW: Final = re.compile(r"[\s>]*(?:#{1,6}\s|\|)")
"""A heading, or a row of a table: what ends with its line."""
_FIELD: Final = re.compile(r"[^:;|\n]{1,40}: ")
_STOP: Final = re.compile(
    r"(?P<dot>\.)[\"'”\u2019»)\]*_]*(?=\s)|[.!?…]{2,}[\"'”\u2019»)\]*_]*(?=\s|$)|[!?…][\"'”\u2019»)\]*_]*(?=\s|$)"
    r"|[。\uff01\uff1f｡]+[」』”\u2019\uff09)]*|[؟।॥\u06d4]+(?=\s|$)"
)
_NO_STOP: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|z\.\s?B|d\.\s?h|u\.\s?a|p\.\s?ej|p\.\s?ex|vs|cf|vgl|ca|approx|incl|excl|inkl|exkl|bzw|bspw|ggf|evtl|"
    r"resp|Tel|Dr|Prof|Mr|Mrs|Ms|St|Sr|Sra|Dott|Ing)|(?:^|\s|\.)[A-Za-zÄÖÜ])$"
)
_NUMBERED: Final = re.compile(
    r"\b(?:nos?|nr|Art|Abs|Abb|Kap|Tab|fig|Eq|Sec|Vol|pp|art|cap|núm|págs?)$", re.IGNORECASE
)
_DIGIT: Final = re.compile(r"\s+[0-9]")
_ORDINAL: Final = re.compile(r"(?:^|\s)[0-9]{1,2}$")
_AFTER_ORDINAL: Final = re.compile(
    r"\s+(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Quartal|Woche|Monat|Tag|Jahr|Stock|Etage|[a-zäöü])"
)
_LOWER: Final = re.compile(r"\s+[a-zß-öø-ÿ]")
_LOOK_BACK_CHARS: Final = 12
_FULL_CHARS: Final = 60
_WIDE_CHARS: Final = 120
"""Lines between these were probably wrapped; a longer one is a paragraph of its own."""


def spans(text: str) -> list[Span]:
    """Where each sentence begins and ends, in order, without the blanks and marks around it."""
    found: list[Span] = []
    for start, end in _units(text):
        found += _cut(text, start, end)
    return found


def _units(text: str) -> Iterator[Span]:
    """Stretches that no sentence leaves: items, headings, rows, and paragraphs, whose lines may be wrapped."""
    lines = [match.span() for match in _LINE.finditer(text) if match.end() > match.start()]
    at = 0
    while at < len(lines):
        last = at
        while last + 1 < len(lines) and _goes_on(text, lines[last], lines[last + 1]):
            last += 1
        start, end = _LEAD.match(text, *lines[at]), lines[last][1]
        assert start is not None
        yield min(start.end(), end), end
        at = last + 1


def _goes_on(text: str, line: Span, following: Span) -> bool:
    """Whether a line break is only there because the line was full."""
    first, second = text[slice(*line)].rstrip(), text[slice(*following)]
    before, lead = _LEAD.match(first), _LEAD.match(second)
    assert before is not None
    assert lead is not None
    if not first.strip(" \t>") or _ROW.match(first) or lead[0].strip(" \t>") or lead.end() == len(second):
        return False
    if before[0].count(">") != lead[0].count(">"):
        return False
    if second[lead.end()].islower():
        return True
    is_record = _FIELD.match(first) is not None and _FIELD.match(second) is not None
    return not is_record and _FULL_CHARS <= len(first) <= _WIDE_CHARS


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    for stop in _STOP.finditer(text, start, end):
        if stop["dot"] is None or _is_end(text, start, stop):
            yield from _short(text, start, stop.end())
            start = stop.end()
    yield from _short(text, start, end)


def _is_end(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether a full stop ends the sentence, and not an abbreviation, an initial or a German ordinal."""
    before = text[max(start, stop.start() - _LOOK_BACK_CHARS) : stop.start()]
    after = stop.end()
    if _NO_STOP.search(before) or _LOWER.match(text, after):
        return False
    if _NUMBERED.search(before) and _DIGIT.match(text, after):
        return False
    return not (_ORDINAL.search(before) and _AFTER_ORDINAL.match(text, after))


def _short(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without blanks around it, cut where it is too long; nothing when it has no letter and no digit."""
    while end - start > _MOST_CHARS:
        space = text.rfind(" ", start + _MOST_CHARS // 2, start + _MOST_CHARS)
        middle = start + _MOST_CHARS if space < 0 else space
        yield from _short(text, start, middle)
        start = middle
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if any(map(str.isalnum, text[start:end])):
        yield start, end
