"""What crosses the native door of providers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from steward.kernel.pages import CleanText, ShortText
from steward.providers.catalogue import Ability, Tier

ModelName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
"""`provider/model`, or a bare model's name."""
_Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=15, decimal_places=6)]


class ModelRead(BaseModel):
    """A model that can be asked for."""

    id: str
    provider: str
    name: str
    default: bool
    allowed: bool = Field(default=True, description="Whether the workspace lets it answer.")
    tiers: list[Tier] = []
    abilities: list[Ability] = []
    context_tokens: int | None = None
    input_usd_per_million: str | None = None
    output_usd_per_million: str | None = None


class ModelPage(BaseModel):
    """The models of the configured providers."""

    items: list[ModelRead]
    configured: bool


class PriceIn(BaseModel):
    """A price in US dollars per million tokens. Cached input costs as much as any other when it has no price."""

    model_config = ConfigDict(extra="forbid")

    input_usd: _Dollars
    output_usd: _Dollars
    cached_usd: _Dollars | None = None
    cache_write_usd: _Dollars | None = None


class ModelChoices(BaseModel):
    """What a workspace settles about models; what is empty is left to the server.

    Attributes:
        default_model: answers when nothing else names a model.
        allowed_models: the only models that may answer; `provider/*` allows all of a provider.
        tiers: models by provider and tier, before those of the catalogue.
        aliases: names that stand for other models.
        fallback_models: answer, in this order, when the chosen model cannot.
        overflow: what is done when a conversation is too long for its model.
        messages: what people read in the place of an error's own sentence, by tag.
        prices: the workspace's own prices, by `provider/model`.
    """

    model_config = ConfigDict(extra="forbid")

    default_model: ModelName | None = None
    allowed_models: list[ModelName] = Field(default=[], max_length=200)
    tiers: dict[ShortText, dict[Tier, ModelName]] = Field(default={}, max_length=100)
    aliases: dict[ModelName, ModelName] = Field(default={}, max_length=200)
    fallback_models: list[ModelName] = Field(default=[], max_length=5)
    overflow: Literal["compact", "refuse"] | None = None
    messages: dict[ShortText, CleanText] = Field(default={}, max_length=100)
    prices: dict[ModelName, PriceIn] = Field(default={}, max_length=500)


class ProviderRead(BaseModel):
    """A provider of the catalogue, and whether it can be called. No key is ever shown."""

    name: str
    title: str
    configured: bool
    key_from: Literal["server", "workspace"] | None
    last_four: str | None
    key_changed_at: datetime | None
    takes_key: bool


class ProviderPage(BaseModel):
    """Every provider that this server knows."""

    items: list[ProviderRead]


class KeyIn(BaseModel):
    """A workspace's own key for a provider."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, StringConstraints(min_length=8, max_length=2000, pattern=r"^[\x21-\x7e]+$")]
