"""Two processes, one of them killed in the middle: every slot begins exactly one turn."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.runs.killing import database_of
from tests.support.database import Connection
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.req("AGNT-20")]

ROUNDS = 3
SCHEDULES = 12
SETTLE_SECONDS = 90
# No slot of its own comes while the test runs; the test says when the next one is.
RARELY = "0 0 29 2 *"
HOLDER = (
    "SELECT p.pid FROM schedules s JOIN processes p ON p.id = s.claimed_by WHERE s.due_at IS NOT NULL LIMIT 1"
)


async def test_every_slot_is_one_turn_although_processes_die(
    tmp_path: Path, provider: ScriptedProvider
) -> None:
    async with (
        serving(tmp_path / "data", provider) as first,
        serving(tmp_path / "data", provider) as second,
        database_of(first) as owner,
    ):
        await make_schedules(first)
        for _ in range(ROUNDS):
            await owner.execute("UPDATE schedules SET next_at = now()")
            killed = await kill_a_holder(owner, (first, second))
            # The other one goes on alone.
            await settled(owner)
            await killed.start()
        turns = await owner.fetch(
            "SELECT t.client_id, count(r.id) AS runs FROM threads t LEFT JOIN runs r "
            "ON r.workspace_id = t.workspace_id AND r.thread_id = t.id GROUP BY 1"
        )
    assert len(turns) == ROUNDS * SCHEDULES
    assert {row["runs"] for row in turns} == {1}


def serving(data_dir: Path, provider: ScriptedProvider) -> AbstractAsyncContextManager[ServerProcess]:
    """A server that soon finds the dead: whoever renews a lease looks for them."""
    return server_process(data_dir, provider.base_url, STEWARD_LEASES__RENEW_SECONDS="0.3")


async def make_schedules(server: ServerProcess) -> None:
    headers = {"authorization": f"Bearer {await server.key()}"}
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=20) as http:
        made = await http.post("/api/v1/agents", json={"name": "Reporter"})
        assert made.status_code == 201, made.text
        body: dict[str, Any] = {
            "agent_id": made.json()["id"],
            "cron": RARELY,
            "prompt": "Report. {{words:3}}",
        }
        for _ in range(SCHEDULES):
            answer = await http.post("/api/v1/schedules", json=body)
            assert answer.status_code == 201, answer.text


async def kill_a_holder(owner: Connection, servers: Iterable[ServerProcess]) -> ServerProcess:
    """Kill a process that has claimed slots whose turns have not begun yet."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (pid := await owner.fetchval(HOLDER)) is None:
        assert time.monotonic() < deadline, "nobody claims a slot"
        await asyncio.sleep(0.002)
    await asyncio.sleep(random.uniform(0.0, 0.05))
    (holder,) = [server for server in servers if server.pid == pid]
    await holder.kill()
    return holder


async def settled(owner: Connection) -> None:
    """Wait until no slot is due any more."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while await owner.fetchval("SELECT count(*) FROM schedules WHERE due_at IS NOT NULL OR next_at <= now()"):
        assert time.monotonic() < deadline, "slots are left"
        await asyncio.sleep(0.05)
