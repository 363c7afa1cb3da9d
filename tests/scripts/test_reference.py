"""scripts/reference.py: the tables that follow from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from scripts import reference
from steward.providers.catalogue import CHAT, PROVIDERS, RESPONSES, Provider, Tiers
from steward.providers.wire import Quirks


class Deep(BaseModel):
    """How deep it goes."""

    turn_seconds: float = Field(default=1.5, description="Longest turn.")


class Sample(BaseModel):
    """A sample."""

    port: int = Field(default=8000, description="Port to listen on.")
    secret: SecretStr | None = Field(default=None, description="A secret.")
    variables: dict[str, str] = Field(default={}, description="Not set by its own name.", exclude=True)
    deep: Deep = Deep()


def test_settings_have_their_names_in_the_environment() -> None:
    found = [(setting.name, setting.default) for setting in reference.settings(Sample)]
    assert found == [("STEWARD_PORT", "8000"), ("STEWARD_SECRET", ""), ("STEWARD_DEEP__TURN_SECONDS", "1.5")]


def host(name: str, **fields: Any) -> Provider:
    return Provider(name, name.title(), CHAT, "https://host.example/v1", "HOST_API_KEY", **fields)


def test_providers_have_their_own_names_in_the_environment() -> None:
    hosts = [
        host("one", url_variable="ONE_BASE_URL"),
        host("two", version_variable=("TWO_API_VERSION", "2024-10-21")),
    ]
    found = [(setting.name, setting.default, setting.description) for setting in reference.variables(hosts)]
    assert found == [
        ("HOST_API_KEY", "", "Key for One."),
        ("ONE_BASE_URL", "https://host.example/v1", "Where One answers."),
        ("TWO_API_VERSION", "2024-10-21", "Version of Two's interface."),
    ]


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (host("openai", models=("gpt-4o",)), ""),
        (host("openai", models=("gpt-4o",), claims=("gpt-",)), "Bare names that begin with `gpt-`."),
        (host("x", price_id="openai", models=("gpt-4o",)), "Prices of `openai`."),
        (host("x", models=("y",)), "No prices are known: give your own."),
        (host("openai"), "Prices by the model's name."),
        (
            host("x", extra="more"),
            "Needs `pip install 'steward-ai[more]'`. Prices by the model's name.",
        ),
        (host("x", models=("y",), is_free=True, is_listed=False), "Not in lists. Costs nothing."),
        (
            host(
                "x",
                is_free=True,
                quirks=Quirks(path="/deployments/{model}/x"),
                version_variable=("X_VERSION", "1"),
            ),
            "A model's name is that of your deployment. `X_VERSION` names the version, else `1`. Costs nothing.",
        ),
    ],
)
def test_remarks_say_what_the_columns_do_not(provider: Provider, words: str) -> None:
    assert " ".join(reference.remarks(provider)) == words


@pytest.mark.req("PROV-11")
def test_every_provider_and_every_model_of_the_catalogue_is_on_the_page() -> None:
    page = (reference.ROOT / "docs/providers.md").read_text("utf-8")
    for provider in PROVIDERS:
        assert f"| {provider.title} | `{provider.name}` | " in page
        for model in provider.models if provider.is_listed else ():
            assert f"| `{provider.name}/{model}` | " in page


def test_models_have_their_tiers_and_abilities() -> None:
    offered = host("openai", models=("gpt-4", "o4-mini"), tiers=Tiers("o4-mini", "o4-mini", "gpt-9"))
    hidden = Provider("hidden", "Hidden", RESPONSES, "", None, ("gpt-4",), is_listed=False)
    lines = reference.models_table([offered, hidden]).splitlines()
    assert lines[2:] == [
        "| `openai/gpt-4` |  | JSON Schema, tools |",
        "| `openai/o4-mini` | fast, balanced | JSON Schema, tools |",
        "| `openai/gpt-9` | powerful | JSON Schema, tools |",
    ]


def test_a_stale_table_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("configuration", "errors", "ontology", "providers"):
        text = (reference.ROOT / f"docs/{name}.md").read_text("utf-8")
        (tmp_path / f"docs/{name}.md").write_text(text, "utf-8")
    assert reference.main([], tmp_path) == 0
    assert reference.main(["--check"], tmp_path) == 0
    page = tmp_path / "docs/providers.md"
    page.write_text(page.read_text("utf-8").replace("| Groq | `groq` |", "| Grog | `groq` |"), "utf-8")
    assert reference.main(["--check"], tmp_path) == 1
    assert "docs/providers.md is stale" in capsys.readouterr().err


def test_a_table_goes_between_its_marks() -> None:
    page = "head\n<!-- table x -->\nold\n<!-- end x -->\ntail\n"
    assert reference.between(page, "x", "new\n") == "head\n<!-- table x -->\nnew\n<!-- end x -->\ntail\n"


def test_a_value_with_spaces_is_quoted() -> None:
    assert reference.quoted("two words") == '"two words"'
    assert reference.quoted("one") == "one"
