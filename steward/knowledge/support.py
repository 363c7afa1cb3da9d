"""How far a passage supports a sentence: by the words and figures that they share, and by their nearness in meaning.

It is a check, no proof. A figure that the passage does not have, or has only for something else, and a "not" on one
side alone make a sentence doubtful whatever else it shares. Between languages only figures and names can be compared:
the embeddings know too little of one language's words in another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from steward.knowledge import evidence, negation
from steward.knowledge.evidence import Claim, Evidence, Window
from steward.providers.wire import Passage

LEAST: Final = 0.5
"""What supports less does not support. This and what follows was chosen on the pairs of tests/knowledge/labelled.py."""

_WORDS_WEIGH: Final = 0.8
_NEARNESS_WEIGHS: Final = 0.6
"""Together more than 1: a sentence need not be alike in every respect."""
_DOUBTFUL: Final = 0.3
"""The most that a sentence gets whose figures or whose "not" are not the passage's."""
_SAME_MATTER: Final = 0.5
"""From this nearness on, the sentence of a figure speaks of the matter, even in other words."""
_SAME_WORDS: Final = 0.5
"""Sentences that share so many words are in one language, whatever their small words look like."""
_FOREIGN_FIGURES: Final = 0.6
"""What a sentence in another language gets when the passage has all its figures."""
_PART: Final = 0.4
"""The share of what several passages say together that each of them must say itself."""


@dataclass(frozen=True, slots=True)
class Support:
    """How far a passage supports a sentence, from 0 to 1. Not `is_checked` when code cannot tell."""

    value: float
    is_checked: bool = True

    @property
    def is_enough(self) -> bool:
        """Whether the passage supports the sentence."""
        return self.value >= LEAST


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a claim and a passage fit: the best window, the best single sentence, the nearness of every window."""

    value: float
    window: Window
    sentence: Window
    nearness: Sequence[float]
    best_nearness: float


class Judge:
    """Says how far passages support sentences."""

    def __init__(self, passages: Sequence[Passage], claims: Collection[str]) -> None:
        """Read the passages, and the sentences that will be asked about. Call it in a thread."""
        self._evidence, self._claims = evidence.read(passages, claims)

    def support(self, text: str, number: int, beside: Collection[int] = ()) -> Support:
        """How far a passage supports a sentence.

        Args:
            text: one of the claims.
            number: of the passage.
            beside: of the other passages that the same place cites, which may hold the rest of the sentence.
        """
        claim = self._claims[text]
        own = self._fit(claim, number)
        found = self._weighed(claim, [number], [own])
        others = [other for other in beside if other != number]
        if found.is_enough or not others:
            return found
        fits = [own, *(self._fit(claim, other) for other in others)]
        together = self._weighed(claim, [number, *others], fits)
        return together if own.value >= _PART * together.value else found

    def _fit(self, claim: Claim, number: int) -> _Fit:
        found = self._evidence[number]
        covered = [claim.covered(window) for window in found.windows]
        # Outside the Latin script every two sentences are near to each other, so their characters must do.
        nearness = (found.vectors @ claim.vector).tolist() if claim.is_latin else covered
        values = [_value(words, near) for words, near in zip(covered, nearness, strict=True)]
        best = max(range(len(values)), key=values.__getitem__)
        sentence = max(range(len(found.sentences)), key=values.__getitem__)
        return _Fit(values[best], found.windows[best], found.sentences[sentence], nearness, nearness[best])

    def _weighed(self, claim: Claim, numbers: Sequence[int], fits: Sequence[_Fit]) -> Support:
        window = Window.together(fit.window for fit in fits)
        value = _value(claim.covered(window), max(fit.best_nearness for fit in fits))
        passages = [self._evidence[number] for number in numbers]
        lacks = any(all(figure.isdisjoint(one.readings) for one in passages) for figure in claim.figures)
        if _is_foreign(claim, passages[0], window):
            if not claim.figures:
                return Support(value, is_checked=value >= LEAST)
            value = max(value, _FOREIGN_FIGURES)
        elif not lacks:
            lacks = _misplaced(claim, passages, fits) or any(map(partial(_contrary, claim), passages, fits))
        return Support(min(value, _DOUBTFUL) if lacks else value)


def _value(covered: float, nearness: float) -> float:
    return min(1.0, _WORDS_WEIGH * covered + _NEARNESS_WEIGHS * max(0.0, nearness))


def _is_foreign(claim: Claim, passage: Evidence, window: Window) -> bool:
    if claim.language is None or passage.language in (None, claim.language):
        return False
    return len(claim.words & window.words) < _SAME_WORDS * len(claim.words)


def _misplaced(claim: Claim, passages: Sequence[Evidence], fits: Sequence[_Fit]) -> bool:
    """Whether the passages have a figure only in sentences about something else."""
    speaking: frozenset[str] = frozenset()
    for passage, fit in zip(passages, fits, strict=True):
        told = claim.words - passage.title.words
        speaking |= passage.title.readings
        for sentence, near in zip(passage.sentences, fit.nearness, strict=False):
            if near >= _SAME_MATTER or not told or told & sentence.words:
                speaking |= sentence.readings
    return any(figure.isdisjoint(speaking) for figure in claim.figures)


def _contrary(claim: Claim, passage: Evidence, fit: _Fit) -> bool:
    """Whether one side denies what the other says. Both are read in the passage's language, which is longer."""
    denied = negation.denied(claim.text, passage.language)
    affirmed = fit.sentence.words - fit.sentence.denied
    return bool((claim.words - denied) & fit.sentence.denied or denied & affirmed)
