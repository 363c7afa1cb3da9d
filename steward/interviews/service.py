"""What can be done with interviews: start, answer, complete or cancel one. Each belongs to the user who holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import load_only

from steward.audit import service as audit
from steward.interviews import answers, progress, registry
from steward.interviews.definitions import Interview, Value
from steward.interviews.errors import InterviewClosed, InterviewIncomplete
from steward.interviews.schemas import InterviewPage, InterviewRead, Status
from steward.interviews.tables import InterviewRow
from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Work

ID_PREFIX: Final = "interview"

_CALLS_KEPT: Final = 100


async def start(
    work: Work, definition: str, thread_id: str | None = None, *, interview_id: str | None = None
) -> InterviewRead:
    """Start an interview, or go on with the open one of this kind in the same place.

    Args:
        work: of whoever is asked.
        definition: name of the kind.
        thread_id: the actor's own conversation in which it is held; None outside of conversations.
        interview_id: for the new one; one that is there already is returned as it is.

    Raises:
        Forbidden: the actor may only read.
        InterviewUnknown: there is no such kind.
    """
    work.actor.ensure_role("member")
    interview = registry.get(definition)
    made = await work.session.execute(
        insert(InterviewRow)
        .values(
            **work.mine,
            id=interview_id or new_id(ID_PREFIX),
            definition=interview.name,
            version=interview.version,
            thread_id=thread_id,
        )
        .on_conflict_do_nothing()
        .returning(InterviewRow)
    )
    row = made.scalar_one_or_none()
    if row is not None:
        await audit.record(work, "interview_started", "interview", row.id, definition=interview.name)
        return progress.read(row)
    known = None if interview_id is None else await _find(work, interview_id)
    known = known or await latest(work, definition, thread_id)
    assert known is not None, "something stood in the way of the insert"
    return known


async def get(work: Work, interview_id: str) -> InterviewRead:
    """An interview, and how far it is.

    Raises:
        NotFound: the actor has no such interview.
    """
    found = await _find(work, interview_id)
    if found is None:
        raise _no_interview()
    return found


async def latest(work: Work, definition: str, thread_id: str | None) -> InterviewRead | None:
    """The open interview of a kind in a place, or else the one that was started last there; None when there is none."""
    query = (
        _mine(work)
        .where(InterviewRow.definition == definition, InterviewRow.thread_id.is_not_distinct_from(thread_id))
        .order_by(
            (InterviewRow.status == "open").desc(), InterviewRow.created_at.desc(), InterviewRow.id.desc()
        )
        .limit(1)
    )
    row = (await work.session.execute(query)).scalar_one_or_none()
    return None if row is None else progress.read(row)


async def page(
    work: Work, *, limit: int, cursor: str | None, status: Status | None = None, definition: str | None = None
) -> InterviewPage:
    """The actor's interviews, newest first.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    query = _mine(work).order_by(InterviewRow.created_at.desc(), InterviewRow.id.desc()).limit(limit + 1)
    query = query.options(load_only(*_OF_A_SUMMARY))
    if status is not None:
        query = query.where(InterviewRow.status == status)
    if definition is not None:
        query = query.where(InterviewRow.definition == definition)
    if cursor is not None:
        after = read_cursor(cursor, datetime, str)
        query = query.where(tuple_(InterviewRow.created_at, InterviewRow.id) < after)
    rows = (await work.session.execute(query)).scalars().all()
    shown = rows[:limit]
    more = len(rows) > limit
    return InterviewPage(
        items=[progress.summary(row) for row in shown],
        next_cursor=write_cursor(shown[-1].created_at, shown[-1].id) if more else None,
    )


async def answer(
    work: Work, interview_id: str, key: str | None, given: Value, *, call: str | None = None
) -> InterviewRead:
    """Answer a question, or correct an answer.

    Args:
        work: of whoever is asked.
        interview_id: of an open interview.
        key: of the question; None for the next one.
        given: what was said; nothing passes over a question that is not required.
        call: names whatever answers; when it comes again, nothing changes.

    Raises:
        AnswerUnfit: the answer is not what the question takes.
        Forbidden: the actor may only read.
        InterviewClosed: the interview is over.
        NotFound: the actor has no such interview.
        QuestionUnknown: the interview does not ask this.
    """
    row = await _lock(work, interview_id)
    if call is not None and call in row.calls:
        return progress.read(row)
    interview = _open(row)
    kept = progress.kept(interview, row)
    question = progress.question_of(interview, kept, key)
    # One transaction after the other: answers that come at once are all kept.
    row.answers = {**row.answers, question.key: answers.read(question, given)}
    if call is not None:
        row.calls = [*row.calls, call][-_CALLS_KEPT:]
    await _store(work, row)
    await audit.record(work, "interview_answered", "interview", row.id, question=question.key)
    return progress.read(row)


async def complete(work: Work, interview_id: str) -> InterviewRead:
    """Make the document of the answers; of an interview that is complete, the one that was made.

    Raises:
        Forbidden: the actor may only read.
        InterviewClosed: the interview was cancelled.
        InterviewIncomplete: required questions are open.
        NotFound: the actor has no such interview.
    """
    row = await _lock(work, interview_id)
    if row.status == "complete":
        return progress.read(row)
    interview = _open(row)
    kept = progress.kept(interview, row)
    missing = progress.open_required(interview, kept)
    if missing:
        raise InterviewIncomplete(
            f"These questions need an answer: {', '.join(f'{one.key} ({one.text})' for one in missing)}.",
            questions=[one.key for one in missing],
        )
    document = interview.compose(interview.counted(kept))
    row.status, row.version = "complete", interview.version
    row.answers, row.title, row.document = kept, document.title, document.markdown
    row.completed_at = await work.session.scalar(select(func.now()))
    await _store(work, row)
    await audit.record(work, "interview_completed", "interview", row.id, definition=interview.name)
    return progress.read(row)


async def cancel(work: Work, interview_id: str) -> InterviewRead:
    """Give an interview up; its answers stay. One that was given up stays so.

    Raises:
        Forbidden: the actor may only read.
        InterviewClosed: the interview is complete.
        NotFound: the actor has no such interview.
    """
    row = await _lock(work, interview_id)
    if row.status == "cancelled":
        return progress.read(row)
    if row.status == "complete":
        raise _closed(row)
    row.status = "cancelled"
    await _store(work, row)
    await audit.record(work, "interview_cancelled", "interview", row.id, definition=row.definition)
    return progress.read(row)


_OF_A_SUMMARY: Final = (
    InterviewRow.definition,
    InterviewRow.title,
    InterviewRow.status,
    InterviewRow.thread_id,
    InterviewRow.created_at,
    InterviewRow.updated_at,
    InterviewRow.completed_at,
)


def _mine(work: Work) -> Select[InterviewRow]:
    mine = work.mine
    return select(InterviewRow).where(
        InterviewRow.workspace_id == mine["workspace_id"], InterviewRow.user_id == mine["user_id"]
    )


async def _find(work: Work, interview_id: str) -> InterviewRead | None:
    row = (
        await work.session.execute(_mine(work).where(InterviewRow.id == interview_id))
    ).scalar_one_or_none()
    return None if row is None else progress.read(row)


async def _lock(work: Work, interview_id: str) -> InterviewRow:
    """The row for a change, as it is when nobody else changes it."""
    work.actor.ensure_role("member")
    query = _mine(work).where(InterviewRow.id == interview_id).with_for_update()
    found = await work.session.execute(query, execution_options={"populate_existing": True})
    row = found.scalar_one_or_none()
    if row is None:
        raise _no_interview()
    return row


async def _store(work: Work, row: InterviewRow) -> None:
    await work.session.flush()
    await work.session.refresh(row)


def _open(row: InterviewRow) -> Interview:
    if row.status != "open":
        raise _closed(row)
    return registry.get(row.definition)


def _closed(row: InterviewRow) -> InterviewClosed:
    how = "complete" if row.status == "complete" else "cancelled"
    return InterviewClosed(f"This interview is {how}; start it anew to answer again.")


def _no_interview() -> NotFound:
    return NotFound("There is no such interview.")
