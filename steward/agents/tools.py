"""Tools of agents: make one, and see how one is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from steward.agents import statistics, store
from steward.agents.properties import AgentStatus, AgentType, Description, Schedule
from steward.agents.schemas import AgentName
from steward.agents.templates import TEMPLATES
from steward.kernel.pages import AnyId
from steward.kernel.tools import ToolContext, tool


@dataclass(frozen=True, slots=True)
class CreatedAgent:
    """A draft that was made."""

    success: bool
    agentId: str
    message: str


@dataclass(frozen=True, slots=True)
class AgentReport:
    """How an agent is doing. `successRate` lies between 0 and 1, and is null before its first turn."""

    name: str
    status: AgentStatus
    lastRun: datetime | None
    successRate: float | None
    totalExecutions: int


# A draft does nothing by itself: whoever activates it is the person who decides.
@tool("createAgent", changes=True, approval="never")
async def create_agent(
    context: ToolContext,
    name: Annotated[AgentName, Field(description="What the agent is called.")],
    description: Annotated[Description, Field(description="What it is for, in one or two sentences.")],
    type: Annotated[AgentType, Field(description="What it begins with: instructions and tools.")] = "custom",
    schedule: Annotated[
        Schedule | None, Field(description="When it shall begin by itself, in cron's five fields; else null.")
    ] = None,
) -> CreatedAgent:
    """Make a new agent as a draft, when somebody asks for one.

    It starts with the instructions and tools of its type. A person looks it over and activates it.
    """
    context.tell(f"Creating agent {name} …")
    properties = TEMPLATES[type].properties(description, schedule=schedule)
    async with context.work() as work:
        agent = await store.create(work, name, properties, agent_id=context.new_id(store.KIND.prefix))
    return CreatedAgent(
        success=True,
        agentId=agent.id,
        message=f"The agent {agent.name!r} is there as a draft. It answers as soon as somebody activates it.",
    )


@tool("getAgentStatus")
async def get_agent_status(
    context: ToolContext,
    agentId: Annotated[AnyId, Field(description="The id of the agent, such as asst_…")],  # models write it so
) -> AgentReport:
    """Say whether an agent is a draft, active or archived, and how its turns went so far."""
    async with context.work() as work:
        agent = await store.get(work, agentId)
        counted = await statistics.of_agent(work, agent.id)
    return AgentReport(
        name=agent.name,
        status=agent.status,
        lastRun=counted.last_run_at,
        successRate=counted.success_rate,
        totalExecutions=counted.executions,
    )
