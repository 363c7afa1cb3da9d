"""The pages that show the layout speak of the tree as it is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
LAYOUT = PAGE[PAGE.index("```text\nsteward/") : PAGE.index("web/src/")]


def folders(place: str) -> set[str]:
    """The packages right below this folder."""
    return {path.parent.name for path in (ROOT / place).glob("*/__init__.py")}


@pytest.mark.req("DEPL-14", "DEPL-16")
def test_the_layout_shows_every_room_and_no_other() -> None:
    shown = set(re.findall(r"^  (\w+)/", LAYOUT, re.MULTILINE))
    assert shown - {"static", "migrations"} == folders("steward") - {"migrations"}


@pytest.mark.req("DEPL-14")
def test_the_layout_shows_every_door() -> None:
    assert set(re.findall(r"^    (\w+)/", LAYOUT, re.MULTILINE)) == folders("steward/doors")


@pytest.mark.req("DEPL-18")
def test_the_contributors_page_names_the_patterns() -> None:
    text = (ROOT / "AGENTS.md").read_text("utf-8") + PAGE
    for pattern in (
        "tables.py",
        "schemas.py",
        "errors.py",
        "service.py",
        "routes.py",
        "{wire,encode,routes}.py",
    ):
        assert pattern in text
    assert "app → features → shared" in text


def test_the_six_contracts_are_the_ones_that_are_explained() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert len(contracts) == 6
    assert "Six contracts" in PAGE
