"""Vector stores and their files as clients of OpenAI use them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import openai
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.doors.openai.stores import blocking_client, made, official_client, one_call, refused, uploaded
from tests.knowledge.library import add
from tests.knowledge.shelves import look_at, nobody_at_the_desk
from tests.support.database import as_owner, queued

PUMP = b"# Pump\n\nThe water pump stands on the roof of the north wing.\n"
DOOR = b"# Door\n\nThe blue door is opened with the brass key.\n"
ANCHOR = "last_active_at"


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async for client in official_client(server, ada):
        yield client


@pytest.mark.slow
@pytest.mark.req("VEC-01", "VEC-02")
async def test_the_official_client_makes_changes_lists_and_deletes_stores(
    official: openai.AsyncOpenAI,
) -> None:
    store = await official.vector_stores.create(
        name="Manuals", metadata={"team": "north"}, expires_after={"anchor": ANCHOR, "days": 30}
    )
    assert store.id.startswith("vs_")
    assert (store.object, store.name, store.status) == ("vector_store", "Manuals", "completed")
    assert store.expires_after is not None
    assert (store.expires_after.anchor, store.expires_after.days) == (ANCHOR, 30)
    assert store.expires_at is not None
    assert store.last_active_at is not None
    assert store.expires_at - store.last_active_at == 30 * 86_400
    assert abs(store.created_at - time.time()) < 10
    assert (await official.vector_stores.retrieve(store.id)) == store
    changed = await official.vector_stores.update(store.id, name="Guides", metadata={"team": "south"})
    assert (changed.name, changed.metadata) == ("Guides", {"team": "south"})
    assert changed.expires_after == store.expires_after
    free = await official.vector_stores.update(store.id, expires_after=None)
    assert (free.expires_after, free.expires_at, free.name) == (None, None, "Guides")
    assert [one.id async for one in official.vector_stores.list()] == [store.id]
    gone = await official.vector_stores.delete(store.id)
    assert (gone.id, gone.object, gone.deleted) == (store.id, "vector_store.deleted", True)
    with pytest.raises(openai.NotFoundError):
        await official.vector_stores.retrieve(store.id)


@pytest.mark.req("VEC-02")
async def test_an_expired_store_says_so_and_is_not_searched(
    client: httpx.AsyncClient, ada: Person, house: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await made(client, ada, expires_after={"anchor": ANCHOR, "days": 30})
    later = house.now() + timedelta(days=31)
    monkeypatch.setattr(house, "now", lambda: later)
    path = f"/v1/vector_stores/{store['id']}"
    assert (await client.get(path, headers=ada.headers)).json()["status"] == "expired"
    answer = await client.post(f"{path}/search", json={"query": "pump"}, headers=ada.headers)
    assert (refused(answer)["status"], refused(answer)["code"]) == (400, "collection_expired")
    body = {"expires_after": {"anchor": ANCHOR, "days": 30}}
    assert (await client.post(path, json=body, headers=ada.headers)).json()["status"] == "completed"


@pytest.mark.slow
@pytest.mark.req("VEC-03")
async def test_a_file_is_uploaded_polled_found_and_read(official: openai.AsyncOpenAI) -> None:
    store = await official.vector_stores.create(name="Manuals")
    file = await official.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("pump.md", PUMP), attributes={"year": 2026, "open": True, "by": "ada"}
    )
    assert (file.object, file.status, file.last_error) == ("vector_store.file", "completed", None)
    assert file.id.startswith("file-")
    assert (file.vector_store_id, file.usage_bytes) == (store.id, len(PUMP))
    assert file.attributes == {"year": 2026, "open": True, "by": "ada"}
    found = await official.vector_stores.search(store.id, query="Where is the water pump?")
    (result,) = found.data
    assert (result.file_id, result.filename, result.attributes) == (file.id, "pump.md", file.attributes)
    assert 0 < result.score <= 1
    assert "north wing" in result.content[0].text
    read = await official.vector_stores.files.content(file.id, vector_store_id=store.id)
    assert "north wing" in (read.data[0].text or "")
    counts = (await official.vector_stores.retrieve(store.id)).file_counts
    assert (counts.total, counts.completed, counts.in_progress) == (1, 1, 0)


async def test_the_client_without_a_loop_polls_as_well(server: str, ada: Person) -> None:
    def polled() -> str:
        with blocking_client(server, ada) as official:
            store = official.vector_stores.create()
            file = official.files.create(file=("door.md", DOOR), purpose="assistants")
            return official.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id).status

    assert await asyncio.to_thread(polled) == "completed"


@pytest.mark.slow
@pytest.mark.req("VEC-01")
async def test_a_store_is_searched_by_attributes(official: openai.AsyncOpenAI) -> None:
    store = await official.vector_stores.create(name="Manuals")
    for name, content, year, kind in (("pump.md", PUMP, 2024, "water"), ("door.md", DOOR, 2026, "house")):
        await official.vector_stores.files.upload_and_poll(
            vector_store_id=store.id, file=(name, content), attributes={"year": year, "kind": kind}
        )

    async def names(filters: Any, query: Any = "the water pump and the blue door") -> set[str]:
        found = await official.vector_stores.search(store.id, query=query, filters=filters)
        return {result.filename for result in found.data}

    newer = {"type": "gt", "key": "year", "value": 2024}
    assert await names({"type": "eq", "key": "kind", "value": "water"}) == {"pump.md"}
    assert await names({"type": "ne", "key": "kind", "value": "water"}) == {"door.md"}
    assert await names(newer) == {"door.md"}
    assert await names({"type": "gte", "key": "year", "value": 2024}) == {"pump.md", "door.md"}
    assert await names({"type": "lt", "key": "year", "value": 2026}) == {"pump.md"}
    assert await names({"type": "lte", "key": "year", "value": 2020}) == set()
    assert await names({"type": "in", "key": "kind", "value": ["house", "garden"]}) == {"door.md"}
    assert await names({"type": "nin", "key": "kind", "value": ["house"]}) == {"pump.md"}
    both = [newer, {"type": "eq", "key": "kind", "value": "water"}]
    assert await names({"type": "and", "filters": both}) == set()
    assert await names({"type": "or", "filters": both}) == {"pump.md", "door.md"}
    assert await names(None, ["where is the water pump", "which key opens the blue door"]) == {
        "pump.md",
        "door.md",
    }


async def test_a_search_answers_a_page_with_as_many_results_as_wanted(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    store = await official.vector_stores.create()
    for name, content in (("pump.md", PUMP), ("door.md", DOOR)):
        await official.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=(name, content))
    body = {"query": "the water pump and the blue door", "max_num_results": 1, "rewrite_query": True}
    path = f"/v1/vector_stores/{store.id}/search"
    page = (await client.post(path, json=body, headers=ada.headers)).json()
    assert len(page.pop("data")) == 1
    assert page == {
        "object": "vector_store.search_results.page",
        "search_query": ["the water pump and the blue door"],
        "has_more": False,
        "next_page": None,
    }
    body = {"query": "quarks", "ranking_options": {"ranker": "auto", "score_threshold": 1}}
    assert (await client.post(path, json=body, headers=ada.headers)).json()["data"] == []


async def test_a_store_has_every_field_and_begins_with_its_files(
    client: httpx.AsyncClient, ada: Person, house: Runtime
) -> None:
    file_id = await uploaded(client, ada, "The pump.", "pump.md")
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 100}}
    async with nobody_at_the_desk(house):
        answer = await client.post(
            "/v1/vector_stores",
            json={"file_ids": [file_id], "chunking_strategy": strategy, "name": None, "metadata": None},
            headers=ada.headers,
        )
        store = answer.json()
        path = f"/v1/vector_stores/{store['id']}/files/{file_id}"
        seen = await client.get(path, headers=ada.headers)
    assert answer.headers["openai-poll-after-ms"] == seen.headers["openai-poll-after-ms"] == "200"
    for name in ("id", "created_at", "last_active_at"):
        assert store.pop(name)
    assert store == {
        "object": "vector_store",
        "name": "Vector store",
        "description": None,
        "usage_bytes": 9,
        "file_counts": {"in_progress": 1, "completed": 0, "failed": 0, "cancelled": 0, "total": 1},
        "status": "in_progress",
        "expires_after": None,
        "expires_at": None,
        "metadata": {},
    }
    file = seen.json()
    assert isinstance(file.pop("created_at"), int)
    assert file == {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": 9,
        "vector_store_id": file["vector_store_id"],
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": strategy,
        "attributes": {},
    }


async def test_chats_that_name_no_store_do_not_look_into_one_made_here(
    client: httpx.AsyncClient, ada: Person
) -> None:
    store = await made(client, ada)
    assert not (await look_at(ada, store["id"])).in_chat


@pytest.mark.slow
async def test_a_file_is_cut_as_was_wished_for_it_alone(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    store = await official.vector_stores.create()
    text = " ".join(f"The screw with number {n} holds the machine together." for n in range(200)).encode()
    static: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}}
    small = await official.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("a.txt", text), chunking_strategy=static
    )
    usual = await official.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("b.txt", text))
    assert small.chunking_strategy is not None
    assert small.chunking_strategy.model_dump() == static
    assert usual.chunking_strategy != small.chunking_strategy
    page = await client.get("/api/v1/documents", params={"collection_id": store.id}, headers=ada.headers)
    totals = {one["name"]: one["chunks_total"] for one in page.json()["items"]}
    assert totals["a.txt"] > 2 * totals["b.txt"]


async def test_the_same_file_again_is_the_same_file_with_what_is_wished_now(
    client: httpx.AsyncClient, ada: Person
) -> None:
    file_id = await uploaded(client, ada)
    path = f"/v1/vector_stores/{(await made(client, ada))['id']}/files"
    for year in (2025, 2026):
        body = {"file_id": file_id, "attributes": {"year": year}}
        file = (await client.post(path, json=body, headers=ada.headers)).json()
        assert file["attributes"] == {"year": year}
    assert len((await client.get(path, headers=ada.headers)).json()["data"]) == 1
    body = {"attributes": {"a": "b"}}
    changed = (await client.post(f"{path}/{file_id}", json=body, headers=ada.headers)).json()
    assert changed["attributes"] == {"a": "b"}
    cleared = await client.post(f"{path}/{file_id}", json={"attributes": None}, headers=ada.headers)
    assert cleared.json()["attributes"] == {}


async def test_a_file_that_cannot_be_read_fails_with_its_reason(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    store = await official.vector_stores.create()
    file = await official.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("song.mp3", b"ID3\x03\x00" + bytes(range(256)) * 20)
    )
    assert file.status == "failed"
    assert file.last_error is not None
    assert file.last_error.code in {"unsupported_file", "invalid_file"}
    assert file.last_error.message
    counts = (await official.vector_stores.retrieve(store.id)).file_counts
    assert (counts.failed, counts.total) == (1, 1)
    path = f"/v1/vector_stores/{store.id}/files/{file.id}/content"
    answer = await client.get(path, headers=ada.headers)
    assert (refused(answer)["status"], refused(answer)["code"]) == (400, None)


@pytest.mark.slow
async def test_files_are_listed_in_their_order_by_status_and_while_they_go(
    official: openai.AsyncOpenAI,
) -> None:
    store = await official.vector_stores.create()
    ids: list[str] = []
    for n in range(5):
        file = await official.files.create(file=(f"{n}.txt", b"text of the pump"), purpose="assistants")
        await official.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
        ids.append(file.id)
    files = official.vector_stores.files
    assert [one.id async for one in files.list(store.id, limit=2)] == ids[::-1]
    assert [one.id async for one in files.list(store.id, limit=2, order="asc")] == ids
    before = await files.list(store.id, before=ids[0], limit=2)
    assert [one.id for one in before.data] == [ids[2], ids[1]]
    assert [one.id async for one in files.list(store.id, filter="failed")] == []
    assert [one.id async for one in files.list(store.id, filter="completed", order="asc")] == ids
    gone = [
        await files.delete(one.id, vector_store_id=store.id) async for one in files.list(store.id, limit=2)
    ]
    assert {(one.object, one.deleted) for one in gone} == {("vector_store.file.deleted", True)}
    assert len(gone) == 5
    # The files themselves stay.
    assert len([one async for one in official.files.list()]) == 5


async def test_the_same_file_added_ten_times_at_once_is_one(client: httpx.AsyncClient, ada: Person) -> None:
    path = f"/v1/vector_stores/{(await made(client, ada))['id']}/files"
    body = {"file_id": await uploaded(client, ada)}
    answers = await asyncio.gather(*(client.post(path, json=body, headers=ada.headers) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len((await client.get(path, headers=ada.headers)).json()["data"]) == 1


async def test_a_file_that_goes_while_it_is_added_is_not_there(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    path = f"/v1/vector_stores/{(await made(client, ada))['id']}/files"
    file_id = await uploaded(client, ada)
    async with as_owner(house.settings) as owner, owner.transaction():
        await owner.execute("DELETE FROM files WHERE id = $1", file_id)
        adding = asyncio.ensure_future(client.post(path, json={"file_id": file_id}, headers=ada.headers))
        await queued(house.settings, "FROM files")
    answer = await adding
    assert answer.status_code == 404, answer.text
    assert "No file found" in answer.json()["error"]["message"]
    assert (await client.get(path, headers=ada.headers)).json()["data"] == []


async def test_a_document_of_the_library_is_a_file_of_its_store(
    client: httpx.AsyncClient, ada: Person
) -> None:
    document = await add(ada.actor, PUMP.decode(), "pump.md")
    path = f"/v1/vector_stores/{document.collection_id}/files"
    page = (await client.get(path, headers=ada.headers)).json()
    assert [(one["id"], one["status"]) for one in page["data"]] == [(document.file_id, "completed")]


@pytest.mark.slow
async def test_stores_are_listed_page_by_page(official: openai.AsyncOpenAI) -> None:
    ids = [(await official.vector_stores.create(name=f"{n}")).id for n in range(5)]
    assert [one.id async for one in official.vector_stores.list(limit=2)] == ids[::-1]
    assert [one.id async for one in official.vector_stores.list(limit=2, order="asc")] == ids
    gone = [await official.vector_stores.delete(one.id) async for one in official.vector_stores.list(limit=2)]
    assert len(gone) == 5


async def test_empty_lists_have_nulls(client: httpx.AsyncClient, ada: Person) -> None:
    empty = b'{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'
    assert (await client.get("/v1/vector_stores", headers=ada.headers)).content == empty
    store = await made(client, ada)
    answer = await client.get(f"/v1/vector_stores/{store['id']}/files", headers=ada.headers)
    assert answer.content == empty


@pytest.mark.parametrize(
    ("body", "param", "code", "message"),
    [
        (
            {"metadata": {str(n): "x" for n in range(17)}},
            "metadata",
            "object_above_max_properties",
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an "
            "object with 17 properties instead.",
        ),
        (
            {"metadata": {"k": "x" * 513}},
            "metadata.k",
            "string_above_max_length",
            "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string "
            "with length 513 instead.",
        ),
        (
            {"metadata": {"modified": True}},
            "metadata.modified",
            "invalid_type",
            "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
        ),
        (
            {"name": 7},
            "name",
            "invalid_type",
            "Invalid type for 'name': expected a string, but got an integer instead.",
        ),
        (
            {"expires_after": {"anchor": ANCHOR, "days": 366}},
            "expires_after.days",
            "integer_above_max_value",
            "Invalid 'expires_after.days': integer above maximum value. Expected a value <= 365, but got 366 instead.",
        ),
        (
            {"expires_after": {"days": 3}},
            "expires_after.anchor",
            "missing_required_parameter",
            "Missing required parameter: 'expires_after.anchor'.",
        ),
        (
            {"chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 99}}},
            "chunking_strategy.static.max_chunk_size_tokens",
            "integer_below_min_value",
            "Invalid 'chunking_strategy.static.max_chunk_size_tokens': integer below minimum value. Expected a value "
            ">= 100, but got 99 instead.",
        ),
        (
            {"file_ids": ["file-1", 2]},
            "file_ids[1]",
            "invalid_type",
            "Invalid type for 'file_ids[1]': expected a string, but got an integer instead.",
        ),
    ],
)
async def test_a_store_that_cannot_be_is_a_bad_request(
    client: httpx.AsyncClient, ada: Person, body: dict[str, Any], param: str, code: str, message: str
) -> None:
    answer = await client.post("/v1/vector_stores", json=body, headers=ada.headers)
    expected = {"status": 400, "type": "invalid_request_error", "param": param, "code": code}
    assert refused(answer) == {**expected, "message": message}


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("search", {}, "query"),
        ("search", {"query": " "}, "query"),
        ("search", {"query": []}, "query"),
        ("search", {"query": "x", "max_num_results": 51}, "max_num_results"),
        ("search", {"query": "x", "filters": {"type": "like", "key": "a", "value": "b"}}, "filters"),
        (
            "search",
            {"query": "x", "ranking_options": {"score_threshold": 2}},
            "ranking_options.score_threshold",
        ),
        ("files", {}, "file_id"),
        ("files", {"file_id": "file-1", "attributes": {"a": [1]}}, "attributes.a"),
        ("files", {"file_id": "file-1", "chunking_strategy": {"type": "own"}}, "chunking_strategy.type"),
    ],
)
async def test_what_does_not_fit_a_store_is_a_bad_request(
    client: httpx.AsyncClient, ada: Person, path: str, body: dict[str, Any], param: str
) -> None:
    store = await made(client, ada)
    answer = await client.post(f"/v1/vector_stores/{store['id']}/{path}", json=body, headers=ada.headers)
    assert (refused(answer)["status"], refused(answer)["param"]) == (400, param)


async def test_a_body_that_is_no_object_and_an_id_of_something_else_are_bad_requests(
    client: httpx.AsyncClient, ada: Person
) -> None:
    answer = await client.post("/v1/vector_stores", json=[1], headers=ada.headers)
    assert refused(answer)["message"] == (
        "Invalid type for the body: expected an object, but got an array instead."
    )
    answer = await client.get("/v1/vector_stores/undefined", headers=ada.headers)
    assert answer.content == (
        b'{"error":{"message":"Invalid \'vector_store_id\': \'undefined\'. Expected an ID that begins with '
        b'\'vs\'.","type":"invalid_request_error","param":"vector_store_id","code":"invalid_value"}}'
    )
    answer = await client.get("/v1/vector_stores", params={"after": "file-1"}, headers=ada.headers)
    assert refused(answer)["code"] == "invalid_value"


async def test_a_file_that_is_not_there_makes_no_store(
    client: httpx.AsyncClient, ada: Person, eve: Person
) -> None:
    theirs = await uploaded(client, eve)
    answer = await client.post("/v1/vector_stores", json={"file_ids": [theirs]}, headers=ada.headers)
    assert refused(answer) == {
        "status": 404,
        "message": f"No file found with id '{theirs}'.",
        "type": "invalid_request_error",
        "param": "file_ids",
        "code": None,
    }
    assert (await client.get("/v1/vector_stores", headers=ada.headers)).json()["data"] == []
    store = await made(client, ada)
    path = f"/v1/vector_stores/{store['id']}/files"
    answer = await client.post(path, json={"file_id": theirs}, headers=ada.headers)
    assert (refused(answer)["status"], refused(answer)["code"]) == (404, None)


@pytest.mark.slow
async def test_a_strangers_store_is_not_there(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    file_id = await uploaded(client, ada)
    store_id = (await made(client, ada, file_ids=[file_id]))["id"]
    mine = await uploaded(client, eve)
    message = f"No vector store found with id '{store_id}'."
    for method, path, body in (
        one_call("GET", ""),
        one_call("POST", "", {"name": "Eve was here"}),
        one_call("DELETE", ""),
        one_call("POST", "/search", {"query": "pump"}),
        one_call("GET", "/files"),
        one_call("POST", "/files", {"file_id": mine}),
        one_call("GET", f"/files/{file_id}"),
        one_call("POST", f"/files/{file_id}", {"attributes": {}}),
        one_call("DELETE", f"/files/{file_id}"),
        one_call("GET", f"/files/{file_id}/content"),
    ):
        answer = await client.request(
            method, f"/v1/vector_stores/{store_id}{path}", json=body, headers=eve.headers
        )
        assert refused(answer)["message"] == message, (method, path)
        assert answer.status_code == 404
    assert (await client.get("/v1/vector_stores", headers=eve.headers)).json()["data"] == []


async def test_a_viewer_looks_and_changes_nothing(
    client: httpx.AsyncClient, ada: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    file_id = await uploaded(client, ada)
    path = f"/v1/vector_stores/{(await made(client, ada, file_ids=[file_id]))['id']}"
    assert (await client.get(path, headers=viewer.headers)).status_code == 200
    assert (
        await client.post(f"{path}/search", json={"query": "x"}, headers=viewer.headers)
    ).status_code == 200
    for method, address, body in (
        one_call("POST", "/v1/vector_stores", {}),
        one_call("POST", path, {"name": "x"}),
        one_call("DELETE", path),
        one_call("POST", f"{path}/files", {"file_id": file_id}),
        one_call("POST", f"{path}/files/{file_id}", {"attributes": {}}),
        one_call("DELETE", f"{path}/files/{file_id}"),
    ):
        answer = await client.request(method, address, json=body, headers=viewer.headers)
        assert answer.status_code == 403, (method, address)
