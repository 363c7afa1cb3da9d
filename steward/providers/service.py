"""What can be done with providers: find who answers for a model's name, and settle it for a workspace."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from steward.audit import service as audit
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.settings import CustomProvider, Settings
from steward.kernel.work import Found, Statement, Transaction
from steward.providers import long_tail, sealing
from steward.providers.catalogue import LIBRARIAN, PROVIDERS, TIERS, WIRES, Provider, Tier, abilities_of
from steward.providers.errors import ModelNotAllowed, UnknownProvider
from steward.providers.prices import Price, Pricing
from steward.providers.schemas import ModelChoices, ProviderRead
from steward.providers.wire import Endpoint, Quirks, Wire

_NO_CHOICES: Final = ModelChoices()
_ROW_ID: Final = "models"

MODELS: Final = Statement(
    "SELECT (SELECT choices FROM model_settings WHERE workspace_id = :workspace_id AND id = 'models') AS choices, "
    "(SELECT jsonb_object_agg(id, sealed) FROM provider_keys WHERE workspace_id = :workspace_id) AS keys"
)
_WRITE: Final = Statement(
    "INSERT INTO model_settings (workspace_id, id, choices, updated_by) VALUES (:workspace_id, :id, "
    "cast(:choices AS jsonb), :user_id) ON CONFLICT (workspace_id, id) DO UPDATE SET choices = excluded.choices, "
    "updated_by = excluded.updated_by, updated_at = now()"
)
_KEYS: Final = Statement(
    "SELECT id, last_four, updated_at FROM provider_keys WHERE workspace_id = :workspace_id"
)
_WRITE_KEY: Final = Statement(
    "INSERT INTO provider_keys (workspace_id, id, sealed, last_four, created_by) VALUES (:workspace_id, :id, :sealed, "
    ":last_four, :user_id) ON CONFLICT (workspace_id, id) DO UPDATE SET sealed = excluded.sealed, "
    "last_four = excluded.last_four, created_by = excluded.created_by, updated_at = now()"
)
_DELETE_KEY: Final = Statement(
    "DELETE FROM provider_keys WHERE workspace_id = :workspace_id AND id = :id RETURNING id"
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model that can be called."""

    wire: Wire
    endpoint: Endpoint
    pricing: Pricing
    takes_tools: bool = True
    takes_images: bool = True

    @property
    def full_name(self) -> str:
        """`provider/model`."""
        return f"{self.endpoint.provider}/{self.endpoint.model}"


@dataclass(frozen=True, slots=True)
class Models:
    """The models that one workspace can call. `sealed` are its own keys, by provider, as they are kept."""

    settings: Settings
    workspace_id: str = ""
    choices: ModelChoices = field(default_factory=ModelChoices)
    sealed: Mapping[str, str] = field(default_factory=dict[str, str])

    def providers(self) -> list[Provider]:
        """Every provider that this server knows: the catalogue's, and those of the settings."""
        own = [_custom(name, custom) for name, custom in self.settings.providers.items()]
        names = {provider.name for provider in own}
        return [*own, *(provider for provider in PROVIDERS if provider.name not in names)]

    def everyone(self) -> list[Provider]:
        """Every provider, the librarian too."""
        return [*self.providers(), LIBRARIAN]

    def offered(self, *, every: bool = False) -> list[tuple[Provider, str]]:
        """The models that people can choose from; with `every` those too that the workspace does not allow."""
        return [
            (provider, model)
            for provider in self.configured()
            if provider.is_listed
            for model in provider.models
            if every or self.is_allowed(f"{provider.name}/{model}", model)
        ]

    def configured(self) -> list[Provider]:
        """The providers that can be called; the librarian first when there is none that lists name."""
        ready = [one for one in self.providers() if self.is_configured(one)]
        return ready if any(one.is_listed for one in ready) else [LIBRARIAN, *ready]

    def is_configured(self, provider: Provider) -> bool:
        """Whether a provider has what it takes to be called."""
        if provider.name in self.settings.providers:
            return True
        if provider.extra is not None:
            return long_tail.is_installed()
        url = self.settings.variable(provider.url_variable)
        if not provider.base_url and not url:
            return False
        # Another address than the provider's own is a server that may need no key.
        return self.has_key(provider) or bool(url)

    def has_key(self, provider: Provider) -> bool:
        """Whether there is a key for a provider: the workspace's own or the server's."""
        return provider.name in self.sealed or bool(self.settings.variable(provider.key_variable))

    def default_model(self) -> str:
        """The model of a request that names none."""
        settled = self.choices.default_model or self.settings.default_model
        if settled:
            return settled
        allowed = self.choices.allowed_models
        for provider in self.configured():
            for model in provider.models:
                if self.is_allowed(f"{provider.name}/{model}", model):
                    return f"{provider.name}/{model}"
        return next((name for name in allowed if "*" not in name), f"{LIBRARIAN.name}/{LIBRARIAN.models[0]}")

    def resolve(self, name: str | None) -> Resolved:
        """Find who answers for a model's name.

        Args:
            name: `provider/model`, an alias, a tier (`fast`, `openai/powerful`), or a bare name that a configured
                provider claims; None for the default.

        Raises:
            UnknownProvider: nobody does; the sentence lists the configured providers.
            ModelNotAllowed: the workspace does not allow it.
        """
        name = name or self.default_model()
        provider, model = self._find(self.meant(name))
        found = self._resolved(provider, model)
        if not self.is_allowed(found.full_name, model):
            allowed = ", ".join(self.choices.allowed_models[:10])
            raise ModelNotAllowed(
                f"The model {found.full_name!r} is not allowed in this workspace. Allowed: {allowed}.",
                field="model",
            )
        return found

    def meant(self, name: str) -> str:
        """The model that a name stands for: its own, unless it is an alias."""
        return self.choices.aliases.get(name) or self.settings.model_aliases.get(name) or name

    def pricing(self, provider_name: str, model: str) -> Pricing:
        """How the calls of a model are priced here, also when its provider is no longer there."""
        known = (one for one in self.everyone() if one.name == provider_name)
        provider = next(known, None)
        own = self.choices.prices.get(f"{provider_name}/{model}")
        price = (
            None if own is None else Price(own.input_usd, own.output_usd, own.cached_usd, own.cache_write_usd)
        )
        if provider is None:
            return Pricing(provider_name, model, price)
        if provider.extra is not None:
            return Pricing(*long_tail.priced_as(model), price)
        return Pricing(provider.price_id or provider.name, model, price, provider.is_free)

    def select(self, provider_name: str, tier: Tier) -> Resolved:
        """The model of a provider for a tier.

        Raises:
            UnknownProvider: the provider is not configured, or has no model for the tier.
            ModelNotAllowed: the workspace does not allow it.
        """
        return self.resolve(f"{provider_name}/{tier}")

    def chain(self, name: str | None, fallbacks: list[str] | None = None) -> list[Resolved]:
        """Who answers for a name, and after it who answers when it cannot.

        Args:
            name: as in `resolve`.
            fallbacks: of an agent; None takes the workspace's, and then the server's.

        Raises:
            UnknownProvider, ModelNotAllowed: of the first; a fallback that cannot be called is left out.
        """
        chain = [self.resolve(name)]
        others = self.choices.fallback_models or self.settings.chat.fallback_models
        for other in others if fallbacks is None else fallbacks:
            with contextlib.suppress(UnknownProvider, ModelNotAllowed):
                found = self.resolve(other)
                if all(found.full_name != known.full_name for known in chain):
                    chain.append(found)
        return chain

    def _find(self, name: str) -> tuple[Provider, str]:
        ready = self.configured()
        prefix, slash, model = name.partition("/")
        if prefix == LIBRARIAN.name and model == LIBRARIAN.models[0]:
            return LIBRARIAN, model
        if slash:
            provider = next((one for one in ready if one.name == prefix and one is not LIBRARIAN), None)
            if provider is None or not model:
                raise _unknown(ready, self._missing(ready, prefix, name))
            return provider, self._of_tier(provider, model)
        if name in TIERS:
            preferred = self.default_model().partition("/")[0]
            for provider in sorted(ready, key=lambda one: one.name != preferred):
                if self._of_tier(provider, name) != name:
                    return provider, self._of_tier(provider, name)
            raise _unknown(ready, f"No configured provider has a model for the tier {name!r}.")
        return self._claimed(ready, name), name

    def tier_model(self, provider: Provider, tier: Tier) -> str | None:
        """The model of a provider for a tier, or None: the workspace's, else the catalogue's."""
        settled = self.choices.tiers.get(provider.name, {}).get(tier)
        return settled or provider.tiers.of(tier)

    def _of_tier(self, provider: Provider, model: str) -> str:
        return (self.tier_model(provider, model) or model) if model in TIERS else model

    def _claimed(self, ready: list[Provider], name: str) -> Provider:
        listed = [provider for provider in ready if provider.is_listed]
        for provider in listed:
            if name in provider.models or name.startswith(provider.claims or ("\0",)):
                return provider
        for provider in listed:
            # A compatible server behind OPENAI_BASE_URL has models of its own names.
            if provider.name == "openai":
                return provider
        raise _unknown(ready, f"No configured provider has the model {name!r}.")

    def _missing(self, ready: list[Provider], prefix: str, name: str) -> str:
        if any(provider.name == prefix for provider in ready):
            return f"There is no model {name!r}."
        for provider in PROVIDERS:
            if provider.name == prefix and provider.extra:
                return (
                    f"{provider.title} is not installed here: pip install 'steward-ai[{provider.extra}]', and start "
                    "Steward again."
                )
            variable = provider.key_variable or provider.url_variable
            if provider.name == prefix and variable:
                return (
                    f"{provider.title} is not configured here: set {variable} and start Steward again, or store a key "
                    "of the workspace."
                )
        return f"No provider named {prefix!r} is configured."

    def is_allowed(self, full_name: str, model: str) -> bool:
        """Whether the workspace lets a model answer; `model` is its name without the provider."""
        allowed = self.choices.allowed_models
        return not allowed or any(fnmatchcase(full_name, pattern) or model == pattern for pattern in allowed)

    def _resolved(self, provider: Provider, model: str) -> Resolved:
        sealed = self.sealed.get(provider.name)
        if sealed is not None:
            key = sealing.unseal(self.settings, self.workspace_id, sealed)
        else:
            key = self.settings.variable(provider.key_variable)
        url = self.settings.variable(provider.url_variable)
        endpoint = Endpoint(
            provider=provider.name,
            model=model,
            base_url=(url or provider.base_url).rstrip("/"),
            key=key,
            quirks=self._quirks(provider),
        )
        abilities = abilities_of(provider, model)
        return Resolved(
            provider.wire,
            endpoint,
            self.pricing(provider.name, model),
            takes_tools="tools" in abilities,
            takes_images="images" in abilities,
        )

    def _quirks(self, provider: Provider) -> Quirks:
        if provider.version_variable is None:
            return provider.quirks
        variable, version = provider.version_variable
        settled = self.settings.variable(variable) or version
        return replace(provider.quirks, query=(("api-version", settled),))


async def models_of(work: Transaction, settings: Settings) -> Models:
    """The models that the actor's workspace can call, as things stand in this transaction."""
    row = await work.first(MODELS, workspace_id=work.actor.workspace_id)
    assert row is not None
    choices = _NO_CHOICES if row.choices is None else ModelChoices.model_validate(row.choices)
    return Models(settings, work.actor.workspace_id, choices, row["keys"] or {})


async def change_choices(work: Transaction, settings: Settings, changes: dict[str, Any]) -> ModelChoices:
    """Change what the workspace settles about models; what is not named stays.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: a value does not fit, or names a provider that nobody knows.
    """
    work.actor.ensure_role("admin")
    models = await models_of(work, settings)
    choices = ModelChoices.model_validate(models.choices.model_dump() | changes)
    known = {provider.name for provider in models.providers()}
    strange = set(choices.tiers) - known
    if strange:
        raise Invalid(f"There is no provider named {min(strange)!r}.", field="tiers")
    values = {**work.mine, "id": _ROW_ID, "choices": choices.model_dump_json()}
    await work.all(_WRITE, **values)
    await audit.record(
        work, "model_settings_changed", "workspace", work.actor.workspace_id, fields=sorted(changes)
    )
    return choices


async def providers(work: Transaction, settings: Settings) -> list[ProviderRead]:
    """Every provider that this server knows, and whether the workspace can call it."""
    models = await models_of(work, settings)
    rows: dict[str, Found] = {
        row.id: row for row in await work.all(_KEYS, workspace_id=work.actor.workspace_id)
    }
    return [
        ProviderRead(
            name=provider.name,
            title=provider.title,
            configured=models.is_configured(provider),
            key_from="workspace"
            if provider.name in rows
            else "server"
            if settings.variable(provider.key_variable)
            else None,
            last_four=rows[provider.name].last_four if provider.name in rows else None,
            key_changed_at=rows[provider.name].updated_at if provider.name in rows else None,
            takes_key=provider.key_variable is not None,
        )
        for provider in models.providers()
    ]


async def store_key(work: Transaction, settings: Settings, provider_name: str, key: str) -> None:
    """Keep a key of the workspace for a provider, in the place of an older one. Calls under way keep theirs.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: no such provider, or one without keys.
        SecretKeyMissing: the server cannot seal it.
    """
    work.actor.ensure_role("admin")
    provider = _keyed(settings, provider_name)
    await work.all(
        _WRITE_KEY,
        **work.mine,
        id=provider.name,
        sealed=sealing.seal(settings, work.actor.workspace_id, key),
        last_four=key[-4:],
    )
    await audit.record(work, "provider_key_stored", "provider", provider.name)


async def delete_key(work: Transaction, settings: Settings, provider_name: str) -> None:
    """Forget the workspace's key for a provider; the server's own, if there is one, is used again.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: there is none.
    """
    work.actor.ensure_role("admin")
    provider = _keyed(settings, provider_name)
    if await work.first(_DELETE_KEY, workspace_id=work.actor.workspace_id, id=provider.name) is None:
        raise NotFound("The workspace has no key for this provider.")
    await audit.record(work, "provider_key_deleted", "provider", provider.name)


def is_librarian(name: str) -> bool:
    """Whether a model's name is that of the built-in answerer, which no thread needs to remember."""
    return name == f"{LIBRARIAN.name}/{LIBRARIAN.models[0]}"


def _keyed(settings: Settings, name: str) -> Provider:
    for provider in Models(settings).providers():
        if provider.name == name and provider.key_variable is not None:
            return provider
    raise NotFound("There is no provider of this name that takes a key.")


def _custom(name: str, custom: CustomProvider) -> Provider:
    return Provider(
        name,
        custom.title or name,
        WIRES[custom.wire],
        custom.base_url,
        custom.key_variable,
        tuple(custom.models),
        is_free=custom.is_free,
    )


def _unknown(ready: list[Provider], cause: str) -> UnknownProvider:
    names = ", ".join(provider.name for provider in ready if provider.is_listed)
    return UnknownProvider(f"{cause} Configured: {names}. Name a model as provider/model.", field="model")
