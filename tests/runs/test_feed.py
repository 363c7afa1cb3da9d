from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Database, Statement
from steward.providers.events import TextDelta
from steward.runs import service
from steward.runs.events import RunEnd, RunStart
from steward.runs.feed import Batch, Feed, Tail
from tests.conftest import Person
from tests.runs.turns import Numbered, begin, read
from tests.support.database import as_owner

ANSWER = "{{words:200}} {{pace_ms:8}}"


@pytest.fixture
async def elsewhere(house: Runtime) -> AsyncGenerator[Feed]:
    """The feed of a process that runs nothing: all it knows is what is written."""
    feed = Feed(house.database, 0.25)
    listening = asyncio.ensure_future(feed.keep_listening())
    await asyncio.sleep(0.05)
    yield feed
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def read_from(
    feed: Feed, person: Person, run_id: str, after: int = 0, most: int | None = None
) -> Numbered:
    seen: Numbered = []
    async with aclosing(feed.follow(person.actor, run_id, after)) as batches:
        async for batch in batches:
            seen += [(batch.first_seq + at, event) for at, event in enumerate(batch.events)]
            if most is not None and len(seen) >= most:
                return seen[:most]
    return seen


async def read_with_cuts(
    feed: Feed, person: Person, run_id: str, dice: random.Random
) -> tuple[Numbered, int]:
    """Read to the end, breaking off again and again; what came together, and how often it was cut."""
    seen: Numbered = []
    cuts = 0
    while not seen or not isinstance(seen[-1][1], RunEnd):
        after = seen[-1][0] if seen else 0
        seen += await read_from(feed, person, run_id, after, dice.randint(1, 12))
        cuts += 1
        if dice.random() < 0.3:
            await asyncio.sleep(dice.uniform(0, 0.05))
    return seen, cuts - 1


def dice_of(number: int) -> random.Random:
    return random.Random(number)


@pytest.mark.req("CHAT-23")
@pytest.mark.slow
async def test_a_reader_that_breaks_off_anywhere_misses_nothing_and_sees_nothing_twice(
    house: Runtime, elsewhere: Feed, ada: Person
) -> None:
    started = await begin(ada, ANSWER)
    here = house.part(Feed)
    reading = asyncio.ensure_future(read(ada, started.run_id))
    cut = await asyncio.gather(
        *(read_with_cuts(here, ada, started.run_id, dice_of(number)) for number in range(20)),
        *(read_with_cuts(elsewhere, ada, started.run_id, dice_of(number)) for number in range(20, 40)),
    )
    whole = await reading
    assert isinstance(whole[0][1], RunStart)
    assert isinstance(whole[-1][1], RunEnd)
    assert [seq for seq, _ in whole] == list(range(whole[0][0], whole[0][0] + len(whole)))
    assert "".join(event.text for _, event in whole if isinstance(event, TextDelta)).split() == [
        f"w{n}" for n in range(200)
    ]
    for seen, _ in cut:
        assert seen == whole
    assert sum(cuts for _, cuts in cut) > 500
    # And once it is over, from every cursor.
    for at in dice_of(1).sample(range(len(whole) - 1), 100):
        assert await read(ada, started.run_id, whole[at][0]) == whole[at + 1 :]


@pytest.mark.slow
async def test_a_reader_elsewhere_sees_a_running_turn_within_a_moment(elsewhere: Feed, ada: Person) -> None:
    started = await begin(ada, ANSWER)
    at: list[float] = []
    async with aclosing(elsewhere.follow(ada.actor, started.run_id)) as batches:
        async for batch in batches:
            if any(isinstance(event, TextDelta) for event in batch.events):
                at.append(time.monotonic())
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert len(at) >= 4
    assert max(gaps) < 0.9, "told by a notice, not found by looking now and then"


@pytest.mark.slow
async def test_a_slow_reader_holds_nobody_up_and_gets_everything(ada: Person) -> None:
    started = await begin(ada, "{{words:60}} {{pace_ms:5}}")

    async def slowly() -> Numbered:
        seen: Numbered = []
        async with aclosing(service.follow(ada.actor, started.run_id)) as batches:
            async for batch in batches:
                seen += [(batch.first_seq + at, event) for at, event in enumerate(batch.events)]
                await asyncio.sleep(0.25)
        return seen

    began = time.monotonic()
    slow = asyncio.ensure_future(slowly())
    quick = await read(ada, started.run_id)
    assert time.monotonic() - began < 1.5
    assert not slow.done()
    assert await slow == quick


async def test_a_reader_that_waits_forever_is_no_burden(house: Runtime, ada: Person) -> None:
    started = await begin(ada, "{{words:30}} {{pace_ms:10}}")
    feed = house.part(Feed)
    waiting = feed.follow(ada.actor, started.run_id)
    first = await anext(waiting)
    assert isinstance(first.events[0], RunStart)
    # Never read again: the turn ends all the same, and its tail is dropped.
    await read(ada, started.run_id)
    await asyncio.sleep(0.05)
    assert feed.tail(started.run_id) is None
    await waiting.aclose()


async def test_another_workspace_reads_nothing(house: Runtime, ada: Person, eve: Person) -> None:
    started = await begin(ada, "{{words:2}}")
    whole = await read(ada, started.run_id)
    feed = house.part(Feed)
    assert sum(len(batch.events) for batch in await feed.stored(ada.actor, started.run_id, 0)) == len(whole)
    assert await feed.stored(eve.actor, started.run_id, 0) == []


def test_a_later_attempt_has_later_cursors() -> None:
    first, second = Tail("ws_1", "run_1", 1), Tail("ws_1", "run_1", 2)
    first.publish([TextDelta("a")] * 5)
    second.publish([TextDelta("b")])
    one, two = first.unflushed(), second.unflushed()
    assert one == Batch(1, first.events)
    assert two is not None
    assert one is not None
    assert two.first_seq > one.last_seq
    assert first.is_first
    assert not second.is_first


async def test_what_could_not_be_written_is_written_later(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    """The flusher goes on after the database was away, and nothing is lost or doubled."""
    started = await begin(ada, "{{words:2}}")
    await read(ada, started.run_id)
    own = Database(house.database.app_url, house.database.system_url, pool_size=2, pool_seconds=1)
    feed = Feed(own, 0.02)
    tail = Tail(ada.actor.workspace_id, started.run_id, 7)
    feed.adopt(tail)
    tail.publish([TextDelta("w0")])
    await feed.flush()
    async with own.quick_house() as connection:
        row = await connection.first(Statement("SELECT pg_backend_pid() AS pid"))
    assert row is not None
    async with as_owner(settings) as owner:
        await owner.execute("SELECT pg_terminate_backend($1)", row.pid)
    tail.publish([TextDelta(f"w{number}") for number in range(1, 9)])
    flushing = asyncio.ensure_future(feed.keep_flushing())
    for _ in range(200):
        if tail.unflushed() is None:
            break
        await asyncio.sleep(0.02)
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    await own.close()
    stored = await house.part(Feed).stored(ada.actor, started.run_id, tail.base - 1)
    assert [event for batch in stored for event in batch.events] == tail.events
