from __future__ import annotations

from typing import Any

import pytest

from steward.kernel.settings import Settings
from steward.providers import catalogue
from steward.providers.errors import UnknownProvider


def settings(**fields: Any) -> Settings:
    """Settings of these fields alone, whatever the environment of the tests holds."""
    keys = {
        provider.key_setting: None for provider in catalogue.PROVIDERS if provider.key_setting is not None
    }
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it, its signature does not say
        **{**keys, "openai_base_url": "https://api.openai.com/v1", "ollama_base_url": None, **fields},
    )


OPENAI = {"openai_api_key": "sk-openai"}
TWO = {**OPENAI, "anthropic_api_key": "sk-anthropic"}
FOUR = {**TWO, "openrouter_api_key": "sk-router", "groq_api_key": "sk-groq"}


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
    resolved = catalogue.resolve(settings(**FOUR), name)
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
    resolved = catalogue.resolve(settings(**FOUR), name)
    assert (resolved.endpoint.provider, resolved.endpoint.model) == (provider, name)


@pytest.mark.req("PROV-01")
def test_openai_lists_its_models() -> None:
    (openai,) = catalogue.configured(settings(**OPENAI))
    assert {"gpt-4", "gpt-4o", "gpt-4-turbo"} <= set(openai.models)


@pytest.mark.req("PROV-10")
def test_any_compatible_server_can_stand_in_for_openai() -> None:
    own = settings(openai_base_url="http://127.0.0.1:9999/v1/")
    resolved = catalogue.resolve(own, "my-model")
    assert resolved.endpoint.base_url == "http://127.0.0.1:9999/v1"
    assert resolved.endpoint.key is None
    assert resolved.full_name == "openai/my-model"
    assert catalogue.resolve(settings(ollama_base_url="http://x/v1"), "ollama/qwen").endpoint.base_url == (
        "http://x/v1"
    )


def test_the_default_is_a_setting_or_the_first_model_of_the_first_provider() -> None:
    assert catalogue.resolve(settings(**TWO), None).full_name == "openai/gpt-4o-mini"
    assert catalogue.resolve(settings(**TWO), "").full_name == "openai/gpt-4o-mini"
    chosen = settings(**TWO, default_model="anthropic/claude-haiku-4-5")
    assert catalogue.resolve(chosen, None).full_name == "anthropic/claude-haiku-4-5"
    assert catalogue.resolve(settings(), None).full_name == "steward/librarian"


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
        catalogue.resolve(settings(**given), name)
    assert refused.value.status == 422
    for word in words:
        assert word in refused.value.detail
    assert "sk-" not in refused.value.detail


@pytest.mark.req("PROV-14")
def test_every_provider_can_be_switched_on_by_its_settings_alone() -> None:
    for provider in catalogue.PROVIDERS:
        setting = provider.key_setting or provider.url_setting
        assert setting is not None
        assert catalogue.variable(setting).isupper()
        own = settings(**{setting: "http://host.example/v1" if setting.endswith("url") else "sk-1"})
        assert [ready.name for ready in catalogue.configured(own)] == [provider.name]
        for model in provider.models:
            resolved = catalogue.resolve(own, f"{provider.name}/{model}")
            assert resolved.endpoint.base_url.startswith("http")
            assert (resolved.endpoint.provider, resolved.endpoint.model) == (provider.name, model)
    assert len({provider.name for provider in catalogue.PROVIDERS}) == len(catalogue.PROVIDERS)
