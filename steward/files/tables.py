"""Tables of files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class File(Owned, Stamped, Row):
    """An uploaded file of a workspace. Its bytes lie in the storage under their hash, which several rows may share.

    Ids sort by time, so a list by age is a walk along the primary key, or along the index of a purpose.
    """

    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_sha256", "workspace_id", "sha256"),
        Index("ix_files_purpose", "workspace_id", "purpose", "id"),
        Index("ix_files_expiry", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
        CheckConstraint("bytes > 0", name="bytes"),
    )

    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    name: Mapped[str]
    media_type: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    purpose: Mapped[str]
    expires_at: Mapped[datetime | None]
