"""Interviews as their verbs hold them: wrong answers, corrections, two at once, strangers."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from steward.interviews import registry, service
from steward.interviews.definitions import Document, Interview, Question
from steward.interviews.errors import (
    AnswerUnfit,
    InterviewClosed,
    InterviewIncomplete,
    InterviewUnknown,
    QuestionUnknown,
)
from steward.kernel.errors import Forbidden, Invalid, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from tests.conftest import Person
from tests.interviews import held
from tests.interviews.held import answer, cancel, complete, get, make_thread, start


@pytest.mark.req("TOOL-27")
async def test_an_interview_goes_from_its_first_question_to_its_document(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "hybrid_offer")
    assert one.next_question is not None
    assert (one.status, one.title, one.next_question.key) == ("open", "Hybrid offer", "name")
    while one.next_question is not None:
        one = await answer(house, ada.actor, one.id, None, held.OFFER[one.next_question.key])
    assert one.answers == held.OFFER
    assert one.open_required == []
    done = await complete(house, ada.actor, one.id)
    assert (done.status, done.title) == ("complete", "Practice in Ninety Days")
    assert done.completed_at is not None
    assert done.document is not None
    assert done.document.markdown.startswith("# Practice in Ninety Days\n")
    assert await get(house, ada.actor, one.id) == done == await complete(house, ada.actor, one.id)


@pytest.mark.req("TOOL-27")
async def test_one_interview_is_open_in_each_place(house: Runtime, ada: Person, bob: Person) -> None:
    thread = await make_thread(house, ada.actor)
    first = await start(house, ada.actor, "workshop")
    starts = (start(house, ada.actor, "workshop", thread) for _ in range(4))
    started = {one.id for one in await asyncio.gather(*starts)}
    assert len(started) == 1
    others = [
        await start(house, ada.actor, "hybrid_offer"),
        await start(house, bob.actor, "workshop"),
    ]
    assert len({first.id, *started, *(one.id for one in others)}) == 4
    assert (await start(house, ada.actor, "workshop")).id == first.id
    await cancel(house, ada.actor, first.id)
    assert (await start(house, ada.actor, "workshop")).id != first.id


@pytest.mark.req("TOOL-27")
async def test_a_wrong_answer_says_what_fits_and_changes_nothing(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    with pytest.raises(AnswerUnfit, match=r"How many take part\? Give one number"):
        await answer(house, ada.actor, one.id, "participants", "a dozen")
    with pytest.raises(QuestionUnknown, match="topic, audience"):
        await answer(house, ada.actor, one.id, "colour", "red")
    with pytest.raises(QuestionUnknown):
        await answer(house, ada.actor, one.id, "venue", "asked on site only")
    assert (await get(house, ada.actor, one.id)).answers == {}


@pytest.mark.req("TOOL-27")
async def test_answers_come_in_any_order_and_are_corrected(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    await answer(house, ada.actor, one.id, "minutes", 90)
    await answer(house, ada.actor, one.id, "place", "on site")
    await answer(house, ada.actor, one.id, "venue", "Room 4")
    corrected = await answer(house, ada.actor, one.id, "minutes", "120")
    assert corrected.answers == {"minutes": 120, "place": "on site", "venue": "Room 4"}
    moved = await answer(house, ada.actor, one.id, "place", "online")
    assert "venue" not in {question.key for question in moved.questions}
    back = await answer(house, ada.actor, one.id, "place", "on site")
    assert back.answers["venue"] == "Room 4"


@pytest.mark.req("TOOL-27")
async def test_it_is_not_complete_while_required_questions_are_open(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    given = {key: value for key, value in held.WORKSHOP.items() if key not in ("topic", "goals", "follow_up")}
    for key, value in given.items():
        one = await answer(house, ada.actor, one.id, key, value)
    assert one.open_required == ["topic", "goals"]
    with pytest.raises(InterviewIncomplete, match=r"topic \(What is the workshop about\?\), goals"):
        await complete(house, ada.actor, one.id)
    assert (await get(house, ada.actor, one.id)).status == "open"


async def test_when_every_question_was_asked_the_next_one_is_named(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    for key, value in held.WORKSHOP.items():
        await answer(house, ada.actor, one.id, key, value)
    with pytest.raises(QuestionUnknown, match="complete the interview"):
        await answer(house, ada.actor, one.id, None, "more")


@pytest.mark.req("TOOL-27")
async def test_what_is_over_takes_no_answers(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    for key, value in held.WORKSHOP.items():
        await answer(house, ada.actor, one.id, key, value)
    await complete(house, ada.actor, one.id)
    with pytest.raises(InterviewClosed, match="is complete"):
        await answer(house, ada.actor, one.id, "topic", "Another")
    with pytest.raises(InterviewClosed, match="is complete"):
        await cancel(house, ada.actor, one.id)
    other = await start(house, ada.actor, "workshop")
    assert other.answers == {}
    assert (await cancel(house, ada.actor, other.id)).status == "cancelled"
    assert (await cancel(house, ada.actor, other.id)).status == "cancelled"
    with pytest.raises(InterviewClosed, match="is cancelled"):
        await complete(house, ada.actor, other.id)


@pytest.mark.req("TOOL-27")
async def test_answers_that_come_at_once_are_all_kept(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    given = {key: value for key, value in held.WORKSHOP.items() if key not in ("venue", "day")}
    await asyncio.gather(*(answer(house, ada.actor, one.id, key, value) for key, value in given.items()))
    assert (await get(house, ada.actor, one.id)).answers.keys() == given.keys()


@pytest.mark.req("TOOL-27")
async def test_a_call_that_runs_again_changes_nothing(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    first = await answer(house, ada.actor, one.id, None, "Time for deep work", call="run:call")
    assert await answer(house, ada.actor, one.id, None, "Time for deep work", call="run:call") == first
    assert first.answers == {"topic": "Time for deep work"}
    async with house.database.work(ada.actor) as work:
        again = await service.start(work, "workshop", interview_id=one.id)
    assert again == first


@pytest.mark.req("TOOL-27")
async def test_nobody_else_sees_or_changes_an_interview(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    one = await start(house, ada.actor, "workshop")
    for stranger in (bob.actor, eve.actor):
        for attempt in (
            get(house, stranger, one.id),
            answer(house, stranger, one.id, "topic", "Mine"),
            complete(house, stranger, one.id),
            cancel(house, stranger, one.id),
        ):
            with pytest.raises(NotFound):
                await attempt
        async with house.database.work(stranger) as work:
            assert (await service.page(work, limit=10, cursor=None)).items == []
            assert await service.latest(work, "workshop", None) is None
    # A stranger's own interview of the same id is another one.
    async with house.database.work(eve.actor) as work:
        assert (await service.start(work, "workshop", interview_id=one.id)).answers == {}
    assert await get(house, ada.actor, one.id) == one


async def test_a_viewer_reads_only(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    viewer = replace(ada.actor, role="viewer")
    assert await get(house, viewer, one.id) == one
    for attempt in (
        start(house, viewer, "workshop"),
        answer(house, viewer, one.id, "topic", "Mine"),
        complete(house, viewer, one.id),
        cancel(house, viewer, one.id),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_the_list_comes_in_pages_newest_first(house: Runtime, ada: Person) -> None:
    made: list[str] = []
    for _ in range(3):
        one = await start(house, ada.actor, "workshop")
        await cancel(house, ada.actor, one.id)
        made.append(one.id)
    made.append((await start(house, ada.actor, "hybrid_offer")).id)
    async with house.database.work(ada.actor) as work:
        first = await service.page(work, limit=3, cursor=None)
        second = await service.page(work, limit=3, cursor=first.next_cursor)
        cancelled = await service.page(work, limit=10, cursor=None, status="cancelled")
        offers = await service.page(work, limit=10, cursor=None, definition="hybrid_offer")
        with pytest.raises(Invalid, match="cursor"):
            await service.page(work, limit=3, cursor="rubbish")
    assert [one.id for one in (*first.items, *second.items)] == made[::-1]
    assert second.next_cursor is None
    assert [one.id for one in cancelled.items] == made[2::-1]
    assert [one.id for one in offers.items] == made[3:]


async def test_an_unknown_kind_is_refused(house: Runtime, ada: Person) -> None:
    with pytest.raises(InterviewUnknown, match=r"hybrid_offer, .*workshop"):
        await start(house, ada.actor, "horoscope")


@pytest.mark.req("TOOL-27")
async def test_what_a_new_version_no_longer_takes_is_asked_again(house: Runtime, ada: Person) -> None:
    old = registry.register(
        Interview(
            "of_two_versions",
            1,
            "Of two versions",
            "",
            (Question("size", "How large?"), Question("name", "Which name?")),
            lambda given: Document("Old", "old"),
        )
    )
    one = await start(house, ada.actor, old.name)
    await answer(house, ada.actor, one.id, "size", "large")
    await answer(house, ada.actor, one.id, "name", "Tower")
    # What another release of the server would bring.
    object.__setattr__(
        old, "questions", (Question("size", "How large?", type="number"), Question("name", "Which name?"))
    )
    object.__setattr__(old, "version", 2)
    seen = await get(house, ada.actor, one.id)
    assert (seen.answers, seen.open_required) == ({"name": "Tower"}, ["size"])
    await answer(house, ada.actor, one.id, None, 5)
    assert (await complete(house, ada.actor, one.id)).answers == {"size": 5, "name": "Tower"}


async def test_an_interview_of_a_kind_that_is_gone_can_be_read(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    await answer(house, ada.actor, one.id, "topic", "Deep work")
    async with house.database.work(ada.actor) as work:
        gone = text("UPDATE interviews SET definition = 'gone' WHERE id = :id")
        await work.session.execute(gone, {"id": one.id})
    seen = await get(house, ada.actor, one.id)
    assert (seen.title, seen.answers, seen.questions) == ("gone", {"topic": "Deep work"}, [])
    assert (seen.next_question, seen.open_required) == (None, [])
    with pytest.raises(InterviewUnknown):
        await answer(house, ada.actor, one.id, "topic", "Another")
    assert (await cancel(house, ada.actor, one.id)).status == "cancelled"


async def test_an_interview_goes_with_its_conversation(house: Runtime, ada: Person) -> None:
    thread = await make_thread(house, ada.actor)
    one = await start(house, ada.actor, "workshop", thread)
    async with house.database.work(ada.actor) as work:
        await work.session.execute(text("DELETE FROM threads WHERE id = :id"), {"id": thread})
    with pytest.raises(NotFound):
        await get(house, ada.actor, one.id)


async def test_every_change_is_in_the_audit_log_without_what_was_said(house: Runtime, ada: Person) -> None:
    one = await start(house, ada.actor, "workshop")
    for key, value in held.WORKSHOP.items():
        await answer(house, ada.actor, one.id, key, value)
    await complete(house, ada.actor, one.id)
    events = await _events(house, ada.actor, one.id)
    answered = [("interview_answered", {"question": key}) for key in held.WORKSHOP]
    kind = {"definition": "workshop"}
    assert events == [("interview_started", kind), *answered, ("interview_completed", kind)]


async def _events(house: Runtime, actor: Actor, target_id: str) -> list[tuple[str, dict[str, str]]]:
    async with house.database.work(actor) as work:
        query = text("SELECT type, metadata FROM events WHERE target_id = :id ORDER BY id")
        return [(row[0], row[1]) for row in await work.session.execute(query, {"id": target_id})]
