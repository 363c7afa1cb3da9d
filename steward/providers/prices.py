"""Prices: what a model call costs, from `genai-prices` (offline data, kept up by its maintainers)."""

from __future__ import annotations

from decimal import Decimal

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from steward.providers.events import Usage


def cost_usd(provider: str, model: str, usage: Usage) -> Decimal | None:
    """The price of a call in US dollars, or None when the price of the model is not known."""
    priced = PricedUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        # Some hosts count what was cached beside what was read, not as a part of it.
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens) or None,
    )
    try:
        return calc_price(priced, model, provider_id=provider).total_price
    except LookupError:
        return None


def warm_up() -> None:
    """Load the price data now, in a thread, instead of within the first turn."""
    cost_usd("openai", "gpt-4o-mini", Usage(1, 1))
