"""Conversations, keys and vectors of the scripted provider, each in its provider's own shapes and strictness."""

import base64
import json
import math
import struct
from typing import Any

import anthropic
import httpx
import openai
import pytest
from google.genai import errors as google_errors
from google.genai import types as google_types

from tests.judges.scripted_clients import (
    CLAUDE,
    HEADERS,
    SCHEMA,
    WIRES,
    Clients,
    Json,
    both,
    plain_body,
)

# Google's client derives from aiohttp's session, which aiohttp discourages; nothing here can change that.
# The double changes rarely, and every other test leans on it: judged with all the rest.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:Inheritance class AiohttpClientSession from ClientSession is discouraged:DeprecationWarning"
    ),
]


# Conversations with tools and thinking, each in its provider's own shapes


async def test_responses_take_their_reasoning_back(clients: Clients) -> None:
    question: Any = {"role": "user", "content": "{{reasoning:first I look}}{{tool:look:{}}}{{reply:done}}"}
    settings: Json = {"model": "gpt-5", "store": False, "include": ["reasoning.encrypted_content"]}
    first = await clients.create_response(input=[question], **settings)
    reasoning, call = first.output
    assert reasoning.type == "reasoning"
    assert reasoning.encrypted_content
    assert call.type == "function_call"
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "3 found"}
    items: list[Any] = [question, reasoning.model_dump(), call.model_dump(exclude_none=True), output]
    assert (await clients.create_response(input=items, **settings)).output_text == "done"
    bad: list[tuple[list[Any], str]] = [
        ([question, {**items[1], "encrypted_content": "AAAA"}, *items[2:]], "could not be verified"),
        ([question, {**items[1], "encrypted_content": None}, *items[2:]], "not persisted"),
        ([question, output], "No tool call found"),
        ([question, items[2]], "No tool output found"),
        ([question, items[1]], "without its required following item"),
        ([{"role": "user", "content": [{"type": "text", "text": "hi"}]}], "Supported values"),
    ]
    for given, says in bad:
        with pytest.raises(openai.BadRequestError, match=says):
            await clients.create_response(input=given, **settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_output_tokens": 5}, ">= 16"),
        ({"extra_body": {"max_tokens": 5}}, "max_output_tokens"),
        ({"extra_body": {"surprise": 5}}, "Unknown parameter"),
        ({"model": "gpt-5", "temperature": 0.5}, "temperature"),
        ({"text": {"format": {"type": "json_object"}}}, "the word 'json'"),
    ],
)
async def test_responses_refuse(clients: Clients, settings: Json, says: str) -> None:
    body: Json = {"model": "gpt-4o", "input": "hi", **settings}
    with pytest.raises(openai.BadRequestError, match=says):
        await clients.create_response(**body)


async def test_messages_take_their_thinking_back(clients: Clients) -> None:
    question: Any = {"role": "user", "content": "{{reasoning:first I look}}{{tool:look:{}}}{{reply:done}}"}
    thinking = {"type": "enabled", "budget_tokens": 1024}
    settings: Json = {"model": CLAUDE, "max_tokens": 2000, "thinking": thinking}
    first = await clients.create_message(messages=[question], **settings)
    thought, call = (block.model_dump(exclude_none=True) for block in first.content)
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": [{"type": "text", "text": "3"}]}

    async def ask(*turns: Any) -> str:
        messages: list[Any] = [{"role": role, "content": content} for role, content in turns]
        answer = await clients.create_message(messages=[question, *messages], **settings)
        return "".join(block.text for block in answer.content if block.type == "text")

    assert await ask(("assistant", [thought, call]), ("user", [result])) == "done"
    changed = {**thought, "thinking": "something else"}
    forged = {**thought, "signature": "AAAA"}
    bad: list[tuple[list[Any], str]] = [
        ([("assistant", [changed, call]), ("user", [result])], "Invalid `signature` in `thinking` block"),
        ([("assistant", [forged, call]), ("user", [result])], "Invalid `signature` in `thinking` block"),
        ([("assistant", [call]), ("user", [result])], "Expected `thinking`"),
        ([("user", [result])], "unexpected `tool_use_id`"),
        ([("assistant", [thought, call])], "without `tool_result` blocks"),
        ([("assistant", [thought, call]), ("user", "no")], "without `tool_result` blocks"),
        ([("assistant", [{**call, "id": "call.1"}]), ("user", [result])], "should match pattern"),
        ([("system", "no")], "Unexpected role"),
        ([("user", [{"type": "text", "text": ""}])], "must be non-empty"),
    ]
    for turns, says in bad:
        with pytest.raises(anthropic.BadRequestError, match=says):
            await ask(*turns)


async def test_messages_check_what_comes_first(clients: Clients) -> None:
    url, hi = f"{clients.provider.root_url}/v1/messages", [{"role": "user", "content": "hi"}]
    good = {"model": CLAUDE, "max_tokens": 9, "messages": hi}
    async with httpx.AsyncClient(headers=HEADERS) as http:

        async def refusal(body: Json, **headers: str) -> str:
            answer = await http.post(url, json=body, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (400, "error")
            return str(answer.json()["error"]["message"])

        assert await refusal({"model": "m", "messages": hi}) == "max_tokens: Field required"
        assert "anthropic-version" in await refusal(good, **{"anthropic-version": ""})
        assert 'the "user" role' in await refusal(
            {**good, "messages": [{"role": "assistant", "content": "a"}]}
        )
        assert "greater than or equal to 1024" in await refusal(
            {**good, "thinking": {"type": "enabled", "budget_tokens": 5}}
        )
        newer = {**good, "model": "claude-sonnet-5"}
        assert await refusal({**newer, "temperature": 0}) == "`temperature` is deprecated for this model."
        enabled = {"max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
        assert "not supported for this model" in await refusal({**newer, **enabled})
        schema: Json = {"type": "object", "properties": {}}
        assert "additionalProperties" in await refusal(
            {**good, "output_config": {"format": {"type": "json_schema", "schema": schema}}}
        )
        assert (await http.post(url, json=good)).headers["request-id"]


async def test_messages_count_tokens(clients: Clients) -> None:
    count = await clients.anthropic.messages.count_tokens(
        model=CLAUDE, system="be brief", messages=[{"role": "user", "content": "one two three"}]
    )
    assert count.input_tokens == 5
    assert clients.provider.requests == []


async def test_thinking_may_be_hidden(clients: Clients) -> None:
    settings: Json = {"model": CLAUDE, "max_tokens": 2000}
    settings["messages"] = [{"role": "user", "content": "{{reasoning:a b}}{{reply:c}}"}]
    settings["thinking"] = {"type": "adaptive", "display": "omitted"}
    async with clients.anthropic.messages.stream(**settings) as events:
        message = await events.get_final_message()
    first = message.content[0]
    assert first.type == "thinking"
    assert (first.thinking, bool(first.signature)) == ("", True)
    assert message.usage.output_tokens == clients.last.tokens_sent == 3
    settings |= {"model": "claude-opus-5", "thinking": {"type": "adaptive"}}
    hidden = (await clients.create_message(**settings)).content[0]
    assert (hidden.type, getattr(hidden, "thinking", None)) == ("thinking", "")
    settings["thinking"] = {"type": "adaptive", "display": "summarized"}
    shown = (await clients.create_message(**settings)).content[0]
    assert getattr(shown, "thinking", None) == "a b"
    settings["thinking"] = {"type": "disabled"}
    whole = await clients.create_message(**settings)
    assert [block.type for block in whole.content] == ["text"]


async def test_cache_writes_are_told_where_the_wire_tells_them(clients: Clients) -> None:
    text = "{{words:1}}{{cached:2}}{{cache_write:1}} a b c d"
    await clients.ask("anthropic", text)
    settings: Json = {"model": CLAUDE, "max_tokens": 9}
    message = await clients.create_message(messages=[{"role": "user", "content": text}], **settings)
    usage = message.usage
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (2, 1)
    assert usage.input_tokens == clients.last.prompt_tokens - 3
    response = await clients.create_response(model="gpt-4o", input=text)
    assert response.usage is not None
    assert response.usage.input_tokens_details.cache_write_tokens == 1


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-pro-preview"])
async def test_gemini_takes_its_signatures_back(clients: Clients, model: str) -> None:
    said = "{{reasoning:first I look}}{{tool:look:{}}}{{tool:find:{}}}{{parallel_tools:2}}{{reply:done}}"
    question: Any = {"role": "user", "parts": [{"text": said}]}
    models = clients.models
    first = await models.generate_content(model=model, contents=[question])
    assert first.candidates
    content = first.candidates[0].content
    assert content is not None
    parts: list[Any] = [part for part in content.parts if part.function_call]
    assert [bool(part.thought_signature) for part in parts] == [True, False]
    assert all(bool(part.function_call and part.function_call.id) == ("gemini-3" in model) for part in parts)
    results = [
        google_types.Part.from_function_response(name=name, response={"n": 3}) for name in ("look", "find")
    ]
    back: Any = google_types.Content(role="user", parts=results)
    assert (await models.generate_content(model=model, contents=[question, content, back])).text == "done"
    forged = google_types.Part(function_call=parts[0].function_call, thought_signature=b"other")
    bare = google_types.Part(function_call=parts[0].function_call)
    one = google_types.Content(role="user", parts=results[:1])
    bad: list[tuple[list[Any], str]] = [
        ([question, back], "immediately after a function call turn"),
        ([question, content, one], "number of function response parts"),
        ([question, content], "immediately after a function call turn"),
        ([question, google_types.Content(role="model", parts=[forged]), one], "Corrupted thought signature"),
        ([question, google_types.Content(role="model", parts=[])], "parts must not be empty"),
    ]
    for contents, says in bad:
        with pytest.raises(google_errors.ClientError, match=says):
            await models.generate_content(model=model, contents=contents)
    unsigned = models.generate_content(
        model=model, contents=[question, google_types.Content(role="model", parts=[bare]), one]
    )
    if "gemini-3" in model:
        with pytest.raises(google_errors.ClientError, match="missing a thought_signature"):
            await unsigned
    else:
        assert (await unsigned).candidates


async def test_gemini_refuses_what_it_does_not_know(clients: Clients) -> None:
    url = f"{clients.provider.root_url}/v1beta/models/gemini-2.5-flash:generateContent"
    contents = [{"role": "user", "parts": [{"text": "hi"}]}]
    schema = {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": False}}}
    tool = {"functionDeclarations": [{"name": "a", "parameters": schema}]}
    as_json = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    json_schema = {"functionDeclarations": [{"name": "a", "parametersJsonSchema": SCHEMA}]}
    bad = [
        ({"surprise": 1}, "Unknown name"),
        ({"generationConfig": {"max_tokens": 1}}, "generation_config"),
        ({"tools": [tool]}, "additionalProperties"),
        ({"generationConfig": {"responseJsonSchema": SCHEMA}}, "mime type"),
        ({"generationConfig": as_json, "tools": [json_schema]}, "is unsupported"),
    ]
    async with httpx.AsyncClient() as http:
        for fields, says in bad:
            answer = await http.post(url, json={"contents": contents, **fields})
            assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
            assert says in answer.json()["error"]["message"]
        snake = {"contents": contents, "generation_config": {"max_output_tokens": 2}, "tools": [json_schema]}
        assert (await http.post(url, json=snake)).json()["candidates"][0]["finishReason"] == "MAX_TOKENS"


@both
async def test_gemini_blocks_a_prompt_without_an_error(clients: Clients, stream: bool) -> None:
    models = clients.models
    if stream:
        stream_of = await models.generate_content_stream(model="gemini-2.5-flash", contents="{{blocked}}")
        [answer] = [answer async for answer in stream_of]
    else:
        answer = await models.generate_content(model="gemini-2.5-flash", contents="{{blocked}}")
    assert not answer.candidates
    assert answer.prompt_feedback is not None
    assert answer.prompt_feedback.block_reason == google_types.BlockedReason.PROHIBITED_CONTENT


async def test_chat_refuses_tools_without_calls_and_calls_without_tools(clients: Clients) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "x", "arguments": "{}"}}
    asked = {"role": "assistant", "content": None, "tool_calls": [call]}
    hi = {"role": "user", "content": "hi"}
    result = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
    bad: list[tuple[list[Any], Json, str]] = [
        ([hi, result], {}, "must be a response to a preceeding message"),
        ([hi, asked, hi], {}, "must be followed by tool messages"),
        ([hi, asked], {}, "must be followed by tool messages"),
        ([hi, asked, {**result, "tool_call_id": "c2"}], {}, "must be a response"),
        ([hi], {"model": "gpt-5", "max_tokens": 5}, "max_completion_tokens"),
        ([hi], {"tools": [{"type": "function", "function": {"name": "a.b"}}]}, "does not match pattern"),
    ]
    for messages, settings, says in bad:
        body: Json = {"model": "gpt-4o", "messages": messages, **settings}
        with pytest.raises(openai.BadRequestError, match=says):
            await clients.create_completion(**body)
    named: Json = {"name": "a", "strict": True, "schema": {"type": "object", "properties": {}}}
    shape: Any = {"type": "json_schema", "json_schema": named}
    with pytest.raises(openai.BadRequestError, match="additionalProperties"):
        await clients.create_completion(
            model="gpt-4o",
            messages=[{"role": "user", "content": "hi"}],
            response_format=shape,
        )


# Keys, Azure, embeddings


async def test_keys_are_checked_when_there_is_a_list(clients: Clients) -> None:
    clients.provider.keys = {"openai-key", "google-key"}
    assert (await clients.ask("openai_chat", "{{reply:in}}")).text == "in"
    assert (await clients.ask("gemini", "{{reply:in}}")).text == "in"
    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        await clients.ask("anthropic", "{{reply:in}}")
    clients.provider.keys = {"anthropic-key"}
    assert (await clients.ask("anthropic", "{{reply:in}}")).text == "in"
    for wire in ("openai_chat", "openai_responses"):
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided"):
            await clients.ask(wire, "{{reply:in}}")
    with pytest.raises(google_errors.ClientError, match="API key not valid") as caught:
        await clients.ask("gemini", "{{reply:in}}")
    assert caught.value.code == 400
    async with httpx.AsyncClient() as http:
        statuses: list[int] = []
        for wire in WIRES:
            body, path = plain_body(wire, "hi")
            statuses.append((await http.post(f"{clients.provider.root_url}{path}", json=body)).status_code)
    assert statuses == [401, 401, 401, 403]


async def test_azure(clients: Clients) -> None:
    provider = clients.provider
    url = f"{provider.root_url}/openai/deployments/my-gpt/chat/completions"
    body = {"messages": [{"role": "user", "content": "hi"}], "model": "ignored"}
    async with openai.AsyncAzureOpenAI(
        azure_endpoint=provider.root_url, api_key="azure-key", api_version="2024-10-21", max_retries=0
    ) as client:
        messages: list[Any] = [{"role": "user", "content": "{{words:3}}"}]
        chunks = await client.chat.completions.create(model="my-gpt", messages=messages, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])
        assert text == "w0 w1 w2"
        assert (provider.requests[0].wire, provider.requests[0].key) == ("azure", "azure-key")
        with pytest.raises(openai.RateLimitError):
            await client.chat.completions.create(
                model="my-gpt", messages=[{"role": "user", "content": "{{status:429}}"}]
            )
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(
                model="my-gpt", messages=[{"role": "user", "content": "{{blocked}}"}]
            )
        assert caught.value.code == "content_filter"
    async with httpx.AsyncClient() as http:
        assert (await http.post(f"{url}?api-version=1", json=body)).status_code == 401
        lost = await http.post(url, json=body, headers={"api-key": "k"})
        assert (lost.status_code, lost.json()["error"]["message"]) == (404, "Resource not found")


async def test_embeddings(clients: Clients) -> None:
    create, model = clients.openai.embeddings.create, "text-embedding-3-small"
    texts = ["the cat sat on the mat", "the cat sat on a mat", "quarterly revenue grew"]
    packed = await create(model=model, input=texts)
    plain = await create(model=model, input=texts, encoding_format="float")
    first, near, far = (item.embedding for item in plain.data)
    assert len(first) == 1536
    assert math.isclose(math.hypot(*first), 1)
    assert [item.embedding for item in packed.data] == [
        pytest.approx(one, abs=1e-6) for one in (first, near, far)
    ]
    assert _cosine(first, near) > 0.7 > 0.3 > _cosine(first, far)
    assert (plain.usage.prompt_tokens, plain.usage.total_tokens) == (15, 15)
    short = await create(model=model, input="the cat", dimensions=64, encoding_format="float")
    assert len(short.data[0].embedding) == 64
    record = clients.last
    assert (record.wire, record.prompt_tokens, record.usage_sent) == ("embeddings", 2, True)
    raw = await clients.openai.embeddings.with_raw_response.create(
        model=model, input="the cat", dimensions=8, encoding_format="base64"
    )
    assert len(struct.unpack("<8f", base64.b64decode(json.loads(raw.content)["data"][0]["embedding"]))) == 8
    for given in ("", [], ["a", ""]):
        with pytest.raises(openai.BadRequestError):
            await create(model=model, input=given)
    with pytest.raises(openai.RateLimitError):
        await create(model=model, input="{{status:429}}")
    with pytest.raises(openai.BadRequestError, match="dimensions"):
        await create(model=model, input="a", dimensions=1537)


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
