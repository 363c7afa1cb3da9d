from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from steward.files.blobs import Storage
from steward.files.storage import FolderStorage
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person

ADDRESS = "/api/v1/files"


@pytest.fixture(autouse=True)
def folder(house: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    """The storage of the running house, for one test."""
    storage = FolderStorage(tmp_path / "files")
    monkeypatch.setitem(house.parts, Storage, storage)
    return storage


async def send(
    client: httpx.AsyncClient,
    person: Person,
    content: bytes = b"hello",
    name: str = "hello.txt",
    media_type: str | None = "text/plain",
    fields: dict[str, str] | None = None,
    key: str | None = None,
) -> httpx.Response:
    file = (name, content, media_type) if media_type else (name, content)
    headers = {**person.headers, **({"idempotency-key": key} if key else {})}
    return await client.post(ADDRESS, files={"file": file}, data=fields or {}, headers=headers)


def tag(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["tag"]


async def test_a_file_is_uploaded_listed_downloaded_and_deleted(
    client: httpx.AsyncClient, ada: Person
) -> None:
    made = await send(client, ada, fields={"purpose": "assistants"})
    file = made.json()
    assert made.status_code == 201
    assert file == file | {
        "name": "hello.txt",
        "media_type": "text/plain",
        "bytes": 5,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "purpose": "assistants",
        "user_id": ada.actor.user_id,
    }
    address = f"{ADDRESS}/{file['id']}"
    assert (await client.get(address, headers=ada.headers)).json() == file
    assert (await client.get(ADDRESS, headers=ada.headers)).json() == {"items": [file], "next_cursor": None}
    assert (await client.get(f"{address}/content", headers=ada.headers)).content == b"hello"
    assert (await client.delete(address, headers=ada.headers)).status_code == 204
    for gone in (address, f"{address}/content"):
        assert tag(await client.get(gone, headers=ada.headers)) == (404, "not_found")
    assert tag(await client.delete(address, headers=ada.headers)) == (404, "not_found")
    assert (await client.get(ADDRESS, headers=ada.headers)).json()["items"] == []


async def test_lists_are_cut_into_pages_and_by_purpose(client: httpx.AsyncClient, ada: Person) -> None:
    for number in range(5):
        purpose = "vision" if number == 2 else "batch"
        await send(client, ada, bytes([number]), f"{number}.txt", fields={"purpose": purpose})

    async def names(**query: Any) -> tuple[list[str], str | None]:
        page = (await client.get(ADDRESS, params=query, headers=ada.headers)).json()
        return [file["name"] for file in page["items"]], page["next_cursor"]

    first, cursor = await names(limit=3)
    assert first == ["4.txt", "3.txt", "2.txt"]
    assert await names(limit=3, cursor=cursor) == (["1.txt", "0.txt"], None)
    assert await names(purpose="vision") == (["2.txt"], None)
    for query in ({"limit": 0}, {"limit": 101}, {"purpose": "No Purpose"}, {"cursor": "x"}):
        assert (await client.get(ADDRESS, params=query, headers=ada.headers)).status_code == 422


async def test_strangers_see_nothing(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    file = (await send(client, ada)).json()["id"]
    assert (await client.get(f"{ADDRESS}/{file}", headers=bob.headers)).status_code == 200
    for path in (f"{ADDRESS}/{file}", f"{ADDRESS}/{file}/content"):
        assert tag(await client.get(path, headers=eve.headers)) == (404, "not_found")
    assert tag(await client.delete(f"{ADDRESS}/{file}", headers=eve.headers)) == (404, "not_found")
    assert (await client.get(ADDRESS, headers=eve.headers)).json()["items"] == []


async def test_a_viewer_may_only_look(
    client: httpx.AsyncClient, ada: Person, make_person: MakePerson
) -> None:
    file = (await send(client, ada)).json()["id"]
    viewer = await make_person(beside=ada, role="viewer")
    assert (await client.get(f"{ADDRESS}/{file}/content", headers=viewer.headers)).content == b"hello"
    assert tag(await send(client, viewer)) == (403, "forbidden")
    assert tag(await client.delete(f"{ADDRESS}/{file}", headers=viewer.headers)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("name", "media_type", "shown_as"),
    [
        ("page.html", "text/html", "application/octet-stream"),
        ("picture.svg", "image/svg+xml", "application/octet-stream"),
        ("page.xhtml", "application/xhtml+xml", "application/octet-stream"),
        ("script.js", "text/javascript", "application/octet-stream"),
        ("feed.xml", "text/xml", "application/octet-stream"),
        ("notes.txt", "text/plain", "text/plain"),
        ("picture.png", "image/png", "image/png"),
    ],
)
async def test_a_download_is_never_a_page_of_ours(
    client: httpx.AsyncClient, ada: Person, name: str, media_type: str, shown_as: str
) -> None:
    content = b"<script>alert(document.domain)</script>"
    file = (await send(client, ada, content, name, media_type)).json()
    assert file["media_type"] == media_type
    answer = await client.get(f"{ADDRESS}/{file['id']}/content", headers=ada.headers)
    assert answer.content == content
    assert answer.headers["content-type"] == shown_as
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox; default-src 'none'" in answer.headers.get_list("content-security-policy")
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("name", "stored", "header"),
    [
        ("../../etc/passwd", "passwd", 'attachment; filename="passwd"'),
        ("invoice\u202efdp.exe", "invoicefdp.exe", 'attachment; filename="invoicefdp.exe"'),
        ("1 €.txt", "1 €.txt", "attachment; filename=\"1 _.txt\"; filename*=UTF-8''1%20%E2%82%AC.txt"),
        ("\U0001f4c8.csv", "\U0001f4c8.csv", "attachment; filename=\"_.csv\"; filename*=UTF-8''%F0%9F%93%88.csv"),
        ('a"; b.txt', 'a"; b.txt', "attachment; filename=\"a__ b.txt\"; filename*=UTF-8''a%22%3B%20b.txt"),
        ("CON", "CON", 'attachment; filename="CON"'),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf", f'attachment; filename="{"x" * 251}.pdf"'),
    ],
)  # fmt: skip
async def test_names_are_data(
    client: httpx.AsyncClient, ada: Person, folder: FolderStorage, name: str, stored: str, header: str
) -> None:
    file = (await send(client, ada, name=name)).json()
    assert file["name"] == stored
    answer = await client.get(f"{ADDRESS}/{file['id']}/content", headers=ada.headers)
    assert answer.headers["content-disposition"] == header
    kept = [path for path in folder.incoming.parent.rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [file["sha256"]]


@pytest.mark.parametrize("name", ["a\0b.txt", "half \ud800 pair.txt"])
async def test_a_name_that_is_no_text_is_refused(client: httpx.AsyncClient, ada: Person, name: str) -> None:
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"'.encode("utf-8", "surrogatepass")
    body = b"--b\r\n" + head + b"\r\n\r\nx\r\n--b--\r\n"
    headers = {**ada.headers, "content-type": "multipart/form-data; boundary=b"}
    answer = await client.post(ADDRESS, content=body, headers=headers)
    assert tag(answer) == (400, "form_malformed")


@pytest.mark.parametrize(
    ("form", "status", "expected"),
    [
        ({"files": {"other": ("x.txt", b"x")}}, 422, "invalid_request"),
        ({"files": [("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))]}, 422, "invalid_request"),
        ({"files": {"purpose": (None, b"assistants")}}, 422, "invalid_request"),
        ({"files": {"file": ("empty.txt", b"")}}, 422, "file_empty"),
        ({"files": {"file": ("x.txt", b"x")}, "data": {"purpose": "No Purpose"}}, 422, "invalid_request"),
        ({"files": {"file": ("x.txt", b"x")}, "data": {"note": "x" * 100_001}}, 400, "form_malformed"),
        ({"json": {"file": "x"}}, 400, "form_malformed"),
        ({"content": b""}, 400, "form_malformed"),
        ({"data": {"file": "x"}}, 400, "malformed_body"),
        ({"content": b"hello", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400, "form_malformed"),
        ({"content": b"hello", "headers": {"content-type": "multipart/form-data"}}, 400, "form_malformed"),
    ],
)  # fmt: skip
async def test_what_is_no_upload_is_refused(
    client: httpx.AsyncClient,
    ada: Person,
    folder: FolderStorage,
    form: dict[str, Any],
    status: int,
    expected: str,
) -> None:
    body = {name: value for name, value in form.items() if name != "headers"}
    answer = await client.post(ADDRESS, **body, headers={**ada.headers, **form.get("headers", {})})
    assert tag(answer) == (status, expected)
    assert list(folder.incoming.glob("*")) == []


async def test_fields_may_stand_behind_the_file(client: httpx.AsyncClient, ada: Person) -> None:
    parts: list[Any] = [("file", ("x.txt", b"x")), ("purpose", (None, b"vision"))]
    answer = await client.post(ADDRESS, files=parts, headers=ada.headers)
    assert answer.json()["purpose"] == "vision"


async def test_a_file_of_untold_length_is_refused_when_it_grows_too_large(
    client: httpx.AsyncClient, house: Runtime, ada: Person, folder: FolderStorage
) -> None:
    most = house.settings.knowledge.file_bytes

    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(most // 1_000_000 + 1):
            yield b"x" * 1_000_000
        yield b"\r\n--b--\r\n"

    headers = {**ada.headers, "content-type": "multipart/form-data; boundary=b"}
    answer = await client.post(ADDRESS, content=body(), headers=headers)
    assert tag(answer) == (413, "file_too_large")
    assert answer.json()["limit_bytes"] == most
    assert list(folder.incoming.glob("*")) == []


async def test_a_lost_content_is_told(client: httpx.AsyncClient, ada: Person, folder: FolderStorage) -> None:
    file = (await send(client, ada)).json()
    for path in folder.incoming.parent.rglob(file["sha256"]):
        path.unlink()
    answer = await client.get(f"{ADDRESS}/{file['id']}/content", headers=ada.headers)
    assert tag(answer) == (410, "file_content_gone")


async def test_the_same_upload_twice_is_one_under_an_idempotency_key(
    client: httpx.AsyncClient, ada: Person
) -> None:
    key = new_id("key")
    # A client makes a new boundary for each try.
    first, again = [await send(client, ada, b"x" * 300_000, key=key) for _ in range(2)]
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await client.get(ADDRESS, headers=ada.headers)).json()["items"]) == 1


async def test_another_file_under_the_same_key_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    key = new_id("key")
    await send(client, ada, b"x" * 300_000, key=key)
    other = await send(client, ada, b"x" * 299_999 + b"y", key=key)
    assert tag(other) == (422, "idempotency_mismatch")
    named = await send(client, ada, b"x" * 300_000, "other.txt", key=key)
    assert tag(named) == (422, "idempotency_mismatch")


async def test_an_upload_that_was_refused_may_be_sent_again_under_its_key(
    client: httpx.AsyncClient, ada: Person
) -> None:
    key = new_id("key")
    assert (await send(client, ada, b"", key=key)).status_code == 422
    assert (await send(client, ada, b"now it holds something", key=key)).status_code == 201


async def test_the_description_tells_what_an_upload_holds(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()["paths"]
    body = described["/api/v1/files"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert body["required"] == ["file"]
    assert body["properties"]["file"] == {"type": "string", "format": "binary"}
    assert body["properties"]["purpose"]["default"] == "user_data"
    content = described["/api/v1/files/{file_id}/content"]["get"]["responses"]["200"]["content"]
    assert content["application/octet-stream"]["schema"] == {"type": "string", "format": "binary"}
