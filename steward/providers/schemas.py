"""What crosses the native door of providers."""

from __future__ import annotations

from pydantic import BaseModel


class ModelRead(BaseModel):
    """A model that can be asked for."""

    id: str
    provider: str
    name: str
    default: bool


class ModelPage(BaseModel):
    """The models of the configured providers."""

    items: list[ModelRead]
    configured: bool
