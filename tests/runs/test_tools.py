"""Tools in a turn: what a model calls is carried out, and whatever comes of it is an answer that it can act on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from steward.agents.rules import NO_RULES
from steward.agents.service import Wishes
from steward.kernel.errors import NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Tools as ToolSettings
from steward.providers.events import TextDelta, ToolCall
from steward.runs.events import (
    RunEnd,
    RunEvent,
    StepEnd,
    StepStart,
    ToolDenied,
    ToolFailure,
    ToolProgress,
    ToolResult,
)
from steward.runs.tooling import Step, plan
from steward.things import service as things
from tests.conftest import Person
from tests.runs.turns import begin, ledger, messages, read
from tests.support import tools_of_tests
from tests.support.scripted_provider import ScriptedProvider


def calling(name: str, /, **arguments: Any) -> str:
    """The directive by which the scripted model calls a tool."""
    return f"{{{{tool:{name}:{json.dumps(arguments)}}}}}"


async def said(person: Person, text: str, **wishes: Any) -> list[RunEvent]:
    """Every event of a turn."""
    started = await begin(person, text, wishes=Wishes(**wishes))
    return [event for _, event in await read(person, started.run_id)]


def last_result(provider: ScriptedProvider) -> str:
    """What the model was last told of a call; other requests may have come meanwhile."""
    for record in reversed(provider.requests):
        messages = record.body.get("messages", [])
        if messages and messages[-1]["role"] == "tool":
            return messages[-1]["content"]
    raise AssertionError("the model was told of no call")


def ended(events: list[RunEvent]) -> RunEnd:
    """How a turn ended."""
    assert isinstance(events[-1], RunEnd)
    return events[-1]


def of(events: list[RunEvent], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.req("TOOL-03", "TOOL-21", "TOOL-22", "TOOL-23", "CHAT-21")
async def test_a_tool_knows_who_acts_whatever_the_model_says(
    ada: Person, eve: Person, provider: ScriptedProvider
) -> None:
    call = calling("testEcho", text="hi", workspaceId=eve.actor.workspace_id)
    started = await begin(ada, f"Look. {call} {{{{reply:Seen.}}}}")
    events = [event for _, event in await read(ada, started.run_id)]
    (result,) = of(events, ToolResult)
    assert result.output == {
        "text": "hi",
        "claimed": eve.actor.workspace_id,
        "workspace": ada.actor.workspace_id,
        "user": ada.actor.user_id,
        "thread": started.thread_id,
        "run": started.run_id,
    }
    kinds = [
        type(event) for event in events if isinstance(event, ToolCall | ToolResult | StepEnd | TextDelta)
    ]
    assert kinds == [ToolCall, ToolResult, StepEnd, TextDelta]
    told = json.loads(last_result(provider))
    assert told["workspace"] == ada.actor.workspace_id


@pytest.mark.req("TOOL-04", "CHAT-45")
async def test_two_tools_in_a_row_are_one_answer(house: Runtime, ada: Person) -> None:
    events = await said(
        ada, f"Look. {calling('testEcho', text='one')} {calling('testEcho', text='two')} {{{{reply:Both.}}}}"
    )
    assert [result.output["text"] for result in of(events, ToolResult)] == ["one", "two"]
    assert [event.step for event in of(events, StepStart)] == [1, 2, 3]
    answer = (await messages(house, ada))[-1]
    assert [part["type"] for part in answer.parts] == ["tool_call", "tool_call", "text"]
    assert [part.get("state") for part in answer.parts] == ["output_ready", "output_ready", None]


async def test_what_each_step_says_is_a_paragraph(house: Runtime, ada: Person) -> None:
    asked = (
        f"{calling('testEcho', text='one')} {calling('testEcho', text='two')} "
        "{{lead:I look.}} {{reply:I have it.}}"
    )
    events = await said(ada, asked)
    assert "".join(event.text for event in of(events, TextDelta)) == "I look.\n\nI look.\n\nI have it."
    answer = (await messages(house, ada))[-1]
    texts = [part["text"] for part in answer.parts if part["type"] == "text"]
    assert texts == ["I look.", "\n\nI look.", "\n\nI have it."]


@pytest.mark.req("TOOL-04")
async def test_three_tools_of_one_step_are_carried_out_at_once(house: Runtime, ada: Person) -> None:
    tools_of_tests.most_running = 0
    calls = "".join(calling("testSlow", seconds=0.1 + number / 100) for number in range(3))
    events = await said(ada, f"Go. {calls} {{{{parallel_tools:3}}}} {{{{reply:Done.}}}}")
    assert [result.output for result in of(events, ToolResult)] == ["done"] * 3
    assert tools_of_tests.most_running == 3
    assert {progress.message for progress in of(events, ToolProgress)} == {
        "working for 0.1 seconds",
        "working for 0.11 seconds",
        "working for 0.12 seconds",
    }
    assert len(await ledger(house, ada)) == 2


@pytest.mark.req("AGNT-14")
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (calling("testHang"), "The tool gave no answer within 0.2 seconds."),
        (
            calling("testBreak"),
            "The tool met a fault of its own. Do not call it again with the same arguments.",
        ),
        (calling("testRetry"), "Give the number of an invoice of this year."),
        (
            calling("testLarge", characters=10_000_000),
            "The result has 10000002 characters, and at most 100000 are read. Ask for less.",
        ),
        (
            calling("testEcho", words="hi"),
            "The arguments do not fit. text: Field required; words: Extra inputs are not permitted. Call the tool "
            "again with arguments that do.",
        ),
        (calling("testNothing"), "There is no tool named 'testNothing'."),
    ],
    ids=["hangs", "breaks", "refuses", "floods", "misfits", "unknown"],
)
async def test_what_goes_wrong_is_told_to_the_model(
    ada: Person, provider: ScriptedProvider, call: str, sentence: str
) -> None:
    events = await said(ada, f"Go. {call} {{{{reply:I see.}}}}")
    (failure,) = of(events, ToolFailure)
    assert failure.message == sentence
    assert "".join(event.text for event in of(events, TextDelta)) == "I see."
    assert ended(events).status == "completed"
    assert sentence in last_result(provider)


@pytest.mark.req("AGNT-15")
async def test_a_loop_of_fifty_calls_is_ended_with_a_reason(ada: Person) -> None:
    loop = "".join(calling("testEcho", text=str(number)) for number in range(50))
    end = (await said(ada, f"Go. {loop}"))[-1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.error_tag) == ("failed", "too_many_steps")


def test_arguments_that_are_no_object_are_told() -> None:
    step = Step("run_1", 1, {"testEcho": tools_of_tests.echo}, NO_RULES, ToolSettings(), None)
    (planned,) = plan(step, "ws_1", [ToolCall("c1", "testEcho", None, "[1]")], datetime.now(UTC))
    assert planned.refused == ToolFailure(
        "c1", "The arguments are no JSON object. Call the tool again with one."
    )
    assert planned.opening.state == "failed"


async def test_a_step_of_very_many_calls_is_answered_in_part(house: Runtime, ada: Person) -> None:
    most = house.settings.tools.step_calls
    calls = "".join(calling("testEcho", text=str(number)) for number in range(most + 3))
    events = await said(ada, f"Go. {calls} {{{{parallel_tools:{most + 3}}}}} {{{{reply:Done.}}}}")
    assert len(of(events, ToolResult)) == most
    assert {failure.message for failure in of(events, ToolFailure)} == {
        f"At most {most} calls of one step are answered. Call it in another step."
    }


@pytest.mark.req("TOOL-40")
async def test_checks_of_the_operator_deny_and_redact(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    rule = {"tool": "testPay", "decision": "run"}
    assert (await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)).status_code == 201
    events = await said(
        ada,
        f"Go. {calling('testPay', amount=1000)} {calling('testEcho', text='the password')} {{{{reply:Hm.}}}}",
    )
    (denied,), (result,) = of(events, ToolDenied), of(events, ToolResult)
    assert denied.message == "A thousand is too much."
    assert result.output["text"] == "[redacted]"
    assert "the password" not in last_result(provider)


@pytest.mark.req("TOOL-02", "PRMT-07")
async def test_the_built_in_agent_is_offered_the_core_tools(ada: Person, provider: ScriptedProvider) -> None:
    await said(ada, "hello {{reply:Hi.}}")
    request = provider.requests[-1].body
    offered = {tool["function"]["name"] for tool in request["tools"]}
    core = {"createAgent", "getAgentStatus", "createTask", "createTicket", "updateProfile", "callHuman"}
    assert core <= offered
    assert all(f"- {name}" in request["messages"][0]["content"] for name in offered)


@pytest.mark.req("TOOL-25", "TOOL-05")
async def test_an_agent_is_made_by_asking_for_it(house: Runtime, ada: Person, eve: Person) -> None:
    arguments = {"name": "Test Agent", "description": "Tests things.", "type": "research"}
    events = await said(
        ada,
        f"Create an agent called Test Agent {calling('createAgent', **arguments)} {{{{reply:It is there.}}}}",
    )
    order = [
        type(event).__name__
        for event in events
        if isinstance(event, ToolCall | ToolProgress | ToolResult | TextDelta)
    ]
    assert order == ["ToolCall", "ToolProgress", "ToolResult", "TextDelta"]
    (result,) = of(events, ToolResult)
    assert result.output["success"] is True
    async with house.database.work(ada.actor) as work:
        made = await things.get_any(work, result.output["agentId"])
    assert (made.name, made.kind, made.status) == ("Test Agent", "agent", "draft")
    async with house.database.work(eve.actor) as work:
        with pytest.raises(NotFound):
            await things.get_any(work, result.output["agentId"])


@pytest.mark.req("TOOL-20", "ERR-18", "TOOL-41")
async def test_a_tool_is_called_directly(client: httpx.AsyncClient, ada: Person) -> None:
    called = await client.post(
        "/api/v1/tools/testEcho/execute", json={"arguments": {"text": "hi"}}, headers=ada.headers
    )
    assert called.status_code == 200, called.text
    assert called.json()["output"]["workspace"] == ada.actor.workspace_id
    wrong = await client.post("/api/v1/tools/testEcho/execute", json={"arguments": {}}, headers=ada.headers)
    assert (wrong.status_code, wrong.json()["tag"]) == (422, "invalid_request")
    assert "text: Field required" in wrong.json()["detail"]
    failed = await client.post("/api/v1/tools/testRetry/execute", json={}, headers=ada.headers)
    assert (failed.status_code, failed.json()["tag"]) == (422, "tool_failed")
    missing = await client.post("/api/v1/tools/testNothing/execute", json={}, headers=ada.headers)
    assert missing.status_code == 404
    denied = await client.post(
        "/api/v1/tools/testPay/execute", json={"arguments": {"amount": 1000}}, headers=ada.headers
    )
    assert (denied.status_code, denied.json()["tag"]) == (403, "tool_disallowed")
    counted = (await client.get("/api/v1/tool-statistics", headers=ada.headers)).json()["tools"]
    assert [(one["tool"], one["calls"], one["success_rate"]) for one in counted] == [
        ("testEcho", 1, 1.0),
        ("testPay", 1, None),
        ("testRetry", 1, 0.0),
    ]
