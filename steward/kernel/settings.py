"""Settings: one frozen class, read once from the environment. Nobody else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import limits as rate_syntax
import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

_SITE: Final = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:([0-9]{1,5}|\*))?")
_PROVIDER_VARIABLE: Final = re.compile(
    r"(?!STEWARD_)[A-Z][A-Z0-9_]*_(API_KEY|TOKEN|BASE_URL|ENDPOINT|API_VERSION)"
)
_SECRET_CHARS: Final = 32


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _networks(given: str) -> str:
    for one in filter(None, (piece.strip() for piece in given.split(","))):
        ip_network(one)
    return given


class Limits(_Group):
    """What one request or one turn may use."""

    body_bytes: int = Field(default=2_000_000, ge=1_000, description="Largest JSON body in bytes.")
    json_depth: int = Field(default=64, ge=4, description="Deepest nesting of a JSON body.")
    json_nodes: int = Field(default=10_000, ge=100, description="Most values in a JSON body.")
    message_chars: int = Field(default=10_000, ge=1, description="Longest message text in characters.")
    connect_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for a connection to a provider."
    )
    first_token_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Longest wait for a model's first word; more for models that think long and show nothing of it.",
    )
    idle_seconds: float = Field(
        default=30.0, gt=0, description="Longest silence of a provider in the middle of an answer."
    )
    turn_seconds: float = Field(default=600.0, gt=0, description="Longest turn, all steps together.")
    turn_steps: int = Field(default=8, ge=1, description="Most model calls in one turn.")


class Chat(_Group):
    """Defaults of a turn; a request or an agent may say otherwise."""

    history_messages: int = Field(
        default=10, ge=0, description="Earlier messages sent to the model with a new one."
    )
    temperature: float = Field(default=0.7, ge=0, le=2, description="Temperature sent to the model.")
    max_tokens: int = Field(default=4000, ge=1, description="Most tokens of one answer.")
    fallback_models: list[str] = Field(
        default=[], description="Models that answer, in this order, when the chosen one cannot."
    )
    overflow: Literal["compact", "refuse"] = Field(
        default="compact",
        description="What is done when a conversation is too long for the model: earlier messages are left out, and "
        "the reader is told; or the turn fails.",
    )
    system_prompt: str = Field(
        default="Answer in the language of the question.",
        description="Instructions of the built-in agent.",
    )
    product_name: str = Field(
        default="Steward", description="What the assistant calls the product it belongs to."
    )
    prompt_tokens: int = Field(
        default=3000, ge=200, description="Most tokens of the instructions that are put together for a turn."
    )
    context_seconds: float = Field(
        default=2.0,
        gt=0,
        description="Longest that a turn waits for what else it should know: profile, memories.",
    )


class Upstream(_Group):
    """How providers are called when they are slow, busy or down."""

    retries: int = Field(
        default=2, ge=0, le=10, description="Further tries of a call that failed before its first word."
    )
    retry_seconds: float = Field(
        default=1.0,
        gt=0,
        description="Wait before the first further try; twice as long before each next one.",
    )
    patience_seconds: float = Field(
        default=10.0,
        ge=0,
        description="Longest wait that a provider may ask for; beyond it, the next model answers.",
    )
    concurrency: int = Field(
        default=0, ge=0, description="Most calls at once to one provider, per process; 0 sets no limit."
    )
    breaker_failures: int = Field(
        default=5, ge=1, description="Failures in a row after which a provider is left alone."
    )
    breaker_seconds: float = Field(
        default=30.0, gt=0, description="How long it is left alone before one call tries again."
    )


class CustomProvider(_Group):
    """A host of models that the catalogue does not know."""

    base_url: str = Field(description="Where it answers.")
    wire: Literal["openai_chat", "openai_responses", "anthropic_messages", "gemini"] = Field(
        default="openai_chat", description="The protocol that it speaks."
    )
    title: str = Field(default="", description="What people read.")
    key_variable: str | None = Field(default=None, description="Variable that holds its key.")
    models: list[str] = Field(default=[], description="The models that are offered.")
    is_free: bool = Field(default=False, description="Its calls cost nothing, as on hardware of one's own.")

    @field_validator("key_variable")
    @classmethod
    def _is_read(cls, given: str | None) -> str | None:
        if given is not None and _PROVIDER_VARIABLE.fullmatch(given) is None:
            raise ValueError("capitals, with _API_KEY or _TOKEN at the end: no other variable is read")
        return given


def _one_rate(given: str) -> str:
    if given in ("", "off"):
        return given
    rates = rate_syntax.parse_many(given)
    if len(rates) != 1 or rates[0].amount < 1 or rates[0].get_expiry() < 1:
        raise ValueError("one rate, such as 120/minute or 100/15 minutes, or off")
    return given


_Rate = Annotated[str, AfterValidator(_one_rate)]


class Rates(_Group):
    """How often one caller may ask, such as `100/15 minutes`; `off` switches one limit off."""

    per_ip: _Rate = Field(
        default="100/15 minutes",
        description="Requests from one address that carry no valid credential: sign-ins, links, wrong keys.",
    )
    per_sign_in: _Rate = Field(
        default="10/minute", description="Sign-ins with one e-mail address from one address."
    )
    per_user: _Rate = Field(default="120/minute", description="Changes by one user who is signed in.")
    per_key: _Rate = Field(default="600/minute", description="Changes with one API key.")
    per_workspace: _Rate = Field(
        default="3000/minute", description="Changes in one workspace, by all its users and keys together."
    )


class Streams(_Group):
    """How answers travel."""

    ping_seconds: float = Field(
        default=10.0, gt=0, description="Longest silence on a stream before a comment is sent."
    )
    flush_seconds: float = Field(
        default=0.25, gt=0, description="How often running answers are written to the database."
    )
    segment_hours: int = Field(
        default=24, ge=1, description="How long the events of an ended run can be replayed."
    )


class DatabaseSettings(_Group):
    """The pools. Each process opens at most `pool_size` + 4 connections of its own."""

    pool_size: int = Field(
        default=10, ge=2, description="Most connections for requests, per process; half for turns."
    )
    pool_seconds: float = Field(
        default=2.0, gt=0, description="Longest wait for a free connection; then 503."
    )
    durable_pool_size: int = Field(
        default=5, ge=2, description="Most connections for durable work, per process."
    )


class Leases(_Group):
    """How a dead process is noticed."""

    renew_seconds: float = Field(default=2.0, gt=0, description="How often a process says that it lives.")
    dead_seconds: float = Field(
        default=8.0, gt=0, description="Silence after which others take its runs over."
    )


class Knowledge(_Group):
    """How documents are read, cut, found and brought into a turn."""

    file_bytes: int = Field(default=64_000_000, ge=1_000, description="Largest file in bytes.")
    text_chars: int = Field(
        default=10_000_000, ge=1_000, description="Longest text of one document in characters."
    )
    read_seconds: float = Field(
        default=60.0, gt=0, description="Longest time that reading one file may take."
    )
    read_bytes: int = Field(
        default=1_000_000_000,
        ge=200_000_000,
        description="Most memory that reading one file may take, in bytes.",
    )
    readers: int = Field(default=1, ge=1, le=16, description="Files that one process reads at once.")
    chunk_tokens: int = Field(default=480, ge=32, le=4_096, description="Most tokens of one passage.")
    chunk_overlap: int = Field(
        default=0, ge=0, le=2_048, description="Tokens that a passage repeats of the one before."
    )
    in_chat: Literal["on", "off"] = Field(
        default="on", description="Whether turns look into the documents when a request does not say."
    )
    top_k: int = Field(
        default=5, ge=1, le=50, description="Passages that a turn gets when a request does not say."
    )
    least_score: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Passages that fit the question less than this are left out of a turn.",
    )
    context_seconds: float = Field(
        default=2.0,
        gt=0,
        description="Longest wait for a turn's passages; then it goes on without and says so.",
    )
    exact_chunks: int = Field(
        default=20_000,
        ge=0,
        description="Up to so many passages in what is searched, every one is compared; beyond, the index finds the "
        "nearest.",
    )

    pinecone_host: str | None = Field(
        default=None,
        description="Address of a Pinecone index that finds the nearest passages; its key is `PINECONE_API_KEY`. The "
        "database keeps every vector all the same, and answers when Pinecone does not.",
    )


class Tools(_Group):
    """What models may do with tools."""

    offered: Literal["all", "documents"] = Field(
        default="all",
        description="What the built-in agent may use when a request names no tools: all, or the search of documents.",
    )
    disabled: list[str] = Field(
        default=[], description="Names of tools that nobody is offered and nobody may call."
    )
    seconds: float = Field(
        default=30.0, gt=0, description="Longest call of a tool that sets no limit of its own."
    )
    parallel: int = Field(
        default=8, ge=1, le=64, description="Calls of one step that are carried out at once."
    )
    step_calls: int = Field(default=32, ge=1, le=256, description="Most calls of one step that are answered.")
    result_chars: int = Field(
        default=100_000, ge=1_000, description="Longest result of a tool in characters."
    )
    approval_seconds: float = Field(
        default=604_800.0,
        gt=0,
        description="How long a call waits for a person, when no rule says otherwise.",
    )
    client_seconds: float = Field(
        default=600.0, gt=0, description="How long a call waits for the program that has to carry it out."
    )
    suggestions: Literal["on", "off"] = Field(
        default="on",
        description="Whether a message is compared with the tools, and one that fits is suggested.",
    )


class Memory(_Group):
    """What is remembered of people."""

    enabled: bool = Field(
        default=True, description="Whether anything is remembered; each person can say no as well."
    )
    recalled: int = Field(default=5, ge=1, le=5, description="Most memories that a turn is given.")
    kept: int = Field(default=1_000, ge=10, description="Most memories of one person; the oldest make room.")
    extraction_model: str | None = Field(
        default=None, description="Model that reads a turn for what to remember; the turn's own when not set."
    )


class Mcp(_Group):
    """Servers of the Model Context Protocol."""

    commands: list[str] = Field(
        default=[],
        description="Programs that workspaces may start as MCP servers over stdio, by full path; none when empty.",
    )
    seconds: float = Field(default=30.0, gt=0, description="Longest wait for an answer of an MCP server.")
    tools: int = Field(default=64, ge=1, le=512, description="Most tools that are taken from one MCP server.")


class Storage(_Group):
    """Where files are kept."""

    url: str | None = Field(
        default=None,
        description="`s3://bucket/prefix` of a storage that speaks S3; without it a folder within the data folder. "
        "Needs the extra `s3`.",
    )
    s3_endpoint: str | None = Field(default=None, description="Its address, when it is not Amazon's.")
    s3_region: str = Field(default="us-east-1", description="Its region.")
    s3_key_id: str | None = Field(default=None, description="Id of the access key.")
    s3_secret: SecretStr | None = Field(default=None, description="Secret of the access key.")


class Fetch(_Group):
    """How pages of the web are fetched. Only public addresses are."""

    seconds: float = Field(default=20.0, gt=0, description="Longest time for one page, redirects included.")
    bytes: int = Field(default=32_000_000, ge=1_000, description="Largest page in bytes.")
    redirects: int = Field(default=5, ge=0, le=20, description="Most redirects that are followed.")
    allowed_networks: str = Field(
        default="",
        description="Private networks that may be fetched from all the same, with commas, such as `10.1.0.0/16`.",
    )

    @field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        return _networks(given)


class _ProviderVariables(PydanticBaseSettingsSource):
    """Reads what providers are called by: their own names for keys and addresses, without our prefix."""

    def __init__(self, settings_cls: type[BaseSettings], dotenv: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        assert isinstance(dotenv, DotEnvSettingsSource)
        self._dotenv = dotenv

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not asked: this source fills one field."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The field `variables`; nothing when it was given by hand."""
        if "variables" in self.current_state:
            return {}
        # The file's names were made lower case when it was read.
        found = {name.upper(): value for name, value in self._dotenv.env_vars.items()} | dict(os.environ)
        return {
            "variables": {
                name: value for name, value in found.items() if value and _PROVIDER_VARIABLE.fullmatch(name)
            }
        }


class Settings(BaseSettings):
    """Everything that an operator can set. Names in the environment: `STEWARD_` + the field in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="STEWARD_",
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        nested_model_default_partial_update=True,
    )

    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL to use instead of the embedded one; its role owns the tables."
    )
    database_app_url: SecretStr | None = Field(
        default=None, description="How requests connect, when the app role was made by hand."
    )
    database_system_url: SecretStr | None = Field(
        default=None, description="How sweeps connect, when the system role was made by hand."
    )
    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("steward")),
        description="Folder of the embedded database and of files.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65_535, description="Port to listen on.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes to serve with.")
    public_url: str | None = Field(
        default=None, description="Address that people use, when a proxy stands in front."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )
    embed_origins: str = Field(
        default="",
        description="Sites whose pages may embed the chat, with commas, such as `https://shop.example.com, "
        "https://*.example.org`; without one, embedding is switched off.",
    )
    rate_limits: Literal["on", "off"] = Field(
        default="on", description="`off` switches rate limits off, for tests and benches."
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis in which all processes count rate limits together, `redis://host:6379/0`; else each process "
        "counts on its own.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses and networks of the proxies in front, with commas; only from them are `X-Forwarded-For` "
        "and `X-Forwarded-Proto` believed.",
    )
    session_days: int = Field(default=30, ge=1, description="Days that a sign-in lasts without use.")
    default_model: str | None = Field(
        default=None, description="Model when a request names none, `provider/model`."
    )
    embedding_model: str | None = Field(
        default=None,
        description="Model that turns texts into vectors, `provider/model`; without it `local/wordllama`, which runs "
        "here and needs no network.",
    )
    otlp_endpoint: str | None = Field(
        default=None, description="OpenTelemetry collector for traces, OTLP over HTTP."
    )

    model_aliases: dict[str, str] = Field(
        default={},
        description='Names that stand for another model, such as `{"gpt-4o": "mistral/mistral-large-latest"}`.',
    )
    providers: dict[str, CustomProvider] = Field(
        default={}, description="Hosts of models beside those of docs/providers.md, by name; see there."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Seals the provider keys of workspaces: 32 characters or more. Several, with commas: the first "
        "seals, all open.",
    )
    variables: dict[str, SecretStr] = Field(
        default={},
        description="Keys and addresses of providers, as the environment names them.",
        exclude=True,
    )

    limits: Limits = Limits()
    rates: Rates = Rates()
    chat: Chat = Chat()
    upstream: Upstream = Upstream()
    streams: Streams = Streams()
    database: DatabaseSettings = DatabaseSettings()
    leases: Leases = Leases()
    knowledge: Knowledge = Knowledge()
    tools: Tools = Tools()
    memory: Memory = Memory()
    mcp: Mcp = Mcp()
    storage: Storage = Storage()
    fetch: Fetch = Fetch()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where values come from, the first that has one counts."""
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            file_secret_settings,
            _ProviderVariables(settings_cls, dotenv_settings),
        )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        return _networks(given)

    @field_validator("embed_origins")
    @classmethod
    def _are_sites(cls, given: str) -> str:
        sites = [site.strip().rstrip("/").lower() for site in given.split(",") if site.strip()]
        for site in sites:
            # They stand in a header, where a blank or a semicolon would begin something else.
            if _SITE.fullmatch(site) is None:
                raise ValueError(f"{site[:100]!r} is no site such as https://shop.example.com")
        return ", ".join(sites)

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and any(
            len(secret.strip()) < _SECRET_CHARS for secret in given.get_secret_value().split(",")
        ):
            raise ValueError(f"each secret needs {_SECRET_CHARS} characters or more")
        return given

    def variable(self, name: str | None) -> str | None:
        """A key or an address of a provider, as the environment names it."""
        found = self.variables.get(name) if name else None
        return found.get_secret_value() if found else None

    @contextmanager
    def for_children(self) -> Generator[None]:
        """Let child processes read the same settings, also those that came from the command line."""
        given = {
            "STEWARD_DATA_DIR": str(self.data_dir),
            "STEWARD_HOST": self.host,
            "STEWARD_PORT": str(self.port),
            "STEWARD_WORKERS": str(self.workers),
        }
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
