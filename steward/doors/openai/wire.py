"""What clients of OpenAI's Chat Completions send. Specification: OpenAI API reference, 2026-11."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec

from steward.agents.service import Wishes
from steward.doors.openai.errors import BadRequest
from steward.providers.wire import ModelRequest, OneTool, OutputSchema, PromptMessage, ToolChoice, ToolSpec


class _Function(msgspec.Struct):
    name: str = ""
    arguments: str = "{}"


class _ToolCall(msgspec.Struct):
    id: str
    function: _Function


class _ToolFunction(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class _Tool(msgspec.Struct):
    function: _ToolFunction
    type: Literal["function"] = "function"


class _Named(msgspec.Struct):
    name: str


class _NamedTool(msgspec.Struct):
    function: _Named
    type: Literal["function"] = "function"


class _Schema(msgspec.Struct):
    name: str
    schema: dict[str, Any] = {}
    description: str | None = None
    strict: bool | None = None


class _Format(msgspec.Struct):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _Schema | None = None


class Message(msgspec.Struct):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_ToolCall] | None = None
    tool_call_id: str | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class ChatBody(msgspec.Struct):
    """The body of `POST /v1/chat/completions`. Unknown fields are ignored, as OpenAI's own hosts do.

    The last three are Steward's: clients of this wire send their whole prompt, so that nothing is added to it unasked.
    """

    model: str
    messages: list[Message]
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
    top_logprobs: int | None = None
    modalities: list[str] | None = None
    functions: list[Any] | None = None
    tools: list[_Tool] | None = None
    tool_choice: Literal["auto", "none", "required"] | _NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: _Format | None = None
    reasoning_effort: str | None = None
    rag_enabled: bool | None = None
    rag_top_k: int | None = None
    collection_ids: list[str] | None = None


_MOST_PASSAGES: Final = 50
_WHERE: Final = re.compile(r"`\$\.(\w+)")
_bodies: Final = msgspec.json.Decoder(ChatBody)
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


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
    _ensure_available(body)
    if body.temperature is not None and not 0 <= body.temperature <= 2:
        raise BadRequest("'temperature' must lie between 0 and 2.", param="temperature")
    for name in ("max_completion_tokens", "max_tokens"):
        if not 1 <= (1 if (limit := getattr(body, name)) is None else limit) <= 10_000_000:
            raise BadRequest(f"'{name}' must be a positive whole number.", param=name)
    _ensure_tools(body)
    return body


def _ensure_available(body: ChatBody) -> None:
    """What would change an answer is refused rather than left out."""
    if body.logprobs or body.top_logprobs:
        name = "logprobs" if body.logprobs else "top_logprobs"
        raise BadRequest(f"'{name}' is not available: no provider-neutral form of it exists.", param=name)
    if any(one != "text" for one in body.modalities or ()):
        raise BadRequest("'modalities' must be [\"text\"]: answers are text here.", param="modalities")
    if body.functions:
        raise BadRequest("'functions' is the old form: send them as 'tools'.", param="functions")


def _ensure_tools(body: ChatBody) -> None:
    names = [tool.function.name for tool in body.tools or ()]
    for name in names:
        if not _TOOL_NAME.fullmatch(name):
            words = f"The tool name {name!r} must be 1 to 64 letters, digits, '_' and '-'."
            raise BadRequest(words, param="tools")
    if len(set(names)) < len(names):
        raise BadRequest("Two tools have the same name.", param="tools")
    choice = body.tool_choice
    if isinstance(choice, _NamedTool) and choice.function.name not in names:
        raise BadRequest(f"No tool is named {choice.function.name!r}.", param="tool_choice")
    if choice == "required" and not names:
        raise BadRequest("'tool_choice' asks for a tool, and 'tools' has none.", param="tool_choice")
    if (
        body.response_format
        and body.response_format.type == "json_schema"
        and not body.response_format.json_schema
    ):
        raise BadRequest("'response_format' must hold 'json_schema'.", param="response_format")


def to_request(body: ChatBody) -> ModelRequest:
    """The body in Steward's words."""
    return ModelRequest(
        messages=prompt_of(body.messages),
        temperature=body.temperature,
        top_p=body.top_p,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        stop=[body.stop] if isinstance(body.stop, str) else body.stop,
        seed=body.seed,
        tools=[_tool(tool.function) for tool in body.tools or ()],
        tool_choice=_choice(body),
        parallel_tool_calls=body.parallel_tool_calls,
        output=_output(body.response_format),
        reasoning_effort=body.reasoning_effort,
    )


def to_wishes(body: ChatBody) -> Wishes:
    """What the body asks of the workspace's documents.

    Raises:
        BadRequest: more passages than a turn takes.
    """
    if body.rag_top_k is not None and not 1 <= body.rag_top_k <= _MOST_PASSAGES:
        raise BadRequest(f"rag_top_k lies between 1 and {_MOST_PASSAGES}.", param="rag_top_k")
    is_wanted = body.rag_enabled or (body.rag_enabled is None and body.collection_ids is not None)
    return Wishes(rag_enabled=is_wanted, rag_top_k=body.rag_top_k, collection_ids=body.collection_ids)


def _tool(function: _ToolFunction) -> ToolSpec:
    parameters = function.parameters or {"type": "object", "properties": {}}
    return ToolSpec(function.name, function.description or "", parameters, function.strict)


def _choice(body: ChatBody) -> ToolChoice | None:
    choice = body.tool_choice
    return OneTool(choice.function.name) if isinstance(choice, _NamedTool) else choice


def _output(wished: _Format | None) -> OutputSchema | Literal["json"] | None:
    if wished is None or wished.type == "text":
        return None
    if wished.json_schema is None:
        return "json"
    schema = wished.json_schema
    return OutputSchema(schema.name, schema.schema, schema.description, strict=schema.strict or False)


def prompt_of(messages: list[Message]) -> list[PromptMessage]:
    """The conversation in Steward's words: what tools gave stands in the answer that called them.

    Raises:
        BadRequest: an output of no call, or content that is not taken here.
    """
    prompt: list[PromptMessage] = []
    calls: dict[str, dict[str, Any]] = {}
    for message in messages:
        if message.role == "tool":
            call = calls.get(message.tool_call_id or "")
            if call is None:
                raise BadRequest(f"No tool call has the id {message.tool_call_id!r}.", param="messages")
            call["output"] = text_of(message)
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


def text_of(message: Message) -> str:
    """The text of a message."""
    return "".join(part.get("text", "") for part in _parts(message))


def _parts(message: Message) -> list[dict[str, Any]]:
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
            case {"type": "file"}:
                raise BadRequest("A file of a message is read from its 'file_data' here.", param="messages")
            case _:
                raise BadRequest(f"Content of type {part.get('type')!r} is not taken here.", param="messages")
    return parts


def _object(call: _ToolCall) -> dict[str, Any]:
    try:
        return msgspec.json.decode(call.function.arguments or "{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadRequest(f"The arguments of {call.id!r} are not a JSON object.", param="messages") from error
