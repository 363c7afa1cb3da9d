"""The ledger: budgets beside the model calls, and what a workspace settles about models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from steward.kernel.rows import APP_ROLE, SYSTEM_ROLE, protect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "budgets",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), server_default="", nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("limit_usd", sa.Numeric(precision=18, scale=9), nullable=True),
        sa.Column("limit_tokens", sa.BigInteger(), nullable=True),
        sa.Column(
            "alert_percents", sa.ARRAY(sa.Integer()), server_default=sa.text("'{80,100}'"), nullable=False
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("period IN ('day', 'month')", name=op.f("ck_budgets_period")),
        sa.CheckConstraint("scope IN ('workspace', 'user', 'agent', 'key')", name=op.f("ck_budgets_scope")),
        sa.CheckConstraint("num_nonnulls(limit_usd, limit_tokens) > 0", name=op.f("ck_budgets_limit")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_budgets_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_budgets")),
        sa.UniqueConstraint(
            "workspace_id",
            "scope",
            "subject_id",
            "period",
            name=op.f("uq_budgets_workspace_id_scope_subject_id_period"),
        ),
    )
    op.create_table(
        "model_settings",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_model_settings_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_model_settings")),
    )
    op.create_table(
        "provider_keys",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_provider_keys_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_provider_keys")),
    )
    op.create_table(
        "budget_alerts",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("budget_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("spent_usd", sa.Numeric(precision=18, scale=9), nullable=False),
        sa.Column("spent_tokens", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "budget_id"],
            ["budgets.workspace_id", "budgets.id"],
            name=op.f("fk_budget_alerts_workspace_id_budget_id_budgets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_budget_alerts_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_budget_alerts")),
        sa.UniqueConstraint(
            "workspace_id", "budget_id", "subject_id", "starts_on", "percent", name="uq_budget_alerts_once"
        ),
    )
    op.create_table(
        "budget_periods",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column(
            "spent_usd", sa.Numeric(precision=18, scale=9), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("held_usd", sa.Numeric(precision=18, scale=9), server_default=sa.text("0"), nullable=False),
        sa.Column("spent_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("held_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "id"],
            ["budgets.workspace_id", "budgets.id"],
            name=op.f("fk_budget_periods_workspace_id_id_budgets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_budget_periods_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "id", "subject_id", "starts_on", name=op.f("pk_budget_periods")
        ),
    )
    op.add_column("model_calls", sa.Column("agent_id", sa.Text(), nullable=True))
    op.add_column(
        "model_calls", sa.Column("attempt", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column(
        "model_calls",
        sa.Column("cache_write_tokens", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "model_calls",
        sa.Column(
            "holds", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
    )
    op.create_index("ix_model_calls_thread", "model_calls", ["workspace_id", "thread_id"], unique=False)
    op.create_index(
        "ix_model_calls_user", "model_calls", ["workspace_id", "user_id", "created_at"], unique=False
    )
    for statement in [
        *protect("budgets"),
        *protect("budget_periods", grants="SELECT, INSERT, UPDATE"),
        *protect("budget_alerts", grants="SELECT, INSERT"),
        *protect("model_settings"),
        *protect("provider_keys"),
        *_summary(),
    ]:
        op.execute(statement)


def _summary() -> list[str]:
    # A view and no table: a sum that is not stored cannot differ from the ledger. It runs as whoever asks, so that
    # the row policies of the ledger hold.
    return [
        "CREATE VIEW usage_summary WITH (security_invoker = true) AS "
        "SELECT workspace_id, (created_at AT TIME ZONE 'UTC')::date AS day, user_id, key_id, agent_id, purpose, "
        "provider, model, count(*) AS calls, count(*) FILTER (WHERE estimated) AS estimated_calls, "
        "count(*) FILTER (WHERE cost_usd IS NULL AND status <> 'open') AS unpriced_calls, "
        "sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, "
        "sum(cached_tokens) AS cached_tokens, sum(reasoning_tokens) AS reasoning_tokens, "
        "coalesce(sum(cost_usd), 0) AS cost_usd "
        "FROM model_calls GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        f"GRANT SELECT ON usage_summary TO {APP_ROLE}, {SYSTEM_ROLE}",
    ]
