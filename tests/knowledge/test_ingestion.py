"""Ingestion when things happen meanwhile: other models and passages, hosts that fail, people who change their minds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.knowledge import collections, documents, ingestion
from steward.knowledge.errors import CollectionBusy
from steward.knowledge.schemas import CollectionRead, DocumentRead
from steward.knowledge.tables import Collection
from steward.providers.embeddings import LOCAL
from steward.usage import budget_rules
from steward.usage.schemas import BudgetCreate
from tests.conftest import Person
from tests.knowledge.library import add, find, look, settled, titles
from tests.knowledge.shelves import (
    REMOTE,
    all_settled,
    at_rest,
    changed,
    long_one,
    look_at,
    made,
    nobody_at_the_desk,
)
from tests.knowledge.stored import wrong_of
from tests.runs.turns import ledger
from tests.support.database import Connection, as_owner

_PAPERS = {
    "pump.txt": "The pump runs at 9 bar.",
    "boiler.txt": "The boiler holds 2.4 litres of water.",
    "burrs.txt": "The burrs of the grinder are made of steel.",
}


async def row_of(house: Runtime, person: Person, collection_id: str) -> Collection:
    async with house.database.work(person.actor) as work:
        return (
            await work.session.execute(select(Collection).where(Collection.id == collection_id))
        ).scalar_one()


async def looking_while(person: Person, question: str, doing: Awaitable[Any]) -> list[int]:
    """How many passages each of the searches found that were made meanwhile."""
    seen: list[int] = []
    task = asyncio.ensure_future(doing)
    while not task.done():
        seen.append(len(await find(person.actor, question)))
        await asyncio.sleep(0)
    await task
    return seen


# --- another embedder, other passages -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.req("RAG-15", "PROV-20")
async def test_documents_are_found_all_the_while_they_are_embedded_anew(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    collection = await made(ada)
    for name, content in _PAPERS.items():
        await add(ada.actor, content, name, collection_id=collection.id)
    for model, dimensions in ((REMOTE, 1536), (LOCAL, 256)):

        async def move(model: str = model) -> CollectionRead:
            await changed(ada, collection.id, embedding_model=model)
            return await all_settled(ada, collection.id)

        seen = await looking_while(ada, "pressure of the pump", move())
        assert seen
        assert min(seen) > 0
        now = await row_of(house, ada, collection.id)
        assert (now.embedding_model, now.dimensions, now.former_model) == (model, dimensions, None)
        assert titles(await find(ada.actor, "pump runs 9 bar", by="meaning"))[0] == "pump.txt"
    purposes = {line.purpose for line in await ledger(house, ada)}
    assert purposes == {"knowledge"}
    assert await wrong_of(settings, ada) == {}


async def test_other_passages_are_cut_from_the_same_text(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    collection = await made(ada)
    await add(
        ada.actor, " ".join(f"Screw {n} holds part {n}." for n in range(200)), collection_id=collection.id
    )
    whole = (await look_at(ada, collection.id)).chunks
    await changed(ada, collection.id, chunk_tokens=64, chunk_overlap=16)
    now = await all_settled(ada, collection.id)
    assert (now.chunk_tokens, now.chunk_overlap, now.status) == (64, 16, "ready")
    assert now.chunks > 4 * whole
    assert "Screw 117 " in (await find(ada.actor, "Screw 117"))[0].passage.text
    assert await wrong_of(settings, ada) == {}


async def test_while_it_is_embedded_anew_no_third_model_is_taken(ada: Person, house: Runtime) -> None:
    collection = await made(ada)
    document = await add(ada.actor, _PAPERS["pump.txt"], collection_id=collection.id)
    async with nobody_at_the_desk(house):
        busy = await changed(ada, collection.id, embedding_model=REMOTE)
        assert (busy.status, busy.documents.in_progress) == ("in_progress", 1)
        with pytest.raises(CollectionBusy):
            await changed(ada, collection.id, embedding_model=LOCAL)
        # What asks for no new passages may be changed.
        assert (await changed(ada, collection.id, name="Books")).name == "Books"
        assert titles(await find(ada.actor, "pump", by="meaning")) == [document.title]
    assert (await all_settled(ada, collection.id)).status == "ready"
    await changed(ada, collection.id, embedding_model=LOCAL)
    await all_settled(ada, collection.id)


# --- a host that fails --------------------------------------------------------------------------------------------


async def test_a_host_that_is_busy_is_given_time(ada: Person, house: Runtime, settings: Settings) -> None:
    collection = await made(ada, embedding_model=REMOTE)
    # Refused more often than one call is tried again: the document asks once more.
    busy = "The pump runs at 9 bar. {{status:429}} {{retry_after:0.01}} {{times:4}}"
    document = await add(ada.actor, busy, collection_id=collection.id)
    assert (document.status, document.error) == ("ready", None)
    assert await wrong_of(settings, ada) == {}


@pytest.mark.slow
async def test_a_host_that_fails_for_ever_leaves_what_was_found(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    collection = await made(ada)
    failing = "The pump runs at 9 bar. {{status:500}} {{times:12}}"
    document = await add(ada.actor, failing, collection_id=collection.id)
    await changed(ada, collection.id, embedding_model=REMOTE)
    failed = await settled(ada.actor, document.id)
    assert failed.error is not None
    assert (failed.status, failed.is_searchable) == ("failed", True)
    assert failed.error.tag == "api_error"
    assert failed.error.reason.endswith(".")
    assert titles(await find(ada.actor, "pump", by="meaning")) == [document.title]
    assert await wrong_of(settings, ada) == {}
    await documents.retry(ada.actor, document.id)
    assert (await settled(ada.actor, document.id)).status == "ready"
    assert (await row_of(house, ada, collection.id)).former_model is None
    assert titles(await find(ada.actor, "pump", by="meaning")) == [document.title]
    assert await wrong_of(settings, ada) == {}


async def test_a_collection_is_free_again_when_the_last_document_of_its_former_model_is_gone(
    ada: Person, house: Runtime
) -> None:
    collection = await made(ada)
    document = await add(ada.actor, "The pump. {{status:400}}", collection_id=collection.id)
    await changed(ada, collection.id, embedding_model=REMOTE)
    assert (await settled(ada.actor, document.id)).status == "failed"
    with pytest.raises(CollectionBusy):
        await changed(ada, collection.id, embedding_model=LOCAL)
    await documents.remove(ada.actor, document.id)
    assert (await changed(ada, collection.id, embedding_model=LOCAL)).embedding_model == LOCAL


@pytest.mark.parametrize(
    ("directive", "tag"), [("status:401", "provider_key_refused"), ("status:400", "provider_refused")]
)
async def test_a_host_that_refuses_is_not_asked_again(
    ada: Person, house: Runtime, directive: str, tag: str
) -> None:
    collection = await made(ada, embedding_model=REMOTE)
    document = await add(ada.actor, f"The pump. {{{{{directive}}}}}", collection_id=collection.id)
    assert document.error is not None
    assert document.error.tag == tag
    tried = [line for line in await ledger(house, ada) if line.status == "failed"]
    assert len(tried) == 1


async def test_a_host_that_asks_for_an_hour_is_not_waited_for(ada: Person, house: Runtime) -> None:
    collection = await made(ada, embedding_model=REMOTE)
    busy = "The pump. {{status:429}} {{retry_after:3600}}"
    document = await add(ada.actor, busy, collection_id=collection.id)
    assert document.error is not None
    assert document.error.tag == "rate_limit_exceeded"


async def test_an_exhausted_budget_is_the_reason(ada: Person, house: Runtime, settings: Settings) -> None:
    collection = await made(ada, embedding_model=REMOTE)
    budget = BudgetCreate(scope="workspace", period="month", limit_tokens=3)
    async with house.database.work(ada.actor) as work:
        await budget_rules.create(work, budget, house.now())
    document = await add(ada.actor, "The pump runs at 9 bar. " * 20, collection_id=collection.id)
    assert document.error is not None
    assert (document.status, document.error.tag) == ("failed", "budget_exhausted")
    assert "budget" in document.error.reason
    assert await wrong_of(settings, ada) == {}


# --- people who change their minds --------------------------------------------------------------------------------


async def stored_some(person: Person, document_id: str) -> None:
    """Until passages are stored; not for long, since it goes on."""
    while (await look(person.actor, document_id)).chunks_done == 0:
        await asyncio.sleep(0.005)


async def delete(person: Person, document: DocumentRead) -> None:
    await documents.remove(person.actor, document.id)


async def replace(person: Person, document: DocumentRead) -> None:
    facts: dict[str, Any] = {"source": "parts", "collection_id": document.collection_id}
    await add(person.actor, "Nothing is left but this.", "new.txt", **facts)


async def delete_collection(person: Person, document: DocumentRead) -> None:
    await collections.delete(person.actor, document.collection_id)


@pytest.mark.slow
@pytest.mark.parametrize("change_of_mind", [delete, replace, delete_collection])
@pytest.mark.parametrize("has_begun", [False, True])
async def test_a_revision_that_nobody_wants_any_more_leaves_nothing(
    ada: Person,
    house: Runtime,
    settings: Settings,
    change_of_mind: Callable[[Person, DocumentRead], Awaitable[None]],
    has_begun: bool,
) -> None:
    async with nobody_at_the_desk(house):
        document = await long_one(ada, source="parts")
        changing: asyncio.Task[Any] | None = None
        if not has_begun:
            changing = asyncio.ensure_future(change_of_mind(ada, document))
            await asyncio.sleep(0.05)
    if changing is None:
        await stored_some(ada, document.id)
        changing = asyncio.ensure_future(change_of_mind(ada, document))
    await changing
    await at_rest(house)
    if change_of_mind is delete_collection:
        # Files outlive a collection.
        assert (await wrong_of(settings, ada)).keys() <= {"a file that nobody needs"}
    else:
        assert await wrong_of(settings, ada) == {}
    assert len(await find(ada.actor, "screw")) == (1 if change_of_mind is replace else 0)


@pytest.mark.slow
async def test_many_changes_at_once_leave_one_whole_document(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    collection = await made(ada, chunk_tokens=32)
    first = await add(ada.actor, "Version 0.", "v.txt", collection_id=collection.id, source="v")

    async def bring(n: int) -> None:
        text = f"Version {n} of the list. " * 100
        await add(ada.actor, text, "v.txt", collection_id=collection.id, source="v", wait=n % 2 == 0)

    async def cut(n: int) -> None:
        await changed(ada, collection.id, chunk_tokens=32 + 8 * n)

    for turn in range(6):
        await asyncio.gather(*(bring(10 * turn + n) for n in range(1, 5)), cut(turn))
    document = await settled(ada.actor, first.id)
    assert (document.status, document.error) == ("ready", None)
    await at_rest(house)
    assert await wrong_of(settings, ada) == {}
    async with house.database.work(ada.actor) as work:
        assert (await documents.page(work, limit=10, cursor=None)).items[0].id == first.id


async def publish(person: Person, document: DocumentRead) -> None:
    await ingestion.ingest(person.actor, document.id, 1)


@pytest.mark.parametrize("doing", [publish, delete])
async def test_who_waits_for_a_collection_holds_none_of_its_documents(
    ada: Person, house: Runtime, settings: Settings, doing: Callable[[Person, DocumentRead], Awaitable[None]]
) -> None:
    async with nobody_at_the_desk(house):
        document = await add(ada.actor, _PAPERS["pump.txt"], wait=False)
        async with as_owner(settings) as owner, owner.transaction():
            # As somebody does who adds the same source again: the collection, then the document.
            held = "SELECT FROM {} WHERE workspace_id = $1 AND id = $2 FOR UPDATE NOWAIT"
            await owner.execute(held.format("collections"), ada.actor.workspace_id, document.collection_id)
            waiting = asyncio.ensure_future(doing(ada, document))
            await waiting_for_a_lock(owner)
            await owner.execute(held.format("documents"), ada.actor.workspace_id, document.id)
        await waiting
    await at_rest(house)
    assert await wrong_of(settings, ada) == {}


async def waiting_for_a_lock(owner: Connection) -> None:
    """Until somebody waits for what this connection holds."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
    while not await owner.fetchval(waiting):
        await asyncio.sleep(0.01)


# --- how far it is ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.req("RAG-16", "VEC-03")
async def test_progress_goes_up_from_stage_to_stage(ada: Person, client: httpx.AsyncClient) -> None:
    stages = ["accepted", "stored", "parsed", "chunked", "embedded", "searchable"]
    document = await long_one(ada, passages=2_000)
    seen: list[dict[str, Any]] = [document.model_dump()]
    while seen[-1]["status"] == "in_progress":
        answered = await client.get(f"/api/v1/documents/{document.id}", headers=ada.headers)
        seen.append(answered.json())
    for before, after in pairwise(seen):
        assert before["progress"] <= after["progress"]
        assert before["chunks_done"] <= after["chunks_done"]
        assert stages.index(before["stage"]) <= stages.index(after["stage"])
        assert after["chunks_total"] is None or after["chunks_done"] <= after["chunks_total"]
    assert all(one["is_searchable"] == (one["status"] == "ready") for one in seen)
    assert len({one["progress"] for one in seen}) > 4
    assert (seen[-1]["progress"], seen[-1]["chunks_done"]) == (1.0, seen[-1]["chunks_total"])
