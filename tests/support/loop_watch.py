"""How long an event loop is held up by what runs in it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final

_BEAT_SECONDS: Final = 0.002


@dataclass(slots=True)
class LoopWatch:
    """What was seen at each beat, in seconds.

    Attributes:
        turns: the processor's time of the loop's thread since the beat before. A busy machine adds none, and a thread
            that keeps the interpreter to itself does not show.
        late: how late the beat came. All shows here, the neighbours too.
    """

    turns: list[float] = field(default_factory=list[float])
    late: list[float] = field(default_factory=list[float])

    @property
    def longest(self) -> float:
        """The processor's time of the longest turn."""
        return max(self.turns)


def p99(values: list[float]) -> float:
    """What one of a hundred values exceeds."""
    return sorted(values)[int(0.99 * (len(values) - 1))]


@contextlib.asynccontextmanager
async def watch_the_loop() -> AsyncGenerator[LoopWatch]:
    """Watch the running loop while the block lasts."""
    found = LoopWatch()

    async def beat() -> None:
        while True:
            used, began = time.thread_time(), time.monotonic()
            await asyncio.sleep(_BEAT_SECONDS)
            found.turns.append(time.thread_time() - used)
            found.late.append(time.monotonic() - began - _BEAT_SECONDS)

    beating = asyncio.create_task(beat())
    # The first beat counts from here on.
    await asyncio.sleep(0)
    try:
        yield found
        # What the block's last turn took is told by one more.
        await asyncio.sleep(2 * _BEAT_SECONDS)
    finally:
        beating.cancel()
