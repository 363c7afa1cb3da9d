"""One process that reads files, seen from the server: started, asked, and ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import psutil

import steward
from steward.kernel.settings import Knowledge
from steward.knowledge.reading import wire

_START_SECONDS: Final = 60.0
_PIPE_BYTES: Final = 1_000_000
_LAST_WORDS_BYTES: Final = 4_096
_MOST_BYTES_PER_CHAR: Final = 16
"""More than an answer has for each character of the longest text, its passages included."""
_LEAST_ANSWER_BYTES: Final = 50_000_000
_OUT_OF_MEMORY: Final = (
    b"MemoryError",
    b"memory allocation",
    b"bad_alloc",
    b"out of memory",
    b"Out of memory",
)
_CHILD: Final = "steward.knowledge.reading.child"


class Died(Exception):
    """The process ended, or said what nobody understands, instead of answering."""

    def __init__(self, *, lacked_memory: bool, how: str) -> None:
        super().__init__(how)
        self.lacked_memory = lacked_memory


class ReaderProcess:
    """A running process. It reads one file after the other; whoever asks waits for the answer."""

    def __init__(self, process: Process, settings: Knowledge) -> None:
        self._process = process
        self._most_answer_bytes = max(_LEAST_ANSWER_BYTES, _MOST_BYTES_PER_CHAR * settings.text_chars)
        self.files = 0

    @classmethod
    async def start(cls, settings: Knowledge) -> ReaderProcess:
        """Start a process and wait until it is ready.

        Raises:
            Died: it is not.
        """
        process = await asyncio.create_subprocess_exec(
            *_command(settings),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(),
            cwd="/",
            limit=_PIPE_BYTES,
        )
        started = cls(process, settings)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await started._answer()
        except TimeoutError as error:
            await started.end()
            raise Died(lacked_memory=False, how="it did not start in time") from error
        except BaseException:
            await started.end()
            raise
        return started

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def memory_bytes(self) -> int:
        """The memory that it holds; 0 when it is gone."""
        with suppress(psutil.Error):
            return int(psutil.Process(self.pid).memory_info().rss)
        return 0

    async def read(self, request: wire.Request) -> wire.Read | wire.Refused:
        """Have a file read. When this is cancelled, end the process: it may still be reading.

        Raises:
            Died: there is no answer and no process any more.
        """
        assert self._process.stdin is not None
        self.files += 1
        with suppress(ConnectionError):
            self._process.stdin.write(wire.frame(request))
            await self._process.stdin.drain()
        answer = await self._answer()
        if isinstance(answer, wire.Ready):
            raise Died(lacked_memory=False, how="it began anew")
        return answer

    def kill(self) -> None:
        """Stop the process, whatever it is doing; whoever waits for its answer learns that it died."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """Stop the process and see it off. Nobody may be waiting for its answer any more."""
        self.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        # Reads its pipes to their ends, so that they are closed when this returns.
        await self._process.communicate()

    async def _answer(self) -> wire.Answer:
        assert self._process.stdout is not None
        try:
            head = await self._process.stdout.readexactly(wire.LENGTH.size)
            size: int = wire.LENGTH.unpack(head)[0]
            if size > self._most_answer_bytes:
                raise Died(lacked_memory=False, how=f"it answered with {size} bytes")
            body = await self._process.stdout.readexactly(size)
            # A long text takes a while to decode.
            return await asyncio.to_thread(wire.answer, body)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise await self._death() from error
        except msgspec.DecodeError as error:
            raise Died(lacked_memory=False, how="its answer makes no sense") from error

    async def _death(self) -> Died:
        """What became of a process that closed its pipe."""
        assert self._process.stderr is not None
        words = (await self._process.stderr.read())[-_LAST_WORDS_BYTES:]
        code = await self._process.wait()
        # The system ends processes like this when it has no memory left.
        lacked = code == -signal.SIGKILL or any(sign in words for sign in _OUT_OF_MEMORY)
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return Died(lacked_memory=lacked, how=how)


def _command(settings: Knowledge) -> list[str]:
    # -P: nothing is imported from the working directory. -B: nothing is written.
    program = [sys.executable, "-B", "-P", "-m", _CHILD]
    limits = {"parent": os.getpid(), "memory-bytes": settings.read_bytes, "seconds": settings.read_seconds}
    return [*program, *(f"--{name}={value}" for name, value in limits.items())]


def _environment() -> dict[str, str]:
    """Where the packages are, and one thread for each library; nothing of the server's own environment."""
    own = Path(steward.__file__).parent.parent
    return {
        "PYTHONPATH": os.pathsep.join([str(own), *filter(None, sys.path)]),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "MALLOC_ARENA_MAX": "1",
    }
