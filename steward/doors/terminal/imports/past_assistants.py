"""Assistants of the Assistants API, as our agents."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final, cast

from pydantic import ValidationError

from steward.agents.properties import AgentProperties
from steward.doors.terminal.imports.dump import Json
from steward.kernel.characters import storable

_UNNAMED: Final = "Unnamed assistant"
"""As the door for programs of this API calls it, which shows no name then."""
_TEMPERATURE: Final = 1.0
_TOOL_STEPS: Final = 50
# The first version of the API called it so.
_SEARCHES: Final = ("file_search", "retrieval")


class Misfit(Exception):
    """An assistant that is none of ours; the words say why."""


def agent_of(
    assistant: Json, *, model: str | None, max_tokens: int, stores: Container[str]
) -> tuple[str, AgentProperties]:
    """Name and properties of an assistant.

    Args:
        assistant: as the API gives it.
        model: who shall answer instead of the model that it names.
        max_tokens: of one answer.
        stores: ids of vector stores that are here.

    Raises:
        Misfit: it does not fit.
    """
    given: Json = storable(assistant)
    tools = [_tool(cast(Json, tool)) for tool in _list(given, "tools") if isinstance(tool, dict)]
    searches = any(tool.get("type") == "file_search" for tool in tools)
    fields = {
        "description": given.get("description"),
        "instructions": given.get("instructions"),
        "model": model or given.get("model"),
        "temperature": _TEMPERATURE if given.get("temperature") is None else given["temperature"],
        "top_p": given.get("top_p"),
        "response_format": None if given.get("response_format") == "auto" else given.get("response_format"),
        "reasoning_effort": given.get("reasoning_effort"),
        "metadata": given.get("metadata"),
        "assistant_tools": tools,
        "rag_enabled": searches,
        "collection_ids": [one for one in store_ids(given) if one in stores] if searches else None,
        "code_file_ids": _resources(given, "code_interpreter").get("file_ids"),
        "max_tokens": max_tokens,
        "max_tool_steps": _TOOL_STEPS,
    }
    try:
        # What new agents have stands in for what is null.
        wanted = AgentProperties.model_validate(
            {name: value for name, value in fields.items() if value is not None}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise Misfit(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    return str(given.get("name") or "").strip()[:256] or _UNNAMED, wanted


def store_ids(given: Json) -> list[str]:
    """The vector stores that an assistant or a thread searches."""
    return [str(one) for one in _list(_resources(given, "file_search"), "vector_store_ids")]


def _resources(given: Json, tool: str) -> Json:
    resources: Any = given.get("tool_resources")
    inner: Any = cast(Json, resources).get(tool) if isinstance(resources, dict) else None
    return cast(Json, inner) if isinstance(inner, dict) else {}


def _list(given: Json, name: str) -> list[Any]:
    inner = given.get(name)
    return cast("list[Any]", inner) if isinstance(inner, list) else []


def _tool(tool: Json) -> Json:
    return {**tool, "type": "file_search"} if tool.get("type") in _SEARCHES else tool
