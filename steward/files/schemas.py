"""What crosses the native door of files."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
"""What a file is for, such as `assistants`."""


class FileRead(BaseModel):
    """An uploaded file."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    media_type: str = Field(description="What the uploader said, or what the name says.")
    bytes: int
    sha256: str = Field(description="Of its content, in hexadecimal digits.")
    purpose: str
    user_id: str | None = Field(description="Who uploaded it.")
    created_at: datetime
    expires_at: datetime | None = Field(
        default=None, description="When the file is deleted by itself; null for never."
    )


class FilePage(BaseModel):
    """A page of files, newest first."""

    items: list[FileRead]
    next_cursor: str | None
