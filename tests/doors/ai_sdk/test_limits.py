"""What the door does when a model is silent or slow: on a server of its own, with short limits."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from steward.kernel.ids import new_id
from steward.kernel.settings import Limits
from tests.conftest import Person
from tests.doors.ai_sdk.reading import called, chunks_of, question, text_of
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import server_process

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def strict(data_dir: Path, provider: ScriptedProvider) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a server whose limits are short; it shares the database with the other one."""
    async with (
        server_process(
            data_dir,
            provider.base_url,
            STEWARD_LIMITS__FIRST_TOKEN_SECONDS="1",
            STEWARD_LIMITS__IDLE_SECONDS="1",
            STEWARD_LIMITS__TURN_SECONDS="3",
            STEWARD_STREAMS__PING_SECONDS="0.2",
        ) as server,
        httpx.AsyncClient(base_url=server.base_url, timeout=30) as client,
    ):
        yield client


def test_the_limit_of_silence_is_thirty_seconds() -> None:
    assert Limits().first_token_seconds == Limits().idle_seconds == 30


@pytest.mark.req("CHAT-05")
@pytest.mark.parametrize("hang", ["{{hang}}", "{{words:9}} {{hang_after:0}}", "{{words:9}} {{hang_after:4}}"])
async def test_a_silent_model_ends_in_a_timeout(
    strict: httpx.AsyncClient, ada: Person, provider: ScriptedProvider, hang: str
) -> None:
    word, chat_id = new_id("word"), new_id("chat")
    started = time.monotonic()
    answer = await strict.post("/api/v1/chat", json=question(f"{word} {hang}", chat_id), headers=ada.headers)
    assert time.monotonic() - started > 0.9
    chunks = chunks_of(answer.text)
    assert chunks[-1]["type"] == "error"
    assert chunks[-1]["errorText"].startswith("The model took too long to answer.")
    assert text_of(chunks).split() == [f"w{n}" for n in range(4 if "4" in hang else 0)]
    stored = (await strict.get(f"/api/v1/chat/{chat_id}", headers=ada.headers)).json()["messages"][0]
    assert (stored["status"], stored["error"]["tag"]) == ("failed", "provider_timeout")
    assert (await called(provider, word)).client_gone


async def test_a_turn_that_never_ends_is_ended(
    strict: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    started = time.monotonic()
    body = question(f"{word} {{{{words:900}}}} {{{{pace_ms:20}}}}")
    answer = await strict.post("/api/v1/chat", json=body, headers=ada.headers)
    # The answer would take eighteen seconds.
    assert 2.9 < time.monotonic() - started < 15
    chunks = chunks_of(answer.text)
    assert chunks[-1]["errorText"].startswith("The turn took longer than 3 seconds.")
    assert len(text_of(chunks).split()) > 50
    assert (await called(provider, word)).client_gone


async def test_a_silent_stream_is_kept_alive_by_comments(strict: httpx.AsyncClient, ada: Person) -> None:
    text = "{{first_ms:900}} {{words:40}} {{pace_ms:10}}"
    answer = await strict.post("/api/v1/chat", json=question(text), headers=ada.headers)
    frames = answer.text.split("\n\n")
    pings = [at for at, frame in enumerate(frames) if frame == ": ping"]
    first = next(at for at, frame in enumerate(frames) if "text-delta" in frame)
    assert len(pings) >= 3
    assert all(at < first for at in pings), "none while text flows"
    assert text_of(chunks_of(answer.text)).split() == [f"w{n}" for n in range(40)]
