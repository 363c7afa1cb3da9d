"""The `steward` command in processes of its own, as an operator runs it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from tests.support.warm_start import WarmProcess

ROOT = Path(__file__).parent.parent.parent
# Not the script in .venv: these tests run the tree that they stand in.
COMMAND = (sys.executable, "-W", "error::RuntimeWarning", "-c", "from steward.app import main; main()")
"""For who needs the command in a process that is started afresh."""

_COMMAND_SECONDS: Final = 100


def environment(**given: str) -> dict[str, str]:
    """The caller's environment without settings of Steward or keys of providers."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith("STEWARD_") or name.endswith(("_API_KEY", "_BASE_URL")) or name == "COLUMNS")
    }
    return {**kept, "PYTHONPATH": str(ROOT), **given}


def steward(*arguments: str, stdin: str = "", **given: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with tempfile.TemporaryDirectory() as folder:
        said, out, errors = (Path(folder) / name for name in ("in", "out", "errors"))
        said.write_text(stdin)
        process = WarmProcess(arguments, environment(**given), out=out, errors=errors, given=said)
        process.start()
        try:
            code = process.wait(_COMMAND_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, code, out.read_text(), errors.read_text())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """A server in a process of its own."""

    process: WarmProcess
    url: str
    log: Path
    out: Path
    given: dict[str, str] = field(default_factory=dict[str, str])

    def lines(self) -> list[str]:
        """What it has written to standard error so far."""
        return self.log.read_text().splitlines()

    def wait_until_ready(self, seconds: float = 90) -> None:
        """Wait until it serves."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"not ready: {self.log.read_text()}")


@contextlib.contextmanager
def serving(data_dir: Path, *arguments: str, log: Path, **given: str) -> Generator[Server]:
    """A server on a free port that serves when the block begins, and is told to stop when it ends."""
    port = free_port()
    out = log.with_suffix(".out")
    arguments = ("serve", "--port", str(port), "--data-dir", str(data_dir), *arguments)
    process = WarmProcess(arguments, environment(**given), out=out, errors=log)
    process.start()
    server = Server(process, f"http://127.0.0.1:{port}", log, out, given)
    try:
        server.wait_until_ready()
        yield server
    finally:
        process.stop()
