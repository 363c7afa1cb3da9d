"""Races of waiting calls: decisions that meet a stop, a question, a pause, another decision, or the rules again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, Final

import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.runs.engine import Engine
from steward.runs.events import ActionRequest, RunEnd, RunPause, ToolDenied, ToolResult
from steward.runs.schemas import Started
from tests.conftest import Person
from tests.runs.test_actions import decide, inbox, paid, rest, waiting
from tests.runs.test_tools import calling, of
from tests.runs.turns import begin
from tests.support import tools_of_tests
from tests.support.database import Connection, as_owner, queued

Json = dict[str, Any]

RACES: Final = 12
PAY: Final = f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}"


async def first_action(client: httpx.AsyncClient, person: Person) -> str:
    """The id of the person's one waiting call, as soon as it is listed; the run need not have paused."""
    for _ in range(500):
        if waits := await inbox(client, person):
            return waits[0]["id"]
        await asyncio.sleep(0.01)
    raise AssertionError("nothing waits")


async def ended(person: Person, run_id: str) -> RunEnd:
    """The one end of a run, within seconds."""
    events = await asyncio.wait_for(rest(person, run_id), 10)
    (end,) = of(events, RunEnd)
    return end


async def ensure_at_rest(client: httpx.AsyncClient, person: Person, thread_id: str) -> None:
    """Nothing of the thread is in progress, and it takes another message."""
    read: Json = {}
    for _ in range(200):
        read = (await client.get(f"/api/v1/chat/{thread_id}", headers=person.headers)).json()
        states = {message["status"] for message in read["messages"]}
        if read["live_run"] is None and "in_progress" not in states:
            break
        await asyncio.sleep(0.02)
    else:
        raise AssertionError(f"something is left in progress: {read}")
    again = await begin(person, "Next. {{reply:Fine.}}", thread_id)
    assert (await ended(person, again.run_id)).status == "completed"


@contextlib.asynccontextmanager
async def held(house: Runtime, query: str, *values: Any) -> AsyncGenerator[Connection]:
    """Rows locked by somebody else while the block lasts."""
    async with as_owner(house.settings) as owner, owner.transaction():
        # Not FOR UPDATE: what points at the row is still written.
        assert await owner.fetch(f"{query} FOR NO KEY UPDATE", *values)
        yield owner


@pytest.mark.req("APPR-02")
async def test_a_page_that_comes_back_after_a_decision_reads_on(
    client: httpx.AsyncClient, ada: Person
) -> None:
    started, events = await waiting(ada, PAY)
    (asked,) = of(events, ActionRequest)
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 200
    stream = await client.get(f"/api/v1/chat/{started.thread_id}/stream", headers=ada.headers)
    if stream.status_code != 204:
        assert '"text-delta"' in stream.text, stream.text[-700:]
        assert '"requires_action"' not in stream.text
    assert (await ended(ada, started.run_id)).status == "completed"


@pytest.mark.slow
@pytest.mark.parametrize("other", ["stop", "question"])
async def test_an_approval_meets_what_ends_the_turn(
    client: httpx.AsyncClient, house: Runtime, ada: Person, other: str
) -> None:
    outcomes: set[tuple[int, int]] = set()
    for at in range(RACES):
        started, events = await waiting(ada, PAY)
        (asked,) = of(events, ActionRequest)

        async def end(run_id: str = started.run_id, thread_id: str = started.thread_id) -> None:
            if other == "stop":
                stopped = await client.post(f"/api/v1/runs/{run_id}/stop", headers=ada.headers)
                assert stopped.status_code == 200, stopped.text
            else:
                again = await begin(ada, "Never mind. {{reply:Fine.}}", thread_id)
                assert (await ended(ada, again.run_id)).status == "completed"

        async def approve(delay: float, action_id: str = asked.action_id) -> httpx.Response:
            await asyncio.sleep(delay)
            return await decide(client, ada, action_id, "approve")

        answer, _ = await asyncio.gather(approve((at % 4) * 0.004), end())
        over = await ended(ada, started.run_id)
        effects = paid(asked.action_id)
        outcomes.add((answer.status_code, effects))
        assert answer.status_code in (200, 409), answer.text
        assert effects == 0 if answer.status_code == 409 else effects <= 1
        assert over.status in ("cancelled", "completed")
        await ensure_at_rest(client, ada, started.thread_id)
        assert paid(asked.action_id) == effects, "nothing acts after the end"
    print(outcomes)


async def test_a_stop_that_meets_the_pause_ends_the_turn(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    """The stop reads a run in progress, and by the time it writes the run waits and nobody holds it."""
    started = await begin(ada, f"{PAY} {{{{first_ms:300}}}}")
    async with held(house, "SELECT 1 FROM runs WHERE id = $1", started.run_id):
        await queued(house.settings, "UPDATE runs", 1)
        stopping = asyncio.ensure_future(
            client.post(f"/api/v1/runs/{started.run_id}/stop", headers=ada.headers)
        )
        await queued(house.settings, "UPDATE runs", 2)
    assert (await stopping).status_code == 200
    assert (await ended(ada, started.run_id)).status == "cancelled"
    await ensure_at_rest(client, ada, started.thread_id)


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_a_decision_while_another_call_of_the_step_runs(
    client: httpx.AsyncClient, ada: Person, decision: str
) -> None:
    calls = calling("testGate", name=ada.actor.user_id) + calling("testPay", amount=1)
    started = await begin(ada, f"Go. {calls} {{{{parallel_tools:2}}}} {{{{reply:Done.}}}}")
    action_id = await first_action(client, ada)
    assert (await decide(client, ada, action_id, decision)).status_code == 200
    run = (await client.get(f"/api/v1/runs/{started.run_id}", headers=ada.headers)).json()
    assert run["status"] == "in_progress"
    tools_of_tests.gates[ada.actor.user_id].set()
    events = await asyncio.wait_for(rest(ada, started.run_id), 10)
    assert not of(events, RunPause), "nobody was waited for"
    results = of(events, ToolResult) + of(events, ToolDenied)
    assert len(results) == 2
    assert len({result.call_id for result in results}) == 2
    assert paid(action_id) == (decision == "approve")
    await ensure_at_rest(client, ada, started.thread_id)


def approval_of_page(started: Started, asked: ActionRequest) -> Json:
    """What a page of the AI SDK sends when its reader approves."""
    said = {
        "type": "dynamic-tool",
        "toolName": "testPay",
        "toolCallId": asked.call_id,
        "state": "approval-responded",
        "approval": {"id": asked.action_id, "approved": True},
    }
    return {
        "id": started.thread_id,
        "trigger": "submit-message",
        "messageId": started.message_id,
        "messages": [{"id": started.message_id, "role": "assistant", "parts": [said]}],
    }


async def test_a_page_whose_word_comes_late_learns_of_the_next_wait(
    client: httpx.AsyncClient, ada: Person
) -> None:
    calls = f"{calling('testPay', amount=1)} {calling('testPay', amount=2)}"
    started, events = await waiting(ada, f"Go. {calls} {{{{reply:Done.}}}}")
    (asked,) = of(events, ActionRequest)
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 200
    second = await first_action(client, ada)
    body = approval_of_page(started, asked)
    for _ in range(2):
        page = await client.post("/api/v1/chat", json=body, headers=ada.headers)
        assert page.text.count('"tool-approval-request"') == 1, page.text
        assert second in page.text
        assert '"tool-output-available"' in page.text
        assert page.text.endswith("data: [DONE]\n\n")
    assert (await decide(client, ada, second, "approve")).status_code == 200
    page = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert '"text-delta"' in page.text, "what was decided elsewhere is told to the end"
    assert (paid(asked.action_id), paid(second)) == (1, 1)


async def test_two_doors_decide_at_once(client: httpx.AsyncClient, ada: Person, house: Runtime) -> None:
    for _ in range(4):
        started, events = await waiting(ada, PAY)
        (asked,) = of(events, ActionRequest)
        body = approval_of_page(started, asked)
        page, denial = await asyncio.gather(
            client.post("/api/v1/chat", json=body, headers=ada.headers),
            decide(client, ada, asked.action_id, "deny"),
        )
        assert page.status_code == 200, page.text
        assert '"text-delta"' in page.text, page.text
        assert (denial.status_code, paid(asked.action_id)) in ((200, 0), (409, 1))
        assert (await ended(ada, started.run_id)).status == "completed"
        await ensure_at_rest(client, ada, started.thread_id)


async def test_a_workflow_from_before_the_wait_does_nothing(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    """What DBOS goes on with after a crash behind the pause: the run is another workflow's by then."""
    calls = calling("testSlow", seconds=0.4)
    rule = {"tool": "testSlow", "decision": "ask"}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    started, events = await waiting(ada, f"Go. {calls} {{{{reply:Done.}}}}")
    (asked,) = of(events, ActionRequest)
    tools_of_tests.most_running = 0
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 200
    while not tools_of_tests.most_running:
        await asyncio.sleep(0.01)
    late = await house.part(Engine).tool_step(ada.actor, started.run_id, 1, 0)
    assert late == "over"
    assert (await ended(ada, started.run_id)).status == "completed"
    assert tools_of_tests.most_running == 1
    events = await rest(ada, started.run_id)
    assert len(of(events, ToolResult)) == 1


@pytest.mark.req("APPR-03")
async def test_other_arguments_meet_the_rules_again(client: httpx.AsyncClient, ada: Person) -> None:
    """A payment that two people must approve is not made of a small one that one may."""
    large = [{"argument": "amount", "operator": "gt", "value": 100}]
    rules = (
        {"tool": "testPay", "decision": "deny", "conditions": [{**large[0], "value": 10_000}]},
        {"tool": "testPay", "decision": "ask", "conditions": large, "approvers": 2},
        {"tool": "testPay", "decision": "ask"},
    )
    for rule in rules:
        assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    for amount in (500, 20_000):
        _, events = await waiting(ada, PAY)
        (asked,) = of(events, ActionRequest)
        await decide(client, ada, asked.action_id, "approve", arguments={"amount": amount})
        await asyncio.sleep(0.2)
        assert paid(asked.action_id) == 0, f"one person paid {amount}"


async def test_an_expired_call_is_kept_as_expired(client: httpx.AsyncClient, ada: Person) -> None:
    rule = {"tool": "testPay", "decision": "ask", "expires_seconds": 0.05}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    started, events = await waiting(ada, PAY)
    (asked,) = of(events, ActionRequest)
    assert (await ended(ada, started.run_id)).status == "completed"
    read = (await client.get(f"/api/v1/actions/{asked.action_id}", headers=ada.headers)).json()
    assert read["state"] == "expired"
    assert paid(asked.action_id) == 0
