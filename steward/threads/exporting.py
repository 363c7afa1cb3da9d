"""Exporting: a conversation's shown branch, read from the database and written as a file that people keep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from steward.kernel.characters import cut
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, Statement, Transaction
from steward.threads import queries, service, sharing
from steward.threads.exports import json_file, markdown, pdf
from steward.threads.exports.collecting import Head, Row, collect
from steward.threads.exports.exported import Exported

Format = Literal["markdown", "json", "pdf"]

_MEDIA_TYPES: Final[dict[Format, tuple[str, str]]] = {
    "markdown": ("text/markdown; charset=utf-8", "md"),
    "json": ("application/json", "json"),
    "pdf": ("application/pdf", "pdf"),
}
_WRITERS: Final[dict[Format, Callable[[Exported], bytes]]] = {
    "markdown": markdown.write,
    "json": json_file.write,
}
_BATCH: Final = 200
"""Messages that are read at once: their JSON is decoded on the event loop."""
_FONTS: Final = "fonts"
"""A folder beside the data for fonts that the system does not have."""
_NAME_CHARS: Final = 80
_UNNAMED: Final = "conversation"
_OF_IDS: Final = Statement(
    "SELECT id, role, status, parts, model, created_at FROM messages WHERE workspace_id = :workspace_id "
    "AND user_id = :user_id AND thread_id = :thread_id AND id = ANY (cast(:ids AS text[]))"
)


@dataclass(frozen=True, slots=True)
class Written:
    """A conversation as a file."""

    name: str
    media_type: str
    body: bytes


async def export(house: Runtime, actor: Actor, ref: str, form: Format) -> Written:
    """Write a conversation of the actor; no transaction is open while it is written.

    Raises:
        NotFound: the actor has no such thread.
        ExportTooLarge: it is too long for a PDF.
    """
    async with house.database.work(actor) as work:
        thread = await service.get(work, ref)
        head = Head(thread.id, thread.title, thread.created_at, thread.updated_at)
        rows = await _branch(work, thread.id, thread.head_id)
    return await write(house, head, rows, form)


async def export_shared(house: Runtime, actor: Actor, share_id: str, form: Format) -> Written:
    """Write a conversation that somebody in the workspace shares.

    Raises:
        NotFound: there is no such share in the workspace (any more), or its conversation is archived.
        ExportTooLarge: it is too long for a PDF.
    """
    rows: list[Row] = []
    async with house.database.transaction(actor, snapshot=True) as work:
        thread = await sharing.open_shared(work, share_id)
        page = await sharing.messages(work, share_id, limit=_BATCH, offset=0, cursor=None)
        rows += page.items
        while page.next_cursor is not None:
            page = await sharing.messages(work, share_id, limit=_BATCH, offset=0, cursor=page.next_cursor)
            rows += page.items
    begun_at = rows[-1].created_at if rows else thread.created_at
    head = Head(thread.id, thread.title, begun_at, thread.updated_at)
    return await write(house, head, rows[::-1], form)


async def write(house: Runtime, head: Head, rows: Sequence[Row], form: Format) -> Written:
    """Write a conversation with these messages, oldest first.

    Raises:
        ExportTooLarge: it is too long for a PDF.
    """
    exported = await asyncio.to_thread(collect, head, rows)
    if form == "pdf":
        body = await pdf.write(exported, house.settings.data_dir / _FONTS)
    else:
        body = await asyncio.to_thread(_WRITERS[form], exported)
    media_type, suffix = _MEDIA_TYPES[form]
    return Written(file_name(head.title, suffix), media_type, body)


def file_name(title: str, suffix: str) -> str:
    """A name that every file system takes, made of the title."""
    words = "".join(sign if sign.isprintable() and sign not in '\\/:*?"<>|' else " " for sign in title)
    # Windows drops dots and blanks at the end, and dots in front hide a file.
    stem = cut(" ".join(words.split()), _NAME_CHARS).strip(". ")
    return f"{stem or _UNNAMED}.{suffix}"


async def _branch(work: Transaction, thread_id: str, head_id: str | None) -> list[Row]:
    ids = [] if head_id is None else (await queries.path_ids(work, head_id))[::-1]
    found: dict[str, Row] = {}
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        rows = await work.all(_OF_IDS, **work.mine, thread_id=thread_id, ids=batch)
        found.update((row.id, row) for row in rows)
    return [found[message_id] for message_id in ids if message_id in found]
