"""Work on documents that is done twice, or by nobody: it ends as if it had been done once."""

from __future__ import annotations

import asyncio

import pytest

from steward.files.blobs import Blob, Storage
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.knowledge import ingestion, jobs
from steward.providers.embeddings import LOCAL
from tests.conftest import Person
from tests.knowledge.library import add, find, look, settled
from tests.knowledge.shelves import REMOTE, at_rest, long_one, made, nobody_at_the_desk
from tests.knowledge.stored import wrong_of
from tests.support.database import as_owner

_TEXT = "The pump runs at 9 bar."


@pytest.mark.slow
@pytest.mark.req("RAG-16")
async def test_a_revision_that_several_make_at_once_is_made_once(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    async with nobody_at_the_desk(house):
        document = await long_one(ada, passages=300)
        await asyncio.gather(*(jobs.begin(ada.actor, document.id, 1) for _ in range(5)))
        # As processes do that were taken for dead and are not.
        await asyncio.gather(*(ingestion.ingest(ada.actor, document.id, 1) for _ in range(3)))
        assert (await look(ada.actor, document.id)).status == "ready"
    await at_rest(house)
    assert await wrong_of(settings, ada) == {}


async def make_stale(
    settings: Settings, person: Person, document_id: str, *, raised: int = 0, workflow: str = ""
) -> None:
    """Let a document be under way and nobody see to it."""
    async with as_owner(settings) as owner:
        revision = await owner.fetchval(
            "UPDATE documents SET status = 'in_progress', stage = 'stored', revision = revision + $3, "
            "updated_at = now() - interval '1 minute' WHERE workspace_id = $1 AND id = $2 RETURNING revision",
            person.actor.workspace_id,
            document_id,
            raised,
        )
        if workflow:
            await owner.execute(
                f"UPDATE dbos.workflow_status SET {workflow} WHERE workflow_uuid = $1",  # noqa: S608  # of tests only
                f"{document_id}:{revision}",
            )


async def test_the_sweep_begins_what_a_crash_kept_from_beginning(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    document = await add(ada.actor, _TEXT)
    await make_stale(settings, ada, document.id, raised=1)
    await jobs.adopt_documents(house)
    assert (await settled(ada.actor, document.id)).status == "ready"
    assert await wrong_of(settings, ada) == {}


@pytest.mark.parametrize(
    "workflow", ["status = 'ERROR'", "status = 'CANCELLED'", "status = 'PENDING', application_version = '0'"]
)
async def test_the_sweep_begins_anew_what_cannot_go_on(
    ada: Person, house: Runtime, settings: Settings, workflow: str
) -> None:
    document = await add(ada.actor, _TEXT)
    await make_stale(settings, ada, document.id, workflow=workflow)
    await asyncio.gather(*(jobs.adopt_documents(house) for _ in range(3)))
    assert (await settled(ada.actor, document.id)).status == "ready"
    assert await wrong_of(settings, ada) == {}


async def test_the_sweep_leaves_alone_what_waits_for_its_turn(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    async with nobody_at_the_desk(house):
        document = await add(ada.actor, _TEXT, wait=False)
        await make_stale(settings, ada, document.id)
        await jobs.adopt_documents(house)
    assert (await settled(ada.actor, document.id)).status == "ready"
    async with as_owner(settings) as owner:
        assert await owner.fetchval("SELECT revision FROM documents WHERE id = $1", document.id) == 1


async def test_of_a_revision_that_was_given_up_nothing_is_left_when_the_next_one_fails(
    ada: Person, house: Runtime, settings: Settings
) -> None:
    document = await add(ada.actor, _TEXT)
    # Revision 2 got so far and no further; revision 3 finds no file.
    async with as_owner(settings) as owner:
        for table, place in (("chunks", "document_id"), ("document_texts", "id")):
            await owner.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(t, '{{\"revision\": 2}}')).* "  # noqa: S608  # of tests only
                f"FROM {table} t WHERE {place} = $1",
                document.id,
            )
        sha256 = await owner.fetchval("SELECT sha256 FROM documents WHERE id = $1", document.id)
    await house.part(Storage).forget(Blob(ada.actor.workspace_id, sha256))
    await make_stale(settings, ada, document.id, raised=2)
    await jobs.adopt_documents(house)
    failed = await settled(ada.actor, document.id)
    assert failed.error is not None
    assert (failed.error.tag, failed.is_searchable) == ("file_content_gone", True)
    assert len(await find(ada.actor, "pump")) == 1
    assert await wrong_of(settings, ada) == {}


@pytest.mark.parametrize("model", [LOCAL, REMOTE])
async def test_the_documents_of_somebody_who_left_are_made_ready_too(
    ada: Person, house: Runtime, settings: Settings, model: str
) -> None:
    collection = await made(ada, embedding_model=model)
    document = await add(ada.actor, _TEXT, collection_id=collection.id)
    async with as_owner(settings) as owner:
        await owner.execute("UPDATE documents SET user_id = NULL WHERE id = $1", document.id)
    await make_stale(settings, ada, document.id, raised=1)
    await jobs.adopt_documents(house)
    ready = await settled(ada.actor, document.id)
    assert (ready.status, ready.error) == ("ready", None)
