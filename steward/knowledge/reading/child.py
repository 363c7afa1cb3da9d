"""The process that reads: takes a request, gives an answer, until its standard input ends.

Started by `process.ReaderProcess` as `python -m steward.knowledge.reading.child`. It imports nothing of Steward but its
own package: parsers meet strangers' bytes, so they get no settings, no keys and no database.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from typing import BinaryIO, Final

from steward.knowledge.reading import languages, limits, reader, refusals, wire
from steward.knowledge.reading.contents import Unreadable

_GRACE_SECONDS: Final = 5.0


def main() -> None:
    """Answer requests until there are no more."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--parent", type=int, required=True)
    arguments.add_argument("--memory-bytes", type=int, required=True)
    arguments.add_argument("--seconds", type=float, required=True)
    given = arguments.parse_args()
    # Its tables are unpacked through a file, which nothing may write later.
    languages.warm_up()
    limits.confine()
    if os.getppid() != given.parent:
        # The parent died before this process could ask to die with it.
        return
    requests, answers = _pipes()
    limits.bound_memory(given.memory_bytes)
    # What is loaded now stays: it need not be looked through after every file.
    gc.freeze()
    _send(answers, wire.Ready())
    while head := requests.read(wire.LENGTH.size):
        body = requests.read(wire.LENGTH.unpack(head)[0])
        # The parent ends a file that takes too long. Should the parent be gone, this does.
        signal.setitimer(signal.ITIMER_REAL, given.seconds + _GRACE_SECONDS)
        _send(answers, _answer(wire.request(body), given.memory_bytes))
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.collect()


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The parent's pipes; what a parser prints does not get into them."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # The parent looks at the last words of a process that died, and does not listen before.
    os.set_blocking(2, False)
    return requests, answers


def _answer(request: wire.Request, memory_bytes: int) -> wire.Answer:
    try:
        return wire.Read(reader.read(request))
    except Unreadable as refusal:
        return _refused(refusal)
    except MemoryError:
        return _refused(refusals.took_too_much_memory(memory_bytes))
    except (FileNotFoundError, PermissionError) as error:
        return _refused(refusals.missing(), error)
    except Exception as error:
        # Parsers raise what they like at files that are not as they should be.
        return _refused(refusals.damaged("The file"), error)


def _refused(refusal: Unreadable, cause: Exception | None = None) -> wire.Refused:
    return wire.Refused(refusal.tag, refusal.reason, refusal.fix, _place(cause) if cause else "")


def _place(error: Exception) -> str:
    """What kind of error it was, and where: its message may hold words of the file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"


def _send(answers: BinaryIO, answer: wire.Answer) -> None:
    answers.write(wire.frame(answer))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
