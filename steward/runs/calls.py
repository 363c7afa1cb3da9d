"""Model calls: the one core path from a prompt to events, with a line in the ledger for every call upstream."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import aiohttp
import structlog

from steward.kernel.errors import Refusal, Unavailable
from steward.kernel.runtime import Runtime
from steward.kernel.work import Transaction
from steward.providers import service as providers
from steward.providers import tokens
from steward.providers.errors import LLMError
from steward.providers.events import Usage
from steward.providers.health import Health
from steward.providers.service import Models, Resolved
from steward.providers.wire import ModelRequest
from steward.runs import attachments
from steward.runs.lines import (
    LEAST_TOKENS,
    Call,
    Line,
    Plan,
    Said,
    beyond,
    ending_of,
    input_tokens,
    measure,
    metadata_of,
)
from steward.runs.retries import Again, how_to_go_on, notice_of
from steward.usage import budgets
from steward.usage import service as usage
from steward.usage.budgets import Amount, Hold
from steward.usage.service import CallOpening, Settlement

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_UNSAID_TOKENS: Final = 16_384
"""Most tokens of an answer under a budget, when the request does not say."""
_SETTLE_SECONDS: Final = 3.0
_UNASKED_SECONDS: Final = 60.0
"""A call that nobody made so long after its line was opened has lost its reader."""


class Calls:
    """The model calls of this process."""

    def __init__(self, runtime: Runtime, http: aiohttp.ClientSession) -> None:
        self._runtime = runtime
        self._http = http
        self._under_way: dict[Line, str] = {}
        self._unasked: dict[Line, Call] = {}
        self._settling: set[asyncio.Task[None]] = set()
        self._health = Health(runtime.settings.upstream)

    async def begin(self, work: Transaction, plan: Plan, accepted_at: float) -> Call:
        """Open the ledger's line for a call; committed with the work, before anything goes upstream.

        Raises:
            BudgetExhausted, PriceUnknown: a budget does not allow the call.
        """
        line = await self._open_line(work, plan, plan.request, at=0, attempt=1)
        call = Call(work.actor, plan, plan.request, accepted_at, line)
        self._unasked[line] = call
        return call

    async def renewed(self, work: Transaction, chain: Sequence[Resolved]) -> list[Resolved]:
        """The models of a turn under way with the keys of now: one may have been changed meanwhile."""
        models = await providers.models_of(work, self._runtime.settings)
        return [_with_key_of_now(models, known) for known in chain]

    async def stream(self, call: Call) -> AsyncGenerator[list[Said]]:
        """Get an answer: tried again, and then asked of the next model, while nobody has seen a word of it.

        The last line in the ledger must be settled by whoever began the call.

        Raises:
            LLMError: nobody answered, or the answer broke off.
            BudgetExhausted: another try was not allowed.
        """
        while True:
            try:
                async with aclosing(self._speak(call)) as batches:
                    async for batch in batches:
                        yield batch
            except LLMError as error:
                again = how_to_go_on(self._runtime.settings.upstream, call, error)
                if again is None:
                    raise worded(error, call.plan.messages) from None
                before = call.resolved.full_name
                await self._go_on(call, again)
                notice = notice_of(again, before, call)
                if notice is not None:
                    yield [notice]
            else:
                return

    async def _speak(self, call: Call) -> AsyncGenerator[list[Said]]:
        """One call upstream."""
        line = call.line
        endpoint = line.resolved.endpoint
        takes_images = line.resolved.takes_images
        request = await attachments.for_model(call.actor, line.request, takes_images=takes_images)
        line.started_at = time.perf_counter()
        self._unasked.pop(line, None)
        self._under_way[line] = call.actor.workspace_id
        try:
            async with self._health.call(endpoint):
                line.was_sent = True
                events = line.resolved.wire.stream(
                    self._http, endpoint, request, self._runtime.settings.limits
                )
                async with aclosing(events) as batches:
                    async for batch in batches:
                        had_spoken = line.has_spoken
                        line.take(batch)
                        if line.has_spoken and not had_spoken:
                            self._health.succeeded(endpoint)
                        if line.finish is not None and line.usage is None:
                            batch = [event for event in batch if not isinstance(event, Usage)]
                        yield batch  # pyright: ignore[reportReturnType]  # a list of events is one of events and notices
                        if line.is_over():
                            break
            self._health.succeeded(endpoint)
            ending = ending_of(line)
            if ending:
                yield ending
        except BaseException as error:
            line.error = error
            if not line.has_spoken:
                self._health.failed(endpoint, error)
            if isinstance(error, LLMError):
                _log_failure(call, error)
            raise
        finally:
            self._under_way.pop(line, None)

    async def _go_on(self, call: Call, again: Again) -> None:
        """Settle the line that failed, wait, and open the next."""
        database = self._runtime.database
        await call.line.counted()
        async with database.transaction(call.actor) as work:
            await self.settle(work, call, "failed")
        await asyncio.sleep(again.wait_seconds)
        # A line that is committed while its reader leaves would be known to nobody, and stay open.
        await _to_its_end(self._open_next(call, again))

    async def _open_next(self, call: Call, again: Again) -> None:
        request = again.request or call.request
        at = call.at + again.next_model
        async with self._runtime.database.transaction(call.actor) as work:
            call.plan = replace(call.plan, chain=await self.renewed(work, call.plan.chain))
            line = await self._open_line(work, call.plan, request, at=at, attempt=call.attempt + 1)
        call.line, call.request, call.at = line, request, at
        call.attempt += 1
        call.tries = call.tries + 1 if not (again.next_model or again.request) else 1
        call.compactions += again.request is not None

    async def _open_line(
        self, work: Transaction, plan: Plan, request: ModelRequest, *, at: int, attempt: int
    ) -> Line:
        resolved = plan.chain[at]
        if plan.may_lack_tools and not resolved.takes_tools:
            request = replace(request, tools=[])
        now = self._runtime.now()
        hold = Hold()
        wish = request.max_tokens
        limit = None if wish is None else beyond(wish)
        counted: int | None = None
        if await budgets.apply(work, plan.agent_id):
            wish = _UNSAID_TOKENS if wish is None else wish
            counted = await input_tokens(request)
            hold, limit = await self._hold(work, plan.agent_id, resolved, counted, wish, now)
            request = replace(request, max_tokens=min(limit, wish))
        opening = CallOpening(
            provider=resolved.endpoint.provider,
            model=resolved.endpoint.model,
            process_id=self._runtime.process_id,
            input_tokens=tokens.rough(len(tokens.prompt_text(request))) if counted is None else counted,
            purpose=plan.purpose,
            thread_id=plan.thread_id,
            run_id=plan.run_id,
            message_id=plan.message_id,
            agent_id=plan.agent_id,
            attempt=attempt,
        )
        call_id = await usage.open_call(work, opening, hold)
        is_short = bool(hold.entries) and limit is not None and limit < (wish or 0)
        return Line(call_id, resolved, now, request, limit, is_short, counted)

    async def _hold(
        self,
        work: Transaction,
        agent_id: str | None,
        resolved: Resolved,
        counted: int,
        wish: int,
        now: datetime,
    ) -> tuple[Hold, int]:
        """Hold a share of the budgets for a call, and how many tokens of an answer it pays for."""
        pricing = resolved.pricing
        longest, least = beyond(wish), min(wish, LEAST_TOKENS)
        most_usd = pricing.cost(Usage(counted, longest), now)
        least_usd = pricing.cost(Usage(counted, least), now)
        hold = await budgets.hold(
            work, agent_id, Amount(most_usd, counted + longest), Amount(least_usd, counted + least), now
        )
        lengths = [longest]
        if hold.usd is not None and most_usd is not None and hold.usd < most_usd:
            each = pricing.output_token_usd(counted, now)
            prompt = pricing.cost(Usage(counted, 0), now)
            if each and prompt is not None:
                lengths.append(int((hold.usd - prompt) / each))
        if hold.tokens is not None:
            lengths.append(hold.tokens - counted)
        return hold, max(1, min(lengths))

    async def settle(self, work: Transaction, call: Call, status: str) -> Usage:
        """Settle the line under way: the provider's count, or ours when it sent none."""
        line = call.line
        self._unasked.pop(line, None)
        counted = await line.counted()
        ended = time.perf_counter()
        first = None if line.first_token_at is None else line.first_token_at - call.accepted_at
        cost = usage.round_usd(line.resolved.pricing.cost(counted, line.opened_at))
        alerts = await usage.settle_call(
            work,
            line.call_id,
            Settlement(
                status=status,
                finish_reason=line.finish.reason if line.finish else None,
                input_tokens=counted.input_tokens,
                output_tokens=counted.output_tokens,
                cached_tokens=counted.cached_tokens,
                cache_write_tokens=counted.cache_write_tokens,
                reasoning_tokens=counted.reasoning_tokens,
                estimated=counted.estimated,
                cost_usd=cost,
                first_token_ms=None if first is None else round(first * 1000),
                duration_ms=round((ended - line.started_at) * 1000),
                metadata=metadata_of(line),
            ),
        )
        if not line.settled:
            line.settled = True
            call.alerts += [alert.sentence for alert in alerts]
            if cost is not None:
                call.cost_usd = (call.cost_usd or Decimal(0)) + cost
            measure(line, counted, cost, status, first, ended)
        return counted

    async def settle_surely(self, call: Call, status: str) -> None:
        """Settle in a transaction of its own; tries again while the database is away."""
        # Counting may take a thread: not while a transaction is open.
        await call.line.counted()
        for attempt in range(8):
            try:
                async with self._runtime.database.transaction(call.actor) as work:
                    await self.settle(work, call, status)
                return
            except Unavailable as error:
                log.warning(
                    "usage_not_stored", call_id=call.line.call_id, attempt=attempt, error=error.detail
                )
                await asyncio.sleep(min(5.0, 0.25 * 2**attempt))

    def settle_beside(self, call: Call, status: str) -> asyncio.Task[None]:
        """Settle in a task of its own: a reader that goes must not take the bill with it."""
        settling = asyncio.ensure_future(self.settle_surely(call, status))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)
        return settling

    async def wait_until_settled(self) -> None:
        """Give those that are being settled a moment, before the database goes."""
        if self._settling:
            await asyncio.wait(self._settling, timeout=_SETTLE_SECONDS)

    async def _settle_unasked(self) -> None:
        """Settle calls whose reader left before the first step: nobody else knows of their lines."""
        latest = time.perf_counter() - _UNASKED_SECONDS
        for line, call in list(self._unasked.items()):
            if line.started_at <= latest:
                await self.settle_surely(call, "cancelled")

    async def checkpoint(self) -> None:
        """Write down how far the calls have come, so that a crash does not hide what was used."""
        await self._settle_unasked()
        going = [(workspace_id, line) for line, workspace_id in self._under_way.items() if line.pieces]
        if not going:
            return
        # In a thread, and only what is new: a long answer is not counted again every second.
        said = [line.take_fresh() for _, line in going]
        asked = [line.uncounted_prompt() for _, line in going]
        counts = await asyncio.to_thread(tokens.count_all, [*said, *asked])
        so_far: list[tuple[str, str, int, int]] = []
        for at, (workspace_id, line) in enumerate(going):
            prompt = line.counted_prompt(counts[len(going) + at])
            so_far.append((workspace_id, line.call_id, prompt, line.counted_fresh(counts[at])))
        async with self._runtime.database.quick_house() as house:
            await usage.checkpoint(house, so_far)


def worded(error: Refusal, messages: Mapping[str, str]) -> Refusal:
    """The error with the workspace's own sentence for people, when it has one."""
    if error.tag in messages:
        error.detail, error.is_own = messages[error.tag], True
    return error


def outcome_of(error: BaseException | None) -> str:
    """How the ledger calls an end."""
    if error is None:
        return "completed"
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "cancelled"
    return "failed" if isinstance(error, Refusal) else "interrupted"


def _with_key_of_now(models: Models, known: Resolved) -> Resolved:
    with contextlib.suppress(Refusal):
        found = models.resolve(known.full_name)
        if (found.full_name, found.endpoint.base_url) == (known.full_name, known.endpoint.base_url):
            return replace(known, endpoint=replace(known.endpoint, key=found.endpoint.key))
    # It can no longer be chosen; what began with it may end with it.
    return known


async def _to_its_end(step: Coroutine[Any, Any, None]) -> None:
    """Await a step that is done whole, also when whoever waits for it is cancelled meanwhile."""
    task = asyncio.ensure_future(step)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _log_failure(call: Call, error: LLMError) -> None:
    log.warning(
        "model_call_failed",
        provider=error.provider,
        model=error.model,
        tag=error.tag,
        cause=error.cause,
        attempt=call.attempt,
        run_id=call.plan.run_id,
    )
