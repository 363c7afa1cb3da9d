"""The ledger tells the truth: every call upstream has one line, and the sum is what the provider's own log says."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from steward.agents.service import Wishes
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Memory
from steward.providers.events import TextDelta, Usage
from steward.providers.prices import cost_usd
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs import calls, completions, service
from steward.runs.calls import Calls
from steward.usage.tables import ModelCall
from tests.conftest import MakePerson, Person
from tests.runs.turns import begin, ledger, read
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_wire import Recorded
from tests.support.server_process import ServerProcess, server_process

# Hundreds of calls: some seconds.
pytestmark = pytest.mark.slow

MODELS: Final = (
    "openai/gpt-4o-mini",
    "openai-responses/gpt-4o-mini",
    "anthropic/claude-sonnet-4-5",
    "google/gemini-2.5-flash",
)
PRICED: Final = {
    "openai_chat": ("openai", "gpt-4o-mini"),
    "openai_responses": ("openai", "gpt-4o-mini"),
    "anthropic": ("anthropic", "claude-sonnet-4-5"),
    "gemini": ("google", "gemini-2.5-flash"),
}
CENT: Final = Decimal("0.01")
FACTOR: Final = 1.35
"""How far our count may be from the provider's, which counts words."""
IN_FLIGHT: Final = 4
"""Tokens that the provider wrote and nobody read any more."""
MARKS: Final = 40
"""Our tokens for the ids and directives of a question, each of which the provider counts as a word."""
WORDS: Final = " ".join(
    ["we had a long walk by the river and then some tea at home with all of the others"] * 3
)


@pytest.fixture(autouse=True)
def plain(house: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered, since a model would be asked about it beside the calls that are counted; and prompts are
    short, since our count of them is not the provider's.
    """
    settings = house.settings
    shorter = {"memory": Memory(enabled=False), "chat": settings.chat.model_copy(update={"prompt_tokens": 1})}
    monkeypatch.setattr(house, "settings", settings.model_copy(update=shorter))


@dataclass(frozen=True)
class Kind:
    """A way in which a call goes.

    Attributes:
        directives: what the provider does.
        statuses: of the lines that one turn leaves, oldest first.
        told: whether the provider sends its usage in the last call.
        way: how it is called, and how it ends: to its end, stopped, or left by its reader.
    """

    directives: str
    statuses: tuple[str, ...] = ("completed",)
    told: bool = True
    way: str = "run"
    max_tokens: int | None = None


KINDS: Final = {
    "whole": Kind(""),
    "cached": Kind("{{cached:20}} {{cache_write:9}}"),
    "short": Kind("", max_tokens=20),
    "no usage": Kind("{{no_usage}}", told=False),
    "refuses": Kind("{{refusal:I would rather not say that.}}"),
    "again": Kind("{{status:500}} {{times:1}}", ("failed", "completed")),
    "again and again": Kind("{{status:429}} {{times:9}}", ("failed",) * 3, told=False),
    "wrong": Kind("{{status:400}}", ("failed",), told=False),
    "error": Kind("{{error_after:15}}", ("failed",), told=False),
    "cut": Kind("{{cut_after:15}}", ("failed",), told=False),
    "garbage": Kind("{{garbage_after:15}} {{pace_ms:10}}", ("failed",), told=False),
    "tools": Kind('{{tool:find:{"words": "the tea and the river"}}}', ("completed", "completed")),
    "stopped": Kind("{{pace_ms:10}}", ("cancelled",), told=False, way="stop"),
    "left": Kind("{{pace_ms:10}}", ("cancelled",), told=False, way="leave"),
    "left at once": Kind("{{pace_ms:10}} {{first_ms:5000}}", ("cancelled",), told=False, way="leave at once"),
    "completion": Kind("", way="complete"),
    "useCompletion": Kind("", way="prompt"),
    "useCompletion left": Kind("{{pace_ms:10}}", ("cancelled",), told=False, way="leave prompt"),
}
EACH: Final = 5


async def run(
    client: httpx.AsyncClient, provider: ScriptedProvider, person: Person, kind: Kind, model: str, text: str
) -> None:
    """Go the way of a kind once."""
    match kind.way:
        case "run" | "stop":
            started = await begin(person, text, wishes=Wishes(model, max_tokens=kind.max_tokens, tools=[]))
            if kind.way == "stop":
                seen = await read(person, started.run_id, most=8)
                assert any(isinstance(event, TextDelta) for _, event in seen)
                await service.stop(person.actor, started.run_id)
            await read(person, started.run_id)
        case "prompt" | "leave prompt":
            body = {"prompt": text, "model": model}
            await post(client, person, "/api/v1/completion", body, 600 if kind.way == "leave prompt" else 0)
        case way:
            body = {
                "model": model,
                "messages": [{"role": "user", "content": text}],
                "stream": way != "complete",
            }
            if way == "leave at once":
                await leave_at_once(client, provider, person, body)
            else:
                await post(client, person, "/v1/chat/completions", body, 900 if way == "leave" else 0)


async def post(client: httpx.AsyncClient, person: Person, path: str, body: dict[str, Any], most: int) -> None:
    """Ask, and leave after so many characters; 0 stays to the end."""
    seen = ""
    async with client.stream("POST", path, json=body, headers=person.headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for text in answer.aiter_text():
            seen += text
            if most and len(seen) >= most:
                return


async def leave_at_once(
    client: httpx.AsyncClient, provider: ScriptedProvider, person: Person, body: dict[str, Any]
) -> None:
    """Ask, and leave before the first word, once the provider knows of it."""
    asking = asyncio.ensure_future(client.post("/v1/chat/completions", json=body, headers=person.headers))
    while all(record.said != body["messages"][0]["content"] for record in provider.requests):
        assert not asking.done()
        await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


def cost(record: Recorded) -> Decimal:
    """What the provider charges for a request, by its own log."""
    if record.status not in (200, None):
        return Decimal(0)
    provider, model = PRICED[record.wire]
    used = Usage(
        record.prompt_tokens,
        record.tokens_sent,
        record.cached_tokens,
        cache_write_tokens=cache_written(record),
    )
    found = cost_usd(provider, model, used)
    assert found is not None
    return found


def cache_written(record: Recorded) -> int:
    """What the cache took, on the wires that tell it; on the other it costs like any input."""
    return 0 if record.wire == "gemini" else record.cache_write_tokens


def total(lines: Sequence[ModelCall]) -> Decimal:
    assert all(line.cost_usd is not None for line in lines)
    return sum((line.cost_usd or Decimal(0) for line in lines), Decimal(0))


def near(ours: int, theirs: int, beside: int) -> bool:
    return theirs / FACTOR - beside <= ours <= theirs * FACTOR + beside


def check_told(line: ModelCall, record: Recorded) -> None:
    """The provider said what it used: not a token more or less is booked."""
    assert not line.estimated
    booked = (line.input_tokens, line.output_tokens, line.cached_tokens, line.cache_write_tokens)
    assert booked == (
        record.prompt_tokens,
        record.tokens_sent,
        record.cached_tokens,
        cache_written(record),
    )
    assert line.cost_usd == cost(record).quantize(Decimal("0.000000001"))


def check_untold(line: ModelCall, record: Recorded) -> None:
    if record.status not in (200, None):
        assert (line.input_tokens, line.output_tokens, line.cost_usd) == (0, 0, 0)
        return
    assert line.estimated
    assert near(line.input_tokens, record.prompt_tokens, MARKS), (line.input_tokens, record.prompt_tokens)
    assert near(line.output_tokens, record.tokens_sent, IN_FLIGHT), (line.output_tokens, record.tokens_sent)


@dataclass
class Account:
    """All calls of one kind on one wire, made by one person in a workspace of their own."""

    kind: Kind
    model: str
    person: Person
    lines: Sequence[ModelCall]
    records: list[Recorded]

    def check(self) -> None:
        assert len(self.lines) == len(self.records) == len(self.kind.statuses) * EACH
        assert sorted(line.status for line in self.lines) == sorted(self.kind.statuses * EACH)
        # All calls of a kind are alike, so that sorted they pair up.
        lines = sorted(self.lines, key=lambda line: (line.input_tokens, line.output_tokens))
        told = [record for record in self.records if record.usage_sent]
        exact = [line for line in lines if not line.estimated and line.status == "completed"]
        assert len(exact) == len(told)
        assert bool(told) == self.kind.told
        for line, record in zip(exact, sorted(told, key=_by_tokens), strict=True):
            check_told(line, record)
        untold = sorted((one for one in self.records if not one.usage_sent), key=_by_tokens)
        for line, record in zip([line for line in lines if line not in exact], untold, strict=True):
            check_untold(line, record)


def _by_tokens(record: Recorded) -> tuple[int, int]:
    refused = record.status not in (200, None)
    return (0, 0) if refused else (record.prompt_tokens, record.tokens_sent)


@pytest.mark.req("USE-12")
@pytest.mark.req("USE-15")
@pytest.mark.req("USE-07")
async def test_every_call_upstream_has_its_line_and_the_sum_is_the_providers(
    client: httpx.AsyncClient, house: Runtime, provider: ScriptedProvider, make_person: MakePerson
) -> None:
    async def account(kind: Kind, model: str, person: Person) -> Account:
        mark = new_id("mark")
        text = f"{mark} {WORDS} {WORDS} {{{{reply:{WORDS}}}}} {kind.directives}"
        await asyncio.gather(
            *(run(client, provider, person, kind, model, f"{text} {number}") for number in range(EACH))
        )
        lines = await ledger(house, person)
        while any(record.end is None for record in provider.requests if mark in record.said):
            await asyncio.sleep(0.01)
        return Account(kind, model, person, lines, [one for one in provider.requests if mark in one.said])

    # Made before the crowd of calls begins, which leaves nobody else a turn.
    wanted = [(kind, model, await make_person()) for kind in KINDS.values() for model in MODELS]
    accounts = await asyncio.gather(*(account(*one) for one in wanted))
    for one in accounts:
        one.check()
    booked = total([line for one in accounts for line in one.lines])
    charged = sum((cost(record) for one in accounts for record in one.records), Decimal(0))
    print(f"{sum(len(one.lines) for one in accounts)} calls: booked {booked}, charged {charged:.6f}")
    assert charged > 5 * CENT, "so little money shows nothing"
    assert abs(booked - charged) <= CENT


@pytest.mark.req("USE-12")
async def test_a_call_that_is_stopped_while_it_waits_for_another_try_is_settled(
    house: Runtime, provider: ScriptedProvider, ada: Person
) -> None:
    """Stopped at every moment of a turn that fails, waits, and is tried again."""
    mark = new_id("mark")

    async def one(number: int) -> None:
        text = f"{mark} {number} {{{{reply:{WORDS}}}}} {{{{status:500}}}} {{{{times:2}}}}"
        started = await begin(ada, text)
        await asyncio.sleep(number / 1000)
        await service.stop(ada.actor, started.run_id)
        await read(ada, started.run_id)

    for first in range(0, 80, 20):
        await asyncio.gather(*(one(number) for number in range(first, first + 20)))
    lines = await ledger(house, ada)
    records = [record for record in provider.requests if mark in record.said]
    # A line may be open before its request leaves, and none the other way round.
    assert len(records) <= len(lines)
    assert {line.status for line in lines} <= {"failed", "cancelled", "completed"}
    assert len({line.status for line in lines}) > 1, "the stops all came at one moment"


@pytest.mark.req("USE-12")
async def test_a_call_whose_reader_leaves_before_it_begins_is_settled(
    house: Runtime, provider: ScriptedProvider, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = new_id("mark")
    completion = await completions.complete(
        ada.actor, MODELS[0], ModelRequest([PromptMessage.of_text("user", mark)])
    )
    events = completion.events()
    await events.aclose()
    monkeypatch.setattr(calls, "_UNASKED_SECONDS", 0.0)
    await house.part(Calls).checkpoint()
    (line,) = await ledger(house, ada)
    assert (line.status, line.input_tokens, line.output_tokens, line.cost_usd) == ("cancelled", 0, 0, 0)
    assert all(mark not in record.said for record in provider.requests)


# A crash

CRASH_MODELS: Final = (*MODELS, *MODELS, *[MODELS[2]] * 4)
PACE_MS: Final = 20
LENGTH: Final = 300


def environment(provider: ScriptedProvider) -> dict[str, Any]:
    return {
        "ANTHROPIC_API_KEY": "sk-scripted",
        "ANTHROPIC_BASE_URL": provider.base_url,
        "GOOGLE_GENERATIVE_AI_API_KEY": "sk-scripted",
        "GOOGLE_GENERATIVE_AI_BASE_URL": f"{provider.root_url}/v1beta",
        # Models are asked for answers only, and told of no tools, whose tokens the provider does not count.
        "STEWARD_MEMORY__ENABLED": "false",
        "STEWARD_TOOLS__OFFERED": "documents",
    }


async def owners_view(server: ServerProcess, query: str) -> list[Any]:
    import asyncpg

    from steward.kernel.embedded import EmbeddedPostgres
    from steward.kernel.work import asyncpg_dsn

    connection = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(server.data_dir).owner_url))
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def limited_key(server: ServerProcess, http: httpx.AsyncClient) -> str:
    """A key of a workspace with two budgets that are far from being used up."""
    (token,) = re.findall(r"/welcome#token=(\S+)", server.log.read_text())
    signed_in = (await http.post("/api/v1/auth/link", json={"token": token})).json()
    csrf = {"x-csrf-token": signed_in["csrf_token"]}
    for limits in (
        {"scope": "workspace", "period": "month", "limit_usd": "5"},
        {"scope": "key", "period": "day", "limit_tokens": 10**6},
    ):
        made = await http.post("/api/v1/budgets", json=limits, headers=csrf)
        assert made.status_code == 201, made.text
    http.cookies.clear()
    return await server.command(
        "key", "create", "--workspace", signed_in["workspace"]["id"], "--name", "test"
    )


async def until(seen: Callable[[], Awaitable[bool]], seconds: float) -> None:
    for _ in range(int(seconds * 4)):
        with contextlib.suppress(OSError, httpx.HTTPError):
            if await seen():
                return
        await asyncio.sleep(0.25)
    raise AssertionError("it does not come to rest")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.req("USE-12")
async def test_a_kill_in_the_middle_of_many_streams_hides_nothing_and_holds_nothing_back(
    tmp_path: Path, provider: ScriptedProvider
) -> None:
    text = f"{{{{reply:{' '.join([WORDS] * (LENGTH // len(WORDS.split()) + 1))}}}}} {{{{pace_ms:{PACE_MS}}}}}"
    async with (
        server_process(tmp_path / "data", provider.base_url, **environment(provider)) as server,
        httpx.AsyncClient(base_url=server.base_url, timeout=60) as http,
    ):
        http.headers["authorization"] = f"Bearer {await limited_key(server, http)}"
        mark = new_id("mark")

        async def ask(number: int, model: str) -> None:
            words = f"{mark} {number} {text}"
            if number % 2:
                body: dict[str, Any] = {
                    "model": model, "stream": True, "messages": [{"role": "user", "content": words}]
                }  # fmt: skip
                path = "/v1/chat/completions"
            else:
                message = {"id": f"m{number}", "role": "user", "parts": [{"type": "text", "text": words}]}
                body = {
                    "id": f"c{number}",
                    "message": message,
                    "trigger": "submit-message",
                    "model": model,
                }
                path = "/api/v1/chat"
            with contextlib.suppress(httpx.HTTPError):
                await http.post(path, json=body)

        asking = [asyncio.ensure_future(ask(number, model)) for number, model in enumerate(CRASH_MODELS)]
        await asyncio.sleep(3.5)
        going = [record for record in provider.requests if mark in record.said]
        assert len(going) == len(CRASH_MODELS)
        assert all(record.end is None for record in going), "the answers ended before the kill"
        await server.kill()
        await asyncio.gather(*asking)
        await server.start()

        async def settled() -> bool:
            rows = await owners_view(server, "SELECT status FROM model_calls")
            live = await owners_view(server, "SELECT 1 FROM runs WHERE finished_at IS NULL")
            return not live and all(row["status"] != "open" for row in rows)

        await until(settled, 60)
        lines = await owners_view(server, "SELECT * FROM model_calls ORDER BY created_at")
        records = [record for record in provider.requests if mark in record.said]
        assert len(lines) == len(records)
        lost = [line for line in lines if line["status"] == "interrupted"]
        assert len(lost) == len(CRASH_MODELS)
        assert all(line["estimated"] and line["output_tokens"] > 0 for line in lost)
        # The runs were gone on with, the completions were not.
        assert len(lines) - len(lost) == sum(1 for number in range(len(CRASH_MODELS)) if number % 2 == 0)
        booked = sum((line["cost_usd"] for line in lines), Decimal(0))
        charged = sum((cost(record) for record in records), Decimal(0))
        print(f"booked {booked}, charged {charged:.6f}")
        assert charged > 2 * CENT
        assert abs(booked - charged) <= CENT
        used = sum(line["input_tokens"] + line["output_tokens"] for line in lines)
        periods = await owners_view(server, "SELECT * FROM budget_periods")
        assert len(periods) == 2
        for period in periods:
            assert (period["held_usd"], period["held_tokens"]) == (0, 0)
            assert (period["spent_usd"], period["spent_tokens"]) == (booked, used)
