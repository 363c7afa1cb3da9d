"""Objects: an answer as JSON of a given schema, checked, and asked for again when it does not fit."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import jsonschema_rs
import msgspec

from steward.kernel.errors import Invalid
from steward.kernel.work import Actor
from steward.providers.events import TextDelta, Usage
from steward.providers.wire import ModelRequest, OutputSchema, PromptMessage
from steward.runs import completions
from steward.runs.errors import ObjectInvalid
from steward.runs.schemas import ObjectRead, ObjectRequest, UsageRead

_MOST_FAULTS: Final = 5


async def generate(actor: Actor, request: ObjectRequest) -> ObjectRead:
    """Ask a model for an object until one fits.

    Raises:
        Invalid: the schema is no JSON Schema.
        ObjectInvalid: no answer fitted; the faults of the last one are told.
        LLMError, BudgetExhausted, UnknownProvider: of a call.
    """
    validator = _validator(request.json_schema)
    asked = _first_request(request)
    total = Usage(0, 0)
    cost: Decimal | None = None
    faults: list[str] = []
    for attempt in range(1, request.max_retries + 2):
        completion = await completions.complete(actor, request.model, asked, purpose="object")
        text, used = await _read(completion)
        total = _sum(total, used)
        spent = completion.cost_usd(used)
        cost = spent if cost is None else cost if spent is None else cost + spent
        value, faults = _check(validator, text)
        if not faults:
            return ObjectRead(
                object=value,
                model=completion.model,
                attempts=attempt,
                usage=UsageRead(
                    input_tokens=total.input_tokens,
                    output_tokens=total.output_tokens,
                    total_tokens=total.input_tokens + total.output_tokens,
                ),
                cost_usd=None if cost is None else format(cost, "f"),
            )
        asked = replace(asked, messages=[*asked.messages, *_told(text, faults)])
    raise ObjectInvalid(
        f"The model's answer does not fit the schema, {request.max_retries + 1} times: {'; '.join(faults)}. Make the "
        "schema simpler, or choose another model.",
        faults=faults,
    )


def _validator(schema: dict[str, Any]) -> Any:
    # Both are given by strangers: expressions that take for ever and references to other hosts are out.
    try:
        return jsonschema_rs.validator_for(schema, offline=True, pattern_options=jsonschema_rs.RegexOptions())
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        message = getattr(error, "message", str(error))
        raise Invalid(f"This is not a JSON Schema that can be used: {message}.", field="schema") from error


def _first_request(request: ObjectRequest) -> ModelRequest:
    messages = [PromptMessage.of_text("user", request.prompt)]
    if request.instructions:
        messages.insert(0, PromptMessage.of_text("system", request.instructions))
    output = OutputSchema(request.name, request.json_schema, request.description, request.strict)
    return ModelRequest(
        messages, temperature=request.temperature, max_tokens=request.max_tokens, output=output
    )


async def _read(completion: completions.Completion) -> tuple[str, Usage]:
    text: list[str] = []
    used = Usage(0, 0)
    async with aclosing(completion.events()) as batches:
        async for batch in batches:
            for event in batch:
                if isinstance(event, TextDelta):
                    text.append(event.text)
                elif isinstance(event, Usage):
                    used = event
    return "".join(text), used


def _check(validator: Any, text: str) -> tuple[Any, list[str]]:
    try:
        value = msgspec.json.decode(_bare(text))
    except msgspec.DecodeError as error:
        return None, [f"no JSON: {error}"]
    faults = [
        f"{'/'.join(str(step) for step in fault.instance_path) or 'the whole'}: {fault.message}"
        for fault in validator.iter_errors(value)
    ]
    return value, faults[:_MOST_FAULTS]


def _bare(text: str) -> str:
    """The JSON without the fence that some models put around it."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].removeprefix("json")
    return text


def _told(text: str, faults: list[str]) -> list[PromptMessage]:
    return [
        PromptMessage.of_text("assistant", text or "(nothing)"),
        PromptMessage.of_text(
            "user", f"That does not fit the schema: {'; '.join(faults)}. Answer again, with the JSON alone."
        ),
    ]


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens)
