"""Pinecone as the vector store, against an index on this machine that refuses what the real one refuses."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator

import aiohttp
import numpy as np
import pytest
import structlog

from steward.kernel.errors import Unavailable
from steward.kernel.settings import Knowledge, Settings
from steward.knowledge.pinecone import PineconeStore, open_store
from steward.knowledge.pinecone_client import Patience, VectorStoreRefused
from steward.knowledge.queries import Key
from steward.knowledge.vector_index import VectorStore
from steward.providers.embeddings import Vectors
from tests.support.fake_pinecone import FakePinecone

pytestmark = pytest.mark.req("RAG-17")

HASTY = Patience(query_seconds=5, rest_seconds=0, request_seconds=5, tries=3, retry_seconds=0.01)
MODEL = "openai/text-embedding-3-small"
EAST, NORTH, UP = np.eye(3, dtype=np.float32)


@pytest.fixture
async def pinecone() -> AsyncGenerator[FakePinecone]:
    async with FakePinecone() as index:
        yield index


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def store(pinecone: FakePinecone, http: aiohttp.ClientSession) -> PineconeStore:
    return PineconeStore(http, pinecone.url, pinecone.key, HASTY)


def keys(document_id: str, count: int, revision: int = 1) -> list[Key]:
    return [Key(document_id, revision, ordinal) for ordinal in range(count)]


def toward(*directions: Vectors) -> Vectors:
    return np.stack(directions)


async def found(store: VectorStore, vector: Vectors, *collections: str, model: str = MODEL) -> list[Key]:
    return [key for key, _ in await store.nearest("ws_1", list(collections), model, vector, 10)]


async def test_the_nearest_passages_come_first_with_their_cosines(store: PineconeStore) -> None:
    slanted = np.asarray([0.6, 0.8, 0], np.float32)
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 3), toward(EAST, slanted, UP))
    nearest = await store.nearest("ws_1", ["vs_1"], MODEL, NORTH, 2)
    assert [key for key, _ in nearest] == [Key("doc_1", 1, 1), Key("doc_1", 1, 0)]
    assert [cosine for _, cosine in nearest] == pytest.approx([0.8, 0.0])


async def test_the_same_place_twice_is_kept_once(store: PineconeStore, pinecone: FakePinecone) -> None:
    for vector in (EAST, UP):
        await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(vector))
    assert pinecone.namespaces["ws_1"].keys() == {"doc_1:1:0"}
    ((_, cosine),) = await store.nearest("ws_1", ["vs_1"], MODEL, UP, 10)
    assert cosine == pytest.approx(1)


async def test_a_search_sees_its_workspace_its_collections_and_its_model(store: PineconeStore) -> None:
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))
    await store.put("ws_1", "vs_2", MODEL, keys("doc_2", 1), toward(EAST))
    await store.put("ws_1", "vs_1", "local/wordllama", keys("doc_3", 1), toward(EAST))
    await store.put("ws_2", "vs_1", MODEL, keys("doc_4", 1), toward(EAST))
    assert await found(store, EAST, "vs_1") == keys("doc_1", 1)
    assert sorted(await found(store, EAST, "vs_1", "vs_2")) == keys("doc_1", 1) + keys("doc_2", 1)
    assert await found(store, EAST, "vs_1", model="local/wordllama") == keys("doc_3", 1)
    assert await store.nearest("ws_3", ["vs_1"], MODEL, EAST, 10) == []


async def test_what_is_put_says_where_it_belongs(store: PineconeStore, pinecone: FakePinecone) -> None:
    await store.put("ws_1", "vs_1", MODEL, [Key("doc_1", 7, 0)], toward(EAST))
    facts = {"collection_id": "vs_1", "document_id": "doc_1", "revision": 7, "model": MODEL}
    assert pinecone.namespaces["ws_1"]["doc_1:7:0"].metadata == facts


async def test_a_document_is_removed_whole_or_by_revisions(
    store: PineconeStore, pinecone: FakePinecone
) -> None:
    for document_id, revision in (("doc_1", 1), ("doc_1", 2), ("doc_1", 12), ("doc_12", 1)):
        await store.put("ws_1", "vs_1", MODEL, keys(document_id, 1, revision), toward(EAST))
    await store.put("ws_2", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))
    await store.remove("ws_1", "doc_1", [1])
    assert pinecone.namespaces["ws_1"].keys() == {"doc_1:2:0", "doc_1:12:0", "doc_12:1:0"}
    await store.remove("ws_1", "doc_1")
    assert pinecone.namespaces["ws_1"].keys() == {"doc_12:1:0"}
    assert pinecone.namespaces["ws_2"].keys() == {"doc_1:1:0"}


async def test_what_is_not_there_is_removed_without_a_word(
    store: PineconeStore, pinecone: FakePinecone
) -> None:
    await store.remove("ws_nothing-was-ever-put-here", "doc_1")
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))
    await store.remove("ws_1", "doc_2", [1, 2])
    assert pinecone.namespaces["ws_1"].keys() == {"doc_1:1:0"}


async def test_many_vectors_go_in_several_requests(store: PineconeStore, pinecone: FakePinecone) -> None:
    many = np.tile(EAST, (250, 1))
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 250), many)
    assert [len(asked.body["vectors"]) for asked in pinecone.asked] == [100, 100, 50]
    assert len(pinecone.namespaces["ws_1"]) == 250


async def test_long_vectors_go_in_several_requests_too(http: aiohttp.ClientSession) -> None:
    rows = np.random.default_rng(1).normal(size=(100, 3_072)).astype(np.float32)
    async with FakePinecone(dimension=3_072) as pinecone:
        store = PineconeStore(http, pinecone.url, pinecone.key, HASTY)
        await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 100), rows)
        assert len(pinecone.namespaces["ws_1"]) == 100
        assert max(asked.bytes for asked in pinecone.asked) <= 1_000_000
        # Nor are they sent in smaller ones than need be.
        assert len(pinecone.asked) == -(-sum(asked.bytes for asked in pinecone.asked) // 1_000_000)


async def test_many_vectors_are_removed_page_by_page(store: PineconeStore, pinecone: FakePinecone) -> None:
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 2_150), np.tile(EAST, (2_150, 1)))
    pinecone.asked.clear()
    await store.remove("ws_1", "doc_1")
    assert pinecone.namespaces["ws_1"] == {}
    assert pinecone.paths() == ["/vectors/list"] * 22 + ["/vectors/delete"] * 3


async def test_a_vector_without_a_direction_is_left_out(store: PineconeStore, pinecone: FakePinecone) -> None:
    nothing = np.zeros(3, np.float32)
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 2), toward(nothing, EAST))
    await store.put("ws_1", "vs_1", MODEL, keys("doc_2", 1), toward(nothing))
    assert pinecone.namespaces["ws_1"].keys() == {"doc_1:1:1"}
    assert len(pinecone.asked) == 1


async def test_records_that_somebody_else_put_there_are_not_found(
    store: PineconeStore, pinecone: FakePinecone
) -> None:
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))
    kept = pinecone.namespaces["ws_1"]
    kept["theirs"] = kept["theirs:too"] = kept["theirs:a:b"] = kept["doc_1:1:0"]
    assert await found(store, EAST, "vs_1") == keys("doc_1", 1)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_tried_again(
    store: PineconeStore, pinecone: FakePinecone, status: int
) -> None:
    pinecone.fail(status, times=2)
    await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))
    pinecone.fail(status, times=2)
    assert await found(store, EAST, "vs_1") == keys("doc_1", 1)
    pinecone.fail(status, times=2)
    await store.remove("ws_1", "doc_1")
    assert pinecone.namespaces["ws_1"] == {}


async def test_a_failure_that_stays_is_told(store: PineconeStore, pinecone: FakePinecone) -> None:
    pinecone.fail(503, times=3)
    with pytest.raises(Unavailable) as refused:
        await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))
    assert refused.value.detail == "Pinecone answers with the status 503: The index is busy."
    assert pinecone.paths() == ["/vectors/upsert"] * 3


async def test_a_wait_that_is_too_long_is_not_waited(store: PineconeStore, pinecone: FakePinecone) -> None:
    pinecone.fail(429, headers={"retry-after": "3600"})
    with pytest.raises(Unavailable):
        await found(store, EAST, "vs_1")
    assert len(pinecone.asked) == 1


@pytest.mark.parametrize("text", ["<html>Sign in to the hotel</html>", "[]", '{"matches": 3}', ""])
async def test_an_answer_that_is_none_is_a_failure(
    store: PineconeStore, pinecone: FakePinecone, text: str
) -> None:
    pinecone.fail(200, times=3, text=text)
    with pytest.raises(Unavailable, match="something that is no answer"):
        await found(store, EAST, "vs_1")


async def test_an_answer_without_end_is_cut_off(store: PineconeStore, pinecone: FakePinecone) -> None:
    pinecone.fail(200, times=3, text=" " * 5_000_000)
    with pytest.raises(Unavailable, match="more bytes"):
        await found(store, EAST, "vs_1")


async def test_a_redirect_is_not_followed_with_the_key(store: PineconeStore, pinecone: FakePinecone) -> None:
    pinecone.fail(307, times=3, headers={"location": f"{pinecone.url}/elsewhere"})
    with pytest.raises(Unavailable, match="307"):
        await found(store, EAST, "vs_1")
    assert set(pinecone.paths()) == {"/query"}


async def test_vectors_that_do_not_fit_the_index_are_refused_at_once(
    store: PineconeStore, pinecone: FakePinecone
) -> None:
    with pytest.raises(VectorStoreRefused) as refused:
        await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), np.ones((1, 4), np.float32))
    assert refused.value.detail == (
        "Pinecone answers with the status 400: Vector dimension 4 does not match the dimension of the index 3."
    )
    assert len(pinecone.asked) == 1


@pytest.mark.parametrize("status", [402, 403])
async def test_what_an_operator_can_mend_is_no_fault_of_the_document(
    store: PineconeStore, pinecone: FakePinecone, status: int
) -> None:
    pinecone.fail(status)
    with pytest.raises(Unavailable, match="plan"):
        await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))


async def test_a_key_is_never_told(
    pinecone: FakePinecone, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    store = PineconeStore(http, pinecone.url, "pcsk_a-wrong-key", HASTY)
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as entries:
        with pytest.raises(Unavailable, match="Check PINECONE_API_KEY") as refused:
            await found(store, EAST, "vs_1")
        pinecone.fail(400, text='{"message": "no such key: pcsk_a-wrong-key"}')
        with pytest.raises(VectorStoreRefused, match="no such key: …") as echoed:
            await found(store, EAST, "vs_1")
    said = f"{entries} {caplog.text} {refused.value!r} {refused.value.facts} {echoed.value!r} {store!r}"
    assert "pcsk_a-wrong-key" not in said


async def test_an_index_that_failed_is_left_alone_for_a_while(
    http: aiohttp.ClientSession, pinecone: FakePinecone
) -> None:
    patience = Patience(query_seconds=5, rest_seconds=600, tries=1)
    store = PineconeStore(http, pinecone.url, pinecone.key, patience)
    pinecone.fail(500)
    with pytest.raises(Unavailable, match="500"):
        await found(store, EAST, "vs_1")
    with pytest.raises(Unavailable, match="left alone for a while"):
        await found(store, EAST, "vs_1")
    # That searches fail is no reason to leave vectors where they are.
    await store.remove("ws_1", "doc_1")
    pinecone.fail(500)
    with pytest.raises(Unavailable, match="500"):
        await store.remove("ws_1", "doc_1")
    with pytest.raises(Unavailable, match="left alone for a while"):
        await store.remove("ws_1", "doc_2")
    assert pinecone.paths() == ["/query", "/vectors/list", "/vectors/list"]


async def test_an_index_that_is_away_is_told(store: PineconeStore, pinecone: FakePinecone) -> None:
    await pinecone.stop()
    with pytest.raises(Unavailable, match="cannot be reached"):
        await store.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))


async def test_an_index_that_says_nothing_holds_nobody_up(
    http: aiohttp.ClientSession, pinecone: FakePinecone
) -> None:
    pinecone.hush()
    patience = Patience(query_seconds=0.05, remove_seconds=0.05)
    store = PineconeStore(http, pinecone.url, pinecone.key, patience)
    with pytest.raises(Unavailable, match="too long"):
        await found(store, EAST, "vs_1")
    with pytest.raises(Unavailable, match="too long"):
        await store.remove("ws_1", "doc_1")
    hasty = PineconeStore(http, pinecone.url, pinecone.key, Patience(request_seconds=0.05, tries=1))
    with pytest.raises(Unavailable, match="too long"):
        await hasty.put("ws_1", "vs_1", MODEL, keys("doc_1", 1), toward(EAST))


async def test_the_settings_name_the_index(settings: Settings, http: aiohttp.ClientSession) -> None:
    assert open_store(settings, http) is None
    named = settings.model_copy(update={"knowledge": Knowledge(pinecone_host="index-1.svc.pinecone.example")})
    with pytest.raises(ValueError, match="PINECONE_API_KEY is not"):
        open_store(named, http)
    keyed = named.model_copy(update={"variables": {"PINECONE_API_KEY": named.secret_key}})
    assert isinstance(open_store(keyed, http), PineconeStore)
