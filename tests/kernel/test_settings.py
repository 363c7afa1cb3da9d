from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from steward.kernel.settings import Settings

_PROVIDERS = {
    "OPENAI_API_KEY": "openai_api_key",
    "OPENAI_BASE_URL": "openai_base_url",
    "ANTHROPIC_API_KEY": "anthropic_api_key",
    "GOOGLE_GENERATIVE_AI_API_KEY": "google_api_key",
    "MISTRAL_API_KEY": "mistral_api_key",
    "GROQ_API_KEY": "groq_api_key",
    "DEEPSEEK_API_KEY": "deepseek_api_key",
    "XAI_API_KEY": "xai_api_key",
    "OPENROUTER_API_KEY": "openrouter_api_key",
    "TOGETHER_API_KEY": "together_api_key",
    "FIREWORKS_API_KEY": "fireworks_api_key",
    "CEREBRAS_API_KEY": "cerebras_api_key",
    "OLLAMA_BASE_URL": "ollama_base_url",
}
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
    "session_days": "7",
    "default_model": "openai/gpt-4o",
    "otlp_endpoint": "http://127.0.0.1:4318",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment in which nothing is set, in a folder without an .env file."""
    for name in os.environ:
        if name.startswith("STEWARD_") or name in _PROVIDERS:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def plain(value: Any) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


@pytest.mark.req("DEPL-05")
def test_every_default_works_with_nothing_set() -> None:
    settings = Settings()
    assert settings.database_url is None
    assert settings.openai_api_key is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.data_dir.is_absolute()
    for name, field in Settings.model_fields.items():
        assert field.default is not ... or field.default_factory is not None, name


@pytest.mark.req("DEPL-01")
def test_every_setting_has_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {*_PLAIN, *_GROUPS, *_PROVIDERS.values()}
    assert known == set(Settings.model_fields), "a new setting: add what its variable would hold"
    for name, value in _PLAIN.items():
        monkeypatch.setenv(f"STEWARD_{name.upper()}", value)
    settings = Settings()
    assert {name: plain(getattr(settings, name)) for name in _PLAIN} == _PLAIN


@pytest.mark.req("DEPL-01")
@pytest.mark.parametrize(("variable", "name"), _PROVIDERS.items())
def test_providers_have_the_variables_that_everybody_knows(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1/v1")
    assert plain(getattr(Settings(), name)) == "http://127.0.0.1:1/v1"


def test_a_variable_that_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "STEWARD_PORT", "STEWARD_DATABASE_URL"):
        monkeypatch.setenv(name, "")
    settings = Settings()
    assert settings.openai_api_key is None
    assert settings.openai_base_url == "https://api.openai.com/v1"
    assert settings.port == 8000
    assert settings.database_url is None


@pytest.mark.parametrize("group", _GROUPS)
def test_every_setting_of_a_group_has_its_variable(monkeypatch: pytest.MonkeyPatch, group: str) -> None:
    default: BaseModel = getattr(Settings(), group)
    for name, field in type(default).model_fields.items():
        value = getattr(default, name)
        wanted = f"{value} more" if isinstance(value, str) else type(value)(value + 1)
        if name == "temperature":
            wanted = 1.5
        monkeypatch.setenv(f"STEWARD_{group.upper()}__{name.upper()}", str(wanted))
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
