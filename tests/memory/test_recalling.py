from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.kernel.runtime import Runtime
from steward.memory import profiles, recalling, service
from steward.memory.schemas import Kind, Note, ProfileUpdate
from tests.conftest import Person

TOLD = [
    Note("goals", "I want to run a half marathon in October.", 0.8),
    Note("challenges", "My knee hurts after long runs.", 0.7),
    Note("progress", "I ran ten kilometres without a break.", 0.6),
    Note("recent", "Yesterday I bought new running shoes.", 0.4),
    Note("fact", "I am allergic to hazelnuts.", 0.7),
    Note("fact", "My sister runs a bakery.", 0.5),
    Note("recent", "Last week I ran in the rain.", 0.4),
]


@pytest.mark.req("MEMO-01", "MEMO-03")
async def test_what_fits_a_question_is_recalled_and_at_most_five(ada: Person) -> None:
    await service.remember(ada.actor, TOLD)
    found = await recalling.recall(ada.actor, "Which nuts am I allergic to?")
    assert [memory.text for memory in found] == ["I am allergic to hazelnuts."]
    running = await recalling.recall(ada.actor, "How should I run the half marathon in October?")
    assert running[0].text == "I want to run a half marathon in October."
    assert len(running) <= 5
    turn = await recalling.for_turn(ada.actor, "I run, I ran, I am running: run running runs marathon")
    assert len(turn.memories) == 5


async def test_what_fits_nothing_recalls_nothing(ada: Person) -> None:
    await service.remember(ada.actor, TOLD)
    assert await recalling.recall(ada.actor, "What is the capital of Mongolia?") == []
    assert await recalling.recall(ada.actor, "") == []


@pytest.mark.req("MEMO-02")
@pytest.mark.parametrize("kind", ["recent", "goals", "challenges", "progress"])
async def test_a_kind_narrows_what_is_recalled(ada: Person, kind: Kind) -> None:
    await service.remember(ada.actor, TOLD)
    found = await recalling.recall(ada.actor, "running a half marathon, long runs, a break", kinds=[kind])
    assert {memory.kind for memory in found} <= {kind}


@pytest.mark.req("MEMO-07")
async def test_a_turn_is_told_of_the_person_and_its_message_keeps_what(house: Runtime, ada: Person) -> None:
    async with house.database.transaction(ada.actor) as work:
        await profiles.change(work, ProfileUpdate(display_name="Ada", role="Baker", about="x" * 1000))
    await service.remember(ada.actor, TOLD)
    told = await recalling.for_turn(ada.actor, "Which nuts am I allergic to?")
    assert [memory.kind for memory in told.memories] == ["fact", "goals"]
    assert '- Name: "Ada"' in told.block
    assert "hazelnuts" in told.block
    kept = told.metadata["profile_context"]
    assert kept["profile"][:2] == ['Name: "Ada"', 'Role: "Baker"']
    assert kept["memories"] == [{"id": one.id, "kind": one.kind} for one in told.memories]
    # What somebody deletes shall be gone: the message names memories and does not repeat them.
    assert "hazelnuts" not in str(told.metadata)
    assert sum(map(len, kept["profile"])) <= recalling.METADATA_CHARS
    async with house.database.transaction(ada.actor) as work:
        recalled = [await service.get(work, one.id) for one in told.memories]
    assert all(one.last_recalled_at is not None for one in recalled)


async def test_whoever_says_nothing_of_themselves_is_told_of_with_nothing(
    house: Runtime, ada: Person
) -> None:
    told = await recalling.for_turn(ada.actor, "Hello!")
    assert (told.memories, told.block, told.metadata) == ([], "", {})


async def test_switched_off_memory_recalls_nothing_and_keeps_the_profile(house: Runtime, ada: Person) -> None:
    await service.remember(ada.actor, TOLD)
    async with house.database.transaction(ada.actor) as work:
        await profiles.change(work, ProfileUpdate(role="Baker", is_memory_on=False))
    told = await recalling.for_turn(ada.actor, "Which nuts am I allergic to?")
    assert told.memories == []
    assert '- Role: "Baker"' in told.block
    async with house.database.transaction(ada.actor) as work:
        assert await recalling.newest(work, "goals") == []


@pytest.mark.req("MEMO-13", "MEMO-10")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(st.sampled_from(TOLD), min_size=1, max_size=4, unique_by=lambda note: note.text),
    question=st.one_of(st.sampled_from([note.text for note in TOLD]), st.text(max_size=60)),
)
async def test_nobody_recalls_what_somebody_else_told(
    ada: Person, bob: Person, eve: Person, told: list[Note], question: str
) -> None:
    await service.remember(ada.actor, told)
    own = {memory.id for memory in await recalling.recall(ada.actor, question, limit=100)}
    for other in (bob, eve):
        assert await recalling.recall(other.actor, question, limit=100) == []
        assert (await recalling.for_turn(other.actor, question)).memories == []
    await service.remember(bob.actor, told)
    theirs = {memory.id for memory in await recalling.recall(bob.actor, question, limit=100)}
    assert own.isdisjoint(theirs)
    async with recalling.runtime.current().database.transaction(bob.actor) as work:
        await service.delete_all(work)
