"""The load client: many streams at once in a process of its own, each token checked and timed.

    python -m bench.load          # reads jobs, one JSON line each, answers one JSON line each

A job asks the scripted provider, through the server under test, for words that number themselves. The client
checks that the text of every stream is complete and in order, and times each token: the first from the request,
the others against the moment at which the provider was to send them (the ``stamp`` in the first token; both
processes read the same monotonic clock).
"""

import asyncio
import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import msgspec
import uvloop

Wire = Literal["completions", "ai_sdk", "assistants"]
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
_STAMP = re.compile(r"^@(\d+\.\d+) ")


class Job(msgspec.Struct):
    """One burst, or ``rounds`` of them one after the other."""

    url: str
    wire: Wire
    model: str
    headers: dict[str, str] = {}
    streams: int = 1
    tokens: int = 100
    pace_ms: float = 0
    rounds: int = 1
    spread_seconds: float = 0
    """Open the streams of a burst evenly over that time, not all at once."""
    hold: bool = False
    """Open the streams, read one token of each and keep them open until the next job."""
    timeout_seconds: float = 60


class Result(msgspec.Struct):
    """What the streams of a job delivered."""

    streams: int
    expected_tokens: int
    tokens: int
    errors: int
    samples: list[str]
    """The first few errors in words."""
    seconds: float
    ttft_ms: list[float]
    lag_ms: dict[str, float]
    """p50, p95, p99 and max over all tokens of paced streams."""


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    error: msgspec.Raw = msgspec.Raw(b"")


class _Part(msgspec.Struct):
    """One part of a UI message stream."""

    type: str
    delta: str = ""
    error: str = msgspec.field(default="", name="errorText")


class _Text(msgspec.Struct):
    value: str = ""


class _Content(msgspec.Struct):
    text: _Text = msgspec.field(default_factory=_Text)


class _MessageDelta(msgspec.Struct):
    content: list[_Content] = []


class _Frame(msgspec.Struct):
    """What one event of a run's stream brings; of most events nothing is wanted here."""

    object: str = ""
    delta: _MessageDelta = msgspec.field(default_factory=_MessageDelta)
    error: msgspec.Raw = msgspec.Raw(b"")
    last_error: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(slots=True)
class _Stream:
    tag: str
    sent: float = 0
    first: float | None = None
    text: list[str] = field(default_factory=list[str])
    arrivals: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """When tokens came, and how many had come by then."""
    tokens: int = 0
    done: bool = False
    error: str | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """The first token or an error came."""

    def take(self, delta: str, now: float) -> None:
        if self.first is None:
            self.first = now
            self.opened.set()
        self.text.append(delta)
        # Each token holds exactly one hyphen, so this counts them however they were joined on the way.
        self.tokens += delta.count("-")
        self.arrivals.append((now, self.tokens))

    def check(self, expected: int) -> None:
        text = "".join(self.text)
        wanted = " ".join(f"{self.tag}-{place}" for place in range(expected))
        if self.error is None and _STAMP.sub("", text, count=1) != wanted:
            self.error = (
                f"stream {self.tag} delivered {self.tokens} of {expected} tokens, or in another order"
            )
        elif self.error is None and not self.done:
            self.error = f"stream {self.tag} ended without [DONE]"

    def lags_ms(self, pace_ms: float) -> list[float]:
        match = _STAMP.match("".join(self.text[:2]))
        if match is None or not pace_ms:
            return []
        begin, place, lags = float(match[1]), 0, list[float]()
        for now, count in self.arrivals:
            lags += [(now - begin) * 1000 - earlier * pace_ms for earlier in range(place, count)]
            place = count
        return lags


class Load:
    """Runs jobs one at a time over connections that stay open between them."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._held: list[asyncio.Task[None]] = []
        self._held_ids: list[str] = []
        self._held_job: Job | None = None
        self._serial = 0
        self._completion = msgspec.json.Decoder(_Chunk)
        self._part = msgspec.json.Decoder(_Part)
        self._frame = msgspec.json.Decoder(_Frame)

    async def run(self, job: Job) -> Result:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
            )
        await self._release()
        streams: list[_Stream] = []
        began = time.monotonic()
        for _ in range(job.rounds):
            burst = [_Stream(self._tag()) for _ in range(job.streams)]
            streams += burst
            if job.hold:
                await self._hold(job, burst)
            else:
                apart = job.spread_seconds / job.streams
                await asyncio.gather(
                    *(self._play(job, item, place * apart) for place, item in enumerate(burst))
                )
        seconds = time.monotonic() - began
        if not job.hold:
            for stream in streams:
                stream.check(job.tokens)
        return _result(job, streams, began, seconds)

    async def close(self) -> None:
        await self._release()
        if self._session is not None:
            await self._session.close()

    def _tag(self) -> str:
        self._serial += 1
        return f"s{os.getpid()}x{self._serial}"

    async def _hold(self, job: Job, burst: list[_Stream]) -> None:
        self._held_job = job
        for stream in burst:
            self._held.append(asyncio.create_task(self._play(job, stream)))
            self._held_ids.append(_chat_id(stream))
        opened = asyncio.gather(*(stream.opened.wait() for stream in burst))
        with suppress(TimeoutError):
            await asyncio.wait_for(opened, job.timeout_seconds)
        for stream in burst:
            if stream.first is None and stream.error is None:
                stream.error = f"stream {stream.tag} never opened"

    async def _release(self) -> None:
        """Leave the held streams; a run that outlives its reader is stopped by name."""
        for task in self._held:
            task.cancel()
        await asyncio.gather(*self._held, return_exceptions=True)
        if self._held_job is not None and self._held_job.wire == "ai_sdk":
            await asyncio.gather(*(self._stop(self._held_job, chat) for chat in self._held_ids))
        self._held, self._held_ids, self._held_job = [], [], None

    async def _stop(self, job: Job, chat: str) -> None:
        assert self._session is not None
        async with self._session.post(f"{job.url}/{chat}/stop", headers=job.headers) as answer:
            await answer.read()

    async def _play(self, job: Job, stream: _Stream, after_seconds: float = 0) -> None:
        await asyncio.sleep(after_seconds)
        try:
            async with asyncio.timeout(job.timeout_seconds):
                await self._read(job, stream)
        except TimeoutError:
            stream.error = f"stream {stream.tag} took longer than {job.timeout_seconds:g} s"
        except aiohttp.ClientError as error:
            stream.error = f"stream {stream.tag}: {type(error).__name__}: {error}"
        finally:
            stream.opened.set()

    async def _read(self, job: Job, stream: _Stream) -> None:
        assert self._session is not None
        body = msgspec.json.encode(_body(job, stream))
        headers = {**job.headers, "Content-Type": "application/json"}
        stream.sent = time.monotonic()
        async with self._session.post(job.url, data=body, headers=headers) as answer:
            if answer.status != 200:
                stream.error = f"status {answer.status}: {(await answer.text())[:200]}"
                return
            rest = b""
            async for data in answer.content.iter_any():
                now = time.monotonic()
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    if line.startswith(b"data:"):
                        self._take(job.wire, stream, line[5:].strip(), now)

    def _take(self, wire: Wire, stream: _Stream, data: bytes, now: float) -> None:
        if data == b"[DONE]":
            stream.done = True
            return
        if wire == "ai_sdk":
            part = self._part.decode(data)
            if part.type == "text-delta":
                stream.take(part.delta, now)
            elif part.type == "error":
                stream.error = f"stream {stream.tag}: {part.error}"
            return
        if wire == "assistants":
            self._take_frame(stream, data, now)
            return
        chunk = self._completion.decode(data)
        if chunk.choices and chunk.choices[0].delta.content:
            stream.take(chunk.choices[0].delta.content, now)
        elif bytes(chunk.error):
            stream.error = f"stream {stream.tag}: {bytes(chunk.error)[:200].decode()}"

    def _take_frame(self, stream: _Stream, data: bytes, now: float) -> None:
        frame = self._frame.decode(data)
        if frame.object == "thread.message.delta":
            for content in frame.delta.content:
                if content.text.value:
                    stream.take(content.text.value, now)
        elif (error := bytes(frame.error) or bytes(frame.last_error)) != b"null":
            stream.error = f"stream {stream.tag}: {error[:200].decode()}"


def _chat_id(stream: _Stream) -> str:
    return f"bench-{stream.tag}"


def _body(job: Job, stream: _Stream) -> dict[str, Any]:
    text = f"{{{{tag:{stream.tag}}}}}{{{{words:{job.tokens}}}}}{{{{pace_ms:{job.pace_ms:g}}}}}{{{{stamp}}}}"
    if job.hold:
        text += "{{hang_after:1}}"
    if job.wire == "ai_sdk":
        message = {"id": f"message-{stream.tag}", "role": "user", "parts": [{"type": "text", "text": text}]}
        return {"id": _chat_id(stream), "message": message, "trigger": "submit-message", "model": job.model}
    if job.wire == "assistants":
        thread = {"messages": [{"role": "user", "content": text}]}
        return {"assistant_id": job.model, "thread": thread, "stream": True}
    return {
        "model": job.model,
        "messages": [{"role": "user", "content": text}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _result(job: Job, streams: list[_Stream], began: float, seconds: float) -> Result:
    errors = [stream.error for stream in streams if stream.error is not None]
    lags = sorted(lag for stream in streams for lag in stream.lags_ms(job.pace_ms))
    return Result(
        streams=len(streams),
        expected_tokens=len(streams) * (1 if job.hold else job.tokens),
        tokens=sum(stream.tokens for stream in streams),
        errors=len(errors),
        samples=errors[:3],
        seconds=seconds,
        ttft_ms=[(item.first - item.sent) * 1000 for item in streams if item.first is not None],
        lag_ms={name: percentile(lags, share) for name, share in _SHARES.items()} if lags else {},
    )


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies; ``values`` need no order, and at least one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def _serve() -> None:
    load = Load()
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            result = await load.run(msgspec.json.decode(line, type=Job))
            sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
            sys.stdout.buffer.flush()
    finally:
        await load.close()


if __name__ == "__main__":
    uvloop.run(_serve())
