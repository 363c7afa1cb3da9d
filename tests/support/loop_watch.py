"""How long an event loop is held up by what runs in it, told by the processor's time: a busy machine adds none."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass


@dataclass(slots=True)
class LoopWatch:
    """The processor's time that the loop's thread took, in seconds."""

    longest: float = 0.0  # between two turns of whoever watches
    whole: float = 0.0


@contextlib.asynccontextmanager
async def watch_the_loop() -> AsyncGenerator[LoopWatch]:
    """Watch the running loop while the block lasts. Whoever waits for a thread or a process takes none of its time."""
    found = LoopWatch()
    first = time.thread_time()

    async def beat() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.002)
            found.longest = max(found.longest, time.thread_time() - last)
            last = time.thread_time()

    beating = asyncio.create_task(beat())
    # The first beat counts from here on.
    await asyncio.sleep(0)
    try:
        yield found
        # What the block's last turn took is told by one more.
        await asyncio.sleep(0.004)
    finally:
        beating.cancel()
        found.whole = time.thread_time() - first
