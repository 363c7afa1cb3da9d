"""Words on calls that wait: who may say them, until when, and about which arguments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from steward.agents import catalogue
from steward.agents.catalogue import Offer
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolContext, tool
from steward.runs import tool_calls
from steward.runs.events import ActionRequest, ToolResult
from steward.runs.tool_calls import Opening
from tests.conftest import Person
from tests.runs.test_actions import decide, inbox, paid, waiting
from tests.runs.test_tools import calling, ended, of, said

PAY = f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}"


async def rule(client: httpx.AsyncClient, person: Person, decision: str, **fields: int) -> None:
    body = {"tool": "testPay", "decision": decision, **fields}
    made = await client.post("/api/v1/tool-rules", json=body, headers=person.headers)
    assert made.status_code == 201, made.text


async def asked(person: Person) -> str:
    """The id of a call of that person's that waits."""
    _, events = await waiting(person, PAY)
    (request,) = of(events, ActionRequest)
    return request.action_id


@pytest.mark.req("APPR-03")
async def test_an_approval_is_of_the_arguments_that_were_seen(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    await rule(client, ada, "ask", approvers=2)
    action_id = await asked(ada)
    edited = await decide(client, bob, action_id, "approve", arguments={"amount": 500_000})
    assert edited.json()["state"] == "waiting"
    unseen = await decide(client, ada, action_id, "approve")
    assert (unseen.status_code, unseen.json()["tag"]) == (409, "action_changed")
    # Who names what was there before has approved that, and the other one has not.
    stale = await decide(client, ada, action_id, "approve", arguments={"amount": 5})
    assert (stale.status_code, stale.json()["state"]) == (200, "waiting")
    assert paid(action_id) == 0
    seen = await decide(client, bob, action_id, "approve", arguments={"amount": 5})
    assert seen.json()["state"] != "waiting"


async def test_a_word_comes_too_late_although_nobody_has_ended_the_wait(
    house: Runtime, client: httpx.AsyncClient, ada: Person
) -> None:
    action_id = await asked(ada)
    async with house.database.transaction(ada.actor) as work:
        row = await tool_calls.get(work, action_id)
    assert row is not None
    later = row.expires_at + timedelta(seconds=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house, "now", lambda: later)
        late = await decide(client, ada, action_id, "approve")
    assert (late.status_code, late.json()["tag"]) == (409, "action_decided")
    assert paid(action_id) == 0


@pytest.mark.req("APPR-03")
async def test_a_key_of_the_workspace_is_no_second_person(client: httpx.AsyncClient, ada: Person) -> None:
    await rule(client, ada, "ask", approvers=2)
    action_id = await asked(ada)
    assert (await decide(client, ada, action_id, "approve")).json()["state"] == "waiting"
    key = (await client.post("/api/v1/keys", json={"name": "a program"}, headers=ada.headers)).json()["key"]
    program = Person(ada.actor, key, {"authorization": f"Bearer {key}"})
    refused = await decide(client, program, action_id, "approve")
    assert (refused.status_code, refused.json()["tag"]) == (403, "action_not_yours")
    assert paid(action_id) == 0


@pytest.mark.req("APPR-03")
async def test_a_rule_that_came_meanwhile_holds(client: httpx.AsyncClient, ada: Person, bob: Person) -> None:
    action_id = await asked(bob)
    await rule(client, ada, "deny")
    refused = await decide(client, bob, action_id, "approve")
    assert refused.status_code == 422
    assert (await decide(client, bob, action_id, "deny")).status_code == 200
    assert paid(action_id) == 0


async def test_what_waits_for_others_hides_nothing_of_mine(
    house: Runtime, client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    action_id = await asked(bob)
    until = datetime.now(UTC) + timedelta(days=1)
    many = [
        Opening(
            new_id("call"),
            f"call_{at}",
            "callHuman",
            {"reason": "Help."},
            "waiting",
            "person",
            True,
            expires_at=until,
        )
        for at in range(210)
    ]
    async with house.database.transaction(ada.actor) as work:
        await tool_calls.insert(work, None, None, 0, many)
    assert [action["id"] for action in await inbox(client, bob)] == [action_id]
    assert len(await inbox(client, ada)) == 200


async def test_the_log_says_who_decided(client: httpx.AsyncClient, ada: Person, bob: Person) -> None:
    await rule(client, ada, "ask", approvers=2)
    await decide(client, ada, await asked(bob), "deny")
    found = await client.get("/api/v1/events", params={"type": "action_decided"}, headers=ada.headers)
    assert [event["actor_id"] for event in found.json()["items"]] == [ada.actor.user_id]


@tool("testNul")
async def nul(context: ToolContext) -> str:
    """Answer with what PostgreSQL does not keep."""
    del context
    return "a\x00b"


async def test_what_the_database_cannot_keep_ends_no_turn(
    ada: Person, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = await said(ada, 'Look. {{tool:testEcho:{"text":"a\\u0000b"}}} {{reply:Seen.}}')
    assert (ended(written).status, of(written, ToolResult)[0].output["text"]) == ("completed", "a\ufffdb")
    parts = [{"type": "text", "text": '/testEcho {"text": "a\\u0000b"}'}]
    body = {"messages": [{"role": "user", "parts": parts}], "model": "steward/librarian", "stream": False}
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    offers = {**catalogue.of_the_house(), "testNul": Offer(nul, "tests")}
    monkeypatch.setattr(catalogue, "of_the_house", lambda: offers)
    answered = await said(ada, f"Look. {calling('testNul')} {{{{reply:Seen.}}}}")
    assert (ended(answered).status, of(answered, ToolResult)[0].output) == ("completed", "a\ufffdb")
