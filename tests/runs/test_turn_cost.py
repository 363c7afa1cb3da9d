"""What a plain turn costs: how often it goes to the database, which is most of what the house adds to a model."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from tests.conftest import Person
from tests.runs.turns import begin, read

MOST_STATEMENTS = 25
"""With those that begin and end transactions; raise it only for what is worth its wait in every turn."""


@contextmanager
def overheard(workspace_id: str) -> Generator[list[str]]:
    """The statements of a workspace's transactions on the connections that are open."""
    heard: list[str] = []
    listening: dict[int, Any] = {}
    acting: set[int] = set()

    def listener(number: int) -> Any:
        def listen(record: Any) -> None:
            if record.query.startswith("BEGIN") and workspace_id in record.query:
                acting.add(number)
            if number in acting:
                heard.append(record.query)
            if record.query.startswith(("COMMIT", "ROLLBACK")):
                acting.discard(number)

        return listen

    connections = [one for one in gc.get_objects() if type(one) is asyncpg.Connection and not one.is_closed()]
    for number, connection in enumerate(connections):
        listening[number] = listener(number)
        connection.add_query_logger(listening[number])
    try:
        yield heard
    finally:
        for number, connection in enumerate(connections):
            connection.remove_query_logger(listening[number])


@pytest.mark.req("PERF-01")
@pytest.mark.slow
async def test_a_plain_turn_asks_the_database_few_times(ada: Person) -> None:
    first = await begin(ada, "hello {{words:3}}")
    await read(ada, first.run_id)
    with overheard(ada.actor.workspace_id) as heard:
        again = await begin(ada, "and again {{words:3}}", first.thread_id)
        await read(ada, again.run_id)
    assert any("INSERT INTO runs" in one for one in heard)
    assert len(heard) <= MOST_STATEMENTS, "\n".join(one[:100] for one in heard)
