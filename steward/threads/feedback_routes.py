"""Native REST of feedback on answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from steward.identity.access import InTransaction
from steward.kernel.pages import AnyId, PageSize
from steward.threads import feedback
from steward.threads.schemas import FeedbackGiven, FeedbackPage, FeedbackRead, Rating

router = APIRouter()


@router.put("/messages/{message_id}/feedback")
async def give_feedback(work: InTransaction, message_id: AnyId, body: FeedbackGiven) -> FeedbackRead:
    """Say that an answer is good or bad, and why; it takes the place of what was said before."""
    return await feedback.give(work, message_id, body.rating, body.reason)


@router.delete("/messages/{message_id}/feedback", status_code=204)
async def take_feedback_back(work: InTransaction, message_id: AnyId) -> None:
    """Take the feedback on an answer back."""
    await feedback.take_back(work, message_id)


@router.get("/feedback")
async def list_feedback(
    work: InTransaction,
    rating: Rating | None = None,
    limit: PageSize = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> FeedbackPage:
    """List the feedback of everybody in the workspace, newest first; for admins and owners."""
    return await feedback.page(work, rating=rating, limit=limit, cursor=cursor)
