"""OpenAI's Chat Completions in the scripted provider, and the same behind Azure's address and key.

Specification: OpenAI API reference, "Create chat completion" and its streaming chunks, as of 2026-11; Azure OpenAI in
Foundry Models, REST API reference, data plane inference 2024-10-21.
"""

import time
from typing import Any, ClassVar

import msgspec
from aiohttp import web

from tests.support.scripted_openai import OpenAIWire
from tests.support.scripted_reply import Asked, Body, Directives, Kind, Reply, ToolCall, Unit
from tests.support.scripted_wire import BadRequest, Encoder, Event, Problem, Recorded, each_call, grouped

_FIELDS: tuple[tuple[Kind, bytes], ...] = (
    ("text", b"content"),
    ("reasoning", b"reasoning_content"),
    ("refusal", b"refusal"),
)
_FILTERS: Body = {
    name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")
}


class ChatWire(OpenAIWire):
    """Chat Completions."""

    name = "openai_chat"

    def read(self, record: Recorded, request: web.Request) -> Asked:
        body = record.body
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            raise self.deny("the body needs a list of messages", "missing_messages", "messages")
        self.check_settings(body, "max_completion_tokens")
        self._check_messages(body["messages"])
        for place, tool in enumerate(body.get("tools") or []):
            self.check_function(tool.get("function") or {}, f"tools[{place}].function")
        limits = (body.get("max_completion_tokens"), body.get("max_tokens"))
        options: Body = body.get("stream_options") or {}
        return Asked(
            body,
            str(body["model"]),
            body["messages"],
            bool(body.get("stream")),
            next((limit for limit in limits if isinstance(limit, int)), None),
            "messages",
            schema=self.schema(body.get("response_format") or {}, "response_format"),
            choices=max(1, int(body.get("n") or 1)),
            wants_usage=bool(options.get("include_usage")),
        )

    def _check_messages(self, messages: list[Body]) -> None:
        """Every tool message answers a call, and every call is answered before anybody speaks again."""
        calls: set[str] = set()
        waiting: set[str] = set()
        for index, message in enumerate(messages):
            role, place = message.get("role"), f"messages.[{index}]"
            if role == "tool":
                if message.get("tool_call_id") not in calls:
                    rule = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                    raise self.deny(f"Invalid parameter: {rule}", param=f"{place}.role")
                waiting.discard(message["tool_call_id"])
                continue
            self._check_answered(waiting, place)
            if role not in ("system", "developer", "user", "assistant"):
                raise self.deny(f"Invalid value: '{role}'.", "invalid_value", f"{place}.role")
            calls = waiting = self._calls(message, place)
            waiting = set(calls)
        self._check_answered(waiting, "messages")

    def _calls(self, message: Body, place: str) -> set[str]:
        asked: list[Body] | None = message.get("tool_calls")
        if asked == []:
            raise self.deny(
                f"Invalid '{place}.tool_calls': empty array.", "empty_array", f"{place}.tool_calls"
            )
        if not asked and not isinstance(message.get("content"), str | list):
            raise self.deny("Invalid value for 'content': expected a string.", param=f"{place}.content")
        return {str(call["id"]) for call in asked or []}

    def _check_answered(self, waiting: set[str], place: str) -> None:
        if waiting:
            rule = "must be followed by tool messages responding to each 'tool_call_id'"
            missing = f"did not have response messages: {', '.join(sorted(waiting))}"
            message = f"An assistant message with 'tool_calls' {rule}. The following tool_call_ids {missing}"
            raise self.deny(message, param=f"{place}.role")

    def encoder(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> Encoder:
        return ChatEncoder(record, asked, directives, reply)


class AzureWire(ChatWire):
    """Chat Completions at a deployment of Azure's: the key in a header of its own, the version in the address."""

    name = "azure"

    def key(self, request: web.Request) -> str | None:
        return request.headers.get("api-key")

    def wrong_key(self, key: str | None) -> Problem:
        message = "Access denied due to invalid subscription key or wrong API endpoint."
        return Problem(401, "", message, "401")

    def read(self, record: Recorded, request: web.Request) -> Asked:
        if record.key is None:
            raise BadRequest(self.wrong_key(None))
        if not request.query.get("api-version"):
            raise BadRequest(Problem(404, "", "Resource not found", "404"))
        # The deployment in the address is the model, whatever the body says.
        record.body.setdefault("model", request.match_info["deployment"])
        return super().read(record, request)

    def failure(self, code: str | None, status: int | None) -> Problem:
        problem = super().failure(code, status)
        if problem.code == "content_policy_violation":
            message = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
            return Problem(problem.status, "", message, "content_filter", "prompt")
        if problem.code in ("rate_limit_exceeded", "insufficient_quota"):
            message = "Requests have exceeded the call rate limit of your current pricing tier. Retry after 1 second."
            return Problem(problem.status, "", message, "429")
        return problem

    def error_body(self, problem: Problem, directives: Directives | None = None) -> Body:
        if problem.code == "content_filter":
            inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": _FILTERS}
            names = {
                "type": None,
                "param": "prompt",
                "code": problem.code,
                "status": 400,
                "innererror": inner,
            }
            return {"error": {"message": problem.message, **names}}
        if not problem.kind:
            return {"error": {"code": problem.code, "message": problem.message}}
        return super().error_body(problem)

    def encoder(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> Encoder:
        return AzureEncoder(record, asked, directives, reply)


class ChatEncoder(Encoder):
    """Writes chunks, or a completion."""

    choice_fields: ClassVar[Body] = {}

    def __init__(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> None:
        super().__init__(record, asked, directives, reply)
        self._created = int(time.time())

    def opening(self) -> list[Event]:
        return [self._event({"role": "assistant", "content": "", "refusal": None})]

    def more(self, units: list[Unit]) -> list[Event]:
        """The fast path: one event for each group of tokens, from bytes that are ready but for the text."""
        head = msgspec.json.encode({**self._head(), "choices": []})[:-2]
        before = {
            (index, kind): b"data: " + head + b'{"index":%d,"delta":{"%s":' % (index, name)
            for index in range(self.asked.choices)
            for kind, name in _FIELDS
        }
        extra = msgspec.json.encode(self.choice_fields)[1:-1]
        after = b"}," + (extra + b"," if extra else b"") + b'"logprobs":null,"finish_reason":null}]}\n\n'
        encode = msgspec.json.Encoder().encode
        return [
            Event(before[index, kind] + encode(text) + after, count, count if kind == "reasoning" else 0)
            for kind, text, count in grouped(units, self.directives.chunk)
            for index in range(self.asked.choices)
        ]

    def calls(self) -> list[Event]:
        return each_call(self.reply, self._call)

    def _call(self, place: int) -> list[Event]:
        call = self.reply.tools[place]
        opening: Body = {"id": self._call_id(place), "type": "function", "function": _function(call, "")}
        events = [self._event({"tool_calls": [{"index": place, **opening}]})]
        for piece in call.pieces:
            fragment = {"index": place, "function": {"arguments": piece}}
            events.append(self._event({"tool_calls": [fragment]}, tokens=1))
        return events

    def closing(self) -> list[Event]:
        self.record.finish = self.reply.finish
        events = [self._event({}, finish=self.reply.finish)]
        if self.asked.wants_usage and not self.directives.no_usage:
            payload: Body = {**self._head(), "choices": [], "usage": self._usage()}
            events.append(Event(_data(payload), usage=True))
        return [*events, Event(b"data: [DONE]\n\n")]

    def broken(self) -> Event:
        error = {"message": "The server had an error while processing your request.", "type": "server_error"}
        return Event(_data({"error": {**error, "param": None, "code": "server_error"}}))

    def garbage(self) -> Event:
        return Event(b'data: {"id": "chatcmpl-garbage", "choices": [{"delta": {"cont\n\n')

    def unknown(self) -> Event:
        future: Body = {**self._head(), "choices": [], "future_field": {"answer": [42]}}
        choice = {"index": 0, "delta": {"future_field": "?"}, "logprobs": None, "finish_reason": None}
        delta: Body = {**self._head(), "choices": [choice]}
        return Event(b": a comment\n\nevent: future_event\n" + _data(future) + _data(delta))

    def whole(self) -> Body:
        self.record.finish = self.reply.finish
        completion: Body = {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self.asked.model,
            "choices": [
                {
                    "index": index,
                    "message": self._message(),
                    **self.choice_fields,
                    "logprobs": None,
                    "finish_reason": self.reply.finish,
                }
                for index in range(self.asked.choices)
            ],
        }
        return completion if self.directives.no_usage else {**completion, "usage": self._usage()}

    def _message(self) -> Body:
        reply = self.reply
        refusal = reply.joined("refusal") or None
        message: Body = {"role": "assistant", "content": reply.joined("text"), "refusal": refusal}
        if reply.joined("reasoning"):
            message["reasoning_content"] = reply.joined("reasoning")
        if reply.tools or (refusal and not message["content"]):
            message["content"] = None
        if reply.tools:
            message["tool_calls"] = [
                {"id": self._call_id(place), "type": "function", "function": _function(call)}
                for place, call in enumerate(reply.tools)
            ]
        return message

    @property
    def _id(self) -> str:
        return f"chatcmpl-{self.record.id}"

    def _call_id(self, place: int) -> str:
        return f"call_{self.record.id}_{place}"

    def _usage(self) -> Body:
        record = self.record
        details = {"cached_tokens": record.cached_tokens}
        if record.cache_write_tokens:
            details["cache_write_tokens"] = record.cache_write_tokens
        return {
            "prompt_tokens": record.prompt_tokens,
            "completion_tokens": self.tokens,
            "total_tokens": record.prompt_tokens + self.tokens,
            "prompt_tokens_details": details,
            "completion_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
        }

    def _event(self, delta: Body, *, finish: str | None = None, tokens: int = 0) -> Event:
        chunks: list[bytes] = []
        for index in range(self.asked.choices):
            choice: Body = {"index": index, "delta": delta, **self.choice_fields}
            choices = [{**choice, "logprobs": None, "finish_reason": finish}]
            chunks.append(_data({**self._head(), "choices": choices}))
        return Event(b"".join(chunks), tokens * self.asked.choices)

    def _head(self) -> Body:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self.asked.model,
            "system_fingerprint": None,
        }


class AzureEncoder(ChatEncoder):
    """Tells in every choice what the content filter saw, and in a chunk of its own what it saw in the prompt."""

    choice_fields: ClassVar[Body] = {"content_filter_results": {}}

    def opening(self) -> list[Event]:
        prompt = [{"prompt_index": 0, "content_filter_results": _FILTERS}]
        first: Body = {**self._head(), "id": "", "model": "", "choices": [], "prompt_filter_results": prompt}
        return [Event(_data(first)), *super().opening()]


def _function(call: ToolCall, arguments: str | None = None) -> dict[str, str]:
    return {"name": call.name, "arguments": call.arguments if arguments is None else arguments}


def _data(payload: Any) -> bytes:
    return b"data: " + msgspec.json.encode(payload) + b"\n\n"
