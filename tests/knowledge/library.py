"""Documents for tests: added as people add them, and waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from steward.files import service as files
from steward.kernel import runtime
from steward.kernel.work import Actor
from steward.knowledge import documents, search
from steward.knowledge.documents import Facts
from steward.knowledge.schemas import DocumentRead
from steward.knowledge.search import Hit, Wanted

_PATIENCE_SECONDS = 60


async def add(
    actor: Actor, content: str | bytes, name: str = "paper.md", *, wait: bool = True, **facts: Any
) -> DocumentRead:
    """Upload a document and wait until it is ready or failed."""
    data = content.encode() if isinstance(content, str) else content
    async with files.receive(actor, pieces(data)) as received:
        added = await documents.upload(actor, received, name, None, Facts(**facts))
    return await settled(actor, added.id) if wait else added


async def pieces(data: bytes) -> AsyncGenerator[bytes]:
    """Bytes as they come in."""
    for start in range(0, len(data), 100_000):
        yield data[start : start + 100_000]


async def settled(actor: Actor, document_id: str) -> DocumentRead:
    """The document once it is ready or failed."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        document = await look(actor, document_id)
        if document.status != "in_progress":
            return document
        assert time.monotonic() < deadline, document
        await asyncio.sleep(0.02)


async def look(actor: Actor, document_id: str) -> DocumentRead:
    """The document as it is now."""
    async with runtime.current().database.work(actor) as work:
        return await documents.get(work, document_id)


async def find(actor: Actor, query: str, **wanted: Any) -> list[Hit]:
    """What a search finds."""
    return (await search.search(actor, Wanted(query, **wanted))).hits


def titles(hits: Sequence[Hit]) -> list[str]:
    """The titles of what was found, the best first."""
    return [hit.passage.title for hit in hits]
