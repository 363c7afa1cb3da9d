"""Likeness: vectors and hashes of memories, and when two of them say the same."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from steward.kernel import figures, languages, words
from steward.providers import local_embeddings

ALIKE_COSINE: Final = 0.8
"""Below it two texts are not even compared by their words."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_NEGATIONS: Final = frozenset(word for known in languages.NEGATIONS.values() for word in known)
_json: Final = msgspec.json.Encoder().encode


async def vectors(texts: Sequence[str]) -> list[str]:
    """The vectors of texts as pgvector reads them; made in a thread."""
    return await asyncio.to_thread(_embedded, texts)


def _embedded(texts: Sequence[str]) -> list[str]:
    found, _ = local_embeddings.embed(texts)
    # Five digits are more than 16-bit numbers hold.
    return [_json(row).decode() for row in np.round(found.astype(np.float64), 5).tolist()]


def text_hash(text: str) -> str:
    """The same for texts that differ in case, accents, blanks and the stop at their end only."""
    plain = " ".join(words.plain(text).split()).rstrip(".!")
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def are_alike(one: str, other: str) -> bool:
    """Whether one of two near texts says all that the other says: same negations, and no word or figure beside.

    `I play the violin` and `I play the cello` are near and not alike; `I want to run a marathon` is contained in
    `I want to run a marathon in May`.
    """
    if _negations(one) != _negations(other):
        return False
    left, right = _carriers(one), _carriers(other)
    return bool(left and right) and (left <= right or right <= left)


def _carriers(text: str) -> frozenset[str]:
    return frozenset(words.content(text)) | figures.readings(text)


def _negations(text: str) -> int:
    return sum(word in _NEGATIONS for word in _WORD.findall(text.lower()))
