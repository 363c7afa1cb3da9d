"""Processes that the benchmark starts: what they cost, and how they end.

Times are user plus system time from /proc, of a process and all below it; a child that has ended is counted by
its parent. Linux only.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


class Unready(Exception):
    """A server did not come up; the text holds the end of what it wrote."""


@dataclass(slots=True)
class Process:
    """One started process and the file that its words go to."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    def ensure_running(self) -> None:
        if self.popen.poll() is not None:
            raise Unready(f"{self.name} ended with {self.popen.returncode}:\n{self.log.read_text()[-2000:]}")

    def stop(self, seconds: float = 15) -> None:
        """Ask it to end; kill it, and only it and its children, when it does not."""
        if self.popen.poll() is not None:
            return
        family = tree(self.pid)
        self.popen.terminate()
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            for pid in family:
                kill(pid)
            self.popen.wait(5)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment without what it says about a Steward of the user's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")} | dict(
        extra or {}
    )


def start(
    name: str,
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    working_folder: Path = ROOT,
) -> Process:
    """Start a command with its words in a file of ``folder``."""
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        popen = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=working_folder,
            env=clean_environment(environment),
        )  # fmt: skip
    return Process(name, popen, log)


def wait_for_port(process: Process, seconds: float = 20) -> int:
    """The port that a process prints as {"port": N} when it is ready to be asked."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        process.ensure_running()
        for line in process.log.read_bytes().splitlines():
            if line.startswith(b'{"port"'):
                return int(msgspec.json.decode(line)["port"])
        time.sleep(0.02)
    raise Unready(f"{process.name} named no port within {seconds:g} s:\n{process.log.read_text()[-2000:]}")


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def tree(pid: int) -> list[int]:
    """A process and everything below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process tree so far."""
    total = 0
    for member in tree(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(ticks) for ticks in fields[11:15])
    return total * _TICK_SECONDS


def rss_bytes(pid: int) -> int:
    """Resident memory of a process tree."""
    total = 0
    for member in tree(pid):
        try:
            pages = int(Path(f"/proc/{member}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += pages * os.sysconf("SC_PAGE_SIZE")
    return total


def busy_percent(seconds: float = 1) -> float:
    """How busy all cores are just now; before a run it is what others take, and what makes its times doubtful."""
    first = _stat()
    time.sleep(seconds)
    second = _stat()
    spent = [later - earlier for earlier, later in zip(first, second, strict=True)]
    idle = spent[3] + spent[4]  # idle and waiting for a disk
    return 100 * (1 - idle / max(1, sum(spent)))


def _stat() -> list[int]:
    return [int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
