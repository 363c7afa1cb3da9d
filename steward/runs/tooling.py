"""Tooling: what is done about the calls of a step, and whatever comes of one is an answer that the model can act on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from steward.agents.hooks import Denied, Hooks
from steward.agents.rules import Rules
from steward.kernel.characters import storable
from steward.kernel.errors import Refusal
from steward.kernel.ids import id_of
from steward.kernel.settings import Tools as ToolSettings
from steward.kernel.telemetry import TOOL_CALLS, stage
from steward.kernel.tools import DEFAULT_SECONDS, Tool, ToolContext, ToolRetry
from steward.providers.events import ToolCall
from steward.providers.wire import Passage, ToolSpec
from steward.runs.events import ToolDenied, ToolFailure, ToolResult
from steward.runs.tool_calls import Ending, Opening, State

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

Outcome = ToolResult | ToolFailure | ToolDenied

_BROKE: Final = "The tool met a fault of its own. Do not call it again with the same arguments."
# As JSON writes it; a text that holds these six letters is looked through for nothing.
_NUL: Final = b"\\u0000"
INTERRUPTED: Final = (
    "The server stopped during this call. It may have acted or not: look before you repeat it."
)
STOPPED: Final = "Stopped before it gave a result."
_STATES: Final[dict[type, State]] = {ToolResult: "completed", ToolFailure: "failed", ToolDenied: "denied"}


def specs(tools: Sequence[Tool]) -> list[ToolSpec]:
    """Tools as models see them."""
    return [ToolSpec(tool.name, tool.description, tool.parameters) for tool in tools]


@dataclass(frozen=True, slots=True)
class Step:
    """What the calls of a step meet: the tools that were offered, and the rules of the workspace.

    Attributes:
        seconds: the agent's own limit for a call; None for the tools' own. See `_seconds` for which counts.
    """

    run_id: str
    number: int
    tools: dict[str, Tool]
    rules: Rules
    settings: ToolSettings
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A call as it is stored, and what is said of it at once when there is nothing to wait for."""

    opening: Opening
    refused: ToolFailure | ToolDenied | None = None


def plan(step: Step, workspace_id: str, calls: Sequence[ToolCall], now: datetime) -> list[Planned]:
    """Decide for each call whether it runs, waits, or is refused."""
    planned: list[Planned] = []
    for position, call in enumerate(calls):
        tool_call_id = id_of("call", workspace_id, step.run_id, str(step.number), str(position), call.call_id)
        if position >= step.settings.step_calls:
            most = (
                f"At most {step.settings.step_calls} calls of one step are answered. Call it in another step."
            )
            planned.append(_refused(tool_call_id, call, ToolFailure(call.call_id, most)))
        else:
            planned.append(_plan(step, tool_call_id, call, now))
    return planned


def _plan(step: Step, tool_call_id: str, call: ToolCall, now: datetime) -> Planned:
    tool = step.tools.get(call.name)
    if tool is None:
        unknown = f"There is no tool named {call.name!r}."
        return _refused(tool_call_id, call, ToolFailure(call.call_id, unknown))
    if call.input is None:
        no_object = "The arguments are no JSON object. Call the tool again with one."
        return _refused(tool_call_id, call, ToolFailure(call.call_id, no_object))
    try:
        # Before anybody is asked about a call that cannot be carried out.
        tool.read(call.input)
    except ToolRetry as error:
        return _refused(tool_call_id, call, ToolFailure(call.call_id, str(error)))
    judged = step.rules.judge(tool, call.input)
    if judged.decision == "deny":
        denied = judged.reason or "A rule of the workspace forbids this call."
        return _refused(tool_call_id, call, ToolDenied(call.call_id, denied))
    opening = Opening(tool_call_id, call.call_id, call.name, call.input, "running", tool.place)
    if judged.decision == "run" and tool.place == "server":
        return Planned(opening)
    # Whoever asked has this role already.
    least_role = None if judged.least_role in ("viewer", "member") else judged.least_role
    seconds = step.settings.client_seconds if tool.place == "client" else step.settings.approval_seconds
    return Planned(
        replace(
            opening,
            state="waiting",
            is_shared=tool.place == "person" or judged.approvers > 1 or least_role is not None,
            reason=judged.reason,
            approvers=judged.approvers if tool.place == "server" else 1,
            least_role=least_role,
            expires_at=now + timedelta(seconds=judged.expires_seconds or seconds),
        )
    )


def _refused(tool_call_id: str, call: ToolCall, said: ToolFailure | ToolDenied) -> Planned:
    return Planned(Opening(tool_call_id, call.call_id, call.name, call.input, _STATES[type(said)]), said)


async def carry_out(
    step: Step, hooks: Hooks, name: str, arguments: dict[str, Any], call_id: str, context: ToolContext
) -> Outcome:
    """Carry one call out. Whatever goes wrong becomes a sentence for the model.

    Args:
        step: what the call meets.
        hooks: that may deny it, change its arguments, or redact its result.
        name: of the tool.
        arguments: as they were decided.
        call_id: the model's name for the call.
        context: where it is called.
    """
    tool = step.tools.get(name)
    if tool is None:
        # Taken away while the call waited.
        return ToolFailure(call_id, f"There is no tool named {name!r} any more.")
    seconds = _seconds(step, tool)
    try:
        with stage("turn.tool", **{"gen_ai.tool.name": name}):
            async with asyncio.timeout(seconds):
                allowed = await hooks.before(context, tool, arguments)
                if isinstance(allowed, Denied):
                    return ToolDenied(call_id, allowed.reason)
                output = await tool.call(context, allowed)
                output = await hooks.after(context, tool, allowed, output)
        if isinstance(output, Denied):
            # It has acted; only what came of it is kept back.
            return ToolFailure(
                call_id, f"The call was carried out, but its result is withheld. {output.reason}"
            )
    except ToolRetry as error:
        return ToolFailure(call_id, str(error))
    except Refusal as error:
        return ToolFailure(call_id, f"{error.detail} {error.remedy}")
    except TimeoutError:
        return ToolFailure(call_id, f"The tool gave no answer within {seconds:g} seconds.")
    except Exception:
        log.exception("tool_broke", tool=name, call_id=call_id)
        return ToolFailure(call_id, _BROKE)
    return _fitting(call_id, output, step.settings.result_chars)


def _seconds(step: Step, tool: Tool) -> float:
    """The agent's limit for a call. A tool that says itself how long it takes, as those of MCP servers do, is not cut
    short by it.
    """
    if step.seconds is None or tool.seconds == DEFAULT_SECONDS:
        return step.seconds or tool.seconds
    return max(step.seconds, tool.seconds)


def _fitting(call_id: str, output: Any, most: int) -> ToolResult | ToolFailure:
    try:
        written = msgspec.json.encode(output)
    except (TypeError, ValueError):
        return ToolFailure(call_id, _BROKE)
    chars = len(written)
    if chars > most:
        return ToolFailure(
            call_id, f"The result has {chars} characters, and at most {most} are read. Ask for less."
        )
    return ToolResult(call_id, storable(msgspec.json.decode(written)) if _NUL in written else output)


@dataclass(slots=True)
class Timed:
    """An outcome and how long it took."""

    tool_call_id: str
    name: str
    outcome: Outcome
    duration_ms: int | None

    @property
    def ending(self) -> Ending:
        """As it is stored."""
        said = self.outcome
        error = None if isinstance(said, ToolResult) else said.message
        return Ending(self.tool_call_id, _STATES[type(said)], error, self.duration_ms)


async def timed(tool_call_id: str, name: str, work: Callable[[], Any], limit: asyncio.Semaphore) -> Timed:
    """Carry a call out when it is its turn, and count it."""
    async with limit:
        began = time.perf_counter()
        outcome = await work()
        TOOL_CALLS.labels(name, _STATES[type(outcome)]).inc()
        return Timed(tool_call_id, name, outcome, round((time.perf_counter() - began) * 1000))


class Numbering:
    """Numbers what tools find behind what the turn has already, also when several tools search at once."""

    def __init__(self, known: Sequence[Passage]) -> None:
        self._next = max((passage.number for passage in known), default=0) + 1
        self.found: list[Passage] = []

    def cite(self, passages: Sequence[Passage]) -> list[Passage]:
        """The passages with the numbers by which this turn cites them."""
        numbered = [replace(passage, number=self._next + at) for at, passage in enumerate(passages)]
        self._next += len(numbered)
        self.found += numbered
        return numbered


def no_limit() -> asyncio.Semaphore:
    """For a call that waits for no others."""
    return asyncio.Semaphore(1)
