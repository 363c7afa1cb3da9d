"""Conversations of ChatGPT's own export for the tests of its import: trees of messages, as the export writes them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

BEGAN = 1_700_000_000.5


def node(node_id: str, parent: str | None, role: str = "user", content: Any = "", **fields: Any) -> Json:
    """A node of the tree; content is a text, or as the export has it. `children` are set by `conversation`."""
    metadata = fields.pop("metadata", {})
    written = {"content_type": "text", "parts": [content]} if isinstance(content, str) else content
    message: Json = {
        "id": node_id,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": BEGAN + len(node_id),
        "content": written,
        "status": "finished_successfully",
        "recipient": "all",
        "metadata": metadata,
        **fields,
    }
    return {"id": node_id, "message": message, "parent": parent, "children": []}


def root(node_id: str = "root") -> Json:
    """The node at which every tree begins."""
    return {"id": node_id, "message": None, "parent": None, "children": []}


def conversation(conversation_id: str, *nodes: Json, current: str | None = None, **fields: Any) -> Json:
    """A conversation of the export, whose newest node is the current one."""
    mapping: dict[str, Json] = {one["id"]: {**one, "children": []} for one in nodes}
    for one in nodes:
        if one["parent"] in mapping:
            mapping[one["parent"]]["children"].append(one["id"])
    return {
        "title": "Of pumps",
        "create_time": BEGAN,
        "update_time": BEGAN + 100,
        "mapping": mapping,
        "current_node": current or nodes[-1]["id"],
        "conversation_id": conversation_id,
        "id": conversation_id,
        "is_archived": False,
        **fields,
    }
