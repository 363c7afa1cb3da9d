"""Saved objects of OpenAI's Assistants API for the tests of the import, as its own client gave them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = dict[str, Any]

BEGAN = 1_700_000_000
MODEL = "openai/gpt-4o-mini"


def assistant(assistant_id: str = "asst_Clerk1", **fields: Any) -> Json:
    """An assistant."""
    return {
        "id": assistant_id,
        "object": "assistant",
        "created_at": BEGAN,
        "name": "Clerk",
        "description": None,
        "model": MODEL,
        "instructions": "Answer in one word.",
        "tools": [],
        "top_p": 1.0,
        "temperature": 0.5,
        "reasoning_effort": None,
        "tool_resources": {},
        "metadata": {"team": "office"},
        "response_format": "auto",
        **fields,
    }


def thread(thread_id: str = "thread_AbC", **fields: Any) -> Json:
    """A thread."""
    return {
        "id": thread_id,
        "object": "thread",
        "created_at": BEGAN + 10,
        "metadata": {"customer": "7"},
        "tool_resources": {},
        **fields,
    }


def text(value: str, *annotations: Json) -> list[Json]:
    """The content of a message that is one text."""
    return [{"type": "text", "text": {"value": value, "annotations": list(annotations)}}]


def message(number: int, said: str | list[Json], **fields: Any) -> Json:
    """A message of the thread; those with even numbers are a user's, the others an assistant's."""
    is_answer = number % 2 == 1
    at = BEGAN + 20 + number
    return {
        "id": f"msg_N{number}",
        "object": "thread.message",
        "created_at": at,
        "assistant_id": "asst_Clerk1" if is_answer else None,
        "thread_id": "thread_AbC",
        "run_id": f"run_N{number}" if is_answer else None,
        "role": "assistant" if is_answer else "user",
        "content": text(said) if isinstance(said, str) else said,
        "attachments": [],
        "metadata": {"number": str(number)},
        **fields,
    }


def file(file_id: str, name: str, **fields: Any) -> Json:
    """A file."""
    known: Json = {
        "id": file_id,
        "object": "file",
        "created_at": BEGAN,
        "filename": name,
        "purpose": "assistants",
    }
    return {**known, **fields}


def citation(said: str, marker: str, file_id: str, quote: str) -> Json:
    """The annotation of a marker in a text."""
    at = said.index(marker)
    return {
        "type": "file_citation",
        "text": marker,
        "start_index": at,
        "end_index": at + len(marker),
        "file_citation": {"file_id": file_id, "quote": quote},
    }


def write(path: Path, value: Any) -> Path:
    """Save a value as JSON."""
    path.write_text(json.dumps(value, indent=2))
    return path


def write_lines(path: Path, values: Iterable[Any]) -> Path:
    """Save values as lines of JSON."""
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values))
    return path


def page(*values: Json) -> Json:
    """A page of a list, as the API gives it."""
    return {"object": "list", "data": list(values), "first_id": None, "last_id": None, "has_more": False}
