"""Native REST of files."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import StreamingResponse

from steward.files import service, uploads
from steward.files.handing_out import handed_out
from steward.files.schemas import FilePage, FileRead, Purpose
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import Invalid
from steward.kernel.pages import AnyId, PageSize

router = APIRouter(tags=["files"])

UPLOAD_PATHS: Final = ("/files",)
"""Addresses of this room that take files, for the gate."""

_DEFAULT_PURPOSE: Final = "user_data"
_PURPOSE: Final = TypeAdapter[str](Purpose)
_DESCRIBED: Final = uploads.described(purpose={**_PURPOSE.json_schema(), "default": _DEFAULT_PURPOSE})
BYTES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
"""How the reference describes an address that hands a file out."""


@router.post("/files", status_code=201, openapi_extra=_DESCRIBED)
async def upload_file(request: Request, actor: Caller) -> FileRead:
    """Upload a file; the workspace keeps the same content once, however often it comes."""
    async with uploads.read(request, actor) as upload:
        purpose = _purpose(upload.fields)
        async with runtime.current().database.work(actor) as work:
            return await service.add(
                work, upload.received, name=upload.name, media_type=upload.media_type, purpose=purpose
            )


@router.get("/files")
async def list_files(
    work: InWork,
    limit: PageSize = 30,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    purpose: Purpose | None = None,
) -> FilePage:
    """List the workspace's files, newest first."""
    return await service.page(work, limit=limit, cursor=cursor, purpose=purpose)


@router.get("/files/{file_id}")
async def read_file(work: InWork, file_id: AnyId) -> FileRead:
    """What is known of a file."""
    return await service.get(work, file_id)


@router.get("/files/{file_id}/content", response_class=StreamingResponse, responses=BYTES)
async def download_file(actor: Caller, file_id: AnyId) -> StreamingResponse:
    """Download a file, exactly as it was uploaded."""
    async with runtime.current().database.work(actor) as work:
        file = await service.get(work, file_id)
    return await handed_out(actor, file)


@router.delete("/files/{file_id}", status_code=204)
async def delete_file(actor: Caller, file_id: AnyId) -> None:
    """Delete a file, with everything that was made of it."""
    await service.delete(actor, file_id)


def _purpose(fields: dict[str, list[str]]) -> str:
    try:
        return _PURPOSE.validate_python(fields.get("purpose", [_DEFAULT_PURPOSE])[-1])
    except ValidationError as error:
        raise Invalid("The purpose is a short word of small letters and digits.", field="purpose") from error
