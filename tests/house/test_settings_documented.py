"""docs/configuration.md and .env.example name every setting, and no other."""

from __future__ import annotations

import re

import pytest

from scripts import reference

NAMES = re.compile(r"\bSTEWARD_[A-Z_]+[A-Z]\b")
DOCS = (reference.ROOT / "docs/configuration.md").read_text("utf-8")
EXAMPLE = (reference.ROOT / ".env.example").read_text("utf-8")


def documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", DOCS, re.MULTILINE))


def exampled() -> set[str]:
    return set(re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.MULTILINE))


@pytest.mark.req("DEPL-01", "DEPL-21")
def test_every_setting_is_documented() -> None:
    assert {setting.name for setting in reference.settings()} == documented(), "run make docs"


@pytest.mark.req("DEPL-01")
def test_every_setting_is_in_the_example() -> None:
    assert {setting.name for setting in reference.settings()} == exampled(), "run make docs"


def test_every_setting_says_what_it_sets() -> None:
    assert [setting.name for setting in reference.settings() if not setting.description.endswith(".")] == []


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
