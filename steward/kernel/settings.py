"""Settings: one frozen class, read once from the environment. Nobody else reads the environment."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Group):
    """What one request or one turn may use."""

    body_bytes: int = Field(default=2_000_000, ge=1_000, description="Largest JSON body in bytes.")
    json_depth: int = Field(default=64, ge=4, description="Deepest nesting of a JSON body.")
    json_nodes: int = Field(default=10_000, ge=100, description="Most values in a JSON body.")
    message_chars: int = Field(default=10_000, ge=1, description="Longest message text in characters.")
    connect_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for a connection to a provider."
    )
    idle_seconds: float = Field(
        default=30.0, gt=0, description="Longest silence of a provider within a turn."
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
    system_prompt: str = Field(
        default="You are Steward, a helpful assistant. Answer in the language of the question.",
        description="Instructions of the built-in agent.",
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
    rate_limits: Literal["on", "off"] = Field(
        default="on", description="`off` switches rate limits off, for tests and benches."
    )
    session_days: int = Field(default=30, ge=1, description="Days that a sign-in lasts without use.")
    default_model: str | None = Field(
        default=None, description="Model when a request names none, `provider/model`."
    )
    otlp_endpoint: str | None = Field(
        default=None, description="OpenTelemetry collector for traces, OTLP over HTTP."
    )

    openai_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY"),
        description="Key for OpenAI.",
    )
    openai_base_url: str = Field(
        default="https://api.openai.com/v1",
        validation_alias=AliasChoices("openai_base_url", "OPENAI_BASE_URL"),
        description="Where OpenAI, or a compatible server, answers.",
    )
    anthropic_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("anthropic_api_key", "ANTHROPIC_API_KEY"),
        description="Key for Anthropic.",
    )
    google_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("google_api_key", "GOOGLE_GENERATIVE_AI_API_KEY"),
        description="Key for Google's Gemini.",
    )
    mistral_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("mistral_api_key", "MISTRAL_API_KEY"),
        description="Key for Mistral.",
    )
    groq_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("groq_api_key", "GROQ_API_KEY"),
        description="Key for Groq.",
    )
    deepseek_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("deepseek_api_key", "DEEPSEEK_API_KEY"),
        description="Key for DeepSeek.",
    )
    xai_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("xai_api_key", "XAI_API_KEY"), description="Key for xAI."
    )
    openrouter_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("openrouter_api_key", "OPENROUTER_API_KEY"),
        description="Key for OpenRouter.",
    )
    together_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("together_api_key", "TOGETHER_API_KEY"),
        description="Key for Together.",
    )
    fireworks_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("fireworks_api_key", "FIREWORKS_API_KEY"),
        description="Key for Fireworks.",
    )
    cerebras_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("cerebras_api_key", "CEREBRAS_API_KEY"),
        description="Key for Cerebras.",
    )
    ollama_base_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("ollama_base_url", "OLLAMA_BASE_URL"),
        description="Where Ollama answers, such as `http://127.0.0.1:11434/v1`.",
    )

    limits: Limits = Limits()
    chat: Chat = Chat()
    streams: Streams = Streams()
    database: DatabaseSettings = DatabaseSettings()
    leases: Leases = Leases()

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
