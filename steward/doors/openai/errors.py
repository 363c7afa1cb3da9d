"""Refusals in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`, all four always there."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from steward.kernel.errors import IdempotencyBusy, NotFound, Refusal
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

    def __init__(self, detail: str, *, param: str | None = None, code: str | None = tag) -> None:
        super().__init__(detail, param=param, code=code)


class AnswerFailed(Refusal):
    """The answer of an agent, or in a stored conversation, ended before it was whole.

    `tag` and `status` are those of its cause; clients read them as if the cause had come by itself.
    """

    tag = "answer_failed"
    status = 502
    title = "The answer failed"
    remedy = "Try again, or ask in other words."

    def __init__(self, detail: str, *, tag: str, status: int) -> None:
        super().__init__(detail, code=_CODES.get(tag, tag), status=status)


def no_object(kind: str, object_id: str) -> NotFound:
    """The refusal for an object that is not there, or somebody else's.

    Args:
        kind: in OpenAI's words, such as `thread` or `run step`.
        object_id: as it was asked for.
    """
    return NotFound(f"No {kind} found with id '{object_id}'.", code=None)


def error_body(refusal: Refusal) -> dict[str, Any]:
    """The error object of a refusal. Its fact `code`, also a null, is the code that clients of this wire know."""
    status = _status(refusal)
    if status == 429:
        kind = "requests"
    elif status >= 500:
        kind = "server_error"
    else:
        kind = "invalid_request_error"
    # A fact of this name says what OpenAI's own hosts say, which may be nothing.
    known = refusal.facts.get("code", _CODES.get(refusal.tag, refusal.tag))
    code = "invalid_api_key" if status == 401 else known
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
    status: int = (
        refusal.facts.get("status", refusal.status) if isinstance(refusal, AnswerFailed) else refusal.status
    )
    # The official clients know 422 as another error, and send a 409 again by themselves: in vain, unless it is about an
    # idempotency key whose first request still runs.
    return 400 if status == 422 or (status == 409 and not isinstance(refusal, IdempotencyBusy)) else status
