"""Dumps of OpenAI's Assistants API: which of its objects a JSON value holds, however it was saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

Json = dict[str, Any]

_KINDS: Final = {
    "assistant": "assistant",
    "thread": "thread",
    "thread.message": "message",
    "file": "file",
    "vector_store": "vector_store",
    "vector_store.file": "vector_store_file",
    "thread.run": "run",
    "thread.run.step": "step",
}
_PREFIXES: Final = {
    "asst_": "assistant",
    "thread_": "thread",
    "msg_": "message",
    "file-": "file",
    "vs_": "vector_store",
    "run_": "run",
    "step_": "step",
}
# What an object of its own belongs to.
_PARENTS: Final = {
    "message": "thread_id",
    "run": "thread_id",
    "step": "run_id",
    "vector_store_file": "vector_store_id",
}
_NAMED: Final = ("run_id", "assistant_id")
_ID: Final = re.compile(r"[A-Za-z0-9._:~-]{1,200}")
_MOST_DEPTH: Final = 6


@dataclass(frozen=True, slots=True)
class Item:
    """An object of a dump.

    Attributes:
        id: of a file in a vector store: of both.
        parent_id: of the thread, the run or the vector store that it belongs to; empty when it stands by itself.
        fault: why it cannot be brought in; empty when it can.
    """

    kind: str
    id: str
    body: Json
    parent_id: str = ""
    fault: str = ""


def items(value: Any, *, key: str = "", holder: Json | None = None) -> Iterator[Item]:
    """The objects within a value of a dump; none when it holds nothing that is known.

    Args:
        value: as it was read.
        key: of the list that held it, when that was a member of an object.
        holder: that object.
    """
    yield from _walk(value, _thread_of(holder or {}) or _thread_id(key), 0)


def _walk(value: Any, thread_id: str, depth: int) -> Iterator[Item]:
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _walk(one, thread_id, depth + 1)
    elif isinstance(value, dict):
        yield from _of_object(cast(Json, value), thread_id, depth)


def _of_object(value: Json, thread_id: str, depth: int) -> Iterator[Item]:
    kind = _kind(value)
    if kind is None:
        thread_id = _thread_of(value) or thread_id
        for key, one in value.items():
            yield from _walk(one, _thread_id(key) or thread_id, depth + 1)
        return
    inner = {"thread": ("messages", "runs"), "run": ("steps",), "vector_store": ("files",)}.get(kind, ())
    held = {name: value[name] for name in inner if isinstance(value.get(name), list | dict)}
    yield _item(kind, {name: one for name, one in value.items() if name not in held}, thread_id)
    for one in held.values():
        yield from _walk(one, str(value.get("id")) if kind == "thread" else thread_id, depth + 1)


def _item(kind: str, body: Json, thread_id: str) -> Item:
    if kind in ("message", "run") and not body.get("thread_id"):
        body = {**body, "thread_id": thread_id}
    # Of other things only ids that could be ours are kept.
    body = {name: one for name, one in body.items() if name not in _NAMED or _is_id(one)}
    own_id = body.get("id")
    parent_name = _PARENTS.get(kind)
    parent_id = body.get(parent_name) if parent_name else ""
    for given in (own_id, parent_id) if parent_name else (own_id,):
        if not _is_id(given):
            name = "id" if given is own_id else parent_name
            return Item(kind, "", body, fault=f"A {kind.replace('_', ' ')} has no {name} that can be kept.")
    if kind == "message" and body.get("role") not in ("user", "assistant"):
        return Item(kind, str(own_id), body, fault="A message is neither a user's nor an assistant's.")
    item_id = f"{parent_id}/{own_id}" if kind == "vector_store_file" else str(own_id)
    return Item(kind, item_id, body, str(parent_id))


def _is_id(given: Any) -> bool:
    return isinstance(given, str) and _ID.fullmatch(given) is not None


def _kind(value: Json) -> str | None:
    named = value.get("object")
    if isinstance(named, str):
        return _KINDS.get(named)
    own_id = value.get("id")
    if not isinstance(own_id, str):
        return None
    return next((kind for prefix, kind in _PREFIXES.items() if own_id.startswith(prefix)), None)


def _thread_of(holder: Json) -> str:
    """The thread that the lists of an object belong to."""
    thread = holder.get("thread")
    inner = cast(Json, thread).get("id") if isinstance(thread, dict) else thread
    return next(
        (
            found
            for given in (holder.get("thread_id"), inner, holder.get("id"))
            if (found := _thread_id(given))
        ),
        "",
    )


def _thread_id(given: Any) -> str:
    return given if isinstance(given, str) and given.startswith("thread_") and _ID.fullmatch(given) else ""
