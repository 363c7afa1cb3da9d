"""Properties: what an agent is made of, as it is stored and as every version keeps it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    JsonValue,
    StringConstraints,
    field_validator,
    model_validator,
)

from steward.kernel.pages import AnyId, CleanText, ShortText
from steward.kernel.work import Role

AgentType: TypeAlias = Literal["email", "research", "crm", "support", "coaching", "custom"]
AgentStatus: TypeAlias = Literal["draft", "active", "archived"]

STATUSES: Final[tuple[AgentStatus, ...]] = ("draft", "active", "archived")
EVERY_TOOL: Final = "*"
"""In an agent's list of tools: all that there are, also those that come later."""

_CRON: Final = re.compile(r"@[a-z]+|\S+( +\S+){4}")
_JSON_BYTES: Final = 16_000
_TOOLS_BYTES: Final = 256_000


def _cron(given: str) -> str:
    # Whether its numbers are hours and days is for whoever keeps the clock; this much can be said at once.
    if _CRON.fullmatch(given) is None:
        raise ValueError("five fields of cron, such as 0 9 * * 1-5, or @hourly, @daily, @weekly, @monthly")
    return given


Description = Annotated[CleanText, StringConstraints(max_length=2_000)]
Instructions = Annotated[CleanText, StringConstraints(max_length=256_000)]
ModelName = Annotated[ShortText, StringConstraints(min_length=1, max_length=300)]
ProviderName = Annotated[ShortText, StringConstraints(min_length=1, max_length=100, pattern="^[^/]+$")]
Temperature = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
MaxTokens = Annotated[int, Field(ge=1, le=1_000_000, description="Most tokens of one answer.")]
ToolNames = Annotated[
    list[Annotated[ShortText, StringConstraints(min_length=1, max_length=200)]],
    Field(max_length=256, description="Names of the only tools it is offered; `*` for all there are."),
]
Models = Annotated[
    list[ModelName],
    Field(max_length=10, description="Who answers, in this order, when its model cannot."),
]
TopK = Annotated[int, Field(ge=1, le=50, description="Passages that a turn gets of the documents.")]
ToolSeconds = Annotated[
    float, Field(gt=0, le=3_600, allow_inf_nan=False, description="After which a call of a tool has failed.")
]
ToolSteps = Annotated[
    int, Field(ge=1, le=100, description="Steps of a turn that may call tools, one after another.")
]
CollectionIds = Annotated[
    list[AnyId], Field(max_length=100, description="The only collections it looks into.")
]
Schedule = Annotated[
    ShortText,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_cron),
    Field(description="When it begins by itself, in cron's five fields.", examples=["0 9 * * 1-5"]),
]
Greeting = Annotated[CleanText, StringConstraints(max_length=2_000)]
LeastRole = Annotated[Role, Field(description="The least role that may use it.")]
TopP = Annotated[
    float, Field(ge=0, le=1, allow_inf_nan=False, description="Kept for clients of the Assistants API.")
]
Effort = Annotated[
    ShortText,
    StringConstraints(min_length=1, max_length=20),
    Field(description="How much a model that thinks shall think, when a request does not say."),
]
AssistantTools = Annotated[
    list[dict[CleanText, JsonValue]],
    Field(
        max_length=128,
        description="Tools as the Assistants API writes them; whoever asks there carries its functions out.",
    ),
]


class AgentProperties(BaseModel):
    """What an agent is made of. A null leaves it to the workspace, and then to the server."""

    description: Description = ""
    type: AgentType = "custom"
    instructions: Instructions = ""
    model: ModelName | None = None
    provider: ProviderName | None = None
    temperature: Temperature = 0.7
    max_tokens: MaxTokens = 2_000
    tools: ToolNames = []
    rag_enabled: bool | None = Field(
        default=None, description="Whether its turns look into the documents; null leaves it to the server."
    )
    rag_model: ModelName | None = Field(
        default=None, description="Only collections whose vectors this model makes are searched."
    )
    rag_top_k: TopK = 5
    tool_seconds: ToolSeconds = 5.0
    max_tool_steps: ToolSteps = 5
    fallback_models: Models | None = None
    collection_ids: CollectionIds | None = None
    access: LeastRole = "viewer"
    schedule: Schedule | None = None
    greeting: Greeting | None = None
    response_format: JsonValue = None
    metadata: dict[CleanText, JsonValue] = {}
    top_p: TopP | None = None
    reasoning_effort: Effort | None = None
    assistant_tools: AssistantTools = []
    code_file_ids: Annotated[
        list[AnyId],
        Field(max_length=20, description="Files that clients of the Assistants API named for code."),
    ] = []

    @field_validator("response_format", "metadata")
    @classmethod
    def _is_small(cls, given: Any) -> Any:
        if len(msgspec.json.encode(given)) > _JSON_BYTES:
            raise ValueError(f"at most {_JSON_BYTES} bytes of JSON")
        return given

    @field_validator("assistant_tools")
    @classmethod
    def _are_small(cls, given: Any) -> Any:
        if len(msgspec.json.encode(given)) > _TOOLS_BYTES:
            raise ValueError(f"at most {_TOOLS_BYTES} bytes of JSON")
        return given

    @model_validator(mode="after")
    def _has_model(self) -> Self:
        if self.provider is not None and self.model is None:
            raise ValueError("a provider needs a model: name it, too")
        return self

    @property
    def full_model(self) -> str | None:
        """The model as requests name it: with its provider when there is one."""
        if self.model is None or self.provider is None or self.model.startswith(f"{self.provider}/"):
            return self.model
        return f"{self.provider}/{self.model}"


class StoredProperties(AgentProperties):
    """The properties as the thing holds them: with the number of the version that they are."""

    version: int = 1
