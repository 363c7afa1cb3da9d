from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from pydantic import ValidationError
from structlog.testing import capture_logs
from structlog.typing import EventDict

from steward.kernel.rate_limits import (
    Dimension,
    MemoryWindows,
    Rate,
    RateLimiter,
    address_of,
    announce,
    describe,
    in_force,
)
from steward.kernel.settings import Rates, Settings
from tests.support.limiting import limited
from tests.support.redis_server import RedisServer, redis_server

_SETTINGS = Settings(_env_file=None, data_dir=Path("unused"))  # pyright: ignore[reportCallIssue]
# Less than the second that a request may lose to Redis, with the wait for it in between.
_MOST_SECONDS = 0.9


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def redis() -> Generator[RedisServer]:
    with redis_server() as server:
        yield server


@asynccontextmanager
async def limiter_of(redis_url: str | None = None, **rates: str) -> AsyncGenerator[RateLimiter]:
    limiter = RateLimiter(limited(_SETTINGS, redis_url=redis_url, **rates))
    try:
        yield limiter
    finally:
        await limiter.close()


async def allows(limiter: RateLimiter, callers: dict[Dimension, str]) -> bool:
    standing = await limiter.hit(callers)
    assert standing is not None
    return not standing.is_over


@pytest.mark.req("LIM-01")
async def test_one_more_than_the_limit_is_refused_and_the_next_window_is_free(clock: Clock) -> None:
    limiter = RateLimiter(limited(_SETTINGS, per_user="3/minute"), clock)
    shown: list[tuple[int, int, bool]] = []
    for _ in range(4):
        standing = await limiter.hit({"user": "ada"})
        assert standing is not None
        shown.append((standing.remaining, standing.reset_seconds, standing.is_over))
        clock.now += 10
    assert shown == [(2, 60, False), (1, 50, False), (0, 40, False), (0, 30, True)]
    clock.now += 19.9  # 59.9 s after the first
    assert not await allows(limiter, {"user": "ada"})
    clock.now += 0.1
    assert await allows(limiter, {"user": "ada"}), "the first has left the window"
    assert not await allows(limiter, {"user": "ada"}), "the second has not"
    clock.now += 60
    assert [await allows(limiter, {"user": "ada"}) for _ in range(4)] == [True, True, True, False]


@pytest.mark.req("LIM-09")
async def test_the_refusal_says_what_when_and_in_which_headers(clock: Clock) -> None:
    limiter = RateLimiter(limited(_SETTINGS, per_user="1/minute"), clock)
    first = await limiter.hit({"user": "ada"})
    clock.now += 0.5
    second = await limiter.hit({"user": "ada"})
    assert first is not None
    assert second is not None
    refusal = second.refusal()
    assert (refusal.tag, refusal.status, refusal.title) == ("rate_limited", 429, "Rate limit exceeded")
    assert refusal.detail == snapshot(
        "Rate limit exceeded: at most 1 requests in 60 seconds for each user. Try again in 60 seconds."
    )
    assert refusal.retry_after_seconds == 60
    assert first.headers() == [
        (b"ratelimit-policy", b'"user";q=1;w=60'),
        (b"ratelimit", b'"user";r=0;t=60'),
    ]
    assert second.headers() == first.headers()


@given(
    steps=st.lists(st.floats(min_value=0, max_value=30), max_size=60),
    amount=st.integers(min_value=1, max_value=5),
)
def test_no_window_wherever_it_begins_holds_more_than_the_limit(steps: list[float], amount: int) -> None:
    clock, rate = Clock(), Rate("user", amount, 60)
    windows, allowed = MemoryWindows(clock), list[float]()

    async def ask() -> None:
        for step in steps:
            clock.now += step
            ((held, _),) = await windows.hit([(rate, "ada")])
            recent = [at for at in allowed if at > clock.now - 60]
            # Refused exactly when the window is full: no request is lost, none too many goes through.
            assert (held >= amount) == (len(recent) >= amount)
            if held < amount:
                allowed.append(clock.now)

    asyncio.run(ask())


@pytest.mark.req("LIM-01")
async def test_six_hundred_users_are_told_apart(clock: Clock) -> None:
    limiter = RateLimiter(limited(_SETTINGS, per_user="5/minute"), clock)
    users = [f"user {at}" for at in range(600)] * 8
    random.Random(7).shuffle(users)
    allowed: Counter[str] = Counter()
    for user in users:
        clock.now += 0.01
        allowed[user] += await allows(limiter, {"user": user})
    assert len(allowed) == 600
    assert set(allowed.values()) == {5}


@pytest.mark.req("LIM-03")
async def test_whoever_is_refused_costs_nobody_else_a_request() -> None:
    async with limiter_of(per_user="2/minute", per_workspace="4/minute") as limiter:
        ada: dict[Dimension, str] = {"user": "ada", "workspace": "w"}
        bob: dict[Dimension, str] = {"user": "bob", "workspace": "w"}
        assert [await allows(limiter, ada) for _ in range(10)] == [True, True, *[False] * 8]
        assert [await allows(limiter, bob) for _ in range(3)] == [True, True, False]
        full = await limiter.hit({"user": "carol", "workspace": "w"})
        assert full is not None
        assert (full.is_over, full.rate.dimension) == (True, "workspace")
        free = await limiter.hit({"user": "carol", "workspace": "another"})
        assert free is not None
        assert free.remaining == 1, "the full workspace took nothing from carol"


async def test_the_tightest_limit_is_shown() -> None:
    async with limiter_of(per_key="3/minute", per_workspace="2/hour") as limiter:
        standing = await limiter.hit({"key": "k", "workspace": "w"})
        assert standing is not None
        assert standing.headers() == [
            (b"ratelimit-policy", b'"workspace";q=2;w=3600'),
            (b"ratelimit", b'"workspace";r=1;t=3600'),
        ]


async def test_what_has_no_limit_is_not_counted() -> None:
    async with limiter_of(per_user="1/minute") as limiter:
        assert await limiter.hit({"ip": "192.0.2.1"}) is None
        assert await limiter.hit({}) is None
    switched_off = RateLimiter(_SETTINGS.model_copy(update={"rate_limits": "off"}))
    assert await switched_off.hit({"user": "ada", "workspace": "w"}) is None


async def test_windows_that_are_over_take_no_memory(clock: Clock) -> None:
    windows, rate = MemoryWindows(clock), Rate("ip", 3, 60)
    for at in range(1000):
        clock.now += 1
        await windows.hit([(rate, str(at))])
    assert len(windows) == 60
    clock.now += 60
    await windows.hit([(rate, "one")])
    assert len(windows) == 1


@pytest.mark.slow
async def test_a_flood_of_addresses_does_not_fill_the_memory(clock: Clock) -> None:
    windows, rate = MemoryWindows(clock), Rate("ip", 1, 60)
    for at in range(100_500):
        await windows.hit([(rate, str(at))])
    assert len(windows) == 100_000
    assert (await windows.hit([(rate, "100499")]))[0][0] == 1, "the newest are kept"


async def test_a_count_in_memory_costs_next_to_nothing() -> None:
    async with limiter_of(per_key="600/minute", per_workspace="3000/minute") as limiter:
        batches: list[float] = []
        for batch in range(10):
            started = time.process_time()
            for at in range(1000):
                await limiter.hit({"key": f"{batch} {at}", "workspace": str(at % 7)})
            batches.append((time.process_time() - started) / 1000)
    assert min(batches) < 50e-6


# --- parallel, and by several processes -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.req("LIM-01")
async def test_of_a_hundred_at_once_exactly_ten_go_through() -> None:
    for _ in range(50):
        async with limiter_of(per_user="10/minute") as limiter:
            assert await _allowed_of_a_hundred([limiter]) == 10


@pytest.mark.slow
@pytest.mark.req("LIM-01")
async def test_processes_that_share_redis_share_the_limit(redis: RedisServer) -> None:
    async with (
        limiter_of(redis.url, per_user="10/minute") as one,
        limiter_of(redis.url, per_user="10/minute") as other,
    ):
        for attempt in range(50):
            assert await _allowed_of_a_hundred([one, other], f"user {attempt}") == 10


async def _allowed_of_a_hundred(limiters: list[RateLimiter], user: str = "ada") -> int:
    async def ask(at: int) -> bool:
        await asyncio.sleep(random.random() / 50)  # a start offset, no secret
        return await allows(limiters[at % len(limiters)], {"user": user})

    return sum(await asyncio.gather(*(ask(at) for at in range(100))))


async def test_redis_counts_as_memory_does(redis: RedisServer) -> None:
    async with limiter_of(redis.url, per_user="2/minute", per_workspace="3/minute") as limiter:
        shown: list[tuple[str, int, bool]] = []
        for user in ("eve", "eve", "eve", "dan", "dan", "flo"):
            standing = await limiter.hit({"user": user, "workspace": "of six"})
            assert standing is not None
            shown.append((standing.rate.dimension, standing.remaining, standing.is_over))
            assert standing.reset_seconds in (59, 60)
        assert shown == [
            ("user", 1, False),
            ("user", 0, False),
            ("user", 0, True),
            ("workspace", 0, False),
            ("workspace", 0, True),
            ("workspace", 0, True),
        ]


@pytest.mark.slow
@pytest.mark.req("LIM-01")
async def test_the_next_window_in_redis_is_free(redis: RedisServer) -> None:
    async with limiter_of(redis.url, per_user="2/second") as limiter:
        assert [await allows(limiter, {"user": "next"}) for _ in range(3)] == [True, True, False]
        await asyncio.sleep(1.01)
        assert [await allows(limiter, {"user": "next"}) for _ in range(3)] == [True, True, False]


# --- Redis is a spice -----------------------------------------------------------------------------------------------


async def _slowest(limiter: RateLimiter, callers: int = 1) -> float:
    """The longest that a request waited, less what a busy machine made everybody wait; none may fail."""
    loop, pause = asyncio.get_running_loop(), 0.002
    slowest = lag = 0.0

    async def ask() -> None:
        nonlocal slowest, lag
        for at in range(30):
            started = loop.time()
            assert await limiter.hit({"user": f"user {at}"}) is not None
            answered = loop.time()
            await asyncio.sleep(pause)
            slowest, lag = max(slowest, answered - started), max(lag, loop.time() - answered - pause)

    await asyncio.gather(*(ask() for _ in range(callers)))
    return slowest - lag


async def _wait_for(event: str, logs: list[EventDict]) -> None:
    for _ in range(600):
        if any(line["event"] == event for line in logs):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"no {event} in {logs}")


def _events(logs: list[EventDict]) -> list[object]:
    told = ("redis_away", "redis_back")
    return [line["event"] for line in logs if line["event"] in told]


@pytest.mark.slow
async def test_redis_may_die_in_mid_use_and_come_back() -> None:
    with redis_server() as redis, capture_logs() as logs:
        async with limiter_of(redis.url, per_user="10/minute") as limiter:
            killed = asyncio.get_running_loop().run_in_executor(
                None, lambda: (time.sleep(0.02), redis.kill())
            )
            assert await _slowest(limiter, callers=20) < _MOST_SECONDS
            await killed
            assert await _slowest(limiter) < 0.4, "nobody waits for a Redis that is known to be away"
            # Counted in memory now, and still exact.
            assert await _allowed_of_a_hundred([limiter], "while away") == 10
            assert _events(logs) == ["redis_away"]

            redis.start()
            await _wait_for("redis_back", logs)
            assert await _allowed_of_a_hundred([limiter], "after") == 10
            async with limiter_of(redis.url, per_user="10/minute") as other:
                assert not await allows(other, {"user": "after"}), "counted in Redis again"
            assert _events(logs) == ["redis_away", "redis_back"]


@pytest.mark.slow
async def test_redis_may_restart_unnoticed() -> None:
    with redis_server() as redis, capture_logs() as logs:
        async with limiter_of(redis.url, per_user="10/minute") as limiter:
            assert await allows(limiter, {"user": "ada"})
            redis.kill()
            redis.start()
            assert await allows(limiter, {"user": "ada"})
        assert _events(logs) == []


@pytest.mark.slow
async def test_redis_may_be_down_at_the_start() -> None:
    with redis_server() as redis, capture_logs() as logs:
        redis.kill()
        async with limiter_of(redis.url, per_user="10/minute") as limiter:
            assert await _slowest(limiter) < _MOST_SECONDS
            redis.start()
            await _wait_for("redis_back", logs)


@pytest.mark.slow
async def test_redis_may_hang() -> None:
    with redis_server() as redis, capture_logs() as logs:
        async with limiter_of(redis.url, per_user="10/minute") as limiter:
            assert await _slowest(limiter) < 0.5
            redis.freeze()
            assert await _slowest(limiter, callers=50) < _MOST_SECONDS
            assert await _slowest(limiter) < 0.4
            redis.thaw()
            await _wait_for("redis_back", logs)
            assert _events(logs) == ["redis_away", "redis_back"]
            assert await _slowest(limiter) < 0.5


@pytest.mark.slow
async def test_redis_may_be_full() -> None:
    with redis_server() as redis, capture_logs() as logs:
        redis.kill()
        redis.start("--maxmemory", "1", "--maxmemory-policy", "noeviction")
        async with limiter_of(redis.url, per_user="10/minute") as limiter:
            assert await _allowed_of_a_hundred([limiter]) == 10
            await asyncio.sleep(1.2)
            assert await _allowed_of_a_hundred([limiter]) == 0
        # It answers a ping, and is not taken for healed.
        assert _events(logs) == ["redis_away"]


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIM-05")
def test_the_limits_without_any_setting() -> None:
    assert {name: (rate.amount, rate.seconds) for name, rate in in_force(_SETTINGS).items()} == snapshot(
        {
            "ip": (100, 900),
            "sign_in": (10, 60),
            "user": (120, 60),
            "key": (600, 60),
            "workspace": (3000, 60),
        }
    )


@pytest.mark.req("LIM-05")
def test_limits_are_set_by_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_RATES__PER_IP", "7 per 2 hours")
    monkeypatch.setenv("STEWARD_RATES__PER_USER", "off")
    settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
    assert in_force(settings)["ip"] == Rate("ip", 7, 7200)
    assert "user" not in in_force(settings)
    monkeypatch.setenv("STEWARD_RATE_LIMITS", "off")
    assert in_force(Settings(_env_file=None)) == {}  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize(
    "rate", ["many", "10", "10/fortnight", "0/minute", "-1/minute", "1/second;2/minute", "1/0 s"]
)
def test_a_rate_that_makes_no_sense_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError):
        Rates(per_user=rate)


@pytest.mark.parametrize("proxies", ["everybody", "10.0.0.1/8", "10.0.0.0/8;127.0.0.1"])
def test_proxies_that_make_no_sense_are_refused(proxies: str) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, trusted_proxies=proxies)  # pyright: ignore[reportCallIssue]


@pytest.mark.req("LIM-07")
def test_the_start_tells_the_limits_in_force() -> None:
    settings = limited(_SETTINGS, per_user="5/minute", per_ip="100/15 minutes")
    assert describe(settings) == snapshot(
        "100 in 900 s from one address without a valid credential, 5 in 60 s for each user; counted in memory"
    )
    assert describe(settings.model_copy(update={"rate_limits": "off"})) == "off"
    shared = limited(_SETTINGS, redis_url="redis://:hunter2@127.0.0.1:1/0", per_user="5/minute")
    with capture_logs() as logs:
        announce(shared)
        announce(settings.model_copy(update={"public_url": "https://steward.example"}))
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("rate_limits", "info"),
        ("rate_limits", "info"),
        ("no_trusted_proxy", "warning"),
    ]
    assert logs[0]["limits"] == "5 in 60 s for each user; counted in Redis"
    assert "hunter2" not in str(logs)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_addresses_of_one_caller_count_together(host: str, counted: str) -> None:
    assert address_of(host) == counted
