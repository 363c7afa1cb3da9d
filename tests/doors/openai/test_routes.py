"""The official client of OpenAI as judge of this door."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from sqlalchemy import select

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.usage.tables import ModelCall
from tests.conftest import Person
from tests.support.scripted_answer import Recorded
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import message_text

MODEL = "openai/gpt-4o-mini"
FIND: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "find", "parameters": {"type": "object", "properties": {"q": {"type": "integer"}}}},
}


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


def user(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def call_of(provider: ScriptedProvider, words: str) -> Recorded:
    (found,) = [
        record
        for record in provider.requests
        if any(words in message_text(message) for message in record.body.get("messages", []))
    ]
    return found


async def ledger(house: Runtime, person: Person) -> list[ModelCall]:
    """The settled lines of a person's calls, oldest first."""
    for _ in range(200):
        async with house.database.work(person.actor) as work:
            query = select(ModelCall).order_by(ModelCall.created_at, ModelCall.id)
            lines = list((await work.session.execute(query)).scalars())
        if lines and all(line.status != "open" for line in lines):
            return lines
        await asyncio.sleep(0.01)
    raise AssertionError("the ledger does not settle")


@pytest.mark.req("CHAT-42")
async def test_answers_whole(official: openai.AsyncOpenAI) -> None:
    completion = await official.chat.completions.create(model=MODEL, messages=user("{{reply:Grüezi du.}}"))
    assert completion.object == "chat.completion"
    assert completion.id.startswith("chatcmpl-")
    assert completion.model == MODEL
    assert abs(completion.created - time.time()) < 10
    (choice,) = completion.choices
    assert (choice.message.content, choice.finish_reason) == ("Grüezi du.", "stop")
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 2
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + 2
    assert completion._request_id is not None  # pyright: ignore[reportPrivateUsage]  # the client's name for x-request-id
    assert completion._request_id.startswith("req_")  # pyright: ignore[reportPrivateUsage]


@pytest.mark.req("CHAT-42")
async def test_streams(official: openai.AsyncOpenAI) -> None:
    text = "{{words:30}} {{pace_ms:10}}"
    stream = await official.chat.completions.create(model=MODEL, messages=user(text), stream=True)
    at: list[float] = []
    pieces: list[str] = []
    reasons: list[str | None] = []
    async for chunk in stream:
        assert chunk.usage is None, "nobody asked for it"
        reasons.append(chunk.choices[0].finish_reason)
        if chunk.choices[0].delta.content:
            at.append(time.monotonic())
            pieces.append(chunk.choices[0].delta.content)
    assert "".join(pieces).split() == [f"w{n}" for n in range(30)]
    assert len(pieces) >= 15
    assert at[-1] - at[0] > 0.2
    assert reasons[-1] == "stop"
    assert set(reasons[:-1]) == {None}


async def test_streams_usage_when_asked(official: openai.AsyncOpenAI) -> None:
    stream = await official.chat.completions.create(
        model=MODEL,
        messages=user("{{words:5}} {{cached:1}}"),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    last = chunks[-1]
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 5
    assert last.usage.prompt_tokens_details is not None
    assert last.usage.prompt_tokens_details.cached_tokens == 1


async def test_the_stream_helper_of_the_client_works(official: openai.AsyncOpenAI) -> None:
    async with official.chat.completions.stream(model=MODEL, messages=user("{{words:9}}")) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_completion()
    assert (final.choices[0].message.content or "").split() == [f"w{n}" for n in range(9)]


async def test_the_client_that_blocks_works_too(server: str, ada: Person) -> None:
    def talk() -> tuple[str | None, str]:
        with openai.OpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
            whole = client.chat.completions.create(model=MODEL, messages=user("{{reply:Hi.}}"))
            stream = client.chat.completions.create(model=MODEL, messages=user("{{words:4}}"), stream=True)
            pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
            return whole.choices[0].message.content, "".join(pieces)

    assert await asyncio.to_thread(talk) == ("Hi.", "w0 w1 w2 w3")


async def test_settings_reach_the_model(official: openai.AsyncOpenAI, provider: ScriptedProvider) -> None:
    word = new_id("word")
    await official.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "developer", "content": "Be kind."}, *user(word)],
        temperature=0.2,
        top_p=0.9,
        max_tokens=7,
        stop=["END", "STOP"],
        seed=11,
        response_format={"type": "json_object"},
    )
    body = call_of(provider, word).body
    assert body["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": word},
    ]
    assert body["model"] == "gpt-4o"
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.2, 0.9, 7)
    assert (body["stop"], body["seed"]) == (["END", "STOP"], 11)
    assert body["response_format"] == {"type": "json_object"}


async def test_tools_pass_through_and_their_results_come_back(
    official: openai.AsyncOpenAI, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    question = user(f'{word} {{{{tool:find:{{"q": 1}}}}}} {{{{parallel_tools:2}}}}')
    completion = await official.chat.completions.create(
        model=MODEL, messages=question, tools=[FIND], tool_choice="auto", parallel_tool_calls=True
    )
    assert completion.choices[0].finish_reason == "tool_calls"
    message = completion.choices[0].message
    calls = message.tool_calls
    assert message.content is None
    assert calls is not None
    assert [(call.type, call.function.name, call.function.arguments) for call in calls if call.type == "function"] == [
        ("function", "find", '{"q": 1}')
    ] * 2  # fmt: skip
    body = call_of(provider, word).body
    assert body["tools"] == [FIND]
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("auto", True)
    results: list[ChatCompletionMessageParam] = [
        {"role": "tool", "tool_call_id": call.id, "content": f"result {at}"} for at, call in enumerate(calls)
    ]
    history: Any = [*question, message.model_dump(exclude_none=True), *results]
    after = await official.chat.completions.create(model=MODEL, messages=history, tools=[FIND])
    assert after.choices[0].message.content == "The tool answered: result 0 | result 1"
    assert provider.requests[-1].body["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": call.id, "type": "function", "function": {"name": "find", "arguments": '{"q":1}'}}
                for call in calls
            ],
        },
        {"role": "tool", "tool_call_id": calls[0].id, "content": "result 0"},
        {"role": "tool", "tool_call_id": calls[1].id, "content": "result 1"},
    ]


async def test_streams_tool_calls(official: openai.AsyncOpenAI) -> None:
    question = user('{{reasoning:Hm. Yes.}} {{tool:find:{"q": 1, "long": "words"}}} {{parallel_tools:2}}')
    stream = await official.chat.completions.create(model=MODEL, messages=question, tools=[FIND], stream=True)
    names: dict[int, str] = {}
    inputs: dict[int, str] = {}
    thoughts = ""
    reason = None
    async for chunk in stream:
        choice = chunk.choices[0]
        reason = choice.finish_reason or reason
        thoughts += getattr(choice.delta, "reasoning_content", None) or ""
        for call in choice.delta.tool_calls or ():
            assert call.function is not None
            if call.id:
                names[call.index] = call.function.name or ""
            inputs[call.index] = inputs.get(call.index, "") + (call.function.arguments or "")
    assert names == {0: "find", 1: "find"}
    assert inputs == dict.fromkeys((0, 1), '{"q": 1, "long": "words"}')
    assert (thoughts, reason) == ("Hm. Yes.", "tool_calls")


async def test_lists_models(official: openai.AsyncOpenAI) -> None:
    listed = [model async for model in await official.models.list()]
    assert MODEL in {model.id for model in listed}
    hosted = [model for model in listed if not model.id.startswith("agent/")]
    assert {model.owned_by for model in hosted} == {"openai", "anthropic", "google"}
    for name in (MODEL, "gpt-4o", "openai/my/own-model"):
        assert (await official.models.retrieve(name)).id == name
    with pytest.raises(openai.NotFoundError) as refused:
        await official.models.retrieve("nobody/model-1")
    assert refused.value.param == "model"


@pytest.mark.parametrize(
    ("text", "kind", "status", "code"),
    [
        ("{{status:500}}", openai.InternalServerError, 502, "api_error"),
        ("{{status:429}} {{retry_after:7}}", openai.RateLimitError, 429, "rate_limit_exceeded"),
        ("{{error:context_length_exceeded}}", openai.BadRequestError, 400, "context_length_exceeded"),
        ("{{error:insufficient_quota}}", openai.InternalServerError, 503, "provider_quota_exhausted"),
        ("{{error:invalid_api_key}}", openai.InternalServerError, 503, "provider_key_refused"),
        ("{{error:model_not_found}}", openai.BadRequestError, 400, "provider_refused"),
        ("{{words:3}} {{cut_after:0}}", openai.InternalServerError, 502, "provider_broke_off"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_before_the_first_token_is_an_error_of_the_client(
    official: openai.AsyncOpenAI, text: str, kind: type[openai.APIStatusError], status: int, code: str, stream: bool
) -> None:  # fmt: skip
    with pytest.raises(kind) as refused:
        await official.chat.completions.create(model=MODEL, messages=user(text), stream=stream)
    error = refused.value
    assert (error.status_code, error.code) == (status, code)
    assert error.request_id is not None
    assert set(error.response.json()["error"]) == {"message", "type", "param", "code"}
    assert "sk-scripted" not in error.response.text
    assert "tokens. Your messages" not in error.response.text
    if "retry_after" in text:
        assert error.response.headers["retry-after"] == "7"


async def test_a_failure_inside_the_stream_is_an_error_of_the_client(official: openai.AsyncOpenAI) -> None:
    text = "{{words:9}} {{error_after:4}} {{pace_ms:5}}"
    stream = await official.chat.completions.create(model=MODEL, messages=user(text), stream=True)
    pieces: list[str] = []

    async def read() -> None:
        async for chunk in stream:
            pieces.append(chunk.choices[0].delta.content or "")

    with pytest.raises(openai.APIError) as broke:
        await read()
    assert "".join(pieces).split() == ["w0", "w1", "w2", "w3"]
    assert broke.value.code == "provider_broke_off"


async def test_a_key_that_is_no_key_is_refused(server: str, official: openai.AsyncOpenAI) -> None:
    for key in ("sk-st-wrong", "sk-elsewhere"):
        stranger = official.with_options(api_key=key)
        with pytest.raises(openai.AuthenticationError) as refused:
            await stranger.chat.completions.create(model=MODEL, messages=user("hi"))
        assert refused.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()


async def test_who_may_only_read_may_not_ask(
    server: str, ada: Person, make_person: Callable[..., Any], provider: ScriptedProvider
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    before = len(provider.requests)
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=viewer.key, max_retries=0) as client:
        for stream in (False, True):
            with pytest.raises(openai.PermissionDeniedError):
                await client.chat.completions.create(model=MODEL, messages=user("hi"), stream=stream)
    assert len(provider.requests) == before


async def test_an_unknown_provider_names_those_that_there_are(official: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await official.chat.completions.create(model="nobody/model-1", messages=user("hi"))
    assert refused.value.param == "model"
    assert "Configured: openai" in refused.value.message


async def test_every_refusal_has_the_shape_of_openai(client: httpx.AsyncClient, ada: Person) -> None:
    path = "/v1/chat/completions"
    json_type = {"content-type": "application/json"}
    question = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}
    answers = {
        400: await client.post(path, content=b"{nonsense", headers={**ada.headers, **json_type}),
        413: await client.post(path, content=b'"' + b"a" * 2_100_000 + b'"', headers={**ada.headers, **json_type}),
        401: await client.post(path, json=question),
        404: await client.get("/v1/nothing/here", headers=ada.headers),
        405: await client.put(path, headers=ada.headers),
    }  # fmt: skip
    refused: list[dict[str, Any]] = [
        {**question, "n": 2},
        {**question, "logprobs": True},
        {**question, "top_logprobs": 2},
        {**question, "modalities": ["text", "audio"]},
        {**question, "functions": [{"name": "find"}]},
        {
            **question,
            "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}],
        },
        {**question, "messages": []},
        {"messages": []},
        {**question, "model": "nobody/model-1"},
        {**question, "messages": [{"role": "user", "content": "a\x00b"}]},
    ]
    found = [*answers.items()]
    for body in refused:
        found.append((400, await client.post(path, json=body, headers=ada.headers)))
    for status, answer in found:
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"]
        assert error["type"] == "invalid_request_error"
        assert error["code"]
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-request-id"].startswith("req_")


async def until_gone(record: Recorded) -> float:
    """Seconds from now until the provider sees that its client left."""
    started = time.monotonic()
    while not record.client_gone:
        assert time.monotonic() - started < 5, "the request upstream goes on"
        await asyncio.sleep(0.005)
    assert record.end is not None
    return record.end - started


async def recorded(provider: ScriptedProvider, words: str) -> Recorded:
    for _ in range(400):
        if any(words in record.said for record in provider.requests):
            return call_of(provider, words)
        await asyncio.sleep(0.01)
    raise AssertionError("no request upstream")


async def test_a_client_that_leaves_in_the_middle_ends_the_call_upstream(
    official: openai.AsyncOpenAI, provider: ScriptedProvider, house: Runtime, ada: Person
) -> None:
    word = new_id("word")
    text = f"{word} {{{{words:500}}}} {{{{pace_ms:10}}}}"
    stream = await official.chat.completions.create(model=MODEL, messages=user(text), stream=True)
    count = 0
    async for _ in stream:
        count += 1
        if count == 10:
            break
    await stream.close()
    assert await until_gone(call_of(provider, word)) < 1
    (line,) = await ledger(house, ada)
    assert (line.status, line.estimated, line.purpose) == ("cancelled", True, "completion")
    assert line.output_tokens > 0
    assert line.input_tokens > 0
    assert line.cost_usd is not None
    assert line.cost_usd > 0
    assert line.duration_ms is not None


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "wait", ["{{hang}}", "{{words:500}} {{first_ms:9000}}", "{{words:500}} {{pace_ms:20}}"]
)
async def test_a_client_that_leaves_early_ends_the_call_upstream(
    official: openai.AsyncOpenAI,
    provider: ScriptedProvider,
    house: Runtime,
    ada: Person,
    caplog: pytest.LogCaptureFixture,
    stream: bool,
    wait: str,
) -> None:
    word = new_id("word")
    asking = asyncio.ensure_future(
        official.chat.completions.create(model=MODEL, messages=user(f"{word} {wait}"), stream=stream)
    )
    record = await recorded(provider, word)
    await asyncio.sleep(0.1)
    if asking.done():
        await asking.result().close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert await until_gone(record) < 1
    (line,) = await ledger(house, ada)
    assert (line.status, line.estimated) == ("cancelled", True)
    assert "Traceback" not in caplog.text


async def test_every_call_has_its_line_in_the_ledger(
    official: openai.AsyncOpenAI, house: Runtime, ada: Person
) -> None:
    for text, status, estimated in (
        ("{{words:5}}", "completed", False),
        ("{{words:5}} {{no_usage}}", "completed", True),
        # Refused, so nothing was read and nothing is estimated.
        ("{{status:500}}", "failed", False),
    ):
        try:
            completion = await official.chat.completions.create(model=MODEL, messages=user(text))
        except openai.APIStatusError:
            assert status == "failed"
        else:
            assert completion.usage is not None
        line = (await ledger(house, ada))[-1]
        assert (line.status, line.estimated, line.provider, line.model) == (
            status,
            estimated,
            "openai",
            "gpt-4o-mini",
        )
        assert (line.input_tokens > 0) == (line.output_tokens > 0) == (status == "completed")
        assert line.key_id is not None
    assert len(await ledger(house, ada)) == 5, "the call that failed was made three times"


async def test_an_estimate_is_sent_when_the_provider_does_not_count(official: openai.AsyncOpenAI) -> None:
    text = "{{words:40}} {{no_usage}}"
    stream = await official.chat.completions.create(
        model=MODEL, messages=user(text), stream=True, stream_options={"include_usage": True}
    )
    last = [chunk async for chunk in stream][-1]
    assert last.usage is not None
    assert last.usage.completion_tokens > 10
