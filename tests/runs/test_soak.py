"""Many turns at once, with clients that leave and people who press stop: exact counts, nothing left behind."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.runs.killing import database_of
from tests.runs.test_crash import client_of, deltas, settled
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

THREADS = 200
TURNS = 5
AT_ONCE = 20
STOP_SECONDS = 0.1
WORDS = 40

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(slots=True)
class Tally:
    """What the clients did and saw."""

    sent: dict[int, int] = field(default_factory=dict[int, int])
    answers: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    stopped_at: dict[str, float] = field(default_factory=dict[str, float])


def body_of(thread: int, turn: int) -> dict[str, Any]:
    text = f"turn {turn} {{{{tag:t{thread}x{turn}}}}} {{{{words:{WORDS}}}}} {{{{pace_ms:4}}}}"
    message = {"id": f"s{thread}-m{turn}", "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": f"s{thread}", "message": message, "trigger": "submit-message"}


async def one_turn(
    http: httpx.AsyncClient, thread: int, turn: int, chance: random.Random, tally: Tally
) -> None:
    fate = chance.choice(["read", "read", "leave", "stop"])
    seen: list[str] = []
    patience = chance.uniform(0.02, 0.15)

    async def read() -> None:
        async with http.stream("POST", "/api/v1/chat", json=body_of(thread, turn)) as response:
            assert response.status_code == 200, await response.aread()
            tally.sent[thread] = tally.sent.get(thread, 0) + 1
            async for piece in response.aiter_text():
                seen.append(piece)

    reading = asyncio.ensure_future(read())
    if fate == "read":
        await reading
        tally.answers.append((thread, deltas("".join(seen))))
        return
    while not seen and not reading.done():
        await asyncio.sleep(0.005)
    await asyncio.sleep(patience)
    if fate == "leave":
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        return
    tally.stopped_at[f"t{thread}x{turn}"] = time.monotonic()
    stopped = await http.post(f"/api/v1/chat/s{thread}/stop")
    assert stopped.status_code == 200
    if not stopped.json()["stopped"]:
        del tally.stopped_at[f"t{thread}x{turn}"]
    await reading


async def metric(http: httpx.AsyncClient, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", (await http.get("/metrics")).text, re.MULTILINE)
    assert found is not None
    return float(found[1])


async def open_transactions(server: ServerProcess) -> int:
    async with database_of(server) as owner:
        # Older than any honest one: leases and sweeps open short ones all the time.
        return await owner.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' "
            "AND xact_start < now() - interval '3 seconds'"
        )


async def test_many_turns_with_random_aborts_leave_nothing_behind(
    tmp_path: Path, provider: ScriptedProvider
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    tally = Tally()
    async with server_process(tmp_path / "data", provider.base_url) as server:
        key = await server.key()
        async with client_of(server, key) as http:
            gate = asyncio.Semaphore(AT_ONCE)

            async def turns_of(thread: int, count: int) -> None:
                chance = random.Random(seed * 1000 + thread)
                for turn in range(count):
                    async with gate:
                        await one_turn(http, thread, turn, chance, tally)

            # Pools, caches and code are warm after this; what is more at the end is a leak.
            await asyncio.gather(*(turns_of(1000 + thread, 10) for thread in range(40)))
            process = psutil.Process(server.pid)
            memory_before = process.memory_info().rss
            await asyncio.gather(*(turns_of(thread, TURNS) for thread in range(THREADS)))

            for thread in range(THREADS):
                conversation = await settled(http, f"s{thread}")
                assert conversation["thread"]["message_count"] == 2 * TURNS == 2 * tally.sent[thread]
                asked = [m for m in conversation["messages"] if m["role"] == "user"]
                assert [m["client_id"] for m in reversed(asked)] == [
                    f"s{thread}-m{turn}" for turn in range(TURNS)
                ]
                for message in conversation["messages"]:
                    words = "".join(part["text"] for part in message["parts"]).split()
                    if message["role"] == "assistant":
                        assert all(word.startswith(f"t{thread}x") for word in words)
                        assert message["status"] in ("completed", "cancelled")
            for thread, text in tally.answers:
                words = text.split()
                assert len(words) == WORDS
                assert len({word.split("-")[0] for word in words}) == 1
                assert words[0].startswith(f"t{thread}x")

            assert await metric(http, "steward_active_runs") == 0
            assert await metric(http, "steward_active_streams") == 0
            assert await open_transactions(server) == 0
            assert provider.active == 0
            late = sorted(late_ends(provider, tally))
            assert late, "nobody pressed stop in time: the test showed nothing"
            assert late[len(late) * 99 // 100] <= STOP_SECONDS + 0.15
            assert late[len(late) // 2] <= STOP_SECONDS
            await asyncio.sleep(1)
            assert process.memory_info().rss - memory_before < 60_000_000


def late_ends(provider: ScriptedProvider, tally: Tally) -> list[float]:
    """Seconds between a stop and the end of its call at the provider."""
    ends: list[float] = []
    for request in provider.requests:
        tag = re.search(r"\{\{tag:(t\d+x\d+)\}\}", request.said)
        if tag is not None and tag[1] in tally.stopped_at and request.client_gone:
            assert request.end is not None
            ends.append(request.end - tally.stopped_at[tag[1]])
    return ends
