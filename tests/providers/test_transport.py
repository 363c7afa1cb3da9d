"""What can go wrong on the line, for every wire, against real servers on this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import aiohttp
import pytest

from steward.kernel.settings import Limits
from steward.providers import transport
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
from steward.providers.events import Finish
from tests.providers.hosts import answering
from tests.providers.wires import KEY, LIMITS, WIRES, Spoken, asking, call, merged, text_of

SPOKEN = pytest.mark.parametrize("spoken", WIRES.values(), ids=WIRES.keys())
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@pytest.fixture(scope="module")
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def head(status: str, kind: str = "application/json", **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n".encode()


@asynccontextmanager
async def saying(*steps: bytes | float) -> AsyncGenerator[str]:
    """A host that sends these bytes, and waits these seconds, in this order; its base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            for step in steps:
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                else:
                    await asyncio.sleep(step)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


@SPOKEN
@pytest.mark.parametrize("name", ["text", "conversation"])
async def test_reads_a_stream_over_http(http: aiohttp.ClientSession, spoken: Spoken, name: str) -> None:
    async with answering(spoken.recording(name)) as url:
        events, error = await call(http, spoken, url)
    assert error is None
    assert text_of(events).startswith("Grüezi 👋")


@SPOKEN
@pytest.mark.parametrize(
    ("first", "body", "kind"),
    [
        pytest.param("429 Slow", b"{}", ProviderRateLimited, marks=pytest.mark.req("ERR-06")),
        pytest.param("500 Oh", b"oh", ProviderUnavailable, marks=pytest.mark.req("ERR-08")),
        pytest.param("503 Oh", b"<html>", ProviderUnavailable, marks=pytest.mark.req("ERR-08")),
        pytest.param(
            "400 No",
            b'{"error":{"message":"prompt is too long"}}',
            ContextTooLong,
            marks=pytest.mark.req("ERR-07"),
        ),
        pytest.param("418 Tea", b"a secret of theirs", ProviderRefused, marks=pytest.mark.req("ERR-09")),
        ("401 Who", b"{}", ProviderKeyRefused),
        ("402 Pay", b"{}", ProviderQuotaExhausted),
        ("307 There", b"", ProviderRefused),
        ("204 Nothing", b"", ProviderBrokeOff),
    ],
)
async def test_a_status_becomes_one_of_our_refusals(
    http: aiohttp.ClientSession, spoken: Spoken, first: str, body: bytes, kind: type[LLMError]
) -> None:
    async with answering(body, head=head(first, location="http://127.0.0.1:9/", retry_after="7")) as url:
        events, error = await call(http, spoken, url)
    assert events == []
    assert error is not None
    assert type(error) is kind
    assert error.detail == kind.sentence
    assert error.retry_after_seconds == (7 if kind in (ProviderRateLimited, ProviderUnavailable) else None)
    assert "secret of theirs" not in error.detail


@SPOKEN
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "image/png", "application/octet-stream"])
async def test_what_is_no_stream_is_not_read(http: aiohttp.ClientSession, spoken: Spoken, kind: str) -> None:
    async with saying(head("200 OK", kind), b"<html>" * 1000, 30.0) as url:
        started = time.monotonic()
        events, error = await call(http, spoken, url)
    assert (events, type(error)) == ([], ProviderBrokeOff)
    # The host would hold it for thirty seconds.
    assert time.monotonic() - started < 15


@SPOKEN
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":{"message":"Overloaded","type":"overloaded_error"}}', ProviderUnavailable),
        (b'[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Slow."}}]', ProviderRateLimited),
        (b'{"error":{"message":"x","code":"context_length_exceeded"}}', ContextTooLong),
        (b'{"choices":[{"message":{"content":"whole"}}]}', ProviderBrokeOff),
        (b"{", ProviderBrokeOff),
        (b"[" * 20_000, ProviderBrokeOff),
    ],
)
async def test_a_json_body_is_read_for_its_error(
    http: aiohttp.ClientSession, spoken: Spoken, body: bytes, kind: type[LLMError]
) -> None:
    async with answering(body, head=head("200 OK")) as url:
        events, error = await call(http, spoken, url)
    assert (events, type(error)) == ([], kind)


@SPOKEN
@pytest.mark.parametrize(
    "flood",
    [b"garbage\n" * 4096, b"g" * 32_768, b": ping\n\n" * 4096, b"\x00\xff" * 16_384, b'{"a":1}\n' * 4096],
    ids=["lines", "one line", "pings", "bytes", "JSON"],
)
async def test_a_hundred_megabytes_of_garbage_cost_nothing(
    http: aiohttp.ClientSession, spoken: Spoken, flood: bytes
) -> None:
    said = spoken.text("Grü")
    async with saying(STREAM, said, *[flood] * 3200) as url:
        started = time.thread_time()
        events, error = await call(http, spoken, url)
        assert time.thread_time() - started < 1
    assert (text_of(events), type(error)) == ("Grü", ProviderBrokeOff)


@SPOKEN
async def test_a_line_without_end_breaks_off(http: aiohttp.ClientSession, spoken: Spoken) -> None:
    async with saying(STREAM, b"data: ", *[b"a" * 65_536] * 100) as url:
        events, error = await call(http, spoken, url)
    assert (events, type(error)) == ([], ProviderBrokeOff)


def test_a_long_line_in_small_pieces_is_joined_once() -> None:
    spoken = WIRES["openai_chat"]
    reader = spoken.reader(spoken.endpoint())
    line = spoken.text("a" * 3_900_000)
    started = time.thread_time()
    events = [event for at in range(0, len(line), 100) for event in reader.feed(line[at : at + 100])]
    assert text_of(events) == "a" * 3_900_000
    assert time.thread_time() - started < 1


@SPOKEN
@pytest.mark.parametrize(
    "bad", [b'{"type":', b"<html>", b'{"choices":"none","candidates":7,"type":7}', b"[1]", b"\xff"]
)
async def test_a_line_that_is_no_document_keeps_what_came_before(
    http: aiohttp.ClientSession, spoken: Spoken, bad: bytes
) -> None:
    async with answering(spoken.text("Grü", "ezi") + b"data: " + bad + b"\n\n" + spoken.text("!")) as url:
        events, error = await call(http, spoken, url)
    assert (text_of(events), type(error)) == ("Grüezi", ProviderBrokeOff)


@SPOKEN
async def test_a_cut_keeps_what_came_before(http: aiohttp.ClientSession, spoken: Spoken) -> None:
    for body, cut in ((spoken.text("Grü", "ezi"), True), (spoken.text("Grü", "ezi"), False)):
        async with answering(body, cut=cut) as url:
            events, error = await call(http, spoken, url)
        assert (text_of(events), type(error)) == ("Grüezi", ProviderBrokeOff)


@SPOKEN
async def test_an_answer_that_said_why_it_stopped_is_whole_however_the_line_ended(
    http: aiohttp.ClientSession, spoken: Spoken
) -> None:
    async with answering(spoken.recording("text"), cut=True) as url:
        events, error = await call(http, spoken, url)
    assert error is None
    assert events[-1] == Finish("stop")


@SPOKEN
async def test_an_error_at_the_start_of_a_stream_is_one_of_the_provider(
    http: aiohttp.ClientSession, spoken: Spoken
) -> None:
    """Nothing was said yet, so that another try is worth it."""
    error_line = spoken.recording("error").rstrip().split(b"data: ")[-1]
    async with answering(b"data: " + error_line + b"\n\n") as url:
        events, error = await call(http, spoken, url)
    assert (events, type(error)) == ([], ProviderUnavailable)


SHORT = Limits(connect_seconds=1, first_token_seconds=0.3, idle_seconds=0.3)
PING = b": ping\n\n"


@SPOKEN
@pytest.mark.parametrize(
    "steps", [(), (STREAM,), (STREAM, *[PING, 0.05] * 400)], ids=["dumb", "head", "pings"]
)
async def test_a_host_that_says_nothing_is_given_up(
    http: aiohttp.ClientSession, spoken: Spoken, steps: tuple[bytes | float, ...]
) -> None:
    async with saying(*steps, 30.0) as url:
        started = time.monotonic()
        events, error = await call(http, spoken, url, limits=SHORT)
        # The host would hold it for thirty seconds.
        assert 0.25 < time.monotonic() - started < 15
    assert (events, type(error)) == ([], ProviderTimeout)


@SPOKEN
@pytest.mark.slow
async def test_a_host_that_falls_silent_is_given_up(http: aiohttp.ClientSession, spoken: Spoken) -> None:
    limits = SHORT.model_copy(update={"first_token_seconds": 30.0, "idle_seconds": 0.5})
    async with saying(STREAM, 0.7, spoken.text("Grü"), 0.2, spoken.text("ezi"), 30.0) as url:
        started = time.monotonic()
        events, error = await call(http, spoken, url, limits=limits)
        # The first silence is longer than the later ones may be, and the host would hold it for thirty seconds.
        assert 1.35 < time.monotonic() - started < 15
    assert (text_of(events), type(error)) == ("Grüezi", ProviderTimeout)


@SPOKEN
@pytest.mark.slow
async def test_a_long_answer_has_no_limit_but_silence(http: aiohttp.ClientSession, spoken: Spoken) -> None:
    steps: list[bytes | float] = []
    for _ in range(8):
        steps += [spoken.text("x"), 0.1]
    async with saying(STREAM, *steps, spoken.recording("text")) as url:
        events, error = await call(http, spoken, url, limits=SHORT)
    assert error is None
    assert text_of(events) == "x" * 8 + "Grüezi 👋 und willkommen."


@pytest.mark.slow
async def test_an_error_whose_body_stalls_is_told_all_the_same(http: aiohttp.ClientSession) -> None:
    stalled = head("429 Slow", content_length="999", retry_after="3")
    async with saying(stalled, b'{"error":', 9.0) as url:
        _, error = await call(
            http, WIRES["openai_chat"], url, limits=LIMITS.model_copy(update={"first_token_seconds": 5})
        )
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after_seconds == 3


@SPOKEN
@pytest.mark.slow
async def test_no_fault_keeps_a_connection(spoken: Spoken) -> None:
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as http:
        for steps in (
            (head("500 Oh"), b"oh"),
            (head("200 OK", "text/html"), b"<html>", 3.0),
            (STREAM, spoken.text("Grü"), 3.0),
            (STREAM, 3.0),
            (STREAM, spoken.text("Grü"), b"data: <\n\n", 3.0),
            (STREAM, spoken.recording("error"), 3.0),
        ):
            async with saying(*steps) as url:
                _, error = await call(http, spoken, url, limits=SHORT)
            assert error is not None
        async with saying(STREAM, spoken.text("Grü"), spoken.text("ezi"), 3.0) as url:
            stream = spoken.wire.stream(http, spoken.endpoint(url), asking(), LIMITS)
            async with aclosing(stream) as batches:
                async for _ in batches:
                    break
        async with answering(spoken.recording("text")) as url:
            assert (await call(http, spoken, url))[1] is None


@SPOKEN
async def test_text_that_came_together_leaves_together(spoken: Spoken) -> None:
    reader = spoken.reader(spoken.endpoint())
    events = reader.feed(spoken.text(*"Grüezi"))
    assert len(events) == 1
    assert merged(events) == events


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("openai_chat", "authorization", f"Bearer {KEY}"),
        ("openai_responses", "authorization", f"Bearer {KEY}"),
        ("anthropic_messages", "x-api-key", KEY),
        ("gemini", "x-goog-api-key", KEY),
    ],
)
def test_the_key_goes_where_the_provider_looks(name: str, header: str, value: str) -> None:
    endpoint = WIRES[name].endpoint("https://host.example/v1")
    post = transport.post(endpoint, "/x", {}, key_header=header)
    assert post.headers[header] == value
    assert KEY not in post.url


@pytest.mark.req("PROV-08")
def test_quirks_lead_to_a_deployment() -> None:
    """Azure OpenAI: the model is a deployment in the path, the version is in the query, the key has its own header."""
    endpoint = WIRES["openai_chat"].endpoint(
        "https://mine.openai.azure.com",
        path="/openai/deployments/{model}/chat/completions",
        query=(("api-version", "2024-10-21"),),
        key_header="api-key",
    )
    post = transport.post(endpoint, "/chat/completions", {}, key_header="authorization")
    assert post.url == (
        "https://mine.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
    )
    assert post.headers["api-key"] == KEY
    assert "authorization" not in post.headers


@pytest.mark.req("PROV-08")
async def test_the_filter_of_azure_is_a_reason_to_stop(http: aiohttp.ClientSession) -> None:
    body = b'{"error":{"code":"content_filter","message":"The response was filtered","status":400}}'
    async with answering(body, head=head("400 Bad Request")) as url:
        events, error = await call(http, WIRES["openai_chat"], url)
    assert error is None
    assert events == [Finish("content_filter")]
