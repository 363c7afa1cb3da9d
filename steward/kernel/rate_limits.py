"""Rate limits: moving windows over requests, counted in memory or in Redis, and the headers that tell of them.

A request counts in several windows at once, and in none of them when one is full: whoever is refused costs nobody
else a request. Redis is shared by all processes and never needed: while it is away, each process counts in memory.

Headers: draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final, Literal, Protocol, TypeAlias

import limits
import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from steward.kernel.errors import TooManyRequests
from steward.kernel.settings import Settings

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

Dimension: TypeAlias = Literal["ip", "sign_in", "user", "key", "workspace"]

_PATIENCE_SECONDS: Final = 0.5
_HEAL_SECONDS: Final = 1.0
_CONNECTIONS: Final = 20
# Of one limit; a flood of made-up addresses must not fill the memory.
_MOST_WINDOWS: Final = 100_000
_WORDS: Final[dict[Dimension, str]] = {
    "ip": "from one address without a valid credential",
    "sign_in": "to sign in to one account",
    "user": "for each user",
    "key": "for each key",
    "workspace": "for each workspace",
}

# One list per window with the times of its requests in microseconds, the oldest first. Arguments: for each window
# how many requests it takes, and its length. Answers: for each window how many it held, and when its oldest leaves.
_HIT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local found, has_room = {}, true
for at, key in ipairs(KEYS) do
  local amount, length = tonumber(ARGV[2 * at - 1]), tonumber(ARGV[2 * at])
  local oldest = tonumber(redis.call('LINDEX', key, 0) or now)
  while oldest <= now - length do
    redis.call('LPOP', key)
    oldest = tonumber(redis.call('LINDEX', key, 0) or now)
  end
  local count = redis.call('LLEN', key)
  has_room = has_room and count < amount
  found[2 * at - 1], found[2 * at] = count, oldest + length - now
end
if has_room then
  for at, key in ipairs(KEYS) do
    redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, ARGV[2 * at] / 1000)
  end
end
return found
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `amount` requests within any `seconds`, of one user, key or other caller."""

    dimension: Dimension
    amount: int
    seconds: int


Found: TypeAlias = list[tuple[int, float]]
"""For each window how many requests it held before this one, and the seconds until its oldest leaves."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after a request, in the tightest window."""

    rate: Rate
    remaining: int
    reset_seconds: int
    is_over: bool

    def refusal(self) -> TooManyRequests:
        """The refusal that tells when to come back."""
        rate = self.rate
        return TooManyRequests(
            f"Rate limit exceeded: at most {rate.amount} requests in {rate.seconds} seconds "
            f"{_WORDS[rate.dimension]}. Try again in {self.reset_seconds} seconds.",
            retry_after_seconds=self.reset_seconds,
        )

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The standard headers."""
        name, rate = f'"{self.rate.dimension}"', self.rate
        return [
            (b"ratelimit-policy", f"{name};q={rate.amount};w={rate.seconds}".encode()),
            (b"ratelimit", f"{name};r={self.remaining};t={self.reset_seconds}".encode()),
        ]


class _Windows(Protocol):
    async def hit(self, asked: Sequence[tuple[Rate, str]]) -> Found:
        """Count a request in all windows, or in none when one is full."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


class MemoryWindows:
    """Windows of this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Of each rate in the order in which they were last asked for, so the forgotten ones come first.
        self._windows: defaultdict[Rate, dict[str, deque[float]]] = defaultdict(dict)

    async def hit(self, asked: Sequence[tuple[Rate, str]]) -> Found:
        """Count a request."""
        now = self._clock()
        windows = [self._window(rate, who, now) for rate, who in asked]
        pairs = list(zip(asked, windows, strict=True))
        found = [
            (len(window), (window[0] if window else now) + rate.seconds - now) for (rate, _), window in pairs
        ]
        if all(len(window) < rate.amount for (rate, _), window in pairs):
            for window in windows:
                window.append(now)
        return found

    async def close(self) -> None:
        """Nothing is held."""

    def __len__(self) -> int:
        """How many windows it remembers."""
        return sum(len(windows) for windows in self._windows.values())

    def _window(self, rate: Rate, who: str, now: float) -> deque[float]:
        windows, horizon = self._windows[rate], now - rate.seconds
        window = windows.pop(who, None) or deque[float]()
        while window and window[0] <= horizon:
            window.popleft()
        while windows:
            first = next(iter(windows))
            left = windows[first]
            if left and left[-1] > horizon and len(windows) < _MOST_WINDOWS:
                break
            del windows[first]
        windows[who] = window
        return window


class RedisWindows:
    """Windows that all processes share; while Redis is away or slow, those of this process."""

    def __init__(self, url: str, memory: MemoryWindows) -> None:
        self._memory = memory
        pool = redis.asyncio.BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            max_connections=_CONNECTIONS,
            # Longer than anybody waits: they only end what was given up.
            timeout=2 * _PATIENCE_SECONDS,
            socket_timeout=2 * _PATIENCE_SECONDS,
            socket_connect_timeout=2 * _PATIENCE_SECONDS,
            # Once, at once: a connection from before a restart of Redis is found broken when it is used.
            retry=Retry(NoBackoff(), 1),
        )
        self._client = redis.asyncio.Redis.from_pool(pool)
        self._script: Any = self._client.register_script(_HIT)
        self._healer: asyncio.Task[None] | None = None

    async def hit(self, asked: Sequence[tuple[Rate, str]]) -> Found:
        """Count a request."""
        if self._healer is None:
            try:
                return await self._ask(asked)
            except Exception as error:  # whatever it is, no request fails because of Redis
                self._leave(error)
        return await self._memory.hit(asked)

    async def close(self) -> None:
        """Close the connections."""
        if self._healer is not None:
            self._healer.cancel()
            await asyncio.gather(self._healer, return_exceptions=True)
        await self._client.aclose()

    async def _ask(self, asked: Sequence[tuple[Rate, str]]) -> Found:
        keys = [f"steward:rate:{rate.dimension}:{rate.amount}:{rate.seconds}:{who}" for rate, who in asked]
        arguments = [number for rate, _ in asked for number in (rate.amount, rate.seconds * 1_000_000)]
        numbers = await _within_patience(self._script(keys=keys, args=arguments))
        return [(count, left / 1_000_000) for count, left in zip(numbers[::2], numbers[1::2], strict=True)]

    def _leave(self, error: Exception) -> None:
        # Many requests may notice at the same time; one says so.
        if self._healer is None:
            log.warning("redis_away", error=f"{type(error).__name__}: {error}", counting="in memory")
            self._healer = asyncio.ensure_future(self._heal())

    async def _heal(self) -> None:
        # A write, not a ping: a Redis that is full or a replica answers pings.
        probe = Rate("workspace", 1_000_000, 1)
        while True:
            await asyncio.sleep(_HEAL_SECONDS)
            try:
                await self._ask([(probe, "probe")])
            except Exception as error:  # still away, for any reason
                log.debug("redis_still_away", error=f"{type(error).__name__}: {error}")
                continue
            log.info("redis_back")
            self._healer = None
            return


async def _within_patience(asking: Coroutine[Any, Any, list[int]]) -> list[int]:
    # Not `asyncio.timeout`, which waits until what it cancels has ended: the client closes its line first, and may
    # take its own time for that.
    task = asyncio.ensure_future(asking)
    task.add_done_callback(_take_note)
    try:
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
    finally:
        task.cancel()
    if not done:
        raise TimeoutError(f"no answer within {_PATIENCE_SECONDS} s")
    return task.result()


def _take_note(task: asyncio.Future[list[int]]) -> None:
    # Nobody waits for the error of what was given up.
    if not task.cancelled():
        task.exception()


class RateLimiter:
    """The limits in force, and how often each caller asked."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = in_force(settings)
        memory = MemoryWindows(clock)
        url = settings.redis_url
        self._windows: _Windows = (
            RedisWindows(url.get_secret_value(), memory) if url is not None and self._rates else memory
        )

    async def hit(self, callers: dict[Dimension, str]) -> Standing | None:
        """Count a request.

        Args:
            callers: by whom it was made, such as `{"user": user_id}`. Dimensions without a limit are left out.

        Returns: how the caller stands now; None when nothing limits the request.
        """
        asked = [(self._rates[name], who) for name, who in callers.items() if name in self._rates]
        if not asked:
            return None
        found = await self._windows.hit(asked)
        rates = [rate for rate, _ in asked]
        full = [
            (left, rate) for rate, (count, left) in zip(rates, found, strict=True) if count >= rate.amount
        ]
        if full:
            left, rate = max(full, key=lambda one: one[0])
            return Standing(rate, 0, _whole_seconds(left), is_over=True)
        rooms = [
            (rate.amount - count - 1, left, rate) for rate, (count, left) in zip(rates, found, strict=True)
        ]
        remaining, left, rate = min(rooms, key=lambda one: one[0])
        return Standing(rate, remaining, _whole_seconds(left), is_over=False)

    async def close(self) -> None:
        """Let go of Redis."""
        await self._windows.close()


def _whole_seconds(left: float) -> int:
    # Clocks that are floats are off by a hair, which is no second more.
    return max(1, math.ceil(left - 0.001))


def in_force(settings: Settings) -> dict[Dimension, Rate]:
    """The limits that are switched on."""
    if settings.rate_limits == "off":
        return {}
    given = settings.rates
    texts: dict[Dimension, str] = {
        "ip": given.per_ip,
        "sign_in": given.per_sign_in,
        "user": given.per_user,
        "key": given.per_key,
        "workspace": given.per_workspace,
    }
    return {name: _rate(name, text) for name, text in texts.items() if text not in ("", "off")}


def _rate(name: Dimension, text: str) -> Rate:
    item = limits.parse(text)
    return Rate(name, item.amount, item.get_expiry())


def describe(settings: Settings) -> str:
    """The limits in force, in one line."""
    rates = in_force(settings)
    if not rates:
        return "off"
    shown = ", ".join(f"{rate.amount} in {rate.seconds} s {_WORDS[name]}" for name, rate in rates.items())
    return f"{shown}; counted in {'memory' if settings.redis_url is None else 'Redis'}"


def announce(settings: Settings) -> None:
    """Log the limits in force, and warn when all callers would seem to come from one address."""
    log.info("rate_limits", limits=describe(settings), trusted_proxies=settings.trusted_proxies)
    if settings.public_url is not None and not settings.trusted_proxies:
        log.warning(
            "no_trusted_proxy",
            hint="STEWARD_PUBLIC_URL is set: if a proxy stands in front, name its address in STEWARD_TRUSTED_PROXIES, "
            "or all people share the proxy's rate limit.",
        )


def address_of(host: str) -> str:
    """What one caller's addresses have in common: the address itself, and of IPv6 the network of 64 bits."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, 64), strict=False))
