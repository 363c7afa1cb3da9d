"""OpenAI's embeddings in the scripted provider: the same text has the same vector, and shared words bring texts closer.

Specification: OpenAI API reference, "Create embeddings", as of 2026-11.
"""

import base64
import hashlib
import math
import re
import struct
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from aiohttp import web

from tests.support.scripted_openai import OpenAIWire
from tests.support.scripted_reply import Asked, Body, Directives, Reply
from tests.support.scripted_wire import Encoder, Recorded

_DIMENSIONS = {"text-embedding-3-large": 3072}
_USUAL_DIMENSIONS = 1536
_MOST_INPUTS = 2048


class EmbeddingsWire(OpenAIWire):
    """Embeddings."""

    name = "embeddings"

    def read(self, record: Recorded, request: web.Request) -> Asked:
        body = record.body
        self.check_settings(body, "dimensions")
        texts = self._inputs(body)
        wanted, most = body.get("dimensions"), _dimensions(str(body["model"]))
        if wanted is not None and not (isinstance(wanted, int) and 1 <= wanted <= most):
            message = f"Invalid value for 'dimensions': must be between 1 and {most}."
            raise self.deny(message, param="dimensions")
        if body.get("encoding_format", "float") not in ("float", "base64"):
            raise self.deny("Invalid value for 'encoding_format'.", param="encoding_format")
        messages: list[Body] = [{"role": "user", "content": text} for text in texts]
        return Asked(body, str(body["model"]), messages, False, None, "input")

    def _inputs(self, body: Body) -> list[str]:
        texts = _texts(body.get("input"))
        if not texts or not all(texts) or len(texts) > _MOST_INPUTS:
            raise self.deny("'$.input' is invalid. Please check the API reference.", param="input")
        return texts

    def encoder(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> Encoder:
        # The provider answers this wire by `answer`, before it would ask for an encoder.
        raise AssertionError("embeddings are no reply")

    def answer(self, record: Recorded, asked: Asked) -> Body:
        """The vectors of all inputs."""
        size = asked.body.get("dimensions") or _dimensions(asked.model)
        as_text = asked.body.get("encoding_format") == "base64"
        data: list[Body] = []
        for index, message in enumerate(asked.messages):
            vector = embed(message["content"], size)
            packed: Any = base64.b64encode(struct.pack(f"<{size}f", *vector)).decode() if as_text else vector
            data.append({"object": "embedding", "index": index, "embedding": packed})
        usage = {"prompt_tokens": record.prompt_tokens, "total_tokens": record.prompt_tokens}
        return {"object": "list", "data": data, "model": asked.model, "usage": usage}


def embed(text: str, dimensions: int = _USUAL_DIMENSIONS) -> list[float]:
    """A vector of length 1: the sum of the vectors of the words."""
    words = re.findall(r"\w+", text.lower()) or [text]
    vectors = [_word(word, dimensions) for word in words]
    total = [float(sum(column)) for column in zip(*vectors, strict=True)]
    length = math.hypot(*total) or 1.0
    return [value / length for value in total]


@lru_cache(4096)
def _word(word: str, dimensions: int) -> Sequence[int]:
    return array("h", hashlib.shake_256(word.encode()).digest(2 * dimensions))


def _dimensions(model: str) -> int:
    return _DIMENSIONS.get(model, _USUAL_DIMENSIONS)


def _texts(given: Any) -> list[str]:
    """The inputs as texts; lists of token numbers become the words that these numbers are."""
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list):
        return []
    items = cast("list[Any]", given)
    if items and all(isinstance(item, int) for item in items):
        return [" ".join(map(str, items))]
    return [item if isinstance(item, str) else " ".join(map(str, cast("list[int]", item))) for item in items]
