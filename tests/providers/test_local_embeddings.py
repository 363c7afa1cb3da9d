"""The embedding model of the wheel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from steward.providers import local_embeddings


def test_rows_have_length_one_and_texts_alike_are_near() -> None:
    texts = [
        "The pump is set to 9 bar.",
        "Nine bar is what the pump is set to.",
        "The office is closed in May.",
        "",
    ]
    vectors, count = local_embeddings.embed(texts)
    assert vectors.shape == (4, 256)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0], atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
    assert count > 20
    assert local_embeddings.embed(texts, 64)[0].shape == (4, 64)
    assert local_embeddings.embed([])[0].shape == (0, 256)


def test_threads_share_one_model() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(local_embeddings.embed, 16 * [["one text"]]))
    assert all((vectors == found[0][0]).all() for vectors, _ in found)
