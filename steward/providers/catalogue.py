"""The catalogue: every provider in one place, and the way from a model's name to its wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from pydantic import AliasChoices, SecretStr

from steward.kernel.settings import Settings
from steward.providers.errors import UnknownProvider
from steward.providers.librarian import Librarian
from steward.providers.openai_chat import OpenAIChat
from steward.providers.wire import Endpoint, Wire


@dataclass(frozen=True, slots=True)
class Provider:
    """A host of models.

    `key_setting` and `url_setting` name fields of `Settings`; `claims` are the beginnings of bare model names
    that go here.
    """

    name: str
    title: str
    wire: Wire
    base_url: str
    key_setting: str | None
    models: tuple[str, ...]
    url_setting: str | None = None
    claims: tuple[str, ...] = ()


_CHAT: Final = OpenAIChat()
LIBRARIAN: Final = Provider("steward", "Steward", Librarian(), "", None, ("librarian",))

PROVIDERS: Final = (
    Provider(
        "openai",
        "OpenAI",
        _CHAT,
        "https://api.openai.com/v1",
        "openai_api_key",
        (
            "gpt-4o-mini",
            "gpt-4o",
            "gpt-4-turbo",
            "gpt-4",
            "gpt-4.1",
            "gpt-4.1-mini",
            "o4-mini",
            "gpt-5",
            "gpt-5-mini",
        ),
        url_setting="openai_base_url",
        claims=("gpt-", "o1", "o3", "o4", "chatgpt-"),
    ),
    Provider(
        "anthropic",
        "Anthropic",
        _CHAT,
        "https://api.anthropic.com/v1",
        "anthropic_api_key",
        ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5", "claude-3-opus-20240229"),
        claims=("claude-",),
    ),
    Provider(
        "google",
        "Google",
        _CHAT,
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "google_api_key",
        ("gemini-2.5-flash", "gemini-2.5-pro", "gemini-1.5-pro"),
        claims=("gemini-",),
    ),
    Provider(
        "mistral",
        "Mistral",
        _CHAT,
        "https://api.mistral.ai/v1",
        "mistral_api_key",
        ("mistral-large-latest", "mistral-small-latest", "codestral-latest"),
        claims=("mistral-", "codestral-", "ministral-", "magistral-"),
    ),
    Provider(
        "groq",
        "Groq",
        _CHAT,
        "https://api.groq.com/openai/v1",
        "groq_api_key",
        ("llama-3.3-70b-versatile", "openai/gpt-oss-120b"),
    ),
    Provider(
        "deepseek",
        "DeepSeek",
        _CHAT,
        "https://api.deepseek.com/v1",
        "deepseek_api_key",
        ("deepseek-chat", "deepseek-reasoner"),
        claims=("deepseek-",),
    ),
    Provider(
        "xai",
        "xAI",
        _CHAT,
        "https://api.x.ai/v1",
        "xai_api_key",
        ("grok-4", "grok-3-mini"),
        claims=("grok-",),
    ),
    Provider(
        "openrouter",
        "OpenRouter",
        _CHAT,
        "https://openrouter.ai/api/v1",
        "openrouter_api_key",
        ("openai/gpt-4o-mini", "anthropic/claude-sonnet-4.5"),
    ),
    Provider(
        "together",
        "Together",
        _CHAT,
        "https://api.together.xyz/v1",
        "together_api_key",
        ("meta-llama/Llama-3.3-70B-Instruct-Turbo",),
    ),
    Provider(
        "fireworks",
        "Fireworks",
        _CHAT,
        "https://api.fireworks.ai/inference/v1",
        "fireworks_api_key",
        ("accounts/fireworks/models/llama-v3p3-70b-instruct",),
    ),
    Provider(
        "cerebras", "Cerebras", _CHAT, "https://api.cerebras.ai/v1", "cerebras_api_key", ("llama-3.3-70b",)
    ),
    Provider("ollama", "Ollama", _CHAT, "", None, ("llama3.2",), url_setting="ollama_base_url"),
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model that can be called."""

    wire: Wire
    endpoint: Endpoint

    @property
    def full_name(self) -> str:
        """`provider/model`."""
        return f"{self.endpoint.provider}/{self.endpoint.model}"


def configured(settings: Settings) -> list[Provider]:
    """The providers that can be called with these settings; the librarian alone when there is none."""
    ready = [provider for provider in PROVIDERS if _is_configured(settings, provider)]
    return ready or [LIBRARIAN]


def is_librarian(name: str) -> bool:
    """Whether a model's name is that of the built-in answerer, which no thread needs to remember."""
    return name == f"{LIBRARIAN.name}/{LIBRARIAN.models[0]}"


def default_model(settings: Settings) -> str:
    """The model of a request that names none."""
    if settings.default_model:
        return settings.default_model
    first = configured(settings)[0]
    return f"{first.name}/{first.models[0]}"


def resolve(settings: Settings, name: str | None) -> Resolved:
    """Find who answers for a model's name: `provider/model`, or a bare name that a configured provider claims.

    Raises:
        UnknownProvider: nobody does; the sentence lists the configured providers.
    """
    name = name or default_model(settings)
    ready = configured(settings)
    prefix, slash, model = name.partition("/")
    if prefix == LIBRARIAN.name and model == LIBRARIAN.models[0]:
        return _resolved(settings, LIBRARIAN, model)
    if slash:
        for provider in ready:
            if provider.name == prefix and model and provider is not LIBRARIAN:
                return _resolved(settings, provider, model)
        raise _unknown(ready, _missing(ready, prefix, name))
    for provider in ready:
        if name in provider.models or name.startswith(provider.claims or ("\0",)):
            return _resolved(settings, provider, name)
    for provider in ready:
        # A compatible server behind OPENAI_BASE_URL has models of its own names.
        if provider.name == "openai":
            return _resolved(settings, provider, name)
    raise _unknown(ready, f"No configured provider has the model {name!r}.")


def _resolved(settings: Settings, provider: Provider, model: str) -> Resolved:
    key = cast(SecretStr | None, getattr(settings, provider.key_setting)) if provider.key_setting else None
    url = cast(str | None, getattr(settings, provider.url_setting)) if provider.url_setting else None
    endpoint = Endpoint(
        provider=provider.name,
        model=model,
        base_url=(url or provider.base_url).rstrip("/"),
        key=key.get_secret_value() if key else None,
    )
    return Resolved(provider.wire, endpoint)


def _is_configured(settings: Settings, provider: Provider) -> bool:
    if provider.key_setting is not None and getattr(settings, provider.key_setting):
        return True
    if provider.url_setting is None:
        return False
    url = cast(str | None, getattr(settings, provider.url_setting))
    return bool(url) and url != provider.base_url


def _missing(ready: list[Provider], prefix: str, name: str) -> str:
    if any(provider.name == prefix for provider in ready):
        return f"There is no model {name!r}."
    for provider in PROVIDERS:
        setting = provider.key_setting or provider.url_setting
        if provider.name == prefix and setting:
            return (
                f"{provider.title} is not configured here: set {variable(setting)}, then start Steward again."
            )
    return f"No provider named {prefix!r} is configured."


def variable(setting: str) -> str:
    """The name under which the environment gives a provider's setting."""
    alias = Settings.model_fields[setting].validation_alias
    assert isinstance(alias, AliasChoices)
    return str(alias.choices[-1])


def _unknown(ready: list[Provider], cause: str) -> UnknownProvider:
    names = ", ".join(provider.name for provider in ready)
    return UnknownProvider(f"{cause} Configured: {names}. Name a model as provider/model.", field="model")
