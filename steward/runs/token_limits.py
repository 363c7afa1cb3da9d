"""Token limits: what all model calls of a run together may read and write, when whoever asked has said so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from steward.agents.service import Prepared
from steward.providers import tokens
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs.errors import AnswerTokensSpent, PromptTokensSpent, TokensSpent
from steward.runs.transcript import Transcript


async def within(request: ModelRequest, prepared: Prepared, used: Transcript) -> ModelRequest:
    """The next call of a run as its limits allow it: a shorter answer, and without the oldest messages.

    Args:
        request: as it would be without limits.
        prepared: holds the limits.
        used: what the run has said so far, with the tokens of its calls.

    Raises:
        AnswerTokensSpent, PromptTokensSpent: nothing is left for another call.
    """
    spent = answer_spent(prepared, used)
    if spent is not None:
        raise spent
    if prepared.run_output_tokens is not None:
        left = prepared.run_output_tokens - used.output_tokens
        request = replace(request, max_tokens=min(request.max_tokens or left, left))
    if prepared.run_prompt_tokens is None:
        return request
    return await _shortened(
        request, prepared.run_prompt_tokens, prepared.run_prompt_tokens - used.input_tokens
    )


def answer_spent(prepared: Prepared, used: Transcript) -> TokensSpent | None:
    """Why the model may not be asked again, when its answers are as long as they may be together."""
    most = prepared.run_output_tokens
    if most is None or used.output_tokens < most:
        return None
    return AnswerTokensSpent(f"The run was to write {most} tokens at most, and they are written.")


async def _shortened(request: ModelRequest, most: int, left: int) -> ModelRequest:
    """The request with as many of the newest messages as fit; the rules, the question and what follows it must."""
    rules = [message for message in request.messages if message.role == "system"]
    said = [message for message in request.messages if message.role != "system"]
    question = max((at for at, message in enumerate(said) if message.role == "user"), default=0)
    needed = replace(request, messages=[*rules, *said[question:]])
    needed_tokens, *earlier_tokens = await _count([needed, *(_alone(message) for message in said[:question])])
    begin, free = question, left - needed_tokens
    if free < 0:
        raise PromptTokensSpent(
            f"The run was to read {most} tokens at most; {max(0, left)} are left, and the question with its "
            f"instructions takes about {needed_tokens}."
        )
    while begin and earlier_tokens[begin - 1] <= free:
        begin -= 1
        free -= earlier_tokens[begin]
    # A conversation begins with a person's words.
    while said[begin].role != "user" and begin < question:
        begin += 1
    return replace(request, messages=[*rules, *said[begin:]])


def _alone(message: PromptMessage) -> ModelRequest:
    return ModelRequest(messages=[message])


async def _count(requests: Sequence[ModelRequest]) -> list[int]:
    texts = [tokens.prompt_text(request) for request in requests]
    counted = await asyncio.to_thread(tokens.count_all, texts)
    return [tokens.fixed_tokens(request) + count for request, count in zip(requests, counted, strict=True)]
