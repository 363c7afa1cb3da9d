"""The native door of usage, over real turns."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.runs.turns import begin, ledger, messages, read
from tests.usage.lines import book

SUMS = {
    "calls",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_usd",
    "estimated_calls",
    "unpriced_calls",
    "open_calls",
}


async def ask(house: Runtime, person: Person, *texts: str) -> None:
    """Turns that ran to their end, with a settled ledger."""
    for text in texts:
        started = await begin(person, text, "one-chat")
        await read(person, started.run_id)
    await ledger(house, person)


async def get(client: httpx.AsyncClient, person: Person, path: str, **params: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1{path}", params=params, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.req("USE-01")
@pytest.mark.req("USE-02")
@pytest.mark.req("USE-16")
async def test_messages_conversation_and_statement_say_the_same(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    await ask(house, ada, "hello {{words:12}} {{cached:3}}", "and {{words:5}} {{reasoning:Hm. Well.}}")
    by_message = await get(client, ada, "/usage", by="message")
    answers = [message for message in await messages(house, ada) if message.role == "assistant"]
    assert len(answers) == 2
    for answer in answers:
        (line,) = [line for line in by_message["items"] if line["message_id"] == answer.id]
        told = (line["input_tokens"], line["output_tokens"], line["total_tokens"])
        assert told == (answer.input_tokens, answer.output_tokens, answer.total_tokens)
        assert min(told) > 0
    (thread,) = (await get(client, ada, "/usage", by="thread"))["items"]
    conversation = (await get(client, ada, f"/chat/{thread['thread_id']}"))["thread"]
    assert (
        conversation["token_count"]
        == thread["total_tokens"]
        == sum(answer.total_tokens or 0 for answer in answers)
    )
    assert thread["calls"] == 2
    assert thread["reasoning_tokens"] > 0


@pytest.mark.req("USE-11")
@pytest.mark.req("USE-08")
@pytest.mark.req("USE-09")
async def test_the_statement_of_a_workspace(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    await ask(house, ada, "{{words:12}}")
    await ask(house, bob, "{{words:7}}", "{{words:8}}")
    await ask(house, eve, "{{words:9}}")
    said = await get(client, ada, "/usage", by="user")
    assert set(said) == {"items", "total", "from", "to", "time_zone"}
    assert set(said["total"]) == SUMS
    assert all(set(line) == SUMS | {"user_id"} for line in said["items"])
    assert {line["user_id"]: line["calls"] for line in said["items"]} == {
        ada.actor.user_id: 1,
        bob.actor.user_id: 2,
    }
    assert Decimal(said["total"]["cost_usd"]) == sum(Decimal(line["cost_usd"]) for line in said["items"]) > 0
    assert (said["from"][-3:], said["to"][-3:]) == ("-01", "-01")
    calls = (await get(client, ada, "/usage/calls"))["items"]
    assert sum(Decimal(call["cost_usd"]) for call in calls) == Decimal(said["total"]["cost_usd"])
    assert sum(call["output_tokens"] for call in calls) == said["total"]["output_tokens"] == 27
    (his,) = (await get(client, bob, "/usage", by=["user", "provider"]))["items"]
    assert (his["calls"], his["provider"]) == (2, "openai")


@pytest.mark.req("USE-06")
@pytest.mark.req("USE-12")
@pytest.mark.req("USE-17")
@pytest.mark.req("USE-18")
async def test_the_ledger_is_read_page_by_page(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    await ask(
        house, ada, "{{words:2}}", "{{status:500}}", "{{words:4}} {{cut_after:2}}", "{{words:3}} {{no_usage}}"
    )
    kept = {line.id: line for line in await ledger(house, ada)}
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await get(client, ada, "/usage/calls", limit=2, **cursor)
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert {call["id"] for call in seen} == set(kept)
    assert [call["created_at"] for call in seen] == sorted(
        (call["created_at"] for call in seen), reverse=True
    )
    for call in seen:
        line = kept[call["id"]]
        assert (call["status"], call["estimated"]) == (line.status, line.estimated)
        assert (call["input_tokens"], call["output_tokens"]) == (line.input_tokens, line.output_tokens)
        assert call["duration_ms"] == line.duration_ms
        assert (call["cost_usd"] is None) == (line.cost_usd is None)
    assert {call["status"] for call in seen} == {"completed", "failed"}


@pytest.mark.req("USE-07")
@pytest.mark.req("USE-19")
async def test_a_line_names_the_tools_that_were_asked_for(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    await ask(house, ada, '{{tool:find:{"q": "x"}}} {{tool:open:{"id": 1}}} {{words:3}}')
    calls = (await get(client, ada, "/usage/calls"))["items"][::-1]
    assert [call["metadata"].get("tools") for call in calls] == [["find"], ["open"], None]
    for call in calls:
        assert (call["user_id"], call["estimated"], call["model"]) == (
            ada.actor.user_id,
            False,
            "gpt-4o-mini",
        )
    (reply,) = (await get(client, ada, "/usage", by="message"))["items"]
    assert (reply["calls"], reply["message_id"]) == (3, calls[0]["message_id"])


@pytest.mark.req("USE-07")
async def test_what_nobody_counted_is_counted_here_and_marked(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    await ask(house, ada, "{{words:30}} {{no_usage}}", "{{words:30}}")
    said = (await get(client, ada, "/usage"))["total"]
    assert (said["calls"], said["estimated_calls"]) == (2, 1)
    counted, guessed = (await get(client, ada, "/usage/calls"))["items"]
    assert (counted["estimated"], guessed["estimated"]) == (False, True)
    assert counted["output_tokens"] == 30
    assert guessed["output_tokens"] > 0
    assert guessed["input_tokens"] > 0
    assert Decimal(guessed["cost_usd"]) > 0


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/usage", {"by": "colour"}, "by"),
        ("/usage", {"time_zone": "Berlin"}, "time_zone"),
        ("/usage", {"from": "2026-13-01"}, "from"),
        ("/usage", {"from": "0001-01-01"}, "from"),
        ("/usage", {"to": "9999-12-31"}, "to"),
        ("/usage", {"from": "2026-03-01", "to": "2026-03-01"}, "`to`"),
        ("/usage/calls", {"limit": 101}, "limit"),
        ("/usage/calls", {"cursor": "nonsense"}, "cursor"),
        ("/usage/calls", {"status": "lost"}, "status"),
        ("/usage/calls", {"time_zone": "../UTC"}, "time_zone"),
    ],
)
async def test_what_cannot_be_asked_is_said(
    client: httpx.AsyncClient, ada: Person, path: str, params: dict[str, str], field: str
) -> None:
    refused = await client.get(f"/api/v1{path}", params=params, headers=ada.headers)
    assert refused.status_code == 422
    assert refused.json()["tag"] == "invalid_request"
    assert field in refused.json()["detail"]


async def test_the_days_are_those_of_the_time_zone(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    await book(settings, ada.actor, {})
    params = {"from": "2026-03-16", "to": "2026-03-17", "time_zone": "Pacific/Auckland"}
    said = await get(client, ada, "/usage", **params)
    assert [line["day"] for line in said["items"]] == ["2026-03-16"]
    assert said["items"][0]["cost_usd"] == "0.001"
    assert len((await get(client, ada, "/usage/calls", **params))["items"]) == 1
    assert (await get(client, ada, "/usage", **{**params, "time_zone": "UTC"}))["items"] == []


@pytest.mark.slow
async def test_a_budget_from_its_making_to_its_end(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    body = {"scope": "workspace", "period": "month", "time_zone": "Europe/Berlin", "limit_usd": 12.5}
    made = await client.post("/api/v1/budgets", json=body, headers=ada.headers)
    assert made.status_code == 201, made.text
    budget = made.json()
    where = f"/api/v1/budgets/{budget['id']}"
    assert {
        name: budget[name]
        for name in (
            "limit_usd",
            "limit_tokens",
            "alert_percents",
            "spent_usd",
            "held_usd",
            "alerts",
            "subjects",
        )
    } == {
        "limit_usd": "12.5",
        "limit_tokens": None,
        "alert_percents": [80, 100],
        "spent_usd": "0",
        "held_usd": "0",
        "alerts": [],
        "subjects": [],
    }
    again = await client.post("/api/v1/budgets", json=body, headers=ada.headers)
    assert (again.status_code, again.json()["tag"]) == (409, "budget_exists")
    changed = await client.patch(where, json={"limit_tokens": 1000}, headers=ada.headers)
    assert (changed.json()["limit_usd"], changed.json()["limit_tokens"]) == ("12.5", 1000)
    for person in (ada, bob):
        assert (await client.get(where, headers=person.headers)).json() == changed.json()
        assert (await get(client, person, "/budgets"))["items"] == [changed.json()]
    refused = await client.delete(where, headers=bob.headers)
    assert (refused.status_code, refused.json()["tag"]) == (403, "forbidden")
    assert (await client.patch(where, json={"scope": "user"}, headers=ada.headers)).status_code == 422
    assert (await client.delete(where, headers=ada.headers)).status_code == 204
    assert (await client.get(where, headers=ada.headers)).status_code == 404


@pytest.mark.req("LIM-04")
@pytest.mark.req("LIM-06")
@pytest.mark.req("USE-10")
async def test_turns_are_counted_and_then_refused(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    body = {"scope": "workspace", "period": "day", "limit_tokens": 2_000, "alert_percents": [50]}
    budget = (await client.post("/api/v1/budgets", json=body, headers=ada.headers)).json()
    question = {"role": "user", "parts": [{"type": "text", "text": "{{words:4000}}"}]}

    async def ask_over_http(person: Person) -> httpx.Response:
        return await client.post(
            "/api/v1/chat",
            # One tool, since all of them would use most of the budget.
            json={"messages": [question], "stream": False, "toolId": "searchKB"},
            headers=person.headers,
        )

    first = await ask_over_http(ada)
    assert first.status_code == 200, first.text
    shown: dict[str, Any] = {}
    for _ in range(100):
        shown = await get(client, ada, f"/budgets/{budget['id']}")
        if shown["held_tokens"] == 0:
            break
        await asyncio.sleep(0.02)
    assert shown["held_tokens"] == 0
    used = (await get(client, ada, "/usage"))["total"]["total_tokens"]
    assert shown["spent_tokens"] == used
    assert [alert["percent"] for alert in shown["alerts"]] == [50]
    refused = await ask_over_http(bob)
    assert (refused.status_code, refused.json()["tag"]) == (402, "budget_exhausted")
    assert (await ask_over_http(eve)).status_code == 200
