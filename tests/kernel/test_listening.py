from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from steward.kernel.ids import new_id
from steward.kernel.listening import keep_listening
from steward.kernel.runtime import Runtime
from tests.support.database import as_owner


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not come")


@pytest.mark.slow
async def test_notices_are_heard_and_heard_again_after_the_line_was_lost(house: Runtime) -> None:
    one, other = new_id("channel"), new_id("channel")
    heard: list[tuple[str, str]] = []
    backends: list[int] = []
    losses: list[int] = []
    listening = asyncio.ensure_future(
        keep_listening(
            house.database,
            {
                one: lambda payload: heard.append(("one", payload)),
                other: lambda payload: heard.append(("other", payload)),
            },
            on_up=backends.append,
            on_down=lambda: losses.append(len(backends)),
        )
    )
    try:
        async with as_owner(house.settings) as owner:
            for line in (1, 2):
                await until(lambda line=line: len(backends) == line)
                await owner.execute("SELECT pg_notify($1, 'a'), pg_notify($2, 'b')", one, other)
                await until(lambda: len(heard) == 2)
                assert sorted(heard) == [("one", "a"), ("other", "b")]
                heard.clear()
                assert len(losses) == line - 1
                await owner.execute("SELECT pg_terminate_backend($1)", backends[-1])
                await until(lambda line=line: len(losses) == line)
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
