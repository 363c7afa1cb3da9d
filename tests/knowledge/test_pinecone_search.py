"""Documents and searches with Pinecone beside the database: what is kept there, and what happens when it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from structlog.testing import capture_logs

from steward.kernel.runtime import Runtime
from steward.knowledge import documents
from steward.knowledge.pinecone import PineconeStore
from steward.knowledge.pinecone_client import Patience
from steward.knowledge.vector_index import VectorIndex
from tests.conftest import Person
from tests.knowledge.library import add, find, settled
from tests.support.fake_pinecone import FakePinecone

pytestmark = pytest.mark.req("RAG-17")

PUMP = "The pump runs at 9 bar."
HASTY = Patience(query_seconds=5, rest_seconds=0, tries=2, retry_seconds=0.01)


@pytest.fixture
async def pinecone(house: Runtime) -> AsyncGenerator[FakePinecone]:
    """An index that the house uses, with as many dimensions as the model that is here."""
    before = house.parts[VectorIndex]
    async with FakePinecone(dimension=256) as index, aiohttp.ClientSession() as http:
        house.parts[VectorIndex] = VectorIndex(PineconeStore(http, index.url, index.key, HASTY))
        yield index
        house.parts[VectorIndex] = before


async def test_pinecone_keeps_the_passages_and_finds_them(ada: Person, pinecone: FakePinecone) -> None:
    document = await add(ada.actor, PUMP)
    assert pinecone.namespaces[ada.actor.workspace_id].keys() == {f"{document.id}:1:0"}
    assert [hit.passage.text for hit in await find(ada.actor, "At which pressure does it run?")] == [PUMP]
    assert pinecone.paths()[-1] == "/query"


async def test_nobody_finds_what_another_workspace_keeps(
    ada: Person, eve: Person, pinecone: FakePinecone
) -> None:
    await add(ada.actor, PUMP)
    await add(eve.actor, "The pump of the neighbours runs at 6 bar.")
    assert [hit.passage.text for hit in await find(ada.actor, "pump")] == [PUMP]


async def test_a_replaced_document_leaves_nothing_there(ada: Person, pinecone: FakePinecone) -> None:
    document = await add(ada.actor, PUMP, source="/pump.md")
    await add(ada.actor, "The pump runs at 12 bar.", source="/pump.md")
    kept = pinecone.namespaces[ada.actor.workspace_id]
    # What is no longer found goes a moment after the document is ready.
    for _ in range(500):
        if kept.keys() == {f"{document.id}:2:0"}:
            break
        await asyncio.sleep(0.01)
    assert kept.keys() == {f"{document.id}:2:0"}
    await documents.remove(ada.actor, document.id)
    assert kept == {}


async def test_what_pinecone_remembers_too_long_is_not_found(ada: Person, pinecone: FakePinecone) -> None:
    document = await add(ada.actor, PUMP, source="/pump.md")
    kept = pinecone.namespaces[ada.actor.workspace_id]
    kept.update({f"doc_gone:1:{ordinal}": kept[f"{document.id}:1:0"] for ordinal in range(20)})
    assert [hit.passage.text for hit in await find(ada.actor, "The pump runs at 9 bar", limit=1)] == [PUMP]


async def test_a_search_with_a_filter_asks_the_database(ada: Person, pinecone: FakePinecone) -> None:
    document = await add(ada.actor, PUMP)
    assert len(await find(ada.actor, "pump", document_ids=[document.id])) == 1
    assert "/query" not in pinecone.paths()


@pytest.mark.req("RAG-20")
async def test_the_database_is_the_backup_of_a_search(ada: Person, pinecone: FakePinecone) -> None:
    await add(ada.actor, PUMP)
    await pinecone.stop()
    # No word of the passage: the backup searches by meaning as well.
    with capture_logs() as logs:
        hits = await find(ada.actor, "water pressure of the machine")
    assert [hit.passage.text for hit in hits] == [PUMP]
    assert hits[0].cosine is not None
    told = [line for line in logs if line["event"] == "vector_store_failed"]
    assert told == [
        {
            "event": "vector_store_failed",
            "log_level": "warning",
            "module": "steward.knowledge.vector_index",
            "tag": "unavailable",
            "detail": "Pinecone cannot be reached. Check the address of the index.",
            "backup": "database",
        }
    ]


@pytest.mark.req("RAG-20")
async def test_what_cannot_be_forgotten_there_is_gone_all_the_same(
    ada: Person, pinecone: FakePinecone
) -> None:
    document = await add(ada.actor, PUMP)
    await pinecone.stop()
    with capture_logs() as logs:
        await documents.remove(ada.actor, document.id)
    assert "vector_store_failed" in [line["event"] for line in logs]
    assert await find(ada.actor, "pump") == []


@pytest.mark.slow
async def test_a_document_waits_for_pinecone_to_come_back(ada: Person, pinecone: FakePinecone) -> None:
    pinecone.fail(503, times=3)
    document = await add(ada.actor, PUMP)
    assert document.status == "ready", document.error
    assert len(pinecone.namespaces[ada.actor.workspace_id]) == 1


async def test_an_index_of_other_dimensions_is_the_reason_of_a_failure(
    ada: Person, pinecone: FakePinecone
) -> None:
    pinecone.dimension = 1_536
    document = await add(ada.actor, PUMP)
    assert document.status == "failed"
    assert document.error is not None
    assert document.error.tag == "vector_store_refused"
    assert "dimension 256 does not match the dimension of the index 1536" in document.error.reason
    pinecone.dimension = 256
    await documents.retry(ada.actor, document.id)
    assert (await settled(ada.actor, document.id)).status == "ready"
