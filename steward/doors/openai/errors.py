"""Refusals in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`, all four always there."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from steward.kernel.errors import Refusal
from steward.kernel.http import refusal_headers
from steward.kernel.rate_limits import Standing

# What OpenAI's clients know by other names.
_CODES: Final = {"rate_limited": "rate_limit_exceeded"}


class BadRequest(Refusal):
    """The body does not fit OpenAI's wire. 400, never 422: the client maps 422 to another class."""

    tag = "invalid_request_error"
    status = 400
    title = "The request is not valid"
    remedy = "Correct the parameter that the error names, then send the request again."

    def __init__(self, detail: str, *, param: str | None = None) -> None:
        super().__init__(detail, param=param)


def error_body(refusal: Refusal) -> dict[str, Any]:
    """The error object of a refusal."""
    status = _status(refusal)
    if status == 429:
        kind = "requests"
    elif status >= 500:
        kind = "server_error"
    else:
        kind = "invalid_request_error"
    code = "invalid_api_key" if status == 401 else _CODES.get(refusal.tag, refusal.tag)
    message = (
        "Incorrect API key provided. Make one with `steward key create`." if status == 401 else refusal.detail
    )
    param = refusal.facts.get("param") or refusal.facts.get("field")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def error_response(refusal: Refusal, request_id: str) -> Response:
    """The refusal as an answer in OpenAI's shape."""
    del request_id  # travels in the header x-request-id, as with OpenAI
    return Response(
        msgspec.json.encode(error_body(refusal)),
        status_code=_status(refusal),
        media_type="application/json",
        headers=refusal_headers(refusal),
    )


def limit_headers(standing: Standing) -> list[tuple[bytes, bytes]]:
    """How the caller stands with the rate limits, under the names that OpenAI's clients read."""
    minutes, seconds = divmod(standing.reset_seconds, 60)
    reset = f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
    return [
        (b"x-ratelimit-limit-requests", str(standing.rate.amount).encode()),
        (b"x-ratelimit-remaining-requests", str(standing.remaining).encode()),
        (b"x-ratelimit-reset-requests", reset.encode()),
    ]


def _status(refusal: Refusal) -> int:
    return 400 if refusal.status == 422 else refusal.status
