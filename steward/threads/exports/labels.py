"""The words that the written forms of an export share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

import msgspec

from steward.threads.exports.exported import Message, Source

UNTITLED: Final = "Conversation"
SPEAKERS: Final = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNFINISHED: Final = {
    "in_progress": "This answer was still being written.",
    "failed": "This answer failed.",
    "interrupted": "This answer was interrupted.",
}


def clean(text: str) -> str:
    """Text with a sign for each control character: a terminal would obey them, and no font shows them."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def moment(at: datetime) -> str:
    """A time as people read it, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def heading(message: Message) -> list[str]:
    """Who speaks, with which model, and when."""
    model = [] if message.model is None or message.role != "assistant" else [message.model]
    return [SPEAKERS.get(message.role, message.role), *model, moment(message.created_at)]


def shortfall(message: Message) -> str | None:
    """What to say of a message that is not whole."""
    if message.status == "completed":
        return None
    return _UNFINISHED.get(message.status, f"This answer is not complete: {message.status}.")


def place(source: Source) -> str:
    """Where in its document a passage stands."""
    page = [] if source.page is None else [f"page {source.page}"]
    return ", ".join([*page, *([" > ".join(source.headings)] if source.headings else [])])


def written(value: Any) -> tuple[str, str]:
    """A tool's input or output to read, and the language that it is in: text as itself, all else as JSON."""
    if isinstance(value, str):
        return clean(value), ""
    return clean(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()), "json"
