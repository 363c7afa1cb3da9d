"""What clients of the Assistants API ask of a run, and the settings that a run keeps of its assistant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from steward.agents.service import Agent, ClientTool, Wishes
from steward.doors.openai import metadata, tool_wire
from steward.doors.openai.assistant_objects import tools_of
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body, ensure_id, known_word, missing, wrong_type
from steward.providers.wire import OneTool, OutputSchema, ToolChoice

_CHOICES: Final = ("none", "auto", "required")
_MOST_TOKENS: Final = 10_000_000
_MOST_MESSAGES: Final = 100_000
_AUTO_MESSAGES: Final = 200
"""How far back `auto` reads; what is too long for the model is left out when the provider says so."""
_MOST_INSTRUCTIONS: Final = 256_000
_MOST_OUTPUT: Final = 1_000_000
# What a run takes over from its assistant, unless the request says otherwise.
_INHERITED: Final = (
    "model",
    "instructions",
    "tools",
    "temperature",
    "top_p",
    "response_format",
    "reasoning_effort",
    "tool_resources",
)


@dataclass(frozen=True, slots=True)
class RunAsked:
    """A run as it is asked for. `overrides` holds what the request says in the assistant's stead, and nothing else."""

    assistant_id: str
    is_streamed: bool
    overrides: dict[str, Any]
    additional_instructions: str | None
    additional_messages: list[Body] = field(default_factory=list[Body])
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    thread: Body | None = None


def read(body: Body) -> RunAsked:
    """Read the body of a new run, with its thread when one is made for it.

    Raises:
        BadRequest: it does not fit; the sentence says which field.
    """
    return RunAsked(
        assistant_id=ensure_id("assistant_id", body.needed_text("assistant_id"), "asst"),
        is_streamed=body.flag("stream") or False,
        overrides={name: value for name, value in _overrides(body).items() if value is not None},
        additional_instructions=body.text("additional_instructions", most=_MOST_INSTRUCTIONS),
        additional_messages=body.inners("additional_messages") or [],
        metadata=metadata.read(body) or {},
        thread=body.inner("thread"),
    )


def read_outputs(body: Body) -> dict[str, str]:
    """The outputs of calls, by the ids of the calls.

    Raises:
        BadRequest: it does not fit.
    """
    given = body.inners("tool_outputs")
    if given is None:
        raise missing("tool_outputs")
    return {one.needed_text("tool_call_id"): one.text("output", most=_MOST_OUTPUT) or "" for one in given}


def settings_of(asked: RunAsked, assistant: Mapping[str, Any]) -> dict[str, Any]:
    """What a run keeps: the assistant's settings as they are now, with what the request says instead.

    Args:
        asked: the request.
        assistant: the assistant as this wire shows it.
    """
    kept: dict[str, Any] = {name: assistant.get(name) for name in _INHERITED}
    kept |= asked.overrides
    instructions = [kept["instructions"], asked.additional_instructions]
    kept["instructions"] = "\n\n".join(filter(None, instructions))
    kept["metadata"] = asked.metadata
    return kept


def wishes_of(
    asked: RunAsked, agent: Agent, thread_stores: Sequence[str], own_stores: Sequence[str] | None = None
) -> Wishes:
    """What a run wishes: what its assistant does in the thread, with what the request says instead.

    Args:
        asked: the request.
        agent: who answers.
        thread_stores: the vector stores of the thread, searched beside the assistant's own.
        own_stores: what the request names instead of the assistant's own.

    Raises:
        BadRequest: `code_interpreter` is among the tools: code is not run here.
    """
    tools: list[dict[str, Any]] = asked.overrides.get("tools", tools_of(agent))
    _ensure_possible(tools)
    assistants_own = agent.properties.collection_ids
    stores = [*((assistants_own or ()) if own_stores is None else own_stores), *thread_stores]
    # An agent of another door without collections looks into all of those of the chats, as it does there.
    looks_everywhere = assistants_own is None and not stores
    return Wishes(
        agent_id=agent.id,
        model=asked.overrides.get("model"),
        temperature=asked.overrides.get("temperature"),
        max_tokens=asked.overrides.get("max_completion_tokens"),
        run_output_tokens=asked.overrides.get("max_completion_tokens"),
        run_prompt_tokens=asked.overrides.get("max_prompt_tokens"),
        last_messages=_last_messages(asked.overrides.get("truncation_strategy")),
        reasoning_effort=asked.overrides.get("reasoning_effort") or agent.properties.reasoning_effort,
        own_instructions=asked.overrides.get("instructions"),
        instructions=asked.additional_instructions,
        top_p=asked.overrides.get("top_p", agent.properties.top_p),
        tool_choice=_choice_of(asked.overrides.get("tool_choice")),
        parallel_tool_calls=asked.overrides.get("parallel_tool_calls"),
        output=_output_of(asked.overrides.get("response_format", agent.properties.response_format)),
        rag_enabled=any(tool["type"] == "file_search" for tool in tools),
        collection_ids=None if looks_everywhere else list(dict.fromkeys(stores)),
        client_tools=[_client_tool(tool["function"]) for tool in tools if tool["type"] == "function"],
    )


def _last_messages(truncation: Mapping[str, Any] | None) -> int:
    given = (truncation or {}).get("last_messages")
    return _AUTO_MESSAGES if given is None else given


def _ensure_possible(tools: Sequence[Mapping[str, Any]]) -> None:
    if any(tool["type"] == "code_interpreter" for tool in tools):
        raise BadRequest(
            "The tool 'code_interpreter' is kept with an assistant but cannot be run here. Give the run 'tools' "
            "without it, or offer a function that runs the code.",
            param="tools",
            code="unsupported_tool",
        )


def _client_tool(function: dict[str, Any]) -> ClientTool:
    return ClientTool(function["name"], function.get("description") or "", function.get("parameters") or {})


def _choice_of(given: Any) -> ToolChoice | None:
    if not isinstance(given, dict):
        return given
    named: dict[str, Any] = cast("dict[str, Any]", given).get("function") or {}
    # The search of the documents is no tool that a model calls: it is always done.
    return OneTool(named["name"]) if isinstance(named.get("name"), str) else None


def _output_of(given: Any) -> OutputSchema | Literal["json"] | None:
    if not isinstance(given, dict):
        return None
    wanted = cast("dict[str, Any]", given)
    if wanted.get("type") == "json_schema":
        schema: dict[str, Any] = wanted["json_schema"]
        strict = bool(schema.get("strict"))
        return OutputSchema(schema["name"], schema.get("schema") or {}, schema.get("description"), strict)
    return "json" if wanted.get("type") == "json_object" else None


def _overrides(body: Body) -> dict[str, Any]:
    most = body.whole("max_completion_tokens", least=1, most=_MOST_TOKENS)
    return {
        "model": body.text("model", most=200),
        "instructions": body.text("instructions", most=_MOST_INSTRUCTIONS),
        "tools": tool_wire.read_tools(body),
        "temperature": body.number("temperature", least=0, most=2),
        "top_p": body.number("top_p", least=0, most=1),
        "max_completion_tokens": most or body.whole("max_tokens", least=1, most=_MOST_TOKENS),
        "max_prompt_tokens": body.whole("max_prompt_tokens", least=1, most=_MOST_TOKENS),
        "truncation_strategy": _truncation(body),
        "tool_choice": _choice(body),
        "parallel_tool_calls": body.flag("parallel_tool_calls"),
        "response_format": tool_wire.read_format(body),
        "reasoning_effort": body.text("reasoning_effort", most=20),
    }


def _truncation(body: Body) -> dict[str, Any] | None:
    given = body.inner("truncation_strategy")
    if given is None:
        return None
    kind = given.one_of("type", ("auto", "last_messages"))
    last = given.whole("last_messages", least=1, most=_MOST_MESSAGES)
    if kind is None:
        raise missing(given.path_of("type"))
    if kind == "last_messages" and last is None:
        raise missing(given.path_of("last_messages"))
    return {"type": kind, "last_messages": last if kind == "last_messages" else None}


def _choice(body: Body) -> Any:
    given: Any = body.fields.get("tool_choice")
    if given is None:
        return None
    if isinstance(given, dict):
        return _named_choice(Body(cast("dict[str, Any]", given), "tool_choice"))
    if not isinstance(given, str):
        raise wrong_type("tool_choice", "one of a string or an object", given)
    return known_word("tool_choice", given, _CHOICES)


def _named_choice(choice: Body) -> dict[str, Any]:
    """The tool that a choice names, as it came."""
    kind = choice.one_of("type", ("function", "file_search", "code_interpreter"))
    if kind is None:
        raise missing(choice.path_of("type"))
    function = choice.inner("function")
    if function is not None:
        function.needed_text("name", most=64)
    elif kind == "function":
        raise missing(choice.path_of("function"))
    return choice.fields
