from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from steward import app
from steward.identity import service as identity
from steward.identity.access import authenticate
from steward.kernel.http import Gate
from steward.kernel.idempotency import Idempotency
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.support.database import as_owner
from tests.support.limiting import impose
from tests.support.people import Browser, sign_in

PASSWORD = "correct horse battery"


async def person_with_password(house: Runtime, person: Person, password: str = PASSWORD) -> str:
    """Give a person a password; the e-mail address."""
    browser_secret = (
        await identity.use_link(house, await identity.make_link(house, person.actor.user_id))
    ).secret
    actor, _ = await identity.actor_of_session(house, browser_secret)
    await identity.set_password(house, actor, password, None)
    async with as_owner(house.settings) as owner:
        await owner.execute("DELETE FROM sessions WHERE user_id = $1", person.actor.user_id)
        return await owner.fetchval("SELECT email FROM users WHERE id = $1", person.actor.user_id)


async def knock(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    answer = await client.post("/api/v1/auth/sign-in", json={"email": email, "password": password})
    client.cookies.clear()
    return answer


def tag(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["tag"]


async def status_of_me(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get("/api/v1/me", headers=headers)).status_code


@pytest.mark.req("AUTH-03")
async def test_signing_in_with_a_password(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    email = await person_with_password(house, ada)
    answer = await client.post(
        "/api/v1/auth/sign-in", json={"email": f" {email.upper()} ", "password": PASSWORD}
    )
    cookies = dict(client.cookies)
    client.cookies.clear()
    me = answer.json()
    assert answer.status_code == 200
    assert me["user"]["id"] == ada.actor.user_id
    assert me["user"]["email"] == email
    assert me["workspace"]["id"] == ada.actor.workspace_id
    assert (me["role"], me["has_password"]) == ("owner", True)
    assert [workspace["id"] for workspace in me["workspaces"]] == [ada.actor.workspace_id]
    assert answer.headers["cache-control"] == "no-store"
    browser = {"cookie": f"steward_session={cookies['steward_session']}"}
    seen = await client.get("/api/v1/me", headers=browser)
    assert seen.json() == me


@pytest.mark.req("AUTH-03")
@pytest.mark.slow
async def test_every_failed_sign_in_is_answered_alike(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, make_person: MakePerson
) -> None:
    email = await person_with_password(house, ada)
    disabled = await make_person()
    disabled_email = await person_with_password(house, disabled)
    async with as_owner(house.settings) as owner:
        await owner.execute("UPDATE users SET disabled_at = now() WHERE id = $1", disabled.actor.user_id)
        without_password = await owner.fetchval("SELECT email FROM users WHERE id = $1", bob.actor.user_id)
    answers = [
        await knock(client, email, "wrong password"),
        await knock(client, email, PASSWORD + " "),
        await knock(client, email, ""),
        await knock(client, "nobody@example.com", PASSWORD),
        await knock(client, disabled_email, PASSWORD),
        await knock(client, without_password, PASSWORD),
        await knock(client, "' OR 1=1 --", PASSWORD),
    ]
    assert {tag(answer) for answer in answers} == {(401, "sign_in_failed")}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert not any("set-cookie" in answer.headers for answer in answers)


@pytest.mark.slow
async def test_the_time_of_an_answer_does_not_tell_who_exists(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    email = await person_with_password(house, ada)

    async def quickest(address: str) -> float:
        best = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            await knock(client, address, "wrong password")
            best = min(best, time.perf_counter() - began)
        return best

    known, unknown = await quickest(email), await quickest("nobody@example.com")
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@b"},
        {"email": 1, "password": "x"},
        {"email": "a@b", "password": "x" * 1001},
        {"email": "x" * 501, "password": "x"},
        {"email": "a@b", "password": "x", "admin": True},
    ],
)
async def test_a_sign_in_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await client.post("/api/v1/auth/sign-in", json=body)
    assert tag(answer) == (422, "invalid_request")
    assert "x" * 20 not in answer.text, "a password is not echoed"


async def test_a_link_signs_in_once(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    token = await identity.make_link(house, ada.actor.user_id)
    first = await client.post("/api/v1/auth/link", json={"token": token})
    second = await client.post("/api/v1/auth/link", json={"token": token})
    client.cookies.clear()
    assert first.json()["user"]["id"] == ada.actor.user_id
    assert first.json()["csrf_token"]
    assert tag(second) == (401, "link_used_or_expired")
    assert tag(await client.post("/api/v1/auth/link", json={"token": "made up"})) == (
        401,
        "link_used_or_expired",
    )


async def test_a_new_link_ends_the_old(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    old = await identity.make_link(house, ada.actor.user_id)
    await identity.make_link(house, ada.actor.user_id)
    assert tag(await client.post("/api/v1/auth/link", json={"token": old})) == (401, "link_used_or_expired")


async def test_a_link_lasts_a_day(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = datetime.now(UTC)
    token = await identity.make_link(house, ada.actor.user_id)
    monkeypatch.setattr(house, "now", lambda: born + timedelta(hours=24, seconds=5))
    assert tag(await client.post("/api/v1/auth/link", json={"token": token})) == (401, "link_used_or_expired")
    monkeypatch.setattr(house, "now", lambda: born + timedelta(hours=23, minutes=59))
    assert (await client.post("/api/v1/auth/link", json={"token": token})).status_code == 200
    client.cookies.clear()


@pytest.mark.parametrize("how", ["disabled", "removed"])
async def test_a_link_is_no_way_back_in(
    client: httpx.AsyncClient, house: Runtime, ada: Person, how: str
) -> None:
    token = await identity.make_link(house, ada.actor.user_id)
    async with as_owner(house.settings) as owner:
        if how == "disabled":
            await owner.execute("UPDATE users SET disabled_at = now() WHERE id = $1", ada.actor.user_id)
        else:
            await owner.execute("DELETE FROM memberships WHERE user_id = $1", ada.actor.user_id)
        assert tag(await client.post("/api/v1/auth/link", json={"token": token})) == (401, "sign_in_failed")
        assert (
            await owner.fetchval("SELECT count(*) FROM sessions WHERE user_id = $1", ada.actor.user_id) == 0
        )


@pytest.mark.req("AUTH-03")
async def test_a_session_ends_when_unused_and_lasts_while_used(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await sign_in(house, server, ada.actor.user_id)
    born = datetime.now(UTC)
    days = house.settings.session_days

    async def status_after(days: float) -> int:
        monkeypatch.setattr(house, "now", lambda: born + timedelta(days=days))
        return await status_of_me(client, browser.headers)

    assert await status_after(days - 1) == 200
    assert await status_after(2 * days - 2) == 200, "the use a while ago moved its end"
    assert await status_after(3 * days) == 401
    async with as_owner(house.settings) as owner:
        expires_at = await owner.fetchval(
            "SELECT expires_at FROM sessions WHERE user_id = $1", ada.actor.user_id
        )
    assert expires_at < born + timedelta(days=3 * days)


@pytest.mark.req("AUTH-03")
async def test_signing_out_ends_this_session_only(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person
) -> None:
    here, there = [await sign_in(house, server, ada.actor.user_id) for _ in range(2)]
    gone = await client.post("/api/v1/auth/sign-out", headers=here.headers)
    assert gone.status_code == 204
    cookie = SimpleCookie(gone.headers["set-cookie"])["steward_session"]
    assert (cookie.value, cookie["max-age"]) == ("", "0")
    assert await status_of_me(client, here.headers) == 401
    assert await status_of_me(client, there.headers) == 200


async def put_password(client: httpx.AsyncClient, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await client.put("/api/v1/me/password", json=body, headers=headers)


@pytest.mark.req("AUTH-03")
@pytest.mark.slow
async def test_a_new_password_ends_every_other_session(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person
) -> None:
    here, there = [await sign_in(house, server, ada.actor.user_id) for _ in range(2)]
    assert (await put_password(client, here.headers, password=PASSWORD)).status_code == 204
    assert await status_of_me(client, here.headers) == 200
    assert await status_of_me(client, there.headers) == 401
    assert tag(await put_password(client, here.headers, password="another password")) == (
        401,
        "sign_in_failed",
    )
    wrong = await put_password(client, here.headers, password="another password", current_password="wrong")
    assert tag(wrong) == (401, "sign_in_failed")
    changed = await put_password(client, here.headers, password="another password", current_password=PASSWORD)
    assert changed.status_code == 204
    async with as_owner(house.settings) as owner:
        row = await owner.fetchrow("SELECT email, password_hash FROM users WHERE id = $1", ada.actor.user_id)
    assert row is not None
    assert row["password_hash"].startswith("$argon2id$")
    assert (await knock(client, row["email"], PASSWORD)).status_code == 401
    assert (await knock(client, row["email"], "another password")).status_code == 200


async def test_a_password_has_twelve_characters(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person
) -> None:
    browser = await sign_in(house, server, ada.actor.user_id)
    assert tag(await put_password(client, browser.headers, password="x" * 11)) == (422, "password_too_short")
    assert (await put_password(client, browser.headers, password="é" * 12)).status_code == 204


async def test_a_key_sets_no_password(client: httpx.AsyncClient, ada: Person) -> None:
    assert tag(await put_password(client, ada.headers, password=PASSWORD)) == (403, "forbidden")


def cookie_of(answer: httpx.Response) -> tuple[str, Any]:
    ((name, morsel),) = SimpleCookie(answer.headers["set-cookie"]).items()
    return name, morsel


@pytest.mark.req("AUTH-14")
@pytest.mark.parametrize(
    ("address", "name", "secure"),
    [
        ("http://127.0.0.1", "steward_session", ""),
        ("https://steward.example", "__Host-steward_session", True),
    ],
)
async def test_the_cookie_is_out_of_reach(
    house: Runtime, ada: Person, address: str, name: str, secure: object
) -> None:
    async with served_at(house, address) as client:
        token = await identity.make_link(house, ada.actor.user_id)
        answer = await client.post("/api/v1/auth/link", json={"token": token})
        given, cookie = cookie_of(answer)
        assert given == name
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
        assert (cookie["secure"], cookie["domain"]) == (secure, "")
        assert int(cookie["max-age"]) >= house.settings.session_days * 86_400
        assert cookie.value not in answer.text
        assert (await client.get("/api/v1/me")).status_code == 200
        gone = await client.post(
            "/api/v1/auth/sign-out", headers={"x-csrf-token": answer.json()["csrf_token"]}
        )
        assert cookie_of(gone)[0] == name
        assert (await client.get("/api/v1/me")).status_code == 401


def served_at(house: Runtime, address: str) -> httpx.AsyncClient:
    """The application of this process, as if it stood at another address."""
    gate = Gate(Idempotency(app.build_api(house.settings), authenticate), house.settings.limits, app.shape)
    return httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=address)


async def test_no_secret_is_stored_as_it_is(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person
) -> None:
    browser = await sign_in(house, server, ada.actor.user_id)
    secret = browser.cookie.split("=")[1]
    token = await identity.make_link(house, ada.actor.user_id)
    made = await client.post("/api/v1/keys", json={"name": "for a program"}, headers=ada.headers)
    holding = "SELECT count(*) FROM {} AS t WHERE t::text LIKE '%' || $1 || '%'"
    async with as_owner(house.settings) as owner:
        for kept in (secret, token, made.json()["key"], ada.key):
            for table in ("sessions", "sign_in_links", "api_keys", "users", "events", "idempotency_keys"):
                found = await owner.fetchval(holding.format(table), kept)
                assert found == 0, table


@pytest.mark.slow
async def test_guessing_is_slowed_down(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_sign_in="3/minute")
    email = await person_with_password(house, ada)
    guesses = [await knock(client, email, f"guess number {at}") for at in range(3)]
    assert {guess.status_code for guess in guesses} == {401}
    late = await knock(client, email.upper(), PASSWORD)
    assert tag(late) == (429, "rate_limited")
    assert int(late.headers["retry-after"]) > 0
    assert (await knock(client, "somebody.else@example.com", "guess")).status_code == 401


@pytest.mark.req("AUTH-11")
async def test_keys_are_an_admins_matter(
    client: httpx.AsyncClient, ada: Person, bob: Person, make_person: MakePerson
) -> None:
    admin = await make_person(beside=ada, role="admin")
    viewer = await make_person(beside=ada, role="viewer")
    made = await client.post("/api/v1/keys", json={"name": "  for a program "}, headers=admin.headers)
    assert made.status_code == 201
    key = made.json()
    assert (key["name"], key["role"], key["hint"]) == ("for a program", "member", key["key"][-4:])
    listed = (await client.get("/api/v1/keys", headers=ada.headers)).json()["items"]
    assert {name: value for name, value in key.items() if name != "key"} in listed
    assert not any("key" in item or "secret_hash" in item for item in listed)
    for person in (bob, viewer):
        assert (await client.get("/api/v1/keys", headers=person.headers)).status_code == 403
        assert (
            await client.post("/api/v1/keys", json={"name": "x"}, headers=person.headers)
        ).status_code == 403
        assert (await client.delete(f"/api/v1/keys/{key['id']}", headers=person.headers)).status_code == 403


async def test_a_key_works_until_it_is_revoked(client: httpx.AsyncClient, ada: Person) -> None:
    key = (await client.post("/api/v1/keys", json={"name": "for a program"}, headers=ada.headers)).json()
    headers = {"authorization": f"bearer {key['key']}"}
    me = (await client.get("/api/v1/me", headers=headers)).json()
    assert (me["role"], me["workspace"]["id"], me["csrf_token"]) == ("member", ada.actor.workspace_id, None)
    assert me["user"]["id"] != ada.actor.user_id
    assert (await client.get("/api/v1/keys", headers=headers)).status_code == 403
    revoked = await client.delete(f"/api/v1/keys/{key['id']}", headers=ada.headers)
    assert revoked.status_code == 204
    assert await status_of_me(client, headers) == 401
    assert (await client.delete("/api/v1/keys/key_nobodys", headers=ada.headers)).status_code == 404


@pytest.mark.req("AUTH-11")
async def test_a_key_may_do_no_more_than_its_person(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    async with as_owner(house.settings) as owner:
        await owner.execute("UPDATE memberships SET role = 'viewer' WHERE user_id = $1", ada.actor.user_id)
    assert (await client.get("/api/v1/me", headers=ada.headers)).json()["role"] == "viewer"
    assert (await client.post("/api/v1/threads", json={}, headers=ada.headers)).status_code == 403


async def test_a_key_goes_before_a_cookie(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person, eve: Person
) -> None:
    browser = await sign_in(house, server, eve.actor.user_id)
    both = {**browser.headers, **ada.headers}
    assert (await client.get("/api/v1/me", headers=both)).json()["user"]["id"] == ada.actor.user_id
    bad = {"cookie": browser.cookie, "authorization": "Bearer sk-st-wrong"}
    assert await status_of_me(client, bad) == 401


@pytest.mark.parametrize("cookie", ["", "x", "é", "\x01", "a" * 5000])
async def test_a_made_up_cookie_opens_nothing(client: httpx.AsyncClient, cookie: str) -> None:
    headers = {"cookie": f"steward_session={cookie}".encode()}
    answer = await client.get("/api/v1/me", headers=headers)  # pyright: ignore[reportArgumentType]
    assert answer.status_code in (400, 401)


def test_a_browser_is_a_cookie_and_a_token() -> None:
    assert Browser("steward_session=s", "t").headers == {"cookie": "steward_session=s", "x-csrf-token": "t"}
