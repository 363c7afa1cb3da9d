"""The tables of providers: what a workspace settles about models, and its own keys, sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped

from steward.kernel.rows import Owned, Row, Stamped


class ModelSettings(Owned, Stamped, Row):
    """What a workspace settles about models: one row, whose choices are a `schemas.ModelChoices`."""

    __tablename__ = "model_settings"

    choices: Mapped[dict[str, Any]]
    updated_by: Mapped[str]


class ProviderKey(Owned, Stamped, Row):
    """A workspace's own key for a provider, whose name is the row's id."""

    __tablename__ = "provider_keys"

    sealed: Mapped[str]
    last_four: Mapped[str]
    created_by: Mapped[str]
