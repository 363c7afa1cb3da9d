"""Sample documents: Steward's own documentation, so that a fresh installation has something to ask about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from steward.files import service as files
from steward.kernel.work import Actor
from steward.knowledge import collections, documents
from steward.knowledge.documents import Facts
from steward.knowledge.errors import SamplesMissing

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_FOLDERS: Final = (_PACKAGE / "documentation", _PACKAGE.parent / "docs")
"""In an installed package, and in a working copy."""
_FOR_BUILDERS: Final = {"decisions", "requirements"}


async def add(actor: Actor) -> tuple[str, list[str]]:
    """Add the samples to the workspace's own collection; those that are there already stay.

    Returns: the ids of the collection and of the documents.

    Raises:
        Forbidden: the actor may only read.
        SamplesMissing: this installation has none.
    """
    collection_id = await collections.ensure_default(actor)
    pages = await asyncio.to_thread(_pages)
    if not pages:
        raise SamplesMissing("This installation came without its documentation.")
    return collection_id, [await _add(actor, collection_id, name, text) for name, text in pages]


async def _add(actor: Actor, collection_id: str, name: str, text: bytes) -> str:
    async def pieces() -> AsyncGenerator[bytes]:
        yield text

    facts = Facts(collection_id, source=f"sample:{name}", tags=["sample"])
    async with files.receive(actor, pieces()) as received:
        return (await documents.upload(actor, received, name, "text/markdown", facts)).id


def _pages() -> list[tuple[str, bytes]]:
    """Name and text of each page. Blocks."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    if folder is None:
        return []
    found = [
        path for path in sorted(folder.rglob("*.md")) if not _FOR_BUILDERS & {path.stem, path.parent.name}
    ]
    return [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in found]
