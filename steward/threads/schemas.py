"""What crosses the native door of threads."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from steward.kernel.pages import AnyId, ShortText


class ThreadRead(BaseModel):
    """A conversation."""

    id: str
    client_id: str | None = Field(
        description="The id that the client chose; either id names the conversation."
    )
    title: str
    model: str | None
    agent_id: str | None
    pinned: bool
    archived: bool
    status: Literal["idle", "running"]
    message_count: int
    token_count: int
    last_message_preview: str
    last_message_at: datetime
    created_at: datetime
    updated_at: datetime
    head_id: str | None = Field(description="The newest message of the visible branch.")
    metadata: dict[str, Any]


class MessageUsage(BaseModel):
    """Tokens of an answer, all its model calls together."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class MessageError(BaseModel):
    """Why an answer failed, fit to show."""

    tag: str
    message: str


class MessageRead(BaseModel):
    """A message of a conversation."""

    id: str
    client_id: str | None
    parent_id: str | None
    role: Literal["user", "assistant", "system", "tool"]
    parts: list[dict[str, Any]]
    status: str
    model: str | None
    finish_reason: str | None
    usage: MessageUsage | None
    run_id: str | None
    error: MessageError | None
    created_at: datetime
    metadata: dict[str, Any]
    siblings: list[str] = Field(
        description="Ids of the versions of this message, oldest first, itself included."
    )


class ThreadPage(BaseModel):
    """A page of conversations, pinned first, then newest first."""

    items: list[ThreadRead]
    next_cursor: str | None


class LiveRun(BaseModel):
    """The run that answers just now."""

    id: str
    message_id: str
    status: str


class Conversation(BaseModel):
    """A conversation with a page of its visible branch, newest first."""

    thread: ThreadRead
    messages: list[MessageRead]
    next_cursor: str | None
    live_run: LiveRun | None = None


class SearchHit(BaseModel):
    """A message that was found. Hits in `snippet` stand between U+E000 and U+E001."""

    thread: ThreadRead
    message_id: str
    snippet: str


class SearchPage(BaseModel):
    """What a search found, best first."""

    items: list[SearchHit]


class ThreadCreate(BaseModel):
    """A new conversation."""

    model_config = ConfigDict(extra="forbid")

    title: ShortText = Field(default="", max_length=100)
    client_id: AnyId | None = None


class ThreadChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: ShortText | None = Field(default=None, min_length=1, max_length=100)
    pinned: bool | None = None
    archived: bool | None = None
    head_id: AnyId | None = Field(default=None, description="A message whose branch becomes the visible one.")


class Branch(BaseModel):
    """Where to fork."""

    model_config = ConfigDict(extra="forbid")

    message_id: AnyId


class Archived(BaseModel):
    """The conversation was archived."""

    success: Literal[True] = True
    archived: Literal[True] = True
    id: str
