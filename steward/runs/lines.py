"""Lines: one call upstream as it is booked, what came of it, and our own count of it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from steward.kernel.errors import Refusal
from steward.kernel.telemetry import (
    COST_USD,
    FIRST_TOKEN_SECONDS,
    INPUT_TOKENS,
    MODEL_CALLS,
    OUTPUT_TOKENS,
    TOKENS_PER_SECOND,
)
from steward.kernel.work import Actor
from steward.providers import tokens
from steward.providers.errors import ProviderBrokeOff, ProviderTimeout
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
from steward.providers.service import Resolved
from steward.providers.wire import ModelRequest
from steward.runs.events import Notice

Said = ProviderEvent | Notice
"""What a call tells its reader: the model's words, and what the house has to say about them."""

LEAST_TOKENS: Final = 16
"""An answer shorter than this is not worth a call."""
_SLACK: Final = 1.5
"""How far our own count may go beyond a request's limit before an answer is cut: tokenizers differ."""
_MAYBE_BILLED: Final = (ProviderTimeout, ProviderBrokeOff)


@dataclass(frozen=True, slots=True)
class Plan:
    """A call before it is made: who may answer, what is asked, on whom it is booked.

    Attributes:
        chain: the model, and those that answer when it cannot.
        overflow: what is done when the prompt is too long for the model.
        messages: the workspace's own words for errors, by tag.
        may_lack_tools: a model that takes no tools answers without them.
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
    may_lack_tools: bool = False


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
        if not self.resolved.endpoint.base_url:
            # Nothing goes upstream: the built-in answerer uses none.
            return True
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

    def uncounted_prompt(self) -> str:
        """The prompt's text while it was not counted yet; then nothing."""
        return tokens.prompt_text(self.request) if self.prompt_tokens is None else ""

    def counted_prompt(self, count: int) -> int:
        """Take the count of what `uncounted_prompt` gave; the prompt's tokens."""
        if self.prompt_tokens is None:
            self.prompt_tokens = tokens.fixed_tokens(self.request) + count
        return self.prompt_tokens

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


async def input_tokens(request: ModelRequest) -> int:
    """Our count of a prompt, for calls that end before the provider counts."""
    return tokens.fixed_tokens(request) + await tokens.count_beside(tokens.prompt_text(request))


def beyond(wish: int) -> int:
    """Our own count at which an answer is surely longer than it was to be."""
    return math.ceil(wish * _SLACK) + LEAST_TOKENS


def ending_of(line: Line) -> list[Said]:
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


def metadata_of(line: Line) -> dict[str, object]:
    """What the ledger keeps beside the counts: where the price came from, the tools, the error."""
    metadata: dict[str, object] = {"price": line.resolved.pricing.source}
    if line.tools:
        metadata["tools"] = line.tools
    if isinstance(line.error, Refusal):
        metadata["error"] = line.error.tag
    return metadata


def measure(
    line: Line, counted: Usage, cost: Decimal | None, status: str, first: float | None, ended: float
) -> None:
    """Count a settled line in the metrics."""
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
