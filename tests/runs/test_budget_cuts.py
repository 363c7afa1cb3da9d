"""Streams side by side cannot overdraw a budget beyond one chunk each, whatever becomes of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import select

from steward.agents.service import Wishes
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from steward.providers import service as providers
from steward.providers import tokens
from steward.providers.errors import LLMError
from steward.providers.events import ReasoningDelta, TextDelta
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs import completions
from steward.runs.events import Notice, RunEnd
from steward.runs.events import TextDelta as RunText
from steward.usage import budget_rules
from steward.usage.errors import BudgetExhausted
from steward.usage.schemas import BudgetCreate
from steward.usage.tables import BudgetPeriod, ModelCall
from tests.conftest import MakePerson, Person
from tests.runs.turns import begin, read
from tests.support.scripted_provider import ScriptedProvider

# Many streams at once against one budget.
pytestmark = pytest.mark.slow

INTERLEAVINGS: Final = 200
AT_ONCE: Final = 5
TOKEN_USD: Final = Decimal("0.001")
PROMPT_TOKEN_USD: Final = Decimal("0.00001")
MODELS: Final = (
    "openai/gpt-4o-mini",
    "openai-responses/gpt-4o-mini",
    "anthropic/claude-sonnet-4-5",
    "google/gemini-2.5-flash",
)
_SENTENCE: Final = "the tea is hot and the cake is good and we are all here to have some more of it today"
_WORDS: Final = tuple(_SENTENCE.split(" "))
FATES: Final = (
    "", "", "", "", "{{ignore_max_tokens}}", "{{ignore_max_tokens}}", "{{ignore_max_tokens}}", "{{no_usage}}",
    "{{error_after:9}}", "{{cut_after:9}} {{ignore_max_tokens}}", "{{status:500}} {{times:1}}", "{{status:400}}",
    "{{error:context_length_exceeded}}", "stop", "stop {{ignore_max_tokens}}",
)  # fmt: skip


def words(count: int) -> str:
    return " ".join(_WORDS[at % len(_WORDS)] for at in range(count))


@dataclass
class Heard:
    """What became of the streams of one interleaving.

    Attributes:
        over_tokens: one chunk, the largest that was read at once, of each stream that is cut by our own count.
        streams: calls that were let in.
    """

    over_tokens: int = 0
    streams: int = 0
    refused: int = 0
    cut: int = 0


@dataclass
class Budgeted:
    """A workspace with prices, budgets, and people who talk at the same time."""

    house: Runtime
    owner: Person
    actors: list[Actor]
    heard: Heard = field(default_factory=Heard)
    mark: str = field(default_factory=lambda: new_id("mark"))

    async def talk(
        self, actor: Actor, model: str, length: int, fate: str, most: int | None, patience: int
    ) -> None:
        """One stream: to its end, left, broken, or not let in."""
        pace = "{{pace_ms:1}}" if "ignore" in fate or "stop" in fate else ""
        text = f"{self.mark} {{{{reply:{words(length)}}}}} {fate.removeprefix('stop')} {pace}"
        request = ModelRequest([PromptMessage.of_text("user", text)], max_tokens=most)
        for tries in range(patience):
            try:
                completion = await completions.complete(actor, model, request)
            except BudgetExhausted:
                self.heard.refused += 1
                await asyncio.sleep(0.03 * (tries + 1))
            else:
                await self._hear(completion, length // 2 if "stop" in fate else None)
                return

    async def _hear(self, completion: completions.Completion, leave_after: int | None) -> None:
        self.heard.streams += 1
        seen = chunk = 0
        try:
            async with aclosing(completion.events()) as batches:
                async for batch in batches:
                    said = "".join(
                        event.text for event in batch if isinstance(event, TextDelta | ReasoningDelta)
                    )
                    chunk = max(chunk, tokens.count(said))
                    seen += len(said.split())
                    if leave_after is not None and seen > leave_after:
                        break
        except BudgetExhausted:
            # The first try failed, and another was not let in.
            self.heard.refused += 1
        except LLMError:
            pass
        call = completion.call
        self.heard.cut += call.line.is_short and call.finish is not None and call.finish.reason == "length"
        # The others were held to their tokens by the provider, who counted them.
        if call.line.usage is None and seen:
            self.heard.over_tokens += chunk

    async def lines(self) -> Sequence[ModelCall]:
        for _ in range(500):
            async with self.house.database.work(self.owner.actor) as work:
                lines = (await work.session.execute(select(ModelCall))).scalars().all()
            if all(line.status != "open" for line in lines):
                return lines
            await asyncio.sleep(0.01)
        raise AssertionError("the ledger does not settle")

    async def check(self, wanted: Sequence[BudgetCreate]) -> None:
        lines = await self.lines()
        async with self.house.database.work(self.owner.actor) as work:
            periods = (await work.session.execute(select(BudgetPeriod))).scalars().all()
            made = {budget.id: budget for budget in await budget_rules.every(work, self.house.now())}
        assert len(made) == len(wanted)
        for period in periods:
            budget = made[period.id]
            of = {"workspace": "workspace_id", "user": "user_id", "key": "key_id"}[budget.scope]
            subject = period.subject_id or self.owner.actor.workspace_id
            mine = [line for line in lines if getattr(line, of) == subject]
            assert (period.held_usd, period.held_tokens) == (0, 0)
            assert period.spent_usd == sum((line.cost_usd or Decimal(0) for line in mine), Decimal(0))
            used = sum(line.input_tokens + line.output_tokens for line in mine)
            assert period.spent_tokens == used
            over = self.heard.over_tokens
            if budget.limit_usd is not None:
                assert period.spent_usd <= budget.limit_usd + over * TOKEN_USD
            if budget.limit_tokens is not None:
                assert used <= budget.limit_tokens + over


async def budgeted(
    house: Runtime, make_person: MakePerson, wanted: Sequence[BudgetCreate], people: int
) -> Budgeted:
    owner = await make_person()
    others = [await make_person(beside=owner, role="member") for _ in range(people - 1)]
    price = {"input_usd": PROMPT_TOKEN_USD * 10**6, "output_usd": TOKEN_USD * 10**6}
    async with house.database.work(owner.actor) as work:
        await providers.change_choices(work, house.settings, {"prices": dict.fromkeys(MODELS, price)})
        for budget in wanted:
            await budget_rules.create(work, budget, house.now())
    actors = [
        Actor(one.actor.workspace_id, one.actor.user_id, one.actor.role, key_id=f"key_{at % 2}")
        for at, one in enumerate([owner, *others])
    ]
    return Budgeted(house, owner, actors)


def some_budgets(chance: random.Random) -> list[BudgetCreate]:
    """The one that matters, and others beside it."""
    usd = f"{chance.randint(60, 300) * TOKEN_USD:f}"
    tight: list[dict[str, Any]] = [
        {"scope": "workspace", "period": "month", "limit_usd": usd},
        {"scope": "workspace", "period": "day", "limit_tokens": chance.randint(300, 1500)},
        {"scope": "key", "period": "month", "limit_usd": usd},
        {"scope": "user", "period": "day", "limit_usd": usd},
        {
            "scope": "workspace",
            "period": "month",
            "limit_usd": usd,
            "limit_tokens": chance.randint(300, 1500),
        },
    ]
    beside: list[dict[str, Any]] = [
        {"scope": "user", "period": "month", "limit_usd": "0.2"},
        {"scope": "key", "period": "day", "limit_tokens": 1000},
    ]
    chosen = [chance.choice(tight), *chance.sample(beside, chance.randint(0, 2))]
    return [BudgetCreate.model_validate(budget) for budget in chosen]


async def interleave(house: Runtime, provider: ScriptedProvider, make_person: MakePerson, seed: int) -> Heard:
    """Some streams at once against some budgets, and then greedy ones until nothing is left."""
    chance = random.Random(seed)
    wanted = some_budgets(chance)
    place = await budgeted(house, make_person, wanted, people=chance.randint(1, 3))

    async def one() -> None:
        actor, model, fate = chance.choice(place.actors), chance.choice(MODELS), chance.choice(FATES)
        length, most = chance.randint(3, 150), chance.choice((None, 16, 30, 60, 120))
        await asyncio.sleep(chance.random() / 20)
        await place.talk(actor, model, length, fate, most, patience=chance.randint(1, 3))

    await asyncio.gather(*(one() for _ in range(chance.randint(4, 8))))
    await place.check(wanted)
    for actor in place.actors:
        await until_refused(place, provider, actor, chance.choice(MODELS))
    await place.check(wanted)
    return place.heard


async def until_refused(place: Budgeted, provider: ScriptedProvider, actor: Actor, model: str) -> None:
    for _ in range(12):
        await place.lines()
        refused, asked = place.heard.refused, requests(provider, place.mark)
        await place.talk(actor, model, 1500, "{{ignore_max_tokens}}", None, patience=1)
        if place.heard.refused > refused:
            assert requests(provider, place.mark) == asked, "a refused call went upstream"
            return
    raise AssertionError("there is always something left")


def requests(provider: ScriptedProvider, mark: str) -> int:
    return sum(mark in record.said for record in provider.requests)


async def in_turns(tasks: list[Callable[[], Awaitable[Heard]]], at_once: int) -> list[Heard]:
    slots = asyncio.Semaphore(at_once)

    async def one(task: Callable[[], Awaitable[Heard]]) -> Heard:
        async with slots:
            return await task()

    return await asyncio.gather(*(one(task) for task in tasks))


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.req("LIM-04")
@pytest.mark.req("LIM-06")
async def test_two_hundred_interleavings_stay_within_their_budgets(
    house: Runtime, provider: ScriptedProvider, make_person: MakePerson
) -> None:
    first = random.randrange(10**6)
    print(f"first seed {first}")

    def task(seed: int) -> Callable[[], Awaitable[Heard]]:
        return lambda: interleave(house, provider, make_person, seed)

    heard = await in_turns([task(first + at) for at in range(INTERLEAVINGS)], AT_ONCE)
    streams, chunks = sum(one.streams for one in heard), sum(one.over_tokens for one in heard)
    print(
        f"{streams} streams, {sum(one.refused for one in heard)} refused, {sum(one.cut for one in heard)} cut, "
        f"chunks of {chunks / streams:.1f} tokens"
    )
    assert all(one.refused for one in heard)
    assert sum(one.cut for one in heard) > INTERLEAVINGS / 2
    assert streams > 4 * INTERLEAVINGS
    assert chunks < 10 * streams, "chunks so large show nothing"


@pytest.mark.req("LIM-04")
@pytest.mark.parametrize("seed", range(6))
async def test_a_few_interleavings_stay_within_their_budgets(
    house: Runtime, provider: ScriptedProvider, make_person: MakePerson, seed: int
) -> None:
    heard = await interleave(house, provider, make_person, seed)
    assert heard.refused


@pytest.mark.req("CHAT-14")
@pytest.mark.parametrize("model", MODELS)
async def test_a_turn_is_cut_where_the_budget_ends_and_says_so(
    client: httpx.AsyncClient, house: Runtime, provider: ScriptedProvider, make_person: MakePerson, model: str
) -> None:
    """Also when the model does not keep to the tokens that it was given."""
    wanted = [BudgetCreate(scope="workspace", period="month", limit_usd=Decimal("0.080"))]
    place = await budgeted(house, make_person, wanted, people=1)
    ada = place.owner
    text = f"{place.mark} {{{{reply:{words(2000)}}}}} {{{{ignore_max_tokens}}}} {{{{pace_ms:1}}}}"
    started = await begin(ada, text, wishes=Wishes(model, tools=[]))
    events = [event for _, event in await read(ada, started.run_id)]
    end = events[-1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.finish_reason, end.error_tag) == ("incomplete", "length", None)
    assert "budget_reached" in [event.tag for event in events if isinstance(event, Notice)]
    said = "".join(event.text for event in events if isinstance(event, RunText))
    assert 30 <= len(said.split()) <= 110
    (line,) = await place.lines()
    assert (line.status, line.estimated) == ("completed", True)
    (record,) = [record for record in provider.requests if place.mark in record.said]
    assert record.client_gone
    # Nothing is left: every door refuses, and nobody upstream hears of it.
    chat: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": place.mark}]}
    for body in (chat, {**chat, "stream": True}):
        answer = await client.post("/v1/chat/completions", json=body, headers=ada.headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "budget_exhausted")
    message = {"id": new_id("m"), "role": "user", "parts": [{"type": "text", "text": place.mark}]}
    turn = {"id": new_id("chat"), "message": message, "trigger": "submit-message", "model": model}
    answer = await client.post("/api/v1/chat", json=turn, headers=ada.headers)
    assert (answer.status_code, answer.json()["tag"]) == (402, "budget_exhausted")
    assert requests(provider, place.mark) == 1


@pytest.mark.parametrize("model", [model for model in MODELS if not model.startswith("google")])
async def test_the_input_of_a_tool_is_cut_like_any_words(
    house: Runtime, provider: ScriptedProvider, make_person: MakePerson, model: str
) -> None:
    wanted = [BudgetCreate(scope="workspace", period="month", limit_usd=Decimal("0.080"))]
    place = await budgeted(house, make_person, wanted, people=1)
    # A tool's input comes in four pieces; the second is beyond the limit already.
    text = f'{place.mark} {{{{tool:write:{{"text": "{words(600)}"}}}}}} {{{{ignore_max_tokens}}}} {{{{pace_ms:40}}}}'
    started = await begin(place.owner, text, wishes=Wishes(model, tools=[]))
    events = [event for _, event in await read(place.owner, started.run_id)]
    end = events[-1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.finish_reason) == ("incomplete", "length")
    (line,) = await place.lines()
    assert line.output_tokens < 400
