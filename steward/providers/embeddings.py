"""Embeddings: texts in, vectors of length 1 out, from a host that speaks OpenAI's protocol or from a model in a wheel.

Specification: OpenAI API reference, "Create embeddings", as of 2026-11.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import aiohttp
import msgspec
import numpy as np

from steward.kernel.errors import Invalid
from steward.kernel.settings import Limits
from steward.providers import failures, local_embeddings, tokens, transport
from steward.providers.catalogue import CHAT, RESPONSES
from steward.providers.errors import UnknownProvider
from steward.providers.local_embeddings import Vectors, unit
from steward.providers.service import Models, Resolved
from steward.providers.wire import Endpoint

LOCAL: Final = "local/wordllama"
"""Answers when nothing else is set: it comes with a wheel, runs on the processor, and needs no network."""
_DIMENSIONS: Final = {
    LOCAL: 256,
    "openai/text-embedding-3-small": 1536,
    "openai/text-embedding-3-large": 3072,
    "openai/text-embedding-ada-002": 1536,
}
# The first numbers of a vector are a vector of their own; the model was trained to be cut here.
_LOCAL_DIMENSIONS: Final = (64, 128, 256)
_BATCH_TEXTS: Final = 2_048
# OpenAI takes 300,000; the rest is for what our tokenizer does not see as theirs does.
_BATCH_TOKENS: Final = 240_000
_TEXT_BYTES: Final = 100_000
"""More than the longest vector takes, written as numbers."""
_HEAD_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Embedded:
    """What became of texts: in `vectors` a row of length 1 for each. `estimated` when the host did not count."""

    vectors: Vectors
    input_tokens: int
    estimated: bool


class Embedder(Protocol):
    """A model that turns texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of texts, one at least, in their order.

        Raises:
            LLMError: the model could not be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model that was found for a name. `resolved` is None for the one that runs here.

    Attributes:
        dimensions: how many numbers a vector has; None when only the host knows.
        asked_dimensions: how many of them were asked for; None leaves it to the model.
    """

    full_name: str
    dimensions: int | None
    asked_dimensions: int | None
    resolved: Resolved | None


def find(models: Models, name: str | None, dimensions: int | None = None) -> EmbeddingModel:
    """Find the model that makes the embeddings.

    Args:
        models: of the workspace; its list of allowed models holds for names, not for what the operator has set.
        name: as people write it; None for the setting, and then for the one that runs here.
        dimensions: how many numbers a vector shall have; None for as many as the model gives.

    Raises:
        UnknownProvider, ModelNotAllowed: nobody answers for the name.
        Invalid: the model has no vectors of this length.
    """
    if name is None:
        models = replace(models, choices=models.choices.model_copy(update={"allowed_models": []}))
        name = models.settings.embedding_model or LOCAL
    if models.meant(name) == LOCAL:
        if dimensions is not None and dimensions not in _LOCAL_DIMENSIONS:
            raise Invalid(f"The vectors of {LOCAL} have 64, 128 or 256 dimensions.", field="dimensions")
        return EmbeddingModel(LOCAL, dimensions or _DIMENSIONS[LOCAL], dimensions, None)
    resolved = models.resolve(name)
    full_name = resolved.full_name
    if resolved.wire not in (CHAT, RESPONSES):
        raise UnknownProvider(
            f"{resolved.endpoint.provider} makes no embeddings here. Name a model of a host that speaks OpenAI's "
            f"protocol, such as openai/text-embedding-3-small, or {LOCAL}.",
            field="model",
        )
    return EmbeddingModel(full_name, dimensions or _DIMENSIONS.get(full_name), dimensions, resolved)


async def batches(texts: Sequence[str]) -> list[Sequence[str]]:
    """Texts cut into as many as one call takes."""
    # A token has a byte at least, so that most lists need no counting.
    if (
        len(texts) <= _BATCH_TEXTS
        and sum(len(text.encode("utf-8", "replace")) for text in texts) <= _BATCH_TOKENS
    ):
        return [texts] if texts else []
    counts = await asyncio.to_thread(lambda: [tokens.count(text) for text in texts])
    cut: list[Sequence[str]] = []
    start = held = 0
    for at, count in enumerate(counts):
        if at > start and (at - start == _BATCH_TEXTS or held + count > _BATCH_TOKENS):
            cut.append(texts[start:at])
            start, held = at, 0
        held += count
    return [*cut, texts[start:]]


def joined(parts: Sequence[Embedded]) -> Embedded:
    """What came of several batches, as one."""
    return Embedded(
        np.concatenate([part.vectors for part in parts]),
        sum(part.input_tokens for part in parts),
        any(part.estimated for part in parts),
    )


class LocalEmbedder:
    """The model of the wheel: the mean of what it knows of a text's tokens. Loaded at its first use, in a thread."""

    def __init__(self, dimensions: int | None = None) -> None:
        self._dimensions = dimensions

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of texts; see `Embedder`."""
        vectors, count = await asyncio.to_thread(local_embeddings.embed, texts, self._dimensions)
        return Embedded(vectors, count, estimated=False)


class _Vector(msgspec.Struct):
    embedding: str | list[float]
    index: int | None = None


class _Counted(msgspec.Struct):
    prompt_tokens: int | None = None
    total_tokens: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Vector]
    usage: _Counted | None = None


_answers: Final = msgspec.json.Decoder(_Answer)


class OpenAIEmbedder:
    """A host that speaks OpenAI's protocol. More texts than one call takes are asked for in several."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        endpoint: Endpoint,
        limits: Limits,
        dimensions: int | None = None,
    ) -> None:
        self._http = http
        self._endpoint = _embedding_endpoint(endpoint)
        self._limits = limits
        self._dimensions = dimensions

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of texts; see `Embedder`."""
        return joined([await self.embed_batch(batch) for batch in await batches(texts)])

    async def embed_batch(self, texts: Sequence[str]) -> Embedded:
        """The vectors of as many texts as `batches` puts together, with one call."""
        body: dict[str, object] = {
            "model": self._endpoint.model,
            "input": texts,
            "encoding_format": "base64",
        }
        if self._dimensions is not None:
            body["dimensions"] = self._dimensions
        headers = {"accept": "application/json"}
        post = transport.post(
            self._endpoint, "/embeddings", body, key_header="authorization", headers=headers
        )
        try:
            async with asyncio.timeout(self._limits.first_token_seconds):
                answer = await self._send(post, _HEAD_BYTES + len(texts) * _TEXT_BYTES)
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise failures.lost(self._endpoint, error, began=False) from error
        # A large answer takes a while to read.
        vectors, counted = await asyncio.to_thread(self._read, answer, len(texts))
        if counted is None:
            count = await asyncio.to_thread(lambda: sum(tokens.count(text) for text in texts))
            return Embedded(vectors, count, estimated=True)
        return Embedded(vectors, counted, estimated=False)

    async def _send(self, post: transport.Post, most_bytes: int) -> bytes:
        async with self._http.post(
            post.url,
            data=msgspec.json.encode(post.body),
            headers=post.headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect_seconds),
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                body = await transport.head(response)
                raise failures.read_failure(self._endpoint, response.status, response.headers, body)
            answer = bytearray()
            async for piece in response.content.iter_any():
                answer += piece
                if len(answer) > most_bytes:
                    response.close()
                    raise failures.unreadable(self._endpoint, "more bytes than the vectors can have")
            return bytes(answer)

    def _read(self, answer: bytes, count: int) -> tuple[Vectors, int | None]:
        try:
            read = _answers.decode(answer)
            vectors = np.stack([_vector(one.embedding) for one in _ordered(read.data, count)])
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            told = failures.error_in(answer)
            if told is not None:
                raise failures.read_error(self._endpoint, told) from error
            raise failures.unreadable(self._endpoint, f"no embeddings: {error}") from error
        usage = read.usage or _Counted()
        counted = usage.prompt_tokens or usage.total_tokens
        return unit(vectors), transport.count(counted) if counted else None


def _embedding_endpoint(endpoint: Endpoint) -> Endpoint:
    """The endpoint with the path of its embeddings, where its host has paths of its own."""
    if endpoint.quirks.path is None:
        return endpoint
    path = endpoint.quirks.path.replace("/chat/completions", "/embeddings")
    return replace(endpoint, quirks=replace(endpoint.quirks, path=path))


def _ordered(data: Sequence[_Vector], count: int) -> Sequence[_Vector]:
    """The vectors in the order of their texts.

    Raises:
        ValueError: some are missing.
    """
    if len(data) != count:
        raise ValueError(f"{len(data)} vectors for {count} texts")
    places = {at if one.index is None else one.index: one for at, one in enumerate(data)}
    if places.keys() != set(range(count)):
        raise ValueError("vectors for texts that nobody sent")
    return [places[at] for at in range(count)]


def _vector(written: str | list[float]) -> Vectors:
    """One vector, from base64 or from numbers: some hosts know only these.

    Raises:
        ValueError: it is none.
    """
    if isinstance(written, str):
        vector = np.frombuffer(base64.b64decode(written, validate=True), "<f4").astype(np.float32)
    else:
        with np.errstate(over="ignore"):
            vector = np.asarray(written, np.float32)
    if not vector.size or not np.isfinite(vector).all():
        raise ValueError("a vector without numbers")
    return vector
