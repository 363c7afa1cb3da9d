"""The tables of usage: the ledger of model calls, and the budgets that are counted beside it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped

_USD = Numeric(18, 9)


class ModelCall(Owned, Row):
    """One call of a model upstream: opened before the call, settled after it, also when it broke.

    `holds` are the shares of budgets that the call keeps while it is open; see `budgets.Hold`.
    """

    __tablename__ = "model_calls"
    __table_args__ = (
        Index("ix_model_calls_recent", "workspace_id", "created_at"),
        Index("ix_model_calls_thread", "workspace_id", "thread_id"),
        Index("ix_model_calls_user", "workspace_id", "user_id", "created_at"),
        Index("ix_model_calls_open", "process_id", postgresql_where=text("status = 'open'")),
        CheckConstraint(
            "status IN ('open', 'completed', 'cancelled', 'failed', 'interrupted')", name="status"
        ),
    )

    user_id: Mapped[str]
    key_id: Mapped[str | None]
    agent_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    run_id: Mapped[str | None]
    message_id: Mapped[str | None]
    process_id: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="chat")
    provider: Mapped[str]
    model: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("1"))
    status: Mapped[str] = mapped_column(server_default="open")
    finish_reason: Mapped[str | None]
    input_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    output_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    cached_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    cache_write_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    reasoning_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    estimated: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    cost_usd: Mapped[Decimal | None] = mapped_column(_USD)
    first_token_ms: Mapped[int | None]
    duration_ms: Mapped[int | None]
    holds: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    call_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Budget(Owned, Stamped, Row):
    """The most that somebody may use in a day or a month. An empty subject stands for each one of the scope."""

    __tablename__ = "budgets"
    __table_args__ = (
        UniqueConstraint("workspace_id", "scope", "subject_id", "period"),
        CheckConstraint("scope IN ('workspace', 'user', 'agent', 'key')", name="scope"),
        CheckConstraint("period IN ('day', 'month')", name="period"),
        CheckConstraint("num_nonnulls(limit_usd, limit_tokens) > 0", name="limit"),
    )

    scope: Mapped[str]
    subject_id: Mapped[str] = mapped_column(server_default="")
    period: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    limit_usd: Mapped[Decimal | None] = mapped_column(_USD)
    limit_tokens: Mapped[int | None] = mapped_column(BigInteger)
    alert_percents: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{80,100}'"))
    created_by: Mapped[str]


class BudgetPeriod(Owned, Row):
    """What one subject has used of a budget in one day or month, and what open calls hold of it."""

    __tablename__ = "budget_periods"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "id"], ["budgets.workspace_id", "budgets.id"], ondelete="CASCADE"
        ),
    )

    subject_id: Mapped[str] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    spent_usd: Mapped[Decimal] = mapped_column(_USD, server_default=text("0"))
    held_usd: Mapped[Decimal] = mapped_column(_USD, server_default=text("0"))
    spent_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    held_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class BudgetAlert(Owned, Row):
    """A share of a budget that was reached: said once for each subject and period."""

    __tablename__ = "budget_alerts"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "budget_id", "subject_id", "starts_on", "percent", name="uq_budget_alerts_once"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "budget_id"], ["budgets.workspace_id", "budgets.id"], ondelete="CASCADE"
        ),
    )

    budget_id: Mapped[str]
    subject_id: Mapped[str]
    starts_on: Mapped[date]
    percent: Mapped[int]
    spent_usd: Mapped[Decimal] = mapped_column(_USD)
    spent_tokens: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
