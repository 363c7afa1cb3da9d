"""What crosses the native door of tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from steward.kernel.pages import CleanText, ShortText
from steward.tasks.kinds import Priority, TaskStatus, TicketStatus

Title = Annotated[ShortText, StringConstraints(min_length=1, max_length=200)]
Details = Annotated[CleanText, StringConstraints(max_length=20_000)]
Assignee = Annotated[ShortText, Field(max_length=320)]
Requester = Annotated[ShortText, Field(max_length=320)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TaskCreate(_Closed):
    """A new task."""

    title: Title
    details: Details = ""
    assignee: Assignee | None = Field(
        default=None, description="A member's user id or e-mail address; the caller when left out."
    )
    due_on: date | None = Field(default=None, description="The day by which it is to be done.")
    priority: Priority = "normal"


class TaskChange(_Closed):
    """What to change; what is left out stays."""

    title: Title | None = None
    details: Details | None = None
    assignee: Assignee | None = None
    due_on: date | None = Field(default=None, description="An explicit null takes the day away.")
    priority: Priority | None = None
    status: TaskStatus | None = None


class TaskRead(BaseModel):
    """A task."""

    id: str
    title: str
    details: str
    status: TaskStatus
    priority: Priority
    assignee_id: str
    due_on: date | None
    thread_id: str | None = Field(description="The conversation in which it came up.")
    url: str = Field(description="Where the app shows it.")
    created_by: str
    created_at: datetime
    updated_at: datetime


class TaskPage(BaseModel):
    """A page of tasks, newest first."""

    items: list[TaskRead]
    next_cursor: str | None


class TicketCreate(_Closed):
    """A new ticket."""

    subject: Title
    description: Details = ""
    priority: Priority = "normal"
    requester: Requester = Field(default="", description="Who asks for help: a name or an address.")


class TicketChange(_Closed):
    """What to change; what is left out stays."""

    subject: Title | None = None
    description: Details | None = None
    priority: Priority | None = None
    requester: Requester | None = None
    status: TicketStatus | None = None


class TicketRead(BaseModel):
    """A ticket."""

    id: str
    number: int = Field(description="Counted from 1 in each workspace, without gaps.")
    subject: str
    description: str
    status: TicketStatus
    priority: Priority
    requester: str
    thread_id: str | None = Field(description="The conversation in which it came up.")
    url: str = Field(description="Where the app shows it.")
    created_by: str
    created_at: datetime
    updated_at: datetime


class TicketPage(BaseModel):
    """A page of tickets, newest first."""

    items: list[TicketRead]
    next_cursor: str | None
