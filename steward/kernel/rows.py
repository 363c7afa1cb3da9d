"""Rows: the base of every table, and the row policies that every tenant table gets in its migration."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import ForeignKey, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

APP_ROLE: Final = "steward_app"
SYSTEM_ROLE: Final = "steward_system"

# `nullif`: after the first local setting PostgreSQL remembers '' and not NULL.
# `(select …)`: evaluated once per statement and not once per row.
CURRENT_WORKSPACE: Final = "(select nullif(current_setting('steward.workspace_id', true), ''))"
CURRENT_USER: Final = "(select nullif(current_setting('steward.user_id', true), ''))"


class Row(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


class Owned:
    """A row of one workspace. Its key holds the workspace, so that a child cannot point at a stranger's parent."""

    workspace_id: Mapped[str] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    id: Mapped[str] = mapped_column(primary_key=True, sort_order=-19)


class Stamped:
    """A row that knows when it was made and changed."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.now(), sort_order=91
    )


def protect(
    table: str,
    *,
    personal: bool = False,
    unless: str | None = None,
    within: str | None = None,
    grants: str = "SELECT, INSERT, UPDATE, DELETE",
) -> list[str]:
    """Statements that put a table behind row security.

    Args:
        table: its name; it has a `workspace_id`, and a `user_id` when it is personal.
        personal: shown to the one user only, not to the whole workspace.
        unless: of a personal table, a condition under which the whole workspace sees a row after all.
        within: a table whose row of the same `id` must be visible too: who may see a run may see its events.
        grants: what the app role may do.
    """
    rule = f"workspace_id = {CURRENT_WORKSPACE}"
    if personal:
        mine = f"user_id = {CURRENT_USER}"
        rule += f" AND {mine}" if unless is None else f" AND ({mine} OR {unless})"
    if within is not None:
        rule += (
            f" AND EXISTS (SELECT 1 FROM {within} AS whole "
            f"WHERE whole.workspace_id = {table}.workspace_id AND whole.id = {table}.id)"
        )
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} TO {APP_ROLE} USING ({rule}) WITH CHECK ({rule})",
        f"CREATE POLICY house ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)",
        f"GRANT {grants} ON {table} TO {APP_ROLE}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SYSTEM_ROLE}",
    ]
