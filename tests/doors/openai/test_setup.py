"""The setup of an assistant where none is configured."""

from __future__ import annotations

import pytest

from steward.agents.schemas import SetupRequest
from steward.doors.openai import setup
from steward.kernel.errors import Forbidden
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person


@pytest.mark.req("DEPL-12", "AGNT-26", "THRD-03")
async def test_the_first_call_makes_it_and_the_next_finds_it(
    house: Runtime, ada: Person, eve: Person, make_person: MakePerson
) -> None:
    async with house.database.transaction(ada.actor) as work:
        made = await setup.set_up_assistant(work)
    assert (made["object"], made["id"].startswith("asst_")) == ("assistant", True)
    async with house.database.transaction(ada.actor) as work:
        assert (await setup.set_up_assistant(work))["id"] == made["id"]
        other = await setup.set_up_assistant(work, SetupRequest(type="support"))
    assert other["id"] != made["id"]
    async with house.database.transaction(eve.actor) as work:
        assert (await setup.set_up_assistant(work))["id"] != made["id"]
    member = await make_person(beside=ada, role="member")
    with pytest.raises(Forbidden):
        async with house.database.transaction(member.actor) as work:
            await setup.set_up_assistant(work)
