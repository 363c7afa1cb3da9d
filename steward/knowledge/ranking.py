"""Ranking: the candidates of a search, fused by their places, and how well each fits."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import structlog

from steward.kernel import runtime
from steward.kernel.errors import Refusal
from steward.kernel.work import Actor, Found
from steward.knowledge import closer
from steward.knowledge.queries import Key

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

Way = Literal["both", "meaning", "words"]

_STEEPNESS: Final = 5.0
_MIDDLE: Final = 1.2
"""Of the score: where passages begin to answer."""
_RANK_CONSTANT: Final = 60
"""Of reciprocal rank fusion: how much the first places count beyond the next ones."""


class Reranker(ABC):
    """A model that reads question and passage together, and judges better than figures. None comes with Steward; one
    that is installed among the parts of the runtime gives the scores.
    """

    @abstractmethod
    async def scores(self, actor: Actor, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, 0 to 1.

        Raises:
            Refusal: it does not answer; the figures count then.
        """


@dataclass(slots=True)
class Candidate:
    """A passage that a search may find, and what is known of it."""

    key: Key
    cosine: float | None = None
    nearness: float | None = None
    rank: float = 0.0
    coverage: float = 0.0
    fused: float = 0.0
    score: float = 0.0


@dataclass(slots=True)
class Pool:
    """The candidates of a search, by their places."""

    known: dict[Key, Candidate] = field(default_factory=dict[Key, Candidate])

    def add(self, ranked: Iterable[Key]) -> None:
        """Count a ranking: the first place gives most."""
        for place, key in enumerate(ranked, start=1):
            self.of(key).fused += 1 / (_RANK_CONSTANT + place)

    def of(self, key: Key) -> Candidate:
        """The candidate at this place."""
        return self.known.setdefault(key, Candidate(key))

    def best(self, most: int) -> list[Candidate]:
        """Those that the rankings put first together."""
        return sorted(self.known.values(), key=lambda one: (-one.fused, one.key))[:most]


async def judge(
    actor: Actor,
    question: str,
    candidates: Sequence[Candidate],
    rows: Mapping[Key, Found],
    *,
    look_closer: bool,
) -> None:
    """Give each candidate its score; `rows` are the passages. With `look_closer` their sentences are compared, too."""
    if look_closer and candidates:
        passages = [_under_its_heading(rows[one.key]) for one in candidates]
        near = await asyncio.to_thread(closer.nearness, question, passages)
        for one, nearness in zip(candidates, near, strict=True):
            one.nearness = nearness
    for one in candidates:
        one.score = score(one.cosine, one.nearness, one.coverage)
    reranker = runtime.current().parts.get(Reranker)
    if isinstance(reranker, Reranker) and candidates:
        try:
            judged = await reranker.scores(actor, question, [rows[one.key].text for one in candidates])
        except Refusal as error:
            log.warning("reranker_failed", tag=error.tag, detail=error.detail)
        else:
            for one, value in zip(candidates, judged, strict=True):
                one.score = value


def _under_its_heading(row: Found) -> tuple[str, str]:
    return " ".join([row.title, *row.headings[-1:]]), row.text


def best(candidates: Sequence[Candidate], way: Way, least_score: float, most: int) -> list[Candidate]:
    """The best candidates, the best first."""
    order = _ORDERS[way]
    ranked = sorted(candidates, key=lambda one: (-order(one), -one.fused, one.key))
    return [one for one in ranked if one.score >= least_score][:most]


_ORDERS: Final[dict[Way, Callable[[Candidate], float]]] = {
    "both": lambda one: one.score,
    "meaning": lambda one: one.cosine or 0.0,
    "words": lambda one: one.rank,
}


def score(cosine: float | None, nearness: float | None, coverage: float) -> float:
    """How well a passage fits a question, from 0 to 1.

    Args:
        cosine: of question and passage; None when it is not known.
        nearness: of the question and the nearest sentences of the passage; None when nobody looked.
        coverage: the share of the question's words that the passage holds, weighed by how rare they are.

    Source: fitted to the questions of eval/, see docs/decisions/0013.
    """
    known = [one for one in (cosine, nearness) if one is not None]
    near = 2 * sum(known) / len(known) if known else 0.0
    return 1 / (1 + math.exp(-_STEEPNESS * (near + coverage - _MIDDLE)))
