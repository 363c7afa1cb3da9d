"""Files as clients of OpenAI bring, list, read and delete them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import openai
import pytest

from steward.files import sweep
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.doors.openai.stores import blocking_client, official_client, refused, uploaded
from tests.knowledge.library import add


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async for client in official_client(server, ada):
        yield client


@pytest.mark.req("VEC-03")
async def test_the_official_client_brings_lists_reads_and_deletes_files(official: openai.AsyncOpenAI) -> None:
    file = await official.files.create(file=("notes.md", b"# Notes\n"), purpose="assistants")
    assert file.id.startswith("file-")
    assert (file.object, file.filename, file.bytes) == ("file", "notes.md", 8)
    assert (file.purpose, file.status, file.expires_at) == ("assistants", "processed", None)
    assert abs(file.created_at - time.time()) < 10
    assert (await official.files.retrieve(file.id)) == file
    assert (await official.files.content(file.id)).content == b"# Notes\n"
    assert [one.id async for one in official.files.list()] == [file.id]
    gone = await official.files.delete(file.id)
    assert (gone.id, gone.object, gone.deleted) == (file.id, "file", True)
    assert [one.id async for one in official.files.list()] == []
    with pytest.raises(openai.NotFoundError):
        await official.files.retrieve(file.id)


async def test_the_client_without_a_loop_does_the_same(server: str, ada: Person) -> None:
    def brought() -> tuple[str, bytes]:
        with blocking_client(server, ada) as official:
            file = official.files.create(file=("a.txt", b"text"), purpose="user_data")
            return file.purpose, official.files.content(file.id).read()

    assert await asyncio.to_thread(brought) == ("user_data", b"text")


@pytest.mark.slow
async def test_pages_follow_the_order_and_the_purpose(official: openai.AsyncOpenAI) -> None:
    made = [
        (await official.files.create(file=(f"{n}.txt", b"text"), purpose="assistants")).id for n in range(5)
    ]
    other = (await official.files.create(file=("x.txt", b"text"), purpose="vision")).id
    assert [one.id async for one in official.files.list(limit=2)] == [other, *made[::-1]]
    assert [one.id async for one in official.files.list(limit=2, order="asc")] == [*made, other]
    assert [one.id async for one in official.files.list(purpose="vision")] == [other]
    page = await official.files.list(limit=2, after=made[3], purpose="assistants")
    assert ([one.id for one in page.data], page.has_more) == ([made[2], made[1]], True)


@pytest.mark.slow
async def test_a_file_that_goes_while_the_list_is_read_stops_nobody(official: openai.AsyncOpenAI) -> None:
    for n in range(5):
        await official.files.create(file=(f"{n}.txt", b"text"), purpose="assistants")
    gone = [await official.files.delete(file.id) async for file in official.files.list(limit=2)]
    assert len(gone) == 5
    assert (await official.files.list()).data == []


async def test_what_stands_before_a_file_is_the_nearest_ahead_of_it(
    client: httpx.AsyncClient, ada: Person
) -> None:
    ids = [await uploaded(client, ada, name=f"{n}.txt") for n in range(5)]
    query = {"before": ids[0], "limit": "2"}
    page = (await client.get("/v1/files", params=query, headers=ada.headers)).json()
    assert [one["id"] for one in page["data"]] == [ids[2], ids[1]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[2], ids[1], True)


async def test_an_empty_list_has_nulls(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.get("/v1/files", headers=ada.headers)
    assert answer.content == b'{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'


async def test_a_file_has_every_field(client: httpx.AsyncClient, ada: Person) -> None:
    file_id = await uploaded(client, ada, "text", "a b.txt")
    file = (await client.get(f"/v1/files/{file_id}", headers=ada.headers)).json()
    created = file.pop("created_at")
    assert isinstance(created, int)
    assert file == {
        "id": file_id,
        "object": "file",
        "bytes": 4,
        "expires_at": None,
        "filename": "a b.txt",
        "purpose": "assistants",
        "status": "processed",
        "status_details": None,
    }


async def test_a_file_is_gone_when_its_time_is_over(
    official: openai.AsyncOpenAI, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await official.files.create(file=("kept.txt", b"kept"), purpose="user_data")
    file = await official.files.create(
        file=("brief.txt", f"brief {ada.actor.user_id}".encode()),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3_600},
    )
    assert file.expires_at is not None
    assert abs(file.expires_at - file.created_at - 3_600) <= 1
    assert await sweep.delete_expired(house) == 0
    assert (await official.files.retrieve(file.id)).expires_at == file.expires_at
    now = house.now
    monkeypatch.setattr(house, "now", lambda: now() + timedelta(seconds=3_601))
    # At once, and not only when the sweep comes by.
    with pytest.raises(openai.NotFoundError):
        await official.files.retrieve(file.id)
    with pytest.raises(openai.NotFoundError):
        await official.files.content(file.id)
    assert [one.id async for one in official.files.list()] == [kept.id]
    assert await sweep.delete_expired(house) == 1
    monkeypatch.undo()
    assert [one.id async for one in official.files.list()] == [kept.id]


async def test_what_was_brought_for_a_document_is_shown_as_an_assistants_file(
    client: httpx.AsyncClient, ada: Person
) -> None:
    document = await add(ada.actor, "The roof is red.", wait=False)
    page = await client.get("/v1/files", params={"purpose": "assistants"}, headers=ada.headers)
    assert [(one["id"], one["purpose"]) for one in page.json()["data"]] == [(document.file_id, "assistants")]


@pytest.mark.parametrize(
    ("form", "param", "code", "message"),
    [
        ({}, "purpose", "missing_required_parameter", "Missing required parameter: 'purpose'."),
        (
            {"purpose": "fun"},
            "purpose",
            "invalid_value",
            "Invalid value: 'fun'. Supported values are: 'assistants', 'batch', 'fine-tune', 'vision', "
            "'user_data', and 'evals'.",
        ),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at"},
            "expires_after[seconds]",
            "missing_required_parameter",
            "Missing required parameter: 'expires_after[seconds]'.",
        ),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3599"},
            "expires_after[seconds]",
            "integer_below_min_value",
            "Invalid 'expires_after[seconds]': integer below minimum value. Expected a value >= 3600, but got 3599 "
            "instead.",
        ),
        (
            {"purpose": "batch", "expires_after[anchor]": "last_active_at", "expires_after[seconds]": "3600"},
            "expires_after[anchor]",
            "invalid_value",
            "Invalid value: 'last_active_at'. Supported values are: 'created_at'.",
        ),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "soon"},
            "expires_after[seconds]",
            "invalid_type",
            "Invalid type for 'expires_after[seconds]': expected an integer, but got a string instead.",
        ),
    ],
)
async def test_a_form_that_does_not_fit_is_a_bad_request(
    client: httpx.AsyncClient, ada: Person, form: dict[str, str], param: str, code: str, message: str
) -> None:
    answer = await client.post("/v1/files", files={"file": ("a.txt", b"a")}, data=form, headers=ada.headers)
    expected = {"status": 400, "type": "invalid_request_error", "param": param, "code": code}
    assert refused(answer) == {**expected, "message": message}


async def test_an_empty_file_and_a_form_without_one_are_bad_requests(
    client: httpx.AsyncClient, ada: Person
) -> None:
    form = {"purpose": "assistants"}
    for files in ({"file": ("a.txt", b"")}, {"other": ("a.txt", b"a")}):
        answer = await client.post("/v1/files", files=files, data=form, headers=ada.headers)
        assert refused(answer)["status"] == 400
    answer = await client.post("/v1/files", json=form, headers=ada.headers)
    assert refused(answer)["status"] == 400


@pytest.mark.parametrize(
    ("query", "param", "code", "message"),
    [
        (
            {"limit": "0"},
            "limit",
            "integer_below_min_value",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            {"limit": "10001"},
            "limit",
            "integer_above_max_value",
            "Invalid 'limit': integer above maximum value. Expected a value <= 10000, but got 10001 instead.",
        ),
        (
            {"limit": "many"},
            "limit",
            "invalid_type",
            "Invalid type for 'limit': expected an integer, but got a string instead.",
        ),
        (
            {"order": "up"},
            "order",
            "invalid_value",
            "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.",
        ),
        (
            {"after": "thread_1"},
            "after",
            "invalid_value",
            "Invalid 'after': 'thread_1'. Expected an ID that begins with 'file'.",
        ),
    ],
)
async def test_a_list_that_cannot_be_is_a_bad_request(
    client: httpx.AsyncClient, ada: Person, query: dict[str, str], param: str, code: str, message: str
) -> None:
    answer = await client.get("/v1/files", params=query, headers=ada.headers)
    expected = {"status": 400, "type": "invalid_request_error", "param": param, "code": code}
    assert refused(answer) == {**expected, "message": message}


async def test_a_strangers_file_is_not_there(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    file_id = await uploaded(client, ada)
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        answer = await client.request(method, f"/v1/files/{file_id}{path}", headers=eve.headers)
        assert answer.status_code == 404
        assert answer.content == (
            b'{"error":{"message":"No such File object: %s","type":"invalid_request_error",'
            b'"param":"id","code":null}}' % file_id.encode()
        )
    page = (await client.get("/v1/files", params={"after": file_id}, headers=eve.headers)).json()
    assert page["data"] == []


async def test_a_viewer_reads_and_changes_nothing(
    client: httpx.AsyncClient, ada: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    file_id = await uploaded(client, ada)
    form: dict[str, Any] = {"files": {"file": ("a.txt", b"a")}, "data": {"purpose": "assistants"}}
    assert (await client.get(f"/v1/files/{file_id}", headers=viewer.headers)).status_code == 200
    assert (await client.delete(f"/v1/files/{file_id}", headers=viewer.headers)).status_code == 403
    assert (await client.post("/v1/files", **form, headers=viewer.headers)).status_code == 403


async def test_a_deleted_file_leaves_its_stores(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    assert house
    file_id = await uploaded(client, ada)
    store = (await client.post("/v1/vector_stores", json={"file_ids": [file_id]}, headers=ada.headers)).json()
    await client.delete(f"/v1/files/{file_id}", headers=ada.headers)
    page = (await client.get(f"/v1/vector_stores/{store['id']}/files", headers=ada.headers)).json()
    assert page["data"] == []
