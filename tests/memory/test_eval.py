"""Memories are recalled as well as they have to be: the labelled set, with the goals of `python -m eval.memory`."""

from __future__ import annotations

import pytest

from eval import memory
from tests.conftest import Person


@pytest.mark.slow
@pytest.mark.req("MEMO-09")
async def test_recalling_meets_its_goals(ada: Person) -> None:
    found = await memory.measure(ada.actor)
    memory.show(found)
    assert found.wrongs() == []


def test_every_label_names_a_memory() -> None:
    told = {one.id for one in memory.memories()}
    asked = memory.questions()
    assert len(told) >= 40
    assert len(asked) >= 30
    assert any(not one.memories for one in asked)
    assert len({one.id for one in asked}) == len(asked)
    for one in asked:
        assert set(one.memories) <= told, one.id
