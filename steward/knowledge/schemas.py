"""What crosses the native door of knowledge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, Json, StringConstraints

from steward.kernel.pages import AnyId, CleanText, ShortText

Status = Literal["in_progress", "ready", "failed"]
Stage = Literal["accepted", "stored", "parsed", "chunked", "embedded", "searchable"]
Scalar = str | float | bool


def _few(given: dict[str, Any]) -> dict[str, Any]:
    if len(given) > 16:
        raise ValueError("at most 16 entries")
    for name, value in given.items():
        if (
            not 1 <= len(name) <= 64
            or (isinstance(value, str) and len(value) > 512)
            or "\x00" in f"{name}{value}"
        ):
            raise ValueError("names have 1 to 64 characters, texts at most 512, and no NUL")
    return given


Attributes = Annotated[dict[CleanText, Scalar], AfterValidator(_few)]
"""Up to 16 facts about a document, by which a search can be narrowed."""
Metadata = Annotated[dict[CleanText, CleanText], AfterValidator(_few)]
Tag = Annotated[ShortText, StringConstraints(min_length=1, max_length=64)]
Tags = Annotated[list[Tag], Field(max_length=32)]
Name = Annotated[ShortText, StringConstraints(min_length=1, max_length=256)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CollectionCreate(_Body):
    """A new collection. Without an embedding model it takes the server's."""

    name: Name
    description: ShortText = ""
    in_chat: bool = Field(default=True, description="Whether turns look into it when a request names none.")
    embedding_model: ShortText | None = None
    chunk_tokens: int | None = Field(default=None, ge=32, le=4_096)
    chunk_overlap: int | None = Field(default=None, ge=0, le=2_048)
    expires_days: int | None = Field(
        default=None, ge=1, le=365, description="Days without use until it expires."
    )
    metadata: Metadata = {}


class CollectionChange(_Body):
    """What shall be different. Another embedding model or other passages have every document made anew."""

    name: Name | None = None
    description: ShortText | None = None
    in_chat: bool | None = None
    embedding_model: ShortText | None = None
    chunk_tokens: int | None = Field(default=None, ge=32, le=4_096)
    chunk_overlap: int | None = Field(default=None, ge=0, le=2_048)
    expires_days: int | None = Field(default=None, ge=0, le=365, description="0 keeps it for ever.")
    metadata: Metadata | None = None


class DocumentCounts(BaseModel):
    """The documents of a collection by how far they are."""

    total: int = 0
    in_progress: int = 0
    ready: int = 0
    failed: int = 0


class CollectionRead(BaseModel):
    """Documents that are searched together."""

    id: str
    name: str
    description: str
    is_default: bool
    in_chat: bool
    status: Literal["in_progress", "ready", "expired"]
    embedding_model: str
    dimensions: int
    chunk_tokens: int
    chunk_overlap: int
    documents: DocumentCounts
    chunks: int
    bytes: int
    expires_days: int | None
    expires_at: datetime | None
    last_active_at: datetime
    created_at: datetime
    metadata: dict[str, str]


class CollectionPage(BaseModel):
    """Some collections."""

    items: list[CollectionRead]
    next_cursor: str | None


class DocumentError(BaseModel):
    """Why a document cannot be found, and what to do about it."""

    tag: str
    reason: str
    fix: str


class DocumentRead(BaseModel):
    """A document and how far it is. `stage` is the last one that is done; it is found once it is `searchable`."""

    id: str
    collection_id: str
    file_id: str | None
    source: str | None
    title: str
    name: str
    media_type: str
    bytes: int
    tags: list[str]
    attributes: dict[str, Scalar]
    status: Status
    stage: Stage
    progress: float = Field(description="From 0 to 1.")
    chunks_done: int
    chunks_total: int | None
    is_searchable: bool = Field(
        description="Whether a search finds it, perhaps still as it was before a change."
    )
    error: DocumentError | None
    language: str | None
    pages: int | None
    chars: int | None
    created_at: datetime
    updated_at: datetime
    ready_at: datetime | None
    url: str


class DocumentPage(BaseModel):
    """Some documents."""

    items: list[DocumentRead]
    next_cursor: str | None


class _DocumentFacts(_Body):
    collection_id: AnyId | None = Field(
        default=None, description="Without it the workspace's own collection."
    )
    tags: Tags = []
    attributes: Attributes = {}


class FileFacts(_DocumentFacts):
    """What stands beside a file in a form. The same source again replaces the document."""

    title: ShortText | None = None
    source: ShortText | None = None
    attributes: Json[Attributes] = {}


class TextUpload(_DocumentFacts):
    """A document that is written here and not uploaded."""

    title: Name
    content: CleanText = Field(min_length=1)
    type: Literal["text", "markdown", "code"] = "text"


class UrlUpload(_DocumentFacts):
    """A page of the web that becomes a document. Only public addresses are fetched."""

    url: HttpUrl
    title: ShortText | None = None


class DocumentChange(_Body):
    """What shall be different about a document; its contents are replaced by a new file."""

    title: Name | None = None
    tags: Tags | None = None
    attributes: Attributes | None = None


class DocumentText(BaseModel):
    """A stretch of what a document says."""

    document_id: str
    title: str
    revision: int
    start: int
    end: int
    chars: int
    text: str


class ChunkRead(BaseModel):
    """A passage of a document: its text from `start` to `end`, in characters."""

    ordinal: int
    start: int
    end: int
    page: int | None
    headings: list[str]
    tokens: int
    text: str


class ChunkPage(BaseModel):
    """Some passages of a document."""

    items: list[ChunkRead]
    next_cursor: str | None


class SearchRequest(_Body):
    """What to look for, and where."""

    query: Annotated[CleanText, StringConstraints(min_length=1, max_length=4_000, strip_whitespace=True)]
    limit: int = Field(default=5, ge=1, le=50)
    collection_ids: list[AnyId] | None = Field(
        default=None, max_length=50, description="Without it every one."
    )
    document_ids: list[AnyId] | None = Field(default=None, max_length=200)
    filter: dict[str, Any] | None = Field(
        default=None,
        description='A condition on attributes, `{"type": "eq", "key": "year", "value": 2026}`, or several, '
        '`{"type": "and", "filters": […]}`.',
    )
    least_score: float = Field(default=0.0, ge=0, le=1)


class PassageRead(BaseModel):
    """A passage that was found."""

    document_id: str
    collection_id: str
    file_id: str | None
    title: str
    text: str
    excerpt: str
    score: float
    page: int | None
    headings: list[str]
    revision: int
    ordinal: int
    start: int
    end: int
    url: str
    tags: list[str]
    attributes: dict[str, Scalar]


class SearchResult(BaseModel):
    """What was found, the best first."""

    query: str
    items: list[PassageRead]
    notice: str | None = Field(default=None, description="What did not work, and what was done instead.")


class DocumentDeleted(BaseModel):
    """A document or collection that is gone."""

    id: str
    deleted: bool = True


class SamplesAdded(BaseModel):
    """The sample documents and the collection that they are in."""

    collection_id: str
    document_ids: list[str]
