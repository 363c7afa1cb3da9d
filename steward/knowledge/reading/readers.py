"""Readers: the processes that read files, started when there is something to read, and replaced when they fail."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from steward.kernel.settings import Knowledge
from steward.knowledge.reading import refusals, wire
from steward.knowledge.reading.contents import Contents
from steward.knowledge.reading.process import Died, ReaderProcess

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

# A process that has read so many files, or holds so much memory, is replaced; one without work for so long ends.
_MOST_FILES: Final = 500
_MOST_IDLE_BYTES: Final = 400_000_000
_IDLE_SECONDS: Final = 300.0


class Readers:
    """As many processes as the settings allow. One that waits too long for work ends, and gives its memory back."""

    def __init__(self, settings: Knowledge, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._settings = settings
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(settings.readers)
        self._idle: dict[ReaderProcess, asyncio.TimerHandle] = {}
        self._busy: set[ReaderProcess] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def read(
        self, path: Path, name: str, media_type: str | None, *, chunk_tokens: int, chunk_overlap: int
    ) -> Contents:
        """Read a file and cut it into passages.

        Args:
            path: where it is, from the root on.
            name: what people call it; its ending tells one kind of text from another.
            media_type: what its sender says that it is; a hint.
            chunk_tokens: of a passage, at the most.
            chunk_overlap: tokens that a passage repeats of the one before.

        Raises:
            Unreadable: the file gives no text, or takes too much time or memory.
            Died: no process could be started, or the readers were closed.
        """
        request = wire.Request(
            str(path), name, media_type, chunk_tokens, chunk_overlap, self._settings.text_chars
        )
        async with self._slots:
            answer = await self._ask(request)
        if isinstance(answer, wire.Read):
            return answer.contents
        if answer.cause:
            log.warning("parser_failed", cause=answer.cause, refusal=answer.refusal)
        raise answer.unreadable()

    async def close(self) -> None:
        """End all processes; files that are being read stay unread."""
        self._is_closed = True
        for process in self._busy:
            process.kill()
        for process, timer in self._idle.items():
            timer.cancel()
            self._retire(process)
        self._idle.clear()
        # Whoever has a slot gives it back as soon as the process is gone.
        for _ in range(self._settings.readers):
            await self._slots.acquire()
        for _ in range(self._settings.readers):
            self._slots.release()
        await asyncio.gather(*self._ending)

    async def _ask(self, request: wire.Request) -> wire.Read | wire.Refused:
        """The answer of a process; of a fresh one, when one that has read other files fails at this."""
        process = self._take()
        if process is not None:
            with suppress(Died):
                answer = await self._answer_of(process, request)
                if isinstance(answer, wire.Read) or answer.refusal != refusals.TOO_MUCH_MEMORY:
                    return answer
        process = await self._start()
        try:
            return await self._answer_of(process, request)
        except Died as death:
            log.warning("reader_died", how=str(death), lacked_memory=death.lacked_memory)
            if self._is_closed:
                raise
            if death.lacked_memory:
                raise refusals.took_too_much_memory(self._settings.read_bytes) from death
            raise refusals.broke_the_reader() from death

    async def _start(self) -> ReaderProcess:
        if not self._is_closed:
            process = await ReaderProcess.start(self._settings)
            if not self._is_closed:
                return process
            self._retire(process)
        raise Died(lacked_memory=False, how="the readers are closed")

    async def _answer_of(self, process: ReaderProcess, request: wire.Request) -> wire.Read | wire.Refused:
        """Have a process read; it is ready for the next file afterwards, or gone.

        Raises:
            Died: the process did.
            Unreadable: the time is up.
        """
        self._busy.add(process)
        is_sound = False
        try:
            async with asyncio.timeout(self._settings.read_seconds):
                answer = await process.read(request)
            is_sound = not (isinstance(answer, wire.Refused) and answer.refusal == refusals.TOO_MUCH_MEMORY)
            return answer
        except TimeoutError as error:
            raise refusals.took_too_long(self._settings.read_seconds) from error
        finally:
            self._busy.discard(process)
            if is_sound and self._is_fresh(process):
                self._keep(process)
            else:
                self._retire(process)

    def _take(self) -> ReaderProcess | None:
        """A process that waits for a file, if there is one that lives."""
        while self._idle:
            process, timer = self._idle.popitem()
            timer.cancel()
            if process.is_alive:
                return process
            self._retire(process)
        return None

    def _is_fresh(self, process: ReaderProcess) -> bool:
        """Whether a process may go on: what a parser forgets to give back must not pile up."""
        return (
            not self._is_closed and process.files < _MOST_FILES and process.memory_bytes() < _MOST_IDLE_BYTES
        )

    def _keep(self, process: ReaderProcess) -> None:
        timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, process)
        self._idle[process] = timer

    def _expire(self, process: ReaderProcess) -> None:
        del self._idle[process]
        self._retire(process)

    def _retire(self, process: ReaderProcess) -> None:
        """End a process beside: nobody has to wait for it, not even when what waits was cancelled."""
        process.kill()
        ending = asyncio.create_task(process.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
