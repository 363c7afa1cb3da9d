"""Prices: what a model call costs, from `genai-prices` (offline data, kept up by its maintainers) or a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from steward.providers.events import Usage

_MILLION: Final = Decimal(1_000_000)
_STEP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Price:
    """A workspace's own price of a model, in US dollars per million tokens."""

    input_usd: Decimal
    output_usd: Decimal
    cached_usd: Decimal | None = None
    cache_write_usd: Decimal | None = None

    def cost(self, usage: Usage) -> Decimal:
        """What these tokens cost; what was cached costs like any input when it has no price of its own."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        written = min(usage.cache_write_tokens, usage.input_tokens - cached)
        fresh = usage.input_tokens - cached - written
        of_cached = self.input_usd if self.cached_usd is None else self.cached_usd
        of_written = self.input_usd if self.cache_write_usd is None else self.cache_write_usd
        total = (
            fresh * self.input_usd
            + cached * of_cached
            + written * of_written
            + usage.output_tokens * self.output_usd
        )
        return total / _MILLION


@dataclass(frozen=True, slots=True)
class Pricing:
    """How the calls of one model are priced. `own` is the workspace's price, which comes before the data's."""

    provider: str
    model: str
    own: Price | None = None
    is_free: bool = False

    @property
    def source(self) -> str:
        """Where the price comes from, for the ledger."""
        return "workspace" if self.own else "free" if self.is_free else "genai-prices"

    def cost(self, usage: Usage, at: datetime | None = None) -> Decimal | None:
        """The price of a call in US dollars, or None when the price of the model is not known.

        Args:
            usage: of the call.
            at: when the call was made; prices have dates.
        """
        if self.own is not None:
            return self.own.cost(usage)
        if self.is_free:
            return Decimal(0)
        return cost_usd(self.provider, self.model, usage, at)

    def output_token_usd(self, input_tokens: int, at: datetime | None = None) -> Decimal | None:
        """The price of one more token of an answer to a prompt of this length."""
        without = self.cost(Usage(input_tokens, 0), at)
        with_step = self.cost(Usage(input_tokens, _STEP), at)
        return None if without is None or with_step is None else (with_step - without) / _STEP


def cost_usd(provider: str, model: str, usage: Usage, at: datetime | None = None) -> Decimal | None:
    """The price of a call by the data, in US dollars, or None when the price of the model is not known."""
    # Some hosts count what was cached beside what was read, not as a part of it.
    cached = min(usage.cached_tokens, usage.input_tokens)
    priced = PricedUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=cached or None,
        cache_write_tokens=min(usage.cache_write_tokens, usage.input_tokens - cached) or None,
    )
    try:
        return calc_price(priced, model, provider_id=provider, genai_request_timestamp=at).total_price
    except LookupError:
        return None


def context_tokens(provider: str, model: str) -> int | None:
    """How many tokens a model reads at most, by the data; None when it is not known."""
    try:
        found = calc_price(PricedUsage(input_tokens=1), model, provider_id=provider)
    except LookupError:
        return None
    return found.model.context_window


def warm_up() -> None:
    """Load the price data now, in a thread, instead of within the first turn."""
    cost_usd("openai", "gpt-4o-mini", Usage(1, 1))
