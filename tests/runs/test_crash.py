"""What a crash leaves: nothing lost, nothing doubled, the answer completes by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.runs.killing import database_of
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

WORDS = 150
PACE_MS = 8
ANSWER_SECONDS = WORDS * PACE_MS / 1000
KILLS = 10
TAKE_OVERS = 3
RECOVERY_SECONDS = 30
AGAIN_SECONDS = 0.05

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def question(chat: str, number: int) -> dict[str, Any]:
    text = f"question {number} {{{{tag:k{number}}}}} {{{{words:{WORDS}}}}} {{{{pace_ms:{PACE_MS}}}}}"
    message = {"id": f"{chat}-m{number}", "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": chat, "message": message, "trigger": "submit-message"}


def answer(number: int) -> str:
    return " ".join(f"k{number}-{word}" for word in range(WORDS))


def deltas(body: str) -> str:
    chunks = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    return "".join(chunk["delta"] for chunk in chunks if chunk["type"] == "text-delta")


async def read_until(http: httpx.AsyncClient, body: dict[str, Any], seconds: float) -> str:
    """Send, read for so long, and give back what came; the connection may break."""
    seen: list[str] = []

    async def read() -> None:
        async with http.stream("POST", "/api/v1/chat", json=body) as response:
            assert response.status_code == 200, await response.aread()
            async for text in response.aiter_text():
                seen.append(text)

    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        await asyncio.wait_for(read(), seconds)
    return "".join(seen)


async def resumed(http: httpx.AsyncClient, chat: str) -> str:
    """What a client gets that comes back: the rest of the stream, also over further breaks."""
    body = ""
    for _ in range(round(RECOVERY_SECONDS / AGAIN_SECONDS)):
        with contextlib.suppress(httpx.HTTPError):
            response = await http.get(f"/api/v1/chat/{chat}/stream")
            if response.status_code == 204:
                return body
            body = response.text
            if "[DONE]" in body:
                return body
        await asyncio.sleep(AGAIN_SECONDS)
    raise AssertionError(f"the stream of {chat} did not end: {body[-300:]}")


async def settled(http: httpx.AsyncClient, chat: str) -> dict[str, Any]:
    for _ in range(round(RECOVERY_SECONDS / AGAIN_SECONDS)):
        with contextlib.suppress(httpx.HTTPError):
            conversation = (await http.get(f"/api/v1/chat/{chat}?limit=100")).json()
            if conversation["live_run"] is None:
                return conversation
        await asyncio.sleep(AGAIN_SECONDS)
    raise AssertionError(f"the run of {chat} is still in progress")


def check(conversation: dict[str, Any], number: int) -> None:
    newest, asked = conversation["messages"][:2]
    assert asked["parts"][0]["text"].startswith(f"question {number} ")
    assert newest["status"] == "completed"
    assert [part["text"] for part in newest["parts"]] == [answer(number)]
    assert newest["usage"]["output_tokens"] == WORDS


@contextlib.asynccontextmanager
async def client_of(server: ServerProcess, key: str) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=20) as http:
        yield http


async def ledger(server: ServerProcess) -> list[tuple[str, int, bool]]:
    """The ledger as it stands in the database: (status, output tokens, estimated)."""
    async with database_of(server) as owner:
        rows = await owner.fetch(
            "SELECT status, output_tokens, estimated FROM model_calls ORDER BY created_at"
        )
    return [(row["status"], row["output_tokens"], row["estimated"]) for row in rows]


@pytest.mark.req("CHAT-35")
async def test_ten_kills_in_mid_answer_lose_nothing(tmp_path: Path, provider: ScriptedProvider) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    # One kill in each part of the answer, at random within it: some surely come after words were booked.
    points = [
        dice.uniform(part, part + 1) * ANSWER_SECONDS / KILLS for part in dice.sample(range(KILLS), KILLS)
    ]
    async with server_process(tmp_path / "data", provider.base_url) as server:
        key = await server.key()
        async with client_of(server, key) as http:
            for number, delay in enumerate(points):
                reading = asyncio.ensure_future(read_until(http, question("c1", number), 60))
                await asyncio.sleep(delay)
                await server.kill()
                seen = await reading
                await server.start()
                if not seen:
                    # Not accepted before the kill: the client sends the same message again, as it would.
                    again = await http.post("/api/v1/chat", json=question("c1", number))
                    assert "[DONE]" in again.text
                else:
                    rest = await resumed(http, "c1")
                    assert not rest or deltas(rest) == answer(number)
                    # What had been shown is the beginning of what is stored.
                    assert answer(number).startswith(deltas(seen))
                check(await settled(http, "c1"), number)
            conversation = await settled(http, "c1")
            assert conversation["thread"]["message_count"] == len(conversation["messages"]) == 2 * KILLS
            booked = await ledger(server)
            assert "open" not in {status for status, _, _ in booked}
            assert (
                sum(1 for status, tokens, _ in booked if status == "completed" and tokens == WORDS) == KILLS
            )
            # The attempts that the kills broke are booked as what had come of them, marked as an estimate.
            assert all(estimated for status, _, estimated in booked if status == "interrupted")
            assert any(tokens for status, tokens, _ in booked if status == "interrupted")


async def test_another_worker_takes_over(tmp_path: Path, provider: ScriptedProvider) -> None:
    async with server_process(
        tmp_path / "data",
        provider.base_url,
        workers=2,
        # The dead are found by those who renew their lease.
        STEWARD_LEASES__RENEW_SECONDS="0.3",
    ) as server:
        key = await server.key()
        async with client_of(server, key) as http:
            killed = 0
            for number in range(TAKE_OVERS):
                body = question("c1", number)
                reading = asyncio.ensure_future(read_until(http, body, 60))
                await asyncio.sleep(random.uniform(0.3, 0.9))
                # The worker that runs the turn; the other one, and the parent, live on.
                worker = await worker_of_live_run(server)
                if worker is not None:
                    killed += 1
                    os.kill(worker, signal.SIGKILL)
                seen = await reading
                assert seen
                rest = await resumed(http, "c1")
                assert not rest or deltas(rest) == answer(number)
                check(await settled(http, "c1"), number)
            assert killed > 1, "the turns ended before the kills: the test showed nothing"
            booked = await ledger(server)
            assert "open" not in {status for status, _, _ in booked}


async def test_a_rolling_stop_ends_quickly_and_goes_on_after_the_start(
    tmp_path: Path, provider: ScriptedProvider
) -> None:
    chats = 20
    async with server_process(tmp_path / "data", provider.base_url) as server:
        key = await server.key()
        async with client_of(server, key) as http:
            readers = [
                asyncio.ensure_future(read_until(http, question(f"c{n}", n), 60)) for n in range(chats)
            ]
            while provider.active < chats:
                await asyncio.sleep(0.01)
            began = time.monotonic()
            await server.stop()
            assert time.monotonic() - began < 20
            await asyncio.gather(*readers)
            await server.start()
            for number in range(chats):
                await resumed(http, f"c{number}")
                check(await settled(http, f"c{number}"), number)


async def worker_of_live_run(server: ServerProcess) -> int | None:
    async with database_of(server) as owner:
        pid: int | None = await owner.fetchval(
            "SELECT p.pid FROM runs r JOIN processes p ON p.id = r.process_id WHERE r.status = 'in_progress'"
        )
    if pid is not None:
        assert psutil.Process(pid).ppid() == server.pid
    return pid
