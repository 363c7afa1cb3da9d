from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from steward import app
from steward.identity import service as identity
from steward.identity.errors import EmailTaken, PasswordTooShort
from steward.kernel.errors import Forbidden, Invalid, NotFound
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Database
from tests.conftest import Person
from tests.support.database import as_owner


def address() -> str:
    return f"{new_id('Person')}@Example.com"


async def test_an_address_belongs_to_one(house: Runtime, ada: Person) -> None:
    email = address()
    made = await asyncio.gather(
        *(
            identity.create_user(house, variant, ada.actor.workspace_id, "member", None)
            for variant in (email, email.lower(), f" {email.upper()}", email, email)
        ),
        return_exceptions=True,
    )
    ids = [one for one in made if isinstance(one, str)]
    assert len(ids) == 1
    assert all(isinstance(one, EmailTaken) for one in made if not isinstance(one, str)), made
    assert await identity.find_user(house, email.upper()) == ids[0]


@pytest.mark.parametrize("email", ["", " ", "ada", "ada@", "@example.com", "a b@example.com", "a@b@c"])
async def test_an_address_has_a_name_and_a_host(house: Runtime, ada: Person, email: str) -> None:
    with pytest.raises(Invalid):
        await identity.create_user(house, email, ada.actor.workspace_id, "member", None)


async def test_people_need_a_workspace_and_a_long_password(house: Runtime, ada: Person) -> None:
    with pytest.raises(NotFound, match="steward workspace create"):
        await identity.create_user(house, address(), "ws_nobodys", "member", None)
    with pytest.raises(PasswordTooShort):
        await identity.create_user(house, address(), ada.actor.workspace_id, "member", "x" * 11)
    with pytest.raises(Invalid):
        await identity.create_workspace(house, "  ")


async def test_a_person_with_a_password_signs_in(house: Runtime, ada: Person) -> None:
    email = address()
    user_id = await identity.create_user(house, email, ada.actor.workspace_id, "viewer", "a long password")
    signed_in = await identity.sign_in(house, email, "a long password")
    assert (signed_in.actor.user_id, signed_in.actor.role) == (user_id, "viewer")


async def test_a_workspace_has_a_service_account_for_its_keys(house: Runtime, ada: Person) -> None:
    operator = await identity.service_actor(house, ada.actor.workspace_id)
    assert operator.user_id != ada.actor.user_id
    async with house.database.work(operator) as work:
        made = await identity.create_key(work, "made by the operator")
    actor = await identity.actor_of_key(house, made.key)
    assert (actor.user_id, actor.workspace_id, actor.role) == (
        operator.user_id,
        ada.actor.workspace_id,
        "member",
    )
    assert actor.key_id == made.id
    async with house.database.work(actor) as work:
        with pytest.raises(Forbidden):
            await identity.create_key(work, "a key makes no key")
    with pytest.raises(NotFound):
        await identity.service_actor(house, "ws_nobodys")


async def test_making_and_revoking_a_key_leave_a_trace(house: Runtime, ada: Person) -> None:
    async with house.database.work(ada.actor) as work:
        made = await identity.create_key(work, "watched")
        await identity.revoke_key(work, made.id)
    async with as_owner(house.settings) as owner:
        events = await owner.fetch(
            "SELECT type, metadata FROM events WHERE target_id = $1 ORDER BY id", made.id
        )
    assert [tuple(event) for event in events] == [
        ("api_key_created", {"name": "watched"}),
        ("api_key_revoked", {}),
    ]


@pytest.mark.slow
async def test_an_empty_database_gets_one_owner(tmp_path: Path, house: Runtime) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", log_level="error")  # pyright: ignore[reportCallIssue]
    async with app.open_database(settings) as database:
        fresh = Runtime(settings, database, process_id="proc_test")
        second = Runtime(settings, _another(database), process_id="proc_other")
        owners = await asyncio.gather(
            *(identity.first_owner(one) for one in (fresh, second) for _ in range(2))
        )
        (owner_id,) = set(owners)
        assert owner_id is not None
        workspace_id = await identity.first_workspace(fresh)
        signed_in = await identity.use_link(fresh, await identity.make_link(fresh, owner_id))
        assert signed_in.actor.workspace_id == workspace_id
        assert signed_in.actor.role == "owner"
        assert await identity.first_owner(fresh) == owner_id, (
            "until there is a password, each start prints a link"
        )
        await identity.set_password(fresh, signed_in.actor, "a long password", None)
        assert await identity.first_owner(fresh) is None
        await second.database.close()


def _another(database: Database) -> Database:
    return Database(database.app_url, database.system_url, pool_size=2, pool_seconds=5)
