from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from steward.identity import members
from steward.identity import service as identity
from steward.identity.errors import EmailTaken, LinkUsedOrExpired
from steward.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, Role
from tests.conftest import Person

ADDRESS = "/api/v1/members"


def address() -> str:
    return f"{new_id('person')}@example.com"


def token_of(link: str | None) -> str:
    assert link is not None
    path, _, token = link.partition("#token=")
    assert path.endswith("/welcome")
    return token


async def colleague(house: Runtime, ada: Person, role: Role) -> Actor:
    """Somebody else in the workspace, signed in."""
    added = await members.add(house, ada.actor, address(), role)
    return (await identity.use_link(house, token_of(added.link))).actor


async def roles(client: httpx.AsyncClient, person: Person) -> dict[str, Role]:
    read = await client.get(ADDRESS, headers=person.headers)
    return {one["user_id"]: one["role"] for one in read.json()["items"]}


async def events(client: httpx.AsyncClient, person: Person, type: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/events", params={"type": type}, headers=person.headers)
    return answer.json()["items"]


async def test_somebody_new_comes_in_by_a_link_that_works_once(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    email = address()
    answer = await client.post(ADDRESS, json={"email": email, "role": "viewer"}, headers=ada.headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    added = answer.json()
    assert (added["email"], added["role"], added["name"]) == (email, "viewer", email.split("@")[0])
    token = token_of(added["link"])
    actor = (await identity.use_link(house, token)).actor
    assert (actor.user_id, actor.workspace_id, actor.role) == (
        added["user_id"],
        ada.actor.workspace_id,
        "viewer",
    )
    with pytest.raises(LinkUsedOrExpired):
        await identity.use_link(house, token)
    [event] = await events(client, ada, "member_added")
    assert event["target_id"] == actor.user_id
    assert event["actor_id"] == ada.actor.user_id
    assert event["metadata"] == {"name": added["name"], "role": "viewer"}
    assert token not in str(event)


async def test_people_are_listed_by_name_and_programs_are_not(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    await client.post("/api/v1/keys", json={"name": "a program"}, headers=ada.headers)
    added = [await members.add(house, ada.actor, f"{letter}-{address()}", "member") for letter in "cab"]
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        read = (await client.get(ADDRESS, params=query, headers=ada.headers)).json()
        seen += read["items"]
        cursor = read["next_cursor"]
        if cursor is None:
            break
    names = [one["name"] for one in seen]
    assert names == sorted(names, key=str.lower)
    assert {one["user_id"] for one in seen} == {ada.actor.user_id, *(one.user_id for one in added)}
    assert all(one["email"] for one in seen)
    wrong = await client.get(ADDRESS, params={"cursor": "nothing"}, headers=ada.headers)
    assert wrong.status_code == 422


async def test_members_see_names_and_roles_but_addresses_of_nobody_else(house: Runtime, ada: Person) -> None:
    member = await colleague(house, ada, "member")
    async with house.database.transaction(member) as work:
        shown = {one.user_id: one for one in (await members.page(work, limit=50)).items}
    assert shown[ada.actor.user_id].email is None
    assert shown[ada.actor.user_id].role == "owner"
    assert shown[member.user_id].email is not None


async def test_a_viewer_and_a_member_change_nothing(house: Runtime, ada: Person) -> None:
    viewer, member = await colleague(house, ada, "viewer"), await colleague(house, ada, "member")
    with pytest.raises(Forbidden):
        async with house.database.transaction(viewer) as work:
            await members.page(work, limit=50)
    for actor in (viewer, member):
        with pytest.raises(Forbidden):
            await members.add(house, actor, address(), "viewer")
        with pytest.raises(Forbidden):
            await members.set_role(house, actor, actor.user_id, "viewer")
        with pytest.raises(Forbidden):
            await members.remove(house, actor, actor.user_id)


async def test_nobody_gives_or_takes_a_role_above_their_own(house: Runtime, ada: Person) -> None:
    admin, member = await colleague(house, ada, "admin"), await colleague(house, ada, "member")
    assert (await members.set_role(house, admin, member.user_id, "admin")).role == "admin"
    for refused in (
        members.set_role(house, admin, member.user_id, "owner"),
        members.set_role(house, admin, ada.actor.user_id, "member"),
        members.remove(house, admin, ada.actor.user_id),
        members.add(house, admin, address(), "owner"),
    ):
        with pytest.raises(Forbidden, match="Ask an owner"):
            await refused


async def test_a_role_counts_from_the_next_request_on(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    added = await members.add(house, ada.actor, address(), "member")
    signed_in = await identity.use_link(house, token_of(added.link))
    path = f"{ADDRESS}/{added.user_id}"
    for _ in range(2):
        answer = await client.patch(path, json={"role": "viewer"}, headers=ada.headers)
        assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    actor, _ = await identity.actor_of_session(house, signed_in.secret)
    assert actor.role == "viewer"
    [event] = await events(client, ada, "member_role_changed")
    assert event["metadata"] == {"name": added.name, "before": "member", "role": "viewer"}
    wrong = await client.patch(path, json={"role": "king"}, headers=ada.headers)
    assert wrong.status_code == 422


async def test_who_is_removed_is_out_at_once_and_can_come_back(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    added = await members.add(house, ada.actor, address(), "member")
    signed_in = await identity.use_link(house, token_of(added.link))
    key = await identity.create_personal_key(house, signed_in.actor, "mine")
    answer = await client.delete(f"{ADDRESS}/{added.user_id}", headers=ada.headers)
    assert answer.status_code == 204
    with pytest.raises(Unauthorized):
        await identity.actor_of_session(house, signed_in.secret)
    with pytest.raises(Unauthorized):
        await identity.actor_of_key(house, key)
    assert added.user_id not in await roles(client, ada)
    [event] = await events(client, ada, "member_removed")
    assert event["target_id"] == added.user_id
    again = await client.delete(f"{ADDRESS}/{added.user_id}", headers=ada.headers)
    assert again.status_code == 404
    # Whoever had signed in before gets no link: with it an admin could read what is theirs.
    back = await members.add(house, ada.actor, added.email or "", "viewer")
    assert (back.user_id, back.role, back.link) == (added.user_id, "viewer", None)


async def test_the_last_owner_stays(house: Runtime, ada: Person) -> None:
    for refused in (
        members.set_role(house, ada.actor, ada.actor.user_id, "admin"),
        members.remove(house, ada.actor, ada.actor.user_id),
    ):
        with pytest.raises(Conflict, match="keeps one owner"):
            await refused
    other = await colleague(house, ada, "owner")
    # Two who take each other's role away at once leave one.
    ended = await asyncio.gather(
        members.set_role(house, ada.actor, other.user_id, "member"),
        members.set_role(house, other, ada.actor.user_id, "member"),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Conflict) for one in ended) == 1, ended
    async with house.database.transaction(ada.actor) as work:
        owners = [one for one in (await members.page(work, limit=50)).items if one.role == "owner"]
    assert len(owners) == 1


async def test_an_invitation_that_nobody_used_is_made_anew(house: Runtime, ada: Person) -> None:
    email = address()
    first = await members.add(house, ada.actor, email, "member")
    second = await members.add(house, ada.actor, f" {email.upper()} ", "viewer")
    assert (second.user_id, second.role) == (first.user_id, "viewer")
    with pytest.raises(LinkUsedOrExpired):
        await identity.use_link(house, token_of(first.link))
    await identity.use_link(house, token_of(second.link))
    with pytest.raises(Conflict, match="member of this workspace already"):
        await members.add(house, ada.actor, email, "member")


async def test_nobody_gets_a_link_for_somebody_of_another_workspace(
    house: Runtime, ada: Person, eve: Person
) -> None:
    async with house.database.transaction(eve.actor) as work:
        [hers] = (await members.page(work, limit=50)).items
    with pytest.raises(EmailTaken):
        await members.add(house, ada.actor, hers.email or "", "member")
    invited = await members.add(house, eve.actor, address(), "member")
    with pytest.raises(EmailTaken):
        await members.add(house, ada.actor, invited.email or "", "member")


async def test_a_stranger_finds_nobody(
    client: httpx.AsyncClient, house: Runtime, ada: Person, eve: Person
) -> None:
    member = await colleague(house, ada, "member")
    assert member.user_id not in await roles(client, eve)
    for refused in (
        members.set_role(house, eve.actor, member.user_id, "viewer"),
        members.remove(house, eve.actor, member.user_id),
        members.remove(house, eve.actor, "user_nobody"),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_the_account_of_the_keys_is_no_member(house: Runtime, ada: Person) -> None:
    service_user = (await identity.service_actor(house, ada.actor.workspace_id)).user_id
    with pytest.raises(NotFound):
        await members.remove(house, ada.actor, service_user)


async def test_an_address_has_a_name_and_a_host(house: Runtime, ada: Person) -> None:
    with pytest.raises(Invalid):
        await members.add(house, ada.actor, "nobody", "member")
