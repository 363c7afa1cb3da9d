"""What the process that reads may use: no more memory than given, no file to write, and no life beyond its parent's."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_NICENESS: Final = 10
_NO_CORE: Final = (0, 0)


def confine() -> None:
    """No core dumps, no written files, low priority, and an end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    with suppress(OSError):
        os.nice(_NICENESS)
    if sys.platform == "linux":
        process = ctypes.CDLL(None, use_errno=True)
        process.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        process.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def bound_memory(most_bytes: int) -> None:
    """No more memory than there is now and this much more. macOS knows no such limit."""
    _limit(resource.RLIMIT_AS, address_bytes() + most_bytes)


def address_bytes() -> int:
    """The address space in use; 0 where the system does not tell."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        return pages * resource.getpagesize()
    return 0


def _limit(what: int, most: int) -> None:
    # Some systems know a limit by name and refuse to set it.
    with suppress(OSError, ValueError):
        resource.setrlimit(what, (most, most))
