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
_LONG_CHARS: Final = max(map(len, _ABBREVIATIONS)) + 1
_LABEL_CHARS: Final = 4
"""A dot behind so short a word and before a number belongs to the word, as in `No. 5`."""
_ORDINAL_DIGITS: Final = 2
_STOPS: Final = ".!?…‽؟۔।॥።၊။"  # noqa: RUF001  # the signs of all scripts
_WIDE_STOPS: Final = "。！？｡"  # noqa: RUF001  # the same
_WIDE_CLOSING: Final = "」』”’）〉》】"  # noqa: RUF001  # the same
_CLOSING: Final = f"\"'»)]{_WIDE_CLOSING}"
_ENDS: Final = _STOPS + _WIDE_STOPS
_PLACE: Final = re.compile(
    r"\n\s*"
    rf"|[{_STOPS}]+[{re.escape(_CLOSING)}]*[ \t]+"
    rf"|[{_WIDE_STOPS}]+[{_WIDE_CLOSING}]*[ \t]*"
)
_ITEM: Final = re.compile(r"(?:[-*+•▪◦\u2013]|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \t]|\|")
_WORD_BEFORE: Final = re.compile(r"[^\s(\[\"'“„«\u2018]*\Z")
_WORD_CHARS: Final = 24


def places(text: str, *, has_hard_lines: bool) -> Iterator[tuple[int, Boundary]]:
    """The places of a text where a sentence, a line or a paragraph begins, in order; each a character, no space.

    Args:
        text: clean, as `cleaning.clean` leaves it.
        has_hard_lines: every line end counts; else one within a paragraph only wraps it.
    """
    for gap in _PLACE.finditer(text):
        start, at = gap.span()
        if at == len(text):
            return
        if text[start] != "\n":
            if text[at] != "\n" and _ends_sentence(text, start, at):
                yield at, Boundary.SENTENCE
        elif text.find("\n", start + 1, at) > 0:
            yield at, Boundary.PARAGRAPH
        elif has_hard_lines or _ITEM.match(text, at):
            yield at, Boundary.LINE
        elif (end := _sign_before(text, start)) is not None and _ends_sentence(text, end, at):
            yield at, Boundary.SENTENCE


def _sign_before(text: str, at: int) -> int | None:
    """The place of the sign that ends a sentence right before this place, or None."""
    line = text[max(0, at - _WORD_CHARS) : at].rstrip(" \t").rstrip(_CLOSING)
    if not line or line[-1] not in _ENDS:
        return None
    return max(0, at - _WORD_CHARS) + len(line) - 1


def _ends_sentence(text: str, dot: int, after: int) -> bool:
    """Whether a sign ends a sentence: the dot of an abbreviation, a number or an initial does not."""
    if text[dot] != "." or (text[after].isupper() and text[dot - _LONG_CHARS : dot].isalpha()):
        return True
    if text[after].islower():
        return False
    found = _WORD_BEFORE.search(text, max(0, dot - _WORD_CHARS), dot)
    word = found.group() if found else ""
    if word.isdecimal():
        return len(word) > _ORDINAL_DIGITS
    if text[after].isdecimal() and len(word) <= _LABEL_CHARS:
        return False
    is_initial = len(word) == 1 and word.isalpha()
    return not (is_initial or "." in word or word.lower() in _ABBREVIATIONS)
