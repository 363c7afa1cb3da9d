"""What Gemini's generateContent refuses in a request, worded as there.

Specification: Gemini API reference v1beta, Content, Part, Schema and GenerationConfig; the guides on function calling
and thought signatures, as of 2026-11.
"""

import base64
import re
from collections.abc import Iterator
from typing import Any

from tests.support.scripted_reply import Body
from tests.support.scripted_wire import is_sealed

_BODY = frozenset(
    str.split(
        "contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent labels"
    )
)
_CONFIG = frozenset(
    str.split(
        "stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount"
        " maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs"
        " enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution responseFormat"
    )
)
_SCHEMA = frozenset(
    str.split(
        "type format title description nullable enum maxItems minItems properties required minProperties"
        " maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum"
    )
)
_PARTS = frozenset(
    str.split(
        "text inlineData functionCall functionResponse fileData executableCode codeExecutionResult toolCall"
        " toolResponse"
    )
)
_FUNCTION_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
# Google's own words for a history that another model wrote.
_STAND_INS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")


def field(body: Body, name: str) -> Any:
    """A field by its camel-case name; snake case is the same to Google."""
    value = body.get(name)
    return body.get(_snake(name)) if value is None else value


def check(body: Body, model: str) -> str | None:
    """The first fault of a request, None for a good one."""
    return next(_faults(body, model), None)


def _faults(body: Body, model: str) -> Iterator[str]:
    yield from _unknown(body, _BODY, "")
    config: Body = field(body, "generationConfig") or {}
    yield from _unknown(config, _CONFIG, "generation_config")
    yield from _config(body, config, model)
    contents: list[Body] = body.get("contents") or []
    if not contents:
        yield "* GenerateContentRequest.contents: contents is not specified"
    for index, content in enumerate(contents):
        yield from _content(content, index)
    yield from _turns(contents)
    if model.startswith("gemini-3"):
        yield from _signatures(contents)


def _unknown(body: Body, known: frozenset[str], place: str) -> Iterator[str]:
    for name in body:
        if name not in known and _camel(name) not in known:
            where = f" at '{place}'" if place else ""
            yield f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'


def _config(body: Body, config: Body, model: str) -> Iterator[str]:
    kind = field(config, "responseMimeType")
    schema = field(config, "responseSchema")
    if (schema or field(config, "responseJsonSchema")) and kind != "application/json":
        yield "Response schema is only supported with response mime type 'application/json'"
    if schema:
        yield from _schema(schema, "generation_config.response_schema")
    for place, tool in enumerate(body.get("tools") or []):
        for index, function in enumerate(field(tool, "functionDeclarations") or []):
            where = f"tools[{place}].function_declarations[{index}]"
            if not _FUNCTION_NAME.fullmatch(str(function.get("name", ""))):
                yield f"* GenerateContentRequest.{where}.name: Invalid function name."
            yield from _schema(function.get("parameters") or {}, f"{where}.parameters")
            if kind == "application/json" and not model.startswith("gemini-3"):
                yield "Function calling with a response mime type: 'application/json' is unsupported"


def _schema(schema: Body, place: str) -> Iterator[str]:
    """Only a part of OpenAPI's schema is known here; JSON Schema has a field of its own."""
    yield from _unknown(schema, _SCHEMA, place)
    if isinstance(schema.get("type"), list):
        yield f"Invalid value at '{place}.type' (type): Proto field is not repeating, cannot start list."
    properties: dict[str, Body] = schema.get("properties") or {}
    for name, child in properties.items():
        yield from _schema(child, f"{place}.properties[{name}]")
    if schema.get("items"):
        yield from _schema(schema["items"], f"{place}.items")
    for index, child in enumerate(schema.get("anyOf") or []):
        yield from _schema(child, f"{place}.any_of[{index}]")


def _content(content: Body, index: int) -> Iterator[str]:
    place = f"GenerateContentRequest.contents[{index}]"
    if content.get("role", "user") not in ("user", "model", "function"):
        yield "Please use a valid role: user, model."
    parts: list[Body] = content.get("parts") or []
    if not parts:
        yield f"* {place}.parts: contents.parts must not be empty."
    for at, part in enumerate(parts):
        if not any(field(part, name) is not None for name in _PARTS):
            yield f"* {place}.parts[{at}].data: required oneof field 'data' must have one initialized field"
        yield from _signature(part, f"contents[{index}].parts[{at}]")
        for name, inner in (("functionCall", "args"), ("functionResponse", "response")):
            function: Body | None = field(part, name)
            if function is None:
                continue
            if not function.get("name"):
                yield f"* {place}.parts[{at}].{_snake(name)}.name: Name cannot be empty."
            if not isinstance(function.get(inner, {}), dict):
                yield f"Invalid value at 'contents[{index}].parts[{at}].{_snake(name)}.{inner}' (Struct)"


def _signature(part: Body, place: str) -> Iterator[str]:
    signature = field(part, "thoughtSignature")
    if signature is None or signature in _STAND_INS:
        return
    text = str(signature).replace("-", "+").replace("_", "/")
    text += "=" * (-len(text) % 4)
    try:
        said = base64.b64decode(text, validate=True)
    except ValueError:
        yield f"Invalid value at '{place}.thought_signature' (TYPE_BYTES), Base64 decoding failed"
        return
    if said.decode(errors="replace") not in _STAND_INS and not is_sealed(text):
        yield "Corrupted thought signature."


def _turns(contents: list[Body]) -> Iterator[str]:
    """As many responses come right behind the calls as there were calls."""
    waiting = 0
    for content in contents:
        parts: list[Body] = content.get("parts") or []
        responses = sum(field(part, "functionResponse") is not None for part in parts)
        if responses and not waiting:
            yield "Please ensure that function response turn comes immediately after a function call turn."
        if responses != waiting:
            rule = "the number of function response parts is equal to the number of function call parts"
            yield f"Please ensure that {rule} of the function call turn."
        waiting = sum(field(part, "functionCall") is not None for part in parts)
    if waiting:
        yield "Please ensure that function response turn comes immediately after a function call turn."


def _signatures(contents: list[Body]) -> Iterator[str]:
    """In the current turn, the first call of each step carries its signature."""
    asked = [index for index, content in enumerate(contents) if _is_question(content)]
    for index, content in enumerate(contents[asked[-1] :] if asked else [], asked[-1] if asked else 0):
        parts: list[Body] = content.get("parts") or []
        first = next((part for part in parts if field(part, "functionCall") is not None), None)
        if first is not None and field(first, "thoughtSignature") is None:
            rule = "Function call is missing a thought_signature in functionCall parts."
            name = field(first, "functionCall").get("name")
            yield f"{rule} Additional data, function call `default_api:{name}` , position {index + 1}."


def _is_question(content: Body) -> bool:
    parts: list[Body] = content.get("parts") or []
    return content.get("role", "user") == "user" and not any(
        field(part, "functionResponse") for part in parts
    )


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
