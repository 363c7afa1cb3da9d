"""What crosses the native door of interviews."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from steward.interviews.answers import ITEMS, TEXT_CHARS
from steward.interviews.definitions import Interview, Question, QuestionType
from steward.kernel.pages import CleanText

Status = Literal["open", "complete", "cancelled"]
DefinitionName = Annotated[str, Field(min_length=1, max_length=100, examples=["workshop"])]
QuestionKey = Annotated[str, Field(min_length=1, max_length=100, examples=["topic"])]
_Line = Annotated[CleanText, Field(max_length=TEXT_CHARS)]
GivenAnswer = _Line | float | Annotated[list[_Line], Field(max_length=4 * ITEMS)] | None


class Condition(BaseModel):
    """Asks a question only if an earlier one has one of these answers."""

    key: str
    is_one_of: list[str]


class QuestionRead(BaseModel):
    """A question, and what fits it."""

    key: str
    text: str
    help: str
    type: QuestionType
    required: bool
    least: float | None = Field(description="Fewest characters, smallest number or fewest items.")
    most: float | None = Field(description="Most characters, largest number or most items.")
    whole: bool = Field(description="Of numbers: without decimals.")
    choices: list[str]
    pattern: str | None
    when: Condition | None = None

    @classmethod
    def of(cls, question: Question) -> QuestionRead:
        """A question as it is shown."""
        when = question.when
        return cls(
            key=question.key,
            text=question.text,
            help=question.help,
            type=question.type,
            required=question.is_required,
            least=question.least,
            most=question.most,
            whole=question.is_whole,
            choices=list(question.choices),
            pattern=question.pattern,
            when=None if when is None else Condition(key=when.key, is_one_of=list(when.is_one_of)),
        )


class DefinitionRead(BaseModel):
    """A kind of interview."""

    name: str
    version: int
    title: str
    description: str
    questions: list[QuestionRead]

    @classmethod
    def of(cls, interview: Interview) -> DefinitionRead:
        """A kind of interview as it is shown."""
        return cls(
            name=interview.name,
            version=interview.version,
            title=interview.title,
            description=interview.description,
            questions=[QuestionRead.of(question) for question in interview.questions],
        )


class DefinitionList(BaseModel):
    """The kinds of interviews that there are."""

    items: list[DefinitionRead]


class InterviewStart(BaseModel):
    """Which interview is started."""

    model_config = ConfigDict(extra="forbid")

    definition: DefinitionName


class InterviewAnswer(BaseModel):
    """An answer. Nothing at all passes over a question that is not required."""

    model_config = ConfigDict(extra="forbid")

    answer: GivenAnswer = Field(examples=["Time for deep work"])


class InterviewSummary(BaseModel):
    """An interview as lists show it."""

    id: str
    definition: str
    title: str
    status: Status
    thread_id: str | None = Field(description="The conversation in which it is held; null for a form.")
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class InterviewDocument(BaseModel):
    """What an interview was held for."""

    title: str
    markdown: str


class InterviewRead(InterviewSummary):
    """An interview, and how far it is."""

    questions: list[QuestionRead] = Field(
        description="Those that the answers so far leave in, in their order."
    )
    answers: dict[str, str | float | list[str] | None] = Field(description="Null: passed over.")
    next_question: QuestionRead | None = Field(description="Null when every question was asked.")
    open_required: list[str] = Field(
        description="Keys of the questions that must be answered before the end."
    )
    document: InterviewDocument | None = Field(description="Null until the interview is complete.")


class InterviewPage(BaseModel):
    """A page of interviews, newest first."""

    items: list[InterviewSummary]
    next_cursor: str | None
