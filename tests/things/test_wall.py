"""Another workspace's things and connections are never reached, whatever is asked, changed or named."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from steward.kernel.errors import NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.work import Transaction
from steward.things import service as things
from steward.things.service import Connection, Kind, Thing
from tests.conftest import MakePerson, Person

Verb = Literal["create", "get", "lock", "find", "any", "change", "delete", "connect", "list", "arrows"]


class Parcel(BaseModel):
    """Something that somebody owns, for the tests."""

    grams: int = 0


PARCEL = things.register(Kind("test_parcel", "parcel", Parcel, "Parcel", shared=True))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that a stranger tries, on one of three things and perhaps towards another."""

    verb: Verb
    at: int
    to: int
    words: str


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
ATTEMPTS = st.builds(Attempt, st.sampled_from(Verb.__args__), st.integers(0, 2), st.integers(0, 2), WORDS)


async def attempt(work: Transaction, tried: Attempt, owned: list[Thing]) -> list[Thing | Connection]:
    """What the stranger gets to see."""
    thing, other = owned[tried.at], owned[tried.to]
    match tried.verb:
        case "create":
            return [await things.create(work, PARCEL, tried.words, Parcel(), thing_id=thing.id)]
        case "get" | "lock":
            return [await things.get(work, PARCEL, thing.id, lock=tried.verb == "lock")]
        case "find":
            found = await things.find(work, PARCEL, thing.id)
            return [] if found is None else [found]
        case "any":
            return [await things.get_any(work, thing.id)]
        case "change":
            return [await things.change(work, thing, name=tried.words, properties=Parcel(grams=1))]
        case "delete":
            await things.delete(work, PARCEL, thing.id)
            return []
        case "connect":
            await things.connect(work, "beside", thing.id, other.id, words=tried.words)
            return []
        case "list":
            return [*(await things.page(work, PARCEL, limit=9, query=tried.words)).items]
        case "arrows":
            return [*(await things.connections(work, limit=9, from_id=thing.id)).items]


async def everything(house: Runtime, person: Person) -> tuple[list[Thing], list[Connection]]:
    async with house.database.transaction(person.actor) as work:
        held = await things.page_of_all(work, None, limit=99)
        return held.items, (await things.connections(work, limit=99)).items


@pytest.mark.slow
@pytest.mark.req("AUTH-05")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attempts=st.lists(ATTEMPTS, min_size=1, max_size=8))
async def test_a_stranger_reaches_nothing(
    house: Runtime, make_person: MakePerson, attempts: list[Attempt]
) -> None:
    ada, eve = await make_person(), await make_person()
    async with house.database.transaction(ada.actor) as work:
        owned = [await things.create(work, PARCEL, f"Parcel {number}", Parcel()) for number in range(3)]
        await things.connect(work, "beside", owned[0].id, owned[1].id, by="ada")
    before = await everything(house, ada)
    hers = {one.id for one in before[1]}
    for tried in attempts:
        with contextlib.suppress(NotFound):
            async with house.database.transaction(eve.actor) as work:
                for seen in await attempt(work, tried, owned):
                    # What bears an id of ada's is eve's own, since she may call hers what she likes.
                    assert (
                        seen.created_by == eve.actor.user_id
                        if isinstance(seen, Thing)
                        else seen.id not in hers
                    )
    assert await everything(house, ada) == before
