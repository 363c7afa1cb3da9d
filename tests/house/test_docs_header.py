"""Every page of the documentation opens with a header that programs can read, and leads to places that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import llms, reference

ROOT = llms.ROOT
PAGES = sorted((ROOT / "docs").rglob("*.md"))
TEXTS = [*PAGES, ROOT / "README.md", ROOT / "AGENTS.md", ROOT / "CHANGELOG.md"]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)[^)]*\)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.req("DEPL-17")
@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_has_a_header(path: Path) -> None:
    page = llms.parse(name(path), path.read_text("utf-8"))
    assert page.updated >= page.created
    assert not page.scope.endswith("."), "the map puts the full stop"
    assert f"\n# {page.title}\n" in path.read_text("utf-8"), (
        "the title in the header is the title of the page"
    )


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    places = [
        place for place in LINK.findall(path.read_text("utf-8")) if not place.startswith(("http", "mailto:"))
    ]
    assert [place for place in places if not (path.parent / place).exists()] == []


def test_tables_are_up_to_date() -> None:
    assert reference.main(["--check"]) == 0, "run make docs"


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in PAGES if path.parent.name == "decisions"]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", [page for page in PAGES if page.parent.name == "decisions"], ids=name)
def test_a_decision_has_its_four_parts(path: Path) -> None:
    headings = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
