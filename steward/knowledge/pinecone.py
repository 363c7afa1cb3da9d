"""Pinecone: a store of vectors beside the database, in one serverless index whose metric is the cosine.

A workspace is a namespace, and a passage is the record `document_id:revision:ordinal`. Records are deleted by the
prefix of their ids, which every serverless index can do, and not by their metadata, which some cannot and the others
do only a few times a second.

Specification: Pinecone Database, data plane API 2026-04 and "Operation limits", as of 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import aiohttp
import msgspec
import numpy as np

from steward.kernel.settings import Settings
from steward.knowledge.pinecone_client import NamespaceMissing, Patience, PineconeClient, Rest
from steward.knowledge.queries import Key
from steward.providers.embeddings import Vectors

_UPSERTED_AT_ONCE: Final = 100
_UPSERT_BYTES: Final = 1_000_000
"""Half of what Pinecone takes: so much is sent at one go without holding the loop up."""
_DELETED_AT_ONCE: Final = 1_000
_DIGITS: Final = 6
"""More than the 16-bit numbers of the database hold."""


class _Match(msgspec.Struct):
    id: str
    score: float = 0.0


class _Found(msgspec.Struct):
    matches: list[_Match] = []


class _Listed(msgspec.Struct):
    id: str


class _Pagination(msgspec.Struct):
    next: str | None = None


class _Page(msgspec.Struct):
    vectors: list[_Listed] = []
    pagination: _Pagination | None = None


_json: Final = msgspec.json.Encoder().encode
_found: Final = msgspec.json.Decoder(_Found)
_page: Final = msgspec.json.Decoder(_Page)
_done: Final = msgspec.json.Decoder(dict[str, Any])


def open_store(settings: Settings, http: aiohttp.ClientSession) -> PineconeStore | None:
    """The store that the settings name, or None.

    Raises:
        ValueError: a host is set and its key is not.
    """
    host = settings.knowledge.pinecone_host
    if host is None:
        return None
    key = settings.variable("PINECONE_API_KEY")
    if key is None:
        raise ValueError(
            "STEWARD_KNOWLEDGE__PINECONE_HOST is set and PINECONE_API_KEY is not: set both, or neither."
        )
    return PineconeStore(http, host, key)


class PineconeStore:
    """A `VectorStore` in an index of Pinecone."""

    def __init__(
        self, http: aiohttp.ClientSession, host: str, key: str, patience: Patience | None = None
    ) -> None:
        """Remember where the index is; nothing is asked yet.

        Args:
            http: to ask with.
            host: of the index, as Pinecone's console shows it, with or without `https://`.
            key: an API key.
            patience: how long to wait.
        """
        patience = patience or Patience()
        self._client = PineconeClient(http, host, key, patience)
        self._searches = Rest(patience.query_seconds, patience.rest_seconds)
        self._removals = Rest(patience.remove_seconds, patience.rest_seconds)

    async def put(
        self, workspace_id: str, collection_id: str, model: str, keys: Sequence[Key], vectors: Vectors
    ) -> None:
        """Keep the vectors of passages; see `VectorStore.put`.

        Raises:
            Unavailable: Pinecone does not answer, or does not let us in.
            VectorStoreRefused: the index does not take these vectors, such as for their length.
        """
        bodies = await asyncio.to_thread(
            lambda: list(_upserts(workspace_id, collection_id, model, keys, vectors))
        )
        for body in bodies:
            await self._client.send(_done, "POST", "/vectors/upsert", body)

    async def remove(
        self, workspace_id: str, document_id: str, revisions: Sequence[int] | None = None
    ) -> None:
        """Forget the vectors of a document, or of some revisions of it; see `VectorStore.remove`."""
        endings = [""] if revisions is None else [f"{revision}:" for revision in revisions]
        with suppress(NamespaceMissing):
            async with self._removals.unless_resting():
                for ending in endings:
                    await self._remove(workspace_id, f"{document_id}:{ending}")

    async def nearest(
        self, workspace_id: str, collection_ids: Sequence[str], model: str, vector: Vectors, most: int
    ) -> list[tuple[Key, float]]:
        """The passages nearest to a vector; see `VectorStore.nearest`. What was put a moment ago may be missing."""
        body = _json(
            {
                "namespace": workspace_id,
                "vector": _numbers(vector),
                "topK": most,
                "filter": {"collection_id": {"$in": collection_ids}, "model": {"$eq": model}},
                "includeValues": False,
                "includeMetadata": False,
            }
        )
        async with self._searches.unless_resting():
            found = await self._client.send(_found, "POST", "/query", body)
        return [(key, match.score) for match in found.matches if (key := _key(match.id)) is not None]

    async def _remove(self, namespace: str, prefix: str) -> None:
        ids = await self._list(namespace, prefix)
        for start in range(0, len(ids), _DELETED_AT_ONCE):
            body = _json({"namespace": namespace, "ids": ids[start : start + _DELETED_AT_ONCE]})
            await self._client.send(_done, "POST", "/vectors/delete", body)

    async def _list(self, namespace: str, prefix: str) -> list[str]:
        """The ids that begin like this. All are listed before one is deleted: a page is found by the one before it."""
        ids: list[str] = []
        query = {"namespace": namespace, "prefix": prefix}
        while True:
            page = await self._client.send(_page, "GET", "/vectors/list", query=query)
            ids += [listed.id for listed in page.vectors]
            if page.pagination is None or not page.pagination.next:
                return ids
            query["paginationToken"] = page.pagination.next


def _upserts(
    workspace_id: str, collection_id: str, model: str, keys: Sequence[Key], vectors: Vectors
) -> Iterator[bytes]:
    """Bodies of requests, each with as many vectors as one may have. Blocks."""
    envelope_bytes = len(_json({"namespace": workspace_id, "vectors": []}))
    held: list[msgspec.Raw] = []
    held_bytes = envelope_bytes
    for key, vector in zip(keys, vectors, strict=True):
        # Pinecone refuses a vector without a direction, which is near to nothing anyway.
        if not vector.any():
            continue
        facts = {"collection_id": collection_id, "document_id": key.document_id, "revision": key.revision}
        record = _json({"id": _id(key), "values": _numbers(vector), "metadata": {**facts, "model": model}})
        if len(held) == _UPSERTED_AT_ONCE or (held and held_bytes + len(record) + 1 > _UPSERT_BYTES):
            yield _json({"namespace": workspace_id, "vectors": held})
            held, held_bytes = [], envelope_bytes
        held.append(msgspec.Raw(record))
        held_bytes += len(record) + 1
    if held:
        yield _json({"namespace": workspace_id, "vectors": held})


def _numbers(vector: Vectors) -> list[float]:
    return np.round(vector.astype(np.float64), _DIGITS).tolist()


def _id(key: Key) -> str:
    return f"{key.document_id}:{key.revision}:{key.ordinal}"


def _key(written: str) -> Key | None:
    """The place that an id names; None for a record that somebody else put there."""
    document_id, _, rest = written.partition(":")
    revision, _, ordinal = rest.partition(":")
    try:
        return Key(document_id, int(revision), int(ordinal))
    except ValueError:
        return None
