"""Tables of runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped

LIVE = "status IN ('queued', 'in_progress', 'requires_action')"


class Run(Owned, Stamped, Row):
    """One turn of an agent on a thread."""

    __tablename__ = "runs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], ondelete="CASCADE"
        ),
        Index("uq_runs_live", "workspace_id", "thread_id", unique=True, postgresql_where=text(LIVE)),
        Index("ix_runs_live", "process_id", postgresql_where=text(LIVE)),
        Index("ix_runs_question", "workspace_id", "thread_id", "question_id"),
        CheckConstraint(
            "status IN ('queued', 'in_progress', 'requires_action', 'completed', 'failed', 'cancelled', "
            "'incomplete', 'expired')",
            name="status",
        ),
    )

    thread_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    question_id: Mapped[str]
    message_id: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="queued")
    request: Mapped[dict[str, Any]]
    process_id: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[dict[str, Any] | None]
    finished_at: Mapped[datetime | None]


class RunSegment(Owned, Row):
    """A stretch of a run's events, as they were flushed. `id` is the run's."""

    __tablename__ = "run_segments"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
        Index("ix_run_segments_created_at", "created_at"),
    )

    first_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    events: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
