"""What crosses the native door of identity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from steward.kernel.pages import AnyId, CleanText, ShortText
from steward.kernel.work import Role


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Closed):
    """E-mail address and password."""

    email: ShortText
    password: SecretStr = Field(max_length=1000)


class LinkUse(_Closed):
    """The secret of a one-time link."""

    token: CleanText = Field(max_length=200)


class PasswordChange(_Closed):
    """A new password; the current one unless there is none yet."""

    password: SecretStr = Field(max_length=1000)
    current_password: SecretStr | None = Field(default=None, max_length=1000)


class UserRead(BaseModel):
    """A user as others in the workspace see them."""

    id: str
    email: str | None
    name: str


class WorkspaceRead(BaseModel):
    """A workspace."""

    id: str
    name: str


class MembershipRead(WorkspaceRead):
    """A workspace that the user is a member of."""

    role: Role


class Me(BaseModel):
    """Who the caller is."""

    user: UserRead
    workspace: WorkspaceRead
    role: Role
    csrf_token: str | None = Field(
        description="Send it as `X-CSRF-Token` with every change; null with an API key."
    )
    has_password: bool
    workspaces: list[MembershipRead]


class KeyCreate(_Closed):
    """A new API key."""

    name: ShortText = Field(min_length=1)


class KeyRead(BaseModel):
    """An API key without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    hint: str = Field(description="The last four characters of the key.")
    role: Role
    created_at: datetime
    revoked_at: datetime | None


class KeyCreated(KeyRead):
    """A new API key with its secret, which is shown only here."""

    key: str


class KeyPage(BaseModel):
    """The API keys of the workspace."""

    items: list[KeyRead]


class EmbedTokenCreate(_Closed):
    """What a token for an embedded chat is to be good for."""

    user: ShortText | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Who visits, as your site names them: the same name finds the same conversations again. Without "
        "one, somebody new.",
    )
    minutes: int = Field(default=15, ge=1, le=60, description="How long the token is good.")
    agent_id: AnyId | None = Field(
        default=None, description="The agent that answers; without one, the built-in one."
    )


class EmbedTokenRead(BaseModel):
    """A token for an embedded chat; hand it to the page, never a key."""

    token: str
    user: str = Field(description="Ask for the next token with it, so that the visitor stays the same.")
    expires_at: datetime


class GroupRead(BaseModel):
    """A workspace as the ontology knows it: who shares things, connections and knowledge."""

    id: str
    type: str
    name: str
    properties: dict[str, Any]
    created_at: datetime
