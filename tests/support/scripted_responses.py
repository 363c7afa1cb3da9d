"""OpenAI's Responses in the scripted provider.

Specification: OpenAI API reference, "Create a model response" and its streaming events, as of 2026-11.
"""

import time
from typing import Any

import msgspec
from aiohttp import web

from tests.support.scripted_openai import OpenAIWire, is_reasoning_model
from tests.support.scripted_reply import Asked, Body, Directives, Kind, Reply, Unit
from tests.support.scripted_wire import Encoder, Event, Recorded, each_call, grouped, is_sealed, sealed

_SETTINGS = frozenset(
    str.split(
        "background context_management conversation include input instructions max_output_tokens max_tool_calls"
        " metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key"
        " prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream"
        " stream_options temperature text tool_choice tools top_logprobs top_p truncation user access_programs"
    )
)
_MOVED = {"response_format": "text.format", "max_tokens": "max_output_tokens", "messages": "input"}
_MOVED.update({"max_completion_tokens": "max_output_tokens", "reasoning_effort": "reasoning.effort"})
_PARTS = {"user": {"input_text", "input_image", "input_file"}, "assistant": {"output_text", "refusal"}}
_PARTS.update({"system": _PARTS["user"], "developer": _PARTS["user"]})
_LEAST_OUTPUT_TOKENS = 16


class ResponsesWire(OpenAIWire):
    """Responses."""

    name = "openai_responses"

    def read(self, record: Recorded, request: web.Request) -> Asked:
        body = record.body
        self._check_body(body)
        given: str | list[Body] = body["input"]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        self._check_items(items, keeps=body.get("store") is not False)
        messages = [message for item in items for message in _messages(item)]
        if body.get("instructions"):
            messages.insert(0, {"role": "system", "content": body["instructions"]})
        for place, tool in enumerate(body.get("tools") or []):
            if tool.get("type") == "function":
                self.check_function(tool, f"tools[{place}]")
        text: Body = body.get("text") or {}
        schema = self.schema(text.get("format") or {}, "text.format")
        said = " ".join(str(message["content"]) for message in messages if message["role"] != "system")
        if schema == {} and "json" not in said.lower():
            message = "Response input messages must contain the word 'json' in some form to use 'text.format'"
            raise self.deny(f"{message} of type 'json_object'.", param="input")
        return Asked(
            body,
            str(body["model"]),
            messages,
            bool(body.get("stream")),
            body.get("max_output_tokens"),
            "input",
            schema=schema,
        )

    def _check_body(self, body: Body) -> None:
        for name in body.keys() - _SETTINGS:
            if name in _MOVED:
                message = (
                    f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to"
                )
                raise self.deny(f"{message} '{_MOVED[name]}'.", "unsupported_parameter", name)
            raise self.deny(f"Unknown parameter: '{name}'.", "unknown_parameter", name)
        if not body.get("input"):
            raise self.deny("Missing required parameter: 'input'.", "missing_required_parameter", "input")
        if is_reasoning_model(str(body.get("model"))) and body.get("temperature") is not None:
            message = "Unsupported parameter: 'temperature' is not supported with this model."
            raise self.deny(message, "unsupported_parameter", "temperature")
        self.check_settings(body, "max_output_tokens")
        limit = body.get("max_output_tokens")
        if isinstance(limit, int) and limit < _LEAST_OUTPUT_TOKENS:
            least = f"Expected a value >= {_LEAST_OUTPUT_TOKENS}, but got {limit} instead."
            message = f"Invalid 'max_output_tokens': integer below minimum value. {least}"
            raise self.deny(message, "integer_below_min_value", "max_output_tokens")

    def _check_items(self, items: list[Body], *, keeps: bool) -> None:
        calls = {item.get("call_id") for item in items if item.get("type") == "function_call"}
        seen: set[Any] = set()
        answered: set[Any] = set()
        for place, item in enumerate(items):
            match item.get("type", "message"):
                case "message":
                    self._check_parts(item, place)
                case "function_call":
                    seen.add(item.get("call_id"))
                case "function_call_output":
                    answered.add(item.get("call_id"))
                    if item.get("call_id") not in seen:
                        rule = "No tool call found for function call output with call_id"
                        raise self.deny(f"{rule} {item.get('call_id')}.", param="input")
                case "reasoning":
                    self._check_reasoning(item, items[place + 1 :], keeps=keeps)
                case kind:
                    raise self.deny(f"Invalid value: '{kind}'.", "invalid_value", f"input[{place}]")
        if calls - answered:
            first = min(str(call) for call in calls - answered)
            raise self.deny(f"No tool output found for function call {first}.", param="input")

    def _check_parts(self, item: Body, place: int) -> None:
        role, content = str(item.get("role")), item.get("content")
        if role not in _PARTS:
            raise self.deny(f"Invalid value: '{role}'.", "invalid_value", f"input[{place}].role")
        if isinstance(content, str):
            return
        parts: list[Body] = content or []
        for index, part in enumerate(parts):
            if part.get("type") not in _PARTS[role]:
                known = ", ".join(f"'{name}'" for name in sorted(_PARTS[role]))
                message = f"Invalid value: '{part.get('type')}'. Supported values are: {known}."
                raise self.deny(message, "invalid_value", f"input[{place}].content[{index}]")

    def _check_reasoning(self, item: Body, after: list[Body], *, keeps: bool) -> None:
        name = item.get("id")
        content = item.get("encrypted_content")
        if content is None and not keeps:
            rule = "Items are not persisted when `store` is set to false."
            raise self.deny(f"Item with id '{name}' not found. {rule}", param="input")
        if content is not None and not is_sealed(content):
            message = (
                "The encrypted content could not be verified. Reason: it could not be decrypted or parsed."
            )
            raise self.deny(message, "invalid_encrypted_content")
        follows = after[0] if after else {}
        if follows.get("type") not in ("reasoning", "function_call") and follows.get("role") != "assistant":
            rule = "of type 'reasoning' was provided without its required following item."
            raise self.deny(f"Item '{name}' {rule}", param="input")

    def encoder(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> Encoder:
        return ResponsesEncoder(record, asked, directives, reply)


def _messages(item: Body) -> list[Body]:
    """An item as OpenAI Chat writes it; calls and reasoning say nothing to the double."""
    match item.get("type", "message"):
        case "message":
            return [{"role": item["role"], "content": _text(item.get("content"))}]
        case "function_call_output":
            return [{"role": "tool", "content": _text(item.get("output"))}]
        case _:
            return []


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts: list[Body] = content or []
    return "".join(str(part.get("text", "")) for part in parts if "text" in part)


class ResponsesEncoder(Encoder):
    """Writes typed events, numbered from 0: each item of the output opens, grows and is done."""

    def __init__(self, record: Recorded, asked: Asked, directives: Directives, reply: Reply) -> None:
        super().__init__(record, asked, directives, reply)
        self._created = int(time.time())
        self._output: list[Body] = []
        self._open: Kind | None = None
        self._written = ""

    # The stream

    def opening(self) -> list[Event]:
        return [
            _event("response.created", response=self._response("in_progress")),
            _event("response.in_progress", response=self._response("in_progress")),
        ]

    def more(self, units: list[Unit]) -> list[Event]:
        events: list[Event] = []
        for kind, text, count in grouped(units, self.directives.chunk):
            if kind != self._open:
                events += self._close()
                events += self._start(kind)
                before, after = self._delta_bytes(kind)
            else:
                before, after = self._frame
            self._written += text
            events.append(
                Event(before + msgspec.json.encode(text) + after, count, count if kind == "reasoning" else 0)
            )
        return events

    def _delta_bytes(self, kind: Kind) -> tuple[bytes, bytes]:
        """The bytes of a delta around its text."""
        name = {"reasoning": "reasoning_summary_text", "text": "output_text", "refusal": "refusal"}[kind]
        fields: Body = {**self._place(), "summary_index" if kind == "reasoning" else "content_index": 0}
        fields |= {"logprobs": []} if kind == "text" else {}
        whole = _event(f"response.{name}.delta", **fields, delta="").data
        before, _, after = whole.rpartition(b'""')
        self._frame = before, after
        return self._frame

    def _start(self, kind: Kind) -> list[Event]:
        self._open, self._written = kind, ""
        place = len(self._output)
        if kind == "reasoning":
            item: Body = {"id": f"rs_{self.record.id}_{place}", "type": "reasoning", "summary": []}
            part: Body = {"type": "summary_text", "text": ""}
            where = {"item_id": item["id"], "output_index": place, "summary_index": 0}
            self._output.append(item)
            return [
                _event("response.output_item.added", output_index=place, item=item),
                _event("response.reasoning_summary_part.added", **where, part=part),
            ]
        item = {"id": f"msg_{self.record.id}_{place}", "type": "message", "status": "in_progress"}
        item |= {"content": [], "role": "assistant"}
        self._output.append(item)
        return [
            _event("response.output_item.added", output_index=place, item=item),
            _event("response.content_part.added", **self._place(), content_index=0, part=_part(kind, "")),
        ]

    def _close(self, status: str = "completed") -> list[Event]:
        kind, text, self._open = self._open, self._written, None
        if kind is None:
            return []
        item, place = self._output[-1], self._place()
        if kind == "reasoning":
            part: Body = {"type": "summary_text", "text": text}
            item["summary"] = [part]
            if "reasoning.encrypted_content" in (self.asked.body.get("include") or []):
                item["encrypted_content"] = sealed(text)
            events = [
                _event("response.reasoning_summary_text.done", **place, summary_index=0, text=text),
                _event("response.reasoning_summary_part.done", **place, summary_index=0, part=part),
            ]
        else:
            item |= {"status": status, "content": [_part(kind, text)]}
            name, field = ("refusal", "refusal") if kind == "refusal" else ("output_text", "text")
            extra: Body = {"logprobs": []} if kind == "text" else {}
            events = [
                _event(f"response.{name}.done", **place, content_index=0, **extra, **{field: text}),
                _event("response.content_part.done", **place, content_index=0, part=_part(kind, text)),
            ]
        done = _event("response.output_item.done", output_index=place["output_index"], item=item)
        return [*events, done]

    def calls(self) -> list[Event]:
        return [*self._close(), *each_call(self.reply, self._call)]

    def _call(self, place: int) -> list[Event]:
        call = self.reply.tools[place]
        item: Body = {"id": f"fc_{self.record.id}_{place}", "type": "function_call", "status": "in_progress"}
        item |= {"arguments": "", "call_id": f"call_{self.record.id}_{place}", "name": call.name}
        self._output.append(item)
        where = self._place()
        events = [_event("response.output_item.added", output_index=where["output_index"], item=item)]
        for piece in call.pieces:
            delta = _event("response.function_call_arguments.delta", **where, delta=piece)
            delta.tokens = 1
            events.append(delta)
        item |= {"arguments": call.arguments, "status": "incomplete" if self._is_cut(place) else "completed"}
        done = {"name": call.name, "arguments": call.arguments}
        return [
            *events,
            _event("response.function_call_arguments.done", **where, **done),
            _event("response.output_item.done", output_index=where["output_index"], item=item),
        ]

    def _is_cut(self, place: int) -> bool:
        return self.reply.finish == "length" and place == len(self.reply.tools) - 1

    def closing(self) -> list[Event]:
        status = self._status()
        events = self._close("incomplete" if status == "incomplete" else "completed")
        final = _event(f"response.{status}", response=self._response(status, ended=True))
        final.usage = not self.directives.no_usage
        return [*events, final]

    def broken(self) -> Event:
        error = {"type": "server_error", "code": "server_error", "param": None}
        error["message"] = "The server had an error while processing your request."
        failed = self._response("failed")
        failed["error"] = {"code": "server_error", "message": error["message"]}
        events = [_event("error", error=error), _event("response.failed", response=failed)]
        return Event(b"".join(event.data for event in events))

    def garbage(self) -> Event:
        return Event(
            b'event: response.output_text.delta\ndata: {"type": "response.output_text.delta", "del\n\n'
        )

    def unknown(self) -> Event:
        return _event("response.future_thing.delta", output_index=0, thing={"answer": [42]}, delta="?")

    def numbered(self, events: list[Event]) -> list[Event]:
        number = 0
        for event in events:
            pieces = event.data.split(b'"sequence_number":0')
            data = pieces[0]
            for piece in pieces[1:]:
                data += b'"sequence_number":%d' % number + piece
                number += 1
            event.data = data
        return events

    # The whole

    def whole(self) -> Body:
        self.more(self.reply.units)
        self.calls()
        status = self._status()
        self._close("incomplete" if status == "incomplete" else "completed")
        return self._response(status, ended=True)

    def _status(self) -> str:
        return "completed" if self.reply.finish in ("stop", "tool_calls") else "incomplete"

    def _response(self, status: str, *, ended: bool = False) -> Body:
        body = self.asked.body
        reason = {"length": "max_output_tokens"}.get(self.reply.finish, self.reply.finish)
        if ended:
            self.record.finish = reason if status == "incomplete" else status
        usage = self._usage() if ended and not self.directives.no_usage else None
        return {
            "id": f"resp_{self.record.id}",
            "object": "response",
            "created_at": self._created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": reason} if status == "incomplete" else None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "model": self.asked.model,
            "output": list(self._output),
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "previous_response_id": None,
            "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
            "service_tier": "default",
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": body.get("text") or {"format": {"type": "text"}},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": body.get("tools") or [],
            "top_p": body.get("top_p", 1.0),
            "truncation": "disabled",
            "usage": usage,
            "user": None,
            "metadata": body.get("metadata") or {},
        }

    def _usage(self) -> Body:
        record = self.record
        cached = {"cached_tokens": record.cached_tokens, "cache_write_tokens": record.cache_write_tokens}
        return {
            "input_tokens": record.prompt_tokens,
            "input_tokens_details": cached,
            "output_tokens": self.tokens,
            "output_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
            "total_tokens": record.prompt_tokens + self.tokens,
        }

    def _place(self) -> Body:
        return {"item_id": self._output[-1]["id"], "output_index": len(self._output) - 1}


def _part(kind: Kind, text: str) -> Body:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _event(name: str, /, **fields: Any) -> Event:
    payload = msgspec.json.encode({"type": name, "sequence_number": 0, **fields})
    return Event(b"event: " + name.encode() + b"\ndata: " + payload + b"\n\n")
