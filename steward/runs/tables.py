"""Tables of runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
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

WAITING = "state = 'waiting'"
DIRECT = "run_id IS NULL AND state = 'running'"
RUNNING = "status IN ('queued', 'in_progress')"
LIVE = "status IN ('queued', 'in_progress', 'requires_action')"


class Run(Owned, Stamped, Row):
    """One turn of an agent on a thread."""

    __tablename__ = "runs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], ondelete="CASCADE"
        ),
        Index("uq_runs_live", "workspace_id", "thread_id", unique=True, postgresql_where=text(LIVE)),
        # What waits for somebody has no process, and is nobody's orphan.
        Index("ix_runs_live", "process_id", postgresql_where=text(RUNNING)),
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
    resumes: Mapped[int] = mapped_column(server_default=text("0"))
    """How often the run went on after it had waited for somebody."""
    error: Mapped[dict[str, Any] | None]
    finished_at: Mapped[datetime | None]


class ToolUse(Owned, Row):
    """One call of a tool: what was asked, who decided, how it ended. Without a run when a person called directly.

    `id` is the key by which the call acts once. A row that is shared waits for other people than the run's own.
    """

    __tablename__ = "tool_calls"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"
        ),
        Index("ix_tool_calls_run", "workspace_id", "run_id", "step", "position"),
        Index("ix_tool_calls_waiting", "workspace_id", "created_at", postgresql_where=text(WAITING)),
        Index("ix_tool_calls_expiry", "expires_at", postgresql_where=text(WAITING)),
        Index("ix_tool_calls_direct", "created_at", postgresql_where=text(DIRECT)),
        Index("ix_tool_calls_mine", "workspace_id", "user_id", "name", "created_at"),
        CheckConstraint(
            "state IN ('waiting', 'approved', 'answered', 'running', 'completed', 'failed', 'denied', 'expired', "
            "'cancelled')",
            name="state",
        ),
        CheckConstraint("place IN ('server', 'client', 'person')", name="place"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    run_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    step: Mapped[int] = mapped_column(server_default=text("0"))
    position: Mapped[int] = mapped_column(server_default=text("0"))
    call_id: Mapped[str]
    name: Mapped[str]
    place: Mapped[str] = mapped_column(server_default="server")
    arguments: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(server_default="running")
    is_shared: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    reason: Mapped[str | None]
    approvers: Mapped[int] = mapped_column(server_default=text("1"))
    least_role: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    decisions: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    output: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    duration_ms: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
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
