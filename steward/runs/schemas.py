"""What crosses the native door of runs, and the request that every door makes of a turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from steward.agents.service import Wishes
from steward.kernel.pages import AnyId, CleanText, ShortText
from steward.threads.keeping import Said


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that a client holds from before its thread was known here."""

    message_id: str | None
    role: str
    parts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A turn, as every door asks for it.

    `thread_ref` and `message_ref` are ids of ours or of the client; `message_id` is the client's id of the new
    message, and makes the request safe to repeat. `earlier` fills a thread that is new here.

    Attributes:
        trigger: `answer` answers the thread's newest message, whoever wrote it.
        said: messages that an `answer` adds to the thread first.
        head_id: the message in which the thread must end, else it is busy with something else; None for any.
        when_busy: whether a live run of the thread ends for this one, or this one is refused.
        when_late: what becomes of the run when the program that asked does not carry out a call in time: the model is
            told, or the run ends as expired.
        kept: what the door keeps with the run; nobody else reads it.
    """

    trigger: Literal["submit", "edit", "regenerate", "answer"]
    thread_ref: str | None
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    message_id: str | None = None
    message_ref: str | None = None
    wishes: Wishes = field(default_factory=Wishes)
    earlier: list[Earlier] = field(default_factory=list[Earlier])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    said: list[Said] = field(default_factory=list[Said])
    head_id: str | None = None
    when_busy: Literal["overtake", "refuse"] = "overtake"
    when_late: Literal["go_on", "expire"] = "go_on"
    kept: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Started:
    """A turn that runs. `joined`: it ran already, for an earlier copy of the same request."""

    run_id: str
    thread_id: str
    message_id: str
    joined: bool


class RunFailure(BaseModel):
    """Why a run failed, fit to show."""

    tag: str
    message: str


class RunRead(BaseModel):
    """A run."""

    id: str
    thread_id: str
    question_id: str
    message_id: str
    status: str
    error: RunFailure | None
    created_at: datetime
    finished_at: datetime | None


class Stopped(BaseModel):
    """Whether there was something to stop."""

    stopped: bool
    run_id: str | None


class Decided(BaseModel):
    """One person's word on a call."""

    user_id: str
    decision: Literal["approve", "deny", "answer", "output"]
    at: datetime
    has_edited: bool = False


class ActionRead(BaseModel):
    """A call of a tool that waits, or waited, for somebody.

    `kind` says for whom: `approval` for people who allow it, `client` for the program that asked, `person` for an
    answer. `approvers` is how many different people have to approve it.
    """

    id: str
    kind: Literal["approval", "client", "person"]
    tool: str
    arguments: dict[str, Any] | None
    reason: str | None
    state: str
    run_id: str | None
    thread_id: str | None
    call_id: str
    user_id: str
    approvers: int
    least_role: str | None
    decisions: list[Decided]
    expires_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    error: str | None
    may_decide: bool


class ActionPage(BaseModel):
    """A page of calls that wait, the newest first."""

    items: list[ActionRead]
    next_cursor: str | None = None


class DecisionRequest(BaseModel):
    """A word on a waiting call.

    `approve` may change the `arguments`, `deny` may give a `reason`, `answer` is a person's `text`, `output` is what
    the program that carried the call out brings back, or its `error`.
    """

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "deny", "answer", "output"]
    arguments: dict[str, Any] | None = None
    reason: Annotated[CleanText, Field(max_length=2_000)] | None = None
    text: Annotated[CleanText, Field(min_length=1, max_length=20_000)] | None = None
    output: Any = None
    error: Annotated[CleanText, Field(max_length=2_000)] | None = None


class ToolExecution(BaseModel):
    """A call of a tool by a person or a program, without a model."""

    model_config = ConfigDict(extra="forbid")

    arguments: dict[str, Any] = Field(default_factory=dict[str, Any])
    thread_id: AnyId | None = None


class ToolExecuted(BaseModel):
    """What came of a call."""

    id: str
    tool: str
    output: Any
    duration_ms: int


class ToolStatistic(BaseModel):
    """What came of the calls of one tool. `success_rate` is None when none has ended either way."""

    tool: str
    calls: int
    completed: int
    failed: int
    refused: int
    success_rate: float | None
    mean_ms: float | None


class ToolStatistics(BaseModel):
    """What came of one's own calls of tools since a day."""

    since: datetime
    tools: list[ToolStatistic]


_Tokens = Annotated[int, Field(ge=1, le=10_000_000)]


class UsageRead(BaseModel):
    """Tokens of one or more calls."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class ObjectRequest(BaseModel):
    """A question whose answer is JSON of a schema."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    prompt: Annotated[CleanText, Field(min_length=1, max_length=200_000)]
    json_schema: dict[str, Any] = Field(alias="schema", description="A JSON Schema, draft 2020-12.")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "answer"
    description: ShortText | None = None
    strict: bool = True
    instructions: Annotated[CleanText, Field(max_length=50_000)] | None = None
    model: ShortText | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: _Tokens | None = None
    max_retries: Annotated[int, Field(ge=0, le=5)] = 2


class ObjectRead(BaseModel):
    """An object that fits its schema. `attempts` is how often the model was asked."""

    object: Any
    model: str
    attempts: int
    usage: UsageRead
    cost_usd: str | None


class EstimateRequest(BaseModel):
    """A message that is not sent yet."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[CleanText, Field(max_length=200_000)]
    thread_id: AnyId | None = None
    model: ShortText | None = None
    max_tokens: _Tokens | None = None
    instructions: Annotated[CleanText, Field(max_length=50_000)] | None = None


class EstimateRead(BaseModel):
    """What a message would cost: its prompt with a short answer, and with the longest that it may have.

    Amounts are None when the model's price is not known; `fits` says whether prompt and longest answer stay within
    what the model reads.
    """

    model: str
    messages: int
    input_tokens: int
    most_output_tokens: int
    least_usd: str | None
    most_usd: str | None
    context_tokens: int | None
    fits: bool
    budget_left_usd: str | None
