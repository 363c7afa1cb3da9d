"""Direct calls: a tool called by a person or a program, without a model; and what came of calls so far."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from steward.agents import catalogue, rules
from steward.agents.hooks import Hooks
from steward.audit import service as audit
from steward.kernel import runtime
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.tools import Tool, ToolContext, ToolRetry
from steward.kernel.work import Actor, Transaction
from steward.runs import tool_calls, tooling
from steward.runs.errors import ToolDisallowed, ToolFailed, ToolNeedsApproval
from steward.runs.events import ToolDenied, ToolResult
from steward.runs.schemas import ToolExecuted, ToolStatistic, ToolStatistics
from steward.runs.tool_calls import Opening
from steward.runs.tooling import Step
from steward.threads import service as threads

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_NO_RUN: Final = "direct"
# To store what came of a call that was ended in time.
_GRACE: Final = timedelta(minutes=1)


async def execute(actor: Actor, name: str, arguments: dict[str, Any], thread_ref: str | None) -> ToolExecuted:
    """Call a tool. Whoever calls it has thereby approved it; what needs other people is not carried out.

    Raises:
        Forbidden: the actor may only read.
        NotFound: there is no such tool, or no such thread.
        ToolDisabled: the operator switched it off.
        Invalid: the arguments do not fit.
        ToolNeedsApproval, ToolDisallowed: a rule asks for others, or forbids it.
        ToolFailed: the tool could not do it.
    """
    actor.ensure_role("member")
    house = runtime.current()
    tool_call_id = new_id("call")
    async with house.database.work(actor) as work:
        tool = (await catalogue.toolbox(work, house.settings)).get(name).tool
        if tool.place != "server":
            raise NotFound("There is no such tool that runs here.")
        _ensure_fit(tool, arguments)
        current = await rules.of_workspace(work)
        judged = current.judge(tool, arguments)
        if judged.decision == "deny":
            raise ToolDisallowed(judged.reason or "A rule of the workspace forbids this call.")
        if judged.approvers > 1:
            raise ToolNeedsApproval(f"{judged.approvers} people have to approve this call of {name}.")
        actor.ensure_role(judged.least_role)
        thread_id = "" if thread_ref is None else (await threads.get(work, thread_ref)).id
        # When its process dies nobody goes on with it: then it is over at this time.
        over_at = house.now() + timedelta(seconds=tool.seconds) + _GRACE
        opening = Opening(tool_call_id, tool_call_id, name, arguments, "running", expires_at=over_at)
        await tool_calls.insert(work, None, thread_id or None, 0, [opening])
    step = Step(_NO_RUN, 0, {name: tool}, current, house.settings.tools, None)
    context = ToolContext(actor, _NO_RUN, thread_id, tool_call_id)
    return await _carried_out(actor, step, tool, arguments, context)


async def _carried_out(
    actor: Actor, step: Step, tool: Tool, arguments: dict[str, Any], context: ToolContext
) -> ToolExecuted:
    house = runtime.current()
    done = await tooling.timed(
        context.call_id,
        tool.name,
        lambda: tooling.carry_out(step, house.part(Hooks), tool.name, arguments, context.call_id, context),
        tooling.no_limit(),
    )
    async with house.database.transaction(actor) as work:
        await tool_calls.finish(work, [done.ending])
        await audit.record(
            work, "tool_called", "tool_call", context.call_id, tool=tool.name, state=done.ending.state
        )
    if isinstance(done.outcome, ToolDenied):
        raise ToolDisallowed(done.outcome.message)
    if not isinstance(done.outcome, ToolResult):
        raise ToolFailed(done.outcome.message)
    return ToolExecuted(
        id=context.call_id, tool=tool.name, output=done.outcome.output, duration_ms=done.duration_ms or 0
    )


def _ensure_fit(tool: Tool, arguments: dict[str, Any]) -> None:
    try:
        tool.read(arguments)
    except ToolRetry as error:
        raise Invalid(str(error), field="arguments") from error


async def close_lost(house: Runtime) -> None:
    """End the calls whose process died in the middle of them."""
    async with house.database.quick_house() as session:
        closed = await tool_calls.close_lost(session, house.now(), tooling.INTERRUPTED)
    if closed:
        log.warning("direct_calls_lost", calls=closed)


async def statistics(work: Transaction, since: datetime) -> ToolStatistics:
    """What came of the actor's own calls since then."""
    rows = await tool_calls.counts(work, since)
    return ToolStatistics(
        since=since,
        tools=[
            ToolStatistic(
                tool=row.name,
                calls=row.calls,
                completed=row.completed,
                failed=row.failed,
                refused=row.refused,
                success_rate=row.completed / ended if (ended := row.completed + row.failed) else None,
                mean_ms=None if row.mean_ms is None else float(row.mean_ms),
            )
            for row in rows
        ],
    )
