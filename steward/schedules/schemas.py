"""What crosses the native door of schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from steward.kernel.cron import MOST_CHARS
from steward.kernel.pages import AnyId, CleanText
from steward.usage.days import ensure_zone

_Cron = Annotated[
    CleanText,
    Field(
        min_length=1,
        max_length=4 * MOST_CHARS,
        description="Five fields, or a name such as @daily.",
        examples=["0 9 * * mon-fri"],
    ),
]
_TimeZone = Annotated[str, AfterValidator(ensure_zone), Field(max_length=64, examples=["Europe/Berlin"])]
_Prompt = Annotated[CleanText, Field(min_length=1, description="What the agent is asked each time.")]


class ScheduleCreate(BaseModel):
    """A new schedule. It acts as whoever makes it, with the role of each moment."""

    model_config = ConfigDict(extra="forbid")

    agent_id: AnyId
    cron: _Cron
    time_zone: _TimeZone = Field(default="UTC", description="On whose clock it counts.")
    prompt: _Prompt
    enabled: bool = True


class ScheduleChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    cron: _Cron | None = None
    time_zone: _TimeZone | None = None
    prompt: _Prompt | None = None
    enabled: bool | None = None


class ScheduleFailure(BaseModel):
    """Why an agent could not begin, fit to show."""

    tag: str
    message: str


class ScheduleRead(BaseModel):
    """A schedule. What is said of the last time is said of the last slot that began, or could not."""

    id: str
    agent_id: str
    user_id: str = Field(description="As whom the agent acts.")
    cron: str
    time_zone: str
    prompt: str
    enabled: bool
    follows_agent: bool = Field(description="Whether it is there because the agent itself has a schedule.")
    next_at: datetime | None
    last_at: datetime | None
    last_thread_id: str | None
    last_run_id: str | None
    last_error: ScheduleFailure | None
    created_at: datetime
    updated_at: datetime


class SchedulePage(BaseModel):
    """A page of schedules, the newest first."""

    items: list[ScheduleRead]
    next_cursor: str | None


class ScheduleStarted(BaseModel):
    """A turn that a schedule began."""

    thread_id: str
    run_id: str
