"""Embeddings as calls: each upstream call is booked once, within budgets, however it ends."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from steward.kernel.errors import Forbidden, Invalid
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.providers import service as providers
from steward.providers import tokens
from steward.providers.errors import ProviderKeyRefused, ProviderUnavailable
from steward.runs.embedding import embed
from steward.usage import budget_rules
from steward.usage.errors import BudgetExhausted
from steward.usage.schemas import BudgetCreate, BudgetRead
from steward.usage.tables import ModelCall
from tests.conftest import MakePerson, Person
from tests.runs.turns import ledger
from tests.support.scripted_answer import Recorded
from tests.support.scripted_embeddings import embed as scripted
from tests.support.scripted_provider import ScriptedProvider

MODEL = "openai/text-embedding-3-small"


def asked(provider: ScriptedProvider, words: str) -> list[Recorded]:
    return [
        record
        for record in provider.requests
        if record.wire == "embeddings" and any(words in text for text in record.body["input"])
    ]


async def limit(house: Runtime, person: Person, **fields: Any) -> BudgetRead:
    wanted = BudgetCreate.model_validate({"scope": "workspace", "period": "month", **fields})
    async with house.database.work(person.actor) as work:
        return await budget_rules.create(work, wanted, house.now())


async def standing(
    house: Runtime, person: Person, budget: BudgetRead
) -> tuple[Decimal | None, Decimal | None]:
    async with house.database.work(person.actor) as work:
        read = await budget_rules.get(work, budget.id, house.now())
    return read.spent_usd, read.held_usd


@pytest.mark.req("PROV-20", "USE-01")
async def test_a_call_is_one_line_of_the_ledger(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("w")
    made = await embed(ada.actor, [f"one two three {word}", "four five"], MODEL, "knowledge")
    assert (made.model, made.vectors.shape, made.estimated) == (MODEL, (2, 1536), False)
    np.testing.assert_allclose(made.vectors[1], scripted("four five"), atol=1e-6)
    (record,) = asked(provider, word)
    (line,) = await ledger(house, ada)
    assert (line.purpose, line.provider, line.model) == ("knowledge", "openai", "text-embedding-3-small")
    assert (line.status, line.input_tokens, line.output_tokens) == ("completed", record.prompt_tokens, 0)
    assert made.input_tokens == record.prompt_tokens
    assert (line.estimated, line.attempt, line.user_id) == (False, 1, ada.actor.user_id)
    assert line.cost_usd == Decimal("0.00000002") * record.prompt_tokens


async def test_every_batch_is_a_line(house: Runtime, ada: Person) -> None:
    made = await embed(ada.actor, [f"word{at}" for at in range(2_050)], MODEL, dimensions=2)
    assert made.vectors.shape == (2_050, 2)
    np.testing.assert_allclose(made.vectors[2_049], scripted("word2049", 2), atol=1e-6)
    assert [line.input_tokens for line in await ledger(house, ada)] == [2_048, 2]


@pytest.mark.req("PROV-20")
async def test_the_model_that_runs_here_answers_by_default_and_is_no_call(
    house: Runtime, ada: Person
) -> None:
    made = await embed(ada.actor, ["a text"])
    assert (made.model, made.vectors.shape) == ("local/wordllama", (1, 256))
    async with house.database.work(ada.actor) as work:
        assert (await work.session.execute(select(ModelCall))).first() is None


@pytest.mark.req("ERR-15")
async def test_a_failure_is_tried_again_on_a_line_of_its_own(house: Runtime, ada: Person) -> None:
    word = new_id("w")
    made = await embed(ada.actor, [f"{{{{status:503}}}} {{{{times:1}}}} {word}"], MODEL)
    assert made.vectors.shape == (1, 1536)
    first, second = await ledger(house, ada)
    assert [(line.attempt, line.status) for line in (first, second)] == [(1, "failed"), (2, "completed")]
    assert (first.input_tokens, first.cost_usd, first.estimated) == (0, 0, False)


@pytest.mark.parametrize(
    ("directive", "refusal", "tries"),
    [("{{status:401}}", ProviderKeyRefused, 1), ("{{status:500}}", ProviderUnavailable, 3)],
)
async def test_a_failed_call_is_booked_as_failed(
    house: Runtime, ada: Person, directive: str, refusal: type[Exception], tries: int
) -> None:
    with pytest.raises(refusal):
        await embed(ada.actor, [f"{directive} {new_id('w')}"], MODEL)
    lines = await ledger(house, ada)
    assert [(line.status, line.input_tokens, line.cost_usd) for line in lines] == [("failed", 0, 0)] * tries


@pytest.mark.req("USE-01")
async def test_a_call_that_nobody_waits_for_any_more_is_booked_as_cancelled(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    text = f"{{{{hang}}}} {new_id('w')}"
    task = asyncio.ensure_future(embed(ada.actor, [text], MODEL))
    while not asked(provider, text):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (line,) = await ledger(house, ada)
    assert (line.status, line.estimated) == ("cancelled", True)
    assert tokens.count(text) <= line.input_tokens <= tokens.count(text) + 4
    while not asked(provider, text)[0].client_gone:
        await asyncio.sleep(0.01)


@pytest.mark.req("LIM-04")
async def test_a_budget_holds_and_counts_embeddings(house: Runtime, ada: Person) -> None:
    budget = await limit(house, ada, limit_usd="1.00")
    made = await embed(ada.actor, ["some words to be paid for"], MODEL)
    assert await standing(house, ada, budget) == (Decimal("0.00000002") * made.input_tokens, 0)
    with pytest.raises(ProviderKeyRefused):
        await embed(ada.actor, ["{{status:401}}"], MODEL)
    assert (await standing(house, ada, budget))[1] == 0


@pytest.mark.slow
@pytest.mark.req("LIM-04")
async def test_a_budget_that_is_used_up_stops_the_batch_that_it_does_not_pay_for(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("w")
    # Both batches are about as long: it pays for one, not for two.
    texts = [f"{word} {'long ' * 60_000}"] * 6
    each = tokens.count(texts[0])
    await limit(house, ada, limit_tokens=each * 4 + 1_000)
    with pytest.raises(BudgetExhausted):
        await embed(ada.actor, texts, MODEL)
    assert len(asked(provider, word)) == 1
    assert len(await ledger(house, ada)) == 1


async def test_a_budget_in_tokens_holds_no_answer_for_embeddings(house: Runtime, ada: Person) -> None:
    await limit(house, ada, limit_tokens=200)
    assert (await embed(ada.actor, ["a few words"], MODEL)).vectors.shape == (1, 1536)


@pytest.mark.req("USE-01")
async def test_the_workspaces_own_price_is_taken(house: Runtime, ada: Person) -> None:
    price = {"input_usd": "10", "output_usd": "0"}
    async with house.database.transaction(ada.actor) as work:
        await providers.change_choices(work, house.settings, {"prices": {"openai/in-house": price}})
    made = await embed(ada.actor, ["a few words"], "openai/in-house")
    (line,) = await ledger(house, ada)
    assert line.cost_usd == Decimal("0.00001") * made.input_tokens
    assert line.call_metadata["price"] == "workspace"


@pytest.mark.parametrize("texts", [[], [""], ["a", ""]])
async def test_there_must_be_a_text(ada: Person, texts: list[str]) -> None:
    with pytest.raises(Invalid):
        await embed(ada.actor, texts)


async def test_a_viewer_may_not_spend(ada: Person, make_person: MakePerson) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    with pytest.raises(Forbidden):
        await embed(viewer.actor, ["a text"])
