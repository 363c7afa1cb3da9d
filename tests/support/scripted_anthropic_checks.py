"""What Anthropic's Messages refuses in a request, worded as there.

Specification: Anthropic API reference, Messages, version 2023-06-01; the guides on tool use, extended thinking and
structured outputs, as of 2026-11.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from tests.support.scripted_reply import Body
from tests.support.scripted_schema import strict_fault
from tests.support.scripted_wire import signed

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_LEAST_BUDGET = 1024
_ADAPTIVE = re.compile(r"claude-(opus-4-[78]|(opus|sonnet|haiku|fable|mythos)-5)")
_THINKING = ("thinking", "redacted_thinking")


def check(body: Body, *, counting: bool = False) -> str | None:
    """The first fault of a request, None for a good one; a request that only counts needs no most tokens."""
    return next(_faults(body, counting=counting), None)


def is_adaptive(model: str) -> bool:
    """Whether a model chooses itself how to think and sample, and hides its thinking unless it is asked for it."""
    return _ADAPTIVE.match(model) is not None


def _faults(body: Body, *, counting: bool) -> Iterator[str]:
    if not isinstance(body.get("model"), str):
        yield "model: Field required"
    if not counting:
        yield from _limits(body)
    messages = body.get("messages")
    if not isinstance(messages, list):
        yield "messages: Field required"
        return
    turns = cast("list[Body]", messages)
    if not turns:
        yield "messages: at least one message is required"
    for index, turn in enumerate(turns):
        yield from _turn(turn, f"messages.{index}", is_last=index == len(turns) - 1)
    if turns and turns[0]["role"] != "user":
        yield 'messages: first message must use the "user" role'
    yield from _pairs(_merged(turns))
    yield from _settings(body)
    yield from _loop(body, turns)


def _limits(body: Body) -> Iterator[str]:
    limit = body.get("max_tokens")
    if limit is None:
        yield "max_tokens: Field required"
    elif not isinstance(limit, int):
        yield "max_tokens: Input should be a valid integer"
    elif limit < 1:
        yield "max_tokens: must be greater than or equal to 1"


def _turn(turn: Body, place: str, *, is_last: bool) -> Iterator[str]:
    role, content = turn.get("role"), turn.get("content")
    if role not in ("user", "assistant"):
        yield f'messages: Unexpected role "{role}". The Messages API accepts a top-level `system` parameter.'
    if content is None:
        yield f"{place}.content: Field required"
    if not content and not (is_last and role == "assistant"):
        yield f"{place}: all messages must have non-empty content except for the optional final assistant message"
    blocks = _blocks(turn)
    for index, block in enumerate(blocks):
        yield from _block(block, role, f"{place}.content.{index}")
    last = blocks[-1] if blocks else {}
    if is_last and role == "assistant" and str(last.get("text", "")).endswith((" ", "\n", "\t")):
        yield "messages: final assistant content cannot end with trailing whitespace"


def _block(block: Body, role: Any, place: str) -> Iterator[str]:
    kind = block.get("type")
    if kind == "text" and not str(block.get("text", "")).strip():
        rule = "non-empty" if not block.get("text") else "contain non-whitespace text"
        yield f"messages: text content blocks must {'be ' if rule == 'non-empty' else ''}{rule}"
    if kind in ("tool_use", *_THINKING) and role != "assistant":
        yield f"{place}: `{kind}` blocks can only be in `assistant` messages"
    if kind in ("tool_result", "image", "document") and role != "user":
        yield f"{place}: `{kind}` blocks can only be in `user` messages"
    if kind == "tool_use":
        if not _ID.fullmatch(str(block.get("id", ""))):
            yield f"{place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        if not _TOOL_NAME.fullmatch(str(block.get("name", ""))):
            yield f"{place}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        if not isinstance(block.get("input"), dict):
            yield f"{place}.tool_use.input: Input should be a valid dictionary"
    if kind == "thinking" and block.get("signature") != signed(str(block.get("thinking", ""))):
        yield f"{place}: Invalid `signature` in `thinking` block"
    if kind not in ("text", "image", "document", "tool_use", "tool_result", "search_result", *_THINKING):
        yield f"{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags"


def _pairs(turns: list[Body]) -> Iterator[str]:
    """Every call is answered at the start of the next turn, and every result answers a call of the one before."""
    waiting: list[str] = []
    for index, turn in enumerate(turns):
        blocks = _blocks(turn)
        results = [block for block in blocks if block.get("type") == "tool_result"]
        first = next(
            (at for at, block in enumerate(blocks) if block.get("type") != "tool_result"), len(blocks)
        )
        for place, block in enumerate(results):
            if block.get("tool_use_id") not in waiting:
                rule = "unexpected `tool_use_id` found in `tool_result` blocks"
                need = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                yield f"messages.{index}.content.{place}: {rule}: {block.get('tool_use_id')}. {need}"
        missing = sorted(set(waiting) - {str(block.get("tool_use_id")) for block in blocks[:first]})
        if missing:
            yield _unanswered(index - 1, missing)
        waiting = [str(block.get("id")) for block in blocks if block.get("type") == "tool_use"]
    if waiting:
        yield _unanswered(len(turns) - 1, waiting)


def _unanswered(index: int, names: list[str]) -> str:
    rule = "`tool_use` ids were found without `tool_result` blocks immediately after"
    need = "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    return f"messages.{index}: {rule}: {', '.join(names)}. {need}"


def _settings(body: Body) -> Iterator[str]:
    for name in ("temperature", "top_p", "top_k"):
        if body.get(name) is not None and is_adaptive(str(body.get("model"))):
            yield f"`{name}` is deprecated for this model."
    temperature = body.get("temperature")
    if temperature is not None and not 0 <= temperature <= 1:
        yield "temperature: range: 0..1"
    for index, tool in enumerate(body.get("tools") or []):
        if not _TOOL_NAME.fullmatch(str(tool.get("name", ""))):
            yield f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        schema: Body = tool.get("input_schema") or {}
        if schema.get("type") != "object":
            yield f"tools.{index}.custom.input_schema.type: Input should be 'object'"
    output: Body = body.get("output_config") or {}
    answer_format: Body = output.get("format") or {}
    if answer_format.get("schema") and strict_fault(answer_format["schema"], all_required=False):
        rule = "For 'object' type, 'additionalProperties' must be explicitly set to false"
        yield f"output_config.format.schema: {rule}"
    yield from _thinking(body)


def _thinking(body: Body) -> Iterator[str]:
    thinking: Body = body.get("thinking") or {}
    if thinking.get("type") not in ("enabled", "adaptive"):
        return
    if thinking["type"] == "enabled":
        if is_adaptive(str(body.get("model"))):
            yield '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".'
        budget: int = thinking.get("budget_tokens") or 0
        if budget < _LEAST_BUDGET:
            yield f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}"
        if budget >= body.get("max_tokens", budget + 1):
            yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    if body.get("temperature") not in (None, 1):
        yield "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."
    choice: Body = body.get("tool_choice") or {}
    if choice.get("type") in ("any", "tool"):
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _loop(body: Body, turns: list[Body]) -> Iterator[str]:
    """Results of tools come back behind the thinking that asked for them."""
    thinking: Body = body.get("thinking") or {}
    if thinking.get("type") != "enabled" or len(turns) < 2:
        return
    blocks, asked = _blocks(turns[-1]), _blocks(turns[-2])
    if not any(block.get("type") == "tool_result" for block in blocks) or not asked:
        return
    kind = asked[0].get("type")
    if kind not in _THINKING:
        rule = "When `thinking` is enabled, a final `assistant` message must start with a thinking block"
        found = f"Expected `thinking` or `redacted_thinking`, but found `{kind}`."
        yield f"messages.{len(turns) - 2}.content.0.type: {found} {rule}"


def _merged(turns: list[Body]) -> list[Body]:
    """Neighbours of one role are one turn."""
    merged: list[Body] = []
    for turn in turns:
        if merged and merged[-1].get("role") == turn.get("role"):
            merged[-1] = {**merged[-1], "content": [*_blocks(merged[-1]), *_blocks(turn)]}
        else:
            merged.append(turn)
    return merged


def _blocks(turn: Body) -> list[Body]:
    content = turn.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return cast("list[Body]", content) if isinstance(content, list) else []
