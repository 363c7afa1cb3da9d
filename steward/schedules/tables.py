"""The table of schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class Schedule(Owned, Stamped, Row):
    """An agent that begins by the clock, as the user who made it.

    `next_at` is the slot that comes next, and None while the schedule is switched off. `due_at` is a slot that a
    process has claimed and whose turn has not begun yet: when that process dies, another one begins it. The columns
    `last_…` say what became of a slot. No foreign key holds the agent, since built-in agents have no row.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_list", "workspace_id", "created_at", "id"),
        Index("ix_schedules_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_schedules_due", "claimed_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "uq_schedules_followed",
            "workspace_id",
            "agent_id",
            unique=True,
            postgresql_where=text("follows_agent"),
        ),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    agent_id: Mapped[str]
    cron: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    prompt: Mapped[str]
    follows_agent: Mapped[bool] = mapped_column(server_default=text("false"))
    next_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    last_at: Mapped[datetime | None]
    last_thread_id: Mapped[str | None]
    last_run_id: Mapped[str | None]
    last_error: Mapped[dict[str, Any] | None]
