"""Turns that tests start and read without a door."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from sqlalchemy import select

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.runs import service
from steward.runs.events import RunEnd, RunEvent, RunPause
from steward.runs.schemas import Started, TurnRequest
from steward.threads.tables import Message
from steward.usage.tables import ModelCall
from tests.conftest import Person

Numbered = list[tuple[int, RunEvent]]


async def begin(person: Person, text: str, thread_ref: str | None = None, **fields: Any) -> Started:
    """Start a turn."""
    parts = [{"type": "text", "text": text}]
    request = TurnRequest(
        "submit", thread_ref or new_id("chat"), parts=parts, message_id=new_id("m"), **fields
    )
    return await service.start(person.actor, request)


async def read(person: Person, run_id: str, after: int = 0, most: int | None = None) -> Numbered:
    """The events of a run with their cursors: to its end, or until so many have come."""
    seen: Numbered = []
    async with aclosing(service.follow(person.actor, run_id, after)) as batches:
        async for batch in batches:
            seen += [(batch.first_seq + at, event) for at, event in enumerate(batch.events)]
            if most is not None and len(seen) >= most:
                return seen[:most]
    return seen


async def until_pause(person: Person, run_id: str) -> Numbered:
    """The events of a run up to where it waits for somebody, or its end."""
    seen: Numbered = []
    async with aclosing(service.follow(person.actor, run_id, 0)) as batches:
        async for batch in batches:
            seen += [(batch.first_seq + at, event) for at, event in enumerate(batch.events)]
            if isinstance(batch.events[-1], RunPause | RunEnd):
                break
    return seen


async def messages(house: Runtime, person: Person) -> Sequence[Message]:
    """The messages of a person's one branch, each behind the one that it answers."""
    async with house.database.work(person.actor) as work:
        rows = (await work.session.execute(select(Message))).scalars().all()
    behind = {row.parent_id: row for row in rows}
    found: list[Message] = []
    while (row := behind.get(found[-1].id if found else None)) is not None:
        found.append(row)
    assert len(found) == len(rows)
    return found


async def ledger(house: Runtime, person: Person) -> Sequence[ModelCall]:
    """The settled lines of a person's calls, oldest first."""
    query = select(ModelCall).order_by(ModelCall.created_at, ModelCall.id)
    for _ in range(400):
        async with house.database.work(person.actor) as work:
            lines = (await work.session.execute(query)).scalars().all()
        if lines and all(line.status != "open" for line in lines):
            return lines
        await asyncio.sleep(0.01)
    raise AssertionError("the ledger does not settle")
