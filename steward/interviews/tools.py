"""Tools of interviews: a model leads a person through the questions, in the conversation where it is called."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from steward.interviews import service
from steward.interviews.definitions import QuestionType
from steward.interviews.hybrid_offer import HYBRID_OFFER
from steward.interviews.schemas import GivenAnswer, InterviewDocument, InterviewRead, QuestionKey, Status
from steward.interviews.workshop import WORKSHOP
from steward.kernel.tools import ToolContext, ToolRetry, tool

Action = Literal["start", "answer", "complete", "status", "cancel"]

_Action: TypeAlias = Annotated[
    Action,
    Field(
        description="start: get the first question, or the next one of an interview that is under way; answer: give "
        "the person's answer; complete: get the document; status: see how far it is; cancel: give it up."
    ),
]
_QuestionKey: TypeAlias = Annotated[
    QuestionKey | None,
    Field(
        description="Which question is answered or corrected; left out, it is the one that was asked last."
    ),
]
_Answer: TypeAlias = Annotated[
    GivenAnswer,
    Field(
        description="The person's answer in their own words; empty to pass over a question that is not required."
    ),
]
_ChatId: TypeAlias = Annotated[
    str | None, Field(max_length=200, description="Leave it out: an interview belongs to this conversation.")
]


class AskedQuestion(BaseModel):
    """A question to put to the person."""

    key: str
    text: str
    help: str
    type: QuestionType
    required: bool
    choices: list[str]


class InterviewTurn(BaseModel):
    """How far an interview is, and what comes next."""

    interviewId: str
    status: Status
    question: AskedQuestion | None
    answered: int
    total: int
    openRequired: list[str]
    document: InterviewDocument | None
    note: str


@tool("hybrid_offer_creator", changes=True, approval="never")
async def hybrid_offer_creator(
    context: ToolContext,
    action: _Action,
    questionKey: _QuestionKey = None,
    answer: _Answer = None,
    chatId: _ChatId = None,
) -> InterviewTurn:
    """Create a hybrid offer, one that combines digital lessons with personal work, by a guided interview.

    Ask the person one question at a time, in their language, and pass on what they answer. Never answer for them.
    """
    return await _lead(context, HYBRID_OFFER.name, action, questionKey, answer, chatId)


@tool("workshop_generator", changes=True, approval="never")
async def workshop_generator(
    context: ToolContext,
    action: _Action,
    questionKey: _QuestionKey = None,
    answer: _Answer = None,
    chatId: _ChatId = None,
) -> InterviewTurn:
    """Plan a workshop or training by a guided interview; the result is an outline with a timetable.

    Ask the person one question at a time, in their language, and pass on what they answer. Never answer for them.
    """
    return await _lead(context, WORKSHOP.name, action, questionKey, answer, chatId)


async def _lead(
    context: ToolContext,
    definition: str,
    action: Action,
    key: str | None,
    answer: GivenAnswer,
    chat_id: str | None,
) -> InterviewTurn:
    if chat_id not in (None, "", context.thread_id):
        raise ToolRetry("An interview belongs to the conversation it is held in. Call again without chatId.")
    thread_id = context.thread_id or None
    async with context.work() as work:
        if action == "start":
            new_id = context.new_id(service.ID_PREFIX)
            return _turn(await service.start(work, definition, thread_id, interview_id=new_id))
        found = await service.latest(work, definition, thread_id)
        if found is None:
            raise ToolRetry(
                "No interview is under way in this conversation. Call again with the action start."
            )
        match action:
            case "answer":
                return _turn(await service.answer(work, found.id, key or None, answer, call=context.key))
            case "complete":
                return _turn(await service.complete(work, found.id))
            case "cancel":
                return _turn(await service.cancel(work, found.id))
            case "status":
                return _turn(found)


def _turn(interview: InterviewRead) -> InterviewTurn:
    following = interview.next_question
    question = None
    if following is not None:
        question = AskedQuestion.model_validate(following.model_dump(include=set(AskedQuestion.model_fields)))
    return InterviewTurn(
        interviewId=interview.id,
        status=interview.status,
        question=question,
        answered=sum(one.key in interview.answers for one in interview.questions),
        total=len(interview.questions),
        openRequired=interview.open_required,
        document=interview.document,
        note=_note(interview),
    )


def _note(interview: InterviewRead) -> str:
    if interview.status == "complete":
        return "Show the person the whole document; only its headings may be put into their language."
    if interview.status == "cancelled":
        return "The interview was given up. The action start begins a new one."
    if interview.next_question is None:
        return "Every question was asked. Call again with the action complete."
    return "Ask the person this question in their language, then pass the answer on with the action answer."
