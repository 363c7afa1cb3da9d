from __future__ import annotations

import asyncio

import pytest

from steward.kernel.settings import Upstream
from steward.providers.errors import (
    ContextTooLong,
    LLMError,
    ProviderKeyRefused,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
)
from steward.providers.health import Health
from steward.providers.wire import Endpoint

HERE = Endpoint("openai", "gpt-4o", "http://x", None)
THERE = Endpoint("openai", "gpt-4", "http://x", None)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def broken(endpoint: Endpoint = HERE) -> LLMError:
    return ProviderUnavailable(endpoint.model, endpoint.provider)


async def test_a_provider_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    clock = Clock()
    health = Health(Upstream(breaker_failures=3, breaker_seconds=30), clock)
    for _ in range(3):
        async with health.call(HERE):
            health.failed(HERE, broken())
    with pytest.raises(ProviderUnavailable) as refused:
        async with health.call(HERE):
            raise AssertionError("it was called")
    assert refused.value.retry_after_seconds == 30
    # Its neighbour is not punished for it.
    async with health.call(THERE):
        pass
    clock.now += 31
    async with health.call(HERE):
        # One call tries; the others wait for what comes of it.
        with pytest.raises(ProviderUnavailable):
            async with health.call(HERE):
                pass
        health.failed(HERE, broken())
    with pytest.raises(ProviderUnavailable):
        async with health.call(HERE):
            pass
    clock.now += 31
    async with health.call(HERE):
        health.succeeded(HERE)
    for _ in range(2):
        async with health.call(HERE):
            health.failed(HERE, broken())
    async with health.call(HERE):
        pass


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (ProviderUnavailable("m", "p"), True),
        (ProviderTimeout("m", "p"), True),
        (ProviderRateLimited("m", "p"), False),
        (ProviderKeyRefused("m", "p"), False),
        (ContextTooLong("m", "p"), False),
        (asyncio.CancelledError(), False),
    ],
)
async def test_only_the_providers_own_faults_count(error: BaseException, counts: bool) -> None:
    health = Health(Upstream(breaker_failures=1))
    async with health.call(HERE):
        health.failed(HERE, error)
    if counts:
        with pytest.raises(ProviderUnavailable):
            async with health.call(HERE):
                pass
    else:
        async with health.call(HERE):
            pass


async def test_a_probe_that_was_stopped_lets_the_next_one_try() -> None:
    clock = Clock()
    health = Health(Upstream(breaker_failures=1, breaker_seconds=5), clock)
    health.failed(HERE, broken())
    clock.now += 6
    async with health.call(HERE):
        health.failed(HERE, asyncio.CancelledError())
    async with health.call(HERE):
        pass


async def test_no_more_calls_at_once_than_allowed() -> None:
    health = Health(Upstream(concurrency=2, patience_seconds=5))
    at_once = most = 0

    async def call() -> None:
        nonlocal at_once, most
        async with health.call(HERE):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.005)
            at_once -= 1

    await asyncio.gather(*(call() for _ in range(9)))
    assert most == 2


async def test_who_waits_too_long_for_a_place_is_told_to_come_again() -> None:
    health = Health(Upstream(concurrency=1, patience_seconds=0.01))
    async with health.call(HERE):
        with pytest.raises(ProviderRateLimited):
            async with health.call(THERE):
                pass
    async with health.call(THERE):
        pass
