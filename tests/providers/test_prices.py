from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from steward.providers.events import Usage
from steward.providers.prices import Price, Pricing, context_tokens, cost_usd

MILLION = 1_000_000


def test_prices_what_went_in_and_what_came_out() -> None:
    assert cost_usd("openai", "gpt-4o-mini", Usage(MILLION, 0)) == Decimal("0.15")
    assert cost_usd("openai", "gpt-4o-mini", Usage(0, MILLION)) == Decimal("0.6")
    assert cost_usd("openai", "gpt-4o-mini", Usage(MILLION, MILLION)) == Decimal("0.75")
    assert cost_usd("openai", "gpt-4o-mini", Usage(0, 0)) == 0


def test_what_was_cached_costs_less() -> None:
    assert cost_usd("openai", "gpt-4o-mini", Usage(MILLION, 0, cached_tokens=MILLION)) == Decimal("0.075")


@pytest.mark.parametrize(
    ("provider", "model"),
    [("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-flash"), ("mistral", "mistral-large-latest")],
)
def test_knows_the_models_of_other_providers(provider: str, model: str) -> None:
    cost = cost_usd(provider, model, Usage(1000, 1000))
    assert cost is not None
    assert cost > 0


def test_what_is_not_known_has_no_price() -> None:
    assert cost_usd("openai", "a-model-of-tomorrow", Usage(9, 9)) is None
    assert cost_usd("steward", "librarian", Usage(9, 9)) is None
    assert cost_usd("ollama", "llama3.2", Usage(9, 9)) is None


def test_what_was_cached_never_costs_more_than_what_was_read() -> None:
    """Some hosts count what was cached beside what was read."""
    assert cost_usd("openai", "gpt-4o-mini", Usage(MILLION, 0, cached_tokens=9 * MILLION)) == Decimal("0.075")


@pytest.mark.req("USE-05")
def test_what_is_written_to_the_cache_has_its_own_price() -> None:
    plain = cost_usd("anthropic", "claude-sonnet-4-5", Usage(MILLION, 0))
    written = cost_usd("anthropic", "claude-sonnet-4-5", Usage(MILLION, 0, cache_write_tokens=MILLION))
    assert plain is not None
    assert written is not None
    assert written > plain


def test_prices_have_dates() -> None:
    usage = Usage(MILLION, 0)
    old = cost_usd("openai", "o3", usage, datetime(2025, 5, 1, tzinfo=UTC))
    new = cost_usd("openai", "o3", usage, datetime(2026, 5, 1, tzinfo=UTC))
    assert (old, new) == (Decimal(10), Decimal(2))


@pytest.mark.req("USE-05")
def test_a_price_of_ones_own_counts_first() -> None:
    price = Price(Decimal(1), Decimal(4), Decimal("0.1"), Decimal(2))
    pricing = Pricing("openai", "gpt-4o-mini", price)
    used = Usage(MILLION, MILLION, cached_tokens=500_000, cache_write_tokens=100_000)
    assert pricing.cost(used) == Decimal("0.4") + Decimal("0.05") + Decimal("0.2") + Decimal(4)
    # However the host counts what was cached.
    assert pricing.cost(Usage(10, 0, cached_tokens=99, cache_write_tokens=99)) == Decimal("0.000001")
    assert pricing.output_token_usd(0) == Decimal("0.000004")


def test_one_more_token_of_an_answer_has_a_price() -> None:
    assert Pricing("openai", "gpt-4o-mini").output_token_usd(100) == Decimal("0.0000006")
    assert Pricing("openai", "a-model-of-tomorrow").output_token_usd(100) is None
    assert Pricing("x", "y", is_free=True).output_token_usd(100) == 0


def test_knows_how_much_a_model_reads() -> None:
    assert context_tokens("openai", "gpt-4o-mini") == 128_000
    assert context_tokens("openai", "a-model-of-tomorrow") is None
