"""Where a text may be cut: at headings, paragraphs, lines, sentences and words, and how well each place suits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Final


class Boundary(IntEnum):
    """What begins at a place; the higher, the better a passage begins there."""

    INSIDE = 0
    """Within what belongs together: a long word, a block of code, a heading and its text."""
    WORD = 1
    CLAUSE = 2
    SENTENCE = 3
    LINE = 4
    PARAGRAPH = 5
    HEADING = 6


_SHORTENED: Final = (
    "approx bzw ca cf ch corp dept dr ed eds eg engl etc evtl fig figs ggf ie inc incl inkl jr ltd max min mr mrs ms "
    "nos núm pp prof pág resp sec sr sra tel usw vgl vol vs zb zzgl"
)
_ABBREVIATIONS: Final = frozenset(_SHORTENED.split())
_LABEL_CHARS: Final = 4
"""A dot behind so short a word and before a number belongs to the word, as in `No. 5`."""
_ORDINAL_DIGITS: Final = 2
_STOPS: Final = ".!?…‽؟۔।॥።၊။"  # noqa: RUF001  # the signs of all scripts
_WIDE_STOPS: Final = "。！？｡"  # noqa: RUF001  # the same
_WIDE_CLOSING: Final = "」』”’）〉》】"  # noqa: RUF001  # the same
_GAP: Final = re.compile(r"\n\s*")
_SENTENCE_END: Final = re.compile(
    rf"[{_STOPS}]+[\"'»)\]{_WIDE_CLOSING}]*\s+" rf"|[{_WIDE_STOPS}]+[{_WIDE_CLOSING}]*\s*"
)
_ITEM: Final = re.compile(r"(?:[-*+•▪◦\u2013]|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \t]|\|")
_OPENING: Final = "([\"'“„«\u2018"
_WORD_CHARS: Final = 24


def lines(text: str, *, has_hard_lines: bool) -> Iterator[tuple[int, Boundary]]:
    """The places of a text where a paragraph, an item or a line begins, in order; each a character, no space.

    Args:
        text: clean, as `cleaning.clean` leaves it.
        has_hard_lines: every line end counts; else one within a paragraph only wraps it.
    """
    for gap in _GAP.finditer(text):
        start, at = gap.span()
        if at == len(text):
            return
        if text.find("\n", start + 1, at) > 0:
            yield at, Boundary.PARAGRAPH
        elif has_hard_lines or _ITEM.match(text, at):
            yield at, Boundary.LINE


def sentences(text: str, begin: int, end: int) -> Iterator[tuple[int, Boundary]]:
    """The places between two others where a sentence begins, in order."""
    for found in _SENTENCE_END.finditer(text, begin, end):
        dot, at = found.span()
        if at < end and _ends_sentence(text, dot, at):
            yield at, Boundary.SENTENCE


def _ends_sentence(text: str, dot: int, after: int) -> bool:
    """Whether a sign ends a sentence: the dot of an abbreviation, a number or an initial does not."""
    if text[dot] != ".":
        return True
    if text[after].islower():
        return False
    before = text[max(0, dot - _WORD_CHARS) : dot]
    word = before[max(before.rfind(" "), before.rfind("\n")) + 1 :].lstrip(_OPENING)
    if word.isdecimal():
        return len(word) > _ORDINAL_DIGITS
    if len(word) <= _LABEL_CHARS and text[after].isdecimal():
        return False
    is_initial = len(word) == 1 and word.isalpha()
    return not (is_initial or "." in word or word.lower() in _ABBREVIATIONS)
