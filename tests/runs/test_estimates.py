from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.runs.turns import begin, ledger, read


async def estimate(client: httpx.AsyncClient, person: Person, text: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/chat/estimate", json={"text": text, **fields}, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_price_of_a_message_is_a_range(client: httpx.AsyncClient, ada: Person) -> None:
    found = await estimate(client, ada, "What is it?", model="openai/gpt-4o", max_tokens=1000)
    assert (found["model"], found["most_output_tokens"], found["messages"]) == ("openai/gpt-4o", 1000, 2)
    inputs = found["input_tokens"] * Decimal("2.5") / 1_000_000
    assert Decimal(found["most_usd"]) == inputs + Decimal(1000) * 10 / 1_000_000
    assert inputs < Decimal(found["least_usd"]) < Decimal(found["most_usd"])
    assert (found["fits"], found["context_tokens"], found["budget_left_usd"]) == (True, 128_000, None)


async def test_what_was_said_before_costs_too_and_the_bill_lies_within(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    first = await begin(ada, "{{words:300}}")
    await read(ada, first.run_id)
    alone = await estimate(client, ada, "{{words:5}}")
    found = await estimate(client, ada, "{{words:5}}", thread_id=first.thread_id)
    assert found["input_tokens"] > alone["input_tokens"] + 300
    second = await begin(ada, "{{words:5}}", first.thread_id)
    await read(ada, second.run_id)
    line = (await ledger(house, ada))[-1]
    assert line.cost_usd is not None
    assert line.cost_usd <= Decimal(found["most_usd"])
    assert len(await ledger(house, ada)) == 2, "an estimate calls nobody"


async def test_a_message_that_is_too_long_for_the_model_is_known_before(
    client: httpx.AsyncClient, ada: Person
) -> None:
    found = await estimate(client, ada, "word " * 20_000, model="openai/gpt-4")
    assert found["fits"] is False


async def test_a_price_that_nobody_knows_is_not_made_up(client: httpx.AsyncClient, ada: Person) -> None:
    found = await estimate(client, ada, "Hi", model="openai/a-model-of-tomorrow")
    assert (found["least_usd"], found["most_usd"], found["context_tokens"]) == (None, None, None)


@pytest.mark.req("LIM-04")
async def test_what_a_budget_leaves_is_told(client: httpx.AsyncClient, ada: Person) -> None:
    budget = {"scope": "workspace", "period": "month", "limit_usd": "5"}
    made = await client.post("/api/v1/budgets", json=budget, headers=ada.headers)
    assert made.status_code == 201, made.text
    assert (await estimate(client, ada, "Hi"))["budget_left_usd"] == "5"


async def test_a_stranger_learns_nothing(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    started = await begin(ada, "{{words:3}}")
    await read(ada, started.run_id)
    body = {"text": "Hi", "thread_id": started.thread_id}
    answer = await client.post("/api/v1/chat/estimate", json=body, headers=eve.headers)
    assert answer.status_code == 404
