"""Hooks: code of the operator that sees every call of a tool before it runs, and every result before it is told."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec
import structlog

from steward.agents import installed
from steward.kernel.tools import Tool, ToolContext

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

HOOK_SECONDS: Final = 10.0
_BROKE: Final = "A check of this server on calls of tools met a fault of its own."


@dataclass(frozen=True, slots=True)
class Denied:
    """The call must not run, or its result must not be told. Models and people read the reason."""

    reason: str


Before = Callable[
    [ToolContext, Tool, dict[str, Any]], "Awaitable[dict[str, Any] | Denied] | dict[str, Any] | Denied"
]
"""Gets the arguments of a call, and returns those to call it with."""

After = Callable[[ToolContext, Tool, dict[str, Any], Any], Any]
"""Gets the arguments and the output of a call, and returns the output to tell; `Denied` withholds it."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One check: either side may be left out. A plain function runs in a thread, an async one on the loop."""

    name: str
    before: Before | None = None
    after: After | None = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of a process, in their order: each gets what the one before it returned. One that breaks, answers with
    something else or takes longer than `HOOK_SECONDS` denies.
    """

    hooks: Sequence[Hook] = field(default=())

    @classmethod
    def installed(cls) -> Hooks:
        """The hooks of installed packages. One that cannot be loaded denies every call until it is mended: the calls
        would otherwise go unchecked.
        """
        return cls([_read(found) for found in installed.brought(installed.HOOKS_GROUP)])

    async def before(
        self, context: ToolContext, tool: Tool, arguments: dict[str, Any]
    ) -> dict[str, Any] | Denied:
        """The arguments to call the tool with, or why it must not be called."""
        for hook in self.hooks:
            if hook.before is None:
                continue
            told = await _ask(hook, tool, hook.before, context, tool, arguments)
            if isinstance(told, Denied):
                return told
            if not isinstance(told, dict):
                log.error("hook_answers_wrong", hook=hook.name, tool=tool.name, answer=type(told).__name__)
                return Denied(_BROKE)
            arguments = cast("dict[str, Any]", told)
        return arguments

    async def after(
        self, context: ToolContext, tool: Tool, arguments: dict[str, Any], output: Any
    ) -> Any | Denied:
        """The output to tell, or why it is withheld."""
        for hook in self.hooks:
            if hook.after is None:
                continue
            output = await _ask(hook, tool, hook.after, context, tool, arguments, output)
            if isinstance(output, Denied):
                return output
        return output


async def _ask(hook: Hook, tool: Tool, function: Callable[..., Any], *given: Any) -> Any:
    """What a hook answers: JSON values, or `Denied` when it breaks."""
    try:
        async with asyncio.timeout(HOOK_SECONDS):
            if inspect.iscoroutinefunction(function):
                told = await function(*given)
            else:
                told = await asyncio.to_thread(function, *given)
                told = await told if inspect.isawaitable(told) else told
        return told if isinstance(told, Denied) else msgspec.to_builtins(told)
    except Exception:
        log.exception("hook_broke", hook=hook.name, tool=tool.name)
        return Denied(_BROKE)


def _read(found: installed.Brought) -> Hook:
    name = f"{found.package}:{found.name}"
    before, after = getattr(found.thing, "before", None), getattr(found.thing, "after", None)
    if before is None and after is None:
        log.error("hook_unusable", hook=name)
        return Hook(name, before=_deny)
    return Hook(name, before, after)


def _deny(context: ToolContext, tool: Tool, arguments: dict[str, Any]) -> Denied:
    del context, tool, arguments
    return Denied(_BROKE)
