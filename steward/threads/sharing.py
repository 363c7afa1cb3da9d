"""Sharing: a conversation that its user shows to the workspace, read by the id of the share and in no other way.

Row security hides threads and messages from colleagues, shared or not. Three functions in the database look past it,
begin at a share and name the actor's workspace; only this module calls them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from steward.audit import service as audit
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Found, Statement, Transaction
from steward.threads import exchanges, reading
from steward.threads.errors import ThreadArchived
from steward.threads.schemas import (
    MessageError,
    MessagePage,
    MessageRead,
    MessageUsage,
    SharedPage,
    SharedThread,
    ShareRead,
)

Part = dict[str, Any]

_TOLD: Final = ("duration_ms",)
"""What the metadata of a message tells a reader; the rest is its owner's or its client's."""

_OWN: Final = Statement(
    "SELECT t.id AS thread_id, t.archived, s.id, s.created_at FROM threads t "
    "LEFT JOIN shares s ON s.workspace_id = t.workspace_id AND s.thread_id = t.id "
    "WHERE t.workspace_id = :workspace_id AND t.user_id = :user_id AND (t.id = :ref OR t.client_id = :ref) "
    "ORDER BY t.id = :ref DESC LIMIT 1"
)
_SHARE: Final = Statement(
    "INSERT INTO shares (workspace_id, id, user_id, thread_id) VALUES (:workspace_id, :id, :user_id, :thread_id)"
)
_UNSHARE: Final = Statement(
    "DELETE FROM shares WHERE workspace_id = :workspace_id AND user_id = :user_id AND thread_id = :thread_id "
    "RETURNING id"
)
_NAMED: Final = (
    "SELECT t.*, coalesce(nullif(u.name, ''), u.email, '') AS shared_by FROM {source} t "
    "LEFT JOIN users u ON u.id = t.user_id"
)
_READ: Final = Statement(_NAMED.format(source="shared_thread(:share_id)"))
_PAGE: Final = Statement(
    _NAMED.format(source="shared_threads(:last_at, :last_id, :most)")
    + " ORDER BY t.shared_at DESC, t.id DESC"
)
_MESSAGES: Final = Statement("SELECT * FROM shared_messages(:share_id, :start_id, :skipped, :most)")

# Of the branch that is shown, and of no other.
_FILE: Final = Statement(
    "SELECT t.user_id FROM shared_thread(:share_id) t WHERE EXISTS ("
    "SELECT 1 FROM shared_messages(:share_id, NULL, 0, 2147483647) m "
    "WHERE m.parts @> jsonb_build_array(jsonb_build_object('file_id', CAST(:file_id AS text))))"
)


async def share(work: Transaction, ref: str) -> ShareRead:
    """Show a conversation to everybody in the workspace, as it is and as it goes on; again gives the same share.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such conversation.
        ThreadArchived: it is archived.
    """
    work.actor.ensure_role("member")
    # Of several who share it at once, one does; the others find its share.
    await exchanges.lock(work, ref)
    own = await _own(work, ref)
    if own.archived:
        raise ThreadArchived("This conversation is archived; bring it back to share it.")
    if own.id is not None:
        return _read(own)
    share_id = new_id("share")
    await work.all(_SHARE, **work.mine, id=share_id, thread_id=own.thread_id)
    await audit.record(work, "thread_shared", "thread", own.thread_id, share_id=share_id)
    return _read(await _own(work, own.thread_id))


async def read(work: Transaction, ref: str) -> ShareRead:
    """How a conversation of the actor is shared.

    Raises:
        NotFound: the actor has no such conversation, or nobody else can read it just now.
    """
    own = await _own(work, ref)
    if own.id is None or own.archived:
        raise NotFound("This conversation is not shared.")
    return _read(own)


async def unshare(work: Transaction, ref: str) -> None:
    """Take a conversation back at once; one that is not shared stays so.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such conversation.
    """
    work.actor.ensure_role("member")
    await exchanges.lock(work, ref)
    thread_id = (await _own(work, ref)).thread_id
    gone = await work.first(_UNSHARE, **work.mine, thread_id=thread_id)
    if gone is not None:
        await audit.record(work, "thread_unshared", "thread", thread_id, share_id=gone.id)


async def open_shared(work: Transaction, share_id: str) -> SharedThread:
    """A conversation that somebody in the workspace shares.

    Raises:
        NotFound: there is no such share in the workspace (any more), or its conversation is archived.
    """
    row = await work.first(_READ, share_id=share_id)
    if row is None:
        raise NotFound("There is no such shared conversation; perhaps it was taken back.")
    return _read_shared(row)


async def page(work: Transaction, *, limit: int, cursor: str | None) -> SharedPage:
    """What colleagues share, those shared last first; not what the actor shares.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    last_at, last_id = (None, None) if cursor is None else read_cursor(cursor, datetime, str)
    rows = await work.all(_PAGE, last_at=last_at, last_id=last_id, most=limit + 1)
    shown = rows[:limit]
    return SharedPage(
        items=[_read_shared(row) for row in shown],
        next_cursor=write_cursor(shown[-1].shared_at, shown[-1].id) if len(rows) > limit else None,
    )


async def messages(
    work: Transaction, share_id: str, *, limit: int, offset: int, cursor: str | None
) -> MessagePage:
    """A page of the branch that the owner sees, newest first; other branches are nobody else's.

    Raises:
        Invalid: the cursor is not one of what is shown now.
        NotFound: there is no such share in the workspace (any more), or its conversation is archived.
    """
    await open_shared(work, share_id)
    start_id = None if cursor is None else str(read_cursor(cursor, str)[0])
    values: dict[str, Any] = {"start_id": start_id, "skipped": offset, "most": limit + 1}
    rows = await work.all(_MESSAGES, share_id=share_id, **values)
    if cursor is not None and not rows and not offset:
        raise Invalid("The cursor is not one of this conversation; start without a cursor.", field="cursor")
    return MessagePage(
        items=[_read_message(row, share_id) for row in rows[:limit]],
        next_cursor=write_cursor(rows[limit].id) if len(rows) > limit else None,
    )


async def owner_of_file(work: Transaction, share_id: str, file_id: str) -> str:
    """Who attached a file to what is shown of a shared conversation; whoever reads that may read the file, too.

    Raises:
        NotFound: there is no such share in the workspace (any more), or no such file in it.
    """
    row = await work.first(_FILE, share_id=share_id, file_id=file_id)
    if row is None:
        raise NotFound("There is no such file in a shared conversation.")
    return row.user_id


async def _own(work: Transaction, ref: str) -> Found:
    row = await work.first(_OWN, **work.mine, ref=ref)
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


def _read(own: Found) -> ShareRead:
    return ShareRead(
        id=own.id, conversation_id=own.thread_id, path=f"/shared/{own.id}", created_at=own.created_at
    )


def _read_shared(row: Found) -> SharedThread:
    return SharedThread(
        id=row.id,
        title=row.title,
        shared_by=row.shared_by,
        message_count=row.message_count,
        created_at=row.shared_at,
        updated_at=row.last_message_at,
    )


def _with_address(part: Part, share_id: str) -> Part:
    """A part whose file is at the address of the share: its own is its owner's."""
    if part["type"] != "file" or not part.get("file_id") or str(part["url"]).startswith("data:"):
        return part
    return {**part, "url": f"/api/v1/shared/{share_id}/files/{part['file_id']}"}


def _read_message(row: Found, share_id: str) -> MessageRead:
    """A message as a reader sees it: what was said, without the ids of runs and clients, without other versions."""
    is_answer = row.role == "assistant" and row.status != "in_progress"
    usage = MessageUsage(
        input_tokens=row.input_tokens, output_tokens=row.output_tokens, total_tokens=row.total_tokens
    )
    return MessageRead(
        id=row.id,
        client_id=None,
        parent_id=row.parent_id,
        role=row.role,
        parts=[_with_address(part, share_id) for part in reading.shown_parts(row.parts)],
        status=row.status,
        model=row.model,
        finish_reason=row.finish_reason,
        usage=usage if is_answer else None,
        run_id=None,
        error=None if row.error is None else MessageError.model_validate(row.error),
        created_at=row.created_at,
        metadata={name: row.metadata[name] for name in _TOLD if name in row.metadata},
        siblings=[row.id],
    )
