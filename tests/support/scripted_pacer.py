"""Paces many streams from one timer, so that 500 of them at 20 ms cost a part of one core."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass

_TICK_SECONDS = 0.001
_BUFFER_LIMIT = 1 << 20


def http_chunk(data: bytes) -> bytes:
    """Frame bytes as one chunk of a chunked HTTP/1.1 body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass(slots=True)
class Paced:
    """One stream: frame ``i`` is due at ``begin + i * interval`` on the loop's clock."""

    transport: asyncio.Transport
    frames: list[bytes]
    begin: float
    interval: float
    sent: Callable[[int], None]
    """Called with the place of each frame that was written."""
    place: int = 0
    done: asyncio.Future[None] | None = None

    def due(self) -> float:
        return self.begin + self.place * self.interval

    def write(self, now: float) -> bool:
        """Write what is due, late frames in one go; tell whether more is to come."""
        end = min(len(self.frames), int((now - self.begin) / self.interval) + 1)
        # A reader that does not keep up gets its frames later; they never pile up here.
        if end > self.place and self.transport.get_write_buffer_size() < _BUFFER_LIMIT:
            self.transport.write(b"".join(self.frames[self.place : end]))
            for place in range(self.place, end):
                self.sent(place)
            self.place = end
        return self.place < len(self.frames)


class Pacer:
    """Wakes once a millisecond at most and writes every stream that is due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Paced]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0
        self._added = 0

    async def play(self, stream: Paced) -> None:
        """Send the frames of a stream, each in its time; cancelling stops it at once."""
        loop = asyncio.get_running_loop()
        stream.done = loop.create_future()
        self._push(stream, stream.due())
        self._arm(loop)
        await stream.done

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _push(self, stream: Paced, due: float) -> None:
        self._added += 1
        heapq.heappush(self._heap, (due, self._added, stream))

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._heap:
            return
        when = max(self._heap[0][0], loop.time() + _TICK_SECONDS)
        if self._timer is not None:
            if self._wakes_at <= when + _TICK_SECONDS:
                return
            self._timer.cancel()
        self._wakes_at = when
        self._timer = loop.call_at(when, self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        while self._heap and self._heap[0][0] <= now:
            _, _, stream = heapq.heappop(self._heap)
            self._step(stream, now)
        self._arm(loop)

    def _step(self, stream: Paced, now: float) -> None:
        if stream.done is None or stream.done.done():
            return
        if stream.transport.is_closing():
            return  # the client left, and its handler is about to be cancelled
        if stream.write(now):
            # A stream that could not write is asked again in one interval, not at once.
            self._push(stream, max(stream.due(), now + _TICK_SECONDS))
        else:
            stream.done.set_result(None)
