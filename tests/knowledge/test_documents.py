from __future__ import annotations

import asyncio

import pytest

from steward.files import service as files
from steward.kernel.errors import Conflict, Forbidden, NotFound
from steward.kernel.runtime import Runtime
from steward.knowledge import collections, documents
from steward.knowledge.documents import Facts
from steward.knowledge.errors import DocumentNotReady
from steward.knowledge.schemas import CollectionCreate, DocumentChange
from tests.conftest import MakePerson, Person
from tests.knowledge.library import add, find, look, pieces, settled, titles


@pytest.mark.req("RAG-16", "RAG-18")
async def test_a_document_goes_through_its_stages_and_is_found(ada: Person, house: Runtime) -> None:
    added = await add(ada.actor, "# Boiler\n\nThe boiler holds 2.4 litres of water.", wait=False)
    assert (added.status, added.is_searchable, added.progress) == ("in_progress", False, 0.05)
    ready = await settled(ada.actor, added.id)
    assert (ready.status, ready.stage, ready.progress, ready.error) == ("ready", "searchable", 1.0, None)
    assert (ready.title, ready.media_type, ready.language) == ("Boiler", "text/markdown", "en")
    assert ready.ready_at is not None
    (hit,) = await find(ada.actor, "How much water does the boiler hold?")
    passage = hit.passage
    async with house.database.work(ada.actor) as work:
        text = await documents.read_text(work, added.id, passage.start, passage.end)
    assert "2.4 litres" in passage.text
    assert text.text == passage.text
    assert passage.url == f"/library/documents/{added.id}?start={passage.start}&end={passage.end}"


@pytest.mark.req("RAG-15")
async def test_new_contents_are_found_and_the_old_ones_no_more(ada: Person) -> None:
    first = await add(ada.actor, "The warranty lasts 24 months.", "warranty.txt", source="warranty")
    again = await add(ada.actor, "The warranty lasts 36 months.", "warranty.txt", source="warranty")
    assert again.id == first.id
    hits = await find(ada.actor, "How long does the warranty last?")
    assert [hit.passage.text for hit in hits] == ["The warranty lasts 36 months."]


async def test_the_same_contents_of_the_same_source_change_nothing(ada: Person) -> None:
    first = await add(ada.actor, "The warranty lasts 24 months.", source="warranty")
    again = await add(ada.actor, "The warranty lasts 24 months.", source="warranty", wait=False)
    assert (again.id, again.status, again.ready_at) == (first.id, "ready", first.ready_at)


async def test_a_document_that_is_replaced_is_found_all_the_while(ada: Person, house: Runtime) -> None:
    first = await add(ada.actor, "The grinder has burrs of steel. " * 200, "grinder.txt", source="grinder")
    seen: list[int] = []

    async def look_all_the_time() -> None:
        while True:
            seen.append(len(await find(ada.actor, "burrs of the grinder")))
            await asyncio.sleep(0)

    looking = asyncio.ensure_future(look_all_the_time())
    for burrs in ("titanium", "ceramic", "brass"):
        await add(ada.actor, f"The grinder has burrs of {burrs}. " * 200, "grinder.txt", source="grinder")
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert seen
    assert min(seen) > 0
    assert "brass" in (await find(ada.actor, "burrs of the grinder"))[0].passage.text
    # Of the files that were replaced nothing is left.
    async with house.database.work(ada.actor) as work:
        assert len((await files.page(work, limit=100)).items) == 1
    assert (await look(ada.actor, first.id)).title == "grinder.txt"


async def test_one_source_added_many_times_at_once_is_one_document(ada: Person) -> None:
    await collections.ensure_default(ada.actor)
    added = await asyncio.gather(
        *(add(ada.actor, f"Version {n} of the price list.", source="prices") for n in range(8))
    )
    assert len({document.id for document in added}) == 1
    assert (await settled(ada.actor, added[0].id)).status == "ready"
    assert len(await find(ada.actor, "price list")) == 1


async def test_a_deleted_document_is_found_no_more_and_its_file_is_gone(ada: Person, house: Runtime) -> None:
    document = await add(ada.actor, "The gasket is changed once a year.")
    await documents.remove(ada.actor, document.id)
    assert await find(ada.actor, "gasket") == []
    async with house.database.work(ada.actor) as work:
        assert (await files.page(work, limit=10)).items == []
        with pytest.raises(NotFound):
            await documents.get(work, document.id)


async def test_a_file_that_was_uploaded_by_itself_outlives_its_documents(ada: Person, house: Runtime) -> None:
    file = await files.store(ada.actor, pieces(b"Descale monthly."), name="care.txt", purpose="assistants")
    document = await settled(ada.actor, (await documents.add_file(ada.actor, file.id, Facts())).id)
    await documents.remove(ada.actor, document.id)
    async with house.database.work(ada.actor) as work:
        assert (await files.get(work, file.id)).name == "care.txt"


async def test_a_document_goes_with_its_file(ada: Person) -> None:
    document = await add(ada.actor, "The gasket is changed once a year.")
    assert document.file_id is not None
    await files.delete(ada.actor, document.file_id)
    assert await find(ada.actor, "gasket") == []


async def test_a_document_that_cannot_be_read_says_why_and_can_be_tried_again(ada: Person) -> None:
    failed = await add(ada.actor, b"%PDF-1.7 and nothing that follows", "broken.pdf")
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.reason.endswith(".")
    assert failed.error.fix.endswith(".")
    again = await documents.retry(ada.actor, failed.id)
    assert again.status == "in_progress"
    assert (await settled(ada.actor, failed.id)).status == "failed"


async def test_a_change_that_cannot_be_read_leaves_what_was_there(ada: Person) -> None:
    await add(ada.actor, "The pump runs at 9 bar.", "pump.txt", source="pump")
    failed = await add(ada.actor, b"\x00\x01\x02\x03" * 300, "pump.txt", source="pump")
    assert (failed.status, failed.is_searchable) == ("failed", True)
    assert "9 bar" in (await find(ada.actor, "pressure of the pump"))[0].passage.text


async def test_only_what_has_failed_is_tried_again(ada: Person) -> None:
    document = await add(ada.actor, "The pump runs at 9 bar.")
    with pytest.raises(Conflict):
        await documents.retry(ada.actor, document.id)


async def test_title_tags_and_attributes_are_changed_without_reading_again(
    ada: Person, house: Runtime
) -> None:
    document = await add(ada.actor, "The pump runs at 9 bar.", attributes={"year": 2025})
    async with house.database.work(ada.actor) as work:
        wanted = DocumentChange(title="Pump", tags=["parts"], attributes={"year": 2026})
        await documents.change(work, document.id, wanted)
    (hit,) = await find(ada.actor, "pump", filter={"type": "eq", "key": "year", "value": 2026})
    assert (hit.passage.title, hit.tags, hit.attributes) == ("Pump", ["parts"], {"year": 2026})


async def test_a_title_that_was_given_is_kept(ada: Person) -> None:
    document = await add(ada.actor, "# A heading\n\nAnd text.", title="What it is called")
    assert document.title == "What it is called"


async def test_text_is_read_in_stretches(ada: Person, house: Runtime) -> None:
    document = await add(ada.actor, ("word " * 10_000).strip(), "long.txt")
    async with house.database.work(ada.actor) as work:
        first = await documents.read_text(work, document.id, 0, None)
        rest = await documents.read_text(work, document.id, first.end, 60_000)
        beyond = await documents.read_text(work, document.id, 1_000_000, None)
    assert (first.start, first.end, first.chars) == (0, 20_000, 49_999)
    assert (rest.start, rest.end) == (20_000, 40_000)
    assert (beyond.text, beyond.start) == ("", 49_999)


async def test_what_failed_has_no_text(ada: Person, house: Runtime) -> None:
    document = await add(ada.actor, b"%PDF-1.7 and nothing that follows", "broken.pdf")
    async with house.database.work(ada.actor) as work:
        with pytest.raises(DocumentNotReady):
            await documents.read_text(work, document.id, 0, None)


async def test_a_viewer_finds_and_adds_nothing(ada: Person, make_person: MakePerson) -> None:
    await add(ada.actor, "The pump runs at 9 bar.")
    viewer = await make_person(beside=ada, role="viewer")
    assert titles(await find(viewer.actor, "pump"))
    with pytest.raises(Forbidden):
        await add(viewer.actor, "Nothing.")


async def test_a_stranger_reaches_nothing(ada: Person, eve: Person, house: Runtime) -> None:
    document = await add(ada.actor, "The pump runs at 9 bar.")
    assert await find(eve.actor, "pump") == []
    for doing in (documents.remove, documents.retry):
        with pytest.raises(NotFound):
            await doing(eve.actor, document.id)
    with pytest.raises(NotFound):
        await find(eve.actor, "pump", collection_ids=[document.collection_id])
    with pytest.raises(NotFound):
        await add(eve.actor, "Mine.", collection_id=document.collection_id)
    assert document.file_id is not None
    with pytest.raises(NotFound):
        await documents.add_file(eve.actor, document.file_id, Facts())
    async with house.database.work(eve.actor) as work:
        with pytest.raises(NotFound):
            await documents.read_text(work, document.id, 0, None)
        with pytest.raises(NotFound):
            await documents.chunks(work, document.id, limit=10, cursor=None)
        with pytest.raises(NotFound):
            await documents.page(work, limit=10, cursor=None, collection_id=document.collection_id)


async def test_documents_are_listed_by_pages(ada: Person, house: Runtime) -> None:
    collection = await collections.create(ada.actor, CollectionCreate(name="Manuals"))
    for n in range(5):
        await add(ada.actor, f"Manual number {n}.", f"{n}.txt", collection_id=collection.id)
    await add(ada.actor, "Elsewhere.", "elsewhere.txt")
    seen: list[str] = []
    cursor: str | None = None
    async with house.database.work(ada.actor) as work:
        while True:
            page = await documents.page(work, limit=2, cursor=cursor, collection_id=collection.id)
            seen += [document.name for document in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        read = await collections.get(work, collection.id)
    assert seen == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]
    assert (read.documents.total, read.documents.ready, read.chunks, read.status) == (5, 5, 5, "ready")
