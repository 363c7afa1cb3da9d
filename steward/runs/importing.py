"""Importing: runs that ended elsewhere, so that the answers which they wrote know their agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from steward.kernel.work import Statement, Transaction

_PROCESS: Final = "import"
# An id that is taken belongs to somebody else, or to the same run: either way nothing of it changes.
_INSERT: Final = Statement(
    "INSERT INTO runs (workspace_id, id, thread_id, user_id, question_id, message_id, status, request, process_id, "
    "error, created_at, updated_at, finished_at) SELECT cast(:workspace_id AS text), r.id, r.thread_id, "
    "cast(:user_id AS text), r.question_id, r.message_id, r.status, cast(r.request AS jsonb), "
    "cast(:process_id AS text), cast(r.error AS jsonb), r.created_at, r.finished_at, r.finished_at "
    "FROM unnest(cast(:ids AS text[]), "
    "cast(:thread_ids AS text[]), cast(:question_ids AS text[]), cast(:message_ids AS text[]), "
    "cast(:statuses AS text[]), cast(:requests AS text[]), cast(:errors AS text[]), "
    "cast(:created_at AS timestamptz[]), cast(:finished_at AS timestamptz[])) "
    "AS r(id, thread_id, question_id, message_id, status, request, error, created_at, finished_at) "
    "ON CONFLICT DO NOTHING RETURNING id"
)


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that has ended.

    Attributes:
        question_id, message_id: what it answered, and the answer.
        status: `completed`, `failed`, `cancelled`, `incomplete` or `expired`.
        kept: what a door shows of it, see `RunRecord`.
        error: tag and message.
    """

    id: str
    thread_id: str
    agent_id: str | None
    question_id: str
    message_id: str
    status: str
    created_at: datetime
    finished_at: datetime
    kept: dict[str, Any] = field(default_factory=dict[str, Any])
    error: dict[str, str] | None = None


async def restore(work: Transaction, runs: Sequence[PastRun]) -> int:
    """Store runs whose threads are there; how many are new.

    Raises:
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    if not runs:
        return 0
    rows = await work.all(
        _INSERT,
        **work.mine,
        process_id=_PROCESS,
        ids=[run.id for run in runs],
        thread_ids=[run.thread_id for run in runs],
        question_ids=[run.question_id for run in runs],
        message_ids=[run.message_id for run in runs],
        statuses=[run.status for run in runs],
        requests=[_json({"agent_id": run.agent_id, "kept": run.kept}) for run in runs],
        errors=[None if run.error is None else _json(run.error) for run in runs],
        created_at=[run.created_at for run in runs],
        finished_at=[run.finished_at for run in runs],
    )
    return len(rows)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
