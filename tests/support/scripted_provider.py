"""A model provider that says what the message tells it to: OpenAI Chat Completions over HTTP on 127.0.0.1.

    async with ScriptedProvider() as provider:       # in a test
        ... OPENAI_BASE_URL = provider.base_url ...
        assert provider.requests[0].client_gone

    python -m tests.support.scripted_provider --port 0 [--log FILE]     # prints {"port": N}

``scripted_reply`` lists the directives. Out of process, ``GET /__log`` answers the requests so far and
``POST /__reset`` forgets them. Times are ``time.monotonic()``, which all processes of a Linux machine share.
Protocol: https://platform.openai.com/docs/api-reference/chat, as of 2026-11.
"""

import argparse
import asyncio
import json
import re
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from tests.support.scripted_answer import Answer, Recorded, problem, refuse
from tests.support.scripted_pacer import Pacer
from tests.support.scripted_reply import (
    BadDirective,
    Body,
    Directives,
    compose,
    last_user_index,
    message_text,
    parse,
)

MODELS = ("gpt-4o-mini", "gpt-4o", "scripted")


class ScriptedProvider:
    """The server. ``requests`` is its log, ``active`` how many requests are being answered now."""

    def __init__(
        self, *, port: int = 0, pace_ms: float = 15, log: Path | None = None, reuse_port: bool = False
    ) -> None:
        self.requests: list[Recorded] = []
        self.active = 0
        self.port = port
        self._pace_ms = pace_ms
        self._log = log
        self._reuse_port = reuse_port
        self._calls: dict[str, int] = {}
        self._served = 0
        self._pacer = Pacer()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/__log", self._show_log)
        app.router.add_post("/__reset", self._reset)
        # Cancellation is how a handler learns that its client went away.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_port=self._reuse_port, backlog=1024)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        self._pacer.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def reset(self) -> None:
        """Forget the requests and how often each conversation has failed."""
        self.requests.clear()
        self._calls.clear()

    async def _models(self, request: web.Request) -> web.Response:
        items = [
            {"id": name, "object": "model", "created": 1_735_689_600, "owned_by": "scripted"}
            for name in MODELS
        ]
        return web.json_response({"object": "list", "data": items})

    async def _show_log(self, request: web.Request) -> web.Response:
        log = {"active": self.active, "requests": self.requests}
        return web.Response(body=msgspec.json.encode(log), content_type="application/json")

    async def _reset(self, request: web.Request) -> web.Response:
        self.reset()
        return web.Response(status=204)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        start = time.monotonic()
        try:
            body = msgspec.json.decode(raw, type=Body)
        except msgspec.DecodeError as error:
            return problem(400, "invalid_json", f"the body is no JSON object: {error}")
        self._served += 1
        record = Recorded(self._served, request.path, dict(request.headers), body, start)
        self.requests.append(record)
        self.active += 1
        try:
            response = await self._answer(request, record)
            record.status = response.status
            return response
        except (asyncio.CancelledError, ConnectionError):
            record.client_gone = True
            # Not the error of the connection: the web server would log a client that left as a fault.
            raise asyncio.CancelledError from None
        finally:
            self.active -= 1
            record.end = time.monotonic()
            if self._log is not None:
                self._append(self._log, record)

    def _append(self, log: Path, record: Recorded) -> None:
        with log.open("ab") as file:
            file.write(msgspec.json.encode(record) + b"\n")

    async def _answer(self, request: web.Request, record: Recorded) -> web.StreamResponse:
        body = record.body
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return problem(400, "missing_messages", "the body needs a list of messages")
        try:
            directives = parse(_last_user_text(body))
        except BadDirective as error:
            return problem(400, "bad_directive", str(error))
        record.prompt_tokens = sum(len(message_text(message).split()) for message in body["messages"])
        self._count_failure(directives, body)
        if directives.status is not None or directives.error is not None:
            return refuse(directives)
        if directives.failure == "hang" and directives.failure_after is None:
            await asyncio.Event().wait()
        if directives.pace_ms is None:
            # A plain message is answered at a natural pace; a scripted one as fast as it is read.
            directives.pace_ms = self._pace_ms if not _is_scripted(body) else 0
        answer = Answer(record, directives, compose(directives, body), self._pacer)
        return await (answer.stream(request) if body.get("stream") else answer.whole(request))

    def _count_failure(self, directives: Directives, body: Body) -> None:
        """Lift the failure once this conversation has failed as often as it was told to."""
        if directives.times is None or not directives.fails:
            return
        key = json.dumps([message_text(item) for item in body["messages"] if item.get("role") == "user"])
        self._calls[key] = self._calls.get(key, 0) + 1
        if self._calls[key] > directives.times:
            directives.without_failure()


def _last_user_text(body: Body) -> str:
    index = last_user_index(body["messages"])
    return message_text(body["messages"][index]) if index >= 0 else ""


def _is_scripted(body: Body) -> bool:
    return re.search(r"\{\{[a-z]", _last_user_text(body)) is not None


async def _serve(options: argparse.Namespace) -> None:
    provider = ScriptedProvider(
        port=options.port, pace_ms=options.pace_ms, log=options.log, reuse_port=options.reuse_port
    )
    async with provider:
        print(json.dumps({"port": provider.port}), flush=True)
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await stopped.wait()


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.scripted_provider")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--pace-ms", type=float, default=15, help="between the tokens of an unscripted answer"
    )
    parser.add_argument("--log", type=Path, help="append one JSON line for each finished request")
    parser.add_argument("--reuse-port", action="store_true", help="let several processes share the port")
    return parser.parse_args(arguments)


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    options = _arguments(sys.argv[1:])
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(options))
    else:
        uvloop.run(_serve(options))


if __name__ == "__main__":
    main()
