"""The long tail: models that Pydantic AI can call, named `pydantic-ai/bedrock:us.amazon.nova-lite-v1:0`.

Pydantic AI comes with an extra of its own, and takes a second to load: it is imported at its first call and not before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import cache
from importlib.util import find_spec

import aiohttp

from steward.kernel.settings import Limits
from steward.providers.errors import ProviderRefused
from steward.providers.events import ProviderEvent
from steward.providers.wire import Endpoint, ModelRequest

_Stream = Callable[[Endpoint, ModelRequest, Limits], AsyncGenerator[list[ProviderEvent]]]


@cache
def is_installed() -> bool:
    """Whether the extra is installed."""
    return find_spec("pydantic_ai") is not None


def priced_as(model: str) -> tuple[str, str]:
    """Under which provider and name the price data knows a model."""
    provider, _, name = model.partition(":")
    return provider, name


class LongTail:
    """The models of Pydantic AI, which brings its own connections and reads its own variables."""

    async def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model; see `Wire.stream`."""
        del http  # the library has clients of its own
        try:
            stream = await asyncio.to_thread(_load)
        except ImportError as error:
            raise ProviderRefused(endpoint.model, endpoint.provider, repr(error)) from error
        async with aclosing(stream(endpoint, request, limits)) as batches:
            async for batch in batches:
                yield batch


def _load() -> _Stream:
    # Here, and in a thread: see the module's first words.
    from steward.providers import pydantic_ai_wire

    return pydantic_ai_wire.stream
