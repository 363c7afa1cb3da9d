"""Ranking: which of the nearest memories fit a question, by meaning, words, age and importance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from steward.kernel import words
from steward.kernel.work import Found

LEAST_FIT: Final = 0.3
"""How much of a question a memory has to meet; measured by `python -m eval.memory`."""
NEAR_BEST: Final = 0.6
"""What fits less than this share of the best one is left out."""

_WORDS_WEIGHT: Final = 0.5
_AGE_WEIGHT: Final = 0.05
_IMPORTANCE_WEIGHT: Final = 0.05
_HALF_LIFE_DAYS: Final = 60.0


def best(question: str, near: Sequence[Found], now: datetime, limit: int) -> list[Found]:
    """The memories that fit, the best first. Call it in a thread: it reads every text.

    Args:
        question: what is asked.
        near: memories with their `cosine` to the question.
        now: what their age counts from.
        limit: most of them.
    """
    asked = frozenset(words.content(question))
    fits = [(fit(asked, row.text, row.cosine), row) for row in near]
    top = max((measure for measure, _ in fits), default=0.0)
    least = max(LEAST_FIT, top * NEAR_BEST)
    kept = [(measure + _bonus(row, now), row) for measure, row in fits if measure >= least]
    kept.sort(key=lambda pair: (-pair[0], pair[1].id))
    return [row for _, row in kept[:limit]]


def fit(asked: frozenset[str], text: str, cosine: float) -> float:
    """How well a text meets a question: its meaning, and the words that both have, as a cosine too."""
    said = frozenset(words.content(text))
    if not (asked and said):
        return cosine
    return cosine + _WORDS_WEIGHT * len(asked & said) / math.sqrt(len(asked) * len(said))


def _bonus(row: Found, now: datetime) -> float:
    """What is recent or important goes before what fits as well."""
    age_days = max(0.0, (now - row.updated_at).total_seconds() / 86_400)
    recency = math.exp2(-age_days / _HALF_LIFE_DAYS)
    return _AGE_WEIGHT * recency + _IMPORTANCE_WEIGHT * row.importance
