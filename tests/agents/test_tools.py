"""The tools by which a conversation makes agents and asks how they are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from steward.agents import statistics, store
from steward.agents.templates import TEMPLATES
from steward.agents.tools import create_agent, get_agent_status
from steward.kernel.errors import Forbidden, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolRetry
from tests.agents.made import active, context, seen
from tests.conftest import MakePerson, Person

ASKED: dict[str, Any] = {
    "name": "Test Agent",
    "description": "Answers mail.",
    "type": "email",
    "schedule": "0 9 * * 1-5",
}


@pytest.mark.req("TOOL-05", "AGNT-21")
async def test_a_model_makes_a_draft_in_the_callers_workspace_only(
    house: Runtime, ada: Person, eve: Person
) -> None:
    told: list[str] = []
    called = replace(context(ada), tell=told.append)
    result = await create_agent.call(called, ASKED)
    assert result["success"] is True
    assert "Test Agent" in result["message"]
    assert told == ["Creating agent Test Agent …"]
    async with house.database.transaction(ada.actor) as work:
        agent = await store.get(work, result["agentId"])
    assert (agent.status, agent.name, agent.created_by) == ("draft", "Test Agent", ada.actor.user_id)
    assert agent.properties.instructions == TEMPLATES["email"].instructions
    assert (agent.properties.description, agent.properties.schedule) == ("Answers mail.", "0 9 * * 1-5")
    assert await seen(house, eve) == []
    # A call that runs again after a crash makes nothing more.
    assert await create_agent.call(called, ASKED) == result
    assert await seen(house, ada) == ["Test Agent"]
    # The same ids in another workspace are another call.
    theirs = await create_agent.call(replace(called, actor=eve.actor), ASKED)
    assert theirs["agentId"] != result["agentId"]


@pytest.mark.req("TOOL-05")
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "hacker"},
        {"schedule": "every morning"},
        {"name": ""},
        {"workspaceId": "ws_other"},
    ],
)
async def test_arguments_that_do_not_fit_are_told_to_the_model(ada: Person, wrong: dict[str, str]) -> None:
    with pytest.raises(ToolRetry, match=next(iter(wrong))):
        await create_agent.call(context(ada), ASKED | wrong)


async def test_a_viewer_makes_none(ada: Person, make_person: MakePerson) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    with pytest.raises(Forbidden):
        await create_agent.call(context(viewer), ASKED)


@pytest.mark.req("TOOL-10", "AGNT-22")
async def test_a_model_asks_how_an_agent_is(house: Runtime, ada: Person, eve: Person) -> None:
    agent = await active(house, ada)
    asked = {"agentId": agent.id}
    assert await get_agent_status.call(context(ada), asked) == {
        "name": "Ledger clerk",
        "status": "active",
        "lastRun": None,
        "successRate": None,
        "totalExecutions": 0,
    }
    async with house.database.transaction(ada.actor) as work:
        for succeeded in (True, True, True, False):
            ended_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
            await statistics.record(work, agent.id, succeeded=succeeded, finished_at=ended_at)
    assert await get_agent_status.call(context(ada), asked) == {
        "name": "Ledger clerk",
        "status": "active",
        "lastRun": "2026-03-01T12:00:00Z",
        "successRate": 0.75,
        "totalExecutions": 4,
    }
    with pytest.raises(NotFound):
        await get_agent_status.call(context(eve), asked)


def test_a_draft_needs_no_approval_and_the_schemas_are_json() -> None:
    assert (create_agent.changes, create_agent.approval) == (True, "never")
    assert (get_agent_status.changes, get_agent_status.approval) == (False, "never")
    for one in (create_agent, get_agent_status):
        assert json.loads(json.dumps(one.parameters))["additionalProperties"] is False
