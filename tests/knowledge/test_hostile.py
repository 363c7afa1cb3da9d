"""Files that no reader likes, uploaded as people do: each ends ready, or failed with a reason and a way out."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.knowledge import troubles
from tests.knowledge.test_crash import client_of
from tests.support.loop_watch import p99, watch_the_loop
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import server_process

PATIENCE_SECONDS: Final = 120
OWN_MS: Final = 50
LATE_MS: Final = 250  # on a machine whose cores are all at work for other tests
GROWTH_BYTES: Final = 200_000_000
_SENTENCE: Final = "The pump of the machine runs at 9 bar."

Maker = Callable[[], str | bytes]

_REFUSED: Final[dict[str, tuple[Maker, str]]] = {
    "locked.pdf": (troubles.encrypted_pdf, "file_is_encrypted"),
    "scanned.pdf": (troubles.scanned_pdf, "file_needs_text_recognition"),
    "cut.pdf": (lambda: troubles.pdf(_SENTENCE)[:300], "file_is_damaged"),
    "cut.docx": (lambda: troubles.docx(_SENTENCE)[:3_000], "file_is_damaged"),
    "empty.docx": (troubles.docx, "file_has_no_text"),
    "archive.zip": (lambda: troubles.zipped({"a.txt": _SENTENCE}), "file_kind_not_read"),
    "not-office.docx": (lambda: troubles.zipped({"a.txt": _SENTENCE}), "file_kind_not_read"),
    "laughs.docx": (lambda: troubles.laughs(_SENTENCE), "file_is_damaged"),
    "blank.txt": (lambda: " \t\n\u200b\ufeff" * 1_000, "file_has_no_text"),
    "picture.pdf": (lambda: troubles.picture(60, 80), "file_needs_text_recognition"),
    "noise.bin": (lambda: random.Random(1).randbytes(100_000), "file_kind_not_read"),
    "noise.txt": (lambda: random.Random(2).randbytes(100_000), "file_kind_not_read"),
    "program.md": (lambda: b"\x7fELF\x02\x01\x01" + bytes(5_000), "file_kind_not_read"),
}
_READ: Final[dict[str, Maker]] = {
    "really-a-pdf.txt": lambda: troubles.pdf(_SENTENCE),
    "really-a-text.docx": lambda: _SENTENCE,
    "really-a-page.json": lambda: f"<!doctype html><html><body><p>{_SENTENCE}</p></body></html>",
    "no ending": lambda: _SENTENCE,
    "nul.txt": lambda: f"{_SENTENCE}\x00 And more\x00.",
    "surrogate.json": lambda: f'{{"said": "\\ud800 {_SENTENCE}"}}',
    "utf16.txt": lambda: _SENTENCE.encode("utf-16"),
    "latin.txt": lambda: f"{_SENTENCE} Größe und Länge der Mühle.".encode("latin-1"),
    "deep.json": lambda: f'{"[" * 5_000}"{_SENTENCE}"{"]" * 5_000}',
    "quotes.md": lambda: f"{'> ' * 5_000}{_SENTENCE}",
    "../../..\\passwd\r\n.txt": lambda: _SENTENCE,
}
_SLOW: Final[dict[str, tuple[Maker, str | None]]] = {
    "long.txt": (lambda: "The pump runs. " * 700_000, "text_too_long"),
    "deep.html": (lambda: troubles.deep_html(_SENTENCE), None),
    "brackets.md": (lambda: f"{'[' * 20_000}\n\n{_SENTENCE}\n\n{'*a ' * 20_000}", None),
    "wide.csv": (lambda: f"{','.join(map(str, range(5_000)))}\n{_SENTENCE}", None),
    "one-word.txt": (lambda: f"{_SENTENCE} {'a' * 1_000_000}", None),
    "one-line.txt": (lambda: f"{_SENTENCE} {'0123456789abcdef;' * 60_000}", None),
    "pages.pdf": (lambda: troubles.pdf(*(f"{_SENTENCE} This is page {n}." for n in range(500))), None),
}


async def upload(
    http: httpx.AsyncClient, name: str, content: str | bytes, headers: dict[str, str] | None = None
) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return await http.post("/api/v1/documents", files={"file": (name, data)}, headers=headers)


async def settled(
    http: httpx.AsyncClient,
    document_id: str,
    headers: dict[str, str] | None = None,
    look_seconds: float = 0.02,
) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answered = await http.get(f"/api/v1/documents/{document_id}", headers=headers)
        assert answered.status_code == 200, answered.text
        document: dict[str, Any] = answered.json()
        if document["status"] != "in_progress":
            return document
        assert time.monotonic() < deadline, document
        await asyncio.sleep(look_seconds)


async def brought(http: httpx.AsyncClient, person: Person, name: str, content: str | bytes) -> dict[str, Any]:
    """The document once it is ready or failed."""
    accepted = await upload(http, name, content, person.headers)
    assert accepted.status_code == 202, accepted.text
    return await settled(http, accepted.json()["id"], person.headers)


def is_told(document: dict[str, Any], tag: str) -> bool:
    """Whether it failed for this reason, in sentences."""
    error = document["error"]
    assert (document["status"], error["tag"]) == ("failed", tag)
    assert error["reason"].endswith(".")
    assert error["fix"].endswith(".")
    assert (document["is_searchable"], document["chunks_total"]) == (False, None)
    return True


async def is_found(http: httpx.AsyncClient, person: Person, document: dict[str, Any]) -> bool:
    """Whether the sentence that stands in it is found."""
    assert (document["status"], document["error"], document["progress"]) == ("ready", None, 1.0)
    query = {"query": "How many bar does the pump have?", "limit": 50}
    answered = await http.post("/api/v1/knowledge/search", json=query, headers=person.headers)
    assert answered.status_code == 200, answered.text
    return any(_SENTENCE in " ".join(item["text"].split()) for item in answered.json()["items"])


@pytest.mark.parametrize("name", _REFUSED)
async def test_what_cannot_be_read_says_why(client: httpx.AsyncClient, ada: Person, name: str) -> None:
    make, tag = _REFUSED[name]
    assert is_told(await brought(client, ada, name, make()), tag)


@pytest.mark.parametrize("name", _READ)
async def test_what_is_odd_is_read_all_the_same(client: httpx.AsyncClient, ada: Person, name: str) -> None:
    document = await brought(client, ada, name, _READ[name]())
    assert await is_found(client, ada, document)
    assert not set("/\\\r\n\x00") & set(document["name"])


async def test_no_bytes_are_refused_at_the_door(client: httpx.AsyncClient, ada: Person) -> None:
    refused = await upload(client, "empty.txt", b"", ada.headers)
    assert (refused.status_code, refused.json()["tag"]) == (422, "file_empty")
    listed = await client.get("/api/v1/documents", headers=ada.headers)
    assert listed.json()["items"] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", _SLOW)
async def test_what_is_large_is_read_or_refused(client: httpx.AsyncClient, ada: Person, name: str) -> None:
    make, tag = _SLOW[name]
    document = await brought(client, ada, name, await asyncio.to_thread(make))
    assert is_told(document, tag) if tag else await is_found(client, ada, document)
    if name == "pages.pdf":
        assert document["pages"] == 500


@pytest.mark.slow
async def test_a_bomb_is_not_unpacked(client: httpx.AsyncClient, ada: Person, tmp_path: Path) -> None:
    content = await asyncio.to_thread(troubles.bomb, tmp_path)
    assert len(content) < 20_000_000
    assert is_told(await brought(client, ada, "bomb.docx", content), "file_unpacks_too_large")


def everything(folder: Path) -> list[tuple[str, bytes]]:
    """Every file of this module, twice the bad ones, and some papers of the usual kind."""
    made = [(name, make()) for name, (make, _) in {**_REFUSED, **_SLOW}.items()]
    made += [(name, make()) for name, make in _READ.items()]
    made.append(("bomb.docx", troubles.bomb(folder)))
    usual = [" ".join(f"Part {n} of machine {m} has {n} screws." for n in range(3_000)) for m in range(5)]
    made += [(f"{number}.txt", text) for number, text in enumerate(usual)]
    return [(name, content.encode() if isinstance(content, str) else content) for name, content in made]


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_loop_is_never_held_up(server: str, house: Runtime, ada: Person, tmp_path: Path) -> None:
    files = await asyncio.to_thread(everything, tmp_path)
    async with watch_the_loop() as loop:
        # Whoever uploads has a loop of their own.
        await asyncio.to_thread(asyncio.run, bring_all(server, ada.headers, files))
    turn, late = 1000 * p99(loop.turns), 1000 * p99(loop.late)
    print(f"{len(files)} files: the loop is late by p99 {late:.1f} ms, {turn:.1f} ms of them its own")
    assert turn < OWN_MS
    assert late < LATE_MS


async def bring_all(
    base_url: str, headers: dict[str, str], files: list[tuple[str, bytes]]
) -> list[dict[str, Any]]:
    """Upload and wait, a few at a time."""
    gate = asyncio.Semaphore(6)
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=60) as http:

        async def one(name: str, content: bytes) -> dict[str, Any]:
            async with gate:
                accepted = await upload(http, name, content)
            assert accepted.status_code == 202, accepted.text
            return await settled(http, accepted.json()["id"], look_seconds=0.2)

        return await asyncio.gather(*(one(name, content) for name, content in files))


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_server_goes_on_and_stays_small(tmp_path: Path, provider: ScriptedProvider) -> None:
    files = await asyncio.to_thread(everything, tmp_path)
    async with server_process(tmp_path / "data", provider.base_url) as server:
        key = await server.key()
        headers = {"authorization": f"Bearer {key}"}
        await bring_all(server.base_url, headers, [("warm.txt", _SENTENCE.encode())])
        process = psutil.Process(server.pid)
        before = process.memory_info().rss
        for _ in range(2):
            ended = await bring_all(server.base_url, headers, files)
            assert {document["status"] for document in ended} == {"ready", "failed"}
            assert all(
                document["error"]["tag"] != "internal_error" for document in ended if document["error"]
            )
        grown = process.memory_info().rss - before
        print(
            f"{2 * len(files)} files: the server has grown by {grown / 1e6:.0f} MB from {before / 1e6:.0f} MB"
        )
        assert grown < GROWTH_BYTES
        assert process.is_running()
        async with client_of(server, key) as http:
            assert (await http.get("/readyz")).status_code == 200
        assert "Traceback" not in server.log.read_text()
