"""What happens on the line while a file comes in: written byte by byte, as no well-behaved client would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from steward.files.blobs import Storage
from steward.files.storage import FolderStorage
from steward.kernel import runtime
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from tests.conftest import Person

HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n'
END = b"\r\n--b--\r\n"


@pytest.fixture(autouse=True)
def folder(house: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    """The storage of the running house, for one test."""
    storage = FolderStorage(tmp_path / "files")
    monkeypatch.setitem(house.parts, Storage, storage)
    return storage


class Line:
    """A connection on which an upload has begun."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, piece: bytes) -> None:
        self._writer.write(piece)
        await self._writer.drain()

    async def answer(self) -> tuple[int, str]:
        """The status, and the rest."""
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 20)
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await asyncio.wait_for(self._reader.readexactly(length), 20)
        return int(head.split(b" ")[1]), (head + body).decode()


@asynccontextmanager
async def begin(server: str, length: int, headers: dict[str, str]) -> AsyncGenerator[Line]:
    """Promise an upload of a length, and send nothing of it yet."""
    address = urlsplit(server)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    told = {
        "host": address.netloc,
        "content-type": "multipart/form-data; boundary=b",
        "content-length": str(length),
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    writer.write(f"POST /api/v1/files HTTP/1.1\r\n{lines}\r\n".encode())
    await writer.drain()
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


async def wait_for_files(folder: FolderStorage, count: int) -> None:
    for _ in range(500):
        if len(list(folder.incoming.glob("*"))) == count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(list(folder.incoming.glob("*")))


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sk-st-" + "A" * 43}])
async def test_not_a_byte_is_taken_from_a_stranger(
    server: str, folder: FolderStorage, headers: dict[str, str]
) -> None:
    async with begin(server, 50_000_000, headers) as line:
        status, _ = await line.answer()
        assert status == 401
        # What comes all the same goes nowhere.
        await line.send(HEAD + b"x" * 1_000_000)
    assert not folder.incoming.exists()


async def test_not_a_byte_is_taken_of_a_file_that_says_it_is_too_large(
    server: str, folder: FolderStorage, ada: Person
) -> None:
    most = runtime.current().settings.knowledge.file_bytes
    async with begin(server, most + 1_000_001, ada.headers) as line:
        status, answer = await line.answer()
    assert status == 413
    assert '"tag":"file_too_large"' in answer
    assert not folder.incoming.exists()


async def test_a_file_comes_in_piece_by_piece(server: str, folder: FolderStorage, ada: Person) -> None:
    content = b"x" * 3_000_000
    async with begin(server, len(HEAD) + len(content) + len(END), ada.headers) as line:
        await line.send(HEAD + content[:2_500_000])
        await wait_for_files(folder, 1)
        await line.send(content[2_500_000:] + END)
        status, answer = await line.answer()
    assert status == 201
    assert '"bytes":3000000' in answer
    assert list(folder.incoming.glob("*")) == []


async def test_an_upload_whose_client_leaves_leaves_nothing(
    server: str, client: httpx.AsyncClient, folder: FolderStorage, ada: Person
) -> None:
    with capture_logs() as lines:
        async with begin(server, 5_000_000, ada.headers) as line:
            await line.send(HEAD + b"x" * 2_000_000)
            await wait_for_files(folder, 1)
        await wait_for_files(folder, 0)
        await asyncio.sleep(0.05)
    assert [line["event"] for line in lines if line["log_level"] == "error"] == []
    assert (await client.get("/api/v1/files", headers=ada.headers)).json()["items"] == []


async def test_a_cut_off_upload_may_be_sent_again_under_its_key(
    server: str, folder: FolderStorage, ada: Person
) -> None:
    headers = {**ada.headers, "idempotency-key": new_id("key")}
    async with begin(server, 5_000_000, headers) as line:
        await line.send(HEAD + b"x" * 2_000_000)
        await wait_for_files(folder, 1)
    await wait_for_files(folder, 0)
    async with begin(server, len(HEAD + b"whole" + END), headers) as line:
        await line.send(HEAD + b"whole" + END)
        status, answer = await line.answer()
    assert status == 201
    assert '"bytes":5' in answer


@pytest.mark.slow
async def test_a_client_that_falls_silent_is_not_waited_for(
    server: str, folder: FolderStorage, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steward.files.uploads._SILENCE_SECONDS", 0.3)
    async with begin(server, 5_000_000, ada.headers) as line:
        await line.send(HEAD + b"x" * 2_000_000)
        status, answer = await line.answer()
    assert status == 408
    assert '"tag":"upload_cut_off"' in answer
    await wait_for_files(folder, 0)


@pytest.mark.slow
async def test_a_second_upload_under_a_key_waits_for_the_first(
    server: str, client: httpx.AsyncClient, folder: FolderStorage, ada: Person
) -> None:
    headers = {**ada.headers, "idempotency-key": new_id("key")}
    body = HEAD + b"x" * 2_500_000 + END
    async with begin(server, len(body), headers) as first:
        await first.send(body[:2_000_000])
        # Of two that begin at once either may come first.
        await wait_for_files(folder, 1)
        async with begin(server, len(body), headers) as second:
            sending = asyncio.create_task(second.send(body))
            await asyncio.sleep(0.3)
            assert len(list(folder.incoming.glob("*"))) == 1
            await first.send(body[2_000_000:])
            one, other = await asyncio.gather(first.answer(), second.answer())
            await sending
    assert (one[0], other[0]) == (201, 201)
    assert one[1].rpartition("\r\n")[2] == other[1].rpartition("\r\n")[2]
    assert "idempotency-replayed: true" in other[1]
    assert len((await client.get("/api/v1/files", headers=ada.headers)).json()["items"]) == 1


@pytest.mark.slow
async def test_a_claim_is_renewed_while_a_file_comes_in(
    server: str, house: Runtime, folder: FolderStorage, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steward.kernel.idempotency._RENEW_SECONDS", 0.0)
    headers = {**ada.headers, "idempotency-key": new_id("key")}
    body = HEAD + b"x" * 2_000_000 + END

    async def claimed_at() -> object:
        async with house.database.house() as session:
            connection = await session.connection()
            asked = "SELECT created_at FROM idempotency_keys WHERE workspace_id = '{}'"
            found = await connection.exec_driver_sql(asked.format(ada.actor.workspace_id))
            return found.scalar_one()

    async with begin(server, len(body), headers) as line:
        await line.send(body[:1_500_000])
        await wait_for_files(folder, 1)
        before = await claimed_at()
        await line.send(body[1_500_000:])
        assert (await line.answer())[0] == 201
    assert await claimed_at() != before
