"""Files of the disk become documents: each outcome, and that one file stops no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from steward.kernel import runtime
from steward.kernel.errors import Conflict, NotFound
from steward.knowledge import collections, documents
from steward.knowledge.folders.intake import Intake, open_collection
from steward.knowledge.folders.waiting import Waiting
from steward.knowledge.folders.walk import Bounds, FolderFile, walk
from steward.knowledge.schemas import CollectionCreate
from tests.conftest import Person
from tests.knowledge.folders.told import Told, intake
from tests.knowledge.library import add, find

pytestmark = [pytest.mark.req("RAG-16"), pytest.mark.slow]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def taking(ada: Person, told: Told) -> Intake:
    return await intake(ada.actor, told)


def files(folder: Path, **contents: str | bytes) -> list[FolderFile]:
    """Write files and walk there; `__` in a name stands for its dot."""
    for name, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)
    return walk([folder], Bounds(1_000_000, Path("/nowhere"))).files


async def test_files_become_documents_that_are_found(
    ada: Person, taking: Intake, told: Told, tmp_path: Path
) -> None:
    wanted = files(tmp_path, pump__md="# Pump\n\nThe pump runs at 9 bar.", mill__txt="The mill is loud.")
    outcomes = await taking.bring(wanted)
    assert [(outcome.shown, outcome.status) for outcome in outcomes] == [
        (str(tmp_path / "mill.txt"), "ready"),
        (str(tmp_path / "pump.md"), "ready"),
    ]
    assert told.expected == 2
    assert {stage for _, stage in told.stages} >= {"stored"}
    (hit, *_) = await find(ada.actor, "At how many bar does the pump run?")
    assert hit.passage.title == "Pump"
    assert hit.tags == ["from-disk"]


async def test_the_same_file_again_is_left_as_it_is(
    ada: Person, taking: Intake, told: Told, tmp_path: Path
) -> None:
    await taking.bring(files(tmp_path, pump__md="The pump runs at 9 bar."))
    async with runtime.current().database.work(ada.actor) as work:
        (before,) = (await documents.page(work, limit=10, cursor=None)).items
    assert before.source == str(tmp_path / "pump.md")
    told.statuses()
    os.utime(tmp_path / "pump.md")
    await taking.bring(files(tmp_path))
    assert told.statuses() == [("pump.md", "unchanged")]
    async with runtime.current().database.work(ada.actor) as work:
        assert (await documents.page(work, limit=10, cursor=None)).items == [before]


async def test_a_changed_file_replaces_its_document(
    ada: Person, taking: Intake, told: Told, tmp_path: Path
) -> None:
    await taking.bring(files(tmp_path, pump__md="The pump runs at 9 bar."))
    await taking.bring(files(tmp_path, pump__md="The pump runs at 12 bar."))
    assert told.statuses() == [("pump.md", "ready")] * 2
    assert [hit.passage.text for hit in await find(ada.actor, "pump")] == ["The pump runs at 12 bar."]


async def test_one_file_stops_no_other(taking: Intake, told: Told, tmp_path: Path) -> None:
    wanted = files(
        tmp_path,
        broken__pdf=b"%PDF-1.4 and then nothing",
        gone__md="Here today.",
        good__md="The pump runs at 9 bar.",
        song__mp3=b"ID3\x04\x00",
    )
    (tmp_path / "gone.md").unlink()
    outcomes = {Path(outcome.shown).name: outcome for outcome in await taking.bring(wanted)}
    assert told.statuses() == [
        ("broken.pdf", "failed"),
        ("gone.md", "left_out"),
        ("good.md", "ready"),
        ("song.mp3", "left_out"),
    ]
    assert outcomes["broken.pdf"].reason == "The PDF is damaged or incomplete."
    assert outcomes["broken.pdf"].fix.startswith("Open it with the program that made it")


async def test_a_named_file_that_is_no_document_fails(taking: Intake, tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"ID3\x04\x00")
    (tmp_path / "empty.md").write_bytes(b"")
    named = walk([tmp_path / "song.mp3", tmp_path / "empty.md"], Bounds(1_000, Path("/nowhere"))).files
    song, empty = await taking.bring(named)
    assert (song.status, song.reason) == ("failed", "This is a sound recording; such files are not read.")
    assert (empty.status, empty.reason) == (
        "failed",
        "The file is empty; choose one that holds something.",
    )


async def test_not_all_files_are_under_way_at_once(taking: Intake, told: Told, tmp_path: Path) -> None:
    wanted = files(tmp_path, **{f"note-{at}__md": f"Note number {at}." for at in range(100)})
    await taking.bring(wanted)
    assert [status for _, status in told.statuses()] == ["ready"] * 100
    assert 4 <= told.most_under_way <= 32


async def test_nobody_waits_for_a_document_that_was_deleted(ada: Person) -> None:
    document = await add(ada.actor, "The pump runs at 9 bar.", wait=False)
    assert document.status == "in_progress"
    await documents.remove(ada.actor, document.id)
    waiting = Waiting(ada.actor)
    async with waiting.looking():
        with pytest.raises(NotFound):
            await waiting.until_settled(document, lambda stage: None)


async def test_a_collection_is_found_by_its_name_or_its_id_or_made(ada: Person, eve: Person) -> None:
    made = await open_collection(ada.actor, "Manuals")
    assert await open_collection(ada.actor, "Manuals") == made
    assert await open_collection(ada.actor, made) == made
    assert await open_collection(eve.actor, "Manuals") != made
    assert await open_collection(ada.actor, None) == await collections.ensure_default(ada.actor)
    await collections.create(ada.actor, CollectionCreate(name="Manuals"))
    with pytest.raises(Conflict, match="2 collections are called Manuals"):
        await open_collection(ada.actor, "Manuals")
