"""Native REST of knowledge."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse

from steward.files import uploads
from steward.identity.access import Caller, InWork
from steward.kernel.errors import Invalid
from steward.kernel.pages import AnyId, PageSize
from steward.knowledge import collections, documents, samples, search
from steward.knowledge.citations import excerpt
from steward.knowledge.documents import Facts
from steward.knowledge.errors import DocumentNotReady
from steward.knowledge.schemas import (
    ChunkPage,
    CollectionChange,
    CollectionCreate,
    CollectionPage,
    CollectionRead,
    DocumentChange,
    DocumentDeleted,
    DocumentPage,
    DocumentRead,
    DocumentText,
    FileFacts,
    PassageRead,
    SamplesAdded,
    SearchRequest,
    SearchResult,
    Status,
    TextUpload,
    UrlUpload,
)
from steward.knowledge.search import Hit, Wanted

router = APIRouter(tags=["knowledge"])

UPLOAD_PATHS: Final = ("/documents", "/documents/{document_id}/file")
"""Addresses of this room that take files, for the gate."""

_Cursor = Annotated[str | None, Query(max_length=500)]
_FACTS: Final = TypeAdapter[FileFacts](FileFacts)
_FORM: Final = uploads.described(
    collection_id={"type": "string"},
    title={"type": "string"},
    tags={"type": "string", "description": "With commas between them; may come more than once."},
    attributes={"type": "string", "description": "A JSON object of texts, numbers and truth values."},
)


@router.post("/collections", status_code=201)
async def create_collection(actor: Caller, body: CollectionCreate) -> CollectionRead:
    """Make a collection of documents."""
    return await collections.create(actor, body)


@router.get("/collections")
async def list_collections(work: InWork, limit: PageSize = 30, cursor: _Cursor = None) -> CollectionPage:
    """List the workspace's collections, the newest first."""
    return await collections.page(work, limit=limit, cursor=cursor)


@router.get("/collections/{collection_id}")
async def read_collection(work: InWork, collection_id: AnyId) -> CollectionRead:
    """A collection, and how far its documents are."""
    return await collections.get(work, collection_id)


@router.patch("/collections/{collection_id}")
async def change_collection(actor: Caller, collection_id: AnyId, body: CollectionChange) -> CollectionRead:
    """Change a collection. Another embedding model has every document embedded anew, while it is found as before."""
    return await collections.change(actor, collection_id, body)


@router.delete("/collections/{collection_id}")
async def delete_collection(actor: Caller, collection_id: AnyId) -> DocumentDeleted:
    """Delete a collection with its documents."""
    await collections.delete(actor, collection_id)
    return DocumentDeleted(id=collection_id)


@router.post("/documents", status_code=202, openapi_extra=_FORM)
async def upload_document(request: Request, actor: Caller) -> DocumentRead:
    """Upload a file as a document. It is read beside the request: ask for its status until it is ready or failed."""
    async with uploads.read(request, actor) as upload:
        facts = _facts(upload.fields)
        return await documents.upload(actor, upload.received, upload.name, upload.media_type, facts)


@router.post("/documents/text", status_code=202)
async def write_document(actor: Caller, body: TextUpload) -> DocumentRead:
    """Make a text a document."""
    facts = Facts(body.collection_id, body.title, None, body.tags, dict(body.attributes))
    return await documents.write(actor, body.title, body.content, body.type, facts)


@router.post("/documents/url", status_code=202)
async def add_page(actor: Caller, body: UrlUpload) -> DocumentRead:
    """Make a page of the web a document, or fetch it anew. Only public addresses are fetched."""
    url = str(body.url)
    facts = Facts(body.collection_id, body.title, url, body.tags, dict(body.attributes))
    return await documents.add_page(actor, url, facts)


@router.get("/documents")
async def list_documents(
    work: InWork,
    limit: PageSize = 30,
    cursor: _Cursor = None,
    collection_id: AnyId | None = None,
    status: Status | None = None,
) -> DocumentPage:
    """List the workspace's documents, the newest first."""
    return await documents.page(work, limit=limit, cursor=cursor, collection_id=collection_id, status=status)


@router.get("/documents/{document_id}")
async def read_document(work: InWork, document_id: AnyId) -> DocumentRead:
    """A document, and how far it is."""
    return await documents.get(work, document_id)


@router.patch("/documents/{document_id}")
async def change_document(work: InWork, document_id: AnyId, body: DocumentChange) -> DocumentRead:
    """Give a document another title, other tags or attributes."""
    return await documents.change(work, document_id, body)


@router.delete("/documents/{document_id}")
async def delete_document(actor: Caller, document_id: AnyId) -> DocumentDeleted:
    """Delete a document, and the file that was uploaded for it."""
    await documents.remove(actor, document_id)
    return DocumentDeleted(id=document_id)


@router.put("/documents/{document_id}/file", status_code=202, openapi_extra=uploads.described())
async def replace_document(request: Request, actor: Caller, document_id: AnyId) -> DocumentRead:
    """Give a document new contents. It is found as it was until they are ready."""
    async with uploads.read(request, actor) as upload:
        return await documents.replace_file(
            actor, document_id, upload.received, upload.name, upload.media_type
        )


@router.get("/documents/{document_id}/file", response_class=RedirectResponse, status_code=307)
async def download_document(work: InWork, document_id: AnyId) -> RedirectResponse:
    """Download the file of a document, exactly as it came."""
    file_id = (await documents.get(work, document_id)).file_id
    if file_id is None:
        raise DocumentNotReady("The page of this document was not fetched yet.")
    # Where every file is downloaded, with what keeps a browser from running it.
    return RedirectResponse(f"/api/v1/files/{file_id}/content", status_code=307)


@router.post("/documents/{document_id}/retry", status_code=202)
async def retry_document(actor: Caller, document_id: AnyId) -> DocumentRead:
    """Try again to make a failed document ready."""
    return await documents.retry(actor, document_id)


@router.get("/documents/{document_id}/text")
async def read_document_text(
    work: InWork,
    document_id: AnyId,
    start: Annotated[int, Query(ge=0, le=2_000_000_000)] = 0,
    end: Annotated[int | None, Query(ge=0, le=2_000_000_000)] = None,
) -> DocumentText:
    """A stretch of what a document says, at most 20,000 characters: the places of passages count in it."""
    return await documents.read_text(work, document_id, start, end)


@router.get("/documents/{document_id}/chunks")
async def list_chunks(
    work: InWork, document_id: AnyId, limit: PageSize = 30, cursor: _Cursor = None
) -> ChunkPage:
    """The passages of a document, in their order."""
    return await documents.chunks(work, document_id, limit=limit, cursor=cursor)


@router.post("/knowledge/search")
async def search_knowledge(actor: Caller, body: SearchRequest) -> SearchResult:
    """Find the passages that fit a question, by meaning and by words."""
    results = await search.search(
        actor,
        Wanted(
            body.query,
            limit=body.limit,
            collection_ids=body.collection_ids,
            document_ids=body.document_ids,
            filter=body.filter,
            least_score=body.least_score,
        ),
    )
    notice = None if results.failed is None else f"Searched by words only. {results.failed.detail}"
    return SearchResult(
        query=body.query, items=[_passage(hit, body.query) for hit in results.hits], notice=notice
    )


@router.post("/knowledge/samples", status_code=202)
async def add_samples(actor: Caller) -> SamplesAdded:
    """Add the sample documents: Steward's own documentation. Adding them again changes nothing."""
    collection_id, document_ids = await samples.add(actor)
    return SamplesAdded(collection_id=collection_id, document_ids=document_ids)


def _passage(hit: Hit, question: str) -> PassageRead:
    passage = hit.passage
    return PassageRead(
        document_id=passage.document_id,
        collection_id=passage.collection_id,
        file_id=passage.file_id,
        title=passage.title,
        text=passage.text,
        excerpt=excerpt(passage.text, question),
        score=passage.score,
        page=passage.page,
        headings=list(passage.headings),
        revision=passage.revision,
        ordinal=passage.ordinal,
        start=passage.start,
        end=passage.end,
        url=passage.url,
        tags=hit.tags,
        attributes=hit.attributes,
    )


def _facts(fields: dict[str, list[str]]) -> Facts:
    """What stands beside a file in its form."""
    tags = [tag.strip() for given in fields.get("tags", []) for tag in given.split(",") if tag.strip()]
    written: dict[str, Any] = {name: values[-1] for name, values in fields.items() if values[-1]}
    try:
        read = _FACTS.validate_python({**written, "tags": tags})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "form"
        raise Invalid(f"{where}: {first['msg']}.", field=where) from error
    return Facts(read.collection_id, read.title, read.source, read.tags, dict(read.attributes))
