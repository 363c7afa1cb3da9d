"""docs/ontology.md is generated from the dimensions, the registered kinds and the tables."""

from __future__ import annotations

import pytest

from scripts import ontology, reference

PAGE = ontology.ROOT / "docs/ontology.md"


@pytest.mark.req("ONTO-11")
@pytest.mark.parametrize("name", ontology.TABLES)
def test_the_page_is_up_to_date(name: str) -> None:
    page = PAGE.read_text("utf-8")
    assert f"<!-- table {name} -->" in page
    assert reference.between(page, name, ontology.TABLES[name]()) == page, "run make docs"


@pytest.mark.req("ONTO-01", "ONTO-11")
def test_the_page_names_every_dimension_and_kind() -> None:
    page = PAGE.read_text("utf-8")
    for dimension in ("groups", "things", "connections", "events", "knowledge", "aiCalls", "aiThreads"):
        assert f"| `{dimension}` |" in page
    kinds = [kind.name for kind in ontology.known_kinds()]
    assert {"task", "ticket"} <= set(kinds)
    assert not [name for name in kinds if name.startswith("test_")]
    assert all(f"### {name}\n" in page for name in kinds)
