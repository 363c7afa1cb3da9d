"""Gemini's generateContent in the scripted provider.

Specification: Gemini API reference v1beta, generateContent and streamGenerateContent with alt=sse, and its guide on
thought signatures, as of 2026-11.
"""

import json
from typing import Any

import msgspec
from aiohttp import web

from tests.support.scripted_gemini_checks import check, field
from tests.support.scripted_reply import Asked, Body, Directives, Kind, Reply, ToolCall, Unit
from tests.support.scripted_wire import Encoder, Event, Problem, Recorded, Wire, grouped, sealed

# Code -> (status, word, message), as Google words them.
_ERRORS: dict[str, tuple[int, str, str]] = {
    "context_length_exceeded": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "rate_limit_exceeded": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "insufficient_quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "invalid_api_key": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "model_not_found": (404, "NOT_FOUND", "The model is not found for API version v1beta."),
    "content_policy_violation": (400, "INVALID_ARGUMENT", "The prompt violates our usage policies."),
    "server_error": (500, "INTERNAL", "An internal error has occurred."),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
}
_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_FINISH_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}
_TYPES = "type.googleapis.com/google.rpc"


class GeminiWire(Wire):
    """generateContent, whole or streamed as the address says."""

    name = "gemini"

    def key(self, request: web.Request) -> str | None:
        return request.headers.get("x-goog-api-key") or request.query.get("key")

    def headers(self, record: Recorded) -> dict[str, str]:
        return {}

    def invalid(self, message: str, code: str | None = None, param: str | None = None) -> Problem:
        return Problem(400, "INVALID_ARGUMENT", message)

    def wrong_key(self, key: str | None) -> Problem:
        if key is None:
            message = "Method doesn't allow unregistered callers (callers without established identity)."
            return Problem(403, "PERMISSION_DENIED", message)
        return self.failure("invalid_api_key", None)

    def failure(self, code: str | None, status: int | None) -> Problem:
        if code in _ERRORS:
            standard, kind, message = _ERRORS[code]
            return Problem(status or standard, kind, message, code)
        if code is not None:
            standard = next((number for number, word in _WORDS.items() if word == code), 400)
            word = code if code in _WORDS.values() else _WORDS.get(status or 400, "UNKNOWN")
            return Problem(status or standard, word, f"The provider refuses: {code}.", code)
        word = _WORDS.get(status or 500, "INTERNAL" if (status or 500) >= 500 else "INVALID_ARGUMENT")
        message = next((text for _, name, text in _ERRORS.values() if name == word), word)
        return Problem(status or 500, word, message)

    def error_body(self, problem: Problem, directives: Directives | None = None) -> Body:
        error: Body = {"code": problem.status, "message": problem.message, "status": problem.kind}
        details: list[Body] = []
        if problem.code == "invalid_api_key":
            reason = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
            details.append({"@type": f"{_TYPES}.ErrorInfo", **reason})
        seconds = directives.retry_after if directives is not None else None
        if seconds is not None:
            details.append({"@type": f"{_TYPES}.RetryInfo", "retryDelay": f"{seconds:g}s"})
        return {"error": {**error, "details": details} if details else error}

    def read(self, record: Recorded, request: web.Request) -> Asked:
        body, model = record.body, request.match_info["model"]
        fault = check(body, model)
        if fault is not None:
            raise self.deny(fault)
        messages = [message for content in body["contents"] for message in _messages(content)]
        system = field(body, "systemInstruction")
        if system:
            messages.insert(0, {"role": "system", "content": _text(system)})
        config: Body = field(body, "generationConfig") or {}
        thinking: Body = field(config, "thinkingConfig") or {}
        schema: Body | None = field(config, "responseJsonSchema") or field(config, "responseSchema")
        if schema is None and field(config, "responseMimeType") == "application/json":
            schema = {}
        return Asked(
            body,
            model,
            messages,
            request.match_info["method"] == "streamGenerateContent",
            field(config, "maxOutputTokens"),
            "contents",
            schema=schema,
            thinks=field(thinking, "includeThoughts") is not False,
            refuses_in_words=False,
        )

    def blocked(self, record: Recorded, asked: Asked) -> Body | None:
        record.finish = "PROHIBITED_CONTENT"
        usage = {"promptTokenCount": record.prompt_tokens, "totalTokenCount": record.prompt_tokens}
        answer: Body = {"promptFeedback": {"blockReason": record.finish}, "usageMetadata": usage}
        return {**answer, "modelVersion": asked.model, "responseId": f"scripted-{record.id}"}

    def encoder(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> Encoder:
        return GeminiEncoder(record, asked, directives, reply)


def _messages(content: Body) -> list[Body]:
    """A content as OpenAI Chat writes it: each function response is a message of its own."""
    messages: list[Body] = []
    for part in content["parts"]:
        response: Body | None = field(part, "functionResponse")
        if response is not None:
            messages.append(
                {"role": "tool", "content": json.dumps(response.get("response"), ensure_ascii=False)}
            )
    if len(messages) < len(content["parts"]):
        role = "assistant" if content.get("role") == "model" else "user"
        messages.append({"role": role, "content": _text(content)})
    return messages


def _text(content: Any) -> str:
    parts: list[Body] = content["parts"]
    return "".join(str(part.get("text") or "") for part in parts if not part.get("thought"))


class GeminiEncoder(Encoder):
    """Writes responses with a part each, whole function calls, and the usage so far in every one of them."""

    def __init__(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> None:
        super().__init__(record, asked, directives, reply)
        self._tokens = 0
        self._reasoning = 0
        self._lost = 0  # tokens of a call that was cut: paid for, and never seen
        names = {"modelVersion": asked.model, "responseId": f"scripted-{record.id}"}
        self._names = msgspec.json.encode(names)[1:-1]

    def opening(self) -> list[Event]:
        return []

    def more(self, units: list[Unit]) -> list[Event]:
        encode = msgspec.json.Encoder().encode
        head = b'data: {"candidates":[{"content":{"parts":[{"text":'
        ends: dict[Kind, bytes] = {
            "text": b'}],"role":"model"},"index":0}]',
            "reasoning": b',"thought":true}],"role":"model"},"index":0}]',
        }
        tail = b"," + self._names + b"}\r\n\r\n"
        events: list[Event] = []
        for kind, text, count in grouped(units, self.directives.chunk):
            reasoning = count if kind == "reasoning" else 0
            self._tokens += count
            self._reasoning += reasoning
            data = head + encode(text) + ends[kind] + self._usage_bytes() + tail
            events.append(Event(data, count, reasoning))
        return events

    def calls(self) -> list[Event]:
        events: list[Event] = []
        for place, call in enumerate(self.reply.tools):
            part = self._call(place, call)
            self._tokens += len(call.pieces)
            if part is None:
                self._lost += len(call.pieces)
            else:
                events.append(self._event({"content": _content(part)}, tokens=len(call.pieces)))
        return events

    def _call(self, place: int, call: ToolCall) -> Body | None:
        try:
            function: Body = {"name": call.name, "args": json.loads(call.arguments)}
        except ValueError:
            return None  # a call that was cut never leaves
        if self.asked.model.startswith("gemini-3"):
            function["id"] = f"call-{self.record.id}-{place}"
        part: Body = {"functionCall": function}
        # Of calls that run side by side, the first carries the signature for all.
        return part if place else {**part, "thoughtSignature": self._signature()}

    def _signature(self) -> str:
        return sealed(f"{self.record.id}:{self.reply.joined('reasoning')}")

    def closing(self) -> list[Event]:
        last: Body = {"text": ""}
        if self._reasoning and not self.reply.tools:
            last["thoughtSignature"] = self._signature()
        candidate = {"content": _content(last), **self._finish()}
        event = self._event(candidate, self._lost)
        event.usage = not self.directives.no_usage
        return [event]

    def _finish(self) -> Body:
        reply = self.reply
        reason = _FINISH_REASONS.get(reply.finish, reply.finish)
        if reply.refusal is not None and reply.finish == "stop":
            reason = "SAFETY"
        self.record.finish = reason
        finish: Body = {"finishReason": reason}
        if reason == "SAFETY":
            rating = {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}
            finish["safetyRatings"] = [rating]
        if reply.refusal is not None:
            finish["finishMessage"] = reply.refusal
        return finish

    def broken(self) -> Event:
        status, word, message = _ERRORS["overloaded"]
        return Event(_data({"error": {"code": status, "message": message, "status": word}}))

    def garbage(self) -> Event:
        return Event(b'data: {"candidates": [{"content": {"parts": [{"te\r\n\r\n')

    def unknown(self) -> Event:
        part = {"futurePart": {"answer": [42]}}
        fields: Body = {"futureField": {"answer": [42]}, "futureRating": "?"}
        empty = {"candidates": [{"index": 0}], **self._named()}
        parts = {"candidates": [{"content": _content(part), "index": 0, **fields}], **self._named()}
        return Event(_data({**parts, **fields}) + _data(empty))

    def whole(self) -> Body:
        reply = self.reply
        parts: list[Body] = []
        if reply.joined("reasoning"):
            parts.append({"text": reply.joined("reasoning"), "thought": True})
        if reply.joined("text"):
            parts.append({"text": reply.joined("text")})
        calls = [self._call(place, call) for place, call in enumerate(reply.tools)]
        parts += [call for call in calls if call is not None]
        self._tokens, self._reasoning = self.tokens, self.reasoning_tokens
        if self._reasoning and not reply.tools and parts:
            parts[-1]["thoughtSignature"] = self._signature()
        content = {"content": {"parts": parts, "role": "model"}} if parts else {}
        answer: Body = {"candidates": [{**content, **self._finish(), "index": 0}], **self._named()}
        return answer if self.directives.no_usage else {**answer, "usageMetadata": self._usage()}

    def _named(self) -> Body:
        return {"modelVersion": self.asked.model, "responseId": f"scripted-{self.record.id}"}

    def _event(self, candidate: Body, tokens: int = 0) -> Event:
        payload: Body = {"candidates": [{**candidate, "index": 0}]}
        if not self.directives.no_usage:
            payload["usageMetadata"] = self._usage()
        return Event(_data({**payload, **self._named()}), tokens)

    def _usage(self) -> Body:
        """The usage so far: thinking is no part of the candidates' tokens here."""
        record = self.record
        usage: Body = {
            "promptTokenCount": record.prompt_tokens,
            "candidatesTokenCount": self._tokens - self._reasoning,
            "totalTokenCount": record.prompt_tokens + self._tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": record.prompt_tokens}],
        }
        if self._reasoning:
            usage["thoughtsTokenCount"] = self._reasoning
        if record.cached_tokens:
            usage["cachedContentTokenCount"] = record.cached_tokens
        return usage

    def _usage_bytes(self) -> bytes:
        if self.directives.no_usage:
            return b""
        return b',"usageMetadata":' + msgspec.json.encode(self._usage())


def _content(part: Body) -> Body:
    return {"parts": [part], "role": "model"}


def _data(payload: Body) -> bytes:
    # This wire ends its lines as the mail does.
    return b"data: " + msgspec.json.encode(payload) + b"\r\n\r\n"
