"""docs/configuration.md and .env.example name every setting and every variable of a provider, and no other."""

from __future__ import annotations

import re

import pytest

from scripts import reference
from steward.kernel.settings import Settings
from steward.providers.service import Models

NAMES = re.compile(r"\bSTEWARD_[A-Z0-9_]+[A-Z]\b")
DOCS = (reference.ROOT / "docs/configuration.md").read_text("utf-8")
EXAMPLE = (reference.ROOT / ".env.example").read_text("utf-8")


def documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z0-9_]+)` \|", DOCS, re.MULTILINE))


def exampled() -> set[str]:
    return set(re.findall(r"^#([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))


@pytest.mark.req("DEPL-01", "DEPL-21")
def test_every_setting_is_documented() -> None:
    assert {setting.name for setting in reference.everything()} == documented(), "run make docs"


@pytest.mark.req("DEPL-01")
def test_every_setting_is_in_the_example() -> None:
    assert {setting.name for setting in reference.everything()} == exampled(), "run make docs"


def test_every_setting_says_what_it_sets() -> None:
    assert [setting.name for setting in reference.everything() if not setting.description.endswith(".")] == []


@pytest.mark.req("DEPL-01", "PROV-14")
def test_every_variable_of_a_provider_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {setting.name for setting in reference.variables()}
    assert {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "HF_TOKEN"} < names
    for name in names:
        monkeypatch.setenv(name, f"value of {name}")
    settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it
    assert {name: settings.variable(name) for name in names} == {name: f"value of {name}" for name in names}


@pytest.mark.req("PROV-10")
def test_the_example_of_a_host_of_ones_own_works(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (reference.ROOT / "docs/providers.md").read_text("utf-8")
    (example,) = re.findall(r"STEWARD_PROVIDERS='(.+?)'", page, re.DOTALL)
    monkeypatch.setenv("STEWARD_PROVIDERS", example)
    monkeypatch.setenv("HOUSE_API_KEY", "the key of the house")
    found = Models(Settings(_env_file=None)).resolve("house/qwen3-32b")  # pyright: ignore[reportCallIssue]  # as above
    endpoint = found.endpoint
    assert (endpoint.base_url, endpoint.key) == ("http://10.0.0.7:8001/v1", "the key of the house")
    assert found.pricing.source == "free"


def test_no_page_names_a_setting_that_is_not_there() -> None:
    known = {setting.name for setting in reference.settings()}
    pages = [
        *(reference.ROOT / "docs").rglob("*.md"),
        reference.ROOT / "README.md",
        reference.ROOT / "AGENTS.md",
    ]
    strange = {
        (page.name, name)
        for page in pages
        for name in NAMES.findall(page.read_text("utf-8"))
        if name not in known
    }
    assert strange == set()
