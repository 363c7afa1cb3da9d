from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from steward.providers.failures import is_filtered, read_error, read_failure
from steward.providers.wire import Endpoint

ENDPOINT = Endpoint("anyone", "model-1", "https://host.example/v1", "sk-very-secret")


def openai(message: str, kind: str = "invalid_request_error", code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def google(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12.5s"}
BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # OpenAI and those who speak like it
        (429, openai("Rate limit reached for gpt-4o", "requests", "rate_limit_exceeded"), ProviderRateLimited),
        (429, openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
         ProviderQuotaExhausted),
        (400, openai("This model's maximum context length is 128000 tokens.", code="context_length_exceeded"),
         ContextTooLong),
        (401, openai("Incorrect API key provided: sk-v***", code="invalid_api_key"), ProviderKeyRefused),
        (404, openai("The model `x` does not exist", code="model_not_found"), ProviderRefused),
        (500, openai("The server had an error", "server_error"), ProviderUnavailable),
        # Groq
        (413, openai("Request too large for model on tokens per minute", "tokens", "rate_limit_exceeded"),
         ContextTooLong),
        (400, openai("Please reduce the length of the messages", code="context_length_exceeded"), ContextTooLong),
        # DeepSeek
        (402, openai("Insufficient Balance", "unknown_error", "invalid_request_error"), ProviderQuotaExhausted),
        # Mistral
        (401, {"detail": "Unauthorized"}, ProviderKeyRefused),
        (400, {"object": "error", "message": "Prompt contains 40000 tokens, too large for model with 32768 maximum "
               "context length", "type": "invalid_request_error", "code": "3051"}, ContextTooLong),
        (422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, ProviderRefused),
        # xAI
        (400, {"code": "Client specified an invalid argument",
               "error": "This model's maximum prompt length is 131072"}, ContextTooLong),
        (403, {"code": "permission", "error": "Your team has either used all available credits or reached its "
               "monthly spending limit."}, ProviderQuotaExhausted),
        # llama.cpp
        (400, {"error": {"code": 400, "type": "exceed_context_size_error",
                         "message": "the request exceeds the available context size"}}, ContextTooLong),
        # Anthropic
        (529, anthropic("overloaded_error", "Overloaded"), ProviderUnavailable),
        (400, anthropic("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
         ContextTooLong),
        (400, anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
         ProviderQuotaExhausted),
        (402, anthropic("billing_error", "Pay."), ProviderQuotaExhausted),
        (401, anthropic("authentication_error", "invalid x-api-key"), ProviderKeyRefused),
        (403, anthropic("permission_error", "No."), ProviderKeyRefused),
        (413, anthropic("request_too_large", "Request exceeds the maximum size"), ContextTooLong),
        (429, anthropic("rate_limit_error", "Slow down."), ProviderRateLimited),
        (504, anthropic("timeout_error", "Too slow."), ProviderTimeout),
        (404, anthropic("not_found_error", "model: claude-x"), ProviderRefused),
        # Google
        (429, google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan", RETRY),
         ProviderRateLimited),
        (400, google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", BAD_KEY),
         ProviderKeyRefused),
        (400, google(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens "
                     "allowed (1048576)."), ContextTooLong),
        (400, google(400, "INVALID_ARGUMENT", "Unknown name"), ProviderRefused),
        (403, google(403, "PERMISSION_DENIED", "No."), ProviderKeyRefused),
        (503, google(503, "UNAVAILABLE", "The model is overloaded."), ProviderUnavailable),
        (504, google(504, "DEADLINE_EXCEEDED", "Slow."), ProviderTimeout),
        (404, google(404, "NOT_FOUND", "models/x is not found"), ProviderRefused),
        # Azure
        (401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key"}},
         ProviderKeyRefused),
        (404, {"error": {"code": "DeploymentNotFound", "message": "No such deployment."}}, ProviderRefused),
        # Nobody in particular
        (302, {}, ProviderRefused),
        (200, {}, ProviderBrokeOff),
        (408, {}, ProviderTimeout),
        (599, [], ProviderUnavailable),
        (400, "words", ProviderRefused),
    ],
)  # fmt: skip
def test_each_provider_is_understood(status: int, body: Any, kind: type[LLMError]) -> None:
    error = read_failure(ENDPOINT, status, {}, msgspec.json.encode(body))
    assert type(error) is kind
    assert error.detail == kind.sentence


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, ProviderUnavailable),
        ({"code": "server_error", "message": "Oh."}, ProviderUnavailable),
        ({"code": 503, "message": "Oh.", "status": "UNAVAILABLE"}, ProviderUnavailable),
        ({"code": 429, "message": "Slow."}, ProviderRateLimited),
        ({"code": "rate_limit_exceeded", "message": "Slow."}, ProviderRateLimited),
        ({"code": "insufficient_quota"}, ProviderQuotaExhausted),
        ({"code": "context_length_exceeded"}, ContextTooLong),
        ({"type": "invalid_request_error", "message": "No."}, ProviderRefused),
        ({"code": "invalid_image_format", "message": "No."}, ProviderRefused),
        ({"type": "authentication_error"}, ProviderKeyRefused),
        ("rate_limit: slow", ProviderRateLimited),
        ({"message": "something else"}, ProviderBrokeOff),
        ([], ProviderBrokeOff),
        (None, ProviderBrokeOff),
    ],
)
def test_an_error_without_a_status_is_understood(error: Any, kind: type[LLMError]) -> None:
    assert type(read_error(ENDPOINT, error)) is kind


@pytest.mark.req("ERR-06")
@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, {}, 7),
        ({"retry-after": "2.5"}, {}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, {}, 1.5),
        ({}, google(429, "RESOURCE_EXHAUSTED", "Slow.", {"@type": "x"}, RETRY), 12.5),
        ({"retry-after": "3"}, google(429, "RESOURCE_EXHAUSTED", "Slow.", RETRY), 3),
        ({"retry-after": "1e9"}, {}, 86_400),
        ({"retry-after": "-3"}, {}, 0),
        ({"retry-after": "nan"}, {}, None),
        ({"retry-after": "soon"}, {}, None),
        ({"retry-after": "Fri, 31 Dec 2021 23:59:59 GMT"}, {}, 0),
        ({"retry-after": "Fri, 99 Dec 2021 23:59:59 GMT"}, {}, None),
        ({}, {"error": {"details": "none", "message": 7}}, None),
        ({}, {}, None),
    ],
)
def test_the_time_to_come_back_is_read(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    error = read_failure(ENDPOINT, 429, headers, msgspec.json.encode(body))
    assert error.retry_after_seconds == seconds


def test_the_time_to_come_back_may_be_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    error = read_failure(ENDPOINT, 503, {"retry-after": format_datetime(soon, usegmt=True)}, b"")
    assert error.retry_after_seconds is not None
    assert 27 < error.retry_after_seconds <= 30


@pytest.mark.req("ERR-09")
def test_what_a_host_quotes_stays_in_the_log_and_without_the_key() -> None:
    body = b'{"error":{"message":"internals of theirs, asked with sk-very-secret"}}'
    error = read_failure(ENDPOINT, 418, {}, body)
    assert "internals of theirs" in error.cause
    assert "sk-very-secret" not in error.cause
    assert error.detail == ProviderRefused.sentence
    assert len(read_failure(ENDPOINT, 500, {}, b"x" * 100_000).cause) <= 2000


def test_the_filter_of_azure_is_known() -> None:
    filtered = b'{"error":{"code":"content_filter","message":"No."}}'
    assert is_filtered(400, filtered)
    assert not is_filtered(500, filtered)
    assert not is_filtered(400, b'{"error":{"message":"content_filter"}}')
    assert not is_filtered(400, b"{")


@given(st.integers(200, 599), st.binary(max_size=100) | st.recursive(
    st.none() | st.text(max_size=9) | st.integers(), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["error", "code", "message", "details", "reason", "retryDelay"]), inner),
).map(msgspec.json.encode))  # fmt: skip
def test_no_body_breaks_the_reading(status: int, body: bytes) -> None:
    assert isinstance(read_failure(ENDPOINT, status, {}, body), LLMError)
