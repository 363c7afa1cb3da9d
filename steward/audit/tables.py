"""The table of audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row


class Event(Owned, Row):
    """One thing that happened. Rows are added, never changed."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_recent", "workspace_id", "created_at", "id"),
        Index("ix_events_actor", "workspace_id", "actor_id", "created_at", "id"),
        Index("ix_events_target", "workspace_id", "target_id", "created_at", "id"),
    )

    type: Mapped[str]
    actor_id: Mapped[str]
    target_type: Mapped[str]
    target_id: Mapped[str]
    event_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
