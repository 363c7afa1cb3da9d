"""What crosses the native door of things."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ThingRead(BaseModel):
    """A thing of whatever kind; its room may show more of it at an address of its own."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    name: str
    status: str
    properties: dict[str, Any] = Field(
        description="As the JSON Schema of the kind says, in GET /api/v1/ontology."
    )
    created_by: str = Field(description="Id of the user.")
    created_at: datetime
    updated_at: datetime


class ThingPage(BaseModel):
    """A page of things, newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[ThingRead]
    next_cursor: str | None


class ConnectionRead(BaseModel):
    """An arrow from one id to another."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    type: str
    from_id: str
    to_id: str
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ConnectionPage(BaseModel):
    """A page of connections, newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[ConnectionRead]
    next_cursor: str | None
