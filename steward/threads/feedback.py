"""Feedback: what readers say about answers, and what those who run the workspace learn from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from steward.audit import service as audit
from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Statement, Transaction
from steward.threads.schemas import Feedback, FeedbackEntry, FeedbackPage, FeedbackRead, Rating

# The model and the agent are kept with it: whoever reads the list cannot read the message.
_GIVE: Final = Statement(
    "INSERT INTO message_feedback (workspace_id, id, user_id, message_id, thread_id, model, agent_id, rating, reason) "
    "SELECT m.workspace_id, :id, m.user_id, m.id, m.thread_id, m.model, t.agent_id, :rating, :reason FROM messages m "
    "JOIN threads t ON t.workspace_id = m.workspace_id AND t.id = m.thread_id WHERE m.workspace_id = :workspace_id "
    "AND m.user_id = :user_id AND m.id = :message_id AND m.role = 'assistant' FOR KEY SHARE OF m "
    "ON CONFLICT (workspace_id, message_id, user_id) DO UPDATE SET rating = excluded.rating, "
    "reason = excluded.reason, updated_at = now() RETURNING message_id, rating, reason, created_at, updated_at"
)
_TAKE_BACK: Final = Statement(
    "DELETE FROM message_feedback WHERE workspace_id = :workspace_id AND user_id = :user_id "
    "AND message_id = :message_id RETURNING id"
)
_OF_MESSAGES: Final = Statement(
    "SELECT message_id, rating, reason FROM message_feedback WHERE workspace_id = :workspace_id "
    "AND user_id = :user_id AND message_id = ANY (:message_ids)"
)
_PAGE: Final = Statement(
    "SELECT f.id, f.message_id, f.thread_id, f.user_id, coalesce(nullif(u.name, ''), u.email, '') AS user_name, "
    "f.model, f.agent_id, f.rating, f.reason, f.created_at, f.updated_at FROM message_feedback f "
    "LEFT JOIN users u ON u.id = f.user_id WHERE f.workspace_id = :workspace_id "
    "AND (cast(:rating AS text) IS NULL OR f.rating = :rating) "
    "AND (cast(:last_id AS text) IS NULL OR (f.created_at, f.id) < (:last_at, :last_id)) "
    "ORDER BY f.created_at DESC, f.id DESC LIMIT :most"
)


async def give(work: Transaction, message_id: str, rating: Rating, reason: str | None) -> FeedbackRead:
    """Say that an answer is good or bad, in place of what was said before.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such answer.
    """
    work.actor.ensure_role("member")
    values: dict[str, Any] = {"id": new_id("feedback"), "rating": rating, "reason": reason or None}
    row = await work.first(_GIVE, **work.mine, message_id=message_id, **values)
    if row is None:
        raise NotFound("There is no such answer of yours; only answers take feedback.")
    await audit.record(work, "feedback_given", "message", message_id, rating=rating)
    return FeedbackRead.model_validate(dict(row))


async def take_back(work: Transaction, message_id: str) -> None:
    """Take one's feedback on an answer back.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor gave none.
    """
    work.actor.ensure_role("member")
    if await work.first(_TAKE_BACK, **work.mine, message_id=message_id) is None:
        raise NotFound("You gave no feedback on such a message.")
    await audit.record(work, "feedback_taken_back", "message", message_id)


async def of_messages(work: Transaction, message_ids: Sequence[str]) -> dict[str, Feedback]:
    """The actor's feedback on messages, by their ids."""
    rows = await work.all(_OF_MESSAGES, **work.mine, message_ids=list(message_ids))
    return {row.message_id: Feedback(rating=row.rating, reason=row.reason) for row in rows}


async def page(work: Transaction, *, rating: Rating | None, limit: int, cursor: str | None) -> FeedbackPage:
    """Everybody's feedback, newest first.

    Raises:
        Forbidden: the actor does not run the workspace.
        Invalid: the cursor is not one of this list.
    """
    work.actor.ensure_role("admin")
    last_at, last_id = (None, None) if cursor is None else read_cursor(cursor, datetime, str)
    values: dict[str, Any] = {"rating": rating, "last_at": last_at, "last_id": last_id, "most": limit + 1}
    rows = await work.all(_PAGE, workspace_id=work.actor.workspace_id, **values)
    shown = rows[:limit]
    return FeedbackPage(
        items=[FeedbackEntry.model_validate(dict(row)) for row in shown],
        next_cursor=write_cursor(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None,
    )
