"""A closer look: how near a question is to the sentences of a passage, and not only to the passage as a whole.

A passage speaks of several things, and its one vector is their mean; the few sentences that answer stand out beside it.
The model of the wheel is quick enough to look at every candidate's sentences while somebody waits. A token counts by
how rare it is among these sentences: what all of them speak of tells none from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from steward.kernel import sentences
from steward.providers import local_embeddings
from steward.providers.local_embeddings import Vectors

_WINDOW: Final = 3
"""Sentences that are looked at together."""


def nearness(question: str, passages: Sequence[tuple[str, str]]) -> list[float]:
    """The cosine of a question and the nearest few sentences of each passage; call it in a thread.

    Args:
        question: what is asked.
        passages: the heading that a passage stands under, and its text.
    """
    said: list[str] = []
    places: list[tuple[int, int]] = []
    for _, text in passages:
        first = len(said)
        said += [text[start:end] for start, end in sentences.spans(text)] or [text]
        places.append((first, len(said)))
    # The mean of a text's tokens points where their sum does: windows are sums of what was looked up once.
    sums, above = local_embeddings.weighted_sums(said, [question, *(heading for heading, _ in passages)])
    asked = local_embeddings.unit(above[:1])[0]
    return [
        float((local_embeddings.unit(_windows(sums[first:end]) + heading) @ asked).max())
        for (first, end), heading in zip(places, above[1:], strict=True)
    ]


def _windows(sums: Vectors) -> Vectors:
    """The sums of a few sentences at a time."""
    count = max(1, len(sums) - _WINDOW + 1)
    return np.stack([sums[at : at + _WINDOW].sum(axis=0) for at in range(count)])
