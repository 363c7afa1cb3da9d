from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from pydantic import BaseModel

from steward.kernel.errors import Invalid, NotFound
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.things import service as things
from steward.things.errors import KindUnknown
from steward.things.service import Kind, Thing
from tests.conftest import MakePerson, Person


class Boat(BaseModel):
    """What floats, for the tests."""

    sails: int
    builder: str | None = None


class Harbour(BaseModel):
    """Where boats lie, for the tests."""

    berths: int


BOAT = things.register(Kind("test_boat", "boat", Boat, "Boat", statuses=("active", "sunk"), shared=True))
HARBOUR = things.register(Kind("test_harbour", "harbour", Harbour, "Harbour"))


async def launch(
    house: Runtime, person: Person, name: str = "Dinghy", *, sails: int = 2, builder: str | None = None
) -> Thing:
    async with house.database.transaction(person.actor) as work:
        return await things.create(work, BOAT, name, Boat(sails=sails, builder=builder))


@pytest.mark.req("ONTO-03")
async def test_a_thing_comes_back_as_it_was_made(house: Runtime, ada: Person) -> None:
    made = await launch(house, ada, "Dinghy ⛵", builder="the yard")
    async with house.database.work(ada.actor) as work:
        read = await things.get(work, BOAT, made.id)
        assert await things.find(work, BOAT, made.id) == read
        assert await things.get_any(work, made.id) == read
    assert read == made
    assert read.id.startswith("boat_")
    assert (read.kind, read.name, read.status) == ("test_boat", "Dinghy ⛵", "active")
    assert read.properties == {"sails": 2, "builder": "the yard"}
    assert read.read(Boat) == Boat(sails=2, builder="the yard")
    assert read.created_by == ada.actor.user_id
    assert isinstance(read.created_at, datetime)


async def test_a_thing_with_a_given_id_is_made_once(house: Runtime, ada: Person) -> None:
    boat_id = new_id("boat")

    async def make(name: str) -> tuple[Thing, bool]:
        async with house.database.transaction(ada.actor) as work:
            return await things.create_once(work, BOAT, boat_id, name, Boat(sails=1))

    made = await asyncio.gather(*(make(f"Boat {number}") for number in range(5)))
    assert len({thing.name for thing, _ in made}) == 1
    assert sorted(is_new for _, is_new in made) == [False, False, False, False, True]
    async with house.database.transaction(ada.actor) as work:
        assert await things.count(work, BOAT) == 1
        with pytest.raises(NotFound):
            await things.create(work, HARBOUR, "Quay", Harbour(berths=3), thing_id=boat_id)


async def test_a_change_leaves_what_it_does_not_name(house: Runtime, ada: Person) -> None:
    boat = await launch(house, ada)
    async with house.database.transaction(ada.actor) as work:
        locked = await things.get(work, BOAT, boat.id, lock=True)
        renamed = await things.change(work, locked, name="Yawl")
    assert (renamed.name, renamed.status, renamed.properties) == ("Yawl", boat.status, boat.properties)
    assert renamed.updated_at > boat.updated_at
    async with house.database.transaction(ada.actor) as work:
        sunk = await things.change(work, renamed, status="sunk", properties=Boat(sails=0))
    assert (sunk.name, sunk.status, sunk.properties) == ("Yawl", "sunk", {"sails": 0, "builder": None})


async def test_what_is_deleted_is_gone_with_its_connections(house: Runtime, ada: Person) -> None:
    boat, other = await launch(house, ada), await launch(house, ada)
    async with house.database.transaction(ada.actor) as work:
        await things.connect(work, "tows", boat.id, other.id)
        await things.connect(work, "tows", other.id, boat.id)
        await things.connect(work, "tows", other.id, other.id)
        await things.delete(work, BOAT, boat.id)
        assert await things.find(work, BOAT, boat.id) is None
        assert [one.to_id for one in (await things.connections(work, limit=9)).items] == [other.id]
        with pytest.raises(NotFound):
            await things.delete(work, BOAT, boat.id)
        with pytest.raises(NotFound):
            await things.change(work, boat, name="Ghost")


async def test_another_kind_is_not_found(house: Runtime, ada: Person) -> None:
    boat = await launch(house, ada)
    async with house.database.transaction(ada.actor) as work:
        with pytest.raises(NotFound, match="There is no such harbour"):
            await things.get(work, HARBOUR, boat.id)
        with pytest.raises(NotFound):
            await things.delete(work, HARBOUR, boat.id)
        assert await things.find(work, BOAT, boat.id) == boat


@pytest.mark.req("AUTH-05")
async def test_a_stranger_finds_nothing(house: Runtime, ada: Person, eve: Person) -> None:
    boat = await launch(house, ada)
    async with house.database.transaction(ada.actor) as work:
        await things.connect(work, "tows", boat.id, boat.id)
    async with house.database.transaction(eve.actor) as work:
        for attempt in (
            things.get(work, BOAT, boat.id),
            things.get(work, BOAT, boat.id, lock=True),
            things.get_any(work, boat.id),
            things.change(work, boat, name="Mine"),
            things.delete(work, BOAT, boat.id),
        ):
            with pytest.raises(NotFound):
                await attempt
        assert await things.find(work, BOAT, boat.id) is None
        assert (await things.page_of_all(work, None, limit=9)).items == []
        assert (await things.connections(work, limit=9)).items == []
        assert (await things.count(work, BOAT), await things.count_connections(work)) == (0, 0)
    async with house.database.transaction(ada.actor) as work:
        assert await things.get(work, BOAT, boat.id) == boat


async def test_a_list_is_newest_first_and_goes_on(house: Runtime, ada: Person) -> None:
    boats = [await launch(house, ada, f"Boat {number}", sails=number % 2) for number in range(5)]
    async with house.database.transaction(ada.actor) as work:
        await things.create(work, HARBOUR, "Quay", Harbour(berths=3))
        await things.change(work, boats[3], status="sunk")
        first = await things.page(work, BOAT, limit=3)
        rest = await things.page(work, BOAT, limit=3, cursor=first.next_cursor)
        assert [one.name for one in first.items + rest.items] == [
            f"Boat {number}" for number in (4, 3, 2, 1, 0)
        ]
        assert rest.next_cursor is None
        sunk = await things.page(work, BOAT, limit=9, status="sunk")
        assert [one.name for one in sunk.items] == ["Boat 3"]
        odd = await things.page(work, BOAT, limit=9, holding={"sails": 1}, query="BOAT")
        assert [one.name for one in odd.items] == ["Boat 3", "Boat 1"]
        assert (await things.page(work, BOAT, limit=9, query="%")).items == []
        assert len((await things.page_of_all(work, None, limit=9)).items) == 6
        assert await things.count(work, BOAT) == 5
        assert await things.count(work, BOAT, status="sunk") == 1
        assert await things.count_of_all(work, None) == 6
        with pytest.raises(Invalid):
            await things.page(work, BOAT, limit=3, cursor="nonsense")


@pytest.mark.req("ONTO-04")
async def test_a_connection_is_drawn_once_and_remembers_the_last_time(house: Runtime, ada: Person) -> None:
    boat = await launch(house, ada)
    for sails in (1, 2):
        async with house.database.transaction(ada.actor) as work:
            await things.connect(
                work, "user_sails_boat", ada.actor.user_id, boat.id, lastTrip=sails, **{f"trip{sails}": True}
            )
            (arrow,) = (await things.connections(work, limit=9, to_id=boat.id)).items
    assert (arrow.type, arrow.from_id, arrow.to_id) == ("user_sails_boat", ada.actor.user_id, boat.id)
    assert arrow.metadata == {"lastTrip": 2, "trip1": True, "trip2": True}
    assert arrow.updated_at > arrow.created_at


async def test_whom_a_colleague_talks_to_is_shown_to_admins_only(
    house: Runtime, ada: Person, bob: Person
) -> None:
    boat = await launch(house, ada)
    async with house.database.transaction(ada.actor) as work:
        await things.connect(work, "user_sails_boat", ada.actor.user_id, boat.id)
        await things.connect(work, "user_sails_boat", bob.actor.user_id, boat.id)
        await things.connect(work, "tows", boat.id, boat.id)
        seen_by_ada = (await things.connections(work, limit=9)).items
        assert await things.count_connections(work) == 3
    async with house.database.transaction(bob.actor) as work:
        seen_by_bob = (await things.connections(work, limit=9)).items
        assert await things.count_connections(work) == 2
        assert (await things.connections(work, limit=9, from_id=ada.actor.user_id)).items == []
    assert len(seen_by_ada) == 3
    assert {one.from_id for one in seen_by_bob} == {bob.actor.user_id, boat.id}


@pytest.mark.req("AUTH-05")
async def test_a_kind_that_is_not_shared_is_listed_for_its_maker_and_admins(
    house: Runtime, ada: Person, bob: Person, make_person: MakePerson
) -> None:
    admin = await make_person(beside=ada, role="admin")
    carl = await make_person(beside=ada, role="member")
    boat = await launch(house, ada)
    async with house.database.transaction(bob.actor) as work:
        harbour = await things.create(work, HARBOUR, "Quay", Harbour(berths=3))
    for person, expected in (
        (ada, [harbour, boat]),
        (admin, [harbour, boat]),
        (bob, [harbour, boat]),
        (carl, [boat]),
    ):
        async with house.database.transaction(person.actor) as work:
            assert (await things.page_of_all(work, None, limit=9)).items == expected
            assert await things.count_of_all(work, None) == len(expected)
            assert await things.count_of_all(work, HARBOUR) == len(expected) - 1
            # Its own room decides by itself.
            assert (await things.page(work, HARBOUR, limit=9)).items == [harbour]
    async with house.database.transaction(carl.actor) as work:
        with pytest.raises(NotFound, match="There is no such thing"):
            await things.get_any(work, harbour.id)


async def test_what_does_not_fit_its_kind_is_a_bug(house: Runtime, ada: Person) -> None:
    boat = await launch(house, ada)
    async with house.database.transaction(ada.actor) as work:
        with pytest.raises(TypeError, match="a test_boat holds Boat, not Harbour"):
            await things.change(work, boat, properties=Harbour(berths=1))
        with pytest.raises(ValueError, match="a test_boat is one of active, sunk, not lost"):
            await things.create(work, BOAT, "Dinghy", Boat(sails=1), status="lost")
    with pytest.raises(ValueError, match="two kinds are called test_boat"):
        things.register(Kind("test_boat", "boat", Harbour, "Boat"))
    with pytest.raises(ValueError, match="no name of a kind"):
        things.register(Kind("Test Boat", "boat", Harbour, "Boat"))
    assert things.register(BOAT) is BOAT
    with pytest.raises(KindUnknown):
        things.named("test_submarine")
