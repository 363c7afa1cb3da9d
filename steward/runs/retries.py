"""Retries: how a call that failed goes on: the same model again, the next one, or a shorter prompt."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from steward.kernel.settings import Upstream
from steward.providers.errors import (
    ContextTooLong,
    LLMError,
    ProviderBrokeOff,
    ProviderKeyRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
)
from steward.providers.wire import ModelRequest
from steward.runs.events import Notice
from steward.runs.lines import Call

_RETRIED: Final = (ProviderUnavailable, ProviderRateLimited, ProviderBrokeOff)
_HANDED_ON: Final = (*_RETRIED, ProviderTimeout, ProviderQuotaExhausted, ProviderKeyRefused)
_COMPACTIONS: Final = 4
_JITTER: Final = 0.25


@dataclass(frozen=True, slots=True)
class Again:
    """How a failed call goes on."""

    wait_seconds: float = 0.0
    next_model: bool = False
    request: ModelRequest | None = None


def how_to_go_on(settings: Upstream, call: Call, error: LLMError) -> Again | None:
    """What comes after a failure; None when it is the end: a word was shown, or nobody is left to ask."""
    if call.line.has_spoken:
        return None
    if isinstance(error, ContextTooLong) and call.plan.overflow == "compact":
        shorter = compacted(call.request) if call.compactions < _COMPACTIONS else None
        return None if shorter is None else Again(request=shorter)
    wait = backoff_seconds(settings.retry_seconds, call.tries, random.random())  # noqa: S311  # spreads load, hides nothing
    wait = wait if error.retry_after_seconds is None else error.retry_after_seconds
    is_patient = call.tries <= settings.retries and wait <= settings.patience_seconds
    if isinstance(error, _RETRIED) and is_patient:
        return Again(wait_seconds=wait)
    if isinstance(error, _HANDED_ON) and call.at + 1 < len(call.plan.chain):
        return Again(next_model=True)
    return None


def backoff_seconds(first: float, tries: int, jitter: float) -> float:
    """The wait before another try: twice as long each time, and up to a quarter more, so that not all come at once.

    Args:
        first: before the second try, in seconds.
        tries: made so far.
        jitter: 0 to 1.
    """
    return first * 2 ** (tries - 1) * (1 + _JITTER * jitter)


def compacted(request: ModelRequest) -> ModelRequest | None:
    """The request without the older half of what was said before the question; None when there is nothing to leave."""
    rules = [message for message in request.messages if message.role == "system"]
    said = [message for message in request.messages if message.role != "system"]
    question = max((at for at, message in enumerate(said) if message.role == "user"), default=0)
    if question == 0:
        return None
    kept = said[(question + 1) // 2 :]
    # A conversation begins with a person's words.
    while kept[0].role != "user":
        kept = kept[1:]
    return replace(request, messages=[*rules, *kept])


def notice_of(again: Again, before: str, call: Call) -> Notice | None:
    """What the reader is told of it."""
    if again.request is not None:
        return Notice(
            "earlier_messages_left_out",
            "The conversation is too long for the model: its earlier messages were left out of this answer.",
        )
    if again.next_model:
        return Notice(
            "fallback_model", f"{before} did not answer; {call.resolved.full_name} answers instead."
        )
    return None
