"""Messages of ChatGPT's export, as parts: texts, images, thoughts, and what its tools did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import msgspec

from steward.doors.terminal.imports.message_parts import KnownFile
from steward.doors.terminal.imports.moments import moment
from steward.kernel.characters import storable

Json = dict[str, Any]
Part = dict[str, Any]

_POINTER: Final = re.compile(r"^[a-z-]+://(file[-_][A-Za-z0-9]+)")
_POINTERS: Final = re.compile(rb'"asset_pointer":"[a-z-]+://(file[-_][A-Za-z0-9]+)')
# Signs of a private alphabet, by which the page finds what it shows as links.
_MARK: Final = re.compile("\ue200[^\ue201]{0,2000}\ue201|[\ue200-\ue2ff]")
_SOURCE: Final = re.compile("【[^】]{1,60}†[^】]{0,60}】")


@dataclass(frozen=True, slots=True)
class Node:
    """A message of the tree. Of a tool, `parts` is one part of the type `tool_result`, which is never kept."""

    node_id: str
    role: str
    parts: list[Part]
    at: datetime | None
    model: str | None


def file_ids(conversation: Json) -> set[str]:
    """The files that a conversation shows."""
    return {found.decode() for found in _POINTERS.findall(msgspec.json.encode(conversation))}


def read(message: Json, files: Mapping[str, KnownFile]) -> Node:
    """A message; without parts when nobody was shown it."""
    metadata = _inner(message, "metadata")
    author = _inner(message, "author")
    role, content = str(author.get("role")), _inner(message, "content")
    model = storable(metadata.get("model_slug"))
    node_id = str(message.get("id"))
    is_hidden = metadata.get("is_visually_hidden_from_conversation") is True or role == "system"
    parts: list[Part] = []
    if not is_hidden and role == "tool":
        parts = _result(content, files)
    elif not is_hidden:
        parts = _parts(node_id, str(message.get("recipient") or "all"), content, files, metadata)
    at = moment(message.get("create_time"))
    return Node(node_id, role, parts, at, model if isinstance(model, str) and role != "user" else None)


def join(parts: list[Part], node: Node) -> None:
    """Add what a model said next, or what came of the call that it made last."""
    for part in node.parts:
        if part["type"] != "tool_result":
            parts.append(part)
            continue
        call = next(
            (one for one in reversed(parts) if one["type"] == "tool_call" and "output" not in one), None
        )
        if call is not None:
            call.pop("error", None)
            call.update(state="output_ready", output=part["output"])
        parts.extend(part["images"])


def _parts(
    node_id: str, recipient: str, content: Json, files: Mapping[str, KnownFile], metadata: Json
) -> list[Part]:
    kind = str(content.get("content_type"))
    if kind in ("thoughts", "reasoning_recap"):
        thoughts = [_inner({"": one}, "") for one in _list(content, "thoughts")]
        said = "\n\n".join(str(one.get("content") or one.get("summary") or "") for one in thoughts)
        return [{"type": "reasoning", "text": said}] if said.strip() else []
    if recipient != "all" or kind == "code":
        name = recipient if recipient != "all" else str(content.get("language") or "code")
        call: Part = {
            "type": "tool_call",
            "call_id": node_id,
            "name": name,
            "input": {"text": _plain(content)},
        }
        return [{**call, "state": "failed", "error": "It was never answered."}]
    parts: list[Part] = []
    for one in _list(content, "parts"):
        if isinstance(one, str):
            parts.append({"type": "text", "text": _readable(one, metadata)})
        elif isinstance(one, dict):
            parts.extend(_shown(cast(Json, one), files))
    if not parts and isinstance(content.get("text"), str):
        parts = [{"type": "text", "text": _readable(content["text"], metadata)}]
    return [part for part in parts if part["type"] != "text" or part["text"].strip()]


def _result(content: Json, files: Mapping[str, KnownFile]) -> list[Part]:
    inner = [cast(Json, one) for one in _list(content, "parts") if isinstance(one, dict)]
    images = [part for one in inner for part in _shown(one, files) if part["type"] == "file"]
    return [{"type": "tool_result", "output": _plain(content), "images": images}]


def _shown(one: Json, files: Mapping[str, KnownFile]) -> list[Part]:
    """An image, or what was said aloud."""
    if isinstance(one.get("text"), str):
        return [{"type": "text", "text": one["text"]}]
    pointer = _POINTER.match(str(one.get("asset_pointer") or ""))
    if pointer is None:
        return []
    file = files.get(pointer[1])
    if file is None or file.image_url is None:
        return [{"type": "text", "text": f"[{one.get('content_type') or 'file'} {pointer[1]}]"}]
    return [
        {
            "type": "file",
            "url": file.image_url,
            "media_type": file.media_type,
            "filename": file.name,
            "detail": "auto",
            "file_id": file.id,
        }
    ]


def _readable(text: str, metadata: Json) -> str:
    """The text with its links in words, as the page shows it."""
    for one in _list(metadata, "content_references"):
        reference = _inner({"": one}, "")
        marked, shown = reference.get("matched_text"), reference.get("alt")
        if isinstance(marked, str) and marked.strip() and "\ue200" in marked:
            text = text.replace(marked, shown if isinstance(shown, str) else "")
    return _SOURCE.sub("", _MARK.sub("", text))


def _plain(content: Json) -> str:
    if isinstance(content.get("text"), str):
        return content["text"]
    texts = [one for one in _list(content, "parts") if isinstance(one, str)]
    return "\n".join([*texts, str(content.get("result") or "")]).strip()


def _inner(given: Json, name: str) -> Json:
    inner = given.get(name)
    return cast(Json, inner) if isinstance(inner, dict) else {}


def _list(given: Json, name: str) -> list[Any]:
    inner = given.get(name)
    return cast("list[Any]", inner) if isinstance(inner, list) else []
