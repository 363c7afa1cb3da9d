"""Native REST of providers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Query

from steward.identity.access import InTransaction
from steward.kernel import runtime
from steward.providers import prices, service
from steward.providers.catalogue import LIBRARIAN, TIERS, Provider, abilities_of
from steward.providers.errors import ModelNotAllowed
from steward.providers.events import Usage
from steward.providers.schemas import (
    KeyIn,
    ModelChoices,
    ModelPage,
    ModelRead,
    ProviderPage,
)
from steward.providers.service import Models

router = APIRouter(tags=["models"])

_MILLION: Final = 1_000_000


@router.get("/models")
async def list_models(
    work: InTransaction,
    every: Annotated[bool, Query(description="Those too that the workspace does not allow.")] = False,
) -> ModelPage:
    """List the models that can be asked for, with what they can do and what they cost."""
    models = await service.models_of(work, runtime.current().settings)
    names = models.offered(every=every)
    default = _default(models)
    if default is not None and default not in {f"{provider.name}/{model}" for provider, model in names}:
        provider = next(one for one in models.everyone() if one.name == default.partition("/")[0])
        names.insert(0, (provider, default.partition("/")[2]))
    return ModelPage(
        items=[_read(models, provider, model, default) for provider, model in names],
        configured=models.configured()[0] is not LIBRARIAN,
    )


@router.get("/providers")
async def list_providers(work: InTransaction) -> ProviderPage:
    """List the providers that this server knows, and which of them can be called."""
    return ProviderPage(items=await service.providers(work, runtime.current().settings))


@router.put("/providers/{provider}/key", status_code=204)
async def store_provider_key(work: InTransaction, provider: str, body: KeyIn) -> None:
    """Store the workspace's own key for a provider. The next call uses it; answers under way end with the old one."""
    await service.store_key(work, runtime.current().settings, provider, body.key)


@router.delete("/providers/{provider}/key", status_code=204)
async def delete_provider_key(work: InTransaction, provider: str) -> None:
    """Delete the workspace's own key for a provider."""
    await service.delete_key(work, runtime.current().settings, provider)


@router.get("/model-settings")
async def read_model_settings(work: InTransaction) -> ModelChoices:
    """What the workspace settles about models."""
    return (await service.models_of(work, runtime.current().settings)).choices


@router.patch("/model-settings")
async def change_model_settings(work: InTransaction, body: ModelChoices) -> ModelChoices:
    """Change what the workspace settles about models; what is not named stays."""
    return await service.change_choices(work, runtime.current().settings, body.model_dump(exclude_unset=True))


def _default(models: Models) -> str | None:
    """The model of a request that names none; None when the workspace does not allow it."""
    try:
        return models.resolve(None).full_name
    except ModelNotAllowed:
        return None


def _read(models: Models, provider: Provider, model: str, default: str | None) -> ModelRead:
    full_name = f"{provider.name}/{model}"
    pricing = models.pricing(provider.name, model)
    return ModelRead(
        id=full_name,
        provider=provider.name,
        name=model,
        default=full_name == default,
        allowed=models.is_allowed(full_name, model),
        tiers=[tier for tier in TIERS if models.tier_model(provider, tier) == model],
        abilities=sorted(abilities_of(provider, model)),
        context_tokens=prices.context_tokens(pricing.provider, model),
        input_usd_per_million=_dollars(pricing.cost(Usage(_MILLION, 0))),
        output_usd_per_million=_dollars(pricing.cost(Usage(0, _MILLION))),
    )


def _dollars(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount.normalize(), "f")
