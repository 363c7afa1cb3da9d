"""The OpenAI door to files: `/v1/files`."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from steward.doors.openai import lists, raw
from steward.doors.openai.answers import answer
from steward.files import service, uploads
from steward.files.names import disposition, safe_media_type
from steward.files.schemas import FileRead
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Work
from steward.knowledge.ingestion import PURPOSE

router = APIRouter(prefix="/v1", tags=["openai"])

UPLOAD_PATHS: Final = ("/v1/files",)
"""Addresses of this door that take files, for the gate."""

_MOST: Final = 10_000
_EXPIRY: Final = ("anchor", "seconds")
_LEAST_SECONDS: Final = 3_600
_MOST_SECONDS: Final = 2_592_000
_DIGITS: Final = 9
_ASSISTANTS: Final = "assistants"
_PURPOSES: Final = (_ASSISTANTS, "batch", "fine-tune", "vision", "user_data", "evals")
_SECONDS: Final = {"type": "integer", "minimum": _LEAST_SECONDS, "maximum": _MOST_SECONDS}
_DESCRIBED: Final = uploads.described(
    **{
        "purpose": {"type": "string", "enum": list(_PURPOSES)},
        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
        "expires_after[seconds]": _SECONDS,
    }
)
_BYTES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/files", response_class=Response, openapi_extra=_DESCRIBED)
async def create_openai_file(request: Request, actor: Caller) -> Response:
    """Upload a file."""
    async with uploads.read(request, actor) as upload:
        purpose, expires_seconds = _purpose(upload.fields), _expires_seconds(upload.fields)
        async with runtime.current().database.work(actor) as work:
            file = await service.add(
                work,
                upload.received,
                name=upload.name,
                media_type=upload.media_type,
                purpose=purpose,
                expires_seconds=expires_seconds,
            )
    return answer(file_object(file))


@router.get("/files", response_class=Response)
async def list_openai_files(request: Request, work: InWork) -> Response:
    """List the files."""
    query = request.query_params
    asked = lists.read(query, prefix="file", usual=_MOST, most=_MOST)
    found = await service.stretch(work, asked, _purposes(query.get("purpose")))
    return answer(lists.page_of([file_object(file) for file in found.items], has_more=found.has_more))


@router.get("/files/{file_id}", response_class=Response)
async def read_openai_file(work: InWork, file_id: str) -> Response:
    """What is known of a file."""
    return answer(file_object(await _found(work, file_id)))


@router.get("/files/{file_id}/content", response_class=StreamingResponse, responses=_BYTES)
async def read_openai_file_content(actor: Caller, file_id: str) -> StreamingResponse:
    """Download a file, whatever it is for, exactly as it was uploaded."""
    async with runtime.current().database.work(actor) as work:
        file = await _found(work, file_id)
    return StreamingResponse(
        await service.read(actor, file),
        headers={
            "content-type": safe_media_type(file.media_type),
            "content-length": str(file.bytes),
            "content-disposition": disposition(file.name),
            # Should a browser show the file after all, it runs nothing and reaches nothing.
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "private, no-cache",
        },
    )


@router.delete("/files/{file_id}", response_class=Response)
async def delete_openai_file(actor: Caller, file_id: str) -> Response:
    """Delete a file; it leaves the vector stores that it is in."""
    async with runtime.current().database.work(actor) as work:
        await _found(work, file_id)
    await service.delete(actor, file_id)
    return answer({"id": file_id, "object": "file", "deleted": True})


def file_object(file: FileRead) -> dict[str, Any]:
    """A file in OpenAI's words."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": int(file.created_at.timestamp()),
        "expires_at": None if file.expires_at is None else int(file.expires_at.timestamp()),
        "filename": file.name,
        # What was brought for documents has a name that clients do not know.
        "purpose": _ASSISTANTS if file.purpose == PURPOSE else file.purpose,
        "status": "processed",
        "status_details": None,
    }


async def _found(work: Work, file_id: str) -> FileRead:
    try:
        return await service.get(work, file_id)
    except NotFound as refusal:
        raise NotFound(f"No such File object: {file_id}", param="id", code=None) from refusal


def _purpose(fields: dict[str, list[str]]) -> str:
    if "purpose" not in fields:
        raise raw.missing("purpose")
    return raw.known_word("purpose", fields["purpose"][-1], _PURPOSES)


def _expires_seconds(fields: dict[str, list[str]]) -> int | None:
    """After how long the file is deleted by itself; None for never."""
    given = {
        name: fields[f"expires_after[{name}]"][-1] for name in _EXPIRY if f"expires_after[{name}]" in fields
    }
    if not given:
        return None
    for name in _EXPIRY:
        if name not in given:
            raise raw.missing(f"expires_after[{name}]")
    raw.known_word("expires_after[anchor]", given["anchor"], ("created_at",))
    path, digits = "expires_after[seconds]", given["seconds"]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS:
        raise raw.wrong_type(path, "an integer", digits)
    return int(raw.within(path, int(digits), _LEAST_SECONDS, _MOST_SECONDS))


def _purposes(given: str | None) -> list[str] | None:
    if not given:
        return None
    return [_ASSISTANTS, PURPOSE] if given == _ASSISTANTS else [given]
