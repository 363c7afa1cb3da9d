"""Embeddings: the host's wire, and the model that runs here."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import numpy as np
import pytest

from steward.kernel.errors import Invalid
from steward.kernel.settings import Limits
from steward.providers import embeddings, tokens
from steward.providers.embeddings import LOCAL, Embedded, Embedder, LocalEmbedder, OpenAIEmbedder
from steward.providers.errors import (
    ContextTooLong,
    LLMError,
    ModelNotAllowed,
    ProviderBrokeOff,
    ProviderKeyRefused,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    UnknownProvider,
)
from steward.providers.schemas import ModelChoices
from steward.providers.service import Models
from steward.providers.wire import Endpoint, Quirks
from tests.providers.hosts import answering
from tests.providers.own_settings import own_settings
from tests.support.scripted_embeddings import embed as scripted
from tests.support.scripted_provider import ScriptedProvider

_THEIRS = """
import json, sys, wordllama
from pathlib import Path
theirs = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
print(json.dumps(theirs.embed(sys.argv[1:], norm=True).tolist()))
"""
SMALL = "text-embedding-3-small"


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def endpoint_at(url: str, model: str = SMALL, quirks: Quirks | None = None) -> Endpoint:
    return Endpoint("openai", model, url, "sk-the-key", quirks or Quirks())


def embedder(
    http: aiohttp.ClientSession, url: str, dimensions: int | None = None, **limits: Any
) -> OpenAIEmbedder:
    return OpenAIEmbedder(http, endpoint_at(url), Limits(**limits), dimensions)


def alike(vectors: Any, wanted: Any) -> None:
    np.testing.assert_allclose(vectors, np.asarray(wanted, np.float32), rtol=0, atol=1e-6)


@pytest.mark.req("PROV-20")
async def test_a_host_gives_a_vector_of_1536_dimensions_for_each_text(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    texts = ["the first of the texts", "und ein zweiter", "третий"]
    host: Embedder = embedder(http, provider.base_url)
    made = await host.embed(texts)
    assert (made.vectors.shape, made.vectors.dtype) == ((3, 1536), np.float32)
    alike(made.vectors, [scripted(text) for text in texts])
    asked = provider.requests[-1]
    assert (made.input_tokens, made.estimated) == (asked.prompt_tokens, False)
    assert asked.body == {"model": SMALL, "input": texts, "encoding_format": "base64"}
    assert (asked.key, asked.headers["Accept"]) == ("sk-the-key", "application/json")


async def test_fewer_dimensions_can_be_asked_for(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    made = await embedder(http, provider.base_url, 64).embed(["cut to sixty-four"])
    assert made.vectors.shape == (1, 64)
    assert provider.requests[-1].body["dimensions"] == 64


def written(**body: Any) -> bytes:
    return json.dumps(body).encode()


def row(at: int, *numbers: float) -> dict[str, Any]:
    return {"object": "embedding", "index": at, "embedding": list(numbers)}


async def test_numbers_in_any_order_and_of_any_length_become_rows_of_length_1(
    http: aiohttp.ClientSession,
) -> None:
    body = written(data=[row(1, 0.0, -2.0), row(0, 3.0, 4.0)], usage={"prompt_tokens": 7})
    async with answering(body) as url:
        made = await embedder(http, url).embed(["a", "b"])
    alike(made.vectors, [[0.6, 0.8], [0.0, -1.0]])
    assert made.input_tokens == 7


@pytest.mark.req("USE-01")
@pytest.mark.parametrize("usage", [{}, {"usage": None}, {"usage": {"prompt_tokens": 0}}])
async def test_tokens_that_nobody_counted_are_counted_here(
    http: aiohttp.ClientSession, usage: dict[str, Any]
) -> None:
    async with answering(written(data=[row(0, 1.0)], **usage)) as url:
        made = await embedder(http, url).embed(["five words are counted here"])
    assert made.estimated
    assert made.input_tokens == tokens.count("five words are counted here")


@pytest.mark.parametrize(
    ("directive", "refusal"),
    [
        ("{{status:401}}", ProviderKeyRefused),
        ("{{status:500}}", ProviderUnavailable),
        ("{{status:429}} {{retry_after:3}}", ProviderRateLimited),
        ("{{error:context_length_exceeded}}", ContextTooLong),
        ("{{html}}", ProviderBrokeOff),
        ("{{json_error}}", LLMError),
    ],
)
async def test_a_failure_is_one_of_ours(
    http: aiohttp.ClientSession, provider: ScriptedProvider, directive: str, refusal: type[LLMError]
) -> None:
    with pytest.raises(refusal) as failed:
        await embedder(http, provider.base_url).embed([f"text {directive}"])
    assert "sk-the-key" not in failed.value.cause
    if refusal is ProviderRateLimited:
        assert failed.value.retry_after_seconds == 3


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"data": []}',
        b'{"data": [',
        b'{"data": [{"index": 5, "embedding": [1.0]}]}',
        b'{"data": [{"embedding": "!!!"}]}',
        b'{"data": [{"embedding": "AAA="}]}',
        b'{"data": [{"embedding": ""}]}',
        b'{"data": [{"embedding": []}]}',
        b'{"data": [{"embedding": [1e39]}]}',
        b'{"data": [{"embedding": "%s"}]}' % base64.b64encode(np.asarray([np.nan], "<f4").tobytes()),
        b"x" * 2_000_000,
    ],
)
async def test_an_answer_that_holds_no_vectors_is_refused(http: aiohttp.ClientSession, body: bytes) -> None:
    async with answering(body) as url:
        with pytest.raises(ProviderBrokeOff):
            await embedder(http, url).embed(["a"])


async def test_rows_of_two_lengths_are_refused(http: aiohttp.ClientSession) -> None:
    async with answering(written(data=[row(0, 1.0), row(1, 1.0, 2.0)])) as url:
        with pytest.raises(ProviderBrokeOff):
            await embedder(http, url).embed(["a", "b"])


async def test_a_host_that_is_silent_or_cut_does_not_hold_anybody_up(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    with pytest.raises(ProviderTimeout):
        await embedder(http, provider.base_url, first_token_seconds=0.1).embed(["{{hang}}"])
    async with answering(b'{"data": [', stay=True, cut=True) as url:
        with pytest.raises(ProviderTimeout):
            await embedder(http, url, first_token_seconds=0.1).embed(["a"])
    async with answering(b'{"data": [', cut=True) as url:
        with pytest.raises(ProviderUnavailable):
            await embedder(http, url).embed(["a"])
    with pytest.raises(ProviderUnavailable):
        await embedder(http, "http://127.0.0.1:1/v1").embed(["a"])


async def test_azure_has_a_path_of_its_own(http: aiohttp.ClientSession) -> None:
    azure = own_settings(AZURE_OPENAI_API_KEY="k" * 8, AZURE_OPENAI_ENDPOINT="http://127.0.0.1:1")
    found = embeddings.find(Models(azure), "azure/my-embeddings")
    assert found.resolved is not None
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n"))
        body = written(data=[row(0, 1.0)], usage={"prompt_tokens": 1})
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        endpoint = endpoint_at(url, "my-embeddings", found.resolved.endpoint.quirks)
        await OpenAIEmbedder(http, endpoint, Limits()).embed(["a"])
    path = "/openai/deployments/my-embeddings/embeddings?api-version=2024-10-21"
    assert heard == [f"POST {path} HTTP/1.1\r\n".encode()]


async def test_more_texts_than_one_call_takes_are_several(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    texts = [f"word{at}" for at in range(2_100)]
    before = len(provider.requests)
    made = await embedder(http, provider.base_url, 2).embed(texts)
    assert [len(record.body["input"]) for record in provider.requests[before:]] == [2_048, 52]
    alike(made.vectors[[0, 2_047, 2_048, 2_099]], [scripted(texts[at], 2) for at in (0, 2_047, 2_048, 2_099)])
    assert made.input_tokens == 2_100


@pytest.mark.slow
async def test_a_batch_has_no_more_tokens_than_a_call_takes() -> None:
    text = "word " * 50_000
    assert tokens.count(text) < 60_000
    cut = await embeddings.batches(["short", *[text] * 6, "short"])
    assert [text for batch in cut for text in batch] == ["short", *[text] * 6, "short"]
    assert len(cut) > 1
    assert all(sum(map(tokens.count, batch)) <= 240_000 for batch in cut)
    assert [len(batch) for batch in await embeddings.batches(["x" * 1_300_000])] == [1], (
        "one text is never cut"
    )


@pytest.mark.req("PROV-20")
async def test_the_model_that_runs_here_knows_what_is_alike() -> None:
    local: Embedder = LocalEmbedder()
    texts = ["How do I reset my password?", "I forgot my login secret", "The weather in Bern is sunny"]
    made = await local.embed(texts)
    assert (made.vectors.shape, made.vectors.dtype) == ((3, 256), np.float32)
    np.testing.assert_allclose(np.linalg.norm(made.vectors, axis=1), 1, atol=1e-6)
    likeness = made.vectors @ made.vectors.T
    assert likeness[0, 1] > likeness[0, 2] + 0.1
    assert (made.input_tokens, made.estimated) == (sum(map(tokens.count, texts)), False)


async def test_the_model_that_runs_here_can_be_cut_and_takes_any_text() -> None:
    whole, cut = await LocalEmbedder().embed(["a text"]), await LocalEmbedder(64).embed(["a text"])
    part = whole.vectors[:, :64]
    alike(cut.vectors, part / np.linalg.norm(part))
    odd = await LocalEmbedder().embed(["", "\0", "漢字🙂", "word " * 30_000])
    assert np.isfinite(odd.vectors).all()
    assert not odd.vectors[0].any()


@pytest.mark.slow
async def test_the_model_that_runs_here_is_what_its_makers_run() -> None:
    texts = ["How do I reset my password?", "Zażółć gęślą jaźń", "漢字", " "]
    # In a process of its own: the package sets up the logging of whoever imports it.
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _THEIRS, *texts, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await asked.communicate()
    alike((await LocalEmbedder().embed(texts)).vectors, json.loads(told))


@pytest.mark.req("PROV-20")
def test_a_name_finds_its_model() -> None:
    models = Models(own_settings(OPENAI_API_KEY="sk-openai"))
    for name, full_name, dimensions in (
        ("openai/text-embedding-3-small", "openai/text-embedding-3-small", 1536),
        ("text-embedding-3-small", "openai/text-embedding-3-small", 1536),
        ("openai/text-embedding-3-large", "openai/text-embedding-3-large", 3072),
        ("openai/of-tomorrow", "openai/of-tomorrow", None),
        (LOCAL, LOCAL, 256),
        (None, LOCAL, 256),
    ):
        found = embeddings.find(models, name)
        assert (found.full_name, found.dimensions) == (full_name, dimensions)
        assert (found.resolved is None) == (full_name == LOCAL)
    assert embeddings.find(models, "openai/text-embedding-3-small", 512).dimensions == 512
    assert embeddings.find(models, LOCAL, 64).dimensions == 64


@pytest.mark.req("PROV-20")
def test_without_any_setting_the_model_that_runs_here_answers() -> None:
    assert embeddings.find(Models(own_settings()), None).full_name == LOCAL
    settled = own_settings({"embedding_model": "openai/text-embedding-3-large"}, OPENAI_API_KEY="sk-openai")
    assert embeddings.find(Models(settled), None).dimensions == 3072


def test_an_alias_can_stand_for_the_model_that_runs_here() -> None:
    settled = own_settings({"model_aliases": {"text-embedding-3-small": LOCAL}})
    assert embeddings.find(Models(settled), "text-embedding-3-small").full_name == LOCAL


def test_the_list_of_allowed_models_holds_for_names_and_not_for_the_setting() -> None:
    settled = own_settings({"embedding_model": "openai/text-embedding-3-small"}, OPENAI_API_KEY="sk-openai")
    models = Models(settled, choices=ModelChoices(allowed_models=["openai/gpt-4o"]))
    with pytest.raises(ModelNotAllowed):
        embeddings.find(models, "openai/text-embedding-3-small")
    assert embeddings.find(models, None).full_name == "openai/text-embedding-3-small"


@pytest.mark.parametrize(
    ("name", "dimensions", "refusal"),
    [
        ("anthropic/claude-haiku-5-5", None, UnknownProvider),
        ("steward/librarian", None, UnknownProvider),
        ("mistral/mistral-embed", None, UnknownProvider),
        ("local/other", None, UnknownProvider),
        (LOCAL, 100, Invalid),
    ],
)
def test_what_makes_no_embeddings_is_refused(
    name: str, dimensions: int | None, refusal: type[Exception]
) -> None:
    models = Models(own_settings(OPENAI_API_KEY="sk-openai", ANTHROPIC_API_KEY="sk-anthropic"))
    with pytest.raises(refusal):
        embeddings.find(models, name, dimensions)


def test_batches_join_in_their_order() -> None:
    first = Embedded(np.ones((2, 1), np.float32), 3, estimated=False)
    second = Embedded(np.zeros((1, 1), np.float32), 4, estimated=True)
    joined = embeddings.joined([first, second])
    assert (joined.vectors.tolist(), joined.input_tokens, joined.estimated) == ([[1], [1], [0]], 7, True)
