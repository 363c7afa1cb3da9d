"""What can be done with the audit log: add to it, read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from steward.audit import queries
from steward.audit.schemas import EventPage, EventRead
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Transaction


async def record(
    work: Transaction,
    type: str,
    target_type: str,
    target_id: str,
    *,
    actor_id: str | None = None,
    **metadata: Any,
) -> None:
    """Add an event of the work's actor; it is kept exactly when the work commits.

    Args:
        work: of whoever acts.
        type: verb in the past, noun first, such as `thread_renamed`.
        target_type: the room's noun, such as `thread`.
        target_id: id of what was acted on.
        actor_id: who did it, where that is another user of the workspace than the one whose rows are written.
        metadata: facts fit to show to an owner of the workspace; never message text.
    """
    await work.all(
        queries.RECORD,
        workspace_id=work.actor.workspace_id,
        id=new_id("evt"),
        type=type,
        actor_id=actor_id or work.actor.user_id,
        target_type=target_type,
        target_id=target_id,
        metadata=msgspec.json.encode(metadata).decode(),
    )


async def page(
    work: Transaction,
    *,
    limit: int,
    cursor: str | None = None,
    type: str | None = None,
    target_id: str | None = None,
) -> EventPage:
    """Events, the newest first: everybody's for admins and owners, else what the actor did.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    filters: dict[str, Any] = {"type": type, "target_id": target_id, "actor_id": _whose(work)}
    if cursor is not None:
        filters["last_at"], filters["last_id"] = read_cursor(cursor, datetime, str)
    rows = await queries.page(work, filters, limit + 1)
    shown = rows[:limit]
    return EventPage(
        items=[EventRead.model_validate(dict(row)) for row in shown],
        next_cursor=write_cursor(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None,
    )


async def count(work: Transaction) -> int:
    """How many events the actor may see."""
    return await queries.count(work, {"actor_id": _whose(work)})


def _whose(work: Transaction) -> str | None:
    return None if work.actor.role in ("owner", "admin") else work.actor.user_id
