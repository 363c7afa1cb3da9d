"""How far an interview is: what was answered, what comes next, what is open; and how it is shown."""

from __future__ import annotations

from typing import Any

from steward.interviews import answers, registry
from steward.interviews.definitions import Answers, Interview, Question, Value
from steward.interviews.errors import QuestionUnknown
from steward.interviews.schemas import InterviewDocument, InterviewRead, InterviewSummary, QuestionRead
from steward.interviews.tables import InterviewRow


def kept(interview: Interview, row: InterviewRow) -> dict[str, Value]:
    """The answers that fit the questions as they are today; those to questions that are left out are among them."""
    return answers.that_fit(interview.questions, row.answers)


def open_required(interview: Interview, given: Answers) -> list[Question]:
    """The questions that must be answered before the end."""
    return [one for one in interview.asked(given) if one.is_required and one.key not in given]


def question_of(interview: Interview, given: Answers, key: str | None) -> Question:
    """The question of a key, or the next one.

    Raises:
        QuestionUnknown: the interview does not ask it, or nothing more.
    """
    if key is None:
        following = _next(interview, given)
        if following is None:
            raise QuestionUnknown(
                "Every question was asked; name the one to correct, or complete the interview."
            )
        return following
    asked = interview.asked(given)
    for question in asked:
        if question.key == key:
            return question
    raise QuestionUnknown(
        f"The interview does not ask {key[:100]!r} now; it asks {', '.join(one.key for one in asked)}.",
        field="questionKey",
    )


def summary(row: InterviewRow) -> InterviewSummary:
    """An interview as lists show it."""
    return InterviewSummary.model_validate(_head(row, registry.find(row.definition)))


def read(row: InterviewRow) -> InterviewRead:
    """An interview with its questions and answers; of a kind that is gone, what was kept."""
    interview = registry.find(row.definition)
    given = row.answers if interview is None else kept(interview, row)
    asking = interview if row.status == "open" else None
    following = None if asking is None else _next(asking, given)
    missing = [] if asking is None else open_required(asking, given)
    return InterviewRead.model_validate(
        {
            **_head(row, interview),
            "questions": []
            if interview is None
            else [QuestionRead.of(one) for one in interview.asked(given)],
            "answers": given,
            "next_question": None if following is None else QuestionRead.of(following),
            "open_required": [one.key for one in missing],
            "document": _document(row),
        }
    )


def _next(interview: Interview, given: Answers) -> Question | None:
    return next((one for one in interview.asked(given) if one.key not in given), None)


def _document(row: InterviewRow) -> InterviewDocument | None:
    return None if row.document is None else InterviewDocument(title=row.title or "", markdown=row.document)


def _head(row: InterviewRow, interview: Interview | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "definition": row.definition,
        "title": row.title or (row.definition if interview is None else interview.title),
        "status": row.status,
        "thread_id": row.thread_id,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "completed_at": row.completed_at,
    }
