from __future__ import annotations

from decimal import Decimal

import pytest

from steward.providers.events import Usage
from steward.providers.prices import cost_usd

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
