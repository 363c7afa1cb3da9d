"""The search finds what it has to find: the evaluation set, with the goals of `make eval`."""

from __future__ import annotations

import pytest

from eval import measure
from eval.__main__ import show, wrongs
from tests.conftest import Person

pytestmark = pytest.mark.slow


@pytest.mark.req("RAG-05", "RAG-21")
async def test_the_search_meets_its_goals(ada: Person) -> None:
    await measure.ingest(ada.actor, measure.every_file())
    names = await measure.names_of(ada.actor)
    asked = measure.questions()
    reports = [
        measure.report(way, [await measure.ask(ada.actor, one, way, names) for one in asked])
        for way in measure.WAYS
    ]
    show(reports)
    assert wrongs(reports) == []
    both = reports[0]
    assert both.recall >= 0.8
    assert both.score >= 0.7


def test_every_label_stands_in_its_document() -> None:
    texts = {path.name: path.read_text("utf-8") for path in measure.every_file()}
    asked = measure.questions()
    assert len(asked) >= 60
    assert len(texts) >= 40
    assert len({one.id for one in asked}) == len(asked)
    for one in asked:
        for answer in one.answers:
            assert texts[answer.document].count(answer.quote) == 1, (one.id, answer.quote)
