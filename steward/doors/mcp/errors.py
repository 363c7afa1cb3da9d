"""Refusals as JSON-RPC errors, which is what MCP clients read, also where HTTP says no."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from steward.kernel.errors import Refusal
from steward.kernel.http import problem_body, refusal_headers

# Numbers of JSON-RPC 2.0; below them, the range that it leaves to servers.
PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
_REFUSED: Final = -32000
_CODES: Final = {
    "malformed_body": PARSE_ERROR,
    "invalid_request": INVALID_PARAMS,
    "not_found": INVALID_PARAMS,
}


class OriginRefused(Refusal):
    """A page of another site knocks at the MCP door; the protocol asks servers to refuse that."""

    tag = "origin_refused"
    status = 403
    title = "Pages of other sites may not call this"
    remedy = "Send the request from a program, without the header Origin, or from a page of this server."


class PostOnly(Refusal):
    """The MCP door answers each request by itself: it keeps no stream open and has no sessions to end."""

    tag = "post_only"
    status = 405
    title = "Only POST is answered here"
    remedy = (
        "Send each message of the protocol with POST; a client that is told 405 goes on without a stream."
    )


def code_of(refusal: Refusal) -> int:
    """The number of a refusal."""
    if refusal.status >= 500:
        return INTERNAL_ERROR
    return _CODES.get(refusal.tag, _REFUSED)


def data_of(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The problem (RFC 9457) that stands beside the number."""
    return problem_body(refusal, request_id)


def error_response(refusal: Refusal, request_id: str) -> Response:
    """The refusal of a whole request, whose message nobody has read."""
    error = {"code": code_of(refusal), "message": refusal.detail, "data": data_of(refusal, request_id)}
    headers = refusal_headers(refusal)
    if refusal.status == 405:
        headers["allow"] = "POST"
    return Response(
        msgspec.json.encode({"jsonrpc": "2.0", "id": None, "error": error}),
        status_code=refusal.status,
        media_type="application/json",
        headers=headers,
    )
