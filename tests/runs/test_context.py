from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from steward.agents.service import Wishes
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from steward.knowledge.embedders import Embedders
from steward.providers.embeddings import Vectors
from steward.providers.events import TextDelta
from steward.runs import actions, embedding
from steward.runs.context import within
from steward.runs.events import (
    ActionRequest,
    CitationsChecked,
    Notice,
    Retrieved,
    RunEnd,
    RunEvent,
    SourceCite,
    ToolFailure,
    ToolResult,
)
from tests.conftest import Person
from tests.knowledge.library import add, find
from tests.runs.turns import begin, messages, read, until_pause
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import message_text

_PUMP = "# Pump\n\nThe pump of the Aria runs at 9 bar. It is made of brass."


async def _said(person: Person, text: str, **fields: Any) -> list[RunEvent]:
    started = await begin(person, text, **fields)
    return [event for _, event in await read(person, started.run_id)]


def _system(provider: ScriptedProvider, question: str) -> str:
    """The system message of the request with this question."""
    for record in reversed(provider.requests):
        if any(question in message_text(message) for message in record.body.get("messages", [])):
            return message_text(record.body["messages"][0])
    raise AssertionError(question)


def _kinds(events: list[RunEvent], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.req("RAG-01", "RAG-04", "RAG-13")
async def test_a_turn_gets_the_passages_that_fit(ada: Person, provider: ScriptedProvider) -> None:
    await add(ada.actor, _PUMP)
    events = await _said(ada, "At how many bar does the pump run? {{reply:At 9 bar [1].}}")
    (found,) = _kinds(events, Retrieved)
    assert "9 bar" in found.passages[0].text
    prompt = _system(provider, "At how many bar does the pump run?")
    assert "Pump" in prompt
    assert "The pump of the Aria runs at 9 bar." in prompt
    assert f"{round(found.passages[0].score * 100)} %" in prompt


@pytest.mark.req("RAG-09", "RAG-14")
async def test_what_is_cited_is_a_source_and_is_checked(ada: Person, house: Runtime) -> None:
    document = await add(ada.actor, _PUMP)
    events = await _said(
        ada, "At how many bar does the pump run? {{reply:It runs at 9 bar [1]. It is of gold [1].}}"
    )
    (cite,) = _kinds(events, SourceCite)
    assert (cite.passage.document_id, cite.passage.number) == (document.id, 1)
    (checked,) = _kinds(events, CitationsChecked)
    assert [place.is_supported for place in checked.places] == [True, False]
    text = "".join(event.text for event in _kinds(events, TextDelta))
    assert text == "It runs at 9 bar [1]. It is of gold [1]."
    assert [text[place.start : place.end] for place in checked.places] == ["[1]", "[1]"]
    answer = (await messages(house, ada))[-1]
    kinds = [part["type"] for part in answer.parts]
    assert kinds == ["text", "source", "data"]
    assert answer.parts[1]["document_id"] == document.id
    assert "9 bar" in answer.parts[1]["excerpt"]


async def test_a_citation_of_nothing_is_dropped(ada: Person, house: Runtime) -> None:
    await add(ada.actor, _PUMP)
    await _said(ada, "At how many bar does the pump run? {{reply:At 9 bar [1] [7], surely [12].}}")
    assert (await messages(house, ada))[-1].content == "At 9 bar [1], surely."


async def test_without_documents_nothing_is_touched(
    ada: Person, house: Runtime, provider: ScriptedProvider
) -> None:
    events = await _said(ada, "What is a[1]? {{reply:See [1].}}")
    assert not _kinds(events, Retrieved)
    assert (await messages(house, ada))[-1].parts == [{"type": "text", "text": "See [1]."}]
    assert "searchKnowledge" not in str(provider.requests[-1].body["tools"])


@pytest.mark.req("AGNT-11")
async def test_a_request_can_do_without(ada: Person, provider: ScriptedProvider) -> None:
    await add(ada.actor, _PUMP)
    wishes = Wishes(rag_enabled=False)
    events = await _said(ada, "What about the pump? {{reply:Hm [1].}}", wishes=wishes)
    assert not _kinds(events, Retrieved)
    assert "9 bar" not in _system(provider, "What about the pump?")


async def test_stages_are_gathered_at_once_and_one_that_hangs_costs_its_deadline() -> None:
    at_once = 0
    most_at_once = 0

    async def stage(result: str, seconds: float) -> str:
        nonlocal at_once, most_at_once
        at_once += 1
        most_at_once = max(most_at_once, at_once)
        await asyncio.sleep(seconds)
        at_once -= 1
        return result

    async def breaks() -> str:
        raise ZeroDivisionError

    found = await asyncio.gather(
        *(within(2, f"stage {number}", lambda: stage("found", 0.1)) for number in range(5))
    )
    assert (found, most_at_once) == (["found"] * 5, 5)
    began = time.perf_counter()
    hung = within(0.1, "hangs", lambda: stage("late", 60))
    assert await asyncio.gather(hung, within(2, "breaks", breaks)) == [None, None]
    assert time.perf_counter() - began < 10


@pytest.mark.req("MEMO-05", "PRMT-15", "MEMO-12")
async def test_what_is_remembered_stands_in_the_prompt(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    kept = await client.post("/api/v1/memories", json={"text": "I keep bees."}, headers=ada.headers)
    assert kept.status_code == 201
    started = await begin(ada, "What about my bees? {{reply:They hum.}}")
    await read(ada, started.run_id)
    assert "I keep bees." in _system(provider, "What about my bees?")
    assert "- Role: Owner" in _system(provider, "What about my bees?")


@pytest.mark.req("ONTO-04", "AGNT-22")
async def test_a_turn_counts_for_its_agent_and_connects_it_with_its_user(
    client: httpx.AsyncClient, ada: Person
) -> None:
    made = await client.post(
        "/api/v1/agents", json={"name": "Clerk", "instructions": "Be kind."}, headers=ada.headers
    )
    agent = made.json()["id"]
    for _ in range(2):
        started = await begin(ada, "hello {{reply:Hi.}}", wishes=Wishes(agent_id=agent))
        await read(ada, started.run_id)
    query = {"type": "user_interacts_with_agent", "to_id": agent}
    found = await client.get("/api/v1/connections", params=query, headers=ada.headers)
    (connection,) = found.json()["items"]
    assert connection["from_id"] == ada.actor.user_id
    assert "lastInteraction" in connection["metadata"]
    counted = await client.get(f"/api/v1/agents/{agent}/statistics", headers=ada.headers)
    assert (counted.json()["executions"], counted.json()["success_rate"]) == (2, 1.0)


@pytest.mark.req("AGNT-13", "AGNT-12")
async def test_a_request_says_how_many_and_of_which_model(ada: Person) -> None:
    for n in range(4):
        await add(ada.actor, f"The pump number {n} runs at {n} bar.", f"{n}.txt")
    events = await _said(ada, "Which pump runs at 2 bar? {{reply:2.}}", wishes=Wishes(rag_top_k=2))
    assert len(_kinds(events, Retrieved)[0].passages) == 2
    other = Wishes(rag_model="openai/text-embedding-3-small")
    assert not _kinds(await _said(ada, "Which pump runs at 2 bar? {{reply:2.}}", wishes=other), Retrieved)


async def test_a_collection_that_is_not_there_is_told_at_once(ada: Person) -> None:
    with pytest.raises(NotFound):
        await begin(ada, "hello", wishes=Wishes(collection_ids=["vs_nobody"]))


@pytest.mark.req("RAG-08")
async def test_the_last_question_is_what_is_looked_for(ada: Person, provider: ScriptedProvider) -> None:
    await add(ada.actor, _PUMP)
    await add(ada.actor, "Employees have 29 days of holidays.", "leave.txt")
    first = await begin(ada, "At how many bar does the pump run? {{reply:At 9 bar [1].}}")
    await read(ada, first.run_id)
    events = await _said(
        ada, "How many days of holidays do employees have? {{reply:29 [1].}}", thread_ref=first.thread_id
    )
    assert "29 days" in _kinds(events, Retrieved)[0].passages[0].text
    request = provider.requests[-1].body["messages"]
    # The citation of the answer before was of another passage.
    assert message_text(request[2]) == "At 9 bar."


@pytest.mark.req("RAG-08")
async def test_another_answer_looks_for_the_same_question(ada: Person) -> None:
    await add(ada.actor, _PUMP)
    first = await begin(ada, "At how many bar does the pump run? {{reply:At 9 bar [1].}}")
    await read(ada, first.run_id)
    again = await _regenerate(ada, first.thread_id)
    assert _kinds(again, Retrieved)


async def _regenerate(person: Person, thread_id: str) -> list[RunEvent]:
    from steward.runs import service
    from steward.runs.schemas import TurnRequest

    started = await service.start(person.actor, TurnRequest("regenerate", thread_id))
    return [event for _, event in await read(person, started.run_id)]


@pytest.mark.req("ERR-04", "ERR-17")
async def test_a_search_that_breaks_is_told_and_the_chat_goes_on(ada: Person, house: Runtime) -> None:
    await add(ada.actor, _PUMP)
    whole = house.parts.pop(Embedders)
    try:
        with capture_logs() as logs:
            events = await _said(ada, "At how many bar does the pump run? {{reply:I do not know.}}")
    finally:
        house.parts[Embedders] = whole
    (notice,) = _kinds(events, Notice)
    assert notice.tag == "rag_error"
    assert _kinds(events, RunEnd)[0].status == "completed"
    assert "knowledge_left_out" in [line["event"] for line in logs]


@pytest.mark.req("ERR-04")
async def test_a_search_that_hangs_costs_its_deadline(ada: Person, house: Runtime) -> None:
    await add(ada.actor, _PUMP)

    class Hanging(Embedders):
        async def question(self, actor: Actor, question: str, model: str, dimensions: int) -> Vectors:
            await asyncio.sleep(60)
            return await super().question(actor, question, model, dimensions)

    whole, settings = house.part(Embedders), house.settings
    quick = settings.model_copy(
        update={"knowledge": settings.knowledge.model_copy(update={"context_seconds": 0.1})}
    )
    house.parts[Embedders], house.settings = Hanging(embedding.embed), quick
    try:
        events = await _said(ada, "At how many bar does the pump run? {{reply:I do not know.}}")
    finally:
        house.parts[Embedders], house.settings = whole, settings
    assert _kinds(events, Notice)[0].tag == "rag_error"


@pytest.mark.req("TOOL-14", "CHAT-21")
async def test_a_model_searches_by_itself(ada: Person, house: Runtime) -> None:
    await add(ada.actor, _PUMP)
    await add(ada.actor, "The gasket is changed once a year.", "gasket.txt")
    question = (
        'Hello there. {{tool:searchKnowledge:{"query": "gasket", "limit": 1}}} {{reply:Once a year [1].}}'
    )
    wishes = Wishes(rag_top_k=1)
    events = await _said(ada, question, wishes=replace(wishes, rag_enabled=True))
    (result,) = _kinds(events, ToolResult)
    (found,) = result.output["documents"]
    assert "once a year" in found["content"]
    assert 0 <= found["score"] <= 1
    numbers = [passage.number for event in _kinds(events, Retrieved) for passage in event.passages]
    assert found["number"] == numbers[-1]
    assert len(numbers) == len(set(numbers))
    answer = (await messages(house, ada))[-1]
    assert [part["type"] for part in answer.parts][:2] == ["tool_call", "text"]


@pytest.mark.req("TOOL-15")
async def test_a_search_is_bound_to_the_collections_of_the_request(ada: Person) -> None:
    from steward.knowledge import collections
    from steward.knowledge.schemas import CollectionCreate

    support = await collections.create(ada.actor, CollectionCreate(name="Support"))
    await add(ada.actor, "The gasket is changed once a year.", "gasket.txt", collection_id=support.id)
    await add(ada.actor, "The gasket of nobody.", "other.txt")
    wishes = Wishes(collection_ids=[support.id], tools=["searchKB"])
    events = await _said(ada, 'Hello. {{tool:searchKB:{"query": "gasket"}}} {{reply:Done.}}', wishes=wishes)
    (result,) = _kinds(events, ToolResult)
    assert [one["title"] for one in result.output["documents"]] == ["gasket.txt"]


@pytest.mark.req("TOOL-11")
async def test_a_model_adds_a_document_that_is_then_found(ada: Person) -> None:
    upload = '{"title": "Descaling", "content": "Descale every 90 days.", "type": "text", "tags": ["care"]}'
    said = f"Keep this. {{{{tool:uploadDocument:{upload}}}}} {{{{reply:Kept.}}}}"
    started = await begin(ada, said, wishes=Wishes(tools=["uploadDocument"]))
    asked = next(iter(_kinds([event for _, event in await until_pause(ada, started.run_id)], ActionRequest)))
    await actions.decide(ada.actor, asked.action_id, actions.Word("approve"))
    events = [event for _, event in await read(ada, started.run_id)]
    (result,) = _kinds(events, ToolResult)
    assert result.output["success"] is True
    assert result.output["url"] == f"/library/documents/{result.output['document_id']}"
    for _ in range(500):
        if await find(ada.actor, "How often is it descaled?"):
            break
        await asyncio.sleep(0.02)
    (hit,) = await find(ada.actor, "How often is it descaled?")
    assert (hit.passage.title, hit.tags) == ("Descaling", ["care"])


async def test_arguments_that_do_not_fit_are_told_to_the_model(ada: Person) -> None:
    events = await _said(
        ada,
        'Hi. {{tool:searchKnowledge:{"limit": "many"}}} {{reply:Done.}}',
        wishes=Wishes(tools=["searchKnowledge"]),
    )
    (failure,) = _kinds(events, ToolFailure)
    assert "query: Field required" in failure.message


async def test_a_tool_that_is_not_there_is_refused(ada: Person) -> None:
    with pytest.raises(Invalid, match="There is no tool named"):
        await begin(ada, "hello", wishes=Wishes(tools=["deleteEverything"]))
