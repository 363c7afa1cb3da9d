"""What a crash leaves of documents under way: none lost, none doubled, none half; they become ready by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.work import asyncpg_dsn
from tests.knowledge import troubles
from tests.knowledge.stored import wrong
from tests.support.database import Connection
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

KILLS = 6
PAPERS = 40
UPLOADS_AT_ONCE = 6
PATIENCE_SECONDS = 150
TAKE_OVER_SECONDS = 15
_HALF_STORED = "chunks_done BETWEEN 1 AND chunks_total - 1"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Paper:
    """A file to be uploaded. `word` stands in it and in no other; None when it cannot be read."""

    name: str
    content: bytes
    word: str | None


def papers(folder: Path, count: int, chance: random.Random) -> list[Paper]:
    """Papers of all sizes, some of them no papers."""
    bad = [
        Paper("cut.pdf", troubles.pdf("The end is missing.")[:400], None),
        Paper("locked.pdf", troubles.encrypted_pdf(), None),
        Paper("scanned.pdf", troubles.scanned_pdf(), None),
        Paper("bomb.docx", troubles.bomb(folder), None),
        Paper("noise.bin", chance.randbytes(50_000), None),
        Paper("blank.txt", b" \n" * 1_000, None),
    ]
    good = [_paper(number, chance) for number in range(count - len(bad))]
    mixed = [*good, *bad]
    chance.shuffle(mixed)
    return mixed


def _sentences(number: int, count: int, word: str, chance: random.Random) -> list[str]:
    sentences = [
        f"Part {n} of machine {number} is held by {chance.randrange(2, 90)} screws." for n in range(count)
    ]
    sentences.insert(chance.randrange(count + 1), f"Its mark is {word}.")
    return sentences


def long_paper(number: int, chance: random.Random) -> Paper:
    """A paper whose passages take many batches to store."""
    word = f"zq{number}long"
    text = "\n".join(_sentences(number, 6_000, word, chance))
    return Paper(f"long {number}.txt", text.encode(), word)


def _paper(number: int, chance: random.Random) -> Paper:
    word = f"zq{number}xw"
    sentences = _sentences(number, chance.choice([1, 30, 300, 3_000]), word, chance)
    if number % 5 == 0:
        pages = [" ".join(sentences[at : at + 40]) for at in range(0, min(len(sentences), 800), 40)]
        return Paper(f"{number}.pdf", troubles.pdf(f"Its mark is {word}.", *pages), word)
    if number % 7 == 0:
        return Paper(f"{number}.docx", troubles.docx(*sentences[:300], f"Its mark is {word}."), word)
    return Paper(f"{number}.txt", "\n".join(sentences).encode(), word)


@contextlib.asynccontextmanager
async def client_of(server: ServerProcess, key: str) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=30) as http:
        yield http


@contextlib.asynccontextmanager
async def owner_of(server: ServerProcess) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(server.data_dir).owner_url))
    try:
        yield connection
    finally:
        await connection.close()


async def bring(http: httpx.AsyncClient, paper: Paper, collection_id: str) -> None:
    """Upload until it is accepted, as a client does whose server goes away: the same source is the same document."""
    fields = {"source": f"shelf/{paper.name}", "collection_id": collection_id}
    while True:
        with contextlib.suppress(httpx.HTTPError):
            file = (paper.name, paper.content, "application/octet-stream")
            answered = await http.post("/api/v1/documents", files={"file": file}, data=fields)
            assert answered.status_code in (202, 503), answered.text
            if answered.status_code == 202:
                return
        await asyncio.sleep(0.2)


async def new_shelf(http: httpx.AsyncClient) -> str:
    """A collection of short passages: storing those of one paper takes several batches."""
    made = await http.post("/api/v1/collections", json={"name": "Shelf", "chunk_tokens": 48})
    return made.json()["id"]


async def bring_all(http: httpx.AsyncClient, every: Sequence[Paper], collection_id: str) -> None:
    gate = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def one(paper: Paper) -> None:
        async with gate:
            await bring(http, paper, collection_id)

    await asyncio.gather(*(one(paper) for paper in every))


async def under_way(server: ServerProcess, condition: str = "true") -> int:
    query = f"SELECT count(*) FROM documents WHERE status = 'in_progress' AND {condition}"  # noqa: S608  # of this test
    async with owner_of(server) as owner:
        return await owner.fetchval(query)


async def hold_when_one_is_half_stored(server: ServerProcess) -> None:
    """Bring the server to a standstill with a document half stored; for some seconds at most: perhaps all are stored.

    It stands still while one looks, so that the document that one saw is not whole by the time of the kill.
    """
    query = f"SELECT FROM documents WHERE status = 'in_progress' AND {_HALF_STORED}"
    async with owner_of(server) as owner:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while True:
                    os.kill(server.pid, signal.SIGSTOP)
                    if await owner.fetch(query):
                        return
                    os.kill(server.pid, signal.SIGCONT)
                    await asyncio.sleep(0.005)


async def until_at_rest(server: ServerProcess) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while await under_way(server):
        assert time.monotonic() < deadline, server.log.read_text()[-4_000:]
        await asyncio.sleep(0.2)


async def every_document(http: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """The documents by the names of their files."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": "100", **({"cursor": cursor} if cursor else {})}
        page = (await http.get("/api/v1/documents", params=query)).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    by_name = {document["name"]: document for document in found}
    assert len(by_name) == len(found), "a document is there twice"
    return by_name


async def check(server: ServerProcess, http: httpx.AsyncClient, every: Sequence[Paper]) -> None:
    """Every paper is there once, ready and found by its word, or failed with a reason; nothing else is stored."""
    documents = await every_document(http)
    assert documents.keys() == {paper.name for paper in every}
    for paper in every:
        document = documents[paper.name]
        if paper.word is None:
            assert (document["status"], document["chunks_total"]) == ("failed", None), document
            assert all(document["error"].values())
            continue
        assert (document["status"], document["error"]) == ("ready", None), document
        found = await http.post("/api/v1/knowledge/search", json={"query": paper.word, "limit": 1})
        assert [one["document_id"] for one in found.json()["items"]] == [document["id"]], paper.name
        assert paper.word in found.json()["items"][0]["text"]
    async with owner_of(server) as owner:
        workspace_id: str = await owner.fetchval("SELECT DISTINCT workspace_id FROM documents")
        assert await wrong(owner, workspace_id) == {}


@pytest.mark.req("RAG-16", "VEC-03")
async def test_kills_in_mid_ingestion_lose_nothing_and_double_nothing(
    tmp_path: Path, provider: ScriptedProvider
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    every = papers(tmp_path, PAPERS, chance)
    async with server_process(tmp_path / "data", provider.base_url) as server:
        key = await server.key()
        async with client_of(server, key) as http:
            shelf = await new_shelf(http)
            bringing = [asyncio.ensure_future(bring_all(http, list(every), shelf))]
            waiting, half_stored = 0, 0
            for number in range(KILLS):
                await asyncio.sleep(chance.uniform(0.2, 3))
                if number % 2:
                    # A quick machine may be done with all others.
                    every.append(long_paper(number, chance))
                    bringing.append(asyncio.ensure_future(bring_all(http, every[-1:], shelf)))
                    await hold_when_one_is_half_stored(server)
                await server.kill()
                waiting += await under_way(server)
                half_stored += await under_way(server, _HALF_STORED)
                await server.start()
            await asyncio.gather(*bringing)
            await until_at_rest(server)
            print(f"{waiting} on their way when the server was killed, {half_stored} of them half stored")
            assert half_stored, "everything was ready before the kills: the test showed nothing"
            await check(server, http, every)


async def test_another_process_takes_over(tmp_path: Path, provider: ScriptedProvider) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    every = papers(tmp_path, PAPERS // 2, random.Random(seed))
    async with server_process(tmp_path / "data", provider.base_url) as first:
        key = await first.key()
        async with (
            server_process(tmp_path / "data", provider.base_url) as second,
            client_of(first, key) as brought,
            client_of(second, key) as http,
        ):
            await bring_all(brought, every, await new_shelf(brought))
            left = await under_way(second)
            await first.kill()
            began = time.monotonic()
            assert left, "everything was ready before the kill: the test showed nothing"
            while await under_way(second) == left:
                assert time.monotonic() - began < 4 * TAKE_OVER_SECONDS
                await asyncio.sleep(0.1)
            print(f"{left} left, taken over after {time.monotonic() - began:.1f} s")
            assert time.monotonic() - began < TAKE_OVER_SECONDS
            await until_at_rest(second)
            print(f"at rest after {time.monotonic() - began:.1f} s")
            await check(second, http, every)


async def test_a_rolling_stop_fails_no_document(tmp_path: Path, provider: ScriptedProvider) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    every = papers(tmp_path, PAPERS // 2, random.Random(seed))
    async with server_process(tmp_path / "data", provider.base_url) as server:
        key = await server.key()
        async with client_of(server, key) as http:
            bringing = asyncio.ensure_future(bring_all(http, every, await new_shelf(http)))
            for _ in range(3):
                await asyncio.sleep(1)
                await server.stop()
                await server.start()
            await bringing
            await until_at_rest(server)
            await check(server, http, every)
