"""Stored conversations gone on with by the header `x-steward-thread`, by the official client of OpenAI."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.doors.openai.test_completions_agents import (
    MODEL,
    SCREEN,
    calls_with,
    kept,
    make_agent,
    official,
    told,
    user,
)
from tests.knowledge.library import add
from tests.runs.test_tools import calling
from tests.runs.turns import begin, messages, read
from tests.support.scripted_provider import ScriptedProvider

__all__ = ["official"]


def at(thread_ref: str) -> dict[str, str]:
    return {"x-steward-thread": thread_ref}


async def test_goes_on_with_a_stored_conversation(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    started = await begin(ada, f"First {word}. {{{{reply:One.}}}}")
    await read(ada, started.run_id)
    raw = await official.chat.completions.with_raw_response.create(
        model=MODEL, messages=user(f"Second {word}. {{{{reply:Two.}}}}"), extra_headers=at(started.thread_id)
    )
    assert raw.headers["x-steward-thread"] == started.thread_id
    assert raw.parse().choices[0].message.content == "Two."
    record = calls_with(provider, f"Second {word}.")[-1]
    assert told(record, "assistant") == ["One."]
    assert [text.split(".")[0] for text in told(record, "user")] == [f"First {word}", f"Second {word}"]
    assert [row.content for row in await messages(house, ada)][1::2] == ["One.", "Two."]
    (thread,) = await kept(house, ada)
    assert not thread.archived


async def test_of_a_whole_history_only_the_question_is_new(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person
) -> None:
    started = await begin(ada, "First. {{reply:One.}}")
    await read(ada, started.run_id)
    history: Any = [
        *user("First. {{reply:One.}}"),
        {"role": "assistant", "content": "One."},
        *user("Second."),
    ]
    stream = await official.chat.completions.create(
        model=MODEL,
        messages=[*history, *user("{{reply:Two.}}")],
        stream=True,
        extra_headers=at(started.thread_id),
    )
    assert stream.response.headers["x-steward-thread"] == started.thread_id
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "Two."
    rows = await messages(house, ada)
    assert len(rows) == 4
    assert rows[2].content == "Second.\n\n{{reply:Two.}}"


async def test_an_id_of_the_clients_begins_a_conversation(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person, client: httpx.AsyncClient
) -> None:
    ref = new_id("my")
    history: Any = [*user("Before."), {"role": "assistant", "content": "Yes."}, *user("Now. {{reply:One.}}")]
    first = await official.chat.completions.with_raw_response.create(
        model=MODEL, messages=history, extra_headers=at(ref)
    )
    again = await official.chat.completions.with_raw_response.create(
        model=MODEL, messages=user("Then. {{reply:Two.}}"), extra_headers=at(ref)
    )
    assert first.headers["x-steward-thread"] == again.headers["x-steward-thread"]
    assert len(await messages(house, ada)) == 6
    shown = await client.get(f"/api/v1/chat/{ref}", headers=ada.headers)
    assert shown.status_code == 200, shown.text


async def test_an_agent_in_a_stored_conversation(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person
) -> None:
    agent_id = await make_agent(house, ada, "Helper")
    ref = new_id("my")
    question = f"Look. {calling('readScreen', at=1)} {{{{reply:I see.}}}}"
    answer = await official.chat.completions.create(
        model="agent/Helper", messages=user(question), tools=[SCREEN], extra_headers=at(ref)
    )
    (call,) = answer.choices[0].message.tool_calls or []
    outputs: Any = [{"role": "tool", "tool_call_id": call.id, "content": "Orders"}]
    with pytest.raises(openai.BadRequestError, match="No call waits under the id"):
        await official.chat.completions.create(
            model="agent/Helper", messages=outputs, extra_headers=at(new_id("another"))
        )
    # The conversation knows what was asked: the output alone is enough.
    after = await official.chat.completions.create(
        model="agent/Helper", messages=outputs, extra_headers=at(ref)
    )
    assert after.choices[0].message.content == "I see."
    (thread,) = await kept(house, ada)
    assert thread.agent_id == agent_id


async def test_a_conversation_of_somebody_else_is_not_there(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person, bob: Person, eve: Person
) -> None:
    for other in (bob, eve):
        started = await begin(other, "Mine. {{reply:One.}}")
        await read(other, started.run_id)
        with pytest.raises(openai.NotFoundError):
            await official.chat.completions.create(
                model=MODEL, messages=user("hi"), extra_headers=at(started.thread_id)
            )
        assert len(await messages(house, other)) == 2
    for wrong in ("", "a/b", "x" * 201):
        with pytest.raises(openai.BadRequestError, match="x-steward-thread"):
            await official.chat.completions.create(model=MODEL, messages=user("hi"), extra_headers=at(wrong))


async def test_a_conversation_that_ends_with_an_answer_asks_nothing(official: openai.AsyncOpenAI) -> None:
    history: Any = [*user("hi"), {"role": "assistant", "content": "Hello."}]
    with pytest.raises(openai.BadRequestError, match="must be a user's") as refused:
        await official.chat.completions.create(model=MODEL, messages=history, extra_headers=at(new_id("my")))
    assert refused.value.param == "messages"


async def test_a_model_by_itself_gets_nothing_unasked(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person, provider: ScriptedProvider
) -> None:
    word, ref = new_id("word"), new_id("my")
    await add(ada.actor, f"The {word} runs at 9 bar.", "pump.txt")
    await official.chat.completions.create(
        model=MODEL, messages=user(f"At what does the {word} run?"), tools=[SCREEN], extra_headers=at(ref)
    )
    (record,) = calls_with(provider, word)
    assert [tool["function"]["name"] for tool in record.body["tools"]] == ["readScreen"]
    assert "9 bar" not in "".join(told(record, "system"))
    await make_agent(house, ada, "Echo", tools=["testEcho"])
    for model in ("agent/Echo", MODEL):
        # The second time it is the conversation's own.
        await official.chat.completions.create(
            model=model, messages=user(f"{model} {word}"), extra_headers=at(ref)
        )
        record = calls_with(provider, f"{model} {word}")[-1]
        assert [tool["function"]["name"] for tool in record.body["tools"]] == ["testEcho"]


async def test_an_image_reaches_the_model(official: openai.AsyncOpenAI, provider: ScriptedProvider) -> None:
    word, image = new_id("word"), "data:image/png;base64,iVBORw0KGgo="
    content: Any = [{"type": "text", "text": word}, {"type": "image_url", "image_url": {"url": image}}]
    await official.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": content}], extra_headers=at(new_id("my"))
    )
    (record,) = calls_with(provider, word)
    assert record.body["messages"][-1]["content"][1]["image_url"]["url"] == image


async def test_an_answer_that_somebody_stops_is_no_answer(
    house: Runtime, official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    ref = new_id("my")
    stream = await official.chat.completions.create(
        model=MODEL,
        messages=user("{{words:3000}} {{pace_ms:20}}"),
        stream=True,
        extra_headers=at(ref),
    )
    row = (await messages(house, ada))[-1]
    stopped = await client.post(f"/api/v1/runs/{row.run_id}/stop", headers=ada.headers)
    assert stopped.status_code == 200
    with pytest.raises(openai.APIError) as broke:
        async for _ in stream:
            pass
    assert broke.value.code == "run_cancelled"
