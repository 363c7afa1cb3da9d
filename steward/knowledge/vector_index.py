"""The vector index: a store beside the database that finds the nearest passages, if one is set.

PostgreSQL keeps every vector all the same, and answers when the other store does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog

from steward.kernel.errors import Refusal
from steward.knowledge.queries import Key
from steward.providers.embeddings import Vectors

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)


class VectorStore(Protocol):
    """A store of vectors beside the database, which reads what is found, and knows what is live."""

    async def put(
        self, workspace_id: str, collection_id: str, model: str, keys: Sequence[Key], vectors: Vectors
    ) -> None:
        """Keep the vectors of passages; the same place twice is kept once.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    async def remove(
        self, workspace_id: str, document_id: str, revisions: Sequence[int] | None = None
    ) -> None:
        """Forget the vectors of a document, or of some revisions of it.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    async def nearest(
        self, workspace_id: str, collection_ids: Sequence[str], model: str, vector: Vectors, most: int
    ) -> list[tuple[Key, float]]:
        """The passages nearest to a vector, shape (dimensions,), and the cosine of each, nearest first.

        Raises:
            Unavailable: the store does not answer.
        """
        ...


class VectorIndex:
    """The store beside the database, or none."""

    def __init__(self, store: VectorStore | None = None) -> None:
        self._store = store

    async def nearest(
        self, workspace_id: str, collection_ids: Sequence[str], model: str, vector: Vectors, most: int
    ) -> list[tuple[Key, float]] | None:
        """What the store finds; None when there is no store, or it does not answer and the database shall."""
        if self._store is None:
            return None
        try:
            return await self._store.nearest(workspace_id, collection_ids, model, vector, most)
        except Refusal as error:
            log.warning("vector_store_failed", tag=error.tag, detail=error.detail, backup="database")
            return None

    async def put(
        self, workspace_id: str, collection_id: str, model: str, keys: Sequence[Key], vectors: Vectors
    ) -> None:
        """Keep vectors in the store, if there is one; see `VectorStore.put`."""
        if self._store is not None:
            await self._store.put(workspace_id, collection_id, model, keys, vectors)

    async def remove(
        self, workspace_id: str, document_id: str, revisions: Sequence[int] | None = None
    ) -> None:
        """Forget vectors in the store, if there is one. One that does not answer keeps them: what is not in the
        database is never shown.
        """
        if self._store is None:
            return
        try:
            await self._store.remove(workspace_id, document_id, revisions)
        except Refusal as error:
            log.warning("vector_store_failed", tag=error.tag, detail=error.detail, document_id=document_id)
