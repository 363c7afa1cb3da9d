"""What crosses the native door of usage."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from steward.kernel.pages import AnyId
from steward.usage.days import FIRST_DAY, LAST_DAY, ensure_zone

Grouping: TypeAlias = Literal[
    "day", "month", "model", "provider", "user", "agent", "key", "thread", "message", "purpose"
]
Scope: TypeAlias = Literal["workspace", "user", "agent", "key"]
CallStatus: TypeAlias = Literal["open", "completed", "cancelled", "failed", "interrupted"]


def plain_usd(amount: Decimal) -> str:
    """An amount as people write it: no exponent, no zeros at the end."""
    return format(amount.normalize(), "f")


Usd = Annotated[
    Decimal,
    PlainSerializer(plain_usd, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["0.0123"]}),
]
"""US dollars, as a decimal string: a float would lose what many small amounts sum up to."""

TimeZone = Annotated[str, AfterValidator(ensure_zone), Field(max_length=64, examples=["Europe/Berlin"])]
"""A name of the IANA time zone database."""

Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]

_GivenUsd = Annotated[
    Decimal,
    Field(gt=0, max_digits=18, decimal_places=9, description="US dollars, as a decimal string or a number."),
]
_GivenTokens = Annotated[int, Field(gt=0, le=10**15, description="Input and output tokens together.")]
_Percents = Annotated[
    list[Annotated[int, Field(ge=1, le=100)]],
    Field(max_length=10),
    AfterValidator(lambda given: sorted(set(given))),
]


class UsageSums(BaseModel):
    """Sums over calls of models."""

    calls: int
    input_tokens: int = Field(description="Cached tokens are among them.")
    output_tokens: int = Field(description="Reasoning tokens are among them.")
    total_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    cost_usd: Usd
    estimated_calls: int = Field(description="Calls whose tokens the provider has not counted.")
    unpriced_calls: int = Field(
        description="Calls of models whose price nobody knows: they cost more than this says."
    )
    open_calls: int = Field(description="Calls that are under way: their cost is not in yet.")


class UsageLine(UsageSums):
    """The sums of one group. It has the fields that were asked for; null means that the calls have no such thing."""

    day: date | None = None
    month: str | None = Field(default=None, examples=["2026-11"])
    provider: str | None = None
    model: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    key_id: str | None = None
    thread_id: str | None = None
    message_id: str | None = None
    purpose: str | None = None


class UsageReport(BaseModel):
    """What was used from one day on, up to and without another."""

    model_config = ConfigDict(populate_by_name=True)

    items: list[UsageLine] = Field(description="By day or month; then what cost most comes first.")
    total: UsageSums
    since: date = Field(alias="from")
    until: date = Field(alias="to", description="The first day that is not in it.")
    time_zone: str


class CallRead(BaseModel):
    """A line of the ledger: one call of a model, however it ended."""

    id: str
    created_at: datetime
    provider: str
    model: str
    purpose: str
    status: CallStatus
    finish_reason: str | None
    attempt: int
    user_id: str
    key_id: str | None
    agent_id: str | None
    thread_id: str | None
    run_id: str | None
    message_id: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    estimated: bool
    cost_usd: Usd | None = Field(
        description="Null while the call is open, and when nobody knows the model's price."
    )
    first_token_ms: int | None
    duration_ms: int | None
    metadata: dict[str, Any]


class CallPage(BaseModel):
    """A page of the ledger, newest first."""

    items: list[CallRead]
    next_cursor: str | None


class BudgetCreate(BaseModel):
    """A new budget: a limit in US dollars, in tokens, or both."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope
    subject_id: AnyId | Literal[""] = Field(
        default="", description="The user, agent or key; empty for each one, and for the workspace."
    )
    period: Literal["day", "month"]
    time_zone: TimeZone = Field(default="UTC", description="Where the day or month begins.")
    limit_usd: _GivenUsd | None = None
    limit_tokens: _GivenTokens | None = None
    alert_percents: _Percents = [80, 100]


class BudgetChange(BaseModel):
    """What to change; what is left out stays, and null takes a limit away."""

    model_config = ConfigDict(extra="forbid")

    limit_usd: _GivenUsd | None = None
    limit_tokens: _GivenTokens | None = None
    alert_percents: _Percents | None = None


class AlertRead(BaseModel):
    """A share of a budget that was reached in this period."""

    percent: int
    spent_usd: Usd
    spent_tokens: int
    created_at: datetime


class Standing(BaseModel):
    """What one subject has used of a budget in this period, and what its open calls hold."""

    subject_id: str
    spent_usd: Usd
    held_usd: Usd
    spent_tokens: int
    held_tokens: int
    alerts: list[AlertRead]


class BudgetRead(BaseModel):
    """A budget, and how it stands."""

    id: str
    scope: Scope
    subject_id: str = Field(description="Empty: it stands for each one, or for the workspace.")
    period: Literal["day", "month"]
    time_zone: str
    limit_usd: Usd | None
    limit_tokens: int | None
    alert_percents: list[int]
    created_by: str
    created_at: datetime
    updated_at: datetime
    starts_on: date
    resets_at: datetime
    spent_usd: Usd | None = Field(description="In this period; null where each subject is counted by itself.")
    held_usd: Usd | None = Field(description="Kept for calls that are under way.")
    spent_tokens: int | None
    held_tokens: int | None
    alerts: list[AlertRead]
    subjects: list[Standing] = Field(description="Of a budget for each: those who have used something.")


class BudgetPage(BaseModel):
    """The budgets that apply to the caller; admins and owners see all."""

    items: list[BudgetRead]
