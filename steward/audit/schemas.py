"""What crosses the native door of audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class EventRead(BaseModel):
    """Something that happened."""

    id: str
    type: str = Field(description="Noun first, then the verb in the past, such as `thread_renamed`.")
    actor_id: str = Field(description="Id of the user who did it, or in whose name it was done.")
    target_type: str
    target_id: str
    metadata: dict[str, Any] = Field(description="Facts; never what a message says.")
    created_at: datetime


class EventPage(BaseModel):
    """A page of events, newest first."""

    items: list[EventRead]
    next_cursor: str | None
