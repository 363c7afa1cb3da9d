"""Each directive of the scripted provider, seen by real HTTP clients."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import MARKDOWN, characters

# The double changes rarely, and every other test leans on it: judged with all the rest.
pytestmark = pytest.mark.slow

Json = dict[str, Any]


@dataclass
class Read:
    """What a client read of one stream."""

    events: list[Json] = field(default_factory=list[Json])
    times: list[float] = field(default_factory=list[float])
    done: bool = False
    broken: str | None = None

    def joined(self, name: str = "content", choice: int = 0) -> str:
        deltas = [
            item["delta"]
            for event in self.events
            for item in event.get("choices", [])
            if item["index"] == choice
        ]
        return "".join(delta.get(name) or "" for delta in deltas)

    @property
    def finish(self) -> str | None:
        reasons = [item["finish_reason"] for event in self.events for item in event.get("choices", [])]
        return next((reason for reason in reasons if reason), None)

    @property
    def usage(self) -> Json | None:
        return next((event["usage"] for event in self.events if event.get("usage")), None)


@dataclass
class Client:
    """Talks to the provider as a server would."""

    session: aiohttp.ClientSession
    base_url: str

    def body(self, text: str, **settings: Any) -> Json:
        return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **settings}

    async def whole(self, text: str, **settings: Any) -> tuple[int, Json, dict[str, str]]:
        async with self.session.post(
            f"{self.base_url}/chat/completions", json=self.body(text, **settings)
        ) as answer:
            return answer.status, await answer.json(), dict(answer.headers)

    async def text(self, text: str, **settings: Any) -> str:
        _, body, _ = await self.whole(text, **settings)
        return str(body["choices"][0]["message"]["content"])

    async def stream(self, text: str, **settings: Any) -> Read:
        read = Read()
        body = self.body(text, **{"stream": True, "stream_options": {"include_usage": True}, **settings})
        async with self.session.post(f"{self.base_url}/chat/completions", json=body) as answer:
            assert answer.status == 200
            assert answer.content_type == "text/event-stream"
            try:
                async for line in answer.content:
                    if line.startswith(b"data: "):
                        self._take(read, line[6:].strip())
            except aiohttp.ClientPayloadError as error:
                read.broken = str(error)
        return read

    def _take(self, read: Read, data: bytes) -> None:
        read.times.append(time.monotonic())
        if data == b"[DONE]":
            read.done = True
            return
        try:
            read.events.append(json.loads(data))
        except ValueError:
            read.events.append({"garbage": data.decode()})


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with ScriptedProvider(pace_ms=2) as provider:
        yield provider


@pytest.fixture
async def client(provider: ScriptedProvider) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, provider.base_url)


async def gone(provider: ScriptedProvider) -> float:
    """Wait until the provider sees that the client left; tell the seconds that took."""
    began = time.monotonic()
    while not provider.requests[-1].client_gone:
        assert time.monotonic() - began < 2, "the provider never saw it"
        await asyncio.sleep(0.002)
    return time.monotonic() - began


async def test_a_plain_message_gets_a_short_friendly_answer(
    client: Client, provider: ScriptedProvider
) -> None:
    read = await client.stream("Hello there, how are you today?")
    assert read.joined() == "You said “Hello there, how are you today?”, and I am glad to help."
    assert read.done
    assert read.finish == "stop"
    [record] = provider.requests
    assert 10 <= record.tokens_sent <= 15
    assert record.end is not None
    assert record.end - record.start >= 0.002 * (record.tokens_sent - 1)
    assert provider.active == 0


async def test_stream_opens_with_the_role_and_ends_with_finish_usage_and_done(client: Client) -> None:
    read = await client.stream("{{words:3}} two words")
    assert read.events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert read.events[-2]["choices"][0]["finish_reason"] == "stop"
    assert read.events[-1]["choices"] == []
    usage = read.events[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (3, 3, 6)
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0}
    assert read.done
    assert len({event["id"] for event in read.events}) == 1


async def test_usage_comes_only_when_asked_for(client: Client) -> None:
    assert (await client.stream("{{words:3}}", stream_options=None)).usage is None
    assert (await client.stream("{{words:3}}{{no_usage}}")).usage is None
    assert "usage" not in (await client.whole("{{words:3}}{{no_usage}}"))[1]
    usage = (await client.stream("{{words:3}}{{cached:2}} a b c")).usage
    assert usage is not None
    assert usage["prompt_tokens_details"] == {"cached_tokens": 2}


async def test_whole_answer_is_the_stream_in_one_piece(client: Client) -> None:
    status, body, _ = await client.whole("{{words:3}}{{reasoning:thinking hard}}")
    assert status == 200
    assert body["object"] == "chat.completion"
    message = body["choices"][0]["message"]
    assert (message["role"], message["content"]) == ("assistant", "w0 w1 w2")
    assert message["reasoning_content"] == "thinking hard"
    assert body["usage"]["completion_tokens"] == 5
    assert body["usage"]["completion_tokens_details"] == {"reasoning_tokens": 2}


@pytest.mark.parametrize(
    ("directives", "answer"),
    [
        ("{{reply:some text, with } and { in it}}", "some text, with } and { in it"),
        ('{{reply:{"a": {"b": 1}}}}', '{"a": {"b": 1}}'),
        ("{{words:4}}", "w0 w1 w2 w3"),
        ("{{tag:abc}}{{words:3}}", "abc-0 abc-1 abc-2"),
        ("{{words:2}}{{reply: and }}{{words:1}}", "w0 w1 and w0"),
        ("{{markdown}}", MARKDOWN),
        ("{{chars:500}}", characters(500)),
        ("{{reply:a {{b}}", "a {{b"),
    ],
)
async def test_content(client: Client, directives: str, answer: str) -> None:
    assert await client.text(directives) == answer
    assert (await client.stream(directives)).joined() == answer


async def test_chars_come_in_many_scripts_and_exact_number(client: Client) -> None:
    text = (await client.stream("{{chars:20000}}")).joined()
    assert len(text) == 20_000
    assert {"東", "ï", "👩", "\u200d", "ש", "\u0301"} <= set(text)


async def test_rawsplit_cuts_inside_characters_and_loses_nothing(client: Client) -> None:
    body = client.body("{{chars:400}}{{rawsplit}}", stream=True)
    pieces: list[bytes] = []
    async with (
        httpx.AsyncClient() as http,
        http.stream("POST", f"{client.base_url}/chat/completions", json=body) as answer,
    ):
        pieces = [piece async for piece in answer.aiter_raw()]
    read = Read(
        [json.loads(line[6:]) for line in b"".join(pieces).split(b"\n\n") if line.startswith(b"data: {")]
    )
    assert read.joined() == characters(400)
    reader = (await client.stream("{{chars:400}}{{rawsplit}}")).joined()
    assert reader == characters(400)
    assert len(pieces) > 20
    assert any(piece[:1] and piece[0] & 0xC0 == 0x80 for piece in pieces), "no cut fell inside a character"


async def test_echo_answers_what_it_received(client: Client) -> None:
    said = json.loads(await client.text("{{echo}}", temperature=0.2, user="ada"))
    assert said["messages"] == [{"role": "user", "content": "{{echo}}"}]
    assert said["settings"] == {"model": "gpt-4o-mini", "temperature": 0.2, "user": "ada"}


async def test_last_user_message_rules_and_may_be_parts(client: Client, provider: ScriptedProvider) -> None:
    messages: list[Json] = [
        {"role": "system", "content": "{{status:500}}"},
        {"role": "user", "content": "{{status:500}}"},
        {"role": "assistant", "content": "no"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "{{reply:yes}}"}, {"type": "image_url", "image_url": {}}],
        },
    ]
    assert await client.text("", messages=messages) == "yes"
    assert provider.requests[0].body["messages"] == messages


async def test_pace_and_first_token(client: Client) -> None:
    began = time.monotonic()
    read = await client.stream("{{words:6}}{{pace_ms:20}}{{first_ms:60}}")
    content = [at for at, event in zip(read.times, read.events, strict=False) if event["choices"]]
    assert content[0] - began >= 0.06
    assert read.times[-1] - content[0] >= 0.09
    assert read.joined() == "w0 w1 w2 w3 w4 w5"


async def test_stamp_tells_when_the_first_token_was_due(client: Client) -> None:
    began = time.monotonic()
    text = (await client.stream("{{words:2}}{{stamp}}{{pace_ms:5}}")).joined()
    stamp, rest = text.split(" ", 1)
    assert began <= float(stamp.removeprefix("@")) <= time.monotonic()
    assert rest == "w0 w1"


async def test_chunk_joins_tokens(client: Client, provider: ScriptedProvider) -> None:
    read = await client.stream("{{words:10}}{{chunk:4}}")
    contents = [event["choices"][0]["delta"].get("content") for event in read.events if event["choices"]]
    assert [content for content in contents if content] == ["w0 w1 w2 w3", " w4 w5 w6 w7", " w8 w9"]
    assert provider.requests[0].tokens_sent == 10
    assert provider.requests[0].chunks_sent == 6


@pytest.mark.parametrize(
    ("directives", "status", "code"),
    [
        ("{{status:429}}", 429, "rate_limit_exceeded"),
        ("{{status:500}}", 500, "server_error"),
        ("{{status:401}}", 401, "invalid_api_key"),
        ("{{error:context_length_exceeded}}", 400, "context_length_exceeded"),
        ("{{error:insufficient_quota}}", 429, "insufficient_quota"),
        ("{{error:odd_code}}{{status:418}}", 418, "odd_code"),
    ],
)
async def test_refusals(client: Client, directives: str, status: int, code: str) -> None:
    for stream in (False, True):
        got, body, _ = await client.whole(directives, stream=stream)
        assert (got, body["error"]["code"]) == (status, code)
        assert body["error"]["message"]


async def test_retry_after_and_times(client: Client) -> None:
    text = "{{status:429}}{{retry_after:1}}{{times:2}}{{reply:at last}}"
    for _ in range(2):
        status, _, headers = await client.whole(text)
        assert (status, headers["Retry-After"]) == (429, "1")
    assert await client.text(text) == "at last"
    assert (await client.whole(text + " another conversation"))[0] == 429


async def test_times_holds_for_failures_inside_the_stream(client: Client) -> None:
    text = "{{words:5}}{{cut_after:2}}{{times:1}}"
    assert (await client.stream(text)).broken
    assert (await client.stream(text)).joined() == "w0 w1 w2 w3 w4"


@pytest.mark.parametrize("pace", ["", "{{pace_ms:2}}", "{{rawsplit}}"])
async def test_error_cut_and_garbage_in_the_stream(
    client: Client, provider: ScriptedProvider, pace: str
) -> None:
    failed = await client.stream("{{words:9}}{{error_after:3}}" + pace)
    assert failed.joined() == "w0 w1 w2"
    assert failed.events[-1]["error"]["code"] == "server_error"
    assert not failed.done
    cut = await client.stream("{{words:9}}{{cut_after:4}}" + pace)
    assert (cut.joined(), cut.done, cut.finish) == ("w0 w1 w2 w3", False, None)
    assert cut.broken
    assert not provider.requests[-1].client_gone
    assert provider.requests[-1].tokens_sent == 4
    garbled = await client.stream("{{words:9}}{{garbage_after:2}}" + pace)
    assert sum("garbage" in event for event in garbled.events) == 1
    assert garbled.done


async def test_failures_of_a_whole_answer(client: Client) -> None:
    assert (await client.whole("{{words:9}}{{error_after:3}}"))[0] == 500
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.whole("{{words:9}}{{cut_after:3}}")
    with pytest.raises(json.JSONDecodeError):
        await client.whole("{{words:9}}{{garbage_after:3}}")


@pytest.mark.parametrize(
    "text", ["{{hang}}", "{{words:5}}{{hang_after:2}}", "{{words:5}}{{hang_after:2}}{{pace_ms:1}}"]
)
@pytest.mark.parametrize("stream", [True, False])
async def test_hang_lasts_until_the_client_leaves(
    client: Client, provider: ScriptedProvider, text: str, stream: bool
) -> None:
    asking = asyncio.create_task(client.stream(text) if stream else client.text(text))
    sent = 2 if stream and "words" in text else 0
    for _ in range(300):
        if provider.active == 1 and provider.requests[0].tokens_sent == sent:
            break
        await asyncio.sleep(0.01)
    # And it stays so.
    await asyncio.sleep(0.05)
    assert not asking.done()
    assert provider.active == 1
    assert provider.requests[0].tokens_sent == sent
    asking.cancel()
    await gone(provider)
    assert provider.active == 0
    assert provider.requests[0].end is not None


async def test_a_client_that_leaves_is_seen_at_once_and_nothing_more_is_sent(
    client: Client, provider: ScriptedProvider
) -> None:
    asking = asyncio.create_task(client.stream("{{words:500}}{{pace_ms:10}}"))
    while not provider.requests or provider.requests[0].tokens_sent < 3:
        await asyncio.sleep(0.01)
    asking.cancel()
    # The answer would go on for almost five seconds.
    assert await gone(provider) < 1
    sent = provider.requests[0].tokens_sent
    assert 3 <= sent < 250
    await asyncio.sleep(0.05)
    assert provider.requests[0].tokens_sent == sent


async def test_finish_and_limits(client: Client) -> None:
    assert (await client.stream("{{words:3}}{{finish:content_filter}}")).finish == "content_filter"
    for name in ("max_tokens", "max_completion_tokens"):
        read = await client.stream("{{words:50}}", **{name: 4})
        assert (read.joined(), read.finish) == ("w0 w1 w2 w3", "length")
        _, body, _ = await client.whole("{{words:50}}", **{name: 4})
        assert body["choices"][0]["finish_reason"] == "length"
    assert (await client.stream("{{words:4}}", max_tokens=4)).finish == "stop"


async def test_n_answers_several_choices(client: Client, provider: ScriptedProvider) -> None:
    read = await client.stream("{{words:3}}", n=2)
    assert read.joined(choice=0) == read.joined(choice=1) == "w0 w1 w2"
    assert read.usage is not None
    assert read.usage["completion_tokens"] == provider.requests[0].tokens_sent == 6
    assert len((await client.whole("{{words:3}}", n=3))[1]["choices"]) == 3


async def test_reasoning_comes_first(client: Client) -> None:
    read = await client.stream("{{reasoning:let me think}}{{reply:done}}")
    kinds = [next(iter(item["delta"]), "") for event in read.events for item in event["choices"]]
    assert kinds == ["role", *["reasoning_content"] * 3, "content", ""]
    assert read.joined("reasoning_content") == "let me think"


async def test_tool_call_in_pieces_and_then_text(client: Client) -> None:
    text = '{{tool:find_customers:{"query": "tech", "deep": {"x": [1]}}}} please'
    read = await client.stream(text)
    calls = [
        call
        for event in read.events
        for item in event["choices"]
        for call in item["delta"].get("tool_calls", [])
    ]
    assert calls[0]["function"]["name"] == "find_customers"
    assert len(calls) == 5
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {
        "query": "tech",
        "deep": {"x": [1]},
    }
    assert read.finish == "tool_calls"
    after: list[Json] = [
        {"role": "user", "content": text},
        {"role": "assistant", "content": None, "tool_calls": calls[:1]},
        {"role": "tool", "tool_call_id": calls[0]["id"], "content": "3 customers"},
    ]
    assert (await client.stream("", messages=after)).joined() == "The tool answered: 3 customers"


async def test_parallel_tools_and_tools_in_steps(client: Client) -> None:
    _, body, _ = await client.whole('{{tool:look:{"a": 1}}}{{parallel_tools:3}}')
    calls = body["choices"][0]["message"]["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["look"] * 3
    assert len({call["id"] for call in calls}) == 3
    steps = "{{tool:first:{}}}{{tool:second:{}}}{{reply:both done}}"
    messages: list[Json] = [{"role": "user", "content": steps}]
    names: list[str] = []
    for _ in range(2):
        _, body, _ = await client.whole("", messages=messages)
        said = body["choices"][0]["message"]
        names += [call["function"]["name"] for call in said["tool_calls"]]
        messages += [said, {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "ok"}]
    assert names == ["first", "second"]
    assert await client.text("", messages=messages) == "both done"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{wrods:3}}", "unknown directive"),
        ("{{words:many}}", "needs a number"),
        ("{{words:3", "never closed"),
        ("{{status:200}}", "400 to 599"),
        ("{{tool:look:{no json}}}", "no JSON object"),
        ("{{tool:look}}", "a tool call is written"),
        ("{{rawsplit:3}}", "takes no value"),
    ],
)
async def test_bad_directive_is_a_clear_400(client: Client, text: str, says: str) -> None:
    status, body, _ = await client.whole(text, stream=True)
    assert status == 400
    assert says in body["error"]["message"]


async def test_other_braces_are_text(client: Client) -> None:
    assert "{{7*7}}" in await client.text("{{7*7}}")


async def test_models_log_and_reset(client: Client) -> None:
    root = client.base_url.removesuffix("/v1")
    async with httpx.AsyncClient() as http:
        models = (await http.get(f"{client.base_url}/models")).json()
        assert "gpt-4o-mini" in [item["id"] for item in models["data"]]
        await client.text("{{words:3}}")
        log = (await http.get(f"{root}/__log")).json()
        assert log["active"] == 0
        assert log["requests"][0]["tokens_sent"] == 3
        assert log["requests"][0]["headers"]["Host"].startswith("127.0.0.1")
        assert (await http.post(f"{root}/__reset")).status_code == 204
        assert (await http.get(f"{root}/__log")).json() == {"active": 0, "requests": []}


async def test_fifty_streams_at_once_do_not_mix(client: Client, provider: ScriptedProvider) -> None:
    reads = await asyncio.gather(
        *(client.stream(f"{{{{tag:t{number}}}}}{{{{words:20}}}}{{{{pace_ms:5}}}}") for number in range(50))
    )
    for number, read in enumerate(reads):
        assert read.joined() == " ".join(f"t{number}-{place}" for place in range(20))
    assert sum(record.tokens_sent for record in provider.requests) == 1000
    assert provider.active == 0


async def test_runs_as_a_process_with_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.scripted_provider", "--port", "0", "--log", str(log)),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    port = json.loads(await process.stdout.readline())["port"]
    async with aiohttp.ClientSession() as session:
        client = Client(session, f"http://127.0.0.1:{port}/v1")
        assert await client.text("{{reply:hi}}") == "hi"
        # The process runs on uvloop, whose timers are not asyncio's.
        reads = await asyncio.gather(*(client.stream("{{words:30}}{{pace_ms:3}}") for _ in range(60)))
        assert {read.joined().count("w") for read in reads} == {30}
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    lines = log.read_text().splitlines()
    assert [json.loads(line)["tokens_sent"] for line in lines] == [1, *[30] * 60]
