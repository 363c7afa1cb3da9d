"""Tables of memory. All of them are personal: nobody else in the workspace sees a row, not even its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, Index, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from steward.kernel.rows import Owned, Row, Stamped


class HalfVector(UserDefinedType[str]):
    """pgvector's vector of 16-bit numbers, written as text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return "halfvec"


class Memory(Owned, Stamped, Row):
    """One thing that a person told.

    Attributes:
        text_hash: of the text without case and blanks: the same thing is kept once.
        importance: 0 to 1.
        embedding: of length 1, or zero for a text that says nothing to the model; compared one by one.
        thread_id, message_id, run_id: where it was said; None when the person wrote it down.
    """

    __tablename__ = "memories"
    __table_args__ = (
        Index("ix_memories_list", "workspace_id", "user_id", "created_at", "id"),
        Index("uq_memories_text", "workspace_id", "user_id", "text_hash", unique=True),
        CheckConstraint("kind IN ('recent', 'goals', 'challenges', 'progress', 'fact')", name="kind"),
        CheckConstraint("importance BETWEEN 0 AND 1", name="importance"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    text: Mapped[str]
    text_hash: Mapped[str]
    importance: Mapped[float] = mapped_column(Float, server_default=sql("0.5"))
    thread_id: Mapped[str | None]
    message_id: Mapped[str | None]
    run_id: Mapped[str | None]
    last_recalled_at: Mapped[datetime | None]
    embedding: Mapped[str] = mapped_column(HalfVector, deferred=True)


class Profile(Owned, Stamped, Row):
    """What a person says about themselves in one workspace. `id` is the user's."""

    __tablename__ = "profiles"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    display_name: Mapped[str] = mapped_column(server_default="")
    role: Mapped[str] = mapped_column(server_default="")
    company: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    time_zone: Mapped[str] = mapped_column(server_default="")
    preferences: Mapped[str] = mapped_column(server_default="")
    about: Mapped[str] = mapped_column(server_default="")
    is_memory_on: Mapped[bool] = mapped_column(Boolean, server_default=sql("true"))


class ProfileChange(Owned, Row):
    """One field of a profile as it was before a change, and after it."""

    __tablename__ = "profile_changes"
    __table_args__ = (
        Index("ix_profile_changes_list", "workspace_id", "user_id", "created_at", "id"),
        CheckConstraint("made_by IN ('person', 'assistant')", name="made_by"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    field: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    made_by: Mapped[str]
    run_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
