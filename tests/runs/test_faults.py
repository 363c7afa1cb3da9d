"""Every fault of a provider, on every wire: the stated error in time, what was said is kept, what was used is booked,
no connection stays behind, and nothing is asked again once a word was shown.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
import psutil
import pytest
import structlog
from aiohttp import TCPConnector

from steward.agents.service import Wishes
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.providers import service as providers
from steward.providers.errors import LLMError
from steward.providers.events import ReasoningDelta, TextDelta
from steward.providers.service import Resolved
from steward.providers.wire import Endpoint, ModelRequest, PromptMessage
from steward.runs.calls import Calls
from steward.runs.events import RunEnd, RunEvent
from steward.runs.lines import Call, Plan
from steward.usage.tables import ModelCall
from tests.conftest import Person
from tests.runs.turns import begin, ledger, messages, read
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_wire import Recorded

# Fourteen faults on four wires: half a minute.
pytestmark = pytest.mark.slow

FIRST_SECONDS: Final = 0.8
IDLE_SECONDS: Final = 0.5
SLACK_SECONDS: Final = 4.0
"""What a loaded machine may need beside the limits."""

MODELS: Final = (
    "openai/gpt-4o-mini",
    "openai-responses/gpt-4o-mini",
    "anthropic/claude-sonnet-4-5",
    "google/gemini-2.5-flash",
)
SAID: Final = " ".join(["the tea is hot and the cake is good today"] * 3)
SENTENCES: Final = {
    "rate_limit_exceeded": "too many requests just now. Please wait",
    "api_error": "temporarily unavailable",
    "provider_timeout": "took too long",
    "provider_broke_off": "broke off",
}
INNARDS: Final = re.compile(
    r"Traceback|File \"|steward\.|aiohttp|scripted|Rate limit reached|had an error while|currently overloaded|"
    r"Bad Gateway|garbage|doctype|canary",
    re.IGNORECASE,
)
"""Words of our code, and of what the double writes into the bodies of its refusals."""

every_wire = pytest.mark.parametrize("model", MODELS)


@dataclass(frozen=True)
class Fault:
    """What the provider does, and what has to come of it.

    Attributes:
        shown: tokens of the answer before the fault.
        asked: requests that go upstream.
        billed: whether the provider may have read the prompt, so that its tokens are booked.
    """

    directives: str
    tag: str
    shown: int = 0
    asked: int = 1
    billed: bool = False
    seconds: float = 0.0


FAULTS: Final = {
    "429": Fault("{{status:429}}", "rate_limit_exceeded", asked=3),
    "429 wait": Fault("{{status:429}} {{retry_after:0.05}}", "rate_limit_exceeded", asked=3, seconds=0.1),
    "429 long wait": Fault("{{status:429}} {{retry_after:600}}", "rate_limit_exceeded"),
    "429 date": Fault("{{status:429}} {{retry_date:600}}", "rate_limit_exceeded"),
    "500": Fault("{{status:500}}", "api_error", asked=3),
    "503": Fault("{{status:503}}", "api_error", asked=3),
    "hang": Fault("{{hang}}", "provider_timeout", billed=True, seconds=FIRST_SECONDS),
    "hang behind the headers": Fault(
        "{{hang_after:0}}", "provider_timeout", billed=True, seconds=FIRST_SECONDS
    ),
    "hang in the middle": Fault(
        "{{hang_after:7}}", "provider_timeout", shown=7, billed=True, seconds=IDLE_SECONDS
    ),
    "cut": Fault("{{cut_after:7}}", "provider_broke_off", shown=7, billed=True),
    "malformed": Fault("{{garbage_after:7}}", "provider_broke_off", shown=7, billed=True),
    "error": Fault("{{error_after:7}}", "provider_broke_off", shown=7, billed=True),
    "html": Fault("{{html}}", "provider_broke_off", asked=3, billed=True),
    "json": Fault("{{json_error}}", "api_error", asked=3),
}
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@pytest.fixture(autouse=True)
def short_limits(house: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines that a test can wait for."""
    limits = house.settings.limits.model_copy(
        update={
            "connect_seconds": FIRST_SECONDS,
            "first_token_seconds": FIRST_SECONDS,
            "idle_seconds": IDLE_SECONDS,
        }
    )
    monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"limits": limits}))


def connections(house: Runtime) -> int:
    """The connections to providers that somebody has taken and not given back."""
    connector = house.part(Calls)._http.connector  # pyright: ignore[reportPrivateUsage]  # a leak shows nowhere else
    assert isinstance(connector, TCPConnector)
    return len(connector._acquired)  # pyright: ignore[reportPrivateUsage]  # the same


async def at_rest(house: Runtime, provider: ScriptedProvider) -> None:
    """Wait until no call is under way, here and there; none may be stuck."""
    for _ in range(400):
        if provider.active == 0 and connections(house) == 0:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{provider.active} requests are open, {connections(house)} connections are taken")


def upstream(provider: ScriptedProvider, text: str) -> list[Recorded]:
    return [record for record in provider.requests if record.said == text]


def ask(fault: Fault) -> str:
    """A question of its own that makes the provider fail."""
    return f"{new_id('q')} {{{{reply:{SAID}}}}} {fault.directives}"


def written(events: Sequence[RunEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def check_booked(line: ModelCall, fault: Fault, text: str) -> None:
    if fault.billed:
        assert line.estimated
        assert line.input_tokens > 0
        # Our tokenizer is not the provider's: near is enough.
        assert fault.shown * 0.7 <= line.output_tokens <= fault.shown * 1.5 + 1, text
        assert line.cost_usd
    else:
        assert (line.input_tokens, line.output_tokens, line.cost_usd) == (0, 0, 0)


@pytest.mark.req("ERR-02")
@pytest.mark.req("ERR-06")
@pytest.mark.req("ERR-08")
@pytest.mark.req("ERR-22")
@every_wire
@every_fault
async def test_a_fault_is_told_in_time_and_nothing_is_lost_or_asked_twice(
    house: Runtime, provider: ScriptedProvider, ada: Person, model: str, fault: Fault
) -> None:
    text = ask(fault)
    begun = time.monotonic()
    started = await begin(ada, text, wishes=Wishes(model))
    events = [event for _, event in await read(ada, started.run_id)]
    took = time.monotonic() - begun
    end = events[-1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.error_tag) == ("failed", fault.tag)
    assert SENTENCES[fault.tag] in (end.error_message or "")
    assert not INNARDS.search(end.error_message or "")
    assert fault.seconds <= took < fault.seconds + SLACK_SECONDS
    # What the reader saw is what is kept, and the message says that it is not whole.
    seen = written(events)
    assert len(seen.split()) == fault.shown
    assert SAID.startswith(seen)
    answer = (await messages(house, ada))[-1]
    assert (answer.status, answer.error) == ("failed", {"tag": fault.tag, "message": end.error_message})
    assert "".join(part["text"] for part in answer.parts) == seen
    requests = upstream(provider, text)
    assert len(requests) == fault.asked
    lines = await ledger(house, ada)
    assert [line.status for line in lines] == ["failed"] * fault.asked
    assert [line.call_metadata["error"] for line in lines] == [fault.tag] * fault.asked
    for line in lines:
        check_booked(line, fault, seen)
    assert end.output_tokens == lines[-1].output_tokens
    await at_rest(house, provider)


@pytest.mark.req("ERR-15")
@every_wire
@pytest.mark.parametrize("directives", ["{{cut_after:1}}", "{{error_after:1}}", "{{hang_after:1}}"])
async def test_once_a_word_was_shown_nobody_else_is_asked_either(
    house: Runtime, provider: ScriptedProvider, ada: Person, model: str, directives: str
) -> None:
    async with house.database.transaction(ada.actor) as work:
        fallbacks = [other for other in MODELS if other != model]
        await providers.change_choices(work, house.settings, {"fallback_models": fallbacks})
    text = f"{new_id('q')} {{{{reply:{SAID}}}}} {directives} {{{{times:1}}}}"
    started = await begin(ada, text, wishes=Wishes(model))
    events = [event for _, event in await read(ada, started.run_id)]
    assert written(events) == "the"
    assert len(upstream(provider, text)) == len(await ledger(house, ada)) == 1


@every_wire
async def test_thoughts_that_were_shown_count_as_words(
    house: Runtime, provider: ScriptedProvider, ada: Person, model: str
) -> None:
    if model.endswith("gpt-4o-mini") or model.startswith("anthropic"):
        pytest.skip("this model shows no thoughts unless it is asked for them")
    text = f"{new_id('q')} {{{{reasoning:{SAID}}}}} {{{{reply:Yes.}}}} {{{{cut_after:9}}}} {{{{times:1}}}}"
    started = await begin(ada, text, wishes=Wishes(model))
    events = [event for _, event in await read(ada, started.run_id)]
    thoughts = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert len(thoughts.split()) == 9
    (line,) = await ledger(house, ada)
    assert len(upstream(provider, text)) == 1
    assert 7 <= line.output_tokens <= 14
    assert (await messages(house, ada))[-1].parts[0]["text"] == thoughts


@every_wire
async def test_a_tool_call_that_breaks_off_is_booked_as_far_as_it_came(
    house: Runtime, provider: ScriptedProvider, ada: Person, model: str
) -> None:
    if model.startswith("google"):
        pytest.skip("this wire sends a tool call in one piece")
    arguments = json.dumps({"text": " ".join([SAID] * 20)})
    text = f"{new_id('q')} {{{{tool:write:{arguments}}}}} {{{{cut_after:3}}}}"
    started = await begin(ada, text, wishes=Wishes(model))
    events = [event for _, event in await read(ada, started.run_id)]
    end = events[-1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.error_tag) == ("failed", "provider_broke_off")
    (line,) = await ledger(house, ada)
    # Three of its four pieces came.
    assert 300 < line.output_tokens < 700
    assert len(upstream(provider, text)) == 1


@pytest.mark.req("ERR-08")
@every_wire
@pytest.mark.parametrize("directives", ["{{garbage_mb:100}}", "{{line_mb:100}}"])
async def test_a_flood_of_garbage_takes_neither_memory_nor_time(
    house: Runtime, provider: ScriptedProvider, ada: Person, model: str, directives: str
) -> None:
    process = psutil.Process()
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.005)

    gc.collect()
    before = process.memory_info().rss
    watching = asyncio.ensure_future(watch())
    begun = time.monotonic()
    text = f"{new_id('q')} {directives}"
    started = await begin(ada, text, wishes=Wishes(model))
    end = (await read(ada, started.run_id))[-1][1]
    took = time.monotonic() - begun
    watching.cancel()
    assert isinstance(end, RunEnd)
    assert (end.status, end.error_tag) == ("failed", "provider_broke_off")
    assert took < SLACK_SECONDS
    assert most - before < 40_000_000
    await at_rest(house, provider)
    requests = upstream(provider, text)
    assert len(requests) == len(await ledger(house, ada)) == 3
    # It was not read to its end: the double could not get rid of it.
    assert all(record.client_gone for record in requests)


EMPTY: Final = b'data: {"nothing": "%b"}\n\n' % (b"x" * 1_000)
"""A document that says nothing on any wire."""


class Flood:
    """A host that sends one kind of garbage for ever, and counts what was taken."""

    def __init__(self, piece: bytes) -> None:
        self.taken = 0
        self._piece = piece

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        try:
            while True:
                writer.write(self._piece)
                await writer.drain()
                self.taken += len(self._piece)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def flooding(piece: bytes) -> AsyncGenerator[tuple[str, Flood]]:
    flood = Flood(piece)
    server = await asyncio.start_server(flood.serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flood


async def heard(calls: Calls, call: Call) -> None:
    async with aclosing(calls.stream(call)) as batches:
        async for _ in batches:
            pass


@every_wire
@pytest.mark.parametrize(
    "piece",
    [b"x" * 65_536, b"data: " * 10_000, b": ping\n\n" * 8_000, b"\n" * 65_536, EMPTY * 60],
    ids=["a line", "a line of data", "comments", "nothing", "empty documents"],
)
async def test_little_is_read_of_a_flood(
    house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch, model: str, piece: bytes
) -> None:
    async with house.database.transaction(ada.actor) as work:
        found = (await providers.models_of(work, house.settings)).resolve(model)
    async with flooding(piece) as (url, flood):
        endpoint = Endpoint(found.endpoint.provider, found.endpoint.model, url, "sk")
        plan = Plan(
            [Resolved(found.wire, endpoint, found.pricing)],
            ModelRequest([PromptMessage.of_text("user", "hello")]),
        )
        upstream = house.settings.upstream.model_copy(update={"retries": 0})
        monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"upstream": upstream}))
        calls = house.part(Calls)
        async with house.database.transaction(ada.actor) as work:
            call = await calls.begin(work, plan, time.perf_counter())
        with pytest.raises(LLMError) as refused:
            await heard(calls, call)
        assert refused.value.tag == "provider_broke_off"
        await calls.settle_surely(call, "failed")
        # What the sockets of both sides hold comes on top of what was read.
        assert flood.taken < 30_000_000
        assert [line.status for line in await ledger(house, ada)] == ["failed"]


@pytest.mark.req("ERR-06")
async def test_a_wait_as_a_date_is_understood(house: Runtime, ada: Person) -> None:
    begun = time.monotonic()
    started = await begin(
        ada, f"{new_id('q')} {{{{reply:ok}}}} {{{{status:429}}}} {{{{retry_date:1}}}} {{{{times:1}}}}"
    )
    events = [event for _, event in await read(ada, started.run_id)]
    assert written(events) == "ok"
    assert time.monotonic() - begun > 0.9


@pytest.mark.req("ERR-21")
async def test_a_fault_is_in_the_log_with_its_cause_and_in_the_run_without(
    house: Runtime, ada: Person, client: httpx.AsyncClient
) -> None:
    with structlog.testing.capture_logs() as logged:
        started = await begin(ada, "{{error:canary}}")
        await read(ada, started.run_id)
    (failure,) = [entry for entry in logged if entry["event"] == "model_call_failed"]
    assert failure["run_id"] == started.run_id
    assert (failure["provider"], failure["model"], failure["tag"]) == (
        "openai",
        "gpt-4o-mini",
        "provider_refused",
    )
    assert "canary" in failure["cause"]
    run = (await client.get(f"/api/v1/runs/{started.run_id}", headers=ada.headers)).text
    assert "provider_refused" in run
    assert not INNARDS.search(run)


# Over the doors

DOOR_FAULTS: Final = {name: FAULTS[name] for name in ("429 long wait", "500", "hang", "html", "json")}
CUTS: Final = {name: FAULTS[name] for name in ("hang in the middle", "cut", "malformed", "error")}
STATUSES: Final = {
    "rate_limit_exceeded": 429,
    "api_error": 502,
    "provider_timeout": 504,
    "provider_broke_off": 502,
    "provider_refused": 400,
}
CANARY: Final = Fault("{{error:canary}}", "provider_refused")


def chunks_of(body: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]


@pytest.mark.req("ERR-01")
@pytest.mark.req("ERR-05")
@pytest.mark.req("ERR-09")
@pytest.mark.req("ERR-22")
@every_wire
@pytest.mark.parametrize(
    "fault",
    [*DOOR_FAULTS.values(), *CUTS.values(), CANARY],
    ids=[*DOOR_FAULTS.keys(), *CUTS.keys(), "secret"],
)
async def test_the_stream_of_the_ai_sdk_ends_with_an_error(
    client: httpx.AsyncClient, ada: Person, model: str, fault: Fault
) -> None:
    message = {"id": new_id("m"), "role": "user", "parts": [{"type": "text", "text": ask(fault)}]}
    body = {"id": new_id("chat"), "message": message, "trigger": "submit-message", "model": model}
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert answer.status_code == 200
    assert answer.text.endswith("data: [DONE]\n\n")
    assert not INNARDS.search(answer.text)
    chunks = chunks_of(answer.text)
    errors = [chunk for chunk in chunks if chunk["type"] == "error"]
    assert len(errors) == 1
    assert re.fullmatch(r"[A-Z].*\(run_\w+\)", errors[0]["errorText"])
    if fault.tag in SENTENCES:
        assert SENTENCES[fault.tag] in errors[0]["errorText"]
    said = "".join(chunk["delta"] for chunk in chunks if chunk["type"] == "text-delta")
    assert len(said.split()) == fault.shown
    # What was opened is closed, so that the page shows no answer that still writes.
    kinds = [chunk["type"] for chunk in chunks]
    assert kinds.count("text-start") == kinds.count("text-end")
    assert kinds.count("start-step") == kinds.count("finish-step")


@pytest.mark.req("ERR-05")
@pytest.mark.req("ERR-09")
@every_wire
@pytest.mark.parametrize("fault", [*DOOR_FAULTS.values(), CANARY], ids=[*DOOR_FAULTS.keys(), "secret"])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_a_completion_is_refused_with_a_status_before_its_first_word(
    client: httpx.AsyncClient, house: Runtime, ada: Person, model: str, fault: Fault, *, stream: bool
) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": ask(fault)}], "stream": stream}
    answer = await client.post("/v1/chat/completions", json=body, headers=ada.headers)
    assert answer.status_code == STATUSES[fault.tag]
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["error"]["code"] == fault.tag
    assert not INNARDS.search(answer.text)
    if "retry_after" in fault.directives:
        assert answer.headers["retry-after"] == "600"
    assert len(await ledger(house, ada)) == fault.asked


@pytest.mark.req("ERR-22")
@every_wire
@pytest.mark.parametrize("fault", CUTS.values(), ids=CUTS.keys())
async def test_a_completion_that_breaks_off_says_so_in_its_stream(
    client: httpx.AsyncClient, house: Runtime, ada: Person, model: str, fault: Fault
) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": ask(fault)}], "stream": True}
    answer = await client.post("/v1/chat/completions", json=body, headers=ada.headers)
    assert answer.status_code == 200
    assert not INNARDS.search(answer.text)
    *chunks, last = chunks_of(answer.text)
    assert last["error"]["code"] == fault.tag
    said = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    assert len(said.split()) == fault.shown
    assert "[DONE]" not in answer.text
    (line,) = await ledger(house, ada)
    check_booked(line, fault, said)


@every_wire
@pytest.mark.parametrize("fault", CUTS.values(), ids=CUTS.keys())
async def test_a_completion_in_one_piece_is_whole_or_an_error(
    client: httpx.AsyncClient,
    house: Runtime,
    provider: ScriptedProvider,
    ada: Person,
    model: str,
    fault: Fault,
) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": ask(fault)}]}
    answer = await client.post("/v1/chat/completions", json=body, headers=ada.headers)
    assert answer.status_code == STATUSES[fault.tag]
    assert answer.json()["error"]["code"] == fault.tag
    assert not INNARDS.search(answer.text)
    (line,) = await ledger(house, ada)
    check_booked(line, fault, "")
    await at_rest(house, provider)
