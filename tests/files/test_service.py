from __future__ import annotations

import hashlib
import random
from datetime import timedelta

import pytest

from steward.files import service, sweep
from steward.files.blobs import Blob, Storage
from steward.files.errors import FileEmpty, FileGone
from steward.files.schemas import FileRead
from steward.kernel.errors import Forbidden, Invalid, NotFound
from steward.kernel.http import FileTooLarge
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from tests.conftest import MakePerson, Person
from tests.files.conftest import in_pieces
from tests.support.database import as_owner

NONE = timedelta(0)


@pytest.fixture(autouse=True)
def kept(house: Runtime, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """The storage of the running house, for one test."""
    monkeypatch.setitem(house.parts, Storage, storage)
    return storage


async def upload(
    actor: Actor, content: bytes, name: str = "plan.txt", purpose: str = "user_data"
) -> FileRead:
    return await service.store(actor, in_pieces(content), name=name, purpose=purpose)


async def content_of(actor: Actor, file: FileRead) -> bytes:
    return b"".join([piece async for piece in await service.read(actor, file)])


async def blobs_in(storage: Storage) -> set[Blob]:
    return {kept.blob async for batch in storage.all() for kept in batch}


async def test_a_file_comes_back_as_it_was(house: Runtime, ada: Person) -> None:
    content = random.Random(3).randbytes(2_500_000)
    file = await upload(ada.actor, content, "../a plan.PDF", "assistants")
    assert file.id.startswith("file-")
    assert (file.name, file.media_type, file.purpose) == ("a plan.PDF", "application/pdf", "assistants")
    assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert file.user_id == ada.actor.user_id
    async with house.database.work(ada.actor) as work:
        assert await service.get(work, file.id) == file
    assert await content_of(ada.actor, file) == content
    async with service.local_path(ada.actor, file) as path:
        assert path.read_bytes() == content


async def test_colleagues_share_files_and_strangers_do_not(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    file = await upload(ada.actor, b"ours")
    async with house.database.work(bob.actor) as work:
        assert await service.get(work, file.id) == file
    async with house.database.work(eve.actor) as work:
        with pytest.raises(NotFound):
            await service.get(work, file.id)
        assert (await service.page(work, limit=10)).items == []
    with pytest.raises(NotFound):
        await service.delete(eve.actor, file.id)
    # Even with the row of somebody else in hand.
    with pytest.raises(FileGone):
        await content_of(eve.actor, file)


async def test_a_viewer_may_look_and_nothing_else(
    house: Runtime, ada: Person, make_person: MakePerson
) -> None:
    file = await upload(ada.actor, b"look")
    viewer = (await make_person(beside=ada, role="viewer")).actor
    async with house.database.work(viewer) as work:
        assert await service.get(work, file.id) == file
    assert await content_of(viewer, file) == b"look"
    with pytest.raises(Forbidden):
        await upload(viewer, b"mine")
    with pytest.raises(Forbidden):
        await service.delete(viewer, file.id)


async def test_the_same_content_lies_there_once_until_its_last_file_goes(ada: Person, kept: Storage) -> None:
    first = await upload(ada.actor, b"twice", "one.txt")
    second = await upload(ada.actor, b"twice", "two.txt")
    assert first.id != second.id
    assert await blobs_in(kept) == {Blob(ada.actor.workspace_id, first.sha256)}
    await service.delete(ada.actor, first.id)
    assert await content_of(ada.actor, second) == b"twice"
    await service.delete(ada.actor, second.id)
    assert await blobs_in(kept) == set()
    with pytest.raises(NotFound):
        await service.delete(ada.actor, second.id)


async def test_the_same_content_in_two_workspaces_is_two(ada: Person, eve: Person, kept: Storage) -> None:
    mine, theirs = await upload(ada.actor, b"the same"), await upload(eve.actor, b"the same")
    assert len(await blobs_in(kept)) == 2
    await service.delete(ada.actor, mine.id)
    assert await content_of(eve.actor, theirs) == b"the same"


async def test_pages_run_from_the_newest_to_the_oldest(house: Runtime, ada: Person) -> None:
    files = [
        await upload(ada.actor, bytes([n + 1]), f"{n}.txt", "vision" if n % 2 else "batch") for n in range(7)
    ]
    expected = [file.id for file in reversed(files)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        async with house.database.work(ada.actor) as work:
            page = await service.page(work, limit=3, cursor=cursor)
        seen += [file.id for file in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        if len(seen) == 3:
            await upload(ada.actor, b"one more, which moves nothing")
    assert seen == expected
    async with house.database.work(ada.actor) as work:
        batches = await service.page(work, limit=100, purpose="batch")
        assert [file.name for file in batches.items] == ["6.txt", "4.txt", "2.txt", "0.txt"]
        with pytest.raises(Invalid):
            await service.page(work, limit=3, cursor="nonsense")


async def test_uploads_and_deletions_are_recorded(house: Runtime, ada: Person) -> None:
    file = await upload(ada.actor, b"seen")
    await service.delete(ada.actor, file.id)
    async with as_owner(house.settings) as owner:
        events = await owner.fetch(
            "SELECT type, actor_id FROM events WHERE target_id = $1 ORDER BY id", file.id
        )
    assert [tuple(event) for event in events] == [
        ("file_uploaded", ada.actor.user_id),
        ("file_deleted", ada.actor.user_id),
    ]


async def test_what_is_refused_leaves_nothing(house: Runtime, ada: Person, kept: Storage) -> None:
    most = house.settings.knowledge.file_bytes
    with pytest.raises(FileTooLarge):
        await service.store(
            ada.actor, in_pieces(b"x" * (most + 1), 10_000_000), name="large", purpose="user_data"
        )
    with pytest.raises(FileEmpty):
        await upload(ada.actor, b"")
    async with house.database.work(ada.actor) as work:
        assert (await service.page(work, limit=10)).items == []
    assert list(kept.incoming.glob("*")) == []


async def test_what_was_not_committed_is_found_by_the_sweep(
    house: Runtime, ada: Person, kept: Storage
) -> None:
    async def change_ones_mind() -> None:
        async with (
            service.receive(ada.actor, in_pieces(b"lost")) as received,
            house.database.work(ada.actor) as work,
        ):
            await service.add(work, received, name="lost", purpose="user_data")
            raise KeyError

    with pytest.raises(KeyError):
        await change_ones_mind()
    stays = await upload(ada.actor, b"stays")
    assert len(await blobs_in(kept)) == 2
    assert await sweep.forget_unused(house) == 0
    assert await sweep.forget_unused(house, NONE) == 1
    assert await blobs_in(kept) == {Blob(ada.actor.workspace_id, stays.sha256)}
    assert await content_of(ada.actor, stays) == b"stays"


async def test_the_sweep_removes_what_a_deleted_workspace_had(
    house: Runtime, eve: Person, kept: Storage
) -> None:
    await upload(eve.actor, b"one")
    await upload(eve.actor, b"two")
    async with as_owner(house.settings) as owner:
        await owner.execute("DELETE FROM workspaces WHERE id = $1", eve.actor.workspace_id)
    assert await sweep.forget_unused(house, NONE) == 2
    assert await blobs_in(kept) == set()


async def test_a_lost_content_is_told_and_comes_back_with_the_same_upload(ada: Person, kept: Storage) -> None:
    file = await upload(ada.actor, b"precious")
    await kept.forget(Blob(ada.actor.workspace_id, file.sha256))
    with pytest.raises(FileGone):
        await service.read(ada.actor, file)
    with pytest.raises(FileGone):
        async with service.local_path(ada.actor, file):
            raise AssertionError("gone")
    await upload(ada.actor, b"precious")
    assert await content_of(ada.actor, file) == b"precious"
