"""The feed: the ordered events of running turns.

The process that runs a turn keeps its tail in memory, and readers here take it from there, each at its own
cursor. A flusher writes the tails of all runs to the database together; readers elsewhere, and after a
restart, take them from there.

A cursor is one number, `(attempt - 1) << 32 | n`: every process that takes a run over begins a new attempt, so
the numbers only grow, and a reader who saw more than was written still gets everything of the next attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from steward.kernel import listening
from steward.kernel.telemetry import FLUSH_SECONDS
from steward.kernel.work import Actor, Asking, Database, Statement, Transaction
from steward.runs import queries
from steward.runs.events import RunEnd, RunEvent, pack, unpack

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_RUNS_CHANNEL: Final = "steward_runs"
_STOPS_CHANNEL: Final = "steward_stops"
_IDS_PER_NOTICE: Final = 200
_POLL_SECONDS: Final = 1.0

_WRITE: Final = Statement(
    "WITH written AS (INSERT INTO run_segments (workspace_id, id, first_seq, last_seq, events) "
    "SELECT * FROM unnest(cast(:workspace_ids AS text[]), cast(:run_ids AS text[]), cast(:firsts AS bigint[]), "
    "cast(:lasts AS bigint[]), cast(:events AS bytea[])) ON CONFLICT (workspace_id, id, first_seq) DO UPDATE "
    # A flush whose answer was lost is written again, longer.
    "SET last_seq = excluded.last_seq, events = excluded.events WHERE excluded.last_seq > run_segments.last_seq) "
    "SELECT pg_notify(:channel, notice) FROM unnest(cast(:notices AS text[])) AS notice"
)
_READ: Final = Statement(
    "SELECT first_seq, events FROM run_segments WHERE workspace_id = :workspace_id AND id = :run_id "
    "AND last_seq > :after AND first_seq < :before ORDER BY first_seq LIMIT 50"
)
_LAST: Final = Statement(
    "SELECT last_seq, events FROM run_segments WHERE workspace_id = :workspace_id AND id = :run_id "
    "ORDER BY first_seq DESC LIMIT 1"
)
_NOTIFY: Final = Statement("SELECT pg_notify(:channel, :payload)")
_FOREVER: Final = 2**62
_FIRST_SEQ: Final = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that follow each other; the cursor of the last is `first_seq + len(events) - 1`."""

    first_seq: int
    events: list[RunEvent]

    @property
    def last_seq(self) -> int:
        """The cursor after this batch."""
        return self.first_seq + len(self.events) - 1


class Tail:
    """The live end of a run in the process that runs it."""

    __slots__ = ("_readers", "base", "ended", "events", "flushed", "run_id", "sealed", "workspace_id")

    def __init__(self, workspace_id: str, run_id: str, attempt: int) -> None:
        self.workspace_id = workspace_id
        self.run_id = run_id
        self.base = ((attempt - 1) << 32) + 1
        self.events: list[RunEvent] = []
        self.flushed = 0
        self.ended = False
        self.sealed = False
        self._readers: list[asyncio.Future[None]] = []

    @property
    def is_first(self) -> bool:
        """Whether nothing of the run is elsewhere: this process began it."""
        return self.base == _FIRST_SEQ

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Append events and wake the readers. Called per read of the provider: no await, no lock."""
        self.events += events
        if self._readers:
            for reader in self._readers:
                if not reader.done():
                    reader.set_result(None)
            self._readers.clear()

    def end(self) -> None:
        """Let readers go after the last event."""
        self.ended = True
        self.publish([])

    async def more(self) -> None:
        """Wait until there is more, or the end."""
        reader = asyncio.get_running_loop().create_future()
        self._readers.append(reader)
        await reader

    def unflushed(self) -> Batch | None:
        """What is not written yet."""
        if self.flushed == len(self.events):
            return None
        return Batch(self.base + self.flushed, self.events[self.flushed :])


class Feed:
    """The tails of this process, and the way to the events of all others."""

    def __init__(self, database: Database, flush_seconds: float) -> None:
        self._database = database
        self._flush_seconds = flush_seconds
        self._tails: dict[str, Tail] = {}
        self._changed: dict[str, list[asyncio.Event]] = {}
        self._stops: dict[str, asyncio.Event] = {}
        self._flushing = asyncio.Lock()

    def adopt(self, tail: Tail) -> None:
        """Make a tail readable: this process runs its run."""
        self._tails[tail.run_id] = tail

    def close(self, tail: Tail) -> None:
        """Forget a tail whose events are all written; its readers finish from memory."""
        tail.end()
        if self._tails.get(tail.run_id) is tail:
            del self._tails[tail.run_id]

    def tail(self, run_id: str) -> Tail | None:
        """The tail, when this process runs the run."""
        return self._tails.get(run_id)

    def tails(self) -> list[Tail]:
        """All tails of this process."""
        return list(self._tails.values())

    async def follow(self, actor: Actor, run_id: str, after: int = 0) -> AsyncGenerator[Batch]:
        """Read a run's events from a cursor to its end, wherever it runs.

        The caller must have read the run as `actor` before: a run's id is all that this needs.

        Args:
            actor: who reads; row security holds here too.
            run_id: the run.
            after: cursor of the last event that the reader has; 0 for the beginning.
        """
        while True:
            tail = self._tails.get(run_id)
            if tail is not None:
                async for batch in self._follow_tail(actor, tail, after):
                    yield batch
                    after = batch.last_seq
                    if _ends(batch):
                        return
                # The tail ended without the run's end: another process goes on with it.
                continue
            with self._watch(run_id) as changed:
                changed.clear()
                found = await self.stored(actor, run_id, after)
                if found:
                    for batch in found:
                        yield batch
                        after = batch.last_seq
                        if _ends(batch):
                            return
                    continue
                try:
                    await asyncio.wait_for(changed.wait(), _POLL_SECONDS)
                except TimeoutError:
                    if await self._is_over(actor, run_id) and not await self.stored(actor, run_id, after):
                        # Its events were deleted after their day.
                        return

    async def _follow_tail(self, actor: Actor, tail: Tail, after: int) -> AsyncGenerator[Batch]:
        while after < tail.base - 1:
            earlier = await self.stored(actor, tail.run_id, after, before=tail.base)
            if not earlier:
                break
            for batch in earlier:
                yield batch
                after = batch.last_seq
        at = max(0, after - tail.base + 1)
        while True:
            if at < len(tail.events):
                events = tail.events[at:]
                yield Batch(tail.base + at, events)
                at += len(events)
            elif tail.ended:
                return
            else:
                await tail.more()

    async def stored(self, actor: Actor, run_id: str, after: int, before: int = _FOREVER) -> list[Batch]:
        """The next written events after a cursor."""
        values = {"workspace_id": actor.workspace_id, "run_id": run_id, "after": after, "before": before}
        async with self._database.transaction(actor) as work:
            rows = await work.all(_READ, **values)
        batches: list[Batch] = []
        for row in rows:
            events = unpack(row.events)
            skipped = max(0, after - row.first_seq + 1)
            if skipped < len(events):
                batches.append(Batch(row.first_seq + skipped, events[skipped:]))
        return batches

    async def ended_at(self, actor: Actor, run_id: str) -> int | None:
        """The cursor of a run's last event, once its end and its answer are written; else None."""
        async with self._database.transaction(actor) as work:
            row = await work.first(_LAST, workspace_id=actor.workspace_id, run_id=run_id)
        if row is None or not isinstance(unpack(row.events)[-1], RunEnd):
            return None
        return row.last_seq

    async def _is_over(self, actor: Actor, run_id: str) -> bool:
        async with self._database.transaction(actor) as work:
            return await queries.is_over(work, run_id)

    async def past(self, actor: Actor, run_id: str) -> list[Batch]:
        """All events of a run so far."""
        tail = self._tails.get(run_id)
        before = _FOREVER if tail is None else tail.base
        past: list[Batch] = []
        while tail is None or not tail.is_first:
            batches = await self.stored(actor, run_id, past[-1].last_seq if past else 0, before)
            if not batches:
                break
            past += batches
        if tail is not None and tail.events:
            past.append(Batch(tail.base, [*tail.events]))
        return past

    async def snapshot(self, actor: Actor, run_id: str) -> list[RunEvent]:
        """The events of a run so far, without their cursors."""
        return [event for batch in await self.past(actor, run_id) for event in batch.events]

    async def flush(self) -> None:
        """Write what is new in all tails: one statement and one notice for the whole process."""
        async with self._flushing:
            open_tails = [tail for tail in self.tails() if not tail.sealed]
            batches = [(tail, batch) for tail in open_tails if (batch := tail.unflushed()) is not None]
            if not batches:
                return
            started = time.perf_counter()
            async with self._database.quick_house() as house:
                await write(house, [(tail.workspace_id, tail.run_id, batch) for tail, batch in batches])
            for tail, batch in batches:
                tail.flushed = batch.last_seq - tail.base + 1
            FLUSH_SECONDS.observe(time.perf_counter() - started)

    async def seal(self, tail: Tail) -> None:
        """Keep the flusher away from a tail: its owner writes the rest together with the end of the turn."""
        async with self._flushing:
            tail.sealed = True

    async def keep_flushing(self) -> None:
        """Flush until cancelled."""
        while True:
            await asyncio.sleep(self._flush_seconds)
            try:
                await self.flush()
            except Exception as error:
                log.warning("feed_flush_failed", error=type(error).__name__)

    def stop_signal(self, run_id: str) -> asyncio.Event:
        """The signal that asks this process to stop a run."""
        return self._stops.setdefault(run_id, asyncio.Event())

    def forget_stop(self, run_id: str) -> None:
        """Drop the signal of a run that is over."""
        self._stops.pop(run_id, None)

    def stop_here(self, run_id: str) -> None:
        """Ask this process to stop a run, if it runs it."""
        signal = self._stops.get(run_id)
        if signal is not None:
            signal.set()

    async def stop_everywhere(self, work: Transaction, run_ids: list[str]) -> None:
        """Ask whichever process runs them to stop these runs, once the transaction commits."""
        for run_id in run_ids:
            await work.all(_NOTIFY, channel=_STOPS_CHANNEL, payload=run_id)

    async def keep_listening(self) -> None:
        """Hear of other processes' news until cancelled; comes back by itself after the database was away."""
        channels = {_RUNS_CHANNEL: self._on_news, _STOPS_CHANNEL: self.stop_here}
        await listening.keep_listening(self._database, channels)

    def _on_news(self, run_ids: str) -> None:
        for run_id in run_ids.split(","):
            for changed in self._changed.get(run_id, ()):
                changed.set()

    @contextlib.contextmanager
    def _watch(self, run_id: str) -> Generator[asyncio.Event]:
        changed = asyncio.Event()
        watchers = self._changed.setdefault(run_id, [])
        watchers.append(changed)
        try:
            yield changed
        finally:
            watchers.remove(changed)
            if not watchers:
                self._changed.pop(run_id, None)


async def write(house: Asking, batches: list[tuple[str, str, Batch]]) -> None:
    """Write stretches of events, (workspace id, run id, batch) each, and tell the other processes."""
    # Payloads of notices are not filtered by row security: ids only.
    run_ids = [run_id for _, run_id, _ in batches]
    notices = [",".join(run_ids[at : at + _IDS_PER_NOTICE]) for at in range(0, len(run_ids), _IDS_PER_NOTICE)]
    await house.all(
        _WRITE,
        workspace_ids=[workspace_id for workspace_id, _, _ in batches],
        run_ids=run_ids,
        firsts=[batch.first_seq for _, _, batch in batches],
        lasts=[batch.last_seq for _, _, batch in batches],
        events=[pack(batch.events) for _, _, batch in batches],
        channel=_RUNS_CHANNEL,
        notices=notices,
    )


def _ends(batch: Batch) -> bool:
    return isinstance(batch.events[-1], RunEnd)
