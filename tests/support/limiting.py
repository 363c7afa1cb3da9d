"""Rate limits for one test: those that it names, and no others."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from steward.kernel.rate_limits import RateLimiter
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Rates, Settings

_OFF = dict.fromkeys(Rates.model_fields, "off")


def limited(settings: Settings, *, redis_url: str | None = None, **rates: str) -> Settings:
    """The settings with these rates, such as `per_user="2/minute"`."""
    return settings.model_copy(
        update={
            "rate_limits": "on",
            "rates": Rates(**(_OFF | rates)),
            "redis_url": SecretStr(redis_url) if redis_url is not None else None,
        }
    )


def impose(
    house: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    *,
    redis_url: str | None = None,
    clock: Callable[[], float] = time.monotonic,
    **rates: str,
) -> RateLimiter:
    """Let the served application count by these rates until the test ends."""
    limiter = RateLimiter(limited(house.settings, redis_url=redis_url, **rates), clock)
    monkeypatch.setitem(house.parts, RateLimiter, limiter)
    return limiter
