"""SQL of runs: the lock of a thread, the fence around an attempt, the orphans of dead processes."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from steward.kernel.work import Found, House, Statement, Transaction
from steward.runs.tables import LIVE

_INSERT: Final = Statement(
    "INSERT INTO runs (workspace_id, id, thread_id, user_id, question_id, message_id, status, request, "
    "process_id, attempt) "
    "VALUES (:workspace_id, :id, :thread_id, :user_id, :question_id, :message_id, 'in_progress', "
    "cast(:request AS jsonb), "
    ":process_id, 1)"
)
_OVERTAKE: Final = Statement(
    "UPDATE runs SET status = 'cancelled', finished_at = now(), updated_at = now() WHERE workspace_id = :workspace_id "
    f"AND thread_id = :thread_id AND {LIVE} RETURNING id"
)
_CANCEL: Final = Statement(
    "UPDATE runs SET status = 'cancelled', finished_at = now(), updated_at = now() WHERE workspace_id = :workspace_id "
    f"AND user_id = :user_id AND id = :id AND {LIVE} RETURNING id"
)
_LIVE_OF_THREAD: Final = Statement(
    "SELECT id, message_id, status FROM runs WHERE workspace_id = :workspace_id AND user_id = :user_id "
    f"AND thread_id = :thread_id AND {LIVE}"
)
_OF_QUESTION: Final = Statement(
    "SELECT id, message_id FROM runs WHERE workspace_id = :workspace_id AND thread_id = :thread_id "
    "AND question_id = :question_id ORDER BY created_at DESC, id DESC LIMIT 1"
)
_CLAIM: Final = Statement(
    "UPDATE runs SET process_id = :process_id, attempt = attempt + 1, status = 'in_progress', updated_at = now() "
    f"WHERE workspace_id = :workspace_id AND id = :id AND {LIVE} "
    "RETURNING thread_id, question_id, message_id, request, attempt, created_at"
)
_END: Final = Statement(
    f"UPDATE runs SET status = CASE WHEN {LIVE} THEN :status ELSE status END, error = cast(:error AS jsonb), "
    "finished_at = coalesce(finished_at, now()), updated_at = now() "
    "WHERE workspace_id = :workspace_id AND id = :id AND attempt = :attempt RETURNING status"
)
_GET: Final = Statement(
    "SELECT id, thread_id, question_id, message_id, status, error, created_at, finished_at, attempt, request FROM runs "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id"
)
# Some seconds after its end: whoever runs it is still writing the last events.
_IS_OVER: Final = Statement(
    "SELECT 1 FROM runs WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id "
    "AND finished_at < now() - interval '15 seconds'"
)
_ORPHANS: Final = Statement(
    f"SELECT workspace_id, user_id, id, status, created_at FROM runs WHERE {LIVE} AND process_id <> ALL (:living) "
    "ORDER BY created_at LIMIT 500"
)
_HALF_ENDED: Final = Statement(
    "SELECT r.workspace_id, r.user_id, r.id FROM runs r JOIN messages m ON m.workspace_id = r.workspace_id "
    "AND m.id = r.message_id WHERE m.status = 'in_progress' AND r.finished_at IS NOT NULL "
    "AND r.process_id <> ALL (:living) LIMIT 500"
)
_FORGET: Final = Statement(
    "DELETE FROM run_segments s USING runs r WHERE s.workspace_id = r.workspace_id AND s.id = r.id "
    "AND r.finished_at < now() - make_interval(hours => :hours)"
)


async def insert(work: Transaction, *, request: dict[str, Any], **values: Any) -> None:
    """Write a run that this process begins."""
    await work.all(_INSERT, **work.mine, **values, request=msgspec.json.encode(request).decode())


async def overtake(work: Transaction, thread_id: str) -> list[str]:
    """End the live run of a thread; its ids."""
    values = {"workspace_id": work.actor.workspace_id, "thread_id": thread_id}
    return [row.id for row in await work.all(_OVERTAKE, **values)]


async def cancel(work: Transaction, run_id: str) -> bool:
    """End a live run; whether it was live."""
    return await work.first(_CANCEL, **work.mine, id=run_id) is not None


async def live_of_thread(work: Transaction, thread_id: str) -> Found | None:
    """The live run of a thread, or None."""
    return await work.first(_LIVE_OF_THREAD, **work.mine, thread_id=thread_id)


async def of_question(work: Transaction, thread_id: str, question_id: str) -> Found | None:
    """The newest run of a question, or None."""
    values = {"workspace_id": work.actor.workspace_id, "thread_id": thread_id, "question_id": question_id}
    return await work.first(_OF_QUESTION, **values)


async def claim(work: Transaction, run_id: str, process_id: str) -> Found | None:
    """Take a live run over, as its next attempt; None when it is over."""
    values = {"workspace_id": work.actor.workspace_id, "id": run_id, "process_id": process_id}
    return await work.first(_CLAIM, **values)


async def end(
    work: Transaction, run_id: str, attempt: int, status: str, error: dict[str, Any] | None
) -> str | None:
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
    row = await work.first(_END, **values)
    return None if row is None else row.status


async def get(work: Transaction, run_id: str) -> Found | None:
    """A run of the actor, or None."""
    return await work.first(_GET, **work.mine, id=run_id)


async def is_over(work: Transaction, run_id: str) -> bool:
    """Whether a run of the actor ended some seconds ago."""
    return await work.first(_IS_OVER, **work.mine, id=run_id) is not None


async def orphans(house: House, living: set[str]) -> list[Found]:
    """Live runs of processes that are no more."""
    return await house.all(_ORPHANS, living=sorted(living))


async def half_ended(house: House, living: set[str]) -> list[Found]:
    """Runs that were ended while their process was dying: the answer is still marked as coming."""
    return await house.all(_HALF_ENDED, living=sorted(living))


async def forget_segments(house: House, hours: int) -> None:
    """Delete the events of runs that ended long ago; their messages stay."""
    await house.all(_FORGET, hours=hours)
