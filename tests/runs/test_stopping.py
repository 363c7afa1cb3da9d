"""Stopping a run: whoever stops it is told so, however fast it ends."""

from __future__ import annotations

import asyncio

import pytest

from steward.kernel.work import Transaction
from steward.runs import queries, service
from tests.conftest import Person
from tests.runs.turns import begin, read


async def test_a_run_that_ends_before_its_stop_is_written_was_stopped(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await begin(ada, "{{words:500}} {{pace_ms:10}}")
    await read(ada, started.run_id, most=3)
    cancel = queries.cancel

    async def slowly(work: Transaction, run_id: str) -> str | None:
        # Long enough for the process that runs it to store its end.
        await asyncio.sleep(0.5)
        return await cancel(work, run_id)

    monkeypatch.setattr(queries, "cancel", slowly)
    assert (await service.stop(ada.actor, started.run_id)).stopped
    assert not (await service.stop(ada.actor, started.run_id)).stopped
