"""A model leads a person through an interview, in one conversation, by calls that act once."""

from __future__ import annotations

from typing import Any

import pytest

from steward.interviews import tools
from steward.interviews.errors import AnswerUnfit, InterviewIncomplete
from steward.kernel.runtime import Runtime
from steward.kernel.tools import Tool, ToolRetry
from steward.kernel.work import Actor
from tests.conftest import Person
from tests.interviews import held
from tests.interviews.held import call_of, make_thread


async def call(tool: Tool, actor: Actor, thread: str, **arguments: Any) -> Any:
    return await tool.call(call_of(actor, thread), arguments)


@pytest.mark.req("TOOL-27")
@pytest.mark.parametrize(
    ("tool", "given", "title"),
    [
        (tools.hybrid_offer_creator, held.OFFER, "# Practice in Ninety Days"),
        pytest.param(
            tools.workshop_generator,
            held.WORKSHOP,
            "# Workshop: Time for deep work",
            marks=pytest.mark.req("TOOL-28"),
        ),
    ],
    ids=["offer", "workshop"],
)
async def test_a_guided_run_gives_the_document(
    house: Runtime, ada: Person, tool: Tool, given: dict[str, Any], title: str
) -> None:
    thread = await make_thread(house, ada.actor)
    turn = await call(tool, ada.actor, thread, action="start", chatId=thread)
    asked: list[str] = []
    while turn["question"] is not None:
        key = turn["question"]["key"]
        asked.append(key)
        turn = await call(tool, ada.actor, thread, action="answer", questionKey=key, answer=given[key])
    assert asked == list(given)
    assert (turn["answered"], turn["total"], turn["openRequired"]) == (len(given), len(given), [])
    assert "action complete" in turn["note"]
    done = await call(tool, ada.actor, thread, action="complete")
    assert done["status"] == "complete"
    assert done["document"]["markdown"].startswith(title)
    # Called again, the document is the same; and so it is for whoever asks later.
    assert await call(tool, ada.actor, thread, action="complete") == done
    assert await call(tool, ada.actor, thread, action="status") == done


@pytest.mark.req("TOOL-27")
async def test_each_conversation_has_its_own(house: Runtime, ada: Person, bob: Person, eve: Person) -> None:
    tool = tools.hybrid_offer_creator
    mine, other = await make_thread(house, ada.actor), await make_thread(house, ada.actor)
    started = await call(tool, ada.actor, mine, action="start")
    with pytest.raises(ToolRetry, match="without chatId"):
        await call(tool, ada.actor, mine, action="status", chatId=other)
    with pytest.raises(ToolRetry, match="action start"):
        await call(tool, ada.actor, other, action="status")
    for stranger in (bob.actor, eve.actor):
        with pytest.raises(ToolRetry, match="action start"):
            await call(tool, stranger, mine, action="answer", answer="Mine")
    assert await call(tool, ada.actor, mine, action="status") == started
    with pytest.raises(ToolRetry, match="action start"):
        await call(tools.workshop_generator, ada.actor, mine, action="status")


@pytest.mark.req("TOOL-27")
async def test_a_call_that_runs_again_acts_once(house: Runtime, ada: Person) -> None:
    tool = tools.workshop_generator
    thread = await make_thread(house, ada.actor)
    start, first, second = (call_of(ada.actor, thread) for _ in range(3))
    started = await tool.call(start, {"action": "start"})
    assert await tool.call(start, {"action": "start"}) == started
    topic = {"action": "answer", "answer": "Deep work"}
    answered = await tool.call(first, topic)
    assert await tool.call(first, topic) == answered
    assert answered["question"]["key"] == "audience"
    assert (await tool.call(second, topic))["answered"] == 2
    # The answer before, once more: the one behind it stays.
    assert (await tool.call(first, topic))["answered"] == 2


@pytest.mark.req("TOOL-27")
async def test_a_wrong_answer_is_told_to_the_model(house: Runtime, ada: Person) -> None:
    tool = tools.workshop_generator
    thread = await make_thread(house, ada.actor)
    await call(tool, ada.actor, thread, action="start")
    with pytest.raises(AnswerUnfit, match="such as 09:30"):
        await call(tool, ada.actor, thread, action="answer", questionKey="starts_at", answer="early")
    with pytest.raises(AnswerUnfit, match="needs an answer"):
        await call(tool, ada.actor, thread, action="answer", questionKey="topic")
    with pytest.raises(InterviewIncomplete, match="topic"):
        await call(tool, ada.actor, thread, action="complete")
    assert (await call(tool, ada.actor, thread, action="cancel"))["status"] == "cancelled"
    assert (await call(tool, ada.actor, thread, action="start"))["status"] == "open"


async def test_outside_of_conversations_an_interview_has_none(house: Runtime, ada: Person) -> None:
    started = await call(tools.workshop_generator, ada.actor, "", action="start")
    assert await call(tools.workshop_generator, ada.actor, "", action="status") == started


def test_they_change_nothing_but_their_own_interview() -> None:
    for tool in (tools.hybrid_offer_creator, tools.workshop_generator):
        assert (tool.changes, tool.approval, tool.place, tool.repeats) == (True, "never", "server", True)
        assert set(tool.parameters["properties"]) == {"action", "questionKey", "answer", "chatId"}
        assert tool.parameters["required"] == ["action"]
