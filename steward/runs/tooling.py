"""Tooling: what a model calls is called, and whatever comes of it is an answer that the model can act on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
import structlog

from steward.kernel.errors import Refusal
from steward.kernel.telemetry import stage
from steward.kernel.tools import Tool, ToolContext, ToolRetry
from steward.providers.events import ToolCall
from steward.providers.wire import Passage, ToolSpec
from steward.runs.events import RunEvent, ToolFailure, ToolResult

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_RESULT_CHARS: Final = 100_000
_BROKE: Final = "The tool met a fault of its own. Do not call it again with the same arguments."


def specs(tools: Sequence[Tool]) -> list[ToolSpec]:
    """Tools as models see them."""
    return [ToolSpec(tool.name, tool.description, tool.parameters) for tool in tools]


async def answer(
    calls: Sequence[ToolCall], tools: Sequence[Tool], context: Callable[[ToolCall], ToolContext]
) -> list[RunEvent]:
    """Call tools, those of one step at once, and say of each what came of it."""
    known = {tool.name: tool for tool in tools}
    return list(await asyncio.gather(*(_answer(call, known.get(call.name), context) for call in calls)))


async def _answer(call: ToolCall, tool: Tool | None, context: Callable[[ToolCall], ToolContext]) -> RunEvent:
    if tool is None:
        return ToolFailure(call.call_id, f"There is no tool named {call.name!r}.")
    if call.input is None:
        return ToolFailure(call.call_id, "The arguments are no JSON object. Call the tool again with one.")
    try:
        with stage("turn.tool", **{"gen_ai.tool.name": tool.name}):
            async with asyncio.timeout(tool.seconds):
                output = await tool.call(context(call), call.input)
    except ToolRetry as error:
        return ToolFailure(call.call_id, str(error))
    except Refusal as error:
        return ToolFailure(call.call_id, f"{error.detail} {error.remedy}")
    except TimeoutError:
        return ToolFailure(call.call_id, f"The tool gave no answer within {tool.seconds:g} seconds.")
    except Exception:
        log.exception("tool_broke", tool=tool.name, call_id=call.call_id)
        return ToolFailure(call.call_id, _BROKE)
    return _result(call, output)


def _result(call: ToolCall, output: Any) -> RunEvent:
    chars = len(msgspec.json.encode(output))
    if chars > _RESULT_CHARS:
        return ToolFailure(
            call.call_id,
            f"The result has {chars} characters, and at most {_RESULT_CHARS} are read. Ask for less.",
        )
    return ToolResult(call.call_id, output)


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
