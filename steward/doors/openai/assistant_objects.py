"""Assistants are agents: how the Assistants API shows one."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from steward.agents.service import Agent
from steward.doors.openai.thread_objects import seconds

UNNAMED: Final = "Unnamed assistant"
"""What an assistant without a name is called where agents must have one."""

_HIGHEST_SAMPLING: Final = 1.0


def assistant_object(agent: Agent, default_model: str) -> dict[str, Any]:
    """An agent as an assistant.

    Args:
        agent: any that its reader may see, also one that another door made.
        default_model: who answers for an agent that names no model.
    """
    given = agent.properties
    return {
        "id": agent.id,
        "object": "assistant",
        "created_at": 0 if agent.created_at is None else seconds(agent.created_at),
        "name": None if agent.name == UNNAMED else agent.name,
        "description": given.description or None,
        "model": given.full_model or default_model,
        "instructions": given.instructions or None,
        "tools": tools_of(agent),
        "tool_resources": resources_of(agent),
        "metadata": {name: _written(value) for name, value in given.metadata.items()},
        "temperature": given.temperature,
        "top_p": _HIGHEST_SAMPLING if given.top_p is None else given.top_p,
        "response_format": "auto" if given.response_format is None else given.response_format,
        "reasoning_effort": given.reasoning_effort,
    }


def tools_of(agent: Agent) -> list[dict[str, Any]]:
    """The agent's tools in the words of this wire. Its tools of the house have no place there."""
    tools = [dict(tool) for tool in agent.properties.assistant_tools]
    if not agent.properties.rag_enabled:
        # Another door may have switched the search off, or on.
        return [tool for tool in tools if tool["type"] != "file_search"]
    has_search = any(tool["type"] == "file_search" for tool in tools)
    return tools if has_search else [*tools, {"type": "file_search"}]


def resources_of(agent: Agent) -> dict[str, Any]:
    """The files and vector stores that the agent's tools work with."""
    resources: dict[str, Any] = {}
    if agent.properties.code_file_ids:
        resources["code_interpreter"] = {"file_ids": agent.properties.code_file_ids}
    if agent.properties.collection_ids is not None:
        resources["file_search"] = {"vector_store_ids": agent.properties.collection_ids}
    return resources


def stores_of(resources: dict[str, Any] | None) -> list[str]:
    """The vector stores that an object's `tool_resources` name."""
    named: dict[str, Any] = (resources or {}).get("file_search") or {}
    return list(named.get("vector_store_ids") or ())


def _written(value: Any) -> str:
    """A value of metadata, which other doors take as any JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
