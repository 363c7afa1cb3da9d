"""Agents asked as models, by the official client of OpenAI."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam, ChatCompletionToolParam

from steward.agents import store
from steward.agents.properties import AgentProperties, AgentStatus
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.threads import service as threads
from steward.threads.schemas import ThreadRead
from tests.conftest import Person
from tests.knowledge.library import add
from tests.runs.test_tools import calling
from tests.support import tools_of_tests
from tests.support.scripted_answer import Recorded
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import message_text

MODEL = "openai/gpt-4o-mini"
SCREEN: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "readScreen", "parameters": {"type": "object", "properties": {"at": {"type": "integer"}}}},
}  # fmt: skip


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


def user(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


async def make_agent(
    house: Runtime, person: Person, name: str, status: AgentStatus = "active", **properties: Any
) -> str:
    """An agent that answers; its id."""
    async with house.database.transaction(person.actor) as work:
        wanted = AgentProperties(model=MODEL, **properties)
        return (await store.create(work, name, wanted, status=status)).id


async def kept(house: Runtime, person: Person) -> list[ThreadRead]:
    """All conversations of a person."""
    async with house.database.work(person.actor) as work:
        return (await threads.newest(work, limit=10, cursor=None)).items


def calls_with(provider: ScriptedProvider, words: str) -> list[Recorded]:
    return [
        record
        for record in provider.requests
        if any(words in message_text(message) for message in record.body.get("messages", []))
    ]


def told(record: Recorded, role: str) -> list[str]:
    return [message_text(message) for message in record.body["messages"] if message["role"] == role]


async def test_an_agent_answers_as_a_model(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    agent_id = await make_agent(
        house, ada, "Support Bot", instructions="You look after boilers.", temperature=0.3
    )
    for name in ("agent/Support Bot", "agent/support bot", f"agent/{agent_id}"):
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": "Answer in German."},
            *user(f"Earlier {word}?"),
            {"role": "assistant", "content": "Before."},
            *user(f"Now {word}? {{{{reply:Jawohl.}}}}"),
        ]
        answer = await official.chat.completions.create(model=name, messages=messages)
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Jawohl.", "stop")
        assert (answer.model, answer.object) == (name, "chat.completion")
        assert answer.usage is not None
        assert answer.usage.prompt_tokens > answer.usage.completion_tokens > 0
    asked = calls_with(provider, f"Now {word}?")
    assert len(asked) == 3
    for record in asked:
        (system,) = told(record, "system")
        assert "You look after boilers." in system
        assert "Answer in German." in system
        assert told(record, "user")[0] == f"Earlier {word}?"
        assert told(record, "assistant") == ["Before."]
        assert (record.body["model"], record.body["temperature"]) == ("gpt-4o-mini", 0.3)
    # The client holds the conversation: nothing of it stands in its list here.
    assert [thread.archived for thread in await kept(house, ada)] == [True] * 3


async def test_its_tools_are_carried_out_here(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person
) -> None:
    await make_agent(house, ada, "Echo", tools=["testEcho"])
    question = f"Look. {calling('testEcho', text='hi')} {{{{reply:Seen.}}}}"
    whole = await official.chat.completions.create(model="agent/Echo", messages=user(question))
    message = whole.choices[0].message
    assert (message.content, message.tool_calls) == ("Seen.", None)
    stream = await official.chat.completions.create(
        model="agent/Echo", messages=user(question), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert all(chunk.choices[0].delta.tool_calls is None for chunk in chunks if chunk.choices)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Seen."
    # Of both calls of the model together.
    assert whole.usage is not None
    assert chunks[-1].usage == whole.usage


async def answered_outputs(
    official: openai.AsyncOpenAI, answer: ChatCompletion, question: str, outputs: list[str]
) -> ChatCompletion:
    calls = answer.choices[0].message.tool_calls or []
    given = zip(calls, outputs, strict=False)
    results = [{"role": "tool", "tool_call_id": call.id, "content": said} for call, said in given]
    history: Any = [*user(question), answer.choices[0].message.model_dump(exclude_none=True), *results]
    return await official.chat.completions.create(model="agent/Helper", messages=history, tools=[SCREEN])


async def test_tools_of_the_client_are_asked_of_it(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person
) -> None:
    await make_agent(house, ada, "Helper", tools=["testEcho"])
    calls = calling("testEcho", text="hi") + calling("readScreen", at=1) + calling("readScreen", at=2)
    question = f"Look. {calls} {{{{parallel_tools:3}}}}"
    answer = await official.chat.completions.create(
        model="agent/Helper", messages=user(question), tools=[SCREEN]
    )
    assert answer.choices[0].finish_reason == "tool_calls"
    asked = answer.choices[0].message.tool_calls or []
    assert [
        (call.function.name, json.loads(call.function.arguments)) for call in asked if call.type == "function"
    ] == [("readScreen", {"at": 1}), ("readScreen", {"at": 2})]
    with pytest.raises(openai.BadRequestError, match="Expected tool outputs for call_ids"):
        await answered_outputs(official, answer, question, ["Orders"])
    for _ in range(2):
        # Sent again after a lost answer, it is the same answer.
        after = await answered_outputs(official, answer, question, ["Orders", "Bills"])
        said = after.choices[0].message.content or ""
        assert after.choices[0].finish_reason == "stop"
        assert "Orders | Bills" in said


async def test_calls_of_the_client_are_streamed(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person
) -> None:
    await make_agent(house, ada, "Helper")
    question = f"Look. {calling('readScreen', at=1)} {{{{reply:I see.}}}}"
    async with official.chat.completions.stream(
        model="agent/Helper", messages=user(question), tools=[SCREEN]
    ) as stream:
        async for _ in stream:
            pass
        answer = await stream.get_final_completion()
    (call,) = answer.choices[0].message.tool_calls or []
    assert (call.function.name, json.loads(call.function.arguments)) == ("readScreen", {"at": 1})
    assert answer.choices[0].finish_reason == "tool_calls"
    after = await answered_outputs(official, answer, question, ["Orders"])
    assert after.choices[0].message.content == "I see."


async def test_outputs_of_nothing_are_refused(
    house: Runtime, official: openai.AsyncOpenAI, server: str, ada: Person, bob: Person, eve: Person
) -> None:
    await make_agent(house, ada, "Helper")
    question = f"Look. {calling('readScreen', at=1)} {{{{reply:I see.}}}}"
    answer = await official.chat.completions.create(
        model="agent/Helper", messages=user(question), tools=[SCREEN]
    )
    for other in (bob, eve):
        async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=other.key, max_retries=0) as theirs:
            with pytest.raises(openai.BadRequestError, match="No call waits under the id"):
                await answered_outputs(theirs, answer, question, ["Orders"])
    assert (await answered_outputs(official, answer, question, ["Orders"])).choices[0].message.content


@pytest.mark.parametrize("stream", [False, True])
async def test_what_waits_for_a_person_is_refused_and_not_done(
    house: Runtime, official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person, stream: bool
) -> None:
    await make_agent(house, ada, "Payer", tools=["testPay"])
    before = len(tools_of_tests.carried_out)
    question = user(f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    with pytest.raises(openai.PermissionDeniedError, match="testPay waits for a person") as refused:
        await official.chat.completions.create(model="agent/Payer", messages=question, stream=stream)
    assert refused.value.code == "tool_needs_approval"
    assert len(tools_of_tests.carried_out) == before
    waiting = await client.get("/api/v1/actions", headers=ada.headers)
    assert waiting.json()["items"] == []


async def test_how_an_answer_is_wished_for_reaches_the_model(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person, provider: ScriptedProvider
) -> None:
    await make_agent(house, ada, "Former")
    word = new_id("word")
    schema: dict[str, Any] = {"name": "said", "schema": {"type": "object", "properties": {}}}
    question = f"{word} {calling('readScreen', at=1)}"
    answer = await official.chat.completions.create(
        model="agent/Former",
        messages=user(question),
        stop="END",
        top_p=0.4,
        response_format={"type": "json_schema", "json_schema": schema},  # pyright: ignore[reportArgumentType]  # a plain dict
        tools=[SCREEN],
        tool_choice={"type": "function", "function": {"name": "readScreen"}},
        parallel_tool_calls=False,
    )
    assert answer.choices[0].finish_reason == "tool_calls"
    await answered_outputs(official, answer, question, ["Orders"])
    first, second = [record.body for record in calls_with(provider, word)]
    assert (first["stop"], first["top_p"], first["parallel_tool_calls"]) == (["END"], 0.4, False)
    assert first["tool_choice"]["function"]["name"] == "readScreen"
    assert first["response_format"]["json_schema"]["name"] == "said"
    # Forced again, it would never end; the rest holds for the whole answer.
    assert "tool_choice" not in second
    assert (second["stop"], second["response_format"]) == (["END"], first["response_format"])


async def test_no_tools_when_none_shall_be_called(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    await make_agent(house, ada, "Echo", tools=["testEcho"])
    await official.chat.completions.create(
        model="agent/Echo", messages=user(word), tools=[SCREEN], tool_choice="none"
    )
    (record,) = calls_with(provider, word)
    assert "tools" not in record.body


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("{{error:context_length_exceeded}}", openai.BadRequestError, "context_length_exceeded"),
        ("{{status:500}}", openai.InternalServerError, "api_error"),
        ("{{status:429}}", openai.RateLimitError, "rate_limit_exceeded"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_is_the_error_that_its_cause_is(
    official: openai.AsyncOpenAI, text: str, kind: type[openai.APIStatusError], code: str, stream: bool
) -> None:
    with pytest.raises(kind) as failed:
        await official.chat.completions.create(model="agent/asst_default", messages=user(text), stream=stream)
    assert failed.value.code == code
    assert set(failed.value.response.json()["error"]) == {"message", "type", "param", "code"}


async def test_a_failure_inside_the_stream(official: openai.AsyncOpenAI) -> None:
    text = "{{words:9}} {{error_after:4}} {{pace_ms:5}}"
    stream = await official.chat.completions.create(
        model="agent/asst_default", messages=user(text), stream=True
    )
    with pytest.raises(openai.APIError) as broke:
        async for _ in stream:
            pass
    assert broke.value.code == "provider_broke_off"


async def test_a_limit_of_tokens_is_told(official: openai.AsyncOpenAI) -> None:
    answer = await official.chat.completions.create(
        model="agent/asst_default", messages=user("{{words:50}}"), max_completion_tokens=5
    )
    assert answer.choices[0].finish_reason == "length"


async def test_it_ends_with_its_reader(house: Runtime, official: openai.AsyncOpenAI, ada: Person) -> None:
    text = "{{words:3000}} {{pace_ms:20}}"
    stream = await official.chat.completions.create(
        model="agent/asst_default", messages=user(text), stream=True
    )
    async for _ in stream:
        break
    await stream.close()
    for _ in range(500):
        (thread,) = await kept(house, ada)
        if thread.status == "idle":
            return
    raise AssertionError("the run goes on without its reader")


async def test_its_documents_are_cited(house: Runtime, official: openai.AsyncOpenAI, ada: Person) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    await make_agent(house, ada, "Librarian", rag_enabled=True)
    question = "At how many bar does the pump run? {{reply:It runs at 9 bar [1][4].}}"
    answer = await official.chat.completions.create(model="agent/Librarian", messages=user(question))
    message = answer.choices[0].message
    assert message.content == "It runs at 9 bar [1]."
    (annotation,) = message.annotations or []
    cited = annotation.url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert cited.url.partition("?")[0] == f"/library/documents/{document.id}"


async def test_citations_count_in_what_the_client_sees(
    house: Runtime, official: openai.AsyncOpenAI, ada: Person
) -> None:
    await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    await make_agent(house, ada, "Helper", rag_enabled=True)
    question = f"At how many bar does the pump run? {calling('readScreen', at=1)} {{{{reply:It runs at 9 bar [1].}}}}"
    answer = await official.chat.completions.create(
        model="agent/Helper", messages=user(question), tools=[SCREEN]
    )
    after = await answered_outputs(official, answer, question, ["Orders"])
    message = after.choices[0].message
    (annotation,) = message.annotations or []
    cited = annotation.url_citation
    assert (message.content or "")[cited.start_index : cited.end_index] == "[1]"


async def test_agents_are_listed_as_models(
    house: Runtime, official: openai.AsyncOpenAI, server: str, ada: Person, bob: Person, eve: Person
) -> None:
    await make_agent(house, ada, "Support Bot")
    twice = [await make_agent(house, ada, "Twin"), await make_agent(house, ada, "twin")]
    draft = await make_agent(house, ada, "Draft", status="draft")
    archived = await make_agent(house, ada, "Old", status="archived")
    admins = await make_agent(house, ada, "For admins", access="admin")
    names = [model.id async for model in await official.models.list()]
    assert names.index(MODEL) < names.index("agent/Support Bot")
    assert {f"agent/{one}" for one in twice} | {"agent/JamesBot", "agent/For admins"} <= set(names)
    assert not {"agent/Draft", f"agent/{draft}", "agent/Old", f"agent/{archived}"} & set(names)
    for name in names:
        assert (await official.models.retrieve(name)).id == name
    # Its maker tries a draft by its id.
    assert (await official.models.retrieve(f"agent/{draft}")).owned_by == "workspace"
    with pytest.raises(openai.BadRequestError, match="2 agents are named"):
        await official.chat.completions.create(model="agent/Twin", messages=user("hi"))
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=bob.key, max_retries=0) as theirs:
        for name in ("agent/For admins", f"agent/{admins}", f"agent/{draft}"):
            with pytest.raises(openai.NotFoundError):
                await theirs.models.retrieve(name)
        assert "agent/For admins" not in [model.id async for model in await theirs.models.list()]
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=eve.key, max_retries=0) as theirs:
        assert "agent/Support Bot" not in [model.id async for model in await theirs.models.list()]
        for name in ("agent/Support Bot", f"agent/{twice[0]}"):
            with pytest.raises(openai.NotFoundError) as refused:
                await theirs.chat.completions.create(model=name, messages=user("hi"))
            assert refused.value.param in ("model", None)


async def test_who_may_only_read_may_not_ask(
    official: openai.AsyncOpenAI, ada: Person, make_person: Callable[..., Any]
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    for stream in (False, True):
        with pytest.raises(openai.PermissionDeniedError):
            await official.with_options(api_key=viewer.key).chat.completions.create(
                model="agent/asst_default", messages=user("hi"), stream=stream
            )
