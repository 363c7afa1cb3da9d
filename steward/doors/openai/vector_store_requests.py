"""What clients of OpenAI's vector stores send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from steward.doors.openai import metadata, raw
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body
from steward.knowledge.schemas import CollectionChange, CollectionCreate
from steward.knowledge.store_files import Wish

STATUSES: Final = ("in_progress", "completed", "failed", "cancelled")

_UNNAMED: Final = "Vector store"
_MOST_NAME_CHARS: Final = 256
_MOST_DESCRIPTION_CHARS: Final = 500
_MOST_FILES_AT_ONCE: Final = 500
_MOST_FILES: Final = 2_000
_MOST_QUERIES: Final = 10
_MOST_QUERY_CHARS: Final = 4_096


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for in a vector store; several questions share one list of finds."""

    queries: list[str]
    limit: int
    filters: dict[str, Any] | None
    least_score: float


def to_create(body: Body) -> CollectionCreate:
    """A new vector store. Chats that name no store do not look into it: it belongs to who named it.

    Raises:
        BadRequest: a field does not fit.
    """
    strategy = _strategy(body)
    return CollectionCreate(
        name=_name(body) or _UNNAMED,
        description=body.text("description", most=_MOST_DESCRIPTION_CHARS) or "",
        in_chat=False,
        chunk_tokens=strategy and strategy[0],
        chunk_overlap=strategy and strategy[1],
        expires_days=_expires_days(body),
        metadata=metadata.read(body) or {},
    )


def to_change(body: Body) -> CollectionChange:
    """What shall be different about a vector store; what is not sent stays.

    Raises:
        BadRequest: a field does not fit.
    """
    days = _expires_days(body)
    return CollectionChange(
        name=_name(body) or None,
        expires_days=(days or 0) if "expires_after" in body else None,
        metadata=metadata.read(body),
    )


def to_first_wishes(body: Body) -> list[Wish]:
    """The files that a new vector store begins with; they are cut as the store says.

    Raises:
        BadRequest: a field does not fit.
    """
    return [Wish(file_id) for file_id in body.texts("file_ids", most=_MOST_FILES_AT_ONCE) or ()]


def to_wish(body: Body) -> Wish:
    """One file for a vector store.

    Raises:
        BadRequest: a field does not fit.
    """
    return _wish(body, body.needed_text("file_id"))


def to_wishes(body: Body) -> list[Wish]:
    """The files of a batch.

    Raises:
        BadRequest: there are none, two lists of them, or a field does not fit.
    """
    file_ids = body.texts("file_ids", most=_MOST_FILES)
    several = body.inners("files", most=_MOST_FILES)
    if file_ids and several:
        words = "'file_ids' and 'files' are mutually exclusive: send one of them."
        raise BadRequest(words, param="files", code="mutually_exclusive_parameters")
    if several:
        return [to_wish(one) for one in several]
    if not file_ids:
        raise raw.missing("file_ids")
    return [_wish(body, file_id) for file_id in file_ids]


def to_attributes(body: Body) -> dict[str, metadata.Scalar]:
    """The attributes that a file shall have.

    Raises:
        BadRequest: they are missing or do not fit.
    """
    attributes = metadata.read_attributes(body)
    if attributes is None:
        raise raw.missing("attributes")
    return attributes


def to_search(body: Body) -> Search:
    """A search.

    Raises:
        BadRequest: a field does not fit.
    """
    options = body.inner("ranking_options")
    least = None if options is None else options.number("score_threshold", least=0, most=1)
    filters = body.inner("filters")
    body.flag("rewrite_query")
    return Search(
        queries=_queries(body),
        limit=body.whole("max_num_results", least=1, most=50) or 10,
        filters=None if filters is None else filters.fields,
        least_score=least or 0.0,
    )


def _queries(body: Body) -> list[str]:
    if isinstance(body.fields.get("query"), list):
        queries = body.texts("query", most=_MOST_QUERIES) or []
    else:
        queries = [body.needed_text("query")]
    asked = [query.strip() for query in queries]
    if not all(asked) or not asked:
        raise BadRequest("'query' must be a text or a list of texts, none of them empty.", param="query")
    for query in asked:
        if len(query) > _MOST_QUERY_CHARS:
            raise raw.too_long("query", _MOST_QUERY_CHARS, len(query))
    return asked


def _wish(body: Body, file_id: str) -> Wish:
    strategy = _strategy(body)
    attributes = metadata.read_attributes(body)
    return Wish(file_id, attributes, *(strategy or (None, None)))


def _name(body: Body) -> str:
    return (body.text("name", most=_MOST_NAME_CHARS) or "").strip()


def _expires_days(body: Body) -> int | None:
    after = body.inner("expires_after")
    if after is None:
        return None
    if after.one_of("anchor", ("last_active_at",)) is None:
        raise raw.missing(after.path_of("anchor"))
    days = after.whole("days", least=1, most=365)
    if days is None:
        raise raw.missing(after.path_of("days"))
    return days


def _strategy(body: Body) -> tuple[int, int] | None:
    """Tokens of a passage, and how many it repeats; None for what the server or the store does."""
    strategy = body.inner("chunking_strategy")
    if strategy is None:
        return None
    kind = strategy.one_of("type", ("auto", "static"))
    if kind is None:
        raise raw.missing(strategy.path_of("type"))
    if kind == "auto":
        return None
    static = strategy.inner("static")
    if static is None:
        raise raw.missing(strategy.path_of("static"))
    tokens = static.whole("max_chunk_size_tokens", least=100, most=4_096)
    if tokens is None:
        raise raw.missing(static.path_of("max_chunk_size_tokens"))
    overlap = static.whole("chunk_overlap_tokens", least=0, most=tokens // 2)
    if overlap is None:
        raise raw.missing(static.path_of("chunk_overlap_tokens"))
    return tokens, overlap
