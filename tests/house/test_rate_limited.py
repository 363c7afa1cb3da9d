"""Every route that changes something passes the rate limits. The routes come from the application: a new one is
covered without a change here.
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
import websockets

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.house.test_strangers import ROUTES, SOCKETS, Route
from tests.support.limiting import impose
from tests.support.people import sign_in

# The MCP door has nothing to delete, and says so to everybody.
_CHANGES = [
    route
    for route in ROUTES
    if route.method not in {"GET", "HEAD", "OPTIONS"} and route.name != "DELETE /mcp"
]
_FOR_ANYBODY = {
    "POST /api/v1/auth/sign-in": {"email": "somebody@example.com", "password": "guess"},
    "POST /api/v1/auth/link": {"token": "guess"},
}
_COMMANDS = [
    {"type": "send", "text": "hello"},
    {"type": "stop", "run_id": "run_nobodys"},
]


def test_there_are_routes_to_limit() -> None:
    assert len(_CHANGES) >= 10
    assert {route.name for route in _CHANGES} >= _FOR_ANYBODY.keys()
    assert SOCKETS == ["/api/v1/ws"], "a new socket: say here which of its commands change something"


def _is_limited(route: Route, answer: httpx.Response) -> bool:
    error: dict[str, Any] = answer.json()
    if route.path.startswith("/v1/"):
        named = (
            error["error"]["code"] == "rate_limit_exceeded" and "x-ratelimit-limit-requests" in answer.headers
        )
        text = error["error"]["message"]
    elif route.path == "/mcp":
        named, text = error["error"]["data"]["tag"] == "rate_limited", error["error"]["message"]
    else:
        named, text = error["tag"] == "rate_limited", error["title"]
    told = {"retry-after", "ratelimit", "ratelimit-policy"} <= {*answer.headers}
    return answer.status_code == 429 and named and told and "Rate limit exceeded" in text


async def _passed(client: httpx.AsyncClient, headers: dict[str, str]) -> list[str]:
    """The routes that let a caller through who has nothing left."""
    passed: list[str] = []
    for route in _CHANGES:
        # Counted before anything is read: what the address names and the body says does not matter.
        address, body = re.sub(r"\{[^}]*\}", "nobodys", route.path), _FOR_ANYBODY.get(route.name, {})
        answer = await client.request(route.method, address, json=body, headers=headers)
        if not _is_limited(route, answer):
            passed.append(f"{route.name}: {answer.status_code} {answer.text[:200]}")
    return passed


@pytest.mark.slow
@pytest.mark.req("LIM-02")
@pytest.mark.req("LIM-09")
async def test_no_change_passes_by_the_limits_of_keys_and_addresses(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_key="1/day", per_ip="1/day")
    await client.post("/api/v1/threads", json={}, headers=ada.headers)
    await client.post("/api/v1/auth/link", json={"token": "guess"})
    assert await _passed(client, ada.headers) == []
    assert await _passed(client, {"authorization": "Bearer sk-st-wrong"}) == []
    assert await _passed(client, {}) == []


@pytest.mark.slow
@pytest.mark.req("LIM-02")
async def test_no_change_passes_by_the_limits_of_users(
    client: httpx.AsyncClient, house: Runtime, server: str, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = (await sign_in(house, server, ada.actor.user_id)).headers
    impose(house, monkeypatch, per_user="1/day", per_ip="1/day")
    await client.post("/api/v1/threads", json={}, headers=browser)
    await client.post("/api/v1/auth/link", json={"token": "guess"})
    assert await _passed(client, browser) == []


@pytest.mark.req("LIM-02")
async def test_no_command_of_the_socket_passes_by_the_limits(
    server: str, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_key="1/day")
    url = server.replace("http", "ws") + SOCKETS[0]
    async with websockets.connect(url, additional_headers=ada.headers) as socket:
        await socket.send(json.dumps({"type": "stop", "run_id": "run_nobodys"}))
        assert json.loads(await socket.recv())["tag"] == "not_found"
        for command in _COMMANDS:
            await socket.send(json.dumps(command))
            answer = json.loads(await socket.recv())
            assert (answer["type"], answer["tag"]) == ("refused", "rate_limited")
