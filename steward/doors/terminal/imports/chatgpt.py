"""ChatGPT's own export: its conversations, each a tree of messages, as ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from steward.doors.terminal.imports.chatgpt_parts import Json, Node, Part, join, read
from steward.doors.terminal.imports.message_parts import KnownFile
from steward.doors.terminal.imports.moments import moment
from steward.kernel.characters import cut, storable
from steward.kernel.ids import id_of
from steward.threads.importing import PastMessage, PastThread
from steward.threads.reading import TITLE_CHARS

_BEGINNING: Final = datetime(2022, 11, 30, tzinfo=UTC)
"""When ChatGPT began: for conversations that do not say when they were held."""
_TICK: Final = timedelta(microseconds=1)
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._:~-]{1,200}")


@dataclass(slots=True)
class _Said:
    """A message in the making. What a model does on the way to its answer goes into the answer's parts."""

    node_id: str
    parent_id: str | None
    role: str
    parts: list[Part]
    at: datetime
    model: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: the message that it went into, and whether what follows may go into it, too."""

    said: _Said | None
    is_open: bool = False


def is_conversation(value: Any) -> bool:
    """Whether a value is a conversation of the export."""
    return isinstance(value, dict) and isinstance(cast(Json, value).get("mapping"), dict)


def conversation_id(conversation: Json) -> str:
    """Its id; empty when it has none that can be kept."""
    given = conversation.get("conversation_id") or conversation.get("id")
    return given if isinstance(given, str) and _CLIENT_ID.fullmatch(given) else ""


def past_thread(owner: str, conversation: Json, files: Mapping[str, KnownFile]) -> PastThread:
    """A conversation as we keep it. The same one always gets the same ids.

    Args:
        owner: whose it will be.
        conversation: of the export, with an id.
        files: of the export that are here, by their ids there.
    """
    given_id = conversation_id(conversation)
    thread_id = id_of("thread", "chatgpt", owner, given_id)
    created_at = moment(conversation.get("create_time")) or _BEGINNING
    nodes: dict[str, Json] = conversation["mapping"]
    folding = _Folding(files, created_at)
    folding.fold(nodes)
    last = _Place(folding.said[-1] if folding.said else None)
    shown = folding.places.get(str(conversation.get("current_node")), last).said
    title = str(conversation.get("title") or "")
    return PastThread(
        thread_id,
        created_at,
        [_message(thread_id, one) for one in folding.said],
        None if shown is None else _message_id(thread_id, shown.node_id),
        title=cut(" ".join(storable(title).split()), TITLE_CHARS),
        client_id=given_id,
        archived=conversation.get("is_archived") is True,
        metadata={"imported_from": "chatgpt"},
    )


def _message(thread_id: str, said: _Said) -> PastMessage:
    return PastMessage(
        _message_id(thread_id, said.node_id),
        None if said.parent_id is None else _message_id(thread_id, said.parent_id),
        said.role,
        storable(said.parts),
        said.at,
        client_id=said.node_id if _CLIENT_ID.fullmatch(said.node_id) else None,
        model=said.model,
    )


def _message_id(thread_id: str, node_id: str) -> str:
    return id_of("msg", thread_id, node_id)


class _Folding:
    """The messages of a tree, parents first, and where each of its nodes went."""

    def __init__(self, files: Mapping[str, KnownFile], began_at: datetime) -> None:
        self._files, self._began_at = files, began_at
        self.said: list[_Said] = []
        self.places: dict[str, _Place] = {}

    def fold(self, nodes: Mapping[str, Json]) -> None:
        """Take in a whole tree. What a model does on the way to an answer is one message with it, unless the tree
        branches in between.
        """
        for node_id, parent_id, children in _walk(nodes):
            before = self.places.get(parent_id or "", _Place(None))
            message: Any = nodes[node_id].get("message")
            node = read(cast(Json, message), self._files) if isinstance(message, dict) else None
            is_open = children == 1
            if node is None or not node.parts:
                # Nobody sees it: what follows it follows what was before.
                self.places[node_id] = _Place(before.said, before.is_open and is_open)
            elif node.role != "user" and before.is_open and before.said and before.said.role == "assistant":
                join(before.said.parts, node)
                before.said.model = before.said.model or node.model
                self.places[node_id] = _Place(before.said, is_open)
            elif node.role == "tool":
                self.places[node_id] = _Place(before.said, before.is_open and is_open)
            else:
                self.places[node_id] = _Place(self._begin(node_id, before.said, node), is_open)

    def _begin(self, node_id: str, before: _Said | None, node: Node) -> _Said:
        at = node.at or (self._began_at if before is None else before.at + _TICK)
        role = "user" if node.role == "user" else "assistant"
        parent_id = None if before is None else before.node_id
        self.said.append(_Said(node_id, parent_id, role, node.parts, at, node.model))
        return self.said[-1]


def _walk(nodes: Mapping[str, Json]) -> Iterator[tuple[str, str | None, int]]:
    """Each node once, whatever the export says: with its parent, which came before, and the number of its children."""
    children: dict[str | None, list[str]] = {}
    for node_id, node in nodes.items():
        given: Any = node.get("parent")
        parent = given if isinstance(given, str) and given in nodes and given != node_id else None
        children.setdefault(parent, []).append(node_id)
    for node_id, node in nodes.items():
        told: Any = node.get("children")
        order = (
            {str(child): at for at, child in enumerate(cast("list[Any]", told))}
            if isinstance(told, list)
            else {}
        )
        children.get(node_id, []).sort(key=lambda child: order.get(child, len(order)))
    waiting: list[tuple[str, str | None]] = [(root, None) for root in reversed(children.get(None, []))]
    while waiting:
        node_id, parent_id = waiting.pop()
        following = children.get(node_id, [])
        yield node_id, parent_id, len(following)
        waiting.extend((child, node_id) for child in reversed(following))
