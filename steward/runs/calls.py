"""Model calls: the one core path from a prompt to events, with a line in the ledger for every call upstream."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import aiohttp
import structlog

from steward.kernel.errors import Refusal, Unavailable
from steward.kernel.runtime import Runtime
from steward.kernel.telemetry import (
    COST_USD,
    FIRST_TOKEN_SECONDS,
    INPUT_TOKENS,
    MODEL_CALLS,
    OUTPUT_TOKENS,
    TOKENS_PER_SECOND,
)
from steward.kernel.work import Actor, Transaction
from steward.providers import service as providers
from steward.providers import tokens
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
from steward.providers.events import (
    Finish,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.health import Health
from steward.providers.service import Models, Resolved
from steward.providers.wire import ModelRequest
from steward.runs.events import Notice
from steward.usage import budgets
from steward.usage import service as usage
from steward.usage.budgets import Amount, Hold
from steward.usage.service import CallOpening, Settlement

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

Said = ProviderEvent | Notice
"""What a call tells its reader: the model's words, and what the house has to say about them."""

_UNSAID_TOKENS: Final = 16_384
"""Most tokens of an answer under a budget, when the request does not say."""
_LEAST_TOKENS: Final = 16
"""An answer shorter than this is not worth a call."""
_SLACK: Final = 1.5
"""How far our own count may go beyond a request's limit before an answer is cut: tokenizers differ."""
_RETRIED: Final = (ProviderUnavailable, ProviderRateLimited, ProviderBrokeOff)
_HANDED_ON: Final = (*_RETRIED, ProviderTimeout, ProviderQuotaExhausted, ProviderKeyRefused)
_MAYBE_BILLED: Final = (ProviderTimeout, ProviderBrokeOff)
_COMPACTIONS: Final = 4
_SETTLE_SECONDS: Final = 3.0
_UNASKED_SECONDS: Final = 60.0
"""A call that nobody made so long after its line was opened has lost its reader."""
_JITTER: Final = 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """A call before it is made: who may answer, what is asked, on whom it is booked.

    Attributes:
        chain: the model, and those that answer when it cannot.
        overflow: what is done when the prompt is too long for the model.
        messages: the workspace's own words for errors, by tag.
    """

    chain: Sequence[Resolved]
    request: ModelRequest
    purpose: str = "chat"
    agent_id: str | None = None
    thread_id: str | None = None
    run_id: str | None = None
    message_id: str | None = None
    overflow: Literal["compact", "refuse"] = "refuse"
    messages: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True, eq=False)
class Line:
    """One call upstream, as it is booked, and what came of it.

    Attributes:
        limit_tokens: our own count at which the answer is cut; None when nothing limits it.
        was_sent: whether a request may have left.
        is_short: a budget pays for less than was asked for.
        prompt_tokens: our count of the prompt, once it was made.
    """

    call_id: str
    resolved: Resolved
    opened_at: datetime
    request: ModelRequest
    limit_tokens: float | None
    is_short: bool = False
    prompt_tokens: int | None = None
    was_sent: bool = False
    started_at: float = field(default_factory=time.perf_counter)
    first_token_at: float | None = None
    has_spoken: bool = False
    output_chars: int = 0
    pieces: list[str] = field(default_factory=list[str])
    usage: Usage | None = None
    finish: Finish | None = None
    error: BaseException | None = None
    tools: list[str] = field(default_factory=list[str])
    settled: bool = False
    _in_pieces: set[str] = field(default_factory=set[str])
    """The tool calls whose input was counted while it came."""
    _counted: Usage | None = None
    _tokens_so_far: int = 0
    _pieces_counted: int = 0
    _check_at: float = math.inf

    def __post_init__(self) -> None:
        if self.limit_tokens is not None:
            self._check_at = max(1.0, self.limit_tokens / 2)

    def take(self, batch: list[ProviderEvent]) -> None:
        """Remember what counts of a batch. Runs for every token: nothing slow here."""
        for event in batch:
            if isinstance(event, TextDelta | ReasoningDelta):
                self.output_chars += len(event.text)
                self.pieces.append(event.text)
                self.has_spoken = True
            elif isinstance(event, ToolInputDelta):
                self.output_chars += len(event.text)
                self.pieces.append(event.text)
                self._in_pieces.add(event.call_id)
            elif isinstance(event, ToolCall):
                if event.call_id not in self._in_pieces:
                    self.output_chars += len(event.raw_input)
                    self.pieces.append(event.raw_input)
            elif isinstance(event, ToolCallStart):
                self.tools.append(event.name)
                self.has_spoken = True
            elif isinstance(event, Usage):
                self.usage = event if self._is_believable(event) else None
            elif isinstance(event, Finish):
                self.finish = event
        if self.first_token_at is None and self.output_chars:
            self.first_token_at = time.perf_counter()

    def _is_believable(self, told: Usage) -> bool:
        """Some hosts write zeros where they did not count: no prompt is without tokens, and no word."""
        return told.input_tokens > 0 and (told.output_tokens > 0 or not self.output_chars)

    def is_over(self) -> bool:
        """Whether the answer is as long as it may be. Counts with the tokenizer only when it could be."""
        if self.output_chars < self._check_at or self.finish is not None:
            return False
        assert self.limit_tokens is not None
        left = self.limit_tokens - self.count_so_far()
        # A token has a letter at least; half the way, because some scripts have more tokens than letters.
        self._check_at = self.output_chars + max(1.0, left / 2)
        return left <= 0

    def count_so_far(self) -> int:
        """Our count of what came, at most one token too high for each time it was asked."""
        return self.counted_fresh(tokens.count(self.take_fresh()))

    def take_fresh(self) -> str:
        """What came since it was last asked, to be counted once."""
        fresh = self.pieces[self._pieces_counted :]
        self._pieces_counted += len(fresh)
        return "".join(fresh)

    def counted_fresh(self, count: int) -> int:
        """Add the count of what `take_fresh` gave; all that was counted so far."""
        self._tokens_so_far += count
        return self._tokens_so_far

    async def counted(self) -> Usage:
        """The provider's own count; else ours, marked as an estimate; nothing when it refused without a word."""
        if self._counted is None:
            self._counted = self.usage or await self._estimate()
        return self._counted

    async def _estimate(self) -> Usage:
        was_refused = isinstance(self.error, Refusal) and not isinstance(self.error, _MAYBE_BILLED)
        if not self.was_sent or (was_refused and not self.has_spoken):
            return Usage(0, 0)
        output = await tokens.count_beside("".join(self.pieces))
        return Usage(await self.count_prompt(), output, estimated=True)

    async def count_prompt(self) -> int:
        """Our count of the prompt, made once."""
        if self.prompt_tokens is None:
            self.prompt_tokens = await input_tokens(self.request)
        return self.prompt_tokens


@dataclass(slots=True, eq=False)
class Call:
    """A model call as its reader sees it: one answer, whatever it takes to get it.

    Attributes:
        line: the call upstream that is under way, or was the last.
        at: who of the chain answers.
        attempt: how many calls went upstream.
        tries: how many of them went to this model.
        cost_usd: of the settled ones; None while no price was known.
        alerts: sentences on budgets that were reached.
    """

    actor: Actor
    plan: Plan
    request: ModelRequest
    accepted_at: float
    line: Line
    at: int = 0
    attempt: int = 1
    tries: int = 1
    compactions: int = 0
    cost_usd: Decimal | None = None
    alerts: list[str] = field(default_factory=list[str])

    @property
    def resolved(self) -> Resolved:
        """Who answers."""
        return self.line.resolved

    @property
    def finish(self) -> Finish | None:
        """Why the model stopped, once it has."""
        return self.line.finish


@dataclass(frozen=True, slots=True)
class _Again:
    """How a failed call goes on."""

    wait_seconds: float = 0.0
    next_model: bool = False
    request: ModelRequest | None = None


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
                again = self._how_to_go_on(call, error)
                if again is None:
                    raise worded(error, call.plan.messages) from None
                before = call.resolved.full_name
                await self._go_on(call, again)
                notice = _notice_of(again, before, call)
                if notice is not None:
                    yield [notice]
            else:
                return

    async def _speak(self, call: Call) -> AsyncGenerator[list[Said]]:
        """One call upstream."""
        line = call.line
        endpoint = line.resolved.endpoint
        line.started_at = time.perf_counter()
        self._unasked.pop(line, None)
        self._under_way[line] = call.actor.workspace_id
        try:
            async with self._health.call(endpoint):
                line.was_sent = True
                events = line.resolved.wire.stream(
                    self._http, endpoint, line.request, self._runtime.settings.limits
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
            ending = _ending(line)
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

    def _how_to_go_on(self, call: Call, error: LLMError) -> _Again | None:
        if call.line.has_spoken:
            return None
        if isinstance(error, ContextTooLong) and call.plan.overflow == "compact":
            shorter = compacted(call.request) if call.compactions < _COMPACTIONS else None
            return None if shorter is None else _Again(request=shorter)
        upstream = self._runtime.settings.upstream
        wait = backoff_seconds(upstream.retry_seconds, call.tries, random.random())  # noqa: S311  # spreads load, hides nothing
        wait = wait if error.retry_after_seconds is None else error.retry_after_seconds
        is_patient = call.tries <= upstream.retries and wait <= upstream.patience_seconds
        if isinstance(error, _RETRIED) and is_patient:
            return _Again(wait_seconds=wait)
        if isinstance(error, _HANDED_ON) and call.at + 1 < len(call.plan.chain):
            return _Again(next_model=True)
        return None

    async def _go_on(self, call: Call, again: _Again) -> None:
        """Settle the line that failed, wait, and open the next."""
        database = self._runtime.database
        await call.line.counted()
        async with database.transaction(call.actor) as work:
            await self.settle(work, call, "failed")
        await asyncio.sleep(again.wait_seconds)
        # A line that is committed while its reader leaves would be known to nobody, and stay open.
        await _to_its_end(self._open_next(call, again))

    async def _open_next(self, call: Call, again: _Again) -> None:
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
        now = self._runtime.now()
        hold = Hold()
        wish = request.max_tokens
        limit = None if wish is None else _beyond(wish)
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
        longest, least = _beyond(wish), min(wish, _LEAST_TOKENS)
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
                metadata=_metadata(line),
            ),
        )
        if not line.settled:
            line.settled = True
            call.alerts += [alert.sentence for alert in alerts]
            if cost is not None:
                call.cost_usd = (call.cost_usd or Decimal(0)) + cost
            _measure(line, counted, cost, status, first, ended)
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
        texts = [line.take_fresh() for _, line in going]
        fresh = await asyncio.to_thread(lambda: [tokens.count(text) for text in texts])
        counts = [line.counted_fresh(count) for (_, line), count in zip(going, fresh, strict=True)]
        so_far = [
            (workspace_id, line.call_id, await line.count_prompt(), count)
            for (workspace_id, line), count in zip(going, counts, strict=True)
        ]
        async with self._runtime.database.quick_house() as house:
            await usage.checkpoint(house, so_far)


async def input_tokens(request: ModelRequest) -> int:
    """Our count of a prompt, for calls that end before the provider counts."""
    return tokens.fixed_tokens(request) + await tokens.count_beside(tokens.prompt_text(request))


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


def worded(error: Refusal, messages: Mapping[str, str]) -> Refusal:
    """The error with the workspace's own sentence for people, when it has one."""
    error.detail = messages.get(error.tag, error.detail)
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


def _beyond(wish: int) -> int:
    """Our own count at which an answer is surely longer than it was to be."""
    return math.ceil(wish * _SLACK) + _LEAST_TOKENS


def _ending(line: Line) -> list[Said]:
    """What is said at the end of a call beside what the model said: that it was cut, and why."""
    ending: list[Said] = []
    was_cut = line.finish is None
    if line.finish is None:
        line.finish = Finish("length")
    if line.finish.reason == "length" and line.is_short:
        ending.append(
            Notice(
                "budget_reached", "The answer ends here: what is left of the budget pays for no more of it."
            )
        )
    if was_cut:
        ending.append(line.finish)
    return ending


def _notice_of(again: _Again, before: str, call: Call) -> Notice | None:
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


def _metadata(line: Line) -> dict[str, object]:
    metadata: dict[str, object] = {"price": line.resolved.pricing.source}
    if line.tools:
        metadata["tools"] = line.tools
    if isinstance(line.error, Refusal):
        metadata["error"] = line.error.tag
    return metadata


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


def _measure(
    line: Line, counted: Usage, cost: Decimal | None, status: str, first: float | None, ended: float
) -> None:
    provider = line.resolved.endpoint.provider
    MODEL_CALLS.labels(provider, status).inc()
    INPUT_TOKENS.labels(provider).inc(counted.input_tokens)
    OUTPUT_TOKENS.labels(provider).inc(counted.output_tokens)
    if cost is not None:
        COST_USD.labels(provider).inc(float(cost))
    if first is not None and line.first_token_at is not None:
        FIRST_TOKEN_SECONDS.labels(provider).observe(first)
        if ended > line.first_token_at and counted.output_tokens:
            TOKENS_PER_SECOND.labels(provider).observe(counted.output_tokens / (ended - line.first_token_at))
