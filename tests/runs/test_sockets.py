from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from steward.identity import service as identity
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.runs.test_routes import events_of
from tests.runs.turns import begin, read


@asynccontextmanager
async def connected(server: str, **headers: str) -> AsyncGenerator[ClientConnection]:
    url = f"{server.replace('http', 'ws', 1)}/api/v1/ws"
    async with connect(url, additional_headers=headers, max_size=None) as socket:
        yield socket


async def say(socket: ClientConnection, **command: Any) -> None:
    await socket.send(json.dumps(command))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    return json.loads(await asyncio.wait_for(socket.recv(), 10))


async def hear_run(socket: ClientConnection, run_id: str) -> list[tuple[int, dict[str, Any]]]:
    """The events of a run, to its end."""
    seen: list[tuple[int, dict[str, Any]]] = []
    while not seen or seen[-1][1]["type"] != "run_end":
        message = await hear(socket)
        if message["type"] == "event" and message["run_id"] == run_id:
            seen.append((message["seq"], message["event"]))
    return seen


@pytest.mark.req("CHAT-18")
async def test_a_turn_over_the_socket_is_the_turn_over_server_sent_events(
    server: str, client: httpx.AsyncClient, ada: Person
) -> None:
    async with connected(server, **ada.headers) as socket:
        await say(
            socket, type="send", text='{{reasoning:Hm.}} {{tool:find:{"q":1}}} {{words:40}} {{pace_ms:5}}'
        )
        started = await hear(socket)
        assert (started["type"], started["joined"]) == ("started", False)
        heard = await hear_run(socket, started["run_id"])
    assert heard == await events_of(client, ada, started["run_id"])
    found = (await client.get(f"/api/v1/chat/{started['thread_id']}", headers=ada.headers)).json()
    assert found["messages"][0]["id"] == started["message_id"]
    assert found["messages"][0]["status"] == "completed"


async def test_the_same_message_again_joins(server: str, ada: Person) -> None:
    thread, message = new_id("chat"), new_id("m")
    async with connected(server, **ada.headers) as socket, connected(server, **ada.headers) as other:
        command = {
            "type": "send",
            "thread_id": thread,
            "message_id": message,
            "text": "{{words:60}} {{pace_ms:5}}",
        }
        await say(socket, **command)
        started = await hear(socket)
        await say(other, **command)
        joined = await hear(other)
        assert joined == {**started, "joined": True}
        one, two = await asyncio.gather(
            hear_run(socket, started["run_id"]), hear_run(other, started["run_id"])
        )
    assert one == two


async def test_follows_a_run_from_a_cursor_and_several_at_once(server: str, ada: Person) -> None:
    runs = [
        await begin(ada, f"{{{{tag:k{number}}}}} {{{{words:40}}}} {{{{pace_ms:5}}}}") for number in range(3)
    ]
    async with connected(server, **ada.headers) as socket:
        for run in runs:
            await say(socket, type="follow", run_id=run.run_id)
        heard: dict[str, list[tuple[int, dict[str, Any]]]] = {run.run_id: [] for run in runs}
        while not all(seen and seen[-1][1]["type"] == "run_end" for seen in heard.values()):
            message = await hear(socket)
            heard[message["run_id"]].append((message["seq"], message["event"]))
        for number, run in enumerate(runs):
            text = "".join(event["text"] for _, event in heard[run.run_id] if event["type"] == "text")
            assert text.split() == [f"k{number}-{word}" for word in range(40)]
        last = heard[runs[0].run_id][10][0]
        await say(socket, type="follow", run_id=runs[0].run_id, after=last)
        assert await hear_run(socket, runs[0].run_id) == heard[runs[0].run_id][11:]


async def test_stops_a_run(server: str, ada: Person) -> None:
    async with connected(server, **ada.headers) as socket:
        await say(socket, type="send", text="{{words:500}} {{pace_ms:10}}")
        run_id = (await hear(socket))["run_id"]
        await hear(socket)
        await say(socket, type="stop", run_id=run_id)
        stopped = False
        end: dict[str, Any] = {}
        while not (stopped and end):
            message = await hear(socket)
            if message["type"] == "stopped":
                assert (message["stopped"], message["run_id"]) == (True, run_id)
                stopped = True
            elif message["event"]["type"] == "run_end":
                end = message["event"]
        assert end["status"] == "cancelled"
        await say(socket, type="stop", run_id=run_id)
        assert (await hear(socket))["stopped"] is False


@pytest.mark.parametrize(
    "command",
    [
        "nonsense",
        "[]",
        '{"type": "dance"}',
        '{"type": "follow"}',
        '{"type": "follow", "run_id": 7}',
        '{"type": "send"}',
        '{"type": "send", "text": ""}',
        '{"type": "send", "text": "a\\u0000b"}',
        '{"type": "send", "text": "hi", "model": "nobody/model"}',
        '{"type": "send", "text": "hi", "thread_id": "thread_nothing"}',
        '{"type": "send", "text": "hi", "unknown": 1}',
        '{"type": "stop", "run_id": "run_nothing"}',
        '{"type": "follow", "run_id": "run_nothing"}',
        "[" * 100 + "]" * 100,
    ],
)
async def test_what_does_not_fit_is_refused_and_the_connection_stays(
    server: str, ada: Person, command: str
) -> None:
    async with connected(server, **ada.headers) as socket:
        await socket.send(command)
        refused = await hear(socket)
        assert refused["type"] == "refused"
        assert refused["detail"]
        assert refused["tag"] != "internal_error"
        await say(socket, type="stop", run_id="run_nothing")
        assert (await hear(socket))["tag"] == "not_found"


async def test_bytes_are_refused_and_break_nothing(
    server: str, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(server, **ada.headers) as socket:
        await socket.send(b"\xff\x00")
        assert (await hear(socket))["type"] == "refused"
        await say(socket, type="stop", run_id="run_nothing")
        assert (await hear(socket))["tag"] == "not_found"
    assert "Traceback" not in caplog.text


async def test_a_strangers_runs_are_not_there(server: str, ada: Person, eve: Person) -> None:
    started = await begin(ada, "{{words:2}}")
    await read(ada, started.run_id)
    async with connected(server, **eve.headers) as socket:
        for command in ("follow", "stop"):
            await say(socket, type=command, run_id=started.run_id)
            assert (await hear(socket))["tag"] == "not_found"
        await say(socket, type="send", thread_id=started.thread_id, text="hi")
        assert (await hear(socket))["tag"] == "not_found"


async def test_nobody_connects_without_a_credential(server: str) -> None:
    for headers in ({}, {"authorization": "Bearer sk-st-wrong"}, {"cookie": "steward_session=wrong"}):
        with pytest.raises(InvalidStatus) as refused:
            async with connected(server, **headers):
                pass
        assert refused.value.response.status_code == 403


async def test_who_may_only_read_may_not_send(server: str, ada: Person, make_person: MakePerson) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    async with connected(server, **viewer.headers) as socket:
        await say(socket, type="send", text="hi")
        assert (await hear(socket))["tag"] == "forbidden"


async def test_a_key_that_is_revoked_is_heard_no_more(
    server: str, client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    key = await identity.create_personal_key(house, ada.actor, "second")
    headers = {"authorization": f"Bearer {key}"}
    async with connected(server, **headers) as socket:
        await say(socket, type="send", text="{{words:2}}")
        assert (await hear(socket))["type"] == "started"
        await revoke(client, ada, "second")
        await say(socket, type="send", text="{{words:2}}")
        while (message := await hear(socket))["type"] == "event":
            pass
        assert (message["type"], message["tag"]) == ("refused", "unauthorized")


async def revoke(client: httpx.AsyncClient, person: Person, name: str) -> None:
    keys = (await client.get("/api/v1/keys", headers=person.headers)).json()["items"]
    (key_id,) = [key["id"] for key in keys if key["name"] == name]
    assert (await client.delete(f"/api/v1/keys/{key_id}", headers=person.headers)).status_code in (200, 204)


@pytest.mark.slow
async def test_a_client_that_vanishes_leaves_nothing_behind(
    server: str, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(server, **ada.headers) as socket:
        await say(socket, type="send", text="{{words:60}} {{pace_ms:10}}")
        started = await hear(socket)
        await hear(socket)
        socket.transport.abort()
    whole = await read(ada, started["run_id"])
    assert len(whole) > 60
    assert "Traceback" not in caplog.text
    assert "never retrieved" not in caplog.text
