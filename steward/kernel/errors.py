"""Refusals: the expected ways to say no, each with a public tag that is never renamed."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """An expected "no". Doors show `tag`, `status` and the sentence, each in its own shape.

    The sentence is for the caller: it names the cause and what to do, never internals. The remedy says what helps
    whenever this tag comes, in one sentence without this case's names. `is_own` when the workspace wrote the sentence.
    """

    tag: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused"
    remedy: ClassVar[str] = "Change the request as the detail says, then send it again."

    def __init__(self, detail: str, *, retry_after_seconds: float | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.facts = facts
        self.is_own = False


class Invalid(Refusal):
    """The request does not fit what the operation takes."""

    tag = "invalid_request"
    status = 422
    title = "The request is not valid"
    remedy = "Correct what the detail names, then send the request again."


class MalformedBody(Refusal):
    """The body is not the JSON that this server reads: syntax, NUL, lone surrogates, NaN."""

    tag = "malformed_body"
    status = 400
    title = "The body cannot be read"
    remedy = "Send strict JSON in UTF-8, and leave out what the detail names."


class BodyTooLarge(Refusal):
    """The body has more bytes, depth or values than the limits allow."""

    tag = "body_too_large"
    status = 413
    title = "The body is too large"
    remedy = "Send less in one request, or split it into several."


class Unauthorized(Refusal):
    """No valid key or session came with the request."""

    tag = "unauthorized"
    status = 401
    title = "Unauthorized"
    remedy = "Refresh the page and sign in again, or send a valid API key."


class Forbidden(Refusal):
    """The caller is known, but the role does not allow this."""

    tag = "forbidden"
    status = 403
    title = "Forbidden"
    remedy = "Ask an owner of the workspace to give you the role, or to do it for you."


class NotFound(Refusal):
    """No such thing, or it belongs to somebody else: the caller cannot tell which."""

    tag = "not_found"
    status = 404
    title = "Not found"
    remedy = "Check the address and the id, and whether you are in the right workspace."


class Conflict(Refusal):
    """The state of the thing does not allow this now."""

    tag = "conflict"
    status = 409
    title = "Conflict"
    remedy = "Load the thing again, then decide whether the change still fits."


class IdempotencyMismatch(Refusal):
    """The idempotency key was used before with another request."""

    tag = "idempotency_mismatch"
    status = 422
    title = "The idempotency key belongs to another request"
    remedy = "Use a new idempotency key for a new request."


class IdempotencyBusy(Refusal):
    """The first request with this idempotency key is still running."""

    tag = "idempotency_busy"
    status = 409
    title = "The first request with this key is still running"
    remedy = "Wait until the first request has ended, then send the same one again."


class TooManyRequests(Refusal):
    """The caller asks more often than the limits allow."""

    tag = "rate_limited"
    status = 429
    title = "Rate limit exceeded"
    remedy = "Wait as long as Retry-After says, then try again."


class Unavailable(Refusal):
    """A part that the request needs does not answer just now."""

    tag = "unavailable"
    status = 503
    title = "Temporarily unavailable"
    remedy = "Try again in a moment, and tell an administrator if it goes on."
