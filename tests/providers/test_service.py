from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from steward.kernel.errors import Forbidden, Invalid, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.settings import CustomProvider, Settings
from steward.providers import sealing, service
from steward.providers.errors import ModelNotAllowed, SecretKeyMissing, SecretKeyWrong, UnknownProvider
from steward.providers.events import Usage
from steward.providers.schemas import ModelChoices
from steward.providers.service import Models, Resolved
from tests.conftest import Person
from tests.providers.own_settings import own_settings

OPENAI = {"OPENAI_API_KEY": "sk-openai"}
TWO = {**OPENAI, "ANTHROPIC_API_KEY": "sk-anthropic"}
FOUR = {**TWO, "OPENROUTER_API_KEY": "sk-router", "GROQ_API_KEY": "sk-groq"}
SECRET = "a secret of thirty-two characters and more"


def resolve(settings: Settings, name: str | None, **choices: Any) -> Resolved:
    return Models(settings, choices=ModelChoices(**choices)).resolve(name)


@pytest.mark.req("PROV-16")
@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        ("openai/gpt-4-turbo", "openai", "gpt-4-turbo"),
        ("anthropic/claude-3-opus-20240229", "anthropic", "claude-3-opus-20240229"),
        ("openai/a-model-of-tomorrow", "openai", "a-model-of-tomorrow"),
        ("groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("openrouter/anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5"),
        ("openai/org/model:free", "openai", "org/model:free"),
        ("steward/librarian", "steward", "librarian"),
    ],
)
def test_a_name_with_a_provider_goes_there(name: str, provider: str, model: str) -> None:
    resolved = resolve(own_settings(**FOUR), name)
    assert (resolved.endpoint.provider, resolved.endpoint.model) == (provider, model)
    assert resolved.full_name == name


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("gpt-4o-mini", "openai"),
        ("o4-mini", "openai"),
        ("claude-3-opus-20240229", "anthropic"),
        ("claude-of-tomorrow", "anthropic"),
        ("llama-3.3-70b-versatile", "groq"),
        ("a-name-that-nobody-claims", "openai"),
    ],
)
def test_a_bare_name_goes_to_whoever_claims_it_and_else_to_openai(name: str, provider: str) -> None:
    resolved = resolve(own_settings(**FOUR), name)
    assert (resolved.endpoint.provider, resolved.endpoint.model) == (provider, name)


@pytest.mark.req("PROV-10")
def test_any_compatible_server_can_stand_in_for_openai() -> None:
    own = own_settings(OPENAI_BASE_URL="http://127.0.0.1:9999/v1/")
    resolved = resolve(own, "my-model")
    assert resolved.endpoint.base_url == "http://127.0.0.1:9999/v1"
    assert resolved.endpoint.key is None
    assert resolved.full_name == "openai/my-model"
    local = resolve(own_settings(OLLAMA_BASE_URL="http://x/v1"), "ollama/qwen")
    assert local.endpoint.base_url == "http://x/v1"


def test_the_default_is_a_setting_or_the_first_model_of_the_first_provider() -> None:
    assert resolve(own_settings(**TWO), None).full_name == "openai/gpt-4o-mini"
    assert resolve(own_settings(**TWO), "").full_name == "openai/gpt-4o-mini"
    chosen = own_settings({"default_model": "anthropic/claude-haiku-4-5"}, **TWO)
    assert resolve(chosen, None).full_name == "anthropic/claude-haiku-4-5"
    assert resolve(own_settings(), None).full_name == "steward/librarian"


@pytest.mark.req("PROV-15")
@pytest.mark.parametrize(
    ("given", "name", "words"),
    [
        ({}, "openai/gpt-4o", ["OpenAI is not configured here", "OPENAI_API_KEY", "Configured: steward."]),
        ({}, "gpt-4o", ["No configured provider has the model 'gpt-4o'"]),
        (OPENAI, "google/gemini-2.5-pro", ["Google", "GOOGLE_GENERATIVE_AI_API_KEY", "Configured: openai."]),
        (OPENAI, "ollama/llama3.2", ["OLLAMA_BASE_URL"]),
        (TWO, "nobody/model", ["No provider named 'nobody'", "Configured: openai, anthropic."]),
        (OPENAI, "openai/", ["There is no model 'openai/'"]),
        ({}, "steward/other", ["There is no model 'steward/other'"]),
    ],
)
def test_what_nobody_answers_for_is_refused_with_what_to_do(
    given: dict[str, str], name: str, words: list[str]
) -> None:
    with pytest.raises(UnknownProvider) as refused:
        resolve(own_settings(**given), name)
    assert refused.value.status == 422
    for word in words:
        assert word in refused.value.detail
    assert "sk-" not in refused.value.detail


@pytest.mark.req("PROV-10")
def test_a_provider_of_the_settings_is_one_like_any_other() -> None:
    custom = CustomProvider(
        base_url="http://127.0.0.1:9999/v1/", key_variable="ACME_API_KEY", models=["small"], is_free=True
    )
    own = own_settings({"providers": {"acme": custom}}, ACME_API_KEY="sk-acme", **OPENAI)
    resolved = resolve(own, "acme/org/any")
    assert (resolved.full_name, resolved.endpoint.key) == ("acme/org/any", "sk-acme")
    assert resolve(own, "small").full_name == "acme/small"
    assert resolved.pricing.cost(Usage(9, 9)) == 0
    assert next((one.name, model) for one, model in Models(own).offered()) == ("acme", "small")


@pytest.mark.req("PROV-08")
def test_azure_is_called_by_its_deployment_version_and_header() -> None:
    azure = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_ENDPOINT": "https://own.openai.azure.com/"}
    endpoint = resolve(own_settings(**azure), "azure/my-deployment").endpoint
    assert (endpoint.base_url, endpoint.model) == ("https://own.openai.azure.com", "my-deployment")
    assert endpoint.quirks.path == "/openai/deployments/{model}/chat/completions"
    assert (endpoint.quirks.key_header, endpoint.quirks.query) == (
        "api-key",
        (("api-version", "2024-10-21"),),
    )
    newer = resolve(own_settings(**azure, AZURE_OPENAI_API_VERSION="2026-01-01"), "azure/x").endpoint
    assert newer.quirks.query == (("api-version", "2026-01-01"),)


@pytest.mark.req("PROV-13")
def test_a_tier_is_a_model() -> None:
    own = own_settings(**TWO)
    assert Models(own).select("openai", "powerful").full_name == "openai/gpt-6.1-sol"
    assert resolve(own, "anthropic/fast").full_name == "anthropic/claude-haiku-5-5"
    assert resolve(own, "fast").full_name == "openai/gpt-4o-mini"
    settled = {"tiers": {"openai": {"fast": "gpt-4.1-mini"}}}
    assert resolve(own, "openai/fast", **settled).full_name == "openai/gpt-4.1-mini"
    assert resolve(own, "balanced", default_model="anthropic/claude-opus-5").full_name == (
        "anthropic/claude-sonnet-5-5"
    )
    with pytest.raises(UnknownProvider):
        Models(own).select("groq", "fast")


@pytest.mark.req("PROV-19")
def test_a_name_may_stand_for_another_model() -> None:
    own = own_settings({"model_aliases": {"gpt-4o": "anthropic/balanced"}}, **TWO)
    assert resolve(own, "gpt-4o").full_name == "anthropic/claude-sonnet-5-5"
    # The workspace's word counts before the server's.
    assert resolve(own, "gpt-4o", aliases={"gpt-4o": "openai/gpt-4.1"}).full_name == "openai/gpt-4.1"


@pytest.mark.req("PROV-12")
def test_only_allowed_models_answer() -> None:
    own = own_settings(**TWO)
    allowed: dict[str, Any] = {"allowed_models": ["gpt-4-turbo", "anthropic/claude-3-*"]}
    for name in ("gpt-4-turbo", "openai/gpt-4-turbo", "claude-3-opus-latest"):
        assert resolve(own, name, **allowed).endpoint.model == name.rpartition("/")[2]
    for name in ("gpt-4o", "anthropic/claude-opus-5", "openai/fast"):
        with pytest.raises(ModelNotAllowed) as refused:
            resolve(own, name, **allowed)
        assert refused.value.status == 422
        assert "gpt-4-turbo" in refused.value.detail
    assert resolve(own, None, **allowed).full_name == "openai/gpt-4-turbo"
    offered = Models(own, choices=ModelChoices(**allowed)).offered()
    assert {f"{provider.name}/{model}" for provider, model in offered} == {
        "openai/gpt-4-turbo",
        "anthropic/claude-3-opus-latest",
        "anthropic/claude-3-sonnet",
        "anthropic/claude-3-haiku-20240307",
    }


def test_the_workspace_prices_what_the_data_does_not_know() -> None:
    own = own_settings({"providers": {"acme": CustomProvider(base_url="http://x/v1")}})
    assert resolve(own, "acme/m").pricing.cost(Usage(1000, 1000)) is None
    prices = {"acme/m": {"input_usd": "2", "output_usd": "10", "cached_usd": "0.5"}}
    pricing = resolve(own, "acme/m", prices=prices).pricing
    assert pricing.cost(Usage(1_000_000, 100_000, cached_tokens=200_000)) == Decimal("2.7")
    assert pricing.source == "workspace"


@pytest.fixture
def sealed_settings(settings: Settings) -> Settings:
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it, its signature does not say
        data_dir=settings.data_dir,
        variables=settings.variables,
        secret_key=SECRET,
    )


@pytest.mark.req("CHAT-40")
async def test_a_workspaces_own_key_is_used_and_can_be_changed(
    house: Runtime, ada: Person, eve: Person, sealed_settings: Settings
) -> None:
    async with house.database.transaction(ada.actor) as work:
        await service.store_key(work, sealed_settings, "openai", "sk-of-ada-0001")
        await service.store_key(work, sealed_settings, "mistral", "sk-of-ada-0002")
    async with house.database.transaction(ada.actor) as work:
        models = await service.models_of(work, sealed_settings)
        assert models.resolve("gpt-4o").endpoint.key == "sk-of-ada-0001"
        assert models.resolve("mistral/m").endpoint.key == "sk-of-ada-0002"
        listed = {one.name: one for one in await service.providers(work, sealed_settings)}
        assert (listed["mistral"].key_from, listed["mistral"].last_four) == ("workspace", "0002")
        assert "sk-of-ada" not in repr(listed)
        assert "sk-of-ada" not in repr(models)
        await service.store_key(work, sealed_settings, "openai", "sk-of-ada-0003")
    async with house.database.transaction(ada.actor) as work:
        models = await service.models_of(work, sealed_settings)
        assert models.resolve("gpt-4o").endpoint.key == "sk-of-ada-0003"
        await service.delete_key(work, sealed_settings, "openai")
        models = await service.models_of(work, sealed_settings)
        assert models.resolve("gpt-4o").endpoint.key == "sk-scripted"
        with pytest.raises(NotFound):
            await service.delete_key(work, sealed_settings, "openai")
    async with house.database.transaction(eve.actor) as work:
        models = await service.models_of(work, sealed_settings)
        assert models.resolve("gpt-4o").endpoint.key == "sk-scripted"
        with pytest.raises(UnknownProvider):
            models.resolve("mistral/m")


async def test_keys_are_for_admins_and_for_servers_with_a_secret(
    house: Runtime, ada: Person, bob: Person, settings: Settings, sealed_settings: Settings
) -> None:
    async with house.database.transaction(bob.actor) as work:
        with pytest.raises(Forbidden):
            await service.store_key(work, sealed_settings, "openai", "sk-of-bob-0001")
        with pytest.raises(Forbidden):
            await service.change_choices(work, settings, {"default_model": "gpt-4"})
    async with house.database.transaction(ada.actor) as work:
        without = settings.model_copy(update={"secret_key": None})
        with pytest.raises(SecretKeyMissing):
            await service.store_key(work, without, "openai", "sk-of-ada-0001")
        for name in ("nobody", "ollama"):
            with pytest.raises(NotFound):
                await service.store_key(work, sealed_settings, name, "sk-of-ada-0001")
        with pytest.raises(Invalid, match="nobody"):
            await service.change_choices(work, settings, {"tiers": {"nobody": {"fast": "m"}}})


def test_the_secret_can_be_changed_and_opens_nothing_elsewhere() -> None:
    old = own_settings({"secret_key": SECRET})
    sealed = sealing.seal(old, "ws_1", "sk-1")
    assert "sk-1" not in sealed
    assert sealing.unseal(own_settings({"secret_key": f"{'n' * 32},{SECRET}"}), "ws_1", sealed) == "sk-1"
    with pytest.raises(SecretKeyWrong):
        sealing.unseal(own_settings({"secret_key": "n" * 32}), "ws_1", sealed)
    with pytest.raises(SecretKeyWrong):
        sealing.unseal(old, "ws_2", sealed)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        own_settings({"secret_key": f"{SECRET},short"})
