"""Native REST of agents."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query

from steward.agents import service, specialists, statistics, store
from steward.agents.admission import Agent
from steward.agents.properties import AgentStatus, AgentType
from steward.agents.schemas import (
    AgentChange,
    AgentCreate,
    AgentList,
    AgentPage,
    AgentRead,
    SetupRequest,
    StatisticsRead,
    TemplateList,
    TemplateRead,
    VersionPage,
    VersionRead,
)
from steward.identity.access import InTransaction
from steward.kernel import runtime
from steward.kernel.pages import AnyId, PageSize, ShortText

router = APIRouter(tags=["agents"])

_Version: TypeAlias = Annotated[int, Path(ge=1, le=2**31 - 2)]


@router.get("/agents")
async def list_agents(
    work: InTransaction,
    limit: PageSize = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    status: AgentStatus | None = None,
    type: AgentType | None = None,
    query: Annotated[ShortText | None, Query(description="Letters of the name or the description.")] = None,
) -> AgentPage:
    """List the agents that the caller may see, the newest first."""
    page = await store.page(work, limit=limit, cursor=cursor, status=status, type=type, query=query)
    return AgentPage(items=[_read(agent) for agent in page.items], next_cursor=page.next_cursor)


@router.post("/agents", status_code=201)
async def create_agent(work: InTransaction, body: AgentCreate) -> AgentRead:
    """Make an agent, as a draft."""
    return _read(await service.create(work, runtime.current().settings, body))


@router.get("/agents/templates")
async def list_templates(work: InTransaction) -> TemplateList:
    """What an agent of each type starts with."""
    found = await service.templates(work, runtime.current().settings)
    return TemplateList(items=[TemplateRead.model_validate(one, from_attributes=True) for one in found])


@router.get("/agents/specialists")
async def list_specialists(work: InTransaction) -> AgentList:
    """The built-in agents, which every workspace has."""
    del work  # only whoever is signed in is told
    return AgentList(items=[_read(agent) for agent in specialists.every(runtime.current().settings)])


@router.post("/agents/setup")
async def set_up_agent(work: InTransaction, body: SetupRequest) -> AgentRead:
    """The workspace's agent of a type, made at the first call."""
    return _read(await service.ensure_of_type(work, body.type))


@router.get("/agents/{agent_id}")
async def read_agent(work: InTransaction, agent_id: AnyId) -> AgentRead:
    """An agent of the workspace, or a built-in one."""
    return _read(await service.get(work, runtime.current().settings, agent_id))


@router.patch("/agents/{agent_id}")
async def change_agent(work: InTransaction, agent_id: AnyId, body: AgentChange) -> AgentRead:
    """Change an agent; its next turn uses the new version."""
    return _read(await service.change(work, runtime.current().settings, agent_id, body))


@router.delete("/agents/{agent_id}", status_code=204)
async def delete_agent(work: InTransaction, agent_id: AnyId) -> None:
    """Delete an agent with its versions and statistics. Conversations stay."""
    await store.delete(work, agent_id)


@router.post("/agents/{agent_id}/activate")
async def activate_agent(work: InTransaction, agent_id: AnyId) -> AgentRead:
    """Let an agent answer."""
    return _read(await service.activate(work, runtime.current().settings, agent_id))


@router.post("/agents/{agent_id}/archive")
async def archive_agent(work: InTransaction, agent_id: AnyId) -> AgentRead:
    """Let an agent answer no more. It can be activated again."""
    return _read(await store.set_status(work, agent_id, "archived"))


@router.get("/agents/{agent_id}/versions")
async def list_agent_versions(
    work: InTransaction,
    agent_id: AnyId,
    limit: PageSize = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> VersionPage:
    """What an agent was after each change, the newest first."""
    page = await store.versions(work, agent_id, limit=limit, cursor=cursor)
    items = [VersionRead.model_validate(one, from_attributes=True) for one in page.items]
    return VersionPage(items=items, next_cursor=page.next_cursor)


@router.post("/agents/{agent_id}/versions/{version}/restore")
async def restore_agent_version(work: InTransaction, agent_id: AnyId, version: _Version) -> AgentRead:
    """Make an agent what it was; that is a new version again."""
    return _read(await service.restore(work, runtime.current().settings, agent_id, version))


@router.get("/agents/{agent_id}/statistics")
async def read_agent_statistics(work: InTransaction, agent_id: AnyId) -> StatisticsRead:
    """How the turns of an agent ended."""
    agent = await service.get(work, runtime.current().settings, agent_id)
    counted = await statistics.of_agent(work, agent.id)
    return StatisticsRead.model_validate(counted, from_attributes=True)


def _read(agent: Agent) -> AgentRead:
    return AgentRead(
        **agent.properties.model_dump(),
        id=agent.id,
        name=agent.name,
        status=agent.status,
        version=agent.version,
        built_in=agent.built_in,
        created_by=agent.created_by,
        created_at=agent.created_at,
        updated_at=agent.updated_at,
    )
