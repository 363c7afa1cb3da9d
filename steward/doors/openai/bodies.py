"""The shapes of the Assistants API's bodies, for the description of the interface alone: `raw` reads what comes.

The readers tell what does not fit in OpenAI's own words, which no schema does; a test holds these shapes against the
types of the official client. Specification: OpenAI API reference, 2026-11.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from steward.doors.openai.metadata import Scalar

_Metadata = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=512)]],
    Meta(max_length=16, description="Up to 16 pairs that are kept and given back."),
]
_Attributes = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=64)], Scalar],
    Meta(max_length=16, description="Up to 16 pairs by which searches can filter."),
]
_Model = Annotated[str, Meta(min_length=1, max_length=300)]
_Temperature = Annotated[float, Meta(ge=0, le=2)]
_TopP = Annotated[float, Meta(ge=0, le=1)]
_Tokens = Annotated[int, Meta(ge=1, le=10_000_000)]
_Instructions = Annotated[str, Meta(max_length=256_000)]
_FunctionName = Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
_FileIds = Annotated[list[str], Meta(max_length=500)]


class _Function(Struct):
    name: _FunctionName
    description: str | None = None
    parameters: Annotated[dict[str, Any], Meta(description="A JSON schema.")] | None = None
    strict: bool | None = None


class _FunctionTool(Struct, tag="function"):
    function: _Function


class _FileSearchTool(Struct, tag="file_search"):
    file_search: dict[str, Any] | None = None


class _CodeInterpreterTool(Struct, tag="code_interpreter"):
    """Kept, but not run here."""


_Tool = _FunctionTool | _FileSearchTool | _CodeInterpreterTool
_Tools = Annotated[list[_Tool], Meta(max_length=128)]


class _JsonSchema(Struct):
    name: Annotated[str, Meta(max_length=64)]
    schema: dict[str, Any] | None = None
    description: str | None = None
    strict: bool | None = None


class _TextFormat(Struct, tag="text"):
    pass


class _ObjectFormat(Struct, tag="json_object"):
    pass


class _SchemaFormat(Struct, tag="json_schema"):
    json_schema: _JsonSchema


_Format = Literal["auto"] | _TextFormat | _ObjectFormat | _SchemaFormat


class _ExpiresAfter(Struct):
    anchor: Literal["last_active_at"]
    days: Annotated[int, Meta(ge=1, le=365)]


class _Cut(Struct):
    max_chunk_size_tokens: Annotated[int, Meta(ge=100, le=4096)]
    chunk_overlap_tokens: Annotated[int, Meta(ge=0, le=2048, description="At most half of the passage.")]


class _AutoStrategy(Struct, tag="auto"):
    pass


class _StaticStrategy(Struct, tag="static"):
    static: _Cut


_Strategy = _AutoStrategy | _StaticStrategy


class VectorStoreBody(Struct):
    """A new vector store."""

    name: Annotated[str, Meta(max_length=256)] | None = None
    description: Annotated[str, Meta(max_length=500)] | None = None
    file_ids: _FileIds | None = None
    expires_after: _ExpiresAfter | None = None
    chunking_strategy: _Strategy | None = None
    metadata: _Metadata | None = None


class VectorStoreChangeBody(Struct):
    """What shall be different about a vector store."""

    name: Annotated[str, Meta(max_length=256)] | None = None
    expires_after: _ExpiresAfter | None = None
    metadata: _Metadata | None = None


class _CodeFiles(Struct):
    file_ids: Annotated[list[str], Meta(max_length=20)] | None = None


class _SearchedStores(Struct):
    """Name a store, or ask for a new one."""

    vector_store_ids: Annotated[list[str], Meta(max_length=1)] | None = None
    vector_stores: Annotated[list[VectorStoreBody], Meta(max_length=1)] | None = None


class _ToolResources(Struct):
    code_interpreter: _CodeFiles | None = None
    file_search: _SearchedStores | None = None


class _AssistantSettings(Struct, kw_only=True):
    name: Annotated[str, Meta(max_length=256)] | None = None
    description: Annotated[str, Meta(max_length=512)] | None = None
    instructions: _Instructions | None = None
    tools: _Tools | None = None
    tool_resources: _ToolResources | None = None
    metadata: _Metadata | None = None
    temperature: _Temperature | None = None
    top_p: _TopP | None = None
    response_format: _Format | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None


class AssistantBody(_AssistantSettings, kw_only=True):
    """A new assistant."""

    model: _Model


class AssistantChangeBody(_AssistantSettings, kw_only=True):
    """What shall be different about an assistant."""

    model: _Model | None = None


class _TextContent(Struct, tag="text"):
    text: str


class _ImageUrl(Struct):
    url: str
    detail: Literal["auto", "low", "high"] | None = None


class _ImageFile(Struct):
    file_id: str
    detail: Literal["auto", "low", "high"] | None = None


class _ImageUrlContent(Struct, tag="image_url"):
    image_url: _ImageUrl


class _ImageFileContent(Struct, tag="image_file"):
    image_file: _ImageFile


_Content = Annotated[list[_TextContent | _ImageUrlContent | _ImageFileContent], Meta(max_length=500)]


class _AttachmentTool(Struct):
    type: Literal["file_search", "code_interpreter"]


class _Attachment(Struct):
    file_id: str
    tools: list[_AttachmentTool] | None = None


class MessageBody(Struct):
    """A new message."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Meta(min_length=1)] | _Content
    attachments: Annotated[list[_Attachment], Meta(max_length=500)] | None = None
    metadata: _Metadata | None = None


class MetadataBody(Struct):
    """Other metadata."""

    metadata: _Metadata | None = None


class ThreadChangeBody(Struct):
    """What shall be different about a thread."""

    metadata: _Metadata | None = None
    tool_resources: _ToolResources | None = None


class ThreadBody(Struct):
    """A new thread."""

    messages: list[MessageBody] | None = None
    metadata: _Metadata | None = None
    tool_resources: _ToolResources | None = None


class _Truncation(Struct):
    type: Literal["auto", "last_messages"]
    last_messages: _Tokens | None = None


class _NamedFunction(Struct):
    name: str


class _NamedTool(Struct):
    type: Literal["function", "file_search", "code_interpreter"]
    function: _NamedFunction | None = None


class _RunSettings(Struct, kw_only=True):
    """What a run says instead of its assistant."""

    assistant_id: str
    model: Annotated[str, Meta(max_length=200)] | None = None
    instructions: _Instructions | None = None
    tools: _Tools | None = None
    metadata: _Metadata | None = None
    temperature: _Temperature | None = None
    top_p: _TopP | None = None
    max_prompt_tokens: _Tokens | None = None
    max_completion_tokens: _Tokens | None = None
    max_tokens: Annotated[_Tokens, Meta(description="Another name of max_completion_tokens.")] | None = None
    truncation_strategy: _Truncation | None = None
    tool_choice: Literal["none", "auto", "required"] | _NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: _Format | None = None
    stream: bool | None = None


class RunBody(_RunSettings, kw_only=True):
    """A new run."""

    additional_instructions: _Instructions | None = None
    additional_messages: list[MessageBody] | None = None
    reasoning_effort: Annotated[str, Meta(max_length=20)] | None = None


class ThreadAndRunBody(_RunSettings, kw_only=True):
    """A new thread, and a run on it."""

    thread: ThreadBody
    tool_resources: _ToolResources | None = None


class _ToolOutput(Struct):
    tool_call_id: str
    output: Annotated[str, Meta(max_length=1_000_000)] | None = None


class ToolOutputsBody(Struct):
    """What the functions gave that a run waits for."""

    tool_outputs: list[_ToolOutput]
    stream: bool | None = None


class StoreFileBody(Struct):
    """A file for a vector store."""

    file_id: str
    attributes: _Attributes | None = None
    chunking_strategy: _Strategy | None = None


class StoreFileChangeBody(Struct):
    """Other attributes of a file."""

    attributes: _Attributes | None


class FileBatchBody(Struct):
    """The files of a batch, by their ids or one by one."""

    file_ids: Annotated[list[str], Meta(max_length=2000)] | None = None
    files: Annotated[list[StoreFileBody], Meta(max_length=2000)] | None = None
    attributes: _Attributes | None = None
    chunking_strategy: _Strategy | None = None


class _RankingOptions(Struct):
    ranker: str | None = None
    score_threshold: Annotated[float, Meta(ge=0, le=1)] | None = None


class _Filter(Struct):
    """A comparison, with `key` and `value`, or `and` and `or` of further filters."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"]
    key: str | None = None
    value: Scalar | list[Scalar] | None = None
    filters: list[dict[str, Any]] | None = None


class StoreSearchBody(Struct):
    """What to look for in a vector store."""

    query: (
        Annotated[str, Meta(min_length=1, max_length=4096)]
        | Annotated[
            list[Annotated[str, Meta(min_length=1, max_length=4096)]], Meta(min_length=1, max_length=10)
        ]
    )
    filters: _Filter | None = None
    max_num_results: Annotated[int, Meta(ge=1, le=50)] | None = None
    ranking_options: _RankingOptions | None = None
    rewrite_query: bool | None = None
