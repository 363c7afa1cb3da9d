"""How exports are read: file by file, in a thread, into the spool or into conversations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TypeVar

from steward.doors.terminal.import_display import Bar, Tally
from steward.doors.terminal.imports import json_text
from steward.doors.terminal.imports.json_text import Broken, Found
from steward.doors.terminal.imports.sources import Source

T = TypeVar("T")


def values(source: Source, tally: Tally) -> Iterator[Found]:
    """The values of a file that can be read; the rest is told. Blocks."""
    try:
        with source.opened() as file:
            for read in json_text.read(file):
                if isinstance(read, Broken):
                    tally.fail("lines", f"{source.shown}, line {read.line}", f"{read.reason}.")
                else:
                    yield read
    except (OSError, EOFError) as error:
        tally.fail("files of the export", source.shown, f"it cannot be read: {error}.")


def read_all(sources: list[Source], tally: Tally, bar: Bar, take: Callable[[Source, Found], None]) -> None:
    """Hand every value of these files over. Blocks."""
    bar.begin("reading", sum(source.bytes for source in sources))
    for source in sources:
        for found in values(source, tally):
            take(source, found)
        bar.advance(source.bytes)


async def in_thread(iterator: Iterator[T]) -> AsyncGenerator[T]:
    """What a blocking iterator gives, without blocking the loop."""
    done = object()
    while (one := await asyncio.to_thread(next, iterator, done)) is not done:
        yield one  # pyright: ignore[reportReturnType]  # `done` is told apart by its identity, which no type shows
