"""What the judges share: the official clients, and the provider that they talk to."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from tests.judges.scripted_clients import Clients, official_clients
from tests.support.scripted_provider import ScriptedProvider


@pytest.fixture(scope="module")
async def shared() -> AsyncGenerator[Clients]:
    """The clients of all tests here: it takes them longer to start than to ask."""
    async with ScriptedProvider(pace_ms=0) as provider, official_clients(provider) as clients:
        yield clients


@pytest.fixture
def clients(shared: Clients) -> Clients:
    shared.provider.reset()
    shared.provider.keys = None
    return shared
