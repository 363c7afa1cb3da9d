"""Native REST of providers."""

from __future__ import annotations

from fastapi import APIRouter

from steward.identity.access import Caller
from steward.kernel import runtime
from steward.providers import catalogue
from steward.providers.schemas import ModelPage, ModelRead

router = APIRouter(tags=["models"])


@router.get("/models")
async def list_models(actor: Caller) -> ModelPage:
    """List the models that can be asked for."""
    del actor
    settings = runtime.current().settings
    default = catalogue.resolve(settings, None).full_name
    ready = catalogue.configured(settings)
    names = [(provider.name, model) for provider in ready for model in provider.models]
    provider, _, model = default.partition("/")
    if (provider, model) not in names:
        names.insert(0, (provider, model))
    return ModelPage(
        items=[
            ModelRead(id=f"{host}/{name}", provider=host, name=name, default=f"{host}/{name}" == default)
            for host, name in names
        ],
        configured=ready[0] is not catalogue.LIBRARIAN,
    )
