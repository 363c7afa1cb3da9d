"""SQL of runs: the lock of a thread, the fence around an attempt, the orphans of dead processes."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from steward.kernel.work import Found, House, Statement, Transaction
from steward.runs.tables import LIVE, RUNNING

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
    "WITH live AS (SELECT workspace_id, id, status FROM runs WHERE workspace_id = :workspace_id "
    f"AND user_id = :user_id AND id = :id AND {LIVE} FOR UPDATE) "
    "UPDATE runs r SET status = 'cancelled', finished_at = now(), updated_at = now() FROM live "
    "WHERE r.workspace_id = live.workspace_id AND r.id = live.id RETURNING live.status"
)
_LIVE_OF_THREAD: Final = Statement(
    "SELECT id, message_id, status FROM runs WHERE workspace_id = :workspace_id AND user_id = :user_id "
    f"AND thread_id = :thread_id AND {LIVE}"
)
_OF_QUESTION: Final = Statement(
    "SELECT id, message_id FROM runs WHERE workspace_id = :workspace_id AND thread_id = :thread_id "
    "AND question_id = :question_id ORDER BY created_at DESC, id DESC LIMIT 1"
)
_OF_MESSAGE: Final = Statement(
    "SELECT id FROM runs WHERE workspace_id = :workspace_id AND user_id = :user_id AND thread_id = :thread_id "
    "AND message_id = :message_id"
)
_CLAIM: Final = Statement(
    "UPDATE runs SET process_id = :process_id, attempt = attempt + 1, status = 'in_progress', updated_at = now() "
    f"WHERE workspace_id = :workspace_id AND id = :id AND {RUNNING} AND resumes = :resumes "
    "RETURNING thread_id, question_id, message_id, request, attempt, created_at"
)
_END: Final = Statement(
    f"UPDATE runs SET status = CASE WHEN {LIVE} THEN :status ELSE status END, error = cast(:error AS jsonb), "
    "finished_at = coalesce(finished_at, now()), updated_at = now() "
    "WHERE workspace_id = :workspace_id AND id = :id AND attempt = :attempt RETURNING status"
)
_PAUSE: Final = Statement(
    "UPDATE runs SET status = 'requires_action', updated_at = now() WHERE workspace_id = :workspace_id AND id = :id "
    f"AND attempt = :attempt AND {RUNNING} RETURNING id"
)
_RESUME: Final = Statement(
    "UPDATE runs SET status = 'in_progress', process_id = :process_id, resumes = resumes + 1, updated_at = now() "
    "WHERE workspace_id = :workspace_id AND id = :id AND status = 'requires_action' RETURNING resumes"
)
_GET: Final = Statement(
    "SELECT id, thread_id, question_id, message_id, status, error, created_at, finished_at, attempt, resumes, request "
    "FROM runs "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id"
)
# Some seconds after its end: whoever runs it is still writing the last events.
_IS_OVER: Final = Statement(
    "SELECT 1 FROM runs WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id "
    "AND finished_at < now() - interval '15 seconds'"
)
_ORPHANS: Final = Statement(
    f"SELECT workspace_id, user_id, id, resumes, created_at FROM runs WHERE {RUNNING} AND process_id <> ALL (:living) "
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


async def cancel(work: Transaction, run_id: str) -> str | None:
    """End a live run; its status until now, or None when it was over."""
    row = await work.first(_CANCEL, **work.mine, id=run_id)
    return None if row is None else row.status


async def live_of_thread(work: Transaction, thread_id: str) -> Found | None:
    """The live run of a thread, or None."""
    return await work.first(_LIVE_OF_THREAD, **work.mine, thread_id=thread_id)


async def of_question(work: Transaction, thread_id: str, question_id: str) -> Found | None:
    """The newest run of a question, or None."""
    values = {"workspace_id": work.actor.workspace_id, "thread_id": thread_id, "question_id": question_id}
    return await work.first(_OF_QUESTION, **values)


async def of_message(work: Transaction, thread_id: str, message_id: str) -> Found | None:
    """The run that wrote a message, or None."""
    return await work.first(_OF_MESSAGE, **work.mine, thread_id=thread_id, message_id=message_id)


async def claim(work: Transaction, run_id: str, process_id: str, resumes: int) -> Found | None:
    """Take a running run over, as its next attempt; None when it is over, waits, or went on elsewhere since then.

    Args:
        work: of the run's user.
        run_id: the run.
        process_id: who takes it.
        resumes: how often it had gone on when whoever asks was started.
    """
    return await work.first(
        _CLAIM,
        workspace_id=work.actor.workspace_id,
        id=run_id,
        process_id=process_id,
        resumes=resumes,
    )


async def pause(work: Transaction, run_id: str, attempt: int) -> bool:
    """Let a run wait for somebody; False when it was ended, or another attempt took over."""
    values = {"workspace_id": work.actor.workspace_id, "id": run_id, "attempt": attempt}
    return await work.first(_PAUSE, **values) is not None


async def resume(work: Transaction, run_id: str, process_id: str) -> int | None:
    """Let a run that waited go on; how often it has now, or None when it does not wait."""
    values = {"workspace_id": work.actor.workspace_id, "id": run_id, "process_id": process_id}
    row = await work.first(_RESUME, **values)
    return None if row is None else row.resumes


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
