"""SQL of runs: the lock of a thread, the fence around an attempt, the orphans of dead processes."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from steward.kernel.work import Work
from steward.runs.tables import LIVE

_INSERT: Final = text(
    "INSERT INTO runs (workspace_id, id, thread_id, user_id, question_id, message_id, status, request, "
    "process_id, attempt) "
    "VALUES (:workspace_id, :id, :thread_id, :user_id, :question_id, :message_id, 'in_progress', "
    "cast(:request AS jsonb), "
    ":process_id, 1)"
)
_OVERTAKE: Final = text(
    "UPDATE runs SET status = 'cancelled', finished_at = now(), updated_at = now() WHERE workspace_id = :workspace_id "
    f"AND thread_id = :thread_id AND {LIVE} RETURNING id"
)
_CANCEL: Final = text(
    "UPDATE runs SET status = 'cancelled', finished_at = now(), updated_at = now() WHERE workspace_id = :workspace_id "
    f"AND user_id = :user_id AND id = :id AND {LIVE} RETURNING id"
)
_LIVE_OF_THREAD: Final = text(
    "SELECT id, message_id, status FROM runs WHERE workspace_id = :workspace_id AND user_id = :user_id "
    f"AND thread_id = :thread_id AND {LIVE}"
)
_OF_QUESTION: Final = text(
    "SELECT id, message_id FROM runs WHERE workspace_id = :workspace_id AND thread_id = :thread_id "
    "AND question_id = :question_id ORDER BY created_at DESC, id DESC LIMIT 1"
)
_CLAIM: Final = text(
    "UPDATE runs SET process_id = :process_id, attempt = attempt + 1, status = 'in_progress', updated_at = now() "
    f"WHERE workspace_id = :workspace_id AND id = :id AND {LIVE} "
    "RETURNING thread_id, question_id, message_id, request, attempt, created_at"
)
_END: Final = text(
    f"UPDATE runs SET status = CASE WHEN {LIVE} THEN :status ELSE status END, error = cast(:error AS jsonb), "
    "finished_at = coalesce(finished_at, now()), updated_at = now() "
    "WHERE workspace_id = :workspace_id AND id = :id AND attempt = :attempt RETURNING status"
)
_GET: Final = text(
    "SELECT id, thread_id, question_id, message_id, status, error, created_at, finished_at, attempt, request FROM runs "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id"
)
# Some seconds after its end: whoever runs it is still writing the last events.
_IS_OVER: Final = text(
    "SELECT 1 FROM runs WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id "
    "AND finished_at < now() - interval '15 seconds'"
)
_ORPHANS: Final = text(
    f"SELECT workspace_id, user_id, id, status, created_at FROM runs WHERE {LIVE} AND process_id <> ALL (:living) "
    "ORDER BY created_at LIMIT 500"
)
_HALF_ENDED: Final = text(
    "SELECT r.workspace_id, r.user_id, r.id FROM runs r JOIN messages m ON m.workspace_id = r.workspace_id "
    "AND m.id = r.message_id WHERE m.status = 'in_progress' AND r.finished_at IS NOT NULL "
    "AND r.process_id <> ALL (:living) LIMIT 500"
)
_FORGET: Final = text(
    "DELETE FROM run_segments s USING runs r WHERE s.workspace_id = r.workspace_id AND s.id = r.id "
    "AND r.finished_at < now() - make_interval(hours => :hours)"
)


def _mine(work: Work) -> dict[str, Any]:
    return {"workspace_id": work.actor.workspace_id, "user_id": work.actor.user_id}


async def insert(work: Work, *, request: dict[str, Any], **values: Any) -> None:
    """Write a run that this process begins."""
    await work.session.execute(
        _INSERT, {**_mine(work), **values, "request": msgspec.json.encode(request).decode()}
    )


async def overtake(work: Work, thread_id: str) -> list[str]:
    """End the live run of a thread; its ids."""
    values = {"workspace_id": work.actor.workspace_id, "thread_id": thread_id}
    return list((await work.session.execute(_OVERTAKE, values)).scalars())


async def cancel(work: Work, run_id: str) -> bool:
    """End a live run; whether it was live."""
    return (await work.session.execute(_CANCEL, {**_mine(work), "id": run_id})).first() is not None


async def live_of_thread(work: Work, thread_id: str) -> Row[Any] | None:
    """The live run of a thread, or None."""
    return (await work.session.execute(_LIVE_OF_THREAD, {**_mine(work), "thread_id": thread_id})).first()


async def of_question(work: Work, thread_id: str, question_id: str) -> Row[Any] | None:
    """The newest run of a question, or None."""
    values = {"workspace_id": work.actor.workspace_id, "thread_id": thread_id, "question_id": question_id}
    return (await work.session.execute(_OF_QUESTION, values)).first()


async def claim(work: Work, run_id: str, process_id: str) -> Row[Any] | None:
    """Take a live run over, as its next attempt; None when it is over."""
    values = {"workspace_id": work.actor.workspace_id, "id": run_id, "process_id": process_id}
    return (await work.session.execute(_CLAIM, values)).first()


async def end(work: Work, run_id: str, attempt: int, status: str, error: dict[str, Any] | None) -> str | None:
    """End a run as this attempt.

    Returns: the status that stands (another one when somebody ended the run before), or None when a later
    attempt took over.
    """
    values = {
        "workspace_id": work.actor.workspace_id,
        "id": run_id,
        "attempt": attempt,
        "status": status,
        "error": None if error is None else msgspec.json.encode(error).decode(),
    }
    return (await work.session.execute(_END, values)).scalar_one_or_none()


async def get(work: Work, run_id: str) -> Row[Any] | None:
    """A run of the actor, or None."""
    return (await work.session.execute(_GET, {**_mine(work), "id": run_id})).first()


async def is_over(work: Work, run_id: str) -> bool:
    """Whether a run of the actor ended some seconds ago."""
    return (await work.session.execute(_IS_OVER, {**_mine(work), "id": run_id})).first() is not None


async def orphans(house: AsyncSession, living: set[str]) -> list[Row[Any]]:
    """Live runs of processes that are no more."""
    return list(await house.execute(_ORPHANS, {"living": sorted(living)}))


async def half_ended(house: AsyncSession, living: set[str]) -> list[Row[Any]]:
    """Runs that were ended while their process was dying: the answer is still marked as coming."""
    return list(await house.execute(_HALF_ENDED, {"living": sorted(living)}))


async def forget_segments(house: AsyncSession, hours: int) -> None:
    """Delete the events of runs that ended long ago; their messages stay."""
    await house.execute(_FORGET, {"hours": hours})
