from __future__ import annotations

import pytest

from steward.providers.catalogue import PROVIDERS, TIERS, Tiers, abilities_of
from steward.providers.events import Usage
from steward.providers.prices import cost_usd
from steward.providers.service import Models
from tests.providers.own_settings import own_settings


@pytest.mark.req("PROV-11")
def test_more_than_twenty_providers_stand_behind_one_interface() -> None:
    names = {provider.name for provider in PROVIDERS}
    assert len(names) == len(PROVIDERS) >= 25
    assert {
        *(
            "openai",
            "anthropic",
            "google",
            "azure",
            "mistral",
            "groq",
            "deepseek",
            "xai",
            "cohere",
            "together",
        ),
        *("fireworks", "openrouter", "perplexity", "cerebras", "sambanova", "nvidia", "moonshot", "alibaba"),
        *("nebius", "huggingface", "ollama", "vllm", "lmstudio"),
    } <= names
    for provider in PROVIDERS:
        assert callable(provider.wire.stream)


@pytest.mark.req("PROV-14")
@pytest.mark.parametrize(
    "provider", [one for one in PROVIDERS if one.extra is None], ids=lambda provider: provider.name
)
def test_every_provider_is_switched_on_by_its_variables_alone(provider: object) -> None:
    found = next(one for one in PROVIDERS if one is provider)
    variables = {found.key_variable: "sk-1"} if found.key_variable else {}
    if not found.base_url:
        assert found.url_variable is not None
        assert not [one for one in Models(own_settings(**variables)).configured() if one.name == found.name]
        variables[found.url_variable] = "https://host.example/v1/"
    models = Models(own_settings(**variables))
    ready = [one.name for one in models.configured() if one.extra is None]
    assert found.name in ready
    assert len(ready) <= 2, "a key switches on its own provider"
    for model in [*found.models, "a-model-of-tomorrow", "org/model:free"]:
        resolved = models.resolve(f"{found.name}/{model}")
        assert resolved.full_name == f"{found.name}/{model}"
        assert resolved.wire is found.wire
        assert resolved.endpoint.base_url.startswith("https://")
        assert not resolved.endpoint.base_url.endswith("/")


@pytest.mark.req("PROV-13")
@pytest.mark.parametrize("tier", TIERS)
def test_every_provider_with_models_has_one_for_every_tier(tier: str) -> None:
    for provider in PROVIDERS:
        if provider.models:
            assert provider.tiers != Tiers(), provider.name
            assert getattr(provider.tiers, tier), provider.name


@pytest.mark.req("PROV-01")
@pytest.mark.req("PROV-02")
@pytest.mark.req("PROV-03")
def test_the_great_three_list_the_models_that_people_ask_for() -> None:
    listed = {provider.name: set(provider.models) for provider in PROVIDERS}
    assert {"gpt-4", "gpt-4o", "gpt-4-turbo"} <= listed["openai"]
    assert {"claude-3-opus-latest", "claude-3-sonnet", "claude-3-haiku-20240307"} <= listed["anthropic"]
    assert {"gemini-1.5-pro", "gemini-1.5-flash"} <= listed["google"]


def test_most_listed_models_have_a_price() -> None:
    unpriced = [
        f"{provider.name}/{model}"
        for provider in PROVIDERS
        if not provider.is_free
        for model in provider.models
        if cost_usd(provider.price_id or provider.name, model, Usage(1000, 1000)) is None
    ]
    # These hosts publish no prices that the data holds; a workspace gives its own.
    hosts = {"sambanova", "nvidia", "alibaba"}
    assert [name for name in unpriced if name.partition("/")[0] not in hosts] == []


def test_what_a_model_can_do_follows_its_name() -> None:
    openai = next(provider for provider in PROVIDERS if provider.name == "openai")
    assert "images" in abilities_of(openai, "gpt-4o")
    assert "images" not in abilities_of(openai, "gpt-4")
    assert "reasoning" in abilities_of(openai, "gpt-5-mini")
    assert "reasoning" not in abilities_of(openai, "gpt-4o")
