"""Embedders: how this room has texts turned into vectors, and the questions that it remembers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

import msgspec
import numpy as np

from steward.kernel.work import Actor
from steward.providers.embeddings import LOCAL, LocalEmbedder, Vectors

_REMEMBERED: Final = 1_000
_json: Final = msgspec.json.Encoder().encode


class Vectorised(Protocol):
    """What came of texts: in `vectors` a row of length 1 for each."""

    @property
    def vectors(self) -> Vectors:
        """The vectors."""
        ...


class Embed(Protocol):
    """Has texts embedded and booked in the ledger; given by the floor above, which knows how calls are made."""

    async def __call__(
        self, actor: Actor, texts: Sequence[str], model: str | None, purpose: str, *, dimensions: int | None
    ) -> Vectorised:
        """See `runs.embedding.embed`."""
        ...


class Embedders:
    """The embedders of this process."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._questions: OrderedDict[tuple[str, str, int, str], Vectors] = OrderedDict()

    async def texts(self, actor: Actor, texts: Sequence[str], model: str, dimensions: int | None) -> Vectors:
        """The vectors of passages, one row of length 1 each.

        Args:
            actor: who pays, when the model is somebody's.
            texts: none of them empty.
            model: `provider/model`.
            dimensions: how many numbers a vector shall have; None for as many as the model gives.

        Raises:
            LLMError, BudgetExhausted, UnknownProvider: the model could not be asked.
        """
        if model == LOCAL:
            return (await LocalEmbedder(dimensions).embed(texts)).vectors
        # Whoever may read a workspace's documents may look for them.
        payer = replace(actor, role="member") if actor.role == "viewer" else actor
        return (await self._embed(payer, texts, model, "knowledge", dimensions=dimensions)).vectors

    async def question(self, actor: Actor, question: str, model: str, dimensions: int) -> Vectors:
        """The vector of a question, shape (dimensions,); asked for once, then remembered."""
        key = (actor.workspace_id, model, dimensions, question)
        known = self._questions.get(key)
        if known is None:
            known = (await self.texts(actor, [question], model, _asked(model, dimensions)))[0]
            self._questions[key] = known
            if len(self._questions) > _REMEMBERED:
                self._questions.popitem(last=False)
        else:
            self._questions.move_to_end(key)
        return known


def _asked(model: str, dimensions: int) -> int | None:
    # Hosts give their own length when none is asked for, and some refuse the question.
    return dimensions if model == LOCAL else None


def written(vectors: Vectors) -> list[str]:
    """Vectors as pgvector reads them. Five digits are more than its 16-bit numbers hold."""
    return [_json(row).decode() for row in np.round(vectors.astype(np.float64), 5).tolist()]
