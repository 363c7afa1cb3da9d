"""The rate limits at the one door that every request with a credential goes through."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import websockets

from steward import app
from steward.identity import service as identity
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.support.limiting import impose
from tests.support.people import sign_in
from tests.support.processes import serving
from tests.support.redis_server import redis_server

_THREADS = "/api/v1/threads"
_WRONG = {"authorization": "Bearer sk-st-" + "A" * 43}


async def write(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.post(_THREADS, json={}, headers=headers)).status_code


async def guess(client: httpx.AsyncClient, forwarded: str | None = None) -> int:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    body = {"email": "nobody@example.com", "password": "guess"}
    return (await client.post("/api/v1/auth/sign-in", json=body, headers=headers)).status_code


@pytest.mark.req("LIM-01")
@pytest.mark.req("LIM-09")
async def test_a_change_too_many_is_a_problem_that_says_when_to_come_back(
    client: httpx.AsyncClient, house: Runtime, server: str, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = (await sign_in(house, server, ada.actor.user_id)).headers
    impose(house, monkeypatch, per_user="2/minute")
    answers = [await client.post(_THREADS, json={}, headers=browser) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert [answer.headers["ratelimit"] for answer in answers[:2]] == ['"user";r=1;t=60', '"user";r=0;t=60']
    late = answers[2]
    assert late.headers["content-type"] == "application/problem+json"
    assert late.headers["ratelimit-policy"] == '"user";q=2;w=60'
    seconds = int(late.headers["retry-after"])
    assert 50 <= seconds <= 60
    assert late.headers["ratelimit"] == f'"user";r=0;t={seconds}'
    problem = late.json()
    assert (problem["tag"], problem["status"], problem["title"]) == (
        "rate_limited",
        429,
        "Rate limit exceeded",
    )
    assert "Rate limit exceeded" in problem["detail"]
    assert f"in {seconds} seconds" in problem["detail"]
    assert problem["request_id"] == late.headers["x-request-id"]
    # Reading goes on, and tells of no limit.
    read = await client.get("/api/v1/me", headers=browser)
    assert read.status_code == 200
    assert "ratelimit" not in read.headers


@pytest.mark.req("LIM-01")
async def test_the_next_window_is_free(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    impose(house, monkeypatch, clock=lambda: now, per_key="2/minute")
    assert [await write(client, ada.headers) for _ in range(3)] == [201, 201, 429]
    now = 59.0
    late = await client.post(_THREADS, json={}, headers=ada.headers)
    assert (late.status_code, late.headers["retry-after"]) == (429, "1")
    now = 60.0
    assert [await write(client, ada.headers) for _ in range(3)] == [201, 201, 429]


@pytest.mark.slow
@pytest.mark.req("LIM-03")
async def test_users_of_one_workspace_do_not_affect_each_other(
    client: httpx.AsyncClient,
    house: Runtime,
    server: str,
    ada: Person,
    bob: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browsers = [(await sign_in(house, server, person.actor.user_id)).headers for person in (ada, bob)]
    again = (await sign_in(house, server, ada.actor.user_id)).headers
    impose(house, monkeypatch, per_user="2/minute")
    assert [await write(client, browsers[0]) for _ in range(3)] == [201, 201, 429]
    assert await write(client, again) == 429, "another browser, the same user"
    assert [await write(client, browsers[1]) for _ in range(3)] == [201, 201, 429]
    assert await write(client, ada.headers) == 201, "a key has a limit of its own"


@pytest.mark.req("LIM-02")
async def test_a_workspace_has_a_limit_for_all_its_users_and_keys(
    client: httpx.AsyncClient,
    house: Runtime,
    ada: Person,
    bob: Person,
    eve: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impose(house, monkeypatch, per_workspace="3/minute")
    assert [await write(client, ada.headers) for _ in range(2)] == [201, 201]
    assert [await write(client, bob.headers) for _ in range(2)] == [201, 429]
    assert await write(client, eve.headers) == 201


@pytest.mark.req("LIM-01")
async def test_of_a_hundred_at_once_exactly_ten_go_through(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_key="10/minute")
    statuses = Counter(await asyncio.gather(*(write(client, ada.headers) for _ in range(100))))
    assert statuses == {201: 10, 429: 90}
    listed = (await client.get("/api/v1/chat", params={"limit": 100}, headers=ada.headers)).json()["items"]
    assert len(listed) <= 10, "nothing was done for those that were refused"


async def test_a_request_with_an_idempotency_key_counts_once(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_key="2/minute", per_ip="2/minute")
    for person, last in ((ada.headers, 201), (_WRONG, 401)):
        statuses = [
            (await client.post(_THREADS, json={}, headers={**person, "idempotency-key": f"{at}"})).status_code
            for at in range(3)
        ]
        assert statuses == [last, last, 429]


# --- doors ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIM-09")
async def test_openais_client_reads_the_limits(
    server: str, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_key="2/15 minutes")
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as official:
        ask = official.chat.completions.with_raw_response.create
        whole = await ask(model="openai/gpt-4o-mini", messages=[{"role": "user", "content": "{{words:3}}"}])
        streamed = await ask(
            model="openai/gpt-4o-mini", messages=[{"role": "user", "content": "{{words:3}}"}], stream=True
        )
        for answer, remaining in ((whole, "1"), (streamed, "0")):
            assert answer.headers["x-ratelimit-limit-requests"] == "2"
            assert answer.headers["x-ratelimit-remaining-requests"] == remaining
            assert answer.headers["ratelimit"].startswith(f'"key";r={remaining};t=')
        assert whole.headers["x-ratelimit-reset-requests"] == "15m0s"
        assert [chunk async for chunk in streamed.parse()]
        with pytest.raises(openai.RateLimitError) as refused:
            await ask(model="openai/gpt-4o-mini", messages=[{"role": "user", "content": "x"}])
    assert (refused.value.code, refused.value.type) == ("rate_limit_exceeded", "requests")
    assert "Rate limit exceeded" in refused.value.message
    headers = refused.value.response.headers
    assert int(headers["retry-after"]) > 800
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert headers["x-ratelimit-reset-requests"] in ("14m59s", "15m0s")


async def test_a_streamed_chat_tells_the_limits(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_key="1/minute")
    question = {"role": "user", "parts": [{"type": "text", "text": "hello {{words:3}}"}]}
    answer = await client.post("/api/v1/chat", json={"messages": [question]}, headers=ada.headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["ratelimit"] == '"key";r=0;t=60'
    assert "x-ratelimit-limit-requests" not in answer.headers


@pytest.mark.req("LIM-02")
async def test_changes_over_the_socket_count_too(
    server: str, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    impose(house, monkeypatch, clock=lambda: now, per_key="1/minute")
    url = server.replace("http", "ws") + "/api/v1/ws"
    async with websockets.connect(url, additional_headers=ada.headers) as line:

        async def say(**command: str) -> dict[str, Any]:
            await line.send(json.dumps(command))
            while (heard := json.loads(await line.recv()))["type"] == "event":
                pass
            return heard

        started = await say(type="send", text="{{words:1}}")
        assert started["type"] == "started"
        refused = await say(type="stop", run_id=started["run_id"])
        assert (refused["type"], refused["tag"], refused["status"]) == ("refused", "rate_limited", 429)
        await line.send(json.dumps({"type": "follow", "run_id": started["run_id"]}))
        assert json.loads(await line.recv())["type"] == "event", "reading goes on"
        now = 60.0
        assert (await say(type="stop", run_id=started["run_id"]))["type"] == "stopped"


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.req("LIM-05")
async def test_an_address_without_a_valid_credential_is_slowed_down(
    client: httpx.AsyncClient, house: Runtime, server: str, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = (await sign_in(house, server, ada.actor.user_id)).headers
    impose(house, monkeypatch, per_ip="5/15 minutes")
    assert await guess(client) == 401
    link = await client.post("/api/v1/auth/link", json={"token": "wrong"})
    assert link.status_code == 401
    assert link.headers["ratelimit"] == '"ip";r=3;t=900'
    assert await write(client, _WRONG) == 401
    assert (await client.get("/api/v1/me", headers=_WRONG)).status_code == 401
    assert await write(client, {"cookie": browser["cookie"]}) == 403, "a cookie without its page's token"
    for path in ("/api/v1/auth/sign-in", "/api/v1/auth/link"):
        body = {"token": "wrong"} if path.endswith("link") else {"email": "a@example.com", "password": "x"}
        late = await client.post(path, json=body)
        assert (late.status_code, late.json()["tag"]) == (429, "rate_limited")
        assert int(late.headers["retry-after"]) > 800
    assert await write(client, _WRONG) == 429
    assert (await client.get("/api/v1/me", headers=_WRONG)).status_code == 429
    # An office behind one address is not locked out of its own work, and who only looks is no guesser.
    assert await write(client, ada.headers) == 201
    assert await write(client, browser) == 201
    assert (await client.get("/api/v1/me")).status_code == 401


@pytest.mark.slow
async def test_work_with_a_credential_does_not_count_against_the_address(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_ip="1/15 minutes")
    assert [await write(client, ada.headers) for _ in range(5)] == [201] * 5
    assert await guess(client) == 401


def seen_through(house: Runtime, peer: str, trusted: str) -> httpx.AsyncClient:
    """A client whose requests come from a peer, to the application that trusts some proxies."""
    served = app.create_app(house.settings.model_copy(update={"trusted_proxies": trusted}))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(served, client=(peer, 1234)), base_url="http://steward.example"
    )


@pytest.mark.slow
@pytest.mark.req("LIM-05")
async def test_a_stranger_cannot_forge_an_address(house: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    for peer, trusted in (("127.0.0.1", ""), ("192.0.2.7", "127.0.0.1, 10.0.0.0/8")):
        impose(house, monkeypatch, per_ip="2/minute")
        async with seen_through(house, peer, trusted) as client:
            assert [await guess(client, f"198.51.100.{at}") for at in range(3)] == [401, 401, 429]


@pytest.mark.slow
@pytest.mark.req("LIM-05")
async def test_a_known_proxy_names_the_address(house: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    impose(house, monkeypatch, per_ip="1/minute")
    async with seen_through(house, "10.1.2.3", "127.0.0.1, 10.0.0.0/8") as client:
        assert [await guess(client, "198.51.100.1") for _ in range(2)] == [401, 429]
        assert await guess(client, "198.51.100.2") == 401
        # The client wrote the first, the proxy what it saw; another proxy of ours may stand between.
        assert await guess(client, "203.0.113.9, 198.51.100.1") == 429
        assert await guess(client, "203.0.113.9, 198.51.100.1, 10.9.9.9") == 429
        # One network of IPv6 is one caller.
        assert await guess(client, "2001:db8::1") == 401
        assert await guess(client, "2001:db8::2") == 429


@pytest.mark.req("AUTH-14")
@pytest.mark.parametrize(
    ("public_url", "name"),
    [
        (None, "steward_session"),
        ("https://elsewhere.example", "steward_session"),
        ("https://steward.example", "__Host-steward_session"),
    ],
)
async def test_behind_https_the_cookie_is_secure_whatever_the_proxy_says(
    house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch, public_url: str | None, name: str
) -> None:
    monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"public_url": public_url}))
    async with seen_through(house, "127.0.0.1", "") as client:
        token = await identity.make_link(house, ada.actor.user_id)
        answer = await client.post("/api/v1/auth/link", json={"token": token})
    assert answer.headers["set-cookie"].startswith(f"{name}=")
    assert ("Secure" in answer.headers["set-cookie"]) == name.startswith("__Host-")


# --- the whole server -----------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_no_request_fails_when_redis_dies(
    client: httpx.AsyncClient, house: Runtime, make_person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await make_person() for _ in range(4)]
    slowest = 0.0

    async def work(person: Person) -> None:
        nonlocal slowest
        for _ in range(15):
            started = time.monotonic()
            assert await write(client, person.headers) == 201
            slowest = max(slowest, time.monotonic() - started)

    with redis_server() as redis:
        limiter = impose(house, monkeypatch, redis_url=redis.url, per_key="1000/minute")
        working = asyncio.gather(*(work(person) for person in people))
        await asyncio.sleep(0.1)
        redis.kill()
        await working
        await limiter.close()
    assert slowest < 5, "half a second for Redis, and what a busy machine needs for the request itself"


@pytest.mark.slow
@pytest.mark.req("LIM-05")
@pytest.mark.req("LIM-07")
@pytest.mark.timeout(200)
def test_a_server_prints_its_limits_and_keeps_them(tmp_path: Path) -> None:
    given = {"STEWARD_RATES__PER_IP": "3/hour", "STEWARD_RATES__PER_USER": "off"}
    with serving(tmp_path / "data", log=tmp_path / "log", **given) as served:
        lines = [json.loads(line) for line in served.lines() if line.startswith("{")]
        (told,) = [line for line in lines if line["event"] == "rate_limits"]
        assert told["limits"].startswith("3 in 3600 s from one address")
        assert "each user" not in told["limits"]
        assert "Rate limits: 3 in 3600 s from one address" in " ".join(served.out.read_text().split())
        statuses = [
            httpx.post(
                f"{served.url}/api/v1/auth/link",
                json={"token": "wrong"},
                headers={"x-forwarded-for": f"198.51.100.{at}"},
            ).status_code
            for at in range(4)
        ]
        assert statuses == [401, 401, 401, 429], "whoever comes from this machine is no proxy"
