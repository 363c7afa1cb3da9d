"""How long a call may take: the agent's own limit, unless the tool says itself that it takes longer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steward.agents.hooks import Hooks
from steward.agents.rules import NO_RULES
from steward.kernel.settings import Tools as ToolSettings
from steward.kernel.tools import DEFAULT_SECONDS, Tool, ToolContext
from steward.kernel.work import Actor
from steward.runs.events import ToolFailure, ToolResult
from steward.runs.tooling import Outcome, Step, carry_out

CONTEXT = ToolContext(Actor("ws", "user", "member"), "run", "thread", "call")


async def _called(agent_seconds: float | None, **options: Any) -> Outcome:
    async def rest(context: ToolContext, arguments: dict[str, Any]) -> str:
        await asyncio.sleep(0.1)
        return "rested"

    tool = Tool.of_schema("rest", "Rests.", {"type": "object"}, rest, **options)
    step = Step("run", 1, {"rest": tool}, NO_RULES, ToolSettings(), agent_seconds)
    return await carry_out(step, Hooks(), "rest", {}, "call", CONTEXT)


@pytest.mark.parametrize(
    ("agent_seconds", "options", "is_in_time"),
    [
        pytest.param(None, {}, True, id="nobody says"),
        pytest.param(None, {"seconds": 0.02}, False, id="the tool says"),
        pytest.param(0.02, {"seconds": DEFAULT_SECONDS}, False, id="the agent says"),
        pytest.param(0.02, {"seconds": 20.0}, True, id="the tool takes longer"),
        pytest.param(20.0, {"seconds": 0.02}, True, id="the agent gives more"),
    ],
)
async def test_who_says_how_long(
    agent_seconds: float | None, options: dict[str, Any], is_in_time: bool
) -> None:
    assert isinstance(await _called(agent_seconds, **options), ToolResult if is_in_time else ToolFailure)
