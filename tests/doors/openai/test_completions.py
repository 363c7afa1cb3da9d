"""What a chat completion can be asked for, by the official client of OpenAI."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from pydantic import BaseModel

from steward.kernel.ids import new_id
from tests.doors.openai.test_completions_agents import MODEL, SCREEN, calls_with, official, user
from tests.support.scripted_provider import ScriptedProvider

__all__ = ["official"]


class Invoice(BaseModel):
    """What the model shall give back."""

    number: int
    customer: str


async def test_answers_in_the_form_of_a_class(
    official: openai.AsyncOpenAI, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    answer = await official.chat.completions.parse(model=MODEL, messages=user(word), response_format=Invoice)
    assert isinstance(answer.choices[0].message.parsed, Invoice)
    (record,) = calls_with(provider, word)
    asked = record.body["response_format"]["json_schema"]
    assert (asked["name"], asked["strict"]) == ("Invoice", True)
    async with official.chat.completions.stream(
        model=MODEL, messages=user(word), response_format=Invoice
    ) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_completion()
    assert isinstance(final.choices[0].message.parsed, Invoice)


async def test_an_image_reaches_the_model(official: openai.AsyncOpenAI, provider: ScriptedProvider) -> None:
    word, image = new_id("word"), "data:image/png;base64,iVBORw0KGgo="
    content: Any = [{"type": "text", "text": word}, {"type": "image_url", "image_url": {"url": image}}]
    await official.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
    (record,) = calls_with(provider, word)
    assert record.body["messages"][0]["content"][1]["image_url"]["url"] == image


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"n": 2}, "n", "'n' must be 1"),
        ({"logprobs": True}, "logprobs", "'logprobs' is not available"),
        ({"top_logprobs": 3}, "top_logprobs", "'top_logprobs' is not available"),
        ({"modalities": ["text", "audio"]}, "modalities", "answers are text"),
        ({"functions": [{"name": "find"}]}, "functions", "send them as 'tools'"),
        ({"tools": [SCREEN, SCREEN]}, "tools", "same name"),
        ({"temperature": 3}, "temperature", "between 0 and 2"),
    ],
    ids=["n", "logprobs", "top_logprobs", "modalities", "functions", "tools", "temperature"],
)
@pytest.mark.parametrize("model", [MODEL, "agent/asst_default"])
async def test_what_cannot_be_had_is_refused_by_its_name(
    official: openai.AsyncOpenAI, model: str, fields: dict[str, Any], param: str, words: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=words) as refused:
        await official.chat.completions.create(model=model, messages=user("hi"), **fields)
    assert (refused.value.param, refused.value.type) == (param, "invalid_request_error")


async def test_what_changes_nothing_is_taken(official: openai.AsyncOpenAI) -> None:
    """Clients send these at their neutral values."""
    for model in (MODEL, "agent/asst_default"):
        answer = await official.chat.completions.create(
            model=model,
            messages=user("{{reply:Yes.}}"),
            n=1,
            logprobs=False,
            modalities=["text"],
            response_format={"type": "text"},
            tool_choice="auto",
            parallel_tool_calls=True,
            store=True,
            metadata={"case": "4711"},
            user="somebody",
            top_p=1,
            seed=7,
            frequency_penalty=0,
        )
        assert answer.choices[0].message.content == "Yes."
