"""The table of MCP servers: where each is, what it offered when it was last asked, and what may be used of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class McpServer(Owned, Stamped, Row):
    """A server that a workspace connects to. `sealed` holds its headers or environment; only their names are shown.

    `offers` are its tools as `offers.Offer` writes them, from the last time that its list was fetched.
    """

    __tablename__ = "mcp_servers"
    __table_args__ = (
        CheckConstraint(
            "(transport = 'http' AND url IS NOT NULL AND command IS NULL) "
            "OR (transport = 'stdio' AND command IS NOT NULL AND url IS NULL)",
            name="transport",
        ),
        UniqueConstraint("workspace_id", "name"),
    )

    name: Mapped[str]
    transport: Mapped[str]
    url: Mapped[str | None]
    command: Mapped[str | None]
    arguments: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    sealed: Mapped[str | None]
    secret_names: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    is_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    allowed_tools: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    approvals: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    offers: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    fetched_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_by: Mapped[str]
