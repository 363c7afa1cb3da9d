"""Native REST of exports."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from steward.files.names import disposition
from steward.identity.access import Caller
from steward.kernel import runtime
from steward.kernel.pages import AnyId
from steward.threads import exporting
from steward.threads.exporting import Format, Written

router = APIRouter()

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The conversation as a file.",
        "content": {"application/json": {}, "application/pdf": _BINARY, "text/markdown": {}},
    }
}
Form = Annotated[
    Format, Query(alias="format", description="Markdown and PDF are for people, JSON for programs.")
]


@router.get("/chat/{conversation_id}/export", response_class=Response, responses=_FILES)
async def export_thread(actor: Caller, conversation_id: AnyId, form: Form = "markdown") -> Response:
    """Download a conversation: the branch that is shown, with its code, its tools' results and its sources."""
    return _attachment(await exporting.export(runtime.current(), actor, conversation_id, form))


@router.get("/shared/{share_id}/export", response_class=Response, responses=_FILES)
async def export_shared(actor: Caller, share_id: AnyId, form: Form = "markdown") -> Response:
    """Download a conversation that somebody in the workspace shares."""
    return _attachment(await exporting.export_shared(runtime.current(), actor, share_id, form))


def _attachment(written: Written) -> Response:
    return Response(
        written.body,
        headers={
            "content-type": written.media_type,
            "content-disposition": disposition(written.name),
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "private, no-store",
        },
    )
