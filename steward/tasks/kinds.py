"""The kinds of thing that this room owns: tasks and tickets."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, Field

from steward.things.service import Kind, register

Priority = Literal["low", "normal", "high", "urgent"]
TaskStatus = Literal["open", "done", "cancelled"]
TicketStatus = Literal["open", "pending", "solved"]


class TaskProperties(BaseModel):
    """What a task holds; its name is its title."""

    details: str = ""
    assignee_id: str = Field(description="Id of the user who is to do it.")
    due_on: date | None = None
    priority: Priority = "normal"
    thread_id: str | None = Field(default=None, description="The conversation in which it came up.")


class TicketProperties(BaseModel):
    """What a ticket holds; its name is its subject."""

    number: int = Field(description="Counted from 1 in each workspace.")
    description: str = ""
    priority: Priority = "normal"
    requester: str = Field(default="", description="Who asked for help, as they gave their name or address.")
    thread_id: str | None = Field(default=None, description="The conversation in which it came up.")


TASK: Final = register(
    Kind("task", "task", TaskProperties, "Task", statuses=("open", "done", "cancelled"), shared=True)
)
TICKET: Final = register(
    Kind("ticket", "ticket", TicketProperties, "Ticket", statuses=("open", "pending", "solved"), shared=True)
)
