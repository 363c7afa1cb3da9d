"""The long tail: how Pydantic AI's models are named, priced and switched on, and what happens without the extra."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator

import aiohttp
import pytest

import steward.providers
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Limits
from steward.providers import long_tail
from steward.providers.catalogue import LIBRARIAN
from steward.providers.errors import ProviderRefused, UnknownProvider
from steward.providers.events import Usage
from steward.providers.long_tail import LongTail
from steward.providers.prices import cost_usd
from steward.providers.service import Models, Resolved
from steward.providers.wire import Endpoint, ModelRequest, PromptMessage
from steward.runs import completions
from steward.usage.service import round_usd
from tests.conftest import Person
from tests.providers.own_settings import own_settings
from tests.runs.turns import ledger
from tests.support.scripted_provider import ScriptedProvider

NOVA = "pydantic-ai/bedrock:us.amazon.nova-lite-v1:0"


@pytest.fixture(autouse=True)
def looked_up_anew() -> Generator[None]:
    long_tail.is_installed.cache_clear()
    yield
    long_tail.is_installed.cache_clear()


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python in which Pydantic AI is not installed."""
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    monkeypatch.delitem(sys.modules, "steward.providers.pydantic_ai_wire", raising=False)
    monkeypatch.delattr(steward.providers, "pydantic_ai_wire", raising=False)


def resolve(name: str) -> Resolved:
    return Models(own_settings()).resolve(name)


@pytest.mark.req("PROV-11")
@pytest.mark.req("PROV-16")
def test_a_model_is_named_by_the_librarys_own_name() -> None:
    found = resolve(NOVA)
    assert isinstance(found.wire, LongTail)
    assert (found.full_name, found.endpoint.model) == (NOVA, "bedrock:us.amazon.nova-lite-v1:0")
    assert found.endpoint.key is None


def test_prices_are_those_of_the_provider_behind_it() -> None:
    cost = resolve(NOVA).pricing.cost(Usage(1_000_000, 0))
    assert cost is not None
    assert cost > 0
    assert resolve("pydantic-ai/nobody:nothing").pricing.cost(Usage(1, 1)) is None


def test_it_takes_no_default_away() -> None:
    models = Models(own_settings())
    assert models.configured()[0] is LIBRARIAN
    assert models.resolve(None).full_name == "steward/librarian"
    assert [provider.name for provider, _ in models.offered()] == ["steward"]
    with_key = Models(own_settings(OPENAI_API_KEY="sk-1"))
    assert LIBRARIAN not in with_key.configured()
    assert with_key.resolve(None).full_name == "openai/gpt-4o-mini"


@pytest.mark.usefixtures("without_extra")
def test_without_the_extra_the_refusal_says_how_to_get_it() -> None:
    with pytest.raises(UnknownProvider, match=r"pip install 'steward-ai\[pydantic-ai\]'"):
        resolve(NOVA)
    assert Models(own_settings()).configured() == [LIBRARIAN]


@pytest.mark.usefixtures("without_extra")
async def test_a_call_without_the_extra_is_refused() -> None:
    found = Models(own_settings()).providers()[-1]
    assert found.name == "pydantic-ai"
    request = ModelRequest([PromptMessage.of_text("user", "Hello")])
    endpoint = Endpoint("pydantic-ai", "bedrock:us.amazon.nova-lite-v1:0", "", None)
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ProviderRefused) as refused:
            async for _ in found.wire.stream(http, endpoint, request, Limits()):
                pass
    assert "pydantic_ai" in refused.value.cause


@pytest.mark.slow
def test_the_library_is_not_loaded_before_it_is_asked_for() -> None:
    program = "import sys, steward.app; assert 'pydantic_ai' not in sys.modules, 'loaded'"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.req("USE-01")
async def test_a_call_is_booked_like_any_other(
    house: Runtime, ada: Person, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library reads its own variables.
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-library")
    monkeypatch.setenv("OPENAI_BASE_URL", provider.base_url)
    request = ModelRequest([PromptMessage.of_text("user", "{{words:30}}")], max_tokens=100)
    completion = await completions.complete(ada.actor, "pydantic-ai/openai-chat:gpt-4o-mini", request)
    assert [event async for batch in completion.events() for event in batch]
    (line,) = await ledger(house, ada)
    assert (line.provider, line.model) == ("pydantic-ai", "openai-chat:gpt-4o-mini")
    assert (line.status, line.output_tokens, line.estimated) == ("completed", 30, False)
    usage = Usage(line.input_tokens, 30)
    assert line.cost_usd == round_usd(cost_usd("openai", "gpt-4o-mini", usage))
