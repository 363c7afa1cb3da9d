"""What can be done with agents, and the face of the room: make, change and activate them, and prepare their turns."""

from __future__ import annotations

from dataclasses import replace

from steward.agents import catalogue, specialists, store
from steward.agents.admission import Agent
from steward.agents.preparing import prepare, settle
from steward.agents.properties import EVERY_TOOL, AgentProperties, AgentType
from steward.agents.schemas import AgentChange, AgentCreate
from steward.agents.templates import TEMPLATES, Template
from steward.agents.wishes import ClientTool, Prepared, Wishes
from steward.kernel.ids import id_of
from steward.kernel.settings import Settings
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Transaction
from steward.providers import service as providers

__all__ = ["Agent", "ClientTool", "Prepared", "Wishes", "prepare", "settle"]


async def get(work: Transaction, settings: Settings, agent_id: str) -> Agent:
    """An agent of the workspace, or a built-in one.

    Raises:
        NotFound: there is none that the actor may see.
    """
    return specialists.find(agent_id, settings) or await store.get(work, agent_id)


async def create(work: Transaction, settings: Settings, wanted: AgentCreate) -> Agent:
    """Make an agent, as a draft.

    Raises:
        Forbidden: the actor may only read.
        Invalid, ToolDisabled: a tool that cannot be offered.
    """
    work.actor.ensure_role("member")
    await _ensure_tools(work, settings, wanted.tools)
    properties = AgentProperties.model_validate(wanted.model_dump(exclude={"name"}))
    return await store.create(work, wanted.name, properties)


async def change(work: Transaction, settings: Settings, agent_id: str, wanted: AgentChange) -> Agent:
    """Change an agent, which makes a new version; its next turn uses it.

    Raises:
        Forbidden: the agent is somebody else's, and the actor is no admin.
        Invalid, ToolDisabled: a tool that cannot be offered, or properties that do not fit together.
        NotFound: no agent that the actor may see.
        UnknownProvider, ModelNotAllowed: the agent is active, and nobody answers for its new model.
    """
    work.actor.ensure_role("member")
    if wanted.tools:
        await _ensure_tools(work, settings, wanted.tools)
    agent = await store.change(work, agent_id, wanted.model_dump(exclude_unset=True))
    if agent.status == "active" and wanted.model_fields_set & {"model", "provider"}:
        await _ensure_model(work, settings, agent)
    return agent


async def activate(work: Transaction, settings: Settings, agent_id: str) -> Agent:
    """Let an agent answer.

    Raises:
        Forbidden: the agent is somebody else's, and the actor is no admin.
        NotFound: no agent that the actor may see.
        UnknownProvider, ModelNotAllowed: nobody answers for its model.
    """
    agent = await store.set_status(work, agent_id, "active")
    await _ensure_model(work, settings, agent)
    return agent


async def restore(work: Transaction, settings: Settings, agent_id: str, version: int) -> Agent:
    """Make an agent what it was as a version, which is a new version again.

    Raises:
        Forbidden: the agent is somebody else's, and the actor is no admin.
        NotFound: no agent that the actor may see, or no such version.
        UnknownProvider, ModelNotAllowed: the agent is active, and nobody answers for the model that it had.
    """
    agent = await store.restore(work, agent_id, version)
    if agent.status == "active":
        await _ensure_model(work, settings, agent)
    return agent


async def ensure_of_type(work: Transaction, type: AgentType = "coaching") -> Agent:
    """The workspace's agent of a type: the one that this made, else the newest active one, else a new active one of
    the type's template. Made once, however many ask at once.

    Raises:
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    agent_id = id_of(store.KIND.prefix, work.actor.workspace_id, "of_type", type)
    known = await store.load(work, agent_id)
    if known is not None and known.status == "active" and store.is_visible(work.actor, known):
        return known
    configured = await store.page(work, limit=1, status="active", type=type)
    if configured.items:
        return configured.items[0]
    template = TEMPLATES[type]
    # The one that was made is archived, or not for the actor: then there has to be another one.
    new_id = agent_id if known is None else None
    return await store.create(work, template.title, template.properties(), agent_id=new_id, status="active")


async def templates(work: Transaction, settings: Settings) -> list[Template]:
    """What an agent of each type starts with, with the tools that the workspace has."""
    known = (await catalogue.toolbox(work, settings)).tools
    return [
        replace(one, tools=tuple(name for name in one.tools if name in known)) for one in TEMPLATES.values()
    ]


async def stretch(work: Transaction, asked: Asked) -> Stretch[Agent]:
    """A stretch of the agents that the actor may see and that are not archived."""
    return await store.stretch(work, asked)


async def delete(work: Transaction, agent_id: str) -> None:
    """Delete an agent; see `store.delete`."""
    await store.delete(work, agent_id)


async def _ensure_tools(work: Transaction, settings: Settings, names: list[str]) -> None:
    (await catalogue.toolbox(work, settings)).named(name for name in names if name != EVERY_TOOL)


async def _ensure_model(work: Transaction, settings: Settings, agent: Agent) -> None:
    if agent.properties.full_model is not None:
        (await providers.models_of(work, settings)).resolve(agent.properties.full_model)
