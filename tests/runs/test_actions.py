"""Calls that wait for somebody: asked, decided, carried out once or never; the run goes on from any door."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from steward.agents.service import ClientTool, Wishes
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.providers.events import TextDelta, ToolCall
from steward.runs import actions, feed, service
from steward.runs.events import (
    ActionDecision,
    ActionRequest,
    RunEnd,
    RunEvent,
    RunPause,
    ToolDenied,
    ToolFailure,
    ToolResult,
)
from steward.runs.schemas import Started
from tests.conftest import MakePerson, Person
from tests.runs.test_tools import calling, ended, last_result, of
from tests.runs.turns import begin, messages, read
from tests.support import tools_of_tests
from tests.support.database import as_owner, let_time_pass
from tests.support.scripted_provider import ScriptedProvider


async def waiting(person: Person, text: str, **wishes: Any) -> tuple[Started, list[RunEvent]]:
    """A turn that has come to its wait, and its events up to there."""
    started = await begin(person, text, wishes=Wishes(**wishes))
    seen: list[RunEvent] = []
    async for batch in service.follow(person.actor, started.run_id):
        seen += batch.events
        if isinstance(seen[-1], RunPause | RunEnd):
            break
    assert isinstance(seen[-1], RunPause), seen[-3:]
    return started, seen


async def inbox(client: httpx.AsyncClient, person: Person) -> list[dict[str, Any]]:
    answered = await client.get("/api/v1/actions", headers=person.headers)
    assert answered.status_code == 200, answered.text
    return answered.json()["items"]


async def next_waiting(client: httpx.AsyncClient, person: Person) -> dict[str, Any]:
    """The one call that waits, or will in a moment."""
    while not (waits := await inbox(client, person)):
        await asyncio.sleep(0.02)
    (action,) = waits
    return action


async def came_to_its_wait(client: httpx.AsyncClient, person: Person, run_id: str) -> None:
    """A call is told of a moment before the turn waits for it; who decides in between lets the turn just go on."""
    while True:
        run = (await client.get(f"/api/v1/runs/{run_id}", headers=person.headers)).json()
        if run["status"] == "requires_action":
            return
        await asyncio.sleep(0.01)


async def decide(
    client: httpx.AsyncClient, person: Person, action_id: str, decision: str, **said: Any
) -> httpx.Response:
    body = {"decision": decision, **said}
    return await client.post(f"/api/v1/actions/{action_id}/decide", json=body, headers=person.headers)


async def rest(person: Person, run_id: str) -> list[RunEvent]:
    return [event for _, event in await read(person, run_id)]


async def shown(house: Runtime, person: Person) -> list[dict[str, Any]]:
    """The parts of the newest answer, without what stands beside it."""
    return [part for part in (await messages(house, person))[-1].parts if part["type"] != "data"]


def paid(action_id: str) -> int:
    """How often the payment of an action was carried out."""
    return sum(key.endswith(f":{action_id}") for key in tools_of_tests.carried_out)


@pytest.mark.req("APPR-01", "APPR-02")
async def test_what_changes_the_world_is_asked_about_first(
    house: Runtime, client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    assert (asked.kind, asked.approvers) == ("approval", 1)
    assert paid(asked.action_id) == 0
    (action,) = await inbox(client, ada)
    assert (action["id"], action["tool"], action["arguments"]) == (asked.action_id, "testPay", {"amount": 5})
    run = (await client.get(f"/api/v1/runs/{started.run_id}", headers=ada.headers)).json()
    assert run["status"] == "requires_action"
    (part,) = await shown(house, ada)
    assert (part["state"], part["waits_for"], part["action_id"]) == ("waiting", "approval", asked.action_id)

    approved = await decide(client, ada, asked.action_id, "approve")
    assert approved.status_code == 200, approved.text
    events = await rest(ada, started.run_id)
    assert [
        type(event).__name__ for event in events if isinstance(event, ActionDecision | ToolResult | RunEnd)
    ] == [
        "ActionDecision",
        "ToolResult",
        "RunEnd",
    ]
    assert ended(events).status == "completed"
    assert paid(asked.action_id) == 1
    assert await inbox(client, ada) == []
    (part, text) = await shown(house, ada)
    assert (part["state"], part["output"]["paid"], text["text"]) == ("output_ready", 5, "Paid.")
    # The model was asked once before the wait and once after it.
    asked_of = [record for record in provider.requests if "Pay. " in str(record.body.get("messages"))]
    assert len(asked_of) >= 2
    again = await decide(client, ada, asked.action_id, "approve")
    assert (again.status_code, again.json()["tag"]) == (409, "action_decided")


@pytest.mark.req("APPR-01")
async def test_a_denial_leaves_no_effect_and_the_model_hears_why(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:As you wish.}}}}")
    (asked,) = of(events, ActionRequest)
    denied = await decide(client, ada, asked.action_id, "deny", reason="Not this month.")
    assert (denied.status_code, denied.json()["state"]) == (200, "denied")
    events = await rest(ada, started.run_id)
    (told,) = of(events, ToolDenied)
    assert told.message == "A person said no: Not this month."
    assert "Not this month." in last_result(provider)
    assert "".join(event.text for event in of(events, TextDelta)) == "As you wish."
    assert paid(asked.action_id) == 0


async def test_arguments_are_changed_before_they_are_approved(
    house: Runtime, client: httpx.AsyncClient, ada: Person
) -> None:
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=500)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    wrong = await decide(client, ada, asked.action_id, "approve", arguments={"amount": "much"})
    assert wrong.status_code == 422
    approved = await decide(client, ada, asked.action_id, "approve", arguments={"amount": 50})
    assert approved.json()["decisions"][0]["has_edited"] is True
    events = await rest(ada, started.run_id)
    assert of(events, ActionDecision)[0].input == {"amount": 50}
    assert of(events, ToolResult)[0].output["paid"] == 50
    (part, _) = await shown(house, ada)
    assert part["input"] == {"amount": 50}


async def test_nobody_in_time_is_no(house: Runtime, client: httpx.AsyncClient, ada: Person) -> None:
    rule = {"tool": "testPay", "decision": "ask", "expires_seconds": 60}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Too late.}}}}")
    (asked,) = of(events, ActionRequest)
    await let_time_pass(house.settings, ada.actor.workspace_id, 61)
    await actions.expire_due(house)
    events = await rest(ada, started.run_id)
    (told,) = of(events, ToolFailure)
    assert told.message == "Nobody decided about this call in time, so it was not carried out."
    assert paid(asked.action_id) == 0
    late = await decide(client, ada, asked.action_id, "approve")
    assert late.status_code == 409


@pytest.mark.req("APPR-03")
async def test_a_rule_asks_two_people(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    rule = {"tool": "testPay", "decision": "ask", "approvers": 2, "reason": "Two people look at payments."}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    assert (asked.approvers, asked.reason) == (2, "Two people look at payments.")
    first = await decide(client, ada, asked.action_id, "approve")
    assert (first.status_code, first.json()["state"]) == (200, "waiting")
    twice = await decide(client, ada, asked.action_id, "approve")
    assert twice.status_code == 409
    assert paid(asked.action_id) == 0
    stranger = await decide(client, eve, asked.action_id, "approve")
    assert stranger.status_code == 404
    viewer = await make_person(ada, "viewer")
    assert (await decide(client, viewer, asked.action_id, "approve")).status_code in (403, 404)
    assert [action["id"] for action in await inbox(client, bob)] == [asked.action_id]
    second = await decide(client, bob, asked.action_id, "approve")
    assert second.status_code == 200, second.text
    assert ended(await rest(ada, started.run_id)).status == "completed"
    assert paid(asked.action_id) == 1


async def test_who_approved_other_arguments_has_not_approved_these(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    rule = {"tool": "testPay", "decision": "ask", "approvers": 2}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    await decide(client, ada, asked.action_id, "approve")
    edited = await decide(client, bob, asked.action_id, "approve", arguments={"amount": 500_000})
    assert edited.json()["state"] == "waiting"
    assert paid(asked.action_id) == 0
    # Her page may still show what she approved before.
    unseen = await decide(client, ada, asked.action_id, "approve")
    assert (unseen.status_code, unseen.json()["tag"]) == (409, "action_changed")
    assert paid(asked.action_id) == 0
    again = await decide(client, ada, asked.action_id, "approve", arguments={"amount": 500_000})
    assert again.json()["state"] in ("approved", "running", "completed")
    await rest(ada, started.run_id)
    assert paid(asked.action_id) == 1


async def test_a_rule_names_who_may_approve(client: httpx.AsyncClient, ada: Person, bob: Person) -> None:
    rule = {"tool": "testPay", "decision": "ask", "least_role": "admin"}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    started, events = await waiting(bob, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    own = await decide(client, bob, asked.action_id, "approve")
    assert (own.status_code, own.json()["tag"]) == (403, "action_not_yours")
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 200
    assert ended(await rest(bob, started.run_id)).status == "completed"


async def test_another_persons_request_is_not_there(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    _, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    for other in (bob, eve):
        assert await inbox(client, other) == []
        assert (
            await client.get(f"/api/v1/actions/{asked.action_id}", headers=other.headers)
        ).status_code == 404
        assert (await decide(client, other, asked.action_id, "approve")).status_code == 404


async def test_what_needs_nobody_runs_while_the_rest_waits(client: httpx.AsyncClient, ada: Person) -> None:
    calls = calling("testEcho", text="hi") + calling("testPay", amount=1) + calling("testPay", amount=2)
    started, events = await waiting(ada, f"Go. {calls} {{{{parallel_tools:3}}}} {{{{reply:Done.}}}}")
    assert [result.output["text"] for result in of(events, ToolResult)] == ["hi"]
    one, other = of(events, ActionRequest)
    await decide(client, ada, one.action_id, "approve")
    # One of two: nothing goes on yet.
    run = (await client.get(f"/api/v1/runs/{started.run_id}", headers=ada.headers)).json()
    assert (run["status"], paid(one.action_id)) == ("requires_action", 0)
    await decide(client, ada, other.action_id, "deny")
    events = await rest(ada, started.run_id)
    assert (len(of(events, ToolResult)), len(of(events, ToolDenied))) == (2, 1)
    assert (paid(one.action_id), paid(other.action_id)) == (1, 0)


@pytest.mark.req("APPR-02")
async def test_two_waits_in_one_turn(client: httpx.AsyncClient, ada: Person) -> None:
    calls = f"{calling('testPay', amount=1)} {calling('testPay', amount=2)}"
    started, events = await waiting(ada, f"Go. {calls} {{{{reply:Done.}}}}")
    (first,) = of(events, ActionRequest)
    await decide(client, ada, first.action_id, "approve")
    second = await next_waiting(client, ada)
    assert second["arguments"] == {"amount": 2}
    await decide(client, ada, second["id"], "approve")
    events = await rest(ada, started.run_id)
    assert [result.output["paid"] for result in of(events, ToolResult)] == [1, 2]
    assert ended(events).status == "completed"


async def test_the_rest_is_read_from_any_place_of_any_attempt(client: httpx.AsyncClient, ada: Person) -> None:
    pays = f"{calling('testPay', amount=1)} {calling('testPay', amount=2)}"
    started, _ = await waiting(ada, f"Twice. {pays} {{{{reply:Both paid.}}}}")
    for _ in range(2):
        action = await next_waiting(client, ada)
        await came_to_its_wait(client, ada, started.run_id)
        await decide(client, ada, action["id"], "approve")
    numbered = await read(ada, started.run_id)
    assert numbered[-1][0] > 2 << 32
    for cursor, _ in numbered:
        rest_from = [
            event
            async for events in service.follow_standing(ada.actor, started.run_id, cursor)
            for event in events
        ]
        assert rest_from == [event for at, event in numbered if at > cursor]


async def test_who_knows_of_a_call_is_read_on_to_also_when_no_wait_was_stored(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    assert await actions.known_until(ada.actor, started.run_id, [asked.action_id]) == (len(events),) * 2
    (called,) = of(events, ToolCall)
    for last in (asked, called):
        # A server that dies here has told of the call, and did not come to its wait.
        told = events[: events.index(last) + 1]
        async with as_owner(settings) as owner:
            await owner.execute("DELETE FROM run_segments WHERE id = $1", started.run_id)
        async with house.database.transaction(ada.actor) as work:
            await feed.write(work, [(ada.actor.workspace_id, started.run_id, feed.Batch(1, told))])
        for name in (asked.action_id, asked.call_id):
            assert await actions.known_until(ada.actor, started.run_id, [name]) == (len(told), 0)


async def test_a_stop_ends_a_wait(house: Runtime, client: httpx.AsyncClient, ada: Person) -> None:
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    stopped = await client.post(f"/api/v1/runs/{started.run_id}/stop", headers=ada.headers)
    assert stopped.json()["stopped"] is True
    end = (await rest(ada, started.run_id))[-1]
    assert isinstance(end, RunEnd)
    assert end.status == "cancelled"
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 409
    assert (await messages(house, ada))[-1].status == "cancelled"
    assert paid(asked.action_id) == 0


async def test_a_new_question_ends_a_wait(ada: Person, client: httpx.AsyncClient) -> None:
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    another = await begin(ada, "Never mind. {{reply:Fine.}}", started.thread_id)
    assert ended(await rest(ada, another.run_id)).status == "completed"
    assert ended(await rest(ada, started.run_id)).status == "cancelled"
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 409


@pytest.mark.req("TOOL-19", "APPR-04")
async def test_a_person_answers_in_the_same_thread(
    client: httpx.AsyncClient, ada: Person, bob: Person, provider: ScriptedProvider
) -> None:
    call = calling("callHuman", reason="A refund of 900 needs a decision.")
    started, events = await waiting(bob, f"Refund me. {call} {{{{reply:Good news.}}}}")
    (asked,) = of(events, ActionRequest)
    assert asked.kind == "person"
    (action,) = await inbox(client, ada)
    assert action["arguments"]["reason"] == "A refund of 900 needs a decision."
    assert (await decide(client, bob, asked.action_id, "answer", text="Yes!")).status_code == 403
    answered = await decide(client, ada, asked.action_id, "answer", text="Refund it.")
    assert answered.status_code == 200, answered.text
    events = await rest(bob, started.run_id)
    (result,) = of(events, ToolResult)
    assert result.output["answer"] == "Refund it."
    assert "Refund it." in last_result(provider)
    assert ended(events).status == "completed"


async def test_the_program_that_asked_carries_a_call_out(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    tool = ClientTool("readScreen", "What the page shows.", {"type": "object", "properties": {}})
    started, events = await waiting(
        ada, f"Look. {calling('readScreen')} {{{{reply:I see.}}}}", client_tools=[tool]
    )
    (asked,) = of(events, ActionRequest)
    assert asked.kind == "client"
    wrong = await decide(client, ada, asked.action_id, "approve")
    assert wrong.status_code == 422
    brought = await decide(client, ada, asked.action_id, "output", output={"title": "Orders"})
    assert brought.status_code == 200, brought.text
    events = await rest(ada, started.run_id)
    assert of(events, ToolResult)[0].output == {"title": "Orders"}
    assert "Orders" in last_result(provider)


async def test_at_one_time_only_one_decision_counts(client: httpx.AsyncClient, ada: Person) -> None:
    started, events = await waiting(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    (asked,) = of(events, ActionRequest)
    answers = await asyncio.gather(*(decide(client, ada, asked.action_id, "approve") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    await rest(ada, started.run_id)
    assert paid(asked.action_id) == 1
