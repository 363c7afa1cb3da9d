"""Folders and their documents stay in step."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from steward.knowledge.folders.walk import Bounds
from steward.knowledge.folders.watch import Watch, sources_within
from tests.conftest import Person
from tests.knowledge.folders.told import Told, intake
from tests.knowledge.library import add, find

pytestmark = [pytest.mark.req("RAG-15"), pytest.mark.slow]

BOUNDS = Bounds(1_000_000, Path("/nowhere"))
PATIENCE_SECONDS = 60


async def watching(person: Person, told: Told, *folders: Path) -> Watch:
    taking = await intake(person.actor, told, "Watched")
    collection_id = taking.collection_id
    sources = await sources_within(person.actor, collection_id, folders)
    return Watch(taking, folders, BOUNDS, sources)


async def texts(person: Person, query: str = "pump") -> list[str]:
    return sorted(hit.passage.text for hit in await find(person.actor, query))


async def test_only_what_changed_is_done(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "pump.md").write_text("The pump runs at 9 bar.")
    (tmp_path / "song.mp3").write_bytes(b"ID3\x04\x00")
    told = Told()
    watch = await watching(ada, told, tmp_path)
    await watch.catch_up()
    assert told.statuses() == [("pump.md", "ready"), ("song.mp3", "left_out")]
    await watch.catch_up()
    assert told.statuses() == []
    (tmp_path / "pump.md").write_text("The pump runs at 12 bar.")
    (tmp_path / "mill.md").write_text("The mill has a pump too.")
    (tmp_path / "song.mp3").unlink()
    await watch.catch_up()
    assert told.statuses() == [("mill.md", "ready"), ("pump.md", "ready")]
    (tmp_path / "mill.md").unlink()
    await watch.catch_up()
    assert told.statuses() == [("mill.md", "removed")]
    assert await texts(ada) == ["The pump runs at 12 bar."]


async def test_what_was_removed_while_nobody_watched_goes(ada: Person, tmp_path: Path) -> None:
    for name in ("pump.md", "mill.md"):
        (tmp_path / name).write_text(f"The pump of {name}.")
    await (await watching(ada, Told(), tmp_path)).catch_up()
    (tmp_path / "mill.md").unlink()
    told = Told()
    await (await watching(ada, told, tmp_path)).catch_up()
    assert told.statuses() == [("mill.md", "removed"), ("pump.md", "unchanged")]


async def test_only_documents_of_the_watched_folder_go(ada: Person, tmp_path: Path) -> None:
    watched, other = tmp_path / "watched", tmp_path / "watched-not"
    for folder in (watched, other):
        folder.mkdir()
        (folder / "a.md").write_text(f"The pump of {folder.name}.")
        (folder / "b.md").write_text(f"Another pump of {folder.name}.")
    taking = await intake(ada.actor, Told(), "Watched")
    await Watch(taking, [watched, other], BOUNDS, []).catch_up()
    await add(ada.actor, "A pump of nowhere.", source="elsewhere", collection_id=taking.collection_id)
    for folder in (watched, other):
        (folder / "a.md").unlink()
    told = Told()
    await (await watching(ada, told, watched)).catch_up()
    assert told.statuses() == [("a.md", "removed"), ("b.md", "unchanged")]
    assert len(await texts(ada)) == 4


async def test_a_folder_that_goes_away_keeps_its_documents(ada: Person, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "pump.md").write_text("The pump runs at 9 bar.")
    told = Told()
    watch = await watching(ada, told, folder)
    await watch.catch_up()
    told.statuses()
    # As when a disk is taken out: first no folder, then another one without files.
    folder.rename(tmp_path / "taken-out")
    await watch.catch_up()
    folder.mkdir()
    await watch.catch_up()
    await (await watching(ada, told, folder)).catch_up()
    assert told.statuses() == [("disk", "left_out")]
    assert await texts(ada) == ["The pump runs at 9 bar."]
    folder.rmdir()
    (tmp_path / "taken-out").rename(folder)
    (folder / "pump.md").rename(folder / "moved.md")
    await watch.catch_up()
    assert told.statuses() == [("moved.md", "ready"), ("pump.md", "removed")]


async def test_the_last_file_of_a_folder_may_go(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "pump.md").write_text("The pump runs at 9 bar.")
    told = Told()
    watch = await watching(ada, told, tmp_path)
    await watch.catch_up()
    (tmp_path / "pump.md").unlink()
    await watch.catch_up()
    assert told.statuses() == [("pump.md", "ready"), ("pump.md", "removed")]


async def test_a_failing_file_is_tried_again_when_it_changes(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    told = Told()
    watch = await watching(ada, told, tmp_path)
    await watch.catch_up()
    await watch.catch_up()
    assert told.statuses() == [("a.pdf", "failed")]
    (tmp_path / "a.pdf").write_text("The pump runs at 9 bar.")
    await watch.catch_up()
    assert told.statuses() == [("a.pdf", "ready")]


@asynccontextmanager
async def running(watch: Watch) -> AsyncGenerator[None]:
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def until(person: Person, wanted: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := await texts(person)) != wanted:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


@pytest.mark.req("RAG-16")
async def test_a_search_sees_what_happens_in_a_folder(ada: Person, tmp_path: Path) -> None:
    folder, aside = tmp_path / "folder", tmp_path / "aside"
    folder.mkdir()
    watch = await watching(ada, Told(), folder)
    async with running(watch):
        (folder / "a.md").write_text("The pump runs at 9 bar.")
        await until(ada, ["The pump runs at 9 bar."])
        (folder / "a.md").write_text("The pump runs at 12 bar.")
        await until(ada, ["The pump runs at 12 bar."])
        (folder / "inner").mkdir()
        (folder / "inner/b.md").write_text("A pump for milk.")
        (folder / ".hidden.md").write_text("A hidden pump.")
        await until(ada, ["A pump for milk.", "The pump runs at 12 bar."])
        shutil.move(folder / "inner", aside)
        await until(ada, ["The pump runs at 12 bar."])
        shutil.move(aside, folder / "again")
        (folder / "a.md").unlink()
        await until(ada, ["A pump for milk."])
