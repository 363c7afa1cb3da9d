"""Tables of things: typed objects, and what connects them with each other, with users and with threads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class Thing(Owned, Stamped, Row):
    """An object of a workspace. What its properties hold is settled by the kind, not by the database."""

    __tablename__ = "things"
    __table_args__ = (
        Index("ix_things_list", "workspace_id", "created_at", "id"),
        Index("ix_things_kind", "workspace_id", "kind", "created_at", "id"),
        Index("ix_things_status", "workspace_id", "kind", "status", "created_at", "id"),
        # Found by the job that lets agents begin by the clock, in every workspace at once.
        Index(
            "ix_things_scheduled",
            "workspace_id",
            "id",
            postgresql_where=text("kind = 'agent' AND properties->>'schedule' IS NOT NULL"),
        ),
    )

    kind: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    properties: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_by: Mapped[str]


class Connection(Owned, Stamped, Row):
    """An arrow from one id to another: once for each type and pair."""

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("workspace_id", "type", "from_id", "to_id", name="uq_connections_once"),
        Index("ix_connections_list", "workspace_id", "created_at", "id"),
        Index("ix_connections_from", "workspace_id", "from_id"),
        Index("ix_connections_to", "workspace_id", "to_id"),
    )

    type: Mapped[str]
    from_id: Mapped[str]
    to_id: Mapped[str]
    connection_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))
