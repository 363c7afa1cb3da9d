"""The few words of a passage that show best why it was found."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from typing import Final

from steward.kernel import sentences, words

_MORE: Final = "…"
_HEADINGS: Final = re.compile(r"^#{1,6} .*$", re.MULTILINE)


def excerpt(passage_text: str, question: str, most_chars: int = 200) -> str:
    """The stretch of a passage that has most of the question's words, on one line, without headings.

    It begins with a sentence where that costs no word of the question, and is cut between words. It is at most
    `most_chars` code points long, marks of omission included.
    """
    # Whoever shows it shows the headings beside it.
    text = " ".join(_HEADINGS.sub("", passage_text).split()) or " ".join(passage_text.split())
    if len(text) <= most_chars:
        return text
    placed = words.places(text)
    start = _best_start(text, placed, set(words.content(question)), most_chars - 2 * len(_MORE))
    return _framed(text, [at for _, at in placed], start, most_chars)


def _best_start(text: str, placed: Sequence[tuple[str, int]], asked: Collection[str], reach: int) -> int:
    """Where the stretch begins that has most of the question's words: of several as good the first, and rather the
    beginning of a sentence than the middle of one.
    """
    hits = [(at, stem) for stem, at in placed if stem in asked]
    starts = [(at, 0.5) for at, _ in sentences.spans(text)] + [(at, 0.0) for at, _ in hits]
    best, best_value = 0, 0.0
    for start, bonus in sorted(starts):
        within = hits[bisect_left(hits, (start, "")) : bisect_left(hits, (start + reach, ""))]
        value = len({stem for _, stem in within}) + bonus
        if value > best_value:
            best, best_value = start, value
    return best


def _framed(text: str, places: Sequence[int], start: int, most_chars: int) -> str:
    """The text from there on, as much as fits, with marks where it is cut."""
    # Near the end there is room for words before.
    earliest = bisect_left(places, len(text) - most_chars + len(_MORE))
    if earliest < len(places):
        start = min(start, places[earliest])
    before = _MORE if start else ""
    room = most_chars - len(before)
    if len(text) - start <= room:
        return before + text[start:]
    last = bisect_left(places, start + room - len(_MORE) + 1) - 1
    end = places[last] if last >= 0 and places[last] > start else start + room - len(_MORE)
    return f"{before}{text[start:end].rstrip()}{_MORE}"
