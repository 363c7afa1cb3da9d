"""Model calls: the one core path from a prompt to events, with its line in the ledger settled on every exit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import aiohttp
import structlog

from steward.kernel.errors import Refusal, Unavailable
from steward.kernel.runtime import Runtime
from steward.kernel.telemetry import (
    FIRST_TOKEN_SECONDS,
    INPUT_TOKENS,
    MODEL_CALLS,
    OUTPUT_TOKENS,
    TOKENS_PER_SECOND,
)
from steward.kernel.work import Actor, Transaction
from steward.providers.catalogue import Resolved
from steward.providers.errors import LLMError
from steward.providers.events import Finish, ProviderEvent, ReasoningDelta, TextDelta, ToolCall, Usage
from steward.providers.prices import cost_usd
from steward.providers.wire import ModelRequest
from steward.usage import service as usage
from steward.usage.service import CallOpening, Settlement

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)


@dataclass(slots=True, eq=False)
class Call:
    """A model call on its way, and what came of it."""

    actor: Actor
    call_id: str
    resolved: Resolved
    input_tokens: int
    accepted_at: float
    purpose: str = "chat"
    started_at: float = field(default_factory=time.perf_counter)
    first_token_at: float | None = None
    output_chars: int = 0
    usage: Usage | None = None
    finish: Finish | None = None
    settled: bool = False

    def counted(self) -> Usage:
        """The provider's own count, or ours, marked as an estimate."""
        if self.usage is not None:
            return self.usage
        return Usage(self.input_tokens, usage.estimate_tokens(self.output_chars), estimated=True)


class Calls:
    """The model calls of this process."""

    def __init__(self, runtime: Runtime, http: aiohttp.ClientSession) -> None:
        self._runtime = runtime
        self._http = http
        self._open: set[Call] = set()

    async def begin(
        self, work: Transaction, resolved: Resolved, opening: CallOpening, accepted_at: float
    ) -> Call:
        """Open the ledger's line for a call; committed with the work, before anything goes upstream."""
        call_id = await usage.open_call(work, opening)
        return Call(work.actor, call_id, resolved, opening.input_tokens, accepted_at, opening.purpose)

    async def stream(self, call: Call, request: ModelRequest) -> AsyncGenerator[list[ProviderEvent]]:
        """Call the model; the line in the ledger must be settled by whoever began the call.

        Raises:
            LLMError: the call failed.
        """
        endpoint = call.resolved.endpoint
        call.started_at = time.perf_counter()
        self._open.add(call)
        try:
            events_of = call.resolved.wire.stream(
                self._http, endpoint, request, self._runtime.settings.limits
            )
            async with aclosing(events_of) as batches:
                async for batch in batches:
                    for event in batch:
                        if isinstance(event, TextDelta | ReasoningDelta):
                            call.output_chars += len(event.text)
                        elif isinstance(event, ToolCall):
                            call.output_chars += len(event.raw_input)
                        elif isinstance(event, Usage):
                            call.usage = event
                        elif isinstance(event, Finish):
                            call.finish = event
                    if call.first_token_at is None and call.output_chars:
                        call.first_token_at = time.perf_counter()
                    yield batch
        except LLMError as error:
            log.warning(
                "model_call_failed",
                provider=error.provider,
                model=error.model,
                tag=error.tag,
                cause=error.cause,
            )
            raise
        finally:
            self._open.discard(call)

    async def settle(self, work: Transaction, call: Call, status: str) -> Usage:
        """Settle the line: the provider's count, or ours when it sent none."""
        counted = call.counted()
        endpoint = call.resolved.endpoint
        ended = time.perf_counter()
        first = None if call.first_token_at is None else call.first_token_at - call.accepted_at
        await usage.settle_call(
            work,
            call.call_id,
            Settlement(
                status=status,
                finish_reason=call.finish.reason if call.finish else None,
                input_tokens=counted.input_tokens,
                output_tokens=counted.output_tokens,
                cached_tokens=counted.cached_tokens,
                reasoning_tokens=counted.reasoning_tokens,
                estimated=counted.estimated,
                cost_usd=cost_usd(endpoint.provider, endpoint.model, counted),
                first_token_ms=None if first is None else round(first * 1000),
                duration_ms=round((ended - call.started_at) * 1000),
            ),
        )
        if not call.settled:
            call.settled = True
            _measure(call, counted, status, first, ended)
        return counted

    async def settle_surely(self, call: Call, status: str) -> None:
        """Settle in a transaction of its own; tries again while the database is away."""
        for attempt in range(8):
            try:
                async with self._runtime.database.transaction(call.actor) as work:
                    await self.settle(work, call, status)
                return
            except Unavailable as error:
                log.warning("usage_not_stored", call_id=call.call_id, attempt=attempt, error=error.detail)
                await asyncio.sleep(min(5.0, 0.25 * 2**attempt))

    async def checkpoint(self) -> None:
        """Write down how far the calls have come, so that a crash does not hide what was used."""
        going = [call for call in self._open if call.output_chars]
        if not going:
            return
        async with self._runtime.database.quick_house() as house:
            await usage.checkpoint(
                house,
                [
                    (call.actor.workspace_id, call.call_id, usage.estimate_tokens(call.output_chars))
                    for call in going
                ],
            )


def prompt_tokens(request: ModelRequest) -> int:
    """An estimate of a prompt's tokens, for calls that end before the provider counts."""
    return usage.estimate_tokens(sum(len(message.text) + 4 for message in request.messages))


def outcome_of(error: BaseException | None) -> str:
    """How the ledger calls an end."""
    if error is None:
        return "completed"
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "cancelled"
    return "failed" if isinstance(error, Refusal) else "interrupted"


def _measure(call: Call, counted: Usage, status: str, first: float | None, ended: float) -> None:
    provider = call.resolved.endpoint.provider
    MODEL_CALLS.labels(provider, status).inc()
    INPUT_TOKENS.labels(provider).inc(counted.input_tokens)
    OUTPUT_TOKENS.labels(provider).inc(counted.output_tokens)
    if first is not None and call.first_token_at is not None:
        FIRST_TOKEN_SECONDS.labels(provider).observe(first)
        if ended > call.first_token_at and counted.output_tokens:
            TOKENS_PER_SECOND.labels(provider).observe(counted.output_tokens / (ended - call.first_token_at))
