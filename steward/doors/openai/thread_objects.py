"""Threads and messages as the Assistants API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from steward.knowledge.markers import MarkerReader
from steward.runs.authors import Author
from steward.threads.keeping import Kept
from steward.threads.reading import NOTES
from steward.threads.schemas import MessageRead

Part = dict[str, Any]

_INCOMPLETE: Final = {
    "length": "max_tokens",
    "content_filter": "content_filter",
    "cancelled": "run_cancelled",
    "expired": "run_expired",
}


def thread_object(kept: Kept) -> dict[str, Any]:
    """A thread with the metadata and the resources that its client gave it."""
    return {
        "id": kept.thread.id,
        "object": "thread",
        "created_at": seconds(kept.thread.created_at),
        "metadata": kept.notes.get("metadata") or {},
        "tool_resources": kept.notes.get("tool_resources") or {},
    }


def message_object(message: MessageRead, thread_id: str, author: Author | None = None) -> dict[str, Any]:
    """A message of a thread.

    Args:
        message: as its room shows it.
        thread_id: where it stands.
        author: of an answer: who wrote it and how that ended; None for what a client added.
    """
    notes: dict[str, Any] = message.metadata.get(NOTES) or {}
    status = _status(message)
    ended_at = author.finished_at if author is not None else message.created_at
    return {
        "id": message.id,
        "object": "thread.message",
        "created_at": seconds(message.created_at),
        "thread_id": thread_id,
        "status": status,
        "incomplete_details": {"reason": _reason(message, author)} if status == "incomplete" else None,
        "completed_at": seconds(ended_at) if status == "completed" and ended_at else None,
        "incomplete_at": seconds(ended_at) if status == "incomplete" and ended_at else None,
        "role": message.role,
        "content": content_of(message.parts),
        "assistant_id": None if author is None else author.agent_id,
        "run_id": message.run_id,
        "attachments": notes.get("attachments") or [],
        "metadata": notes.get("metadata") or {},
    }


def content_of(parts: list[Part]) -> list[dict[str, Any]]:
    """The content of a message. What an answer says is one text, whose annotations count from its beginning; the
    texts of a question stay apart.
    """
    if any(part["type"] in ("source", "tool_call", "reasoning", "data") for part in parts):
        text = "".join(part["text"] for part in parts if part["type"] == "text")
        sources = [part for part in parts if part["type"] == "source"]
        return [text_content(text, annotations_of(text, sources))] if text else []
    return [content for part in parts if (content := _content(part)) is not None]


def text_content(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    """Text as the content of a message."""
    return {"type": "text", "text": {"value": text, "annotations": annotations}}


def annotations_of(text: str, sources: list[Part]) -> list[dict[str, Any]]:
    """The citations of an answer: where their markers stand, in code points, and what they quote.

    Args:
        text: of the whole answer, markers included.
        sources: its parts of the type `source`.
    """
    known = {part["number"]: part for part in sources}
    reader = MarkerReader(known)
    found: list[dict[str, Any]] = []
    at = 0
    for piece in [*reader.feed(text), *reader.end()]:
        raw = piece if isinstance(piece, str) else piece.raw
        if not isinstance(piece, str):
            numbers = [number for number in piece.numbers if number in known]
            found += [citation(known[number], raw, at) for number in numbers]
        at += len(raw)
    return found


def citation(source: Part, marker: str, start: int) -> dict[str, Any]:
    """One citation: of the passage of a `source` part, by a marker that begins at `start`."""
    return {
        "type": "file_citation",
        "text": marker,
        "start_index": start,
        "end_index": start + len(marker),
        # A page of the web has no file.
        "file_citation": {"file_id": source["file_id"] or source["document_id"], "quote": source["excerpt"]},
    }


def seconds(moment: datetime) -> int:
    """A moment as this wire writes it."""
    return int(moment.timestamp())


def _content(part: Part) -> dict[str, Any] | None:
    if part["type"] == "text":
        return text_content(part["text"], [])
    if part["type"] != "file":
        return None
    detail = part.get("detail") or "auto"
    is_image = str(part.get("media_type")).startswith("image/")
    if is_image and part.get("file_id"):
        return {"type": "image_file", "image_file": {"file_id": part["file_id"], "detail": detail}}
    if is_image:
        return {"type": "image_url", "image_url": {"url": part["url"], "detail": detail}}
    # Other doors take other files, too, for which this wire has no word.
    return text_content(f"[{part.get('filename') or 'file'}]", [])


def _status(message: MessageRead) -> str:
    return message.status if message.status in ("in_progress", "completed") else "incomplete"


def _reason(message: MessageRead, author: Author | None) -> str:
    ended = author.status if author is not None else message.status
    if message.status == "incomplete" or ended == "incomplete":
        return _INCOMPLETE.get(message.finish_reason or "", "max_tokens")
    return _INCOMPLETE.get(ended, "run_failed")
