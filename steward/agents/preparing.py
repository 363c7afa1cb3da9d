"""Preparing a turn: who answers, with which instructions, model, settings and tools."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from steward.agents import admission, catalogue, rules, specialists, store
from steward.agents.admission import Agent
from steward.agents.catalogue import Toolbox
from steward.agents.errors import AgentNotActive
from steward.agents.properties import EVERY_TOOL
from steward.agents.wishes import ClientTool, Prepared, Wishes
from steward.kernel.errors import Invalid
from steward.kernel.settings import Settings
from steward.kernel.tools import Tool
from steward.kernel.work import Transaction
from steward.mcp_servers import service as mcp_servers
from steward.providers import service as providers
from steward.providers.errors import ModelNotAllowed, UnknownProvider
from steward.providers.service import Models, Resolved

# What every turn asks of its workspace.
_ASKED: Final = (providers.MODELS, mcp_servers.OFFERED, rules.IN_FORCE)
_TOOL_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


async def prepare(
    work: Transaction,
    settings: Settings,
    wishes: Wishes,
    *,
    thread_model: str | None = None,
    thread_agent_id: str | None = None,
    has_documents: bool = False,
    is_admitted: bool = False,
) -> Prepared:
    """Settle who answers and how: the request's wishes first, then the agent, then the thread's model when the agent
    names none, then the workspace's choices, then the server's defaults.

    Args:
        work: of whoever asks.
        settings: of the server.
        wishes: what the request asks for.
        thread_model: what the thread remembers.
        thread_agent_id: who answers in the thread.
        has_documents: whether there are documents to search, so that the built-in agent is offered the search.
        is_admitted: whether the turn was let in before; whoever goes on with it asks no more who may.

    Raises:
        AgentNotActive: the agent is archived, or the thread's is gone.
        NotFound: no such agent that the actor may use.
        UnknownProvider: no configured provider has the model.
        ModelNotAllowed: the workspace does not allow it.
        Invalid, ToolDisabled: a tool of the request cannot be offered.
    """
    agent = await _chosen(work, settings, wishes, thread_agent_id, is_admitted=is_admitted)
    async with work.at_once(*_ASKED, workspace_id=work.actor.workspace_id):
        models = await providers.models_of(work, settings)
        box = await catalogue.toolbox(work, settings)
        in_force = await rules.of_workspace(work)
    wishes = wishes if agent is None else _settled(wishes, agent)
    answering = agent or specialists.default(settings)
    properties = answering.properties
    own = properties.instructions if wishes.own_instructions is None else wishes.own_instructions
    instructions = own or settings.chat.system_prompt
    if wishes.tools is None and agent is None:
        wishes = replace(wishes, tools=box.by_default(settings, has_documents=has_documents))
    tools = _tools(box, settings, wishes, agent, is_admitted=is_admitted)
    if work.actor.visit is not None:
        tools = _for_visitors(tools, agent)
    return Prepared(
        agent_id=None if agent is None else agent.id,
        agent_name=answering.name,
        chain=_chain(models, wishes.model or properties.full_model, thread_model, properties.fallback_models),
        instructions="\n\n".join(filter(None, (instructions, wishes.instructions))),
        temperature=properties.temperature if wishes.temperature is None else wishes.temperature,
        max_tokens=wishes.max_tokens or properties.max_tokens,
        history_messages=_earlier_messages(wishes, settings),
        reasoning_effort=wishes.reasoning_effort or properties.reasoning_effort,
        overflow=models.choices.overflow or settings.chat.overflow,
        messages=models.choices.messages,
        tools=tools,
        collection_ids=wishes.collection_ids,
        agent_version=None if agent is None else wishes.agent_version,
        tool_seconds=None if agent is None else properties.tool_seconds,
        max_tool_steps=None if agent is None else properties.max_tool_steps,
        tool_rules=in_force if tools else rules.NO_RULES,
        top_p=wishes.top_p,
        tool_choice=wishes.tool_choice,
        parallel_tool_calls=wishes.parallel_tool_calls,
        output=wishes.output,
        stop=wishes.stop,
        run_prompt_tokens=wishes.run_prompt_tokens,
        run_output_tokens=wishes.run_output_tokens,
    )


async def settle(
    work: Transaction, settings: Settings, wishes: Wishes, *, thread_agent_id: str | None = None
) -> Wishes:
    """The wishes with the agent that answers, its version, and what it says about the documents: for whoever looks
    into them before the turn is prepared.

    Raises:
        AgentNotActive: the agent is archived, or the thread's is gone.
        NotFound: no such agent that the actor may use.
    """
    agent = await _chosen(work, settings, wishes, thread_agent_id, is_admitted=False)
    return wishes if agent is None else _settled(wishes, agent)


async def _chosen(
    work: Transaction,
    settings: Settings,
    wishes: Wishes,
    thread_agent_id: str | None,
    *,
    is_admitted: bool,
) -> Agent | None:
    """Who answers; None when nobody was chosen."""
    agent_id = wishes.agent_id or thread_agent_id
    if agent_id is None or agent_id == specialists.DEFAULT_ID:
        return None
    built_in = specialists.find(agent_id, settings)
    if built_in is not None:
        return built_in
    version = wishes.agent_version if agent_id == wishes.agent_id else None
    agent = await store.load(work, agent_id, version=version)
    if agent is None and wishes.agent_id is None:
        raise AgentNotActive(
            "The agent of this conversation is no longer there; choose another one, "
            f"or {specialists.DEFAULT_ID} for the built-in one."
        )
    if agent is None:
        raise admission.no_agent()
    if not is_admitted:
        admission.ensure_usable(work.actor, agent)
    return agent


def _settled(wishes: Wishes, agent: Agent) -> Wishes:
    given = agent.properties
    return replace(
        wishes,
        agent_id=agent.id,
        agent_version=None if agent.built_in else agent.version,
        rag_enabled=given.rag_enabled if wishes.rag_enabled is None else wishes.rag_enabled,
        rag_model=wishes.rag_model or given.rag_model,
        rag_top_k=wishes.rag_top_k or given.rag_top_k,
        collection_ids=given.collection_ids if wishes.collection_ids is None else wishes.collection_ids,
    )


def _earlier_messages(wishes: Wishes, settings: Settings) -> int:
    return settings.chat.history_messages if wishes.last_messages is None else wishes.last_messages - 1


def _chain(
    models: Models, wished: str | None, remembered: str | None, fallbacks: list[str] | None
) -> list[Resolved]:
    if wished is None and remembered is not None and not providers.is_librarian(remembered):
        # A provider may have been taken away since the thread used it: then the default answers.
        with contextlib.suppress(UnknownProvider, ModelNotAllowed):
            return models.chain(remembered, fallbacks)
    return models.chain(wished, fallbacks)


def _tools(
    box: Toolbox, settings: Settings, wishes: Wishes, agent: Agent | None, *, is_admitted: bool
) -> list[Tool]:
    """An agent's own tools and nothing else, or those of the request; and what the client carries out itself."""
    names = wishes.tools or []
    if is_admitted:
        # What was switched off since the turn began is not offered any more; the turn still goes on.
        names = [name for name in names if name in box.offers]
    tools = box.named(names)
    if agent is not None:
        own = _own(box.tools, agent.properties.tools)
        tools = own if wishes.tools is None else [tool for tool in own if tool in tools]
    return [*tools, *_of_client(wishes.client_tools or (), tools, settings)]


def _for_visitors(tools: list[Tool], agent: Agent | None) -> list[Tool]:
    """What a visitor's turn may use: only what reads, and without an agent, which somebody chose for them, only the
    search of documents.
    """
    reading = [
        tool for tool in tools if not tool.changes and tool.approval == "never" and tool.place == "server"
    ]
    return reading if agent is not None else [tool for tool in reading if tool.name in catalogue.OF_DOCUMENTS]


def _own(known: dict[str, Tool], names: list[str]) -> list[Tool]:
    if EVERY_TOOL in names:
        return list(known.values())
    # What was taken away since the agent was made is not offered; the rest of it still answers.
    return [known[name] for name in dict.fromkeys(names) if name in known]


def _of_client(given: Sequence[ClientTool], others: Sequence[Tool], settings: Settings) -> list[Tool]:
    names = [tool.name for tool in others]
    tools: list[Tool] = []
    for one in given:
        if _TOOL_NAME.fullmatch(one.name) is None:
            raise Invalid("A tool's name has letters, digits, _ and -, at most 64.", field="tools")
        if one.name in names:
            raise Invalid(f"Two tools are named {one.name}; rename yours.", field="tools")
        names.append(one.name)
        tools.append(
            Tool.of_schema(
                one.name,
                one.description,
                one.parameters or {"type": "object", "properties": {}},
                None,
                seconds=settings.tools.client_seconds,
                place="client",
            )
        )
    return tools
