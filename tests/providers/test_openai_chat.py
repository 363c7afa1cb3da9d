from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.kernel.ids import new_id
from steward.kernel.settings import Limits
from steward.providers.errors import (
    ContextTooLong,
    LLMError,
    ProviderBrokeOff,
    ProviderKeyRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
)
from steward.providers.events import (
    Finish,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.openai_chat import OpenAIChat, Reader, request_body
from steward.providers.wire import (
    Endpoint,
    Lack,
    ModelRequest,
    OneTool,
    OutputSchema,
    PromptMessage,
    Quirks,
    ToolSpec,
)
from tests.providers.hosts import answering
from tests.support.scripted_answer import Recorded
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import characters, message_text

LIMITS = Limits(connect_seconds=2, idle_seconds=2)
ENDPOINT = Endpoint("openai", "gpt-4o", "http://127.0.0.1:9/v1", "sk-scripted")


@pytest.fixture(scope="module")
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def asking(text: str, **settings: Any) -> ModelRequest:
    return ModelRequest([PromptMessage.of_text("user", text)], **settings)


async def call(
    http: aiohttp.ClientSession, base_url: str, request: ModelRequest, **limits: float
) -> tuple[list[ProviderEvent], LLMError | None]:
    """Everything that came, and how the call failed."""
    endpoint = Endpoint("openai", "gpt-4o", base_url, "sk-scripted")
    events: list[ProviderEvent] = []
    try:
        async for batch in OpenAIChat().stream(http, endpoint, request, LIMITS.model_copy(update=limits)):
            assert batch, "an empty batch wakes readers for nothing"
            events += batch
    except LLMError as error:
        return events, error
    return events, None


def text_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def merged(events: list[ProviderEvent]) -> list[ProviderEvent]:
    """The same events with neighbouring pieces joined, however they were cut."""
    out: list[ProviderEvent] = []
    for event in events:
        last = out[-1] if out else None
        if isinstance(event, TextDelta) and isinstance(last, TextDelta):
            out[-1] = TextDelta(last.text + event.text)
        elif isinstance(event, ReasoningDelta) and isinstance(last, ReasoningDelta):
            out[-1] = ReasoningDelta(last.text + event.text)
        else:
            out.append(event)
    return out


def call_of(provider: ScriptedProvider, words: str) -> Recorded:
    (found,) = [
        record
        for record in provider.requests
        if any(words in message_text(message) for message in record.body.get("messages", []))
    ]
    return found


@pytest.mark.req("PROV-01")
async def test_reads_an_answer(http: aiohttp.ClientSession, provider: ScriptedProvider) -> None:
    events, error = await call(http, provider.base_url, asking("{{words:3}} {{cached:2}}"))
    assert error is None
    assert merged(events) == [
        TextDelta("w0 w1 w2"),
        Usage(2, 3, cached_tokens=2),
        Finish("stop"),
    ]


async def test_without_a_count_there_is_no_usage(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    events, _ = await call(http, provider.base_url, asking("{{words:3}} {{no_usage}}"))
    assert merged(events) == [TextDelta("w0 w1 w2"), Finish("stop")]


@pytest.mark.req("CHAT-45")
async def test_reads_thinking_and_tools(http: aiohttp.ClientSession, provider: ScriptedProvider) -> None:
    text = '{{reasoning:Hm. Well.}} {{tool:find:{"q": 1}}} {{tool:look:{"at": ["x"]}}} {{parallel_tools:2}}'
    events, error = await call(http, provider.base_url, asking(text))
    assert error is None
    one, two = (event for event in events if isinstance(event, ToolCall))
    assert (one.name, one.input, one.raw_input) == ("find", {"q": 1}, '{"q": 1}')
    assert (two.name, two.input) == ("look", {"at": ["x"]})
    assert one.call_id != two.call_id
    pieces = [event for event in events if isinstance(event, ToolInputDelta)]
    assert "".join(piece.text for piece in pieces if piece.call_id == one.call_id) == one.raw_input
    kinds = [type(event) for event in merged(events) if not isinstance(event, ToolInputDelta)]
    assert kinds == [ReasoningDelta, ToolCallStart, ToolCallStart, ToolCall, ToolCall, Usage, Finish]
    assert events[-1] == Finish("tool_calls")
    usage = next(event for event in events if isinstance(event, Usage))
    assert usage.reasoning_tokens == 2


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("function_call", "tool_calls"),
        ("eos", "other"),
    ],
)
async def test_reads_why_it_stopped(
    http: aiohttp.ClientSession, provider: ScriptedProvider, written: str, read: str
) -> None:
    events, _ = await call(http, provider.base_url, asking(f"{{{{words:1}}}} {{{{finish:{written}}}}}"))
    assert isinstance(events[-1], Finish)
    assert events[-1].reason == read


@pytest.mark.parametrize(
    ("directive", "kind", "retry_after"),
    [
        ("{{status:500}}", ProviderUnavailable, None),
        ("{{status:503}} {{retry_after:12}}", ProviderUnavailable, 12),
        ("{{status:529}}", ProviderUnavailable, None),
        ("{{status:504}}", ProviderTimeout, None),
        ("{{status:408}}", ProviderTimeout, None),
        ("{{status:429}}", ProviderRateLimited, None),
        ("{{status:429}} {{retry_after:2.5}}", ProviderRateLimited, 2.5),
        ("{{error:rate_limit_exceeded}}", ProviderRateLimited, None),
        ("{{error:insufficient_quota}}", ProviderQuotaExhausted, None),
        ("{{status:402}}", ProviderQuotaExhausted, None),
        ("{{error:invalid_api_key}}", ProviderKeyRefused, None),
        ("{{status:403}}", ProviderKeyRefused, None),
        ("{{error:context_length_exceeded}}", ContextTooLong, None),
        ("{{error:model_not_found}}", ProviderRefused, None),
        ("{{error:content_policy_violation}}", ProviderRefused, None),
        ("{{status:422}}", ProviderRefused, None),
    ],
)
async def test_a_refusal_becomes_one_of_ours(
    http: aiohttp.ClientSession,
    provider: ScriptedProvider,
    directive: str,
    kind: type[LLMError],
    retry_after: float | None,
) -> None:
    events, error = await call(http, provider.base_url, asking(directive))
    assert events == []
    assert error is not None
    assert type(error) is kind
    assert error.retry_after_seconds == retry_after
    assert (error.model, error.provider) == ("gpt-4o", "openai")
    # The cause is for the log, the sentence for people.
    assert "error" in error.cause
    assert error.detail == kind.sentence
    assert "sk-scripted" not in error.detail


@pytest.mark.parametrize("retry_after", ["nan", "inf", "-3", "Fri, 31 Dec 2021 23:59:59 GMT", "soon"])
async def test_a_strange_time_to_come_back_is_no_time(http: aiohttp.ClientSession, retry_after: str) -> None:
    head = f"HTTP/1.1 429 Slow\r\nretry-after: {retry_after}\r\ncontent-length: 2\r\n\r\n".encode()
    async with answering(b"{}", head=head) as url:
        _, error = await call(http, url, asking("hi"))
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after_seconds in (None, 0)


@pytest.mark.parametrize("directive", ["cut_after", "garbage_after", "error_after"])
@pytest.mark.parametrize("pace", ["", "{{pace_ms:3}}", "{{rawsplit}}"])
async def test_what_came_before_a_break_counts(
    http: aiohttp.ClientSession, provider: ScriptedProvider, directive: str, pace: str
) -> None:
    text = f"{{{{words:9}}}} {{{{{directive}:5}}}} {pace}"
    events, error = await call(http, provider.base_url, asking(text))
    assert type(error) is ProviderBrokeOff
    assert text_of(events).split() == [f"w{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("hang", "limits"),
    [
        ("{{hang}}", {"first_token_seconds": 0.3}),
        ("{{words:9}} {{hang_after:3}}", {"idle_seconds": 0.3}),
    ],
)
async def test_silence_is_a_timeout(
    http: aiohttp.ClientSession, provider: ScriptedProvider, hang: str, limits: dict[str, float]
) -> None:
    word = new_id("word")
    started = time.monotonic()
    events, error = await call(http, provider.base_url, asking(f"{word} {hang}"), **limits)
    assert type(error) is ProviderTimeout
    assert time.monotonic() - started > 0.25
    assert text_of(events) == ("w0 w1 w2" if "after" in hang else "")
    await asyncio.sleep(0.05)
    assert call_of(provider, word).client_gone


async def test_a_host_that_is_not_there_is_unavailable(http: aiohttp.ClientSession) -> None:
    for url in ("http://127.0.0.1:9/v1", "http://no-such-host.invalid/v1"):
        _, error = await call(http, url, asking("hi"))
        assert type(error) is ProviderUnavailable
    async with answering(b"", head=b" ") as url:
        _, error = await call(http, url, asking("hi"))
        assert type(error) is ProviderUnavailable
    _, error = await call(http, "not an address", asking("hi"))
    assert type(error) is ProviderUnavailable


async def test_a_redirect_is_not_followed(http: aiohttp.ClientSession, provider: ScriptedProvider) -> None:
    """It would carry the key to somebody else."""
    before = len(provider.requests)
    head = (
        f"HTTP/1.1 307 Moved\r\nlocation: {provider.base_url}/chat/completions\r\ncontent-length: 0\r\n\r\n"
    )
    async with answering(b"", head=head.encode()) as url:
        _, error = await call(http, url, asking("hi"))
    assert type(error) is ProviderRefused
    assert len(provider.requests) == before


async def test_a_reader_that_leaves_ends_the_call_at_once(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    endpoint = Endpoint("openai", "gpt-4o", provider.base_url, None)
    request = asking(f"{word} {{{{words:5000}}}} {{{{pace_ms:10}}}}")
    async with aclosing(OpenAIChat().stream(http, endpoint, request, LIMITS)) as batches:
        async for _ in batches:
            break
    left = time.monotonic()
    record = call_of(provider, word)
    while not record.client_gone:
        # The answer would go on for almost fifty seconds.
        assert time.monotonic() - left < 15
        await asyncio.sleep(0.002)


async def test_sends_the_key_only_when_there_is_one(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    for key, header in (("sk-1", "Bearer sk-1"), (None, None)):
        word = new_id("word")
        endpoint = Endpoint("openai", "gpt-4o", provider.base_url, key)
        async for _ in OpenAIChat().stream(http, endpoint, asking(word), LIMITS):
            pass
        assert call_of(provider, word).headers.get("Authorization") == header


@pytest.mark.parametrize(
    ("counts", "read"),
    [
        ({"prompt_tokens": 4, "completion_tokens": None}, Usage(4, 0)),
        ({"prompt_tokens": -1, "completion_tokens": 2}, Usage(0, 2)),
        ({"prompt_tokens": 1, "completion_tokens": 9**20}, Usage(1, 100_000_000)),
        ({"prompt_tokens_details": None, "completion_tokens_details": {"reasoning_tokens": 3}},
         Usage(0, 0, reasoning_tokens=3)),
    ],
)  # fmt: skip
async def test_strange_counts_break_nothing(
    http: aiohttp.ClientSession, counts: dict[str, Any], read: Usage
) -> None:
    usage = b"data: " + json.dumps({"choices": [], "usage": counts}).encode()
    async with answering(lines(chunk(content="Hi"), STOP, usage, DONE)) as url:
        events, error = await call(http, url, asking("hi"))
    assert error is None
    assert read in events


async def test_calls_one_after_the_other_share_a_connection(provider: ScriptedProvider) -> None:
    made: list[str] = []

    async def count(*_: Any) -> None:
        made.append("connection")

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(count)
    async with aiohttp.ClientSession(trace_configs=[trace]) as http:
        for text in ("{{words:5}}", "{{words:5}} {{pace_ms:5}}", "{{words:500}}", "{{words:5}}"):
            _, error = await call(http, provider.base_url, asking(text))
            assert error is None
    assert len(made) == 1


async def test_a_host_that_stays_on_the_line_holds_nobody_up(http: aiohttp.ClientSession) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 100000\r\n\r\n"
    async with answering(lines(*USUAL), head=head, stay=True) as url:
        started = time.monotonic()
        events, error = await call(http, url, asking("hi"), idle_seconds=60)
        # The host would stay for ever.
        assert time.monotonic() - started < 15
    assert error is None
    assert merged(events) == ANSWER


def chunk(**delta: Any) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}, ensure_ascii=False).encode()


STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}'
COUNT = b'data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2}}'
DONE = b"data: [DONE]"
ANSWER: list[ProviderEvent] = [TextDelta("Grüezi"), Usage(4, 2), Finish("stop")]


def lines(*given: bytes, end: bytes = b"\n\n") -> bytes:
    return b"".join(line + end for line in given)


USUAL = (chunk(role="assistant", content=""), chunk(content="Grü"), chunk(content="ezi"), STOP, COUNT, DONE)


@pytest.mark.parametrize(
    "body",
    [
        lines(*USUAL),
        lines(*USUAL, end=b"\r\n\r\n"),
        lines(b": ping", b"event: message", b"id: 7", b"retry: 9", *USUAL),
        lines(*USUAL).replace(b"data: ", b"data:"),
        lines(*USUAL[:-1]),
        lines(*USUAL)[:-2],
        lines(*USUAL[:-1])[:-2],
        lines(*USUAL, b"data: after the end"),
        lines(*USUAL[:-2], b'data: {"choices":null,"usage":{"prompt_tokens":4,"completion_tokens":2}}'),
        lines(b'data: {"choices":[],"prompt_filter_results":[{}]}', *USUAL),
        lines(*USUAL).replace(b'"choices":[]', b'"error":null,"choices":[]'),
        lines(*USUAL[:2], b'data: {"choices":[{"delta":null}]}', b'data: {"choices":[{}]}', *USUAL[2:]),
        lines(*USUAL).replace(b'"finish_reason":"stop"', b'"finish_reason":"stop","logprobs":{"content":[]}'),
    ],
    ids=[
        "usual", "CRLF", "other fields", "no space", "no DONE", "no last newline", "no DONE, no last newline",
        "something after DONE", "choices null", "filter results", "error null", "delta null", "logprobs",
    ],
)  # fmt: skip
async def test_reads_the_dialects_of_hosts(http: aiohttp.ClientSession, body: bytes) -> None:
    async with answering(body) as url:
        events, error = await call(http, url, asking("hi"))
    assert error is None
    assert merged(events) == ANSWER


async def test_an_answer_that_said_why_it_stopped_is_whole_however_the_line_ended(
    http: aiohttp.ClientSession,
) -> None:
    async with answering(lines(*USUAL[:-1]), cut=True) as url:
        events, error = await call(http, url, asking("hi"))
    assert error is None
    assert merged(events) == ANSWER


@pytest.mark.parametrize(
    "body",
    [
        b"",
        lines(chunk(content="Grü")),
        lines(chunk(content="Grü"), DONE),
        b'{"choices":[{"message":{"content":"whole"}}]}',
        lines(b"data: <html>"),
        lines(b'data: {"choices":"none"}'),
        lines(b'data: {"choices":[{"delta":{"content":7}}]}'),
        lines(b'data: {"choices":[{"delta":{"content":"\xff"}}]}'),
        b"data: " + b"a" * 4_000_001,
    ],
    ids=[
        "nothing",
        "no reason",
        "no reason, DONE",
        "JSON",
        "HTML",
        "no list",
        "no text",
        "no UTF-8",
        "long line",
    ],
)
async def test_what_is_no_answer_breaks_off(http: aiohttp.ClientSession, body: bytes) -> None:
    async with answering(body) as url:
        _, error = await call(http, url, asking("hi"))
    assert type(error) is ProviderBrokeOff


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("context_length_exceeded", ContextTooLong),
        ("rate_limit_exceeded", ProviderRateLimited),
        ("insufficient_quota", ProviderQuotaExhausted),
        ("server_error", ProviderBrokeOff),
    ],
)
async def test_an_error_inside_the_stream_keeps_its_kind(
    http: aiohttp.ClientSession, code: str, kind: type[LLMError]
) -> None:
    failure = b"data: " + json.dumps({"error": {"message": "secret words", "code": code}}).encode()
    async with answering(lines(chunk(content="Grü"), failure)) as url:
        events, error = await call(http, url, asking("hi"))
    assert error is not None
    assert type(error) is kind
    assert "secret words" not in error.detail
    assert "secret words" in error.cause
    assert text_of(events) == "Grü"


def tool(
    index: int | None, call_id: str | None = None, name: str | None = None, text: str = ""
) -> dict[str, Any]:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": text}}


@pytest.mark.parametrize(
    "fragments",
    [
        [[tool(0, "a", "find")], [tool(0, text='{"q":')], [tool(1, "b", "look")], [tool(0, text="1}")]],
        [[tool(0, "a", "find", '{"q":1}'), tool(1, "b", "look", "{}")]],
        # Every fragment repeats the id.
        [[tool(0, "a", "find", '{"q"')], [tool(0, "a", None, ":1}")], [tool(1, "b", "look", "{}")]],
        # Every call is number 0, or has no number.
        [[tool(0, "a", "find", '{"q":1}')], [tool(0, "b", "look", "{}")]],
        [[tool(None, "a", "find", '{"q":1}'), tool(None, "b", "look", "{}")]],
    ],
)
async def test_reads_the_tool_calls_of_hosts(
    http: aiohttp.ClientSession, fragments: list[list[dict[str, Any]]]
) -> None:
    body = lines(chunk(content="Wait. "), *(chunk(tool_calls=some) for some in fragments), STOP, DONE)
    async with answering(body) as url:
        events, error = await call(http, url, asking("hi"))
    assert error is None
    calls = [(event.call_id, event.name, event.input) for event in events if isinstance(event, ToolCall)]
    assert calls == [("a", "find", {"q": 1}), ("b", "look", {})]
    assert [event.call_id for event in events if isinstance(event, ToolCallStart)] == ["a", "b"]
    assert text_of(events) == "Wait. "
    assert events[-1] == Finish("tool_calls")


async def test_a_call_without_an_id_gets_one_and_bad_input_is_kept_as_it_is(
    http: aiohttp.ClientSession,
) -> None:
    body = lines(chunk(tool_calls=[tool(0, None, "find", "{oh"), tool(1, None, "look", "[1]")]), STOP, DONE)
    async with answering(body) as url:
        events, _ = await call(http, url, asking("hi"))
    ids = [event.call_id for event in events if isinstance(event, ToolCallStart)]
    assert [event for event in events if isinstance(event, ToolCall)] == [
        ToolCall(ids[0], "find", None, "{oh"),
        ToolCall(ids[1], "look", None, "[1]"),
    ]
    assert len(set(ids)) == 2
    assert all(call_id.startswith("call_") for call_id in ids)


async def test_a_tool_call_that_reached_the_limit_is_no_call_to_answer(http: aiohttp.ClientSession) -> None:
    stopped = STOP.replace(b"stop", b"length")
    async with answering(lines(chunk(tool_calls=[tool(0, "a", "find", '{"q')]), stopped, DONE)) as url:
        events, _ = await call(http, url, asking("hi"))
    assert events[-1] == Finish("length")


async def test_text_thought_and_calls_of_one_chunk_all_arrive(http: aiohttp.ClientSession) -> None:
    both = chunk(reasoning_content="Hm.", content="Wait.", tool_calls=[tool(0, "a", "find", "{}")])
    async with answering(lines(chunk(content="Oh. "), both, chunk(refusal=" No."), STOP)) as url:
        events, _ = await call(http, url, asking("hi"))
    assert merged(events) == [
        TextDelta("Oh. "),
        ReasoningDelta("Hm."),
        TextDelta("Wait."),
        ToolCallStart("a", "find"),
        ToolInputDelta("a", "{}"),
        TextDelta(" No."),
        ToolCall("a", "find", {}, "{}"),
        Finish("tool_calls"),
    ]


RECORDED = lines(
    chunk(role="assistant", content=""),
    chunk(reasoning_content="Überlegen…"),
    *(chunk(content=piece) for piece in ("東京", "👩‍👩‍👧‍👦", 'quote " and \\', "\n", "שלום")),
    chunk(tool_calls=[tool(0, "call_1", "find")]),
    chunk(tool_calls=[tool(0, text='{"q":')]),
    chunk(tool_calls=[tool(0, text='"é"}')]),
    b": ping",
    b'data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}',
    COUNT,
    DONE,
)


def read_in_pieces(cuts: list[int]) -> list[ProviderEvent]:
    reader = Reader(ENDPOINT)
    events: list[ProviderEvent] = []
    edges = [0, *sorted(cut % len(RECORDED) for cut in cuts), len(RECORDED)]
    for start, stop in itertools.pairwise(edges):
        events += reader.feed(RECORDED[start:stop])
    return [*events, *reader.close()]


@pytest.mark.req("CHAT-22")
@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_where_the_bytes_are_cut_changes_nothing(cuts: list[int]) -> None:
    assert merged(read_in_pieces(cuts)) == merged(read_in_pieces([]))


def test_bytes_that_come_one_by_one_change_nothing() -> None:
    assert merged(read_in_pieces(list(range(len(RECORDED))))) == merged(read_in_pieces([]))


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    reader = Reader(ENDPOINT)
    reader.feed(b"data: " + data + b"\n")
    reader.feed(data)
    with pytest.raises(LLMError):
        reader.close()


async def test_characters_that_are_cut_arrive_whole(
    http: aiohttp.ClientSession, provider: ScriptedProvider
) -> None:
    events, error = await call(http, provider.base_url, asking("{{chars:3000}} {{rawsplit}}"))
    assert error is None
    assert text_of(events) == characters(3000)


def test_the_body_holds_what_was_wished_and_nothing_else() -> None:
    request = asking("hi", temperature=0.5, max_tokens=9, top_p=0.9, stop=["END"], seed=7)
    assert request_body(ENDPOINT, request) == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 9,
        "top_p": 0.9,
        "stop": ["END"],
        "seed": 7,
    }
    assert request_body(ENDPOINT, asking("hi")).keys() == {"model", "messages", "stream", "stream_options"}


@pytest.mark.parametrize("model", ["o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5-mini"])
def test_models_that_think_take_other_settings(model: str) -> None:
    endpoint = replace(ENDPOINT, model=model)
    body = request_body(endpoint, asking("hi", temperature=0.5, max_tokens=9, top_p=0.5))
    assert body["max_completion_tokens"] == 9
    assert not body.keys() & {"max_tokens", "temperature", "top_p"}


def messages_of(*prompts: PromptMessage) -> list[dict[str, Any]]:
    return request_body(ENDPOINT, ModelRequest(list(prompts)))["messages"]


def test_files_stand_beside_the_text() -> None:
    parts = [
        {"type": "file", "url": "data:image/png;base64,AA", "media_type": "image/png", "filename": None},
        {"type": "text", "text": "What is this?"},
        {"type": "file", "url": "data:application/pdf;base64,AA", "media_type": "application/pdf"},
        {"type": "file", "url": "https://x.example/a.csv", "media_type": "text/csv", "filename": "a.csv"},
    ]
    assert messages_of(PromptMessage("user", parts)) == [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                {"type": "text", "text": "What is this?"},
                {
                    "type": "file",
                    "file": {"filename": "file", "file_data": "data:application/pdf;base64,AA"},
                },
                {"type": "text", "text": "[Attached file: a.csv, text/csv, https://x.example/a.csv]"},
            ],
        }
    ]


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def called(call_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "tool_call", "call_id": call_id, "name": "find", "input": {"q": 1}, **fields}


def test_every_tool_call_has_its_result_behind_it() -> None:
    parts = [
        {"type": "reasoning", "text": "not sent back"},
        said("Let me look."),
        called("a", output={"found": 1}),
        called("b", error="It failed."),
        called("c"),
        called("d", output=None),
        said("So: "),
        said("one."),
        called("e", output="plain", input=None),
    ]

    def asked(call_id: str, arguments: str = '{"q":1}') -> dict[str, Any]:
        return {"id": call_id, "type": "function", "function": {"name": "find", "arguments": arguments}}

    def result(call_id: str, content: str) -> dict[str, Any]:
        return {"role": "tool", "tool_call_id": call_id, "content": content}

    assert messages_of(PromptMessage("assistant", parts)) == [
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [asked("a"), asked("b"), asked("c"), asked("d")],
        },
        result("a", '{"found":1}'),
        result("b", "Error: It failed."),
        result("c", "Error: interrupted before it gave a result."),
        result("d", "null"),
        {"role": "assistant", "content": "So: one.", "tool_calls": [asked("e", "{}")]},
        result("e", "plain"),
    ]


def test_an_answer_that_holds_nothing_is_not_sent() -> None:
    assert messages_of(PromptMessage("assistant", [{"type": "reasoning", "text": "Hm."}])) == []
    assert messages_of(PromptMessage("assistant", [said("")])) == []
    assert messages_of(PromptMessage("system", [said("Be kind.")])) == [
        {"role": "system", "content": "Be kind."}
    ]


FIND = ToolSpec("find", "Find it.", {"type": "object", "properties": {"q": {"type": "string"}}}, strict=True)
SCHEMA = OutputSchema("person", {"type": "object", "properties": {}}, "Somebody.")


def body_of(request: ModelRequest, *lacks: Lack, model: str = "gpt-4o", **quirks: Any) -> dict[str, Any]:
    quirk = Quirks(lacks=frozenset(lacks), **quirks)
    return request_body(replace(ENDPOINT, model=model, quirks=quirk), request)


def test_tools_and_forms_are_said_in_this_wires_words() -> None:
    wishes = asking(
        "hi",
        tools=[FIND, ToolSpec("look", "", {"type": "object"})],
        tool_choice=OneTool("find"),
        parallel_tool_calls=False,
        output=SCHEMA,
        reasoning_effort="low",
    )
    body = body_of(wishes)
    assert {
        name: body[name] for name in body if name not in ("model", "messages", "stream", "stream_options")
    } == {
        "reasoning_effort": "low",
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "find",
                    "description": "Find it.",
                    "parameters": FIND.parameters,
                    "strict": True,
                },
            },
            {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "find"}},
        "parallel_tool_calls": False,
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "person",
                "schema": SCHEMA.schema,
                "strict": True,
                "description": "Somebody.",
            },
        },
    }
    assert body_of(asking("hi", output="json"))["response_format"] == {"type": "json_object"}
    # Without tools there is nothing to choose from.
    assert "tool_choice" not in body_of(asking("hi", tool_choice="none", parallel_tool_calls=True))


def test_what_a_host_lacks_is_left_out() -> None:
    wishes = asking(
        "hi", tools=[FIND], tool_choice="required", parallel_tool_calls=True, seed=7, temperature=0.5, output=SCHEMA
    )  # fmt: skip
    body = body_of(
        wishes,
        "stream_options",
        "seed",
        "temperature",
        "parallel_tool_calls",
        "tool_choice_required",
        "json_schema",
    )
    assert not body.keys() & {"stream_options", "seed", "temperature", "parallel_tool_calls"}
    assert body["tool_choice"] == "auto"
    # A host without schemas is asked in words.
    assert body["response_format"] == {"type": "json_object"}
    assert "JSON Schema" in body["messages"][0]["content"]
    with_system = replace(wishes, messages=[PromptMessage.of_text("system", "Be kind."), *wishes.messages])
    (system, user) = body_of(with_system, "json_schema")["messages"]
    assert system["content"].startswith("Be kind.\n\nAnswer with JSON")
    assert user["role"] == "user"


def test_a_host_may_call_the_limit_otherwise() -> None:
    body = body_of(asking("hi", max_tokens=9), max_tokens_field="max_completion_tokens")
    assert (body.get("max_tokens"), body["max_completion_tokens"]) == (None, 9)


def test_some_models_read_their_thoughts_again_while_they_wait_for_a_tool() -> None:
    waiting = [
        PromptMessage.of_text("user", "Find it."),
        PromptMessage("assistant", [{"type": "reasoning", "text": "Hm."}, called("a", output=1)]),
    ]
    (_, asked, _) = body_of(ModelRequest(waiting), model="deepseek-reasoner")["messages"]
    assert asked["reasoning_content"] == "Hm."
    (_, asked, _) = body_of(ModelRequest(waiting), model="gpt-4o")["messages"]
    assert "reasoning_content" not in asked
    over = ModelRequest([*waiting, PromptMessage.of_text("user", "Thanks.")])
    assert "Hm." not in str(body_of(over, model="deepseek-reasoner"))


async def test_reads_the_thoughts_of_mistral(http: aiohttp.ClientSession) -> None:
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True}]
    body = lines(chunk(content=thinking), chunk(content=[{"type": "text", "text": "Grü"}]), *USUAL[2:])
    async with answering(body) as url:
        events, error = await call(http, url, asking("hi"))
    assert error is None
    assert merged(events) == [ReasoningDelta("Hm."), *ANSWER]


@pytest.mark.parametrize(
    ("counts", "read"),
    [
        # DeepSeek's own name for what was cached.
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 8}, Usage(9, 2, cached_tokens=8)),
        # xAI counts thoughts beside the answer, OpenAI within it.
        ({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 16,
          "completion_tokens_details": {"reasoning_tokens": 5}}, Usage(9, 7, reasoning_tokens=5)),
        ({"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16,
          "completion_tokens_details": {"reasoning_tokens": 5}}, Usage(9, 7, reasoning_tokens=5)),
        ({"prompt_tokens": 9, "completion_tokens": 7,
          "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 3}},
         Usage(9, 7, cached_tokens=1, cache_write_tokens=3)),
    ],
)  # fmt: skip
async def test_counts_are_made_alike(
    http: aiohttp.ClientSession, counts: dict[str, Any], read: Usage
) -> None:
    usage = b"data: " + json.dumps({"choices": [], "usage": counts}).encode()
    async with answering(lines(chunk(content="Hi"), STOP, usage, DONE)) as url:
        events, _ = await call(http, url, asking("hi"))
    assert read in events
