"""Batches of files as clients of OpenAI make, watch and cancel them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.doors.openai.stores import blocking_client, made, official_client, refused, uploaded
from tests.knowledge.shelves import nobody_at_the_desk


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async for client in official_client(server, ada):
        yield client


@pytest.mark.slow
@pytest.mark.req("VEC-03")
async def test_the_official_client_uploads_a_batch_and_polls(official: openai.AsyncOpenAI) -> None:
    store = await official.vector_stores.create()
    batch = await official.vector_stores.file_batches.upload_and_poll(
        store.id, files=[(f"{n}.md", f"The pump has part {n}.".encode()) for n in range(4)]
    )
    assert batch.id.startswith("vsfb_")
    assert (batch.object, batch.vector_store_id, batch.status) == (
        "vector_store.files_batch",
        store.id,
        "completed",
    )
    assert (batch.file_counts.total, batch.file_counts.completed) == (4, 4)
    files = official.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, limit=3)
    assert len([one async for one in files]) == 4
    found = await official.vector_stores.search(store.id, query="Which part does the pump have?")
    assert len(found.data) == 4


@pytest.mark.slow
async def test_a_batch_of_many_is_begun_beside_the_request(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    store = await official.vector_stores.create()
    file_ids = [await uploaded(client, ada, f"Pump {n}.", f"{n}.md") for n in range(30)]
    batch = await official.vector_stores.file_batches.create_and_poll(store.id, file_ids=file_ids)
    assert (batch.status, batch.file_counts.completed) == ("completed", 30)
    files = official.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, order="asc")
    assert [one.id async for one in files] == file_ids


async def test_the_client_without_a_loop_does_the_same(server: str, ada: Person) -> None:
    def polled() -> tuple[str, int]:
        with blocking_client(server, ada) as official:
            store = official.vector_stores.create()
            batch = official.vector_stores.file_batches.upload_and_poll(
                store.id, files=[("a.md", b"The pump.")]
            )
            return batch.status, batch.file_counts.completed

    assert await asyncio.to_thread(polled) == ("completed", 1)


@pytest.mark.slow
async def test_each_file_of_a_batch_may_have_its_own_attributes(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    store = await official.vector_stores.create()
    first, second, third = [await uploaded(client, ada, f"Pump {n}.", f"{n}.md") for n in range(3)]
    batches = official.vector_stores.file_batches
    await batches.create_and_poll(
        store.id,
        files=[
            {"file_id": first, "attributes": {"n": 1}},
            {"file_id": second, "attributes": {"n": 2}},
        ],
    )
    await batches.create_and_poll(store.id, file_ids=[third], attributes={"n": 3})
    files = official.vector_stores.files
    assert {one.id: one.attributes async for one in files.list(store.id)} == {
        first: {"n": 1},
        second: {"n": 2},
        third: {"n": 3},
    }


@pytest.mark.slow
async def test_the_first_answer_has_right_counts_and_a_cancelled_batch_stops(
    client: httpx.AsyncClient, ada: Person, house: Runtime
) -> None:
    store = await made(client, ada)
    path = f"/v1/vector_stores/{store['id']}/file_batches"
    file_ids = [await uploaded(client, ada, f"Pump {n}.", f"{n}.md") for n in range(3)]
    async with nobody_at_the_desk(house):
        answer = await client.post(path, json={"file_ids": file_ids}, headers=ada.headers)
        batch = answer.json()
        assert answer.headers["openai-poll-after-ms"] == "200"
        batch_id, created = batch.pop("id"), batch.pop("created_at")
        assert isinstance(created, int)
        assert batch == {
            "object": "vector_store.files_batch",
            "vector_store_id": store["id"],
            "status": "in_progress",
            "file_counts": {"in_progress": 3, "completed": 0, "failed": 0, "cancelled": 0, "total": 3},
        }
        answer = await client.post(f"{path}/{batch_id}/cancel", headers=ada.headers)
        assert "openai-poll-after-ms" not in answer.headers
        cancelled = answer.json()
    counts = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 3, "total": 3}
    assert (cancelled["status"], cancelled["file_counts"]) == ("cancelled", counts)
    async with nobody_at_the_desk(house):
        seen = (await client.get(f"{path}/{batch_id}", headers=ada.headers)).json()
    assert seen == cancelled
    for shown, status in ((3, "cancelled"), (0, "failed")):
        page = (
            await client.get(f"{path}/{batch_id}/files", params={"filter": status}, headers=ada.headers)
        ).json()
        assert len(page["data"]) == shown
        assert {(one["status"], one["last_error"]) for one in page["data"]} <= {("cancelled", None)}
    shelf = (await client.get(f"/v1/vector_stores/{store['id']}", headers=ada.headers)).json()
    assert (shelf["status"], shelf["file_counts"]) == ("completed", counts)


@pytest.mark.slow
async def test_a_cancelled_file_that_is_added_again_is_made_ready(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person, house: Runtime
) -> None:
    store = await official.vector_stores.create()
    file_id = await uploaded(client, ada)
    async with nobody_at_the_desk(house):
        batch = await official.vector_stores.file_batches.create(store.id, file_ids=[file_id])
        await official.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    file = await official.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id)
    assert file.status == "completed"


async def test_cancelling_what_is_done_changes_nothing(official: openai.AsyncOpenAI) -> None:
    store = await official.vector_stores.create()
    batches = official.vector_stores.file_batches
    batch = await batches.upload_and_poll(store.id, files=[("a.md", b"The pump.")])
    assert (await batches.cancel(batch.id, vector_store_id=store.id)).status == "completed"


async def test_a_batch_whose_every_file_failed_has_failed(official: openai.AsyncOpenAI) -> None:
    store = await official.vector_stores.create()
    batch = await official.vector_stores.file_batches.upload_and_poll(
        store.id, files=[("a.mp3", b"ID3\x03\x00" + bytes(range(256)) * 20)]
    )
    assert (batch.status, batch.file_counts.failed) == ("failed", 1)


async def test_the_same_file_twice_in_a_batch_is_one(client: httpx.AsyncClient, ada: Person) -> None:
    store = await made(client, ada)
    file_id = await uploaded(client, ada)
    path = f"/v1/vector_stores/{store['id']}/file_batches"
    batch = (await client.post(path, json={"file_ids": [file_id, file_id]}, headers=ada.headers)).json()
    assert batch["file_counts"]["total"] == 1


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"name": "x"}, "file_ids", "missing_required_parameter"),
        ({"file_ids": []}, "file_ids", "missing_required_parameter"),
        (
            {"file_ids": ["file-1"], "files": [{"file_id": "file-1"}]},
            "files",
            "mutually_exclusive_parameters",
        ),
        ({"files": [{"id": "file-1"}]}, "files[0].file_id", "missing_required_parameter"),
        ({"files": ["file-1"]}, "files[0]", "invalid_type"),
        (
            {"files": [{"file_id": "file-1", "attributes": {"a": None}}]},
            "files[0].attributes.a",
            "invalid_type",
        ),
        ({"file_ids": ["file-1"] * 2_001}, "file_ids", "array_above_max_length"),
    ],
)
async def test_a_batch_that_cannot_be_is_a_bad_request(
    client: httpx.AsyncClient, ada: Person, body: dict[str, Any], param: str, code: str
) -> None:
    store = await made(client, ada)
    path = f"/v1/vector_stores/{store['id']}/file_batches"
    error = refused(await client.post(path, json=body, headers=ada.headers))
    assert (error["status"], error["param"], error["code"]) == (400, param, code)


async def test_a_batch_with_a_file_that_is_not_there_adds_none(
    client: httpx.AsyncClient, ada: Person, eve: Person
) -> None:
    store = await made(client, ada)
    ours, theirs = await uploaded(client, ada), await uploaded(client, eve)
    path = f"/v1/vector_stores/{store['id']}"
    answer = await client.post(f"{path}/file_batches", json={"file_ids": [ours, theirs]}, headers=ada.headers)
    assert (refused(answer)["status"], refused(answer)["message"]) == (
        404,
        f"No file found with id '{theirs}'.",
    )
    assert (await client.get(f"{path}/files", headers=ada.headers)).json()["data"] == []


@pytest.mark.slow
async def test_a_strangers_batch_is_not_there_nor_is_one_of_another_store(
    client: httpx.AsyncClient, ada: Person, eve: Person, make_person: MakePerson
) -> None:
    store, other = await made(client, ada), await made(client, ada)
    file_id = await uploaded(client, ada)
    path = f"/v1/vector_stores/{store['id']}/file_batches"
    batch = (await client.post(path, json={"file_ids": [file_id]}, headers=ada.headers)).json()
    for method, address in (("GET", ""), ("POST", "/cancel"), ("GET", "/files")):
        answer = await client.request(method, f"{path}/{batch['id']}{address}", headers=eve.headers)
        assert refused(answer)["status"] == 404
        beside = f"/v1/vector_stores/{other['id']}/file_batches/{batch['id']}{address}"
        answer = await client.request(method, beside, headers=ada.headers)
        assert refused(answer)["message"] == f"No vector store file batch found with id '{batch['id']}'."
    viewer = await make_person(beside=ada, role="viewer")
    answer = await client.post(f"{path}/{batch['id']}/cancel", headers=viewer.headers)
    assert answer.status_code == 403
    answer = await client.post(path, json={"file_ids": [file_id]}, headers=viewer.headers)
    assert answer.status_code == 403
