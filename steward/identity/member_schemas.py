"""What crosses the native door about members."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from steward.kernel.pages import ShortText
from steward.kernel.work import Role


class MemberRead(BaseModel):
    """A person of the workspace."""

    user_id: str
    name: str
    email: str | None = Field(description="For admins and owners; null for others, save one's own.")
    role: Role
    joined_at: datetime


class MemberPage(BaseModel):
    """A page of members, by name."""

    items: list[MemberRead]
    next_cursor: str | None


class MemberCreate(BaseModel):
    """Who shall belong to the workspace, and as what."""

    model_config = ConfigDict(extra="forbid")

    email: ShortText = Field(max_length=320)
    role: Role = "member"


class MemberChange(BaseModel):
    """Another role."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class MemberAdded(MemberRead):
    """A new member, with the link to hand over, which is shown only here."""

    link: str | None = Field(
        description="Signs its bearer in once, within a day; a path where the server has no public address. "
        "Null for somebody who has an account: they sign in as before."
    )
