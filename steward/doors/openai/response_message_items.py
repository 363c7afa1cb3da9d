"""Items of stored messages: what people and programs said, and answers with what they asked of functions."""

from __future__ import annotations

from typing import Any, Final

from steward.doors.openai.response_items import Item, ItemsOf, Naming, Part, message_item
from steward.threads.reading import NOTES
from steward.threads.schemas import MessageRead

_STATUS: Final = {"completed": "completed", "in_progress": "in_progress"}


def items_of(message: MessageRead) -> list[Item]:
    """The items of a message: one of a question, and of an answer as many as it has texts, calls and outputs."""
    if message.role == "assistant":
        return _answer(message)
    notes: dict[str, Any] = message.metadata.get(NOTES) or {}
    content = [_content(part) for part in message.parts if part["type"] in ("text", "file")]
    item = message_item(message.id, content, "completed")
    return [{**item, "role": notes.get("role") or message.role}]


def _answer(message: MessageRead) -> list[Item]:
    sources = [part for part in message.parts if part["type"] == "source"]
    told = ItemsOf(Naming(message.id), sources, _is_of_client, with_outputs=True)
    return told.read(message.parts, last_status=_STATUS.get(message.status, "incomplete"))


def _is_of_client(part: Part) -> bool:
    return part.get("waits_for") == "client"


def _content(part: Part) -> dict[str, Any]:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    file_id, url = part.get("file_id"), part["url"]
    if str(part.get("media_type")).startswith("image/"):
        shown = {"file_id": file_id, "image_url": None if file_id else url}
        return {"type": "input_image", "detail": part.get("detail") or "auto", **shown}
    if file_id:
        return {"type": "input_file", "file_id": file_id, "filename": part.get("filename")}
    where = "file_data" if url.startswith("data:") else "file_url"
    return {"type": "input_file", "filename": part.get("filename"), where: url}
