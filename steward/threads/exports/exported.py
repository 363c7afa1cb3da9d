"""What an export holds of a conversation, whichever form it is written in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Text(msgspec.Struct, frozen=True, tag="text", tag_field="type"):
    """Something said. Answers are Markdown; what people write is plain text."""

    text: str


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning", tag_field="type"):
    """What a model thought before it spoke."""

    text: str


class ToolCall(msgspec.Struct, frozen=True, tag="tool_call", tag_field="type"):
    """A call of a tool. `input`, `output` and `error` are None as long as there is none."""

    name: str
    state: str
    input: Any = None
    output: Any = None
    error: str | None = None


class File(msgspec.Struct, frozen=True, tag="file", tag_field="type"):
    """A file that was sent along: its name, not its bytes."""

    name: str
    media_type: str


Piece = Text | Reasoning | ToolCall | File


class Source(msgspec.Struct, frozen=True):
    """A passage that an answer cites as `[number]`."""

    number: int
    title: str
    url: str | None = None
    page: int | None = None
    headings: list[str] = []
    excerpt: str = ""


class Message(msgspec.Struct, frozen=True):
    """A message. `status` is `completed` when all of it is there."""

    id: str
    role: str
    created_at: datetime
    status: str
    model: str | None
    content: list[Piece]
    sources: list[Source]


class Exported(msgspec.Struct, frozen=True):
    """A conversation: the branch that is shown, oldest message first."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    exported_at: datetime
    messages: list[Message]
