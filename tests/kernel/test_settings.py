from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from steward.kernel.settings import Settings

_PROVIDERS = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "ANTHROPIC_API_KEY",
    "GOOGLE_GENERATIVE_AI_API_KEY",
    "HF_TOKEN",
    "OLLAMA_BASE_URL",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_OPENAI_API_VERSION",
    "A_HOST_OF_TOMORROW_API_KEY",
)
_GROUPS = [name for name, field in Settings.model_fields.items() if isinstance(field.default, BaseModel)]
_PLAIN = {
    "database_url": "postgresql://owner@host/db",
    "database_app_url": "postgresql://app@host/db",
    "database_system_url": "postgresql://system@host/db",
    "data_dir": "/srv/steward",
    "host": "0.0.0.0",
    "port": "9000",
    "workers": "3",
    "public_url": "https://steward.example",
    "log_level": "debug",
    "rate_limits": "off",
    "redis_url": "redis://:hidden@127.0.0.1:6379/0",
    "trusted_proxies": "127.0.0.1, 10.0.0.0/8",
    "embed_origins": "https://shop.example.com, https://*.example.org",
    "session_days": "7",
    "default_model": "openai/gpt-4o",
    "embedding_model": "openai/text-embedding-3-small",
    "otlp_endpoint": "http://127.0.0.1:4318",
    "secret_key": "a secret of thirty-two characters and more, a second secret of as many characters",
}
_OBJECTS: dict[str, Any] = {
    "model_aliases": {"gpt-4o": "mistral/mistral-large-latest"},
    "providers": {"house": {"base_url": "http://10.0.0.7:8001/v1", "models": ["qwen3-32b"], "is_free": True}},
}
# Values that make sense where one more of the default makes none.
_OTHERWISE: dict[str, Any] = {
    "temperature": 1.5,
    "fallback_models": ["openai/gpt-4o-mini"],
    "overflow": "refuse",
    "in_chat": "off",
    "least_score": 0.5,
    "pinecone_host": "https://index.example.com",
    "url": "s3://bucket/prefix",
    "s3_endpoint": "https://storage.example.com",
    "s3_key_id": "AK1",
    "s3_secret": SecretStr("a secret"),
    "allowed_networks": "10.1.0.0/16",
    "offered": "documents",
    "disabled": ["searchKB"],
    "suggestions": "off",
    "recalled": 4,
    "enabled": False,
    "extraction_model": "openai/gpt-4o-mini",
    "commands": ["/usr/bin/true"],
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment in which nothing is set, in a folder without an .env file."""
    for name in os.environ:
        if name.startswith("STEWARD_") or name in _PROVIDERS or name.endswith(("_API_KEY", "_TOKEN")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def plain(value: Any) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


@pytest.mark.req("DEPL-05")
def test_every_default_works_with_nothing_set() -> None:
    settings = Settings()
    assert settings.database_url is None
    assert settings.variables == {}
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.data_dir.is_absolute()
    for name, field in Settings.model_fields.items():
        assert field.default is not ... or field.default_factory is not None, name


@pytest.mark.req("DEPL-01")
def test_every_setting_has_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {*_PLAIN, *_GROUPS, *_OBJECTS, "variables"}
    assert known == set(Settings.model_fields), "a new setting: add what its variable would hold"
    for name, value in _PLAIN.items():
        monkeypatch.setenv(f"STEWARD_{name.upper()}", value)
    for name, value in _OBJECTS.items():
        monkeypatch.setenv(f"STEWARD_{name.upper()}", json.dumps(value))
    settings = Settings()
    assert {name: plain(getattr(settings, name)) for name in _PLAIN} == _PLAIN
    assert settings.model_dump(include=set(_OBJECTS), exclude_unset=True) == _OBJECTS


@pytest.mark.req("DEPL-01")
@pytest.mark.parametrize("variable", _PROVIDERS)
def test_providers_have_the_variables_that_everybody_knows(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1/v1")
    assert Settings().variable(variable) == "http://127.0.0.1:1/v1"


@pytest.mark.req("DEPL-01")
def test_variables_of_providers_can_stand_in_the_file_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [
        "OPENAI_API_KEY=of-the-file",
        "GROQ_API_KEY=of-the-file",
        "HF_TOKEN=",
        "PATH=x",
        "STEWARD_PORT=9001",
    ]
    (tmp_path / ".env").write_text("\n".join(lines), "utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    settings = Settings()
    assert settings.port == 9001
    assert {name: settings.variable(name) for name in settings.variables} == {
        "OPENAI_API_KEY": "of-the-environment",
        "GROQ_API_KEY": "of-the-file",
    }


def test_only_names_like_those_of_providers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEWARD_API_KEY", "PASSWORD", "openai_api_key", "API_KEY", "OPENAI_API_KEY_OLD"):
        monkeypatch.setenv(name, "a value")
    assert Settings().variables == {}
    assert Settings().variable(None) is None
    assert Settings().variable("OPENAI_API_KEY") is None


def test_variables_that_are_given_by_hand_are_the_only_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    settings = Settings(variables={"GROQ_API_KEY": SecretStr("by-hand")})
    assert (settings.variable("GROQ_API_KEY"), settings.variable("OPENAI_API_KEY")) == ("by-hand", None)


def test_a_variable_that_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "STEWARD_PORT", "STEWARD_DATABASE_URL"):
        monkeypatch.setenv(name, "")
    settings = Settings()
    assert settings.variables == {}
    assert settings.port == 8000
    assert settings.database_url is None


def _other(group: str, name: str, value: Any) -> Any:
    if name in _OTHERWISE:
        return _OTHERWISE[name]
    if isinstance(value, str):
        return "7/2 hours" if group == "rates" else f"{value} more"
    return type(value)(value + 1)


@pytest.mark.parametrize("group", _GROUPS)
def test_every_setting_of_a_group_has_its_variable(monkeypatch: pytest.MonkeyPatch, group: str) -> None:
    default: BaseModel = getattr(Settings(), group)
    for name, field in type(default).model_fields.items():
        value = getattr(default, name)
        wanted = _other(group, name, value)
        written = json.dumps(wanted) if isinstance(wanted, list | bool) else str(wanted)
        if isinstance(wanted, SecretStr):
            written = wanted.get_secret_value()
        monkeypatch.setenv(f"STEWARD_{group.upper()}__{name.upper()}", written)
        changed = getattr(Settings(), group)
        assert getattr(changed, name) == wanted
        assert changed.model_copy(update={name: value}) == default, "the others keep their defaults"
        assert field.description
        monkeypatch.delenv(f"STEWARD_{group.upper()}__{name.upper()}")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STEWARD_PORT", "70000"),
        ("STEWARD_WORKERS", "0"),
        ("STEWARD_LOG_LEVEL", "loud"),
        ("STEWARD_RATE_LIMITS", "maybe"),
        ("STEWARD_RATES__PER_USER", "many"),
        ("STEWARD_TRUSTED_PROXIES", "everybody"),
        ("STEWARD_EMBED_ORIGINS", "https://shop.example.com; script-src *"),
        ("STEWARD_SECRET_KEY", "short"),
        ("STEWARD_PROVIDERS", '{"house": {"title": "no address"}}'),
        ("STEWARD_PROVIDERS", '{"house": {"base_url": "http://x/v1", "wire": "smoke"}}'),
        ("STEWARD_PROVIDERS", '{"house": {"base_url": "http://x/v1", "key_variable": "HOUSE_KEY"}}'),
        ("STEWARD_LIMITS__TURN_SECONDS", "0"),
        ("STEWARD_LIMITS__TURNSECONDS", "5"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError):
        Settings()


def test_settings_do_not_change_and_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("STEWARD_DATABASE_URL", "postgresql://owner:hunter2@host/db")
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.port = 1
    for shown in (repr(settings), str(settings), json.dumps(settings.model_dump(mode="json"))):
        assert "very-secret" not in shown
        assert "hunter2" not in shown


def test_child_processes_read_the_same(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=9001, host="0.0.0.0", workers=2)
    before = dict(os.environ)
    with settings.for_children():
        child = Settings()
    assert child == settings
    assert dict(os.environ) == before
