"""Wishes: what a request asks of a turn, and what became of them once an agent was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from steward.agents.rules import Rules
from steward.kernel.tools import Tool
from steward.providers.service import Resolved
from steward.providers.wire import OutputSchema, ToolChoice


@dataclass(frozen=True, slots=True)
class ClientTool:
    """A tool that the program which asks for the turn carries out itself. `parameters` is a JSON Schema."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request asks for; None leaves it to the agent, and then to the server.

    Attributes:
        rag_enabled: whether the turn looks into the documents.
        rag_model: only into collections whose vectors this model makes.
        rag_top_k: for so many passages.
        collection_ids: only into these collections.
        tools: names of the tools that are offered to the model; of an agent's own tools, only these.
        agent_id: who answers; None for the agent of the thread, and then the built-in one.
        agent_version: the version of the agent that a turn began with; never of a request.
        client_tools: what the program that asks offers beside them.
        own_instructions: instead of the agent's; `instructions` follow either.
        tool_choice: of the first model call of the turn; `none` holds for all of them.
        output: the JSON that the answer must be.
        last_messages: so many of the newest messages, the question among them; None for the server's own number.
        run_prompt_tokens: most tokens that all model calls of the turn read together.
        run_output_tokens: most tokens that they write together.
    """

    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    instructions: str | None = None
    reasoning_effort: str | None = None
    rag_enabled: bool | None = None
    rag_model: str | None = None
    rag_top_k: int | None = None
    collection_ids: list[str] | None = None
    tools: list[str] | None = None
    agent_id: str | None = None
    agent_version: int | None = None
    client_tools: list[ClientTool] | None = None
    own_instructions: str | None = None
    top_p: float | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output: OutputSchema | Literal["json"] | None = None
    stop: list[str] | None = None
    last_messages: int | None = None
    run_prompt_tokens: int | None = None
    run_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An agent ready to answer.

    Attributes:
        agent_id: None for the built-in agent that answers when nobody chose one.
        agent_version: of an agent that has versions.
        chain: who answers, and after it who answers when it cannot.
        tool_seconds: the agent's limit of one call of a tool; None for the tool's own.
        max_tool_steps: the agent's limit of steps that call tools; None for the server's.
        tool_rules: which calls a person is asked about.
        history_messages: most messages before the question.
    """

    agent_id: str | None
    agent_name: str
    chain: list[Resolved]
    instructions: str
    temperature: float
    max_tokens: int
    history_messages: int
    reasoning_effort: str | None
    overflow: Literal["compact", "refuse"]
    messages: Mapping[str, str]
    tools: list[Tool]
    collection_ids: list[str] | None
    agent_version: int | None = None
    tool_seconds: float | None = None
    max_tool_steps: int | None = None
    tool_rules: Rules = field(default_factory=Rules)
    top_p: float | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output: OutputSchema | Literal["json"] | None = None
    stop: list[str] | None = None
    run_prompt_tokens: int | None = None
    run_output_tokens: int | None = None

    @property
    def resolved(self) -> Resolved:
        """The model that was chosen."""
        return self.chain[0]
