"""Reading in processes: what they are given, what ends them, and what is left when they end."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from steward.kernel.settings import Knowledge
from steward.knowledge.reading.contents import Contents, Unreadable
from steward.knowledge.reading.process import Died
from steward.knowledge.reading.readers import Readers
from tests.knowledge.reading.makers import written
from tests.support.loop_watch import watch_the_loop

pytestmark = pytest.mark.slow

CHILD = "steward.knowledge.reading.child"
# More than a process needs to start and to read a few words.
BUSY_SECONDS = 1.5
# More than a process needs to read a few words, although it is the last that a busy machine turns to.
FEW_SECONDS = 3


@dataclass(frozen=True)
class Trial:
    """Readers of a test, and the processes that they started."""

    readers: Readers
    before: frozenset[psutil.Process]

    async def read(self, path: Path) -> Contents:
        return await self.readers.read(path, path.name, None, chunk_tokens=200, chunk_overlap=0)

    def processes(self) -> list[psutil.Process]:
        return sorted(children() - self.before, key=lambda process: process.pid)

    def process(self) -> psutil.Process:
        [process] = self.processes()
        return process

    def is_busy(self) -> bool:
        """Whether a process has started to read in earnest."""
        return any(process.cpu_times().user > BUSY_SECONDS for process in self.processes())


@asynccontextmanager
async def trial(*, idle_seconds: float = 60, **settings: float) -> AsyncGenerator[Trial]:
    """Readers that leave no process behind."""
    found = Trial(
        Readers(
            Knowledge(**settings),  # pyright: ignore[reportArgumentType]  # numbers; the class itself checks them
            idle_seconds=idle_seconds,
        ),
        frozenset(children()),
    )
    try:
        yield found
    finally:
        await found.readers.close()
    assert found.processes() == []


def children() -> set[psutil.Process]:
    """The processes that read for this one."""
    return {
        process
        for process in psutil.Process().children()
        if process.status() != psutil.STATUS_ZOMBIE and CHILD in " ".join(process.cmdline())
    }


async def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def hanging(folder: Path) -> Path:
    """A file that no parser is done with in a lifetime: putting so many marks in order takes forever."""
    return written(folder, "marks.txt", "a" + "\u0316\u0301" * 1_000_000)


@pytest.mark.req("RAG-16", "RAG-18")
async def test_a_file_comes_back_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    text = "# Wartung\n\nDie Maschine muss jeden Tag gereinigt werden, bevor sie abgeschaltet wird.\n"
    async with trial() as it:
        contents = await it.read(written(tmp_path, "wartung.md", text))
    assert contents.text == text
    assert contents.title == "Wartung"
    assert contents.media_type == "text/markdown"
    assert contents.language == "de"
    assert contents.pages is None
    assert [(span.headings, span.page) for span in contents.spans] == [(("Wartung",), None)]
    assert text[contents.spans[0].start : contents.spans[0].end] == text.strip()
    assert contents.marks[0].heading == "Wartung"


async def test_one_process_reads_file_after_file(tmp_path: Path) -> None:
    async with trial() as it:
        await it.read(written(tmp_path, "first.txt", "one"))
        process = it.process()
        with pytest.raises(Unreadable):
            await it.read(written(tmp_path, "empty.txt", ""))
        for number in range(20):
            assert (await it.read(written(tmp_path, "next.txt", f"file {number}"))).text == f"file {number}"
        assert it.processes() == [process]


async def test_as_many_processes_as_allowed(tmp_path: Path) -> None:
    paths = [written(tmp_path, f"{number}.txt", f"file {number}") for number in range(12)]
    async with trial(readers=2) as it:
        found = await asyncio.gather(*(it.read(path) for path in paths))
        assert [contents.text for contents in found] == [f"file {number}" for number in range(12)]
        assert len(it.processes()) == 2


async def test_the_child_gets_no_environment_and_few_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with trial() as it:
        await it.read(written(tmp_path, "a.txt", "text"))
        process = it.process()
        environment = process.environ()
        assert "OPENAI_API_KEY" not in environment
        assert set(environment) <= {
            "PYTHONPATH",
            "PYTHONUTF8",
            "OPENBLAS_NUM_THREADS",
            "OMP_NUM_THREADS",
            "TOKENIZERS_PARALLELISM",
            "MALLOC_ARENA_MAX",
            "LC_CTYPE",
        }
        if sys.platform == "linux":
            assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
            assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
            assert process.rlimit(psutil.RLIMIT_AS)[1] < 2_000_000_000
            assert process.num_threads() == 1
        assert process.nice() >= 10


def test_the_child_imports_no_server() -> None:
    program = f"import sys, {CHILD}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(loaded.stdout.split())
    assert modules.isdisjoint({"sqlalchemy", "fastapi", "pydantic", "structlog", "aiohttp", "starlette"})
    own = {module for module in modules if module.startswith("steward")}
    assert all(
        module in ("steward", "steward.knowledge") or module.startswith("steward.knowledge.reading")
        for module in own
    )


async def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async with trial(read_seconds=FEW_SECONDS) as it:
        await it.read(written(tmp_path, "a.txt", "text"))
        process = it.process()
        with pytest.raises(Unreadable, match=r"longer than 3 seconds and was stopped\. Split it") as refused:
            await it.read(hanging(tmp_path))
        assert refused.value.tag == "reading_took_too_long"
        assert (await it.read(written(tmp_path, "b.txt", "the next one"))).text == "the next one"
        assert process not in it.processes()


async def test_a_child_that_stands_still_is_replaced(tmp_path: Path) -> None:
    async with trial(read_seconds=FEW_SECONDS) as it:
        await it.read(written(tmp_path, "a.txt", "text"))
        process = it.process()
        process.suspend()
        with pytest.raises(Unreadable) as refused:
            await it.read(written(tmp_path, "b.txt", "text"))
        assert refused.value.tag == "reading_took_too_long"
        assert (await it.read(written(tmp_path, "c.txt", "again"))).text == "again"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
async def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    path = written(tmp_path, "deep.json", '{"a":[' + "[1]," * 10_000_000 + "[1]]}")
    async with trial(read_bytes=200_000_000, text_chars=50_000_000) as it:
        with pytest.raises(Unreadable, match=r"more than 200 MB of memory") as refused:
            await it.read(path)
        assert refused.value.tag == "reading_took_too_much_memory"
        assert (await it.read(written(tmp_path, "b.txt", "the next one"))).text == "the next one"


async def test_a_crash_is_told_and_does_not_spread(tmp_path: Path) -> None:
    async with trial() as it:
        reading = asyncio.create_task(it.read(hanging(tmp_path)))
        await until(it.is_busy)
        it.process().send_signal(signal.SIGSEGV)
        with pytest.raises(Unreadable, match="crashed at this one") as refused:
            await reading
        assert refused.value.tag == "file_broke_the_reader"
        assert (await it.read(written(tmp_path, "b.txt", "the next one"))).text == "the next one"


async def test_a_process_is_replaced_after_many_files_and_ends_without_work(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "text")
    async with trial(idle_seconds=0.5) as it:
        await it.read(path)
        process = it.process()
        for _ in range(500):
            await it.read(path)
        assert it.process() != process
        await until(lambda: not it.processes())
        await it.read(path)


async def test_closing_stops_what_is_being_read(tmp_path: Path) -> None:
    async with trial() as it:
        reading = asyncio.gather(
            it.read(hanging(tmp_path)), it.read(written(tmp_path, "a.txt", "text")), return_exceptions=True
        )
        await until(it.is_busy)
        await it.readers.close()
        assert [type(error) for error in await reading] == [Died, Died]
        with pytest.raises(Died):
            await it.read(tmp_path / "a.txt")


async def test_a_file_that_is_gone(tmp_path: Path) -> None:
    async with trial() as it:
        with pytest.raises(Unreadable) as refused:
            await it.read(tmp_path / "gone.txt")
        assert refused.value.tag == "file_is_missing"


async def test_a_process_that_died_while_it_waited_is_replaced(tmp_path: Path) -> None:
    async with trial() as it:
        await it.read(written(tmp_path, "a.txt", "text"))
        it.process().kill()
        assert (await it.read(written(tmp_path, "b.txt", "again"))).text == "again"


async def test_whoever_gives_up_leaves_no_process_reading(tmp_path: Path) -> None:
    async with trial() as it:
        reading = asyncio.create_task(it.read(hanging(tmp_path)))
        await until(it.is_busy)
        process = it.process()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await until(lambda: not process.is_running())
        assert (await it.read(written(tmp_path, "b.txt", "the next one"))).text == "the next one"


async def test_the_loop_goes_on_while_a_long_text_comes_back(tmp_path: Path) -> None:
    path = written(tmp_path, "long.txt", "The valve opens at nine bar. " * 200_000)
    async with trial() as it, watch_the_loop() as loop:
        contents = await it.read(path)
    assert len(contents.spans) > 1_000
    assert loop.longest < 0.1


async def test_a_line_of_fifty_megabytes(tmp_path: Path) -> None:
    async with trial() as it:
        with pytest.raises(Unreadable, match="more than 10,000,000 characters"):
            await it.read(written(tmp_path, "line.txt", b"x" * 50_000_000))
        contents = await it.read(written(tmp_path, "line.txt", b"word " * 1_900_000))
    assert len(contents.spans) > 5_000


PARENT = """
import asyncio, pathlib, sys
from steward.kernel.settings import Knowledge
from steward.knowledge.reading.process import Died
from steward.knowledge.reading.readers import Readers


async def main():
    readers = Readers(Knowledge())
    for given in sys.argv[1:]:
        await readers.read(pathlib.Path(given), given, None, chunk_tokens=200, chunk_overlap=0)
        print("read", flush=True)


asyncio.run(main())
"""


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    given = [str(written(tmp_path, "a.txt", "text")), str(hanging(tmp_path))]
    with subprocess.Popen([sys.executable, "-c", PARENT, *given], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"read\n"
        [child] = psutil.Process(parent.pid).children()
        parent.kill()
    assert not psutil.wait_procs([child], timeout=20)[1]
