"""What clients of OpenAI's Chat Completions send. Specification: OpenAI API reference, 2026-11."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec

from steward.doors.openai.errors import BadRequest
from steward.providers.wire import ModelRequest, PromptMessage


class _Function(msgspec.Struct):
    name: str = ""
    arguments: str = "{}"


class _ToolCall(msgspec.Struct):
    id: str
    function: _Function


class _Message(msgspec.Struct):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_ToolCall] | None = None
    tool_call_id: str | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class ChatBody(msgspec.Struct):
    """The body of `POST /v1/chat/completions`. Unknown fields are ignored, as OpenAI's own hosts do."""

    model: str
    messages: list[_Message]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    logprobs: bool | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: str | None = None


_WHERE: Final = re.compile(r"`\$\.(\w+)")
_bodies: Final = msgspec.json.Decoder(ChatBody)
_PASSED_ON: Final = ("tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort")


def read(raw: bytes) -> ChatBody:
    """Read a body.

    Raises:
        BadRequest: it does not fit, or asks for what Steward does not do; the sentence says which.
    """
    try:
        body = _bodies.decode(raw or b"{}")
    except msgspec.DecodeError as error:
        where = _WHERE.search(str(error))
        raise BadRequest(f"Invalid body: {error}.", param=where[1] if where else None) from error
    if not body.messages:
        raise BadRequest("'messages' must hold at least one message.", param="messages")
    if body.n not in (None, 1):
        raise BadRequest("'n' must be 1: ask again for another answer.", param="n")
    if body.logprobs:
        raise BadRequest(
            "'logprobs' is not available: no provider-neutral form of it exists.", param="logprobs"
        )
    if body.temperature is not None and not 0 <= body.temperature <= 2:
        raise BadRequest("'temperature' must lie between 0 and 2.", param="temperature")
    for name in ("max_completion_tokens", "max_tokens"):
        if not 1 <= (1 if (limit := getattr(body, name)) is None else limit) <= 10_000_000:
            raise BadRequest(f"'{name}' must be a positive whole number.", param=name)
    return body


def to_request(body: ChatBody) -> ModelRequest:
    """The body in Steward's words."""
    return ModelRequest(
        messages=_prompt(body.messages),
        temperature=body.temperature,
        top_p=body.top_p,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        stop=[body.stop] if isinstance(body.stop, str) else body.stop,
        seed=body.seed,
        extra={name: value for name in _PASSED_ON if (value := getattr(body, name)) is not None},
    )


def _prompt(messages: list[_Message]) -> list[PromptMessage]:
    prompt: list[PromptMessage] = []
    calls: dict[str, dict[str, Any]] = {}
    for message in messages:
        if message.role == "tool":
            call = calls.get(message.tool_call_id or "")
            if call is None:
                raise BadRequest(f"No tool call has the id {message.tool_call_id!r}.", param="messages")
            call["output"] = "".join(part.get("text", "") for part in _parts(message))
            continue
        parts = _parts(message)
        for call in message.tool_calls or ():
            part = {
                "type": "tool_call",
                "call_id": call.id,
                "name": call.function.name,
                "input": _object(call),
            }
            calls[call.id] = part
            parts.append(part)
        role = "system" if message.role == "developer" else message.role
        prompt.append(PromptMessage(role, parts))
    return prompt


def _parts(message: _Message) -> list[dict[str, Any]]:
    if message.content is None:
        return []
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}]
    parts: list[dict[str, Any]] = []
    for part in message.content:
        match part:
            case {"type": "text", "text": str(text)} | {"type": "refusal", "refusal": str(text)}:
                parts.append({"type": "text", "text": text})
            case {"type": "image_url", "image_url": {"url": str(url)}}:
                parts.append({"type": "file", "url": url, "media_type": "image/*"})
            case {"type": "file", "file": {"file_data": str(url), **rest}}:
                parts.append({"type": "file", "url": url, "media_type": "", "filename": rest.get("filename")})
            case _:
                raise BadRequest(f"Content of type {part.get('type')!r} is not taken here.", param="messages")
    return parts


def _object(call: _ToolCall) -> dict[str, Any]:
    try:
        return msgspec.json.decode(call.function.arguments or "{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadRequest(f"The arguments of {call.id!r} are not a JSON object.", param="messages") from error
