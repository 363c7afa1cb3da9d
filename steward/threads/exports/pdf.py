"""A conversation as PDF, written by a process of its own: setting takes seconds, memory, and strangers' words."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

import steward
from steward.kernel.errors import Unavailable
from steward.threads.errors import ExportTooLarge
from steward.threads.exports import json_file
from steward.threads.exports.exported import Exported

_CHILD: Final = "steward.threads.exports.pdf_child"
_MOST_SECONDS: Final = 60
_MOST_MEMORY_BYTES: Final = 3_000_000_000
_MOST_BYTES: Final = 5_000_000
"""Of the conversation; a thousand bytes of text take about half a megabyte of memory while they are set."""
_LAST_WORDS_BYTES: Final = 4_096
# What a process without memory says; the system may also end it.
_LACKS: Final = (b"MemoryError", b"memory allocation", b"out of memory", b"Cannot allocate memory")

# One at a time: each may take a core and a gigabyte. The rest of those who have a place wait.
_places: Final = asyncio.Semaphore(9)
_turn: Final = asyncio.Semaphore(1)
_RETRY_SECONDS: Final = 10


async def write(exported: Exported, fonts: Path) -> bytes:
    """Write it as PDF, with its Markdown attached.

    Args:
        exported: the conversation.
        fonts: a folder that may hold fonts beside those of the system.

    Raises:
        ExportTooLarge: it takes more time or memory than a PDF may.
        Unavailable: too many wait for a PDF already.
    """
    if _places.locked():
        sentence = "Many PDFs are being written just now; try again in a moment."
        raise Unavailable(sentence, retry_after_seconds=_RETRY_SECONDS)
    async with _places:
        return await _write(exported, fonts)


async def _write(exported: Exported, fonts: Path) -> bytes:
    body = await asyncio.to_thread(json_file.write, exported)
    if len(body) > _MOST_BYTES:
        raise _too_large()
    async with _turn:
        process = await _start(fonts)
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                pdf, words = await process.communicate(body)
        except TimeoutError:
            raise _too_large() from None
        finally:
            await _end(process)
    if process.returncode != 0:
        raise _failure(process.returncode or 0, words[-_LAST_WORDS_BYTES:])
    return pdf


async def _start(fonts: Path) -> Process:
    own = Path(steward.__file__).parent.parent
    # -P: nothing is imported from the working directory. -B: nothing is written.
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-P", "-m", _CHILD),
        *(str(_MOST_MEMORY_BYTES), str(max(1, round(2 * _MOST_SECONDS))), str(fonts)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={"PYTHONPATH": os.pathsep.join([str(own), *filter(None, sys.path)]), "PYTHONUTF8": "1"},
        cwd="/",
    )


async def _end(process: Process) -> None:
    """Stop the process if it runs, and see it off."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.communicate())


def _failure(code: int, words: bytes) -> Exception:
    if code < 0 or any(sign in words for sign in _LACKS):
        return _too_large()
    # Its last line names the error; what is behind the name may be words of the conversation.
    name = words.strip().rpartition(b"\n")[2].partition(b":")[0].decode(errors="replace")
    return RuntimeError(f"The PDF was not written: {name}")


def _too_large() -> ExportTooLarge:
    return ExportTooLarge("The conversation is too long for a PDF; export it as Markdown or as JSON instead.")
