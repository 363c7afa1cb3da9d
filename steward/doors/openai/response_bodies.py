"""The shapes of the bodies of responses and conversations, for the description of the interface alone.

The readers tell what does not fit in OpenAI's own words, which no schema does; a test holds these shapes against the
types of the official client. Specification: OpenAI API reference, 2026-11.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

_Metadata = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=512)]],
    Meta(max_length=16, description="Up to 16 pairs that are kept and given back."),
]
_Items = Annotated[
    list[dict[str, Any]],
    Meta(description="Messages, calls of functions and what these gave."),
]


class _Conversation(Struct):
    id: str


class _Reasoning(Struct):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: str | None = None


class _Text(Struct):
    format: Annotated[dict[str, Any], Meta(description="`text`, `json_object` or `json_schema`.")] | None = (
        None
    )
    verbosity: str | None = None


class ResponseBody(Struct):
    """The body of `POST /v1/responses`."""

    input: Annotated[str, Meta(description="What a user says.")] | _Items
    model: (
        Annotated[str, Meta(max_length=300, description="A model, or an agent, `agent/<name or id>`.")] | None
    ) = None
    instructions: Annotated[str, Meta(max_length=256_000)] | None = None
    previous_response_id: str | None = None
    conversation: str | _Conversation | None = None
    stream: bool | None = None
    background: bool | None = None
    store: bool | None = None
    tools: (
        Annotated[
            list[dict[str, Any]],
            Meta(max_length=128, description="Of the types `function` and `file_search`."),
        ]
        | None
    ) = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    max_output_tokens: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    text: _Text | None = None
    reasoning: _Reasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None
    include: list[str] | None = None
    metadata: _Metadata | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None


class ConversationBody(Struct):
    """The body of `POST /v1/conversations`."""

    items: Annotated[_Items, Meta(max_length=20)] | None = None
    metadata: _Metadata | None = None


class ConversationChangeBody(Struct):
    """The body of `POST /v1/conversations/{conversation_id}`."""

    metadata: _Metadata


class ItemsBody(Struct):
    """The body of `POST /v1/conversations/{conversation_id}/items`."""

    items: Annotated[_Items, Meta(min_length=1, max_length=20)]
