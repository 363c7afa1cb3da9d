"""The table of usage."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Index, Numeric, func, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row


class ModelCall(Owned, Row):
    """One call of a model upstream: opened before the call, settled after it, also when it broke."""

    __tablename__ = "model_calls"
    __table_args__ = (
        Index("ix_model_calls_recent", "workspace_id", "created_at"),
        Index("ix_model_calls_open", "process_id", postgresql_where=text("status = 'open'")),
        CheckConstraint(
            "status IN ('open', 'completed', 'cancelled', 'failed', 'interrupted')", name="status"
        ),
    )

    user_id: Mapped[str]
    key_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    run_id: Mapped[str | None]
    message_id: Mapped[str | None]
    process_id: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="chat")
    provider: Mapped[str]
    model: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    finish_reason: Mapped[str | None]
    input_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    output_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    cached_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    reasoning_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    estimated: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 9))
    first_token_ms: Mapped[int | None]
    duration_ms: Mapped[int | None]
    call_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
