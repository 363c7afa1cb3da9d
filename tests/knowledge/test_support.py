"""Support: how often code is right about what a passage says, on pairs that people labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from steward.knowledge.support import Judge, Support
from tests.knowledge.labelled import CHOSEN_ON, CONFIRMED_ON, Pair
from tests.knowledge.made import passage


def judged(pair: Pair) -> Support:
    return Judge([passage(1, pair.passage)], [pair.claim]).support(pair.claim, 1)


def shares(pairs: Sequence[Pair]) -> dict[str, float]:
    """For each kind of pair the share that code judges as people did."""
    every = Counter(pair.kind for pair in pairs)
    right = Counter(pair.kind for pair in pairs if judged(pair).is_enough == pair.is_true)
    return {kind: right[kind] / count for kind, count in every.items()}


@pytest.mark.req("RAG-14")
@pytest.mark.parametrize("pairs", [CHOSEN_ON, CONFIRMED_ON], ids=["chosen on", "confirmed on"])
def test_code_judges_nearly_as_people_do(pairs: Sequence[Pair]) -> None:
    assert len(pairs) >= 40
    found = shares(pairs)
    for kind in ("close", "figure", "off-topic", "near-topic", "negation", "language"):
        assert found[kind] >= 0.9, kind
    # A paraphrase may count, reckon or rename; a figure may stand in the right sentence and still belong elsewhere.
    assert found["paraphrase"] >= 0.8
    assert found["swap"] >= 0.5


def test_without_figures_code_knows_little_across_languages_and_says_so() -> None:
    pairs = [pair for pair in CHOSEN_ON + CONFIRMED_ON if pair.kind == "language, no figure"]
    found = [judged(pair) for pair in pairs]
    assert not any(one.is_enough for one, pair in zip(found, pairs, strict=True) if not pair.is_true)
    unsure = [one for one in found if not one.is_checked]
    assert len(unsure) >= len(pairs) * 0.7
    assert not any(one.is_enough for one in unsure)
