"""Vector stores, their files, batches and finds in OpenAI's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from steward.knowledge.schemas import CollectionRead
from steward.knowledge.search import Hit
from steward.knowledge.store_files import Batch, Counts, StoreFile

_UNSUPPORTED: Final = frozenset({"file_kind_not_read"})
_SURELY_WHOLE: Final = 2**53


def store_object(collection: CollectionRead, counts: Counts) -> dict[str, Any]:
    """A vector store."""
    days = collection.expires_days
    ends = collection.expires_at
    return {
        "id": collection.id,
        "object": "vector_store",
        "created_at": int(collection.created_at.timestamp()),
        "name": collection.name,
        "description": collection.description or None,
        "usage_bytes": collection.bytes,
        "file_counts": counts_object(counts),
        "status": _status(collection, counts),
        "expires_after": None if days is None else {"anchor": "last_active_at", "days": days},
        "expires_at": None if ends is None else int(ends.timestamp()),
        "last_active_at": int(collection.last_active_at.timestamp()),
        "metadata": collection.metadata,
    }


def store_file_object(file: StoreFile) -> dict[str, Any]:
    """A file of a vector store."""
    return {
        "id": file.file_id,
        "object": "vector_store.file",
        "usage_bytes": file.bytes,
        "created_at": int(file.created_at.timestamp()),
        "vector_store_id": file.collection_id,
        "status": file.status,
        "last_error": None if file.error is None else _last_error(file.error),
        "chunking_strategy": {
            "type": "static",
            "static": {
                "max_chunk_size_tokens": file.chunk_tokens,
                "chunk_overlap_tokens": file.chunk_overlap,
            },
        },
        "attributes": attributes_object(file.attributes),
    }


def batch_object(batch: Batch, counts: Counts) -> dict[str, Any]:
    """A batch of files."""
    if counts.in_progress:
        status = "in_progress"
    elif batch.is_cancelled:
        status = "cancelled"
    else:
        status = "failed" if counts.total and counts.failed == counts.total else "completed"
    return {
        "id": batch.id,
        "object": "vector_store.files_batch",
        "created_at": int(batch.created_at.timestamp()),
        "vector_store_id": batch.collection_id,
        "status": status,
        "file_counts": counts_object(counts),
    }


def counts_object(counts: Counts) -> dict[str, int]:
    """How far files are."""
    return {
        "in_progress": counts.in_progress,
        "completed": counts.completed,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
        "total": counts.total,
    }


def content_page(file: StoreFile, text: str) -> dict[str, Any]:
    """All that a file says."""
    return {
        "object": "vector_store.file_content.page",
        "file_id": file.file_id,
        "filename": file.name,
        "attributes": attributes_object(file.attributes),
        "data": [{"type": "text", "text": text}],
        "has_more": False,
        "next_page": None,
    }


def search_page(queries: list[str], hits: list[Hit], names: Mapping[str, str]) -> dict[str, Any]:
    """What a search found, the best first; `names` are those of the files, by document."""
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": [_result(hit, names) for hit in hits],
        "has_more": False,
        "next_page": None,
    }


def attributes_object(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, with whole numbers written as such."""
    return {key: _number(value) if isinstance(value, float) else value for key, value in attributes.items()}


def _result(hit: Hit, names: Mapping[str, str]) -> dict[str, Any]:
    passage = hit.passage
    return {
        "file_id": passage.file_id,
        "filename": names.get(passage.document_id, passage.title),
        "score": passage.score,
        "attributes": attributes_object(hit.attributes),
        "content": [{"type": "text", "text": passage.text}],
    }


def _status(collection: CollectionRead, counts: Counts) -> str:
    if collection.status == "expired":
        return "expired"
    return "in_progress" if counts.in_progress else "completed"


def _last_error(error: Mapping[str, Any]) -> dict[str, str]:
    tag: str = error.get("tag", "")
    if tag in _UNSUPPORTED:
        code = "unsupported_file"
    elif tag.startswith(("file_", "text_", "reading_", "no_text")):
        code = "invalid_file"
    else:
        code = "server_error"
    return {"code": code, "message": f"{error.get('reason', '')} {error.get('fix', '')}".strip()}


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < _SURELY_WHOLE else value
