"""What runs before an MCP server's program takes over the process: it sets limits, and the end with the parent.

Run as a file by `stdio`, without Steward on its path: it only has to be quick.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_NICENESS = 5
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_FSIZE: 100_000_000,
    # Memory that is written to. Runtimes reserve far more address space than they use, so that is no measure.
    resource.RLIMIT_DATA: 2_000_000_000,
}


def main() -> None:
    """Become the program: `child.py PARENT COMMAND [ARGUMENT…]`."""
    parent, command, *arguments = sys.argv[1:]
    for what, most in _LIMITS.items():
        # Some systems know a limit by name and refuse to set it.
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))
    with suppress(OSError):
        os.nice(_NICENESS)
    if sys.platform == "linux":
        process = ctypes.CDLL(None, use_errno=True)
        process.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        process.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        # The parent died before this process could ask to die with it.
        return
    os.execv(command, [command, *arguments])  # noqa: S606  # the operator allows the program by its full path


if __name__ == "__main__":
    main()
