"""Visitors: users who chat from a page that Steward is embedded in."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.drop_constraint(op.f("ck_users_kind"), "users", type_="check")
    op.create_check_constraint(op.f("ck_users_kind"), "users", "kind IN ('person', 'service', 'visitor')")
