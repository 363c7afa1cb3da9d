"""What the description of the interface says of this door: bodies, queries and refusals, which the routes read raw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from fastapi import APIRouter
from fastapi.routing import APIRoute

from steward.doors.openai import bodies, response_bodies, wire
from steward.doors.openai.embeddings import EmbeddingsBody

Schema = dict[str, Any]

BODIES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "create_chat_completion": wire.ChatBody,
    "create_embedding": EmbeddingsBody,
    "create_assistant": bodies.AssistantBody,
    "change_openai_assistant": bodies.AssistantChangeBody,
    "create_openai_thread": bodies.ThreadBody,
    "change_openai_thread": bodies.ThreadChangeBody,
    "create_message": bodies.MessageBody,
    "change_message": bodies.MetadataBody,
    "create_thread_and_run": bodies.ThreadAndRunBody,
    "create_run": bodies.RunBody,
    "update_run": bodies.MetadataBody,
    "submit_tool_outputs": bodies.ToolOutputsBody,
    "create_vector_store": bodies.VectorStoreBody,
    "change_vector_store": bodies.VectorStoreChangeBody,
    "search_vector_store": bodies.StoreSearchBody,
    "create_vector_store_file": bodies.StoreFileBody,
    "change_vector_store_file": bodies.StoreFileChangeBody,
    "create_file_batch": bodies.FileBatchBody,
    "create_response": response_bodies.ResponseBody,
    "create_conversation": response_bodies.ConversationBody,
    "change_conversation": response_bodies.ConversationChangeBody,
    "create_conversation_items": response_bodies.ItemsBody,
}
"""The body of each operation."""

WITHOUT_BODY: Final = frozenset({"cancel_run", "cancel_file_batch", "cancel_response"})
"""Operations that change something and read no body."""

_MAY_BE_EMPTY: Final = frozenset({"create_openai_thread", "create_vector_store", "create_conversation"})
_MOST: Final = {"list_openai_files": 10_000}
_STATUSES: Final = ("in_progress", "completed", "failed", "cancelled")
_ERROR: Final[Schema] = {
    "description": "A refusal, as OpenAI's API words it.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {
                    "error": {
                        "type": "object",
                        "required": ["message", "type", "param", "code"],
                        "properties": {
                            "message": {"type": "string"},
                            "type": {"type": "string"},
                            "param": {"type": ["string", "null"]},
                            "code": {"type": ["string", "null"]},
                        },
                    }
                },
            }
        }
    },
}


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_INCLUDE: Final = _query(
    "include[]",
    {"type": "array", "items": {"type": "string"}},
    "`step_details.tool_calls[*].file_search.results[*].content` shows the passages of a search.",
)
_FURTHER: Final[Mapping[str, list[Schema]]] = {
    "list_messages": [_query("run_id", {"type": "string"}, "Only the messages that this run wrote.")],
    "list_run_steps": [_INCLUDE],
    "read_run_step": [_INCLUDE],
    "list_openai_files": [_query("purpose", {"type": "string"}, "Only the files for this purpose.")],
    "list_vector_store_files": [_query("filter", {"enum": list(_STATUSES)}, "Only the files so far.")],
    "list_file_batch_files": [_query("filter", {"enum": list(_STATUSES)}, "Only the files so far.")],
}
_UNLISTED: Final = frozenset({"list_openai_models"})


def describe(router: APIRouter) -> None:
    """Complete what the description says of a router's operations. Done twice, it changes nothing."""
    for route in router.routes:
        if not isinstance(route, APIRoute):
            continue
        route.responses["default"] = _ERROR
        said: Schema = {}
        if route.name in BODIES:
            said["requestBody"] = _body(route.name)
        if queries := _queries(route.name):
            said["parameters"] = queries
        if said:
            route.openapi_extra = said


def _body(name: str) -> Schema:
    schema = schema_of(BODIES[name])
    return {
        "required": name not in _MAY_BE_EMPTY,
        "content": {"application/json": {"schema": schema}},
    }


def _queries(name: str) -> list[Schema]:
    listing = _listing(_MOST.get(name, 100)) if name.startswith("list_") and name not in _UNLISTED else []
    return [*listing, *_FURTHER.get(name, [])]


def _listing(most: int) -> list[Schema]:
    limit = {"type": "integer", "minimum": 1, "maximum": most}
    return [
        _query("limit", limit, "How many at most."),
        _query("order", {"enum": ["asc", "desc"], "default": "desc"}, "The oldest or the newest first."),
        _query("after", {"type": "string"}, "The id behind which the list begins."),
        _query("before", {"type": "string"}, "The id before which the list ends."),
    ]


def schema_of(shape: type[msgspec.Struct]) -> Schema:
    """The JSON schema of a shape, whole in itself."""
    (schema,), parts = msgspec.json.schema_components((shape,), ref_template="{name}")
    return _whole(schema, parts)


def _whole(given: Any, parts: Mapping[str, Schema]) -> Any:
    """A schema with what it refers to put in its place; no shape of this wire holds itself."""
    if isinstance(given, list):
        return [_whole(one, parts) for one in cast("list[Any]", given)]
    if not isinstance(given, dict):
        return given
    fields = cast("Schema", given)
    if "$ref" in fields:
        return _whole(parts[fields["$ref"]], parts)
    return {
        name: _whole(value, parts) for name, value in fields.items() if name not in {"discriminator", "title"}
    }
