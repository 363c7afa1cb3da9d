"""The official client of OpenAI as judge of the embeddings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.runs.turns import ledger
from tests.support.scripted_embeddings import embed
from tests.support.scripted_provider import ScriptedProvider

MODEL = "openai/text-embedding-3-small"


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


@pytest.mark.req("PROV-20")
async def test_the_official_client_gets_its_vectors(official: openai.AsyncOpenAI) -> None:
    # It asks for base64 when nothing is said, and makes numbers of it.
    made = await official.embeddings.create(model=MODEL, input=["the first", "the second"])
    assert (made.object, made.model) == ("list", MODEL)
    assert [(one.object, one.index) for one in made.data] == [("embedding", 0), ("embedding", 1)]
    assert made.data[1].embedding == pytest.approx(embed("the second"), abs=1e-6)
    assert made.usage.prompt_tokens == made.usage.total_tokens > 0


async def test_numbers_are_given_when_asked_for(official: openai.AsyncOpenAI) -> None:
    made = await official.embeddings.create(model=MODEL, input="a text", encoding_format="float")
    assert made.data[0].embedding == pytest.approx(embed("a text"), abs=1e-6)


async def test_without_a_word_on_the_format_numbers_are_given(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.post("/v1/embeddings", json={"model": MODEL, "input": "a"}, headers=ada.headers)
    assert isinstance(answer.json()["data"][0]["embedding"], list)


async def test_fewer_dimensions_can_be_asked_for(official: openai.AsyncOpenAI) -> None:
    made = await official.embeddings.create(model="text-embedding-3-large", input="a text", dimensions=256)
    assert made.model == "text-embedding-3-large"
    assert made.data[0].embedding == pytest.approx(embed("a text", 256), abs=1e-6)


@pytest.mark.req("PROV-20")
async def test_the_model_that_runs_here_can_be_asked(official: openai.AsyncOpenAI) -> None:
    made = await official.embeddings.create(model="local/wordllama", input=["a text", "another"])
    assert [len(one.embedding) for one in made.data] == [256, 256]
    assert made.usage.prompt_tokens > 0


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": [1, 2, 3]}, "input"),
        ({"input": [[1, 2], [3]]}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", ""]}, "input"),
        ({"input": ["a", None]}, "input"),
        ({"input": ["a"] * 2_049}, "input"),
        ({"input": "a", "dimensions": 0}, "dimensions"),
        ({"input": "a", "dimensions": 100, "model": "local/wordllama"}, "dimensions"),
        ({"input": "a", "model": "nobody/nothing"}, "model"),
        ({"input": "a", "model": "anthropic/claude-haiku-5-5"}, "model"),
        ({"input": "a", "encoding_format": "hex"}, None),
    ],
)
async def test_what_does_not_fit_is_a_bad_request(
    official: openai.AsyncOpenAI, fields: dict[str, Any], param: str | None
) -> None:
    create: Any = official.embeddings.create
    with pytest.raises(openai.BadRequestError) as refused:
        await create(**{"model": MODEL, **fields})
    assert refused.value.param == param


async def test_token_numbers_are_refused_in_words(official: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="send the text itself"):
        await official.embeddings.create(model=MODEL, input=[[1, 2, 3]])


async def test_a_failure_upstream_is_an_error_of_openai(official: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        await official.embeddings.create(model=MODEL, input=f"{{{{status:429}}}} {new_id('w')}")
    assert refused.value.code == "rate_limit_exceeded"


async def test_a_client_that_leaves_ends_the_call(
    official: openai.AsyncOpenAI, house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    text = f"{{{{hang}}}} {new_id('w')}"
    asking = asyncio.ensure_future(official.embeddings.create(model=MODEL, input=text))
    while not any(record.said == text for record in provider.requests):
        await asyncio.sleep(0.01)
    asking.cancel()
    (line,) = await ledger(house, ada)
    assert line.status == "cancelled"
