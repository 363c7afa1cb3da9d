"""Every directive of the scripted provider on every wire, judged by the official clients of the four providers."""

import asyncio
import email.utils
import json
import time
from typing import Any

import anthropic
import httpx
import jsonschema_rs
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
    is_json,
    plain_body,
    read_plain,
)
from tests.support.scripted_reply import characters
from tests.support.scripted_schema import instance

# Google's client derives from aiohttp's session, which aiohttp discourages; nothing here can change that.
# The double changes rarely, and every other test leans on it: judged with all the rest.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:Inheritance class AiohttpClientSession from ClientSession is discouraged:DeprecationWarning"
    ),
]


every_wire = pytest.mark.parametrize("wire", WIRES)
STOPPED = {"openai_chat": "stop", "openai_responses": "completed", "anthropic": "end_turn", "gemini": "STOP"}
CALLED = {**STOPPED, "openai_chat": "tool_calls", "anthropic": "tool_use"}
FULL = {
    "openai_chat": "length",
    "openai_responses": "max_output_tokens",
    "anthropic": "max_tokens",
    "gemini": "MAX_TOKENS",
}
FILTERED = {
    "openai_chat": "content_filter",
    "openai_responses": "content_filter",
    "anthropic": "refusal",
    "gemini": "SAFETY",
}


@both
@every_wire
async def test_text_reasoning_and_usage(clients: Clients, wire: str, stream: bool) -> None:
    text = "{{reasoning:let me think}}{{reply:Grüezi, 東京 👩‍👩‍👧}}{{cached:2}} one two three"
    heard = await clients.ask(wire, text, stream=stream)
    assert (heard.text, heard.reasoning) == ("Grüezi, 東京 👩‍👩‍👧", "let me think")
    assert heard.finish == STOPPED[wire]
    record = clients.last
    assert heard.usage == (record.prompt_tokens, record.tokens_sent, 2, 3)
    assert (record.wire, record.status, record.usage_sent, record.reasoning_sent) == (wire, 200, True, 3)
    assert (record.tokens_sent, record.cached_tokens, record.said) == (6, 2, text)
    assert record.key == f"{wire.split('_')[0].replace('gemini', 'google')}-key"
    assert record.finish == heard.finish


@both
@every_wire
async def test_parallel_tool_calls(clients: Clients, wire: str, stream: bool) -> None:
    text = '{{tool:find:{"query": "a \\"b\\"", "deep": {"x": [1, 2]}}}}{{tool:now:{}}}{{parallel_tools:2}}'
    heard = await clients.ask(wire, text, stream=stream)
    assert heard.calls == [("find", {"query": 'a "b"', "deep": {"x": [1, 2]}}), ("now", {})]
    assert heard.finish == CALLED[wire]
    assert heard.usage is not None
    assert heard.usage[1] == clients.last.tokens_sent == 6


@both
@every_wire
@pytest.mark.parametrize(
    "directives", ["{{words:50}}", '{{reasoning:a b}}{{reply:c}}{{tool:x:{"a": 1, "b": 2}}}']
)
async def test_ends_at_the_most_tokens(clients: Clients, wire: str, stream: bool, directives: str) -> None:
    most = 20 if "words" in directives else 16
    heard = await clients.ask(wire, directives, stream=stream, most=most)
    if "words" in directives:
        assert heard.text == " ".join(f"w{number}" for number in range(20))
        assert heard.finish == FULL[wire]
        assert heard.usage is not None
        assert heard.usage[1] == clients.last.tokens_sent == 20
        heard = await clients.ask(wire, directives + "{{ignore_max_tokens}}", stream=stream, most=20)
        assert (heard.text.count("w"), heard.finish) == (50, STOPPED[wire])
    else:
        assert (heard.finish, len(heard.calls)) == (CALLED[wire], 1)


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire != "openai_responses"])
async def test_a_tool_call_is_cut_inside_its_arguments(clients: Clients, wire: str) -> None:
    answer = await clients.post(wire, '{{tool:x:{"first": 1, "second": 2}}}', most=2)
    assert FULL[wire] in answer.text
    assert "second" not in answer.text
    assert clients.last.tokens_sent == 2


@both
@every_wire
async def test_refusal(clients: Clients, wire: str, stream: bool) -> None:
    heard = await clients.ask(wire, "{{refusal:I will not.}}", stream=stream)
    # Google's client drops the sentence; it is in the bytes.
    assert (heard.refusal, heard.text) == ("" if wire == "gemini" else "I will not.", "")
    answer = await clients.post(wire, "{{refusal:I will not.}}{{chunk:9}}", stream=stream)
    assert "I will not." in answer.text
    refused = {**STOPPED, "anthropic": "refusal", "gemini": "SAFETY"}
    assert heard.finish == refused[wire]
    heard = await clients.ask(wire, "{{reply:So far}}{{finish:content_filter}}", stream=stream)
    assert (heard.text, heard.finish) == ("So far", FILTERED[wire])


@both
@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire != "anthropic"])
async def test_no_usage(clients: Clients, wire: str, stream: bool) -> None:
    heard = await clients.ask(wire, "{{words:3}}{{no_usage}}", stream=stream)
    assert (heard.text, heard.usage) == ("w0 w1 w2", None)
    assert not clients.last.usage_sent


@both
async def test_no_usage_of_anthropic_which_its_client_cannot_read(clients: Clients, stream: bool) -> None:
    answer = await clients.post("anthropic", "{{words:3}}{{no_usage}}", stream=stream)
    told = answer.text.count('"usage"'), answer.text.count('"usage":{"input_tokens":0,"output_tokens":0}')
    assert told == ((1, 1) if stream else (0, 0))
    assert not clients.last.usage_sent


@every_wire
async def test_unknown_events_are_skipped(clients: Clients, wire: str) -> None:
    text = "{{unknown_events}}{{reasoning:let me think}}{{words:9}}"
    heard = await clients.ask(wire, text)
    assert (heard.text, heard.reasoning) == ("w0 w1 w2 w3 w4 w5 w6 w7 w8", "let me think")
    assert heard.finish == STOPPED[wire]
    answer = await clients.post(wire, text)
    assert answer.text.count("future") >= 3


@every_wire
async def test_bytes_cut_anywhere_say_the_same(clients: Clients, wire: str) -> None:
    heard = await clients.ask(wire, "{{chars:400}}{{rawsplit}}")
    assert heard.text == characters(400)


@every_wire
async def test_chunk_joins_tokens_and_usage_counts_them_all(clients: Clients, wire: str) -> None:
    heard = await clients.ask(wire, "{{words:10}}{{chunk:4}}{{pace_ms:2}}")
    assert heard.text == "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9"
    assert heard.usage is not None
    assert heard.usage[1] == 10


_OPENAI: dict[str, type[Exception]] = {
    "{{status:429}}{{retry_after:3}}": openai.RateLimitError,
    "{{status:500}}": openai.InternalServerError,
    "{{error:overloaded}}": openai.InternalServerError,
    "{{error:context_length_exceeded}}": openai.BadRequestError,
    "{{error:model_not_found}}": openai.NotFoundError,
    "{{error:invalid_api_key}}": openai.AuthenticationError,
    "{{error:insufficient_quota}}": openai.RateLimitError,
    "{{blocked}}": openai.BadRequestError,
}
_ANTHROPIC: dict[str, type[Exception]] = {
    "{{status:429}}{{retry_after:3}}": anthropic.RateLimitError,
    "{{status:500}}": anthropic.InternalServerError,
    "{{error:overloaded}}": anthropic.InternalServerError,
    "{{error:context_length_exceeded}}": anthropic.BadRequestError,
    "{{error:model_not_found}}": anthropic.NotFoundError,
    "{{error:invalid_api_key}}": anthropic.AuthenticationError,
    "{{error:permission_error}}": anthropic.PermissionDeniedError,
    "{{blocked}}": anthropic.BadRequestError,
}
_GOOGLE: dict[str, type[Exception]] = {
    "{{status:429}}{{retry_after:3}}": google_errors.ClientError,
    "{{status:500}}": google_errors.ServerError,
    "{{error:overloaded}}": google_errors.ServerError,
    "{{error:context_length_exceeded}}": google_errors.ClientError,
    "{{error:RESOURCE_EXHAUSTED}}": google_errors.ClientError,
    "{{error:invalid_api_key}}": google_errors.ClientError,
}
_FAILURES = [
    (wire, text, kind)
    for wire, table in (
        ("openai_chat", _OPENAI),
        ("openai_responses", _OPENAI),
        ("anthropic", _ANTHROPIC),
        ("gemini", _GOOGLE),
    )
    for text, kind in table.items()
]


@both
@pytest.mark.parametrize(("wire", "text", "kind"), _FAILURES)
async def test_failures_are_the_clients_own(
    clients: Clients, wire: str, text: str, kind: type[Exception], stream: bool
) -> None:
    with pytest.raises(kind) as caught:
        await clients.ask(wire, text, stream=stream)
    error: Any = caught.value
    if "retry_after" in text:
        assert error.response.headers["Retry-After"] == "3"
        assert wire != "gemini" or error.details["error"]["details"][-1]["retryDelay"] == "3s"
    if "overloaded" in text and wire == "anthropic":
        assert (error.status_code, error.body["error"]["type"]) == (529, "overloaded_error")
    if "context_length" in text and wire.startswith("openai"):
        assert error.code == "context_length_exceeded"


_ERROR_EVENTS: dict[str, type[Exception]] = {
    "openai_chat": openai.APIError,
    "openai_responses": openai.APIError,
    "anthropic": anthropic.APIStatusError,
    "gemini": google_errors.ServerError,
}


@pytest.mark.parametrize("pace", ["", "{{pace_ms:2}}", "{{rawsplit}}"])
@every_wire
async def test_error_in_the_stream(clients: Clients, wire: str, pace: str) -> None:
    with pytest.raises(_ERROR_EVENTS[wire]):
        await clients.ask(wire, "{{words:9}}{{error_after:3}}" + pace)
    record = clients.last
    assert (record.tokens_sent, record.usage_sent, record.finish) == (3, False, None)


@pytest.mark.parametrize("pace", ["", "{{pace_ms:2}}"])
@every_wire
async def test_cut_garbage_and_a_cut_inside_a_tool_call(clients: Clients, wire: str, pace: str) -> None:
    texts = ["{{words:9}}{{cut_after:4}}", '{{tool:find:{"query": "abcdefgh"}}}{{cut_after:2}}']
    for text, sent in zip(texts, (4, 4 if wire == "gemini" else 2), strict=True):
        raw, whole = await read_plain(clients, wire, text + pace)
        assert not whole
        assert clients.last.tokens_sent == sent
        assert "abcdefgh" not in raw or wire == "gemini"
        assert not clients.last.client_gone
    raw, whole = await read_plain(clients, wire, "{{words:9}}{{garbage_after:2}}" + pace)
    assert whole
    data = [line[6:] for line in raw.splitlines() if line.startswith("data: {")]
    assert sum(not is_json(line) for line in data) == 1
    assert clients.last.tokens_sent == 9


@pytest.mark.parametrize(
    "hang", ["{{hang}}", "{{hang_after:0}}", "{{hang_after:2}}", "{{hang_after:2}}{{pace_ms:1}}"]
)
@every_wire
async def test_hang_lasts_until_the_client_leaves(clients: Clients, wire: str, hang: str) -> None:
    asking = asyncio.create_task(clients.ask(wire, "{{words:9}}" + hang))
    async with asyncio.timeout(2):
        while not clients.provider.requests or clients.provider.active == 0:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert not asking.done()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(2):
        while clients.provider.active:
            await asyncio.sleep(0.005)
    record = clients.last
    assert record.client_gone
    assert not record.usage_sent
    assert record.tokens_sent == (2 if ":2" in hang else 0)


@both
@every_wire
async def test_answers_that_are_none(clients: Clients, wire: str, stream: bool) -> None:
    async with httpx.AsyncClient() as http:

        async def post(text: str) -> httpx.Response:
            body, path = plain_body(wire, text, stream=stream)
            return await http.post(f"{clients.provider.root_url}{path}", json=body, headers=HEADERS)

        page = await post("{{html}}")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        error = await post("{{json_error}}")
        assert error.status_code == 200
        assert error.headers["content-type"].startswith("application/json")
        assert error.json()["error"]["message"]
        lines = await post("{{garbage_mb:2}}")
        assert len(lines.content) == 2 << 20
        assert not any(line.startswith((b"data", b"event")) for line in lines.content.splitlines())
        assert b"\n" not in (await post("{{line_mb:1}}")).content
        for _ in range(2):
            assert (await post("{{html}}{{times:1}}{{reply:now}}")).status_code == 200
        assert clients.last.tokens_sent == 1


@every_wire
async def test_retry_date_is_a_date(clients: Clients, wire: str) -> None:
    answer = await clients.post(wire, "{{status:429}}{{retry_date:5}}")
    at = email.utils.parsedate_to_datetime(answer.headers["Retry-After"]).timestamp()
    assert 4.9 <= at - time.time() <= 6.1


# Structured output


async def _structured(clients: Clients, wire: str, text: str) -> str:
    messages: list[Any] = [{"role": "user", "content": text}]
    match wire:
        case "openai_chat":
            named = {"name": "city", "schema": SCHEMA, "strict": True}
            shape: Any = {"type": "json_schema", "json_schema": named}
            answer = await clients.create_completion(model="gpt-4o", messages=messages, response_format=shape)
            return answer.choices[0].message.content or ""
        case "openai_responses":
            shape = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA, "strict": True}}
            response = await clients.create_response(model="gpt-4o", input=text, text=shape)
            return response.output_text
        case "anthropic":
            shape = {"format": {"type": "json_schema", "schema": SCHEMA}}
            said = await clients.create_message(
                model=CLAUDE, max_tokens=99, messages=messages, output_config=shape
            )
            block = said.content[0]
            assert block.type == "text"
            return block.text
        case _:
            config = google_types.GenerateContentConfig(
                response_mime_type="application/json", response_json_schema=SCHEMA
            )
            got = await clients.models.generate_content(
                model="gemini-2.5-flash", contents=text, config=config
            )
            return got.text or ""


@every_wire
async def test_structured_output_fits_its_schema(clients: Clients, wire: str) -> None:
    value = json.loads(await _structured(clients, wire, "a city, please"))
    jsonschema_rs.validate(SCHEMA, value)
    assert value == {
        "city": "textxx",
        "people": 3,
        "share": 0,
        "size": "small",
        "old": False,
        "streets": ["text", "text"],
    }
    assert await _structured(clients, wire, "{{reply:as told}}") == "as told"
    with pytest.raises(json.JSONDecodeError):
        json.loads(await _structured(clients, wire, "{{invalid_json}}"))
    assert await _structured(clients, wire, '{{invalid_json:{"city": 1}}}') == '{"city": 1}'
    again = "{{invalid_json}}{{times:1}}"
    texts = [await _structured(clients, wire, again) for _ in range(2)]
    assert not is_json(texts[0])
    assert json.loads(texts[1]) == value


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string", "format": "uuid"}}},
        {"anyOf": [{"type": "integer", "exclusiveMinimum": 4}, {"type": "null"}]},
        {"type": ["null", "number"], "minimum": 2.5, "multipleOf": 2},
        {"const": [1, {"a": None}]},
        {"type": "string", "maxLength": 2},
        {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]},
        {"type": "integer", "maximum": -3},
        {"type": "string", "format": "date-time"},
    ],
)
def test_instances_fit(schema: Json) -> None:
    jsonschema_rs.validate(schema, instance(schema))


def test_instances_know_the_types_of_gemini() -> None:
    schema = {"type": "OBJECT", "properties": {"n": {"type": "ARRAY", "minItems": "1"}}, "required": ["n"]}
    assert instance(schema) == {"n": ["text"]}
