"""The `steward` command in processes that have it loaded already: forked off one that has imported it.

Importing takes most of the time of a command and of a server's start. What follows is the same either way: a process
of its own, in a session of its own, with its own environment and memory. With several workers, the workers of a
server are started afresh, as ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

_LOADED: Final = multiprocessing.get_context("forkserver")
_LOADED.set_forkserver_preload(["tests.support.warm_imports"])

STOP_SECONDS: Final = 60


class WarmProcess:
    """One run of the `steward` command. Whoever starts it sees to its end; every method may block."""

    def __init__(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        *,
        out: Path,
        errors: Path,
        given: Path = Path(os.devnull),
    ) -> None:
        files = (str(given), str(out), str(errors))
        self._process: BaseProcess = _LOADED.Process(target=_run, args=(arguments, dict(environment), files))

    def start(self) -> None:
        """Begin. The first of all waits until Steward is loaded."""
        self._process.start()

    @property
    def pid(self) -> int:
        """The id of the process, which is that of its process group as well."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """How it ended, negative when a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Wait for its end.

        Returns: what `poll` says then.

        Raises:
            TimeoutExpired: it still runs.
        """
        self._process.join(seconds)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("steward", seconds)
        return code

    def kill(self) -> None:
        """End it and all that it started, without any warning."""
        if self.poll() is None:
            # By its own id as well: it may not lead a group yet.
            for kill in (os.killpg, os.kill):
                with suppress(ProcessLookupError):
                    kill(self.pid, signal.SIGKILL)
        self._process.join()

    def stop(self) -> None:
        """Ask it to end, as an operator would.

        Raises:
            TimeoutExpired: it did not; it is killed.
        """
        if self.poll() is None:
            self._process.terminate()
        try:
            self.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def _run(arguments: tuple[str, ...], environment: dict[str, str], files: tuple[str, str, str]) -> None:
    """What a fresh interpreter has done before the command begins, and the command."""
    from steward.app import main

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(files):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    # multiprocessing has put another in its place.
    sys.stdin = os.fdopen(0, closefd=False)
    sys.path[1:1] = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    # As `-W` does: an answer that nobody waits for is a mistake.
    warnings.filterwarnings("error", category=RuntimeWarning)
    sys.argv = ["steward", *arguments]
    main()
