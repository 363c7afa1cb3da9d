"""Collecting: what an export holds of messages, from their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from steward.kernel.work import Found
from steward.threads.exports.exported import (
    Exported,
    File,
    Message,
    Piece,
    Reasoning,
    Source,
    Text,
    ToolCall,
)
from steward.threads.schemas import MessageRead

Row = Found | MessageRead
"""A message as it is stored, or as it is shown."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is told of a conversation beside its messages."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime


def collect(head: Head, rows: Sequence[Row]) -> Exported:
    """What an export holds of these messages, oldest first."""
    return Exported(
        id=head.id,
        title=head.title,
        created_at=head.created_at.astimezone(UTC),
        updated_at=head.updated_at.astimezone(UTC),
        exported_at=datetime.now(UTC).replace(microsecond=0),
        messages=[_message(row) for row in rows],
    )


def _message(row: Row) -> Message:
    parts = row.parts
    return Message(
        id=row.id,
        role=row.role,
        created_at=row.created_at.astimezone(UTC),
        status=row.status,
        model=row.model,
        content=[piece for part in parts if (piece := _piece(part)) is not None],
        sources=[_source(part) for part in parts if part.get("type") == "source"],
    )


def _piece(part: dict[str, Any]) -> Piece | None:
    match part:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "reasoning", "text": str(text)} if text:
            return Reasoning(text)
        case {"type": "tool_call", "name": str(name)}:
            return _call(name, part)
        case {"type": "file"}:
            name = part.get("filename") or part.get("name") or "file"
            return File(str(name), str(part.get("media_type") or ""))
        case _:
            return None


def _call(name: str, part: dict[str, Any]) -> ToolCall:
    given: Any = part.get("input")
    return ToolCall(
        name=name,
        state=str(part.get("state") or ""),
        input=part.get("raw_input") if given is None else given,
        output=part.get("output"),
        error=part.get("error"),
    )


def _source(part: dict[str, Any]) -> Source:
    return Source(
        number=part["number"],
        title=part.get("title") or "",
        url=part.get("url"),
        page=part.get("page"),
        headings=part.get("headings") or [],
        excerpt=part.get("excerpt") or "",
    )
