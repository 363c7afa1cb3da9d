"""The table of rules."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Float, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class ToolRule(Owned, Stamped, Row):
    """What happens with calls of the tools that `tool` names, when every condition holds; the least position first."""

    __tablename__ = "tool_rules"
    __table_args__ = (
        CheckConstraint("decision IN ('run', 'ask', 'deny')", name="decision"),
        CheckConstraint("approvers IN (1, 2)", name="approvers"),
        CheckConstraint("least_role IN ('member', 'admin', 'owner')", name="least_role"),
    )

    position: Mapped[int]
    tool: Mapped[str]
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    decision: Mapped[str]
    approvers: Mapped[int] = mapped_column(server_default=text("1"))
    least_role: Mapped[str] = mapped_column(server_default="member")
    expires_seconds: Mapped[float | None] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
