"""Sources of an answer on this door, read by OpenAI's own client."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import openai
import pytest

from tests.conftest import Person
from tests.knowledge.library import add

_MODEL = "openai/gpt-4o-mini"
_QUESTION = "At how many bar does the pump run? {{reply:It runs at 9 bar [1][4].}}"


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


@pytest.mark.req("RAG-09")
async def test_sources_are_annotations(official: openai.AsyncOpenAI, ada: Person) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    answer = await official.chat.completions.create(
        model=_MODEL, messages=[{"role": "user", "content": _QUESTION}], extra_body={"rag_enabled": True}
    )
    message = answer.choices[0].message
    assert message.content == "It runs at 9 bar [1]."
    assert message.annotations is not None
    (annotation,) = message.annotations
    cited = annotation.url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert (cited.title, cited.url.partition("?")[0]) == ("pump.txt", f"/library/documents/{document.id}")


async def test_sources_come_before_the_stream_ends(official: openai.AsyncOpenAI, ada: Person) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    stream = await official.chat.completions.create(
        model=_MODEL,
        messages=[{"role": "user", "content": _QUESTION}],
        stream=True,
        extra_body={"collection_ids": [document.collection_id]},
    )
    chunks = [chunk async for chunk in stream if chunk.choices]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "It runs at 9 bar [1]."
    told = [getattr(chunk.choices[0].delta, "annotations", None) for chunk in chunks]
    (annotations,) = [one for one in told if one]
    assert annotations[0]["url_citation"]["title"] == "pump.txt"
    assert told.index(annotations) == len(told) - 2


async def test_a_prompt_is_left_alone_unless_it_asks(official: openai.AsyncOpenAI, ada: Person) -> None:
    await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    answer = await official.chat.completions.create(
        model=_MODEL, messages=[{"role": "user", "content": _QUESTION}]
    )
    assert answer.choices[0].message.content == "It runs at 9 bar [1][4]."
    assert answer.choices[0].message.annotations is None


async def test_a_collection_of_nobody_is_not_found(official: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await official.chat.completions.create(
            model=_MODEL,
            messages=[{"role": "user", "content": "hello"}],
            extra_body={"collection_ids": ["vs_nobody"]},
        )
    with pytest.raises(openai.BadRequestError, match="rag_top_k"):
        await official.chat.completions.create(
            model=_MODEL, messages=[{"role": "user", "content": "hello"}], extra_body={"rag_top_k": 0}
        )
