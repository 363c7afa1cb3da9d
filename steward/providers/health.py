"""Health: how many calls each provider has under way here, and whether it is left alone for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from steward.kernel.settings import Upstream
from steward.providers.errors import (
    ProviderBrokeOff,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
)
from steward.providers.wire import Endpoint

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)


@dataclass(slots=True)
class _Line:
    """One model at one address, as this process has known it."""

    slots: asyncio.Semaphore | None
    failures: int = 0
    open_until: float = 0.0
    is_probing: bool = False


class Health:
    """The circuit breakers and the limits on concurrent calls of this process.

    A breaker belongs to one model at one address: one model that fails does not take its neighbours with it, and what
    people did wrong (a bad key, a message too long, too many requests) is not counted.
    """

    def __init__(self, settings: Upstream, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lines: dict[tuple[str, str, str], _Line] = {}
        self._slots: dict[tuple[str, str], asyncio.Semaphore] = {}

    @asynccontextmanager
    async def call(self, endpoint: Endpoint) -> AsyncGenerator[None]:
        """Take part in a provider's calls while the block runs.

        Raises:
            ProviderUnavailable: the provider is left alone just now.
            ProviderRateLimited: as many calls as this process makes at once are under way, and none ended in time.
        """
        line = self._line(endpoint)
        self._ensure_closed(line, endpoint)
        if line.slots is None:
            yield
            return
        try:
            await asyncio.wait_for(line.slots.acquire(), self._settings.patience_seconds)
        except TimeoutError:
            raise ProviderRateLimited(
                endpoint.model, endpoint.provider, "no free slot", retry_after_seconds=1
            ) from None
        try:
            yield
        finally:
            line.slots.release()

    def succeeded(self, endpoint: Endpoint) -> None:
        """The provider answered."""
        line = self._line(endpoint)
        if line.failures >= self._settings.breaker_failures:
            log.info("provider_back", provider=endpoint.provider, model=endpoint.model)
        line.failures, line.is_probing = 0, False

    def failed(self, endpoint: Endpoint, error: BaseException) -> None:
        """The call ended without a first word; what is not the provider's fault only ends a probe."""
        line = self._line(endpoint)
        line.is_probing = False
        if not _is_fault(error):
            return
        line.failures += 1
        if line.failures >= self._settings.breaker_failures:
            line.open_until = self._clock() + self._settings.breaker_seconds
            log.warning(
                "provider_left_alone",
                provider=endpoint.provider,
                model=endpoint.model,
                failures=line.failures,
                seconds=self._settings.breaker_seconds,
            )

    def _ensure_closed(self, line: _Line, endpoint: Endpoint) -> None:
        if line.failures < self._settings.breaker_failures:
            return
        left = line.open_until - self._clock()
        if left <= 0 and not line.is_probing:
            # One call may try; the others wait for what comes of it.
            line.is_probing = True
            return
        raise ProviderUnavailable(
            endpoint.model, endpoint.provider, "left alone after failures", retry_after_seconds=max(1.0, left)
        )

    def _line(self, endpoint: Endpoint) -> _Line:
        key = (endpoint.provider, endpoint.base_url, endpoint.model)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(self._slots_of(endpoint))
        return line

    def _slots_of(self, endpoint: Endpoint) -> asyncio.Semaphore | None:
        if not self._settings.concurrency:
            return None
        return self._slots.setdefault(
            (endpoint.provider, endpoint.base_url), asyncio.Semaphore(self._settings.concurrency)
        )


def _is_fault(error: BaseException) -> bool:
    return isinstance(error, ProviderUnavailable | ProviderTimeout | ProviderBrokeOff)
