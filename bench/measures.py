"""What is measured, one function for each part. Each runs one target once and adds its samples.

A part is run for every target before it is run again, so that a busy moment of the machine meets all of them.
"""

import http.client
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import msgspec

from bench.load import Job, Result, percentile
from bench.processes import ROOT
from bench.targets import ASSISTANTS, WIRES, Provider, Target

TTFT_LEVELS = (1, 10, 50, 100, 200)
ANSWER_TOKENS = 400  # about 300 words, an answer as chat models write them
IDLE_STREAMS = 200
CROWD = 500
_SETTLE_SECONDS = 0.5  # what a turn still writes when its last token has left counts too

Samples = defaultdict[str, defaultdict[str, list[float]]]
"""Measure -> target -> values."""


class LoadProcess:
    """The load client, one process for the whole run."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )

    def run(self, job: Job) -> Result:
        stdin, stdout = self._popen.stdin, self._popen.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(msgspec.json.encode(job) + b"\n")
        stdin.flush()
        return msgspec.json.decode(stdout.readline(), type=Result)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait(5)


@dataclass(slots=True)
class Bench:
    """What the parts share. ``scale`` shortens a quick run."""

    load: LoadProcess
    provider: Provider
    quick: bool = False
    samples: Samples = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    problems: list[str] = field(default_factory=list[str])

    def add(self, measure: str, target: Target, *values: float) -> None:
        self.samples[measure][target.name].extend(values)

    def run(self, target: Target, part: str, job: Job) -> Result:
        self.provider.reset()
        result = self.load.run(job)
        self.problems += [f"{target.name}, {part}: {sample}" for sample in result.samples]
        if part not in {"crowd", "stress"}:  # those two have rows of their own
            self.add("errors", target, result.errors)
        target.server.ensure_running()
        return result


def _job(target: Target, *, streams: int, tokens: int) -> Job:
    return Job(target.url, target.wire, target.model, target.headers, streams, tokens)


def warm_up(bench: Bench, target: Target) -> None:
    job = _job(target, streams=5, tokens=20)
    job.rounds = 2
    bench.run(target, "warm-up", job)


def cpu_paced(bench: Bench, target: Target) -> None:
    """Processor time per token when 50 streams run at 50 tokens a second each."""
    job = _job(target, streams=50, tokens=ANSWER_TOKENS // (2 if bench.quick else 1))
    job.pace_ms = 20
    _cpu(bench, target, "paced", job)


def cpu_unpaced(bench: Bench, target: Target) -> None:
    """The same when the provider sends as fast as it is read."""
    _cpu(
        bench, target, "unpaced", _job(target, streams=50, tokens=ANSWER_TOKENS // (2 if bench.quick else 1))
    )


def wires(bench: Bench, target: Target) -> None:
    """Processor time per token by the wire behind the door; several rounds, because the wires lie close together."""
    job = _job(target, streams=50, tokens=ANSWER_TOKENS // (2 if bench.quick else 1))
    job.pace_ms = 20
    _cpu(bench, target, "wire", job)


def turn(bench: Bench, target: Target) -> None:
    """Processor time of a whole turn whose answer is one token: what a turn costs before it streams."""
    streams = 30 if bench.quick else 60
    job = _job(target, streams=streams, tokens=1)
    job.spread_seconds = streams / 20
    server_before, database_before = target.cpu()
    bench.run(target, "turn", job)
    time.sleep(_SETTLE_SECONDS)
    server, database = target.cpu()
    bench.add("turn_ms", target, (server - server_before) / streams * 1000)
    if target.list_url is not None:
        bench.add("turn_database_ms", target, (database - database_before) / streams * 1000)


def idle(bench: Bench, target: Target) -> None:
    """What a server burns with nobody there."""
    seconds = 2 if bench.quick else 5
    server_before, database_before = target.cpu()
    time.sleep(seconds)
    server, database = target.cpu()
    bench.add("idle_percent", target, (server - server_before) / seconds * 100)
    if target.list_url is not None:
        bench.add("idle_database_percent", target, (database - database_before) / seconds * 100)


def _cpu(bench: Bench, target: Target, name: str, job: Job) -> None:
    server_before, database_before = target.cpu()
    result = bench.run(target, f"cpu {name}", job)
    time.sleep(_SETTLE_SECONDS)
    server, database = target.cpu()
    tokens = max(1, result.tokens)
    server_micros = (server - server_before) / tokens * 1e6
    database_micros = (database - database_before) / tokens * 1e6
    bench.add(f"cpu_{name}_us", target, server_micros)
    bench.add(f"cpu_{name}_tokens", target, job.tokens)
    if target.list_url is not None:
        bench.add(f"cpu_{name}_database_us", target, database_micros)
        bench.add(f"cpu_{name}_sum_us", target, server_micros + database_micros)
    if result.lag_ms:
        bench.add(f"lag_{name}_p99_ms", target, result.lag_ms["p99"])


def ttft(bench: Bench, target: Target) -> None:
    """From the request to the first token, all streams of a level opened at once."""
    rounds = {1: 20, 10: 6, 50: 2, 100: 2, 200: 1}
    for level in TTFT_LEVELS:
        job = _job(target, streams=level, tokens=3)
        job.pace_ms = 20
        job.rounds = max(1, rounds[level] // (2 if bench.quick else 1))
        result = bench.run(target, f"ttft at {level}", job)
        bench.add(f"ttft_{level}_ms", target, *result.ttft_ms)


def memory(bench: Bench, target: Target) -> None:
    """Growth of resident memory with 200 streams open that say nothing."""
    before = target.rss()
    job = _job(target, streams=IDLE_STREAMS, tokens=5)
    job.hold = True
    bench.run(target, "memory", job)
    time.sleep(1)
    held = target.rss()
    bench.add("rss_idle_kib", target, (held - before) / IDLE_STREAMS / 1024)
    bench.add("rss_held_mib", target, held / 2**20)
    bench.load.run(_job(target, streams=1, tokens=1))  # the next job releases what is held
    _until_quiet(bench.provider)


def _until_quiet(provider: Provider) -> None:
    deadline = time.monotonic() + 10
    while provider.active() and time.monotonic() < deadline:
        time.sleep(0.1)


def crowd(bench: Bench, target: Target) -> None:
    """500 streams at 10 tokens a second, opened over 10 s, and the conversation list meanwhile."""
    job = _job(target, streams=CROWD, tokens=200 if bench.quick else 400)
    job.pace_ms = 100
    job.spread_seconds = 10
    _crowd(bench, target, "crowd", job)


def stress(bench: Bench, target: Target) -> None:
    """500 streams at 50 tokens a second: more than one core can carry, so late, but whole."""
    job = _job(target, streams=CROWD, tokens=100 if bench.quick else 300)
    job.pace_ms = 20
    job.spread_seconds = 2
    _crowd(bench, target, "stress", job)


def _crowd(bench: Bench, target: Target, name: str, job: Job) -> None:
    job.timeout_seconds = 120
    probe = Probe(target)
    server_before, _ = target.cpu()
    with probe:
        result = bench.run(target, name, job)
    server, _ = target.cpu()
    bench.add(f"{name}_errors", target, result.errors + probe.errors)
    bench.add(f"{name}_delivered_percent", target, 100 * result.tokens / result.expected_tokens)
    bench.add(f"{name}_seconds", target, result.seconds)
    bench.add(f"{name}_cpu_us", target, (server - server_before) / max(1, result.tokens) * 1e6)
    if result.lag_ms:
        bench.add(f"{name}_lag_p50_ms", target, result.lag_ms["p50"])
        bench.add(f"{name}_lag_p99_ms", target, result.lag_ms["p99"])
    if probe.times_ms:
        bench.add(f"{name}_list_p50_ms", target, percentile(probe.times_ms, 0.5))
        bench.add(f"{name}_list_p99_ms", target, percentile(probe.times_ms, 0.99))


class Probe:
    """Asks for the conversation list 20 times a second while something else runs."""

    def __init__(self, target: Target, every_seconds: float = 0.05) -> None:
        self.times_ms: list[float] = []
        self.errors = 0
        self._target = target
        self._every = every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        if self._target.list_url is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(35)

    def _ask(self) -> None:
        url = urllib.parse.urlsplit(self._target.list_url or "")
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
        while not self._stop.wait(self._every):
            began = time.perf_counter()
            try:
                connection.request("GET", f"{url.path}?{url.query}", headers=self._target.headers)
                answer = connection.getresponse()
                answer.read()
                self.errors += answer.status != 200
            except (OSError, http.client.HTTPException):
                self.errors += 1
                connection.close()
            self.times_ms.append((time.perf_counter() - began) * 1000)
        connection.close()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the benchmark: how often it is repeated, and whom it leaves out."""

    run: Callable[[Bench, Target], None]
    repeats: int
    quick_repeats: int
    without: frozenset[str] = frozenset(WIRES)
    only: frozenset[str] = frozenset()


# What a run costs that waits, or many at once, is the same behind this door as behind the chat's.
_SPARED = frozenset({ASSISTANTS, *WIRES})

PARTS = {
    "memory": Part(memory, 1, 1, _SPARED),
    "idle": Part(idle, 1, 1, _SPARED),
    "turn": Part(turn, 3, 1),
    "cpu-paced": Part(cpu_paced, 3, 1),
    "cpu-unpaced": Part(cpu_unpaced, 3, 2),
    "ttft": Part(ttft, 3, 1),
    # At 5,000 tokens a second LiteLLM would need several cores; its numbers above say so already.
    "crowd": Part(crowd, 1, 1, frozenset({"litellm", *_SPARED})),
    "stress": Part(stress, 1, 1, frozenset({"litellm", *_SPARED})),
    "wires": Part(wires, 3, 2, frozenset(), frozenset({"steward-completions", *WIRES})),
}
