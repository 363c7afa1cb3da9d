"""Native REST of tools: what there is, and the rules that ask a person first."""

from __future__ import annotations

from fastapi import APIRouter

from steward.agents import catalogue
from steward.agents.rules import of_workspace
from steward.agents.rules import service as rules
from steward.agents.rules.schemas import (
    CallGiven,
    JudgementRead,
    RuleChange,
    RuleCreate,
    RuleList,
    RuleRead,
)
from steward.agents.tool_schemas import ToolList, ToolRead
from steward.identity.access import InTransaction, InWork
from steward.kernel import runtime
from steward.kernel.pages import AnyId

router = APIRouter(tags=["tools"])


@router.get("/tools")
async def list_tools(work: InTransaction) -> ToolList:
    """List the tools that the workspace has: Steward's own, those of installed packages, those of MCP servers."""
    box = await catalogue.toolbox(work, runtime.current().settings)
    return ToolList(items=[ToolRead.of(box.offers[name]) for name in sorted(box.offers)])


@router.get("/tools/{tool_name}")
async def read_tool(work: InTransaction, tool_name: AnyId) -> ToolRead:
    """A tool, and the JSON Schema of its arguments."""
    box = await catalogue.toolbox(work, runtime.current().settings)
    return ToolRead.of(box.get(tool_name))


@router.get("/tool-rules")
async def list_tool_rules(work: InWork) -> RuleList:
    """List the rules for calls of tools; the first one that fits a call decides."""
    return RuleList(items=await rules.every(work))


@router.post("/tool-rules", status_code=201)
async def create_tool_rule(work: InWork, body: RuleCreate) -> RuleRead:
    """Settle which calls of tools run, ask a person first, or are refused."""
    return await rules.create(work, body)


@router.post("/tool-rules/test")
async def test_tool_rules(work: InTransaction, body: CallGiven) -> JudgementRead:
    """Say what would happen with a call of a tool, without calling it."""
    work.actor.ensure_role("admin")
    box = await catalogue.toolbox(work, runtime.current().settings)
    judged = (await of_workspace(work)).judge(box.get(body.tool).tool, body.arguments)
    return JudgementRead.model_validate(judged)


@router.get("/tool-rules/{rule_id}")
async def read_tool_rule(work: InWork, rule_id: AnyId) -> RuleRead:
    """A rule for calls of tools."""
    return await rules.get(work, rule_id)


@router.patch("/tool-rules/{rule_id}")
async def change_tool_rule(work: InWork, rule_id: AnyId, body: RuleChange) -> RuleRead:
    """Change a rule, or move it; turns that begin from now on are held to it."""
    return await rules.change(work, rule_id, body)


@router.delete("/tool-rules/{rule_id}", status_code=204)
async def delete_tool_rule(work: InWork, rule_id: AnyId) -> None:
    """Take a rule away."""
    await rules.remove(work, rule_id)
