"""Hooks: one before a call can change or deny it, one after it can change or withhold the result."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steward.agents import hooks as module
from steward.agents.hooks import Denied, Hook, Hooks
from steward.kernel.tools import Tool, ToolContext
from steward.kernel.work import Actor

CONTEXT = ToolContext(Actor("ws", "user", "member"), "run", "thread", "call")
TOOL = Tool("readAccount", "Read it.", {})


async def deny_much(context: ToolContext, tool: Tool, arguments: dict[str, Any]) -> dict[str, Any] | Denied:
    assert (context, tool) == (CONTEXT, TOOL)
    return Denied("Too much.") if arguments.get("amount", 0) > 10 else {**arguments, "checked": True}


def trim(context: ToolContext, tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in arguments.items()}


def redact(context: ToolContext, tool: Tool, arguments: dict[str, Any], output: Any) -> Any:
    return {name: "…" if name == "iban" else value for name, value in output.items()}


def withhold(context: ToolContext, tool: Tool, arguments: dict[str, Any], output: Any) -> Any:
    return Denied("Not to be told.") if "…" in output.values() else output


def break_down(*given: Any) -> Any:
    raise RuntimeError("a fault of the hook")


def answer(told: Any) -> Any:
    def hook(*given: Any) -> Any:
        return told

    return hook


def wrapped(*given: Any) -> Any:
    return deny_much(*given)


@pytest.mark.req("TOOL-40")
async def test_before_a_call_each_hook_gets_what_the_last_one_returned() -> None:
    hooks = Hooks([Hook("trim", trim), Hook("watch only", after=redact), Hook("deny", deny_much)])
    assert await hooks.before(CONTEXT, TOOL, {"a": " x "}) == {"a": "x", "checked": True}
    assert await hooks.before(CONTEXT, TOOL, {"amount": 11}) == Denied("Too much.")


@pytest.mark.req("TOOL-40")
async def test_after_a_call_a_hook_redacts_or_withholds() -> None:
    output = {"iban": "DE02", "name": "x"}
    assert await Hooks([Hook("redact", after=redact)]).after(CONTEXT, TOOL, {}, output) == {
        "iban": "…",
        "name": "x",
    }
    both = Hooks([Hook("redact", after=redact), Hook("withhold", after=withhold)])
    assert await both.after(CONTEXT, TOOL, {}, output) == Denied("Not to be told.")
    assert await both.after(CONTEXT, TOOL, {}, {"name": "x"}) == {"name": "x"}


@pytest.mark.req("TOOL-40")
@pytest.mark.parametrize(
    "broken",
    [break_down, answer("no arguments"), answer(None), answer({"a": object()})],
    ids=["raises", "text", "nothing", "no JSON"],
)
async def test_a_hook_that_breaks_denies(broken: Any) -> None:
    assert isinstance(await Hooks([Hook("broken", broken)]).before(CONTEXT, TOOL, {}), Denied)


async def test_a_result_is_withheld_when_its_hook_breaks() -> None:
    assert isinstance(await Hooks([Hook("broken", after=break_down)]).after(CONTEXT, TOOL, {}, 5), Denied)


async def test_a_hook_that_takes_too_long_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HOOK_SECONDS", 0.01)

    async def hang(*given: Any) -> Any:
        await asyncio.Event().wait()

    assert isinstance(await Hooks([Hook("hangs", hang)]).before(CONTEXT, TOOL, {}), Denied)


async def test_a_plain_callable_that_returns_an_awaitable_is_awaited() -> None:
    hooks = Hooks([Hook("wrapped", wrapped)])
    assert await hooks.before(CONTEXT, TOOL, {}) == {"checked": True}


async def test_without_hooks_everything_passes() -> None:
    assert await Hooks().before(CONTEXT, TOOL, {"a": 1}) == {"a": 1}
    assert await Hooks().after(CONTEXT, TOOL, {}, 5) == 5
