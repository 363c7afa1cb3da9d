"""Files that are deleted by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column("files", sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        "ix_files_expiry", "files", ["expires_at"], postgresql_where=sa.text("expires_at IS NOT NULL")
    )
