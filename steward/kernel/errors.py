"""Refusals: the expected ways to say no, each with a public tag that is never renamed."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """An expected "no". Doors show `tag`, `status` and the sentence, each in its own shape.

    The sentence is for the caller: it names the cause and what to do, never internals.
    """

    tag: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused"

    def __init__(self, detail: str, *, retry_after_seconds: float | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.facts = facts


class Invalid(Refusal):
    """The request does not fit what the operation takes."""

    tag = "invalid_request"
    status = 422
    title = "The request is not valid"


class MalformedBody(Refusal):
    """The body is not the JSON that this server reads: syntax, NUL, lone surrogates, NaN."""

    tag = "malformed_body"
    status = 400
    title = "The body cannot be read"


class BodyTooLarge(Refusal):
    """The body has more bytes, depth or values than the limits allow."""

    tag = "body_too_large"
    status = 413
    title = "The body is too large"


class Unauthorized(Refusal):
    """No valid key or session came with the request."""

    tag = "unauthorized"
    status = 401
    title = "Unauthorized"


class Forbidden(Refusal):
    """The caller is known, but the role does not allow this."""

    tag = "forbidden"
    status = 403
    title = "Forbidden"


class NotFound(Refusal):
    """No such thing, or it belongs to somebody else: the caller cannot tell which."""

    tag = "not_found"
    status = 404
    title = "Not found"


class Conflict(Refusal):
    """The state of the thing does not allow this now."""

    tag = "conflict"
    status = 409
    title = "Conflict"


class IdempotencyMismatch(Refusal):
    """The idempotency key was used before with another request."""

    tag = "idempotency_mismatch"
    status = 422
    title = "The idempotency key belongs to another request"


class IdempotencyBusy(Refusal):
    """The first request with this idempotency key is still running."""

    tag = "idempotency_busy"
    status = 409
    title = "The first request with this key is still running"


class TooManyRequests(Refusal):
    """The caller asks more often than the limits allow."""

    tag = "rate_limited"
    status = 429
    title = "Rate limit exceeded"


class Unavailable(Refusal):
    """A part that the request needs does not answer just now."""

    tag = "unavailable"
    status = 503
    title = "Temporarily unavailable"
