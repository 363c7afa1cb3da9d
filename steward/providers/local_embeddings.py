"""The embedding model of the wheel: it runs on the processor, needs no network, and is loaded at its first use.

Source: WordLlama, 256 dimensions; a text's vector is the mean of what the model knows of its tokens.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors import numpy as weights_file

from steward.providers import tokens

Vectors = npt.NDArray[np.float32]

_loading: Final = threading.Lock()


def embed(texts: Sequence[str], dimensions: int | None = None) -> tuple[Vectors, int]:
    """Embed texts; call it in a thread, for the first call loads the weights.

    Returns: float32, shape (len(texts), dimensions or 256), every row of length 1 or zero when the text says nothing;
        and the tokens of all texts.
    """
    weights = _weights()
    means = np.zeros((len(texts), weights.shape[1]), np.float32)
    total = 0
    for row, text in zip(means, texts, strict=True):
        count = 0
        for ids in tokens.pieces(text):
            row += weights[ids].sum(axis=0)
            count += len(ids)
        row /= max(1, count)
        total += count
    return unit(means[:, :dimensions]), total


def weighted_sums(texts: Sequence[str], others: Sequence[str]) -> tuple[Vectors, Vectors]:
    """What the model knows of the tokens of each text, added up; a token that few of `texts` have counts for more.

    Returns: float32, shape (len(texts), 256) and (len(others), 256). The sum of several texts is that of their sums.
        Call it in a thread.
    """
    weights = _weights()
    read = tokens.tokenizer().encode_batch_fast([*texts, *others], add_special_tokens=False)
    ids = [np.asarray(text.ids, dtype=np.int64) for text in read]
    seen = np.bincount(np.concatenate([np.unique(one) for one in ids[: len(texts)]]), minlength=len(weights))
    rarity = np.square(np.log1p((len(texts) + 0.5) / (seen + 0.5))).astype(np.float32)
    found = np.zeros((len(ids), weights.shape[1]), np.float32)
    for row, one in zip(found, ids, strict=True):
        row += rarity[one] @ weights[one]
    return found[: len(texts)], found[len(texts) :]


def unit(vectors: Vectors) -> Vectors:
    """The same directions with length 1; a vector without a direction stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    return (vectors / lengths).astype(np.float32)


def _weights() -> Vectors:
    # Two first uses at once would load them twice.
    with _loading:
        return _loaded()


@cache
def _loaded() -> Vectors:
    file = tokens.wheel_file("weights", "l2_supercat_256.safetensors")
    return weights_file.load(file.read_bytes())["embedding.weight"].astype(np.float32)
