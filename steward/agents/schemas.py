"""What crosses the native door of agents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from steward.agents.properties import (
    AgentProperties,
    AgentStatus,
    AgentType,
    AssistantTools,
    CollectionIds,
    Description,
    Effort,
    Greeting,
    Instructions,
    LeastRole,
    MaxTokens,
    ModelName,
    Models,
    ProviderName,
    Schedule,
    Temperature,
    ToolNames,
    ToolSeconds,
    ToolSteps,
    TopK,
    TopP,
)
from steward.kernel.pages import AnyId, ShortText

AgentName = Annotated[ShortText, StringConstraints(min_length=1, max_length=256)]


class AgentCreate(AgentProperties):
    """A new agent. It starts as a draft."""

    model_config = ConfigDict(extra="forbid")

    name: AgentName


class AgentChange(BaseModel):
    """What changes; the rest stays. A null puts a field back to what new agents have."""

    model_config = ConfigDict(extra="forbid")

    name: AgentName | None = None
    description: Description | None = None
    type: AgentType | None = None
    instructions: Instructions | None = None
    model: ModelName | None = None
    provider: ProviderName | None = None
    temperature: Temperature | None = None
    max_tokens: MaxTokens | None = None
    tools: ToolNames | None = None
    rag_enabled: bool | None = None
    rag_model: ModelName | None = None
    rag_top_k: TopK | None = None
    tool_seconds: ToolSeconds | None = None
    max_tool_steps: ToolSteps | None = None
    fallback_models: Models | None = None
    collection_ids: CollectionIds | None = None
    access: LeastRole | None = None
    schedule: Schedule | None = None
    greeting: Greeting | None = None
    response_format: JsonValue = None
    metadata: dict[str, JsonValue] | None = None
    top_p: TopP | None = None
    reasoning_effort: Effort | None = None
    assistant_tools: AssistantTools | None = None
    code_file_ids: Annotated[list[AnyId], Field(max_length=20)] | None = None


class AgentRead(AgentProperties):
    """An agent. The built-in ones belong to nobody and have no dates."""

    id: str
    name: str
    status: AgentStatus
    version: int
    built_in: bool
    created_by: str | None
    created_at: datetime | None
    updated_at: datetime | None


class AgentPage(BaseModel):
    """A page of agents, the newest first."""

    items: list[AgentRead]
    next_cursor: str | None


class AgentList(BaseModel):
    """Agents, all of them."""

    items: list[AgentRead]


class VersionRead(BaseModel):
    """An agent as it was from one change to the next."""

    version: int
    name: str
    properties: AgentProperties
    created_by: str
    created_at: datetime


class VersionPage(BaseModel):
    """A page of versions, the newest first."""

    items: list[VersionRead]
    next_cursor: str | None


class TemplateRead(BaseModel):
    """What an agent of a type starts with."""

    type: AgentType
    title: str
    description: str
    instructions: str
    tools: list[str]


class TemplateList(BaseModel):
    """The templates, one for each type."""

    items: list[TemplateRead]


class StatisticsRead(BaseModel):
    """How an agent has done. `success_rate` lies between 0 and 1, and is null before its first turn."""

    executions: int
    successes: int
    success_rate: float | None
    last_run_at: datetime | None


class SetupRequest(BaseModel):
    """Which agent is wanted."""

    model_config = ConfigDict(extra="forbid")

    type: AgentType = "coaching"
