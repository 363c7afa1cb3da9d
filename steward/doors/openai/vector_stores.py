"""The OpenAI door to vector stores, which are collections: `/v1/vector_stores`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from steward.doors.openai import lists, raw
from steward.doors.openai import vector_store_objects as objects
from steward.doors.openai import vector_store_requests as requests
from steward.doors.openai.answers import answer
from steward.doors.openai.errors import BadRequest, no_object
from steward.files import service as files
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor, Work
from steward.knowledge import collections, store_files
from steward.knowledge import search as searching
from steward.knowledge.errors import CollectionExpired, FilterInvalid
from steward.knowledge.schemas import CollectionRead
from steward.knowledge.search import Hit, Wanted
from steward.knowledge.store_files import Counts

router = APIRouter(prefix="/v1", tags=["openai"])


@router.post("/vector_stores", response_class=Response)
async def create_vector_store(request: Request, actor: Caller) -> Response:
    """Create a vector store, with files at once or without."""
    store_id = await make(actor, raw.read(await request.body()))
    async with runtime.current().database.work(actor) as work:
        return await _shown(work, store_id)


@router.get("/vector_stores", response_class=Response)
async def list_vector_stores(request: Request, work: InWork) -> Response:
    """List the vector stores."""
    found = await collections.stretch(work, lists.read(request.query_params, prefix="vs"))
    counts = await store_files.count(work, [one.id for one in found.items])
    shown = [objects.store_object(one, counts.get(one.id, Counts())) for one in found.items]
    return answer(lists.page_of(shown, has_more=found.has_more))


@router.get("/vector_stores/{vector_store_id}", response_class=Response)
async def read_vector_store(work: InWork, vector_store_id: str) -> Response:
    """A vector store, and how far its files are."""
    return await _shown(work, vector_store_id)


@router.post("/vector_stores/{vector_store_id}", response_class=Response)
async def change_vector_store(request: Request, actor: Caller, vector_store_id: str) -> Response:
    """Change a vector store's name, metadata or expiry."""
    wanted = requests.to_change(raw.read(await request.body()))
    database = runtime.current().database
    async with database.work(actor) as work:
        await find(work, vector_store_id)
    await collections.change(actor, vector_store_id, wanted)
    async with database.work(actor) as work:
        return await _shown(work, vector_store_id)


@router.delete("/vector_stores/{vector_store_id}", response_class=Response)
async def delete_vector_store(actor: Caller, vector_store_id: str) -> Response:
    """Delete a vector store; its files stay."""
    async with runtime.current().database.work(actor) as work:
        await find(work, vector_store_id)
    await collections.delete(actor, vector_store_id)
    return answer({"id": vector_store_id, "object": "vector_store.deleted", "deleted": True})


@router.post("/vector_stores/{vector_store_id}/search", response_class=Response)
async def search_vector_store(request: Request, actor: Caller, vector_store_id: str) -> Response:
    """Find passages of the files of a vector store."""
    asked = requests.to_search(raw.read(await request.body()))
    async with runtime.current().database.work(actor) as work:
        await find(work, vector_store_id)
    hits = await _search(actor, vector_store_id, asked)
    async with runtime.current().database.work(actor) as work:
        names = await store_files.names(work, [hit.passage.document_id for hit in hits])
    return answer(objects.search_page(asked.queries, hits, names))


async def make(actor: Actor, body: raw.Body) -> str:
    """Make a vector store as a body says, and put its first files there; also for stores that come with something else.

    Returns: the id of the collection.

    Raises:
        BadRequest: a field does not fit.
        NotFound: there is no such file; nothing was made then.
    """
    wanted, wishes = requests.to_create(body), requests.to_first_wishes(body)
    actor.ensure_role("member")
    if wishes:
        async with runtime.current().database.work(actor) as work:
            try:
                await files.get_some(work, [wish.file_id for wish in wishes])
            except NotFound as refusal:
                raise NotFound(refusal.detail, param=body.path_of("file_ids"), code=None) from refusal
    made = await collections.create(actor, wanted)
    if wishes:
        await store_files.add(actor, made.id, wishes)
    return made.id


async def find(work: Work, vector_store_id: str) -> CollectionRead:
    """A vector store.

    Raises:
        BadRequest: the id is one of something else.
        NotFound: there is none in the actor's workspace.
    """
    raw.ensure_id("vector_store_id", vector_store_id, "vs")
    try:
        return await collections.get(work, vector_store_id)
    except NotFound as refusal:
        raise no_object("vector store", vector_store_id) from refusal


async def _shown(work: Work, vector_store_id: str) -> Response:
    store = await find(work, vector_store_id)
    counts = await store_files.count(work, [vector_store_id])
    return answer(objects.store_object(store, counts.get(vector_store_id, Counts())))


async def _search(actor: Actor, vector_store_id: str, asked: requests.Search) -> list[Hit]:
    best: dict[tuple[str, int], Hit] = {}
    for query in asked.queries:
        wanted = Wanted(
            query,
            limit=asked.limit,
            collection_ids=[vector_store_id],
            filter=asked.filters,
            least_score=asked.least_score,
        )
        try:
            results = await searching.search(actor, wanted)
        except FilterInvalid as refusal:
            raise BadRequest(refusal.detail, param="filters", code="invalid_value") from refusal
        except CollectionExpired as refusal:
            # Not 409: the official clients would send the same again.
            raise BadRequest(f"Vector store {vector_store_id} has expired.", code=refusal.tag) from refusal
        for hit in results.hits:
            key = (hit.passage.document_id, hit.passage.ordinal)
            if key not in best or best[key].passage.score < hit.passage.score:
                best[key] = hit
    return sorted(best.values(), key=lambda hit: -hit.passage.score)[: asked.limit]
