"""Native REST of what tools wait for, direct calls of tools, and how calls went."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from steward.identity.access import Caller, InTransaction
from steward.kernel import runtime
from steward.kernel.errors import Invalid
from steward.kernel.pages import AnyId
from steward.runs import actions, direct
from steward.runs.actions import Word
from steward.runs.schemas import (
    ActionPage,
    ActionRead,
    DecisionRequest,
    ToolExecuted,
    ToolExecution,
    ToolStatistics,
)

router = APIRouter(tags=["tools"])


@router.get("/actions")
async def list_actions(
    work: InTransaction,
    limit: Annotated[int, Query(ge=1, le=actions.MOST_SHOWN)] = actions.MOST_SHOWN,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> ActionPage:
    """The calls of tools that wait for you, or for others about something that you asked for; the newest first."""
    return await actions.page(work, limit=limit, cursor=cursor)


@router.get("/actions/{action_id}")
async def read_action(work: InTransaction, action_id: AnyId) -> ActionRead:
    """A call that waits, or waited."""
    return await actions.get(work, action_id)


@router.post("/actions/{action_id}/decide")
async def decide_action(actor: Caller, action_id: AnyId, body: DecisionRequest) -> ActionRead:
    """Approve a call (with other arguments, if you like), deny it, answer it, or bring its output."""
    return await actions.decide(actor, action_id, _word(body))


@router.post("/tools/{tool_name}/execute")
async def execute_tool(actor: Caller, tool_name: AnyId, body: ToolExecution) -> ToolExecuted:
    """Call a tool without a model."""
    return await direct.execute(actor, tool_name, body.arguments, body.thread_id)


@router.get("/tool-statistics")
async def read_tool_statistics(
    work: InTransaction, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> ToolStatistics:
    """How often your calls of tools succeeded."""
    now = runtime.current().now().astimezone(UTC)
    return await direct.statistics(work, now - timedelta(days=days))


def _word(body: DecisionRequest) -> Word:
    if body.decision == "answer":
        if body.text is None:
            raise Invalid("An answer has a text.", field="text")
        return Word("answer", result={"answer": body.text})
    if body.decision == "output":
        result = {"output": body.output} if body.error is None else {"error": body.error}
        return Word("output", result=result)
    return Word(body.decision, body.arguments, body.reason)
