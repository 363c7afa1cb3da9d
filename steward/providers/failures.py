"""How a provider's "no" is read: status, headers and body become one of our refusals.

The body is for the log alone; no word of it reaches a public sentence. Shapes: OpenAI `{"error": {"message", "type",
"code"}}`, Anthropic `{"type": "error", "error": {"type", "message"}}`, Google `{"error": {"code", "message",
"status", "details"}}`, and hosts that write `{"message"}` or `{"detail"}` alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import msgspec

from steward.providers.errors import (
    ContextTooLong,
    LLMError,
    ProviderBrokeOff,
    ProviderKeyRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
)
from steward.providers.wire import Endpoint

_LONGEST_WAIT_SECONDS: Final = 86_400.0
_CAUSE_CHARS: Final = 2_000

_QUOTA: Final = re.compile(
    r"insufficient_quota|insufficient[ _]balance|insufficient[ _]credits?|credit balance is too low|billing_error"
    r"|billing_hard_limit|billing_not_active|spend_limit|spending limit|used all available credits"
)
_TOO_LONG: Final = re.compile(
    r"context_length|context length|context window|context size|maximum prompt length|prompt is too long"
    r"|input is too long|exceeds the maximum number of tokens|too many tokens|request_too_large|string_above_max_length"
)
_KEY: Final = re.compile(
    r"invalid_api_key|api_key_invalid|api key not valid|api key expired|authentication_error|unauthenticated"
    r"|permission_denied|permission_error"
)
_RATE: Final = re.compile(r"rate_limit|resource_exhausted|too_many_requests|too many requests|throttl")
_SLOW: Final = re.compile(r"deadline_exceeded|timeout_error|request_timeout")
_AWAY: Final = re.compile(
    r"overloaded|server_error|api_error|internal_error|\binternal\b|\bunavailable\b|service_unavailable"
)
_WRONG: Final = re.compile(
    r"invalid_request|invalid_argument|invalid_prompt|invalid_image|not_found|failed_precondition"
)
_FILTERED: Final = re.compile(r"content_filter|responsibleaipolicyviolation", re.IGNORECASE)


def read_failure(endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes) -> LLMError:
    """The refusal behind an answer that is no 200."""
    text = body.decode(errors="replace")
    error = _error_of(text)
    words = _words(error) if error else text.lower()
    kind = _by_status(status, words)
    wait = _wait(headers, error) if kind in (ProviderRateLimited, ProviderUnavailable) else None
    return _made(kind, endpoint, f"{status}: {text}", wait)


def read_error(endpoint: Endpoint, error: Any) -> LLMError:
    """The refusal behind an error that a stream, or a body with status 200, holds. `error` is its error object."""
    known = _plain(error)
    words = _words(known)
    code = known.get("code")
    if isinstance(code, int) and 400 <= code < 600:
        kind = _by_status(code, words)
    else:
        kind = _by_words(words) or ProviderBrokeOff
    wait = _wait({}, known) if kind in (ProviderRateLimited, ProviderUnavailable) else None
    return _made(kind, endpoint, msgspec.json.encode(error).decode(), wait)


def error_in(body: bytes) -> dict[str, Any] | None:
    """The error that a JSON body holds, or None."""
    return _error_of(body.decode(errors="replace"))


def is_filtered(status: int, body: bytes) -> bool:
    """Whether a prompt was turned down by the filter of Azure, which answers 400 instead of a stream that says so."""
    if status != 400:
        return False
    error = error_in(body)
    return error is not None and bool(_FILTERED.search(str(error.get("code"))))


def unreadable(endpoint: Endpoint, cause: str) -> LLMError:
    """What came is no answer."""
    return _made(ProviderBrokeOff, endpoint, cause, None)


def lost(endpoint: Endpoint, error: Exception, *, began: bool) -> LLMError:
    """The refusal behind a connection that failed, was cut, or was silent."""
    if isinstance(error, TimeoutError):
        return _made(ProviderTimeout, endpoint, repr(error), None)
    return _made(ProviderBrokeOff if began else ProviderUnavailable, endpoint, repr(error), None)


def _by_status(status: int, words: str) -> type[LLMError]:
    if status < 300:
        return ProviderBrokeOff
    if status < 400:
        # A redirect would carry the key to somebody else.
        return ProviderRefused
    if status == 402 or _QUOTA.search(words):
        return ProviderQuotaExhausted
    if status == 429:
        return ProviderRateLimited
    if status in (401, 403) or _KEY.search(words):
        return ProviderKeyRefused
    if status in (408, 504):
        return ProviderTimeout
    if status >= 500:
        return ProviderUnavailable
    return ContextTooLong if status == 413 or _TOO_LONG.search(words) else ProviderRefused


def _by_words(words: str) -> type[LLMError] | None:
    for pattern, kind in (
        (_QUOTA, ProviderQuotaExhausted),
        (_RATE, ProviderRateLimited),
        (_TOO_LONG, ContextTooLong),
        (_KEY, ProviderKeyRefused),
        (_SLOW, ProviderTimeout),
        (_AWAY, ProviderUnavailable),
        (_WRONG, ProviderRefused),
    ):
        if pattern.search(words):
            return kind
    return None


def _made(kind: type[LLMError], endpoint: Endpoint, cause: str, wait: float | None) -> LLMError:
    if endpoint.key:
        # A host may quote what it was sent.
        cause = cause.replace(endpoint.key, "[key]")
    return kind(endpoint.model, endpoint.provider, cause[:_CAUSE_CHARS], retry_after_seconds=wait)


def _error_of(text: str) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    if isinstance(body, list) and body:
        # Google writes a list where the address does not ask for events.
        body = cast(list[Any], body)[0]
    if not isinstance(body, dict):
        return None
    found = cast(dict[str, Any], body)
    if found.get("error") is not None:
        return _plain(found["error"])
    return found if "message" in found or "detail" in found else None


def _plain(error: Any) -> dict[str, Any]:
    return cast(dict[str, Any], error) if isinstance(error, dict) else {"message": str(error)}


def _words(error: dict[str, Any]) -> str:
    names = ("code", "type", "status", "message", "detail")
    reasons = [detail.get("reason") for detail in _details(error)]
    return " ".join(str(word).lower() for word in [*map(error.get, names), *reasons] if word is not None)


def _details(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    if not isinstance(details, list):
        return []
    return [cast(dict[str, Any], detail) for detail in cast(list[Any], details) if isinstance(detail, dict)]


def _wait(headers: Mapping[str, str], error: dict[str, Any] | None) -> float | None:
    """How many seconds to wait: the header's word, then the body's."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    header = headers.get("retry-after")
    seconds = _number(header)
    if seconds is None and header:
        seconds = _until(header)
    return seconds if seconds is not None else _told(error or {})


def _told(error: dict[str, Any]) -> float | None:
    for detail in _details(error):
        delay = detail.get("retryDelay")
        if isinstance(delay, str):
            return _number(delay.removesuffix("s"))
    return None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _bounded((moment - datetime.now(UTC)).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return _bounded(number) if math.isfinite(number) else None


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), _LONGEST_WAIT_SECONDS)
