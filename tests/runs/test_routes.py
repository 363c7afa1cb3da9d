from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import msgspec
import pytest

from steward.kernel.ids import new_id
from steward.providers.events import TextDelta
from steward.runs.feed import Batch
from steward.runs.routes import plain
from tests.conftest import Person
from tests.runs.turns import begin, read
from tests.support.scripted_answer import Recorded
from tests.support.scripted_provider import ScriptedProvider

Frames = list[tuple[int, dict[str, Any]]]


def frames_of(body: str) -> Frames:
    frames: Frames = []
    for frame in body.split("\n\n"):
        if frame and not frame.startswith(":"):
            number, data = frame.split("\n")
            assert number.startswith("id: ")
            assert data.startswith("data: ")
            frames.append((int(number[4:]), json.loads(data[6:])))
    return frames


async def events_of(client: httpx.AsyncClient, person: Person, run_id: str, **asking: Any) -> Frames:
    headers = {**person.headers, **asking.pop("headers", {})}
    answer = await client.get(f"/api/v1/runs/{run_id}/events", headers=headers, params=asking)
    assert answer.status_code == 200, answer.text
    return frames_of(answer.text)


def call_of(provider: ScriptedProvider, words: str) -> Recorded | None:
    found = [record for record in provider.requests if words in record.said]
    return found[0] if found else None


@pytest.mark.req("CHAT-29")
async def test_the_events_of_a_run_are_a_stream_that_numbers_them(
    client: httpx.AsyncClient, ada: Person
) -> None:
    started = await begin(ada, "{{words:30}} {{pace_ms:5}}")
    path = f"/api/v1/runs/{started.run_id}/events"
    async with client.stream("GET", path, headers=ada.headers) as live:
        assert live.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-cache" in live.headers["cache-control"]
        assert live.headers["connection"] == "keep-alive"
        frames = frames_of((await live.aread()).decode())
    numbered = await read(ada, started.run_id)
    assert frames == [
        (seq, json.loads(event)) for seq, event in plain(Batch(1, [event for _, event in numbered]))
    ]
    kinds = [event["type"] for _, event in frames]
    assert kinds[:2] == ["run_start", "step_start"]
    assert kinds[-3:] == ["usage", "finish", "run_end"]
    assert frames[0][1]["run_id"] == started.run_id
    assert "".join(event["text"] for _, event in frames if event["type"] == "text").split() == [
        f"w{n}" for n in range(30)
    ]


@pytest.mark.slow
async def test_a_client_that_comes_back_gets_the_rest(client: httpx.AsyncClient, ada: Person) -> None:
    started = await begin(ada, "{{words:80}} {{pace_ms:5}}")
    path = f"/api/v1/runs/{started.run_id}/events"
    seen = ""
    async with client.stream("GET", path, headers=ada.headers) as live:
        async for text in live.aiter_text():
            seen += text
            if seen.count("\n\n") > 20:
                break
    first = frames_of(seen[: seen.rindex("\n\n") + 2])
    last = first[-1][0]
    rest = await events_of(client, ada, started.run_id, headers={"last-event-id": str(last)})
    whole = await events_of(client, ada, started.run_id)
    assert [*first, *rest] == whole
    assert await events_of(client, ada, started.run_id, after=last) == rest
    # The header of a client that comes back counts more than the address that it was first given.
    assert await events_of(client, ada, started.run_id, after=0, headers={"last-event-id": str(last)}) == rest


async def test_a_cursor_that_is_none_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    started = await begin(ada, "{{words:2}}")
    await read(ada, started.run_id)
    path = f"/api/v1/runs/{started.run_id}/events"
    for params, headers in (
        ({"after": "x"}, {}),
        ({"after": "-1"}, {}),
        ({"after": str(2**63)}, {}),
        ({}, {"last-event-id": "x"}),
    ):
        answer = await client.get(path, params=params, headers={**ada.headers, **headers})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_run_tells_how_it_stands(client: httpx.AsyncClient, ada: Person) -> None:
    started = await begin(ada, "{{words:3}} {{first_ms:150}}")
    path = f"/api/v1/runs/{started.run_id}"
    live = (await client.get(path, headers=ada.headers)).json()
    assert (live["id"], live["thread_id"], live["message_id"]) == (
        started.run_id,
        started.thread_id,
        started.message_id,
    )
    assert (live["status"], live["finished_at"], live["error"]) == ("in_progress", None, None)
    await read(ada, started.run_id)
    ended = (await client.get(path, headers=ada.headers)).json()
    assert ended["status"] == "completed"
    assert ended["finished_at"] >= ended["created_at"]


@pytest.mark.slow
async def test_a_run_is_its_owners_alone(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    started = await begin(ada, "{{words:200}} {{pace_ms:10}}")
    path = f"/api/v1/runs/{started.run_id}"
    for person in (bob, eve):
        assert (await client.get(path, headers=person.headers)).status_code == 404
        assert (await client.get(f"{path}/events", headers=person.headers)).status_code == 404
        assert (await client.post(f"{path}/stop", headers=person.headers)).status_code == 404
    for method, address in (("GET", path), ("GET", f"{path}/events"), ("POST", f"{path}/stop")):
        assert (await client.request(method, address)).status_code == 401
    assert (await client.get(path, headers=ada.headers)).json()["status"] == "in_progress"
    await client.post(f"{path}/stop", headers=ada.headers)


async def test_stop_reaches_the_provider_at_once_and_twice_does_no_harm(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    started = await begin(ada, f"{word} {{{{words:500}}}} {{{{pace_ms:10}}}}")
    await read(ada, started.run_id, most=20)
    record = call_of(provider, word)
    assert record is not None
    path = f"/api/v1/runs/{started.run_id}/stop"
    asked = time.monotonic()
    first, second = await asyncio.gather(*(client.post(path, headers=ada.headers) for _ in range(2)))
    assert {first.status_code, second.status_code} == {200}
    # Both may have found it running: what one of them stopped, the other asked for in time.
    assert True in {first.json()["stopped"], second.json()["stopped"]}
    for _ in range(200):
        if record.client_gone:
            break
        await asyncio.sleep(0.005)
    assert record.end is not None
    assert record.client_gone
    # The answer would go on for almost five seconds; on a busy machine a stop takes some of the first.
    assert record.end - asked < 1
    third = await client.post(path, headers=ada.headers)
    assert third.json() == {"stopped": False, "run_id": started.run_id}
    frames = await events_of(client, ada, started.run_id)
    assert (frames[-1][1]["type"], frames[-1][1]["status"]) == ("run_end", "cancelled")
    assert (await client.get(f"/api/v1/runs/{started.run_id}", headers=ada.headers)).json()["status"] == (
        "cancelled"
    )


async def test_a_run_that_is_over_cannot_be_stopped(client: httpx.AsyncClient, ada: Person) -> None:
    started = await begin(ada, "{{words:2}}")
    await read(ada, started.run_id)
    answer = await client.post(f"/api/v1/runs/{started.run_id}/stop", headers=ada.headers)
    assert answer.json() == {"stopped": False, "run_id": started.run_id}
    assert (await client.get(f"/api/v1/runs/{started.run_id}", headers=ada.headers)).json()["status"] == (
        "completed"
    )
    assert (await client.post("/api/v1/runs/run_nothing/stop", headers=ada.headers)).status_code == 404


async def test_a_conversation_shows_what_runs_in_it(client: httpx.AsyncClient, ada: Person) -> None:
    started = await begin(ada, "{{words:200}} {{pace_ms:10}}")
    found = (await client.get(f"/api/v1/chat/{started.thread_id}", headers=ada.headers)).json()
    assert found["live_run"] == {
        "id": started.run_id,
        "message_id": started.message_id,
        "status": "in_progress",
    }
    assert found["thread"]["status"] == "running"
    stopped = await client.post(f"/api/v1/chat/{started.thread_id}/stop", headers=ada.headers)
    assert stopped.json() == {"stopped": True, "run_id": started.run_id}
    await read(ada, started.run_id)
    found = (await client.get(f"/api/v1/chat/{started.thread_id}", headers=ada.headers)).json()
    assert (found["live_run"], found["thread"]["status"]) == (None, "idle")


def test_a_plain_event_has_its_type_first_and_its_own_names() -> None:
    assert plain(Batch(7, [TextDelta('"')])) == [(7, msgspec.json.encode({"type": "text", "text": '"'}))]
