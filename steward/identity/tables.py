"""Tables of identity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class Workspace(Stamped, Row):
    """A tenant. Ontology: a group of type organization."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str] = mapped_column(server_default="organization")
    properties: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class User(Stamped, Row):
    """A person, the service account that owns what a workspace's keys create, or a visitor of a page that embeds it."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("kind IN ('person', 'service', 'visitor')", name="kind"),
        Index("uq_users_email", func.lower(text("email")), unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(server_default="person")
    email: Mapped[str | None]
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str | None]
    disabled_at: Mapped[datetime | None]


class Membership(Row):
    """A user's role in a workspace."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('owner', 'admin', 'member', 'viewer')", name="role"),)

    workspace_id: Mapped[str] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Session(Row):
    """A sign-in. The cookie holds the secret; here is only its hash."""

    __tablename__ = "sessions"

    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    csrf_token: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class SignInLink(Row):
    """A link that signs its bearer in once."""

    __tablename__ = "sign_in_links"

    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class ApiKey(Owned, Row):
    """A key for programs. Shown once; here is only its hash."""

    __tablename__ = "api_keys"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    hint: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(server_default="member")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]
