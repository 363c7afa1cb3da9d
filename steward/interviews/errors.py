"""What interviews refuse."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class InterviewUnknown(Refusal):
    """There is no interview of a name."""

    tag = "interview_unknown"
    status = 404
    title = "There is no such interview"
    remedy = "Choose one of the interviews that the detail names."


class QuestionUnknown(Refusal):
    """The interview does not ask this, or earlier answers leave it out."""

    tag = "question_unknown"
    status = 422
    title = "The interview does not ask this"
    remedy = "Answer one of the questions that the detail names."


class AnswerUnfit(Refusal):
    """An answer is not what its question takes."""

    tag = "answer_unfit"
    status = 422
    title = "The answer does not fit the question"
    remedy = "Give an answer as the detail says."


class InterviewIncomplete(Refusal):
    """Required questions have no answer yet."""

    tag = "interview_incomplete"
    status = 409
    title = "The interview has open questions"
    remedy = "Answer the questions that the detail names, then complete the interview."


class InterviewClosed(Refusal):
    """The interview was completed or cancelled."""

    tag = "interview_closed"
    status = 409
    title = "The interview is over"
    remedy = "Start the interview anew."
