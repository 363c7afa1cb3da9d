"""Tools of the tests, brought as an installed package brings them: what goes well, and what does not."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

from steward.agents.hooks import Denied
from steward.kernel.tools import Tool, ToolContext, ToolRetry, tool

_METADATA = "Metadata-Version: 2.1\nName: steward-tools-of-tests\nVersion: 0\n"
_ENTRY_POINTS = """[steward.tools]
tests = tests.support.tools_of_tests

[steward.tool_hooks]
tests = tests.support.tools_of_tests:Checks
"""
running = 0
most_running = 0
carried_out: list[str] = []
gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)


def install(folder: Path) -> Path:
    """Make a folder for `sys.path` in which a package brings these tools."""
    about = folder / "steward_tools_of_tests-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(_METADATA)
    (about / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder


@tool("testEcho")
async def echo(context: ToolContext, text: str, workspaceId: str = "") -> dict[str, Any]:  # a trap
    """Say what was given, and who acts where."""
    return {
        "text": text,
        "claimed": workspaceId,
        "workspace": context.actor.workspace_id,
        "user": context.actor.user_id,
        "thread": context.thread_id,
        "run": context.run_id,
    }


@tool("testSlow")
async def slow(context: ToolContext, seconds: float) -> str:
    """Take some time, and say so while it lasts."""
    global running, most_running  # counted over calls that run at once
    context.tell(f"working for {seconds:g} seconds")
    running += 1
    most_running = max(most_running, running)
    try:
        await asyncio.sleep(seconds)
    finally:
        running -= 1
    return "done"


@tool("testGate")
async def gate(context: ToolContext, name: str) -> str:
    """Answer when the test opens the gate of that name."""
    del context
    await gates[name].wait()
    return "done"


@tool("testHang", seconds=0.2)
async def hang(context: ToolContext) -> str:
    """Never answer."""
    del context
    await asyncio.sleep(60)
    return "never"


@tool("testBreak")
async def broken(context: ToolContext) -> str:
    """Meet a fault."""
    del context
    raise ZeroDivisionError("a secret of the tool")


@tool("testRetry")
async def retry(context: ToolContext) -> str:
    """Ask for better arguments."""
    del context
    raise ToolRetry("Give the number of an invoice of this year.")


@tool("testLarge")
async def large(context: ToolContext, characters: int) -> str:
    """Answer with much."""
    del context
    return "x" * characters


@tool("testPay", changes=True)
async def pay(context: ToolContext, amount: int, to: str = "somebody") -> dict[str, Any]:
    """Pay, which a person has to approve."""
    carried_out.append(context.key)
    return {"paid": amount, "to": to, "id": context.new_id("payment")}


@tool("testOnce", approval="never", repeats=False)
async def once(context: ToolContext, name: str) -> str:
    """Do what may not be done twice."""
    carried_out.append(f"{name}:{context.key}")
    return name


class Checks:
    """A check of the operator: nobody pays a thousand, and what is secret is not told."""

    @staticmethod
    async def before(context: ToolContext, tool: Tool, arguments: dict[str, Any]) -> dict[str, Any] | Denied:
        del context
        if tool.name == "testPay" and arguments["amount"] == 1000:
            return Denied("A thousand is too much.")
        return arguments

    @staticmethod
    async def after(context: ToolContext, tool: Tool, arguments: dict[str, Any], output: Any) -> Any:
        del context, arguments
        if tool.name == "testEcho" and output["text"] == "the password":
            return {**output, "text": "[redacted]"}
        return output
