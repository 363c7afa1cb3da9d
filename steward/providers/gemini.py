"""The wire of Google's Gemini.

Specification: Gemini API reference, `models.streamGenerateContent` of v1beta with `alt=sse`, as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any, Final, cast

import aiohttp
import msgspec

from steward.kernel.settings import Limits
from steward.providers import failures, prompts, transport
from steward.providers.events import FinishReason, ProviderEvent, ProviderState, Usage
from steward.providers.transport import SSEReader, count
from steward.providers.wire import Endpoint, ModelRequest, OneTool, OutputSchema, PromptMessage

WIRE: Final = "gemini"
# Google's own word for a call that another model made, and that therefore has no signature.
_FOREIGN_CALL: Final = "skip_thought_signature_validator"
_INLINE: Final = ("image/", "audio/", "video/", "application/pdf")
_NUMBER: Final = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_LEVELS: Final = {"none": "LOW", "minimal": "LOW", "low": "LOW", "medium": "MEDIUM"}
_BUDGETS: Final = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192}
_MOST_BUDGET: Final = 24_576
_THOUGHTLESS: Final = ("image", "tts", "live", "embedding")
_STOPS: Final[dict[str, FinishReason]] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "ESCALATION": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MALFORMED_RESPONSE": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
}
# What a schema may say here; everything else is refused or ignored, so it is left out.
_SCHEMA_WORDS: Final = frozenset(
    {
        "$id",
        "$defs",
        "$ref",
        "$anchor",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "required",
        "propertyOrdering",
    }
)


class _FunctionCall(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None
    args: dict[str, Any] | None = None


class _Part(msgspec.Struct, rename="camel", gc=False):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: _FunctionCall | None = None


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, rename="camel", gc=False):
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(msgspec.Struct, rename="camel", gc=False):
    block_reason: str | None = None


class _Usage(msgspec.Struct, rename="camel", gc=False):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None


class _Chunk(msgspec.Struct, rename="camel", gc=False):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None
    error: Any = None


_chunks: Final = msgspec.json.Decoder(_Chunk)


class Gemini:
    """Google's Gemini."""

    def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model; see `Wire.stream`."""
        body = request_body(endpoint, request)
        path, query = "/models/{model}:streamGenerateContent", [("alt", "sse")]
        post = transport.post(endpoint, path, body, key_header="x-goog-api-key", query=query)
        return transport.stream(http, post, Reader(endpoint), limits)


class Reader(SSEReader):
    """Reads the chunks of an answer. The end of the stream is the end of the body."""

    _counts: _Usage | None = None

    def _read(self, payload: bytes, text: list[str], events: list[ProviderEvent]) -> None:
        if payload == b"[DONE]":
            self.done = True
            return
        chunk = self._decode(_chunks, payload)
        if chunk is None:
            return
        if chunk.error is not None:
            raise failures.read_error(self._endpoint, chunk.error)
        if chunk.usage_metadata is not None:
            # Every chunk counts anew; the last one counts all.
            self._counts = chunk.usage_metadata
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            self._finish = "content_filter"
        for candidate in (chunk.candidates or ())[:1]:
            for part in (candidate.content.parts or ()) if candidate.content is not None else ():
                if part.thought or part.thought_signature or part.function_call is not None:
                    self._rare(part, text, events)
                elif part.text:
                    text.append(part.text)
            if candidate.finish_reason:
                self._finish = _STOPS.get(candidate.finish_reason, "other")

    def _counted(self) -> Usage | None:
        return None if self._counts is None else _read_usage(self._counts)

    def _rare(self, part: _Part, text: list[str], events: list[ProviderEvent]) -> None:
        if part.text and part.thought:
            self._think(part.text, text, events)
        elif part.text:
            text.append(part.text)
        if part.function_call is not None:
            asked = part.function_call
            call = self._begin_call(asked.id, asked.name, text, events)
            self._more_input(call, prompts.written(asked.args or {}), text, events)
        if part.thought_signature:
            self.flush(text, events)
            kept = prompts.state_for(self._endpoint, signature=part.thought_signature)
            events.append(ProviderState(WIRE, kept))


def _read_usage(usage: _Usage) -> Usage:
    thought = count(usage.thoughts_token_count)
    return Usage(
        input_tokens=count(usage.prompt_token_count) + count(usage.tool_use_prompt_token_count),
        output_tokens=count(usage.candidates_token_count) + thought,
        cached_tokens=count(usage.cached_content_token_count),
        reasoning_tokens=thought,
    )


def request_body(endpoint: Endpoint, request: ModelRequest) -> dict[str, Any]:
    """The body of a call. This wire cannot forbid parallel calls."""
    output, number = request.output, version(endpoint.model)
    # Before version 3 a model takes tools or a form of output, not both.
    bound = output is not None and not (request.tools and number < (3,))
    system = [message.text for message in request.messages if message.role == "system" and message.text]
    if output is not None and not bound:
        system.append(prompts.output_words(output))
    body: dict[str, Any] = {"contents": _contents(endpoint, request.messages)}
    if system:
        body["systemInstruction"] = {"parts": [{"text": "\n\n".join(system)}]}
    if request.tools:
        body.update(_tools(request))
    settings: dict[str, Any] = {
        "temperature": request.temperature,
        "maxOutputTokens": request.max_tokens,
        "topP": request.top_p,
        "stopSequences": request.stop,
        "seed": request.seed,
        "thinkingConfig": _thinking(endpoint.model, request.reasoning_effort),
    }
    if bound:
        settings["responseMimeType"] = "application/json"
        settings["responseJsonSchema"] = cleaned(output.schema) if isinstance(output, OutputSchema) else None
    lacks = endpoint.quirks.lacks
    body["generationConfig"] = {
        name: value for name, value in settings.items() if value is not None and name not in lacks
    }
    return body


def version(model: str) -> tuple[int, ...]:
    """The version in a model's name; that of a name without one is newer than all."""
    found = _NUMBER.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else (99,)


def _thinking(model: str, effort: str | None) -> dict[str, Any] | None:
    number = version(model)
    if number < (2, 5) or any(word in model for word in _THOUGHTLESS):
        return None
    # Thoughts are counted whether they are shown or not.
    shown: dict[str, Any] = {"includeThoughts": True}
    if effort is None:
        return shown
    if number >= (3,):
        return {**shown, "thinkingLevel": _LEVELS.get(effort, "HIGH")}
    budget = _BUDGETS.get(effort, _MOST_BUDGET)
    # The larger model always thinks, if only a little.
    return {**shown, "thinkingBudget": max(budget, 128) if "pro" in model else budget}


def _tools(request: ModelRequest) -> dict[str, Any]:
    declarations: list[dict[str, Any]] = []
    for tool in request.tools:
        declared: dict[str, Any] = {"name": tool.name}
        if tool.description:
            declared["description"] = tool.description
        if tool.parameters.get("properties"):
            declared["parametersJsonSchema"] = cleaned(tool.parameters)
        declarations.append(declared)
    fields: dict[str, Any] = {"tools": [{"functionDeclarations": declarations}]}
    choice = request.tool_choice
    if isinstance(choice, OneTool):
        fields["toolConfig"] = _mode("ANY", allowedFunctionNames=[choice.name])
    elif choice is not None:
        fields["toolConfig"] = _mode(_MODES[choice])
    return fields


def _mode(mode: str, **fields: Any) -> dict[str, Any]:
    return {"functionCallingConfig": {"mode": mode, **fields}}


def cleaned(schema: Any) -> Any:
    """A schema in the words that this wire knows."""
    if isinstance(schema, list):
        return [cleaned(item) for item in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    given = cast(dict[str, Any], schema)
    several = given.get("allOf")
    if isinstance(several, list) and len(cast(list[Any], several)) == 1:
        # How several generators write a reference that has a description beside it.
        given = {**cast(list[dict[str, Any]], several)[0], **given}
    if "const" in given:
        given = {**given, "enum": [given["const"]]}
    return {word: _cleaned_word(word, value) for word, value in given.items() if word in _SCHEMA_WORDS}


def _cleaned_word(word: str, value: Any) -> Any:
    if word in ("properties", "$defs") and isinstance(value, dict):
        return {name: cleaned(inner) for name, inner in cast(dict[str, Any], value).items()}
    return value if word in ("enum", "required", "propertyOrdering") else cleaned(value)


def _contents(endpoint: Endpoint, prompt: list[PromptMessage]) -> list[dict[str, Any]]:
    contents: list[dict[str, Any]] = []
    start = prompts.turn_start(prompt)
    for at, message in enumerate(prompt):
        if message.role == "user":
            parts = [part for given in message.parts if (part := _part(given))]
            contents += [{"role": "user", "parts": parts}] if parts else []
        elif message.role == "assistant":
            for said in prompts.rounds(message):
                contents += _said(endpoint, said, current=at >= start)
    if contents and contents[0]["role"] == "model":
        contents.insert(0, {"role": "user", "parts": [{"text": prompts.LEFT_OUT}]})
    return contents


def _said(endpoint: Endpoint, parts: list[dict[str, Any]], *, current: bool) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    foreign = _FOREIGN_CALL if current and version(endpoint.model) >= (3,) else None
    for part in parts:
        signature = prompts.state_of(part, WIRE, endpoint).get("signature")
        if part["type"] == "tool_call":
            asked = {"id": part["call_id"], "name": part["name"], "args": prompts.arguments(part)}
            written: dict[str, Any] = {"functionCall": asked}
            # The first call of a round has to have a signature.
            signature, foreign = signature or foreign, None
        elif part["type"] == "text" or (signature and part["text"]):
            written = {"text": part["text"], **({"thought": True} if part["type"] == "reasoning" else {})}
        else:
            continue
        sent.append({**written, "thoughtSignature": signature} if signature else written)
    if not sent:
        return []
    results = [{"functionResponse": _response(call)} for call in prompts.calls_of(parts)]
    answered = [{"role": "user", "parts": results}] if results else []
    return [{"role": "model", "parts": sent}, *answered]


def _response(call: dict[str, Any]) -> dict[str, Any]:
    failure = prompts.failed(call)
    response = {"error": failure} if failure is not None else {"output": call["output"]}
    return {"id": call["call_id"], "name": call["name"], "response": response}


def _part(part: dict[str, Any]) -> dict[str, Any] | None:
    if part.get("type") == "text":
        return {"text": part["text"]} if part["text"] else None
    if part.get("type") != "file":
        return None
    file = prompts.read_file(part)
    takes = file.media_type.startswith(_INLINE)
    if file.data is not None and takes:
        return {"inlineData": {"mimeType": file.media_type, "data": file.data}}
    if file.data is None and takes and file.url.startswith("https:"):
        kind = {} if file.media_type.endswith("/*") else {"mimeType": file.media_type}
        return {"fileData": {**kind, "fileUri": file.url}}
    return {"text": file.text or file.note}
