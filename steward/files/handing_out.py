"""Handing out: a file as an answer over HTTP, which no browser runs."""

from __future__ import annotations

from typing import Final

from starlette.responses import StreamingResponse

from steward.files import service
from steward.files.names import disposition, safe_media_type
from steward.files.schemas import FileRead
from steward.kernel.work import Actor

# Should a browser show the file after all, it runs nothing and reaches nothing.
_CONTENT_POLICY: Final = "sandbox; default-src 'none'"


async def handed_out(actor: Actor, file: FileRead) -> StreamingResponse:
    """The content of a file, exactly as it was uploaded; to be called after every work is closed.

    Raises:
        FileGone: the storage lost it.
    """
    return StreamingResponse(
        await service.read(actor, file),
        headers={
            "content-type": safe_media_type(file.media_type),
            "content-length": str(file.bytes),
            "content-disposition": disposition(file.name),
            "content-security-policy": _CONTENT_POLICY,
            "cache-control": "private, no-cache",
        },
    )
