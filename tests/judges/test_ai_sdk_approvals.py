"""The npm package `ai` as judge of turns that wait: its pages end with the tool states and texts that are stored."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from steward.kernel.ids import new_id
from tests.conftest import Person
from tests.doors.ai_sdk.reading import settled, stored_text
from tests.runs.test_actions import paid
from tests.runs.test_tools import calling

pytestmark = pytest.mark.slow

Json = dict[str, Any]
JUDGE = Path(__file__).parent / "approvals.mjs"
PAY = f"Pay. {calling('testPay', amount=5)} {{{{reply:Well.}}}}"


async def play(scenario: str, client: httpx.AsyncClient, person: Person, text: str, **given: Any) -> Json:
    """Play a scenario; what the page holds at its end, judged against what the server has stored."""
    chat = new_id("chat")
    given |= {"base": str(client.base_url).rstrip("/"), "key": person.key, "chat": chat, "texts": [text]}
    process = await asyncio.create_subprocess_exec(
        "node", "--no-warnings", str(JUDGE), scenario,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(json.dumps(given).encode()), 60)
    assert process.returncode == 0, err.decode()
    page = json.loads(out)
    ensure_whole(page, await settled(client, person, chat))
    return page


def ensure_whole(page: Json, stored: Json) -> None:
    """No error, one question and one answer, and in it what is stored."""
    assert (page["status"], page["error"]) == ("ready", None)
    assert [message["role"] for message in page["messages"]] == ["user", "assistant"]
    shown, kept = page["messages"][-1], stored["messages"][-1]
    assert shown["id"] == kept["id"]
    assert len(stored["messages"]) == 2
    assert kept["status"] == shown["metadata"]["status"] == "completed"
    assert "".join(part["text"] for part in shown["parts"] if part["type"] == "text") == stored_text(kept)
    calls = [part["call_id"] for part in kept["parts"] if part["type"] == "tool_call"]
    assert [part["toolCallId"] for part in tools(page)] == calls


def tools(page: Json) -> list[Json]:
    return [part for part in page["messages"][-1]["parts"] if part["type"] == "dynamic-tool"]


@pytest.mark.req("APPR-01", "APPR-02")
async def test_an_approval(client: httpx.AsyncClient, ada: Person) -> None:
    page = await play("decide", client, ada, PAY, approved=True)
    (waiting,) = tools(page["asked"])
    assert (waiting["state"], waiting["input"]) == ("approval-requested", {"amount": 5})
    assert page["asked"]["status"] == "ready"
    assert page["asked"]["messages"][-1]["metadata"]["status"] == "requires_action"
    (part,) = tools(page)
    assert (part["state"], part["output"]["paid"]) == ("output-available", 5)
    assert page["posts"] == 2
    assert paid(waiting["approval"]["id"]) == 1


@pytest.mark.req("APPR-01")
async def test_a_denial(client: httpx.AsyncClient, ada: Person) -> None:
    page = await play("decide", client, ada, PAY, approved=False, reason="Not this month.")
    (part,) = tools(page)
    assert part["state"] == "output-denied"
    assert part["approval"]["reason"] == "Not this month."
    assert paid(part["approval"]["id"]) == 0
    assert page["posts"] == 2


async def test_one_approval_behind_another(client: httpx.AsyncClient, ada: Person) -> None:
    calls = f"{calling('testPay', amount=1)} {calling('testPay', amount=2)}"
    page = await play("decideEach", client, ada, f"Go. {calls} {{{{reply:Done.}}}}", times=2)
    assert [part["output"]["paid"] for part in tools(page)] == [1, 2]
    assert page["posts"] == 3


@pytest.mark.req("TOOL-39")
async def test_a_tool_of_the_page(client: httpx.AsyncClient, ada: Person) -> None:
    page = await play("clientTool", client, ada, f"Look. {calling('readScreen')} {{{{reply:I see.}}}}")
    (part,) = tools(page)
    assert (part["state"], part["output"]) == ("output-available", {"title": "Orders"})
    assert page["posts"] == 2


async def test_a_step_that_asks_the_page_and_a_person(client: httpx.AsyncClient, ada: Person) -> None:
    calls = calling("readScreen") + calling("testPay", amount=3) + calling("testEcho", text="hi")
    page = await play("both", client, ada, f"Go. {calls} {{{{parallel_tools:3}}}} {{{{reply:Done.}}}}")
    assert [part["state"] for part in tools(page)] == ["output-available"] * 3
    assert paid(tools(page)[1]["approval"]["id"]) == 1
    assert page["posts"] == 2


@pytest.mark.req("APPR-02")
async def test_another_page_comes_to_a_waiting_turn(client: httpx.AsyncClient, ada: Person) -> None:
    page = await play("resume", client, ada, PAY)
    (waiting,) = tools(page["waiting"])
    assert waiting["state"] == "approval-requested"
    assert len(page["waiting"]["messages"]) == 2
    assert tools(page)[0]["state"] == "output-available"
    # The first page has nothing to resume, and no error.
    assert page["first"]["error"] is None
    assert len(page["first"]["messages"]) == 2
    assert paid(waiting["approval"]["id"]) == 1


@pytest.mark.parametrize(
    ("said", "state", "amount"),
    [
        ({"decision": "approve", "arguments": {"amount": 7}}, "output-available", 7),
        ({"decision": "deny"}, "output-denied", 5),
    ],
    ids=["edited", "denied"],
)
async def test_somebody_decides_elsewhere(
    client: httpx.AsyncClient, ada: Person, said: Json, state: str, amount: int
) -> None:
    page = await play("decidedElsewhere", client, ada, PAY, said=said)
    (part,) = tools(page)
    assert (part["state"], part["input"]) == (state, {"amount": amount})


async def test_a_page_that_decides_too_late_reads_the_answer(client: httpx.AsyncClient, ada: Person) -> None:
    rule = {"tool": "testPay", "decision": "ask", "expires_seconds": 0.2}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    page = await play("expire", client, ada, PAY)
    (part,) = tools(page)
    assert part["state"] == "output-error"
    assert "Nobody decided" in part["errorText"]


async def test_a_request_that_arrives_twice_changes_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    page = await play("twice", client, ada, PAY)
    assert page["again"]["parts"] == page["held"]["parts"]
    assert page["again"]["id"] == page["held"]["id"]
    assert paid(tools(page)[0]["approval"]["id"]) == 1
