"""Native REST of interviews, so that a form can ask what a conversation asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from steward.identity.access import InWork
from steward.interviews import registry, service
from steward.interviews.schemas import (
    DefinitionList,
    DefinitionName,
    DefinitionRead,
    InterviewAnswer,
    InterviewPage,
    InterviewRead,
    InterviewStart,
    QuestionKey,
    Status,
)
from steward.kernel.pages import AnyId, PageSize

router = APIRouter(tags=["interviews"])


@router.get("/interviews/definitions")
async def list_interview_definitions(work: InWork) -> DefinitionList:
    """List the kinds of interviews, with their questions."""
    return DefinitionList(items=[DefinitionRead.of(one) for one in registry.every()])


@router.get("/interviews")
async def list_interviews(
    work: InWork,
    limit: PageSize = 30,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    status: Status | None = None,
    definition: Annotated[DefinitionName | None, Query()] = None,
) -> InterviewPage:
    """List the caller's interviews, newest first."""
    return await service.page(work, limit=limit, cursor=cursor, status=status, definition=definition)


@router.post("/interviews", status_code=201)
async def start_interview(work: InWork, body: InterviewStart) -> InterviewRead:
    """Start an interview outside of conversations, or go on with the open one of its kind."""
    return await service.start(work, body.definition)


@router.get("/interviews/{interview_id}")
async def read_interview(work: InWork, interview_id: AnyId) -> InterviewRead:
    """An interview, and how far it is."""
    return await service.get(work, interview_id)


@router.put("/interviews/{interview_id}/answers/{question_key}")
async def answer_interview(
    work: InWork, interview_id: AnyId, question_key: Annotated[QuestionKey, Path()], body: InterviewAnswer
) -> InterviewRead:
    """Answer a question, or correct an answer."""
    return await service.answer(work, interview_id, question_key, body.answer)


@router.post("/interviews/{interview_id}/complete")
async def complete_interview(work: InWork, interview_id: AnyId) -> InterviewRead:
    """Make the document of the answers."""
    return await service.complete(work, interview_id)


@router.post("/interviews/{interview_id}/cancel")
async def cancel_interview(work: InWork, interview_id: AnyId) -> InterviewRead:
    """Give an interview up; its answers stay."""
    return await service.cancel(work, interview_id)
