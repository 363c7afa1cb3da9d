"""A model provider that says what the message tells it to, on the wires of four real ones, over HTTP on 127.0.0.1.

    async with ScriptedProvider() as provider:       # in a test
        ... OPENAI_BASE_URL = provider.base_url ...
        assert provider.requests[0].client_gone

    python -m tests.support.scripted_provider --port 0 [--log FILE]     # prints {"port": N}

    wire               base address for its client     answers under that
    openai_chat        base_url                        /chat/completions
    openai_responses   base_url                        /responses
    embeddings         base_url                        /embeddings
    anthropic          root_url                        /v1/messages, /v1/messages/count_tokens
    gemini             root_url                        /v1beta/models/MODEL:generateContent, :streamGenerateContent,
                                                       and both under /v1, which Google's own client takes
    azure              root_url                        /openai/deployments/MODEL/chat/completions?api-version=…

``scripted_reply`` lists the directives; they stand in the last user message on every wire, in an embedding's input
too. Requests that the real API refuses are refused in its words. Any key is good unless ``keys`` holds the good ones.
``requests`` says for each request what came and what was sent. Out of process, ``GET /__log`` answers the same and
``POST /__reset`` forgets it. Times are ``time.monotonic()``, which all processes of a Linux machine share.
"""

import argparse
import asyncio
import json
import re
import signal
import sys
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from tests.support.scripted_answer import Answer, Recorded, fail_at_once, once, refuse
from tests.support.scripted_anthropic import AnthropicWire
from tests.support.scripted_chat import AzureWire, ChatWire
from tests.support.scripted_embeddings import EmbeddingsWire
from tests.support.scripted_gemini import GeminiWire
from tests.support.scripted_pacer import Pacer
from tests.support.scripted_reply import (
    AT_ONCE,
    Asked,
    BadDirective,
    Body,
    Directives,
    compose,
    message_text,
    parse,
)
from tests.support.scripted_responses import ResponsesWire
from tests.support.scripted_wire import BadRequest, Wire

MODELS = ("gpt-4o-mini", "gpt-4o", "scripted")
_WIRES: dict[str, Wire] = {
    "/v1/chat/completions": ChatWire(),
    "/v1/responses": ResponsesWire(),
    "/v1/embeddings": EmbeddingsWire(),
    "/v1/messages": AnthropicWire(),
    "/v1/messages/count_tokens": AnthropicWire(),
    "/{version:v1|v1beta}/models/{model}:{method:generateContent|streamGenerateContent}": GeminiWire(),
    "/openai/deployments/{deployment}/chat/completions": AzureWire(),
}


class ScriptedProvider:
    """The server. ``requests`` is its log, ``active`` how many requests are being answered now."""

    def __init__(
        self,
        *,
        port: int = 0,
        pace_ms: float = 15,
        log: Path | None = None,
        reuse_port: bool = False,
        keys: Collection[str] | None = None,
    ) -> None:
        self.requests: list[Recorded] = []
        self.active = 0
        self.port = port
        self.keys = keys
        """The keys that are good from now on; None takes any, and none."""
        self._pace_ms = pace_ms
        self._log = log
        self._reuse_port = reuse_port
        self._calls: dict[str, int] = {}
        self._served = 0
        self._pacer = Pacer()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    @property
    def root_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        for path, wire in _WIRES.items():
            app.router.add_post(path, partial(self._complete, wire))
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

    async def _complete(self, wire: Wire, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self._served += 1
        record = Recorded(self._served, request.path, dict(request.headers), {}, time.monotonic())
        record.wire = wire.name
        record.key = wire.key(request)
        try:
            record.body = msgspec.json.decode(raw, type=Body)
        except msgspec.DecodeError as error:
            problem = wire.invalid(f"the body is no JSON object: {error}", "invalid_json")
            return refuse(wire, record, problem)
        if request.path.endswith("/count_tokens"):
            return self._count(wire, record, request)
        self.requests.append(record)
        self.active += 1
        try:
            response = await self._answer(wire, request, record)
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

    def _count(self, wire: Wire, record: Recorded, request: web.Request) -> web.Response:
        """Say how many tokens a prompt has; no model is called, so the log says nothing of it."""
        try:
            asked = self._read(wire, record, request)
        except BadRequest as error:
            return refuse(wire, record, error.problem)
        return web.json_response({"input_tokens": _prompt_tokens(asked)}, headers=wire.headers(record))

    def _read(self, wire: Wire, record: Recorded, request: web.Request) -> Asked:
        if self.keys is not None and record.key not in self.keys:
            raise BadRequest(wire.wrong_key(record.key))
        return wire.read(record, request)

    async def _answer(self, wire: Wire, request: web.Request, record: Recorded) -> web.StreamResponse:
        try:
            asked = self._read(wire, record, request)
            record.model, record.said = asked.model, asked.said
            directives = parse(asked.said)
        except BadRequest as error:
            return refuse(wire, record, error.problem)
        except BadDirective as error:
            return refuse(wire, record, wire.invalid(str(error), "bad_directive"))
        record.prompt_tokens = _prompt_tokens(asked)
        record.cached_tokens = min(directives.cached, record.prompt_tokens)
        record.cache_write_tokens = min(directives.cache_write, record.prompt_tokens - record.cached_tokens)
        if directives.max_messages is not None and len(asked.messages) > directives.max_messages:
            directives.error = "context_length_exceeded"
        self._count_failure(directives, asked)
        failed = await self._failed(wire, request, record, directives, asked)
        if failed is not None:
            return failed
        if isinstance(wire, EmbeddingsWire):
            record.usage_sent = True
            return web.json_response(wire.answer(record, asked), headers=wire.headers(record))
        if directives.pace_ms is None:
            # A plain message is answered at a natural pace; a scripted one as fast as it is read.
            directives.pace_ms = self._pace_ms if not _is_scripted(asked) else 0
        encoder = wire.encoder(record, asked, directives, compose(directives, asked))
        answer = Answer(wire, record, directives, encoder, self._pacer)
        return await (answer.stream(request) if asked.stream else answer.whole(request))

    async def _failed(
        self, wire: Wire, request: web.Request, record: Recorded, directives: Directives, asked: Asked
    ) -> web.StreamResponse | None:
        """The answer of a request that fails before its first token."""
        if directives.status is not None or directives.error is not None:
            return refuse(wire, record, wire.failure(directives.error, directives.status), directives)
        if directives.blocked:
            body = wire.blocked(record, asked)
            if body is not None:
                record.usage_sent = True
                return await once(request, body, stream=asked.stream)
            return refuse(wire, record, wire.failure("content_policy_violation", None), directives)
        if directives.failure == "hang" and directives.failure_after is None:
            await asyncio.Event().wait()
        if directives.failure in AT_ONCE:
            return await fail_at_once(wire, record, directives, request)
        return None

    def _count_failure(self, directives: Directives, asked: Asked) -> None:
        """Lift the failure once this conversation has failed as often as it was told to."""
        if directives.times is None or not directives.fails:
            return
        key = json.dumps([message_text(item) for item in asked.messages if item.get("role") == "user"])
        self._calls[key] = self._calls.get(key, 0) + 1
        if self._calls[key] > directives.times:
            directives.without_failure()


def _prompt_tokens(asked: Asked) -> int:
    return sum(len(message_text(message).split()) for message in asked.messages)


def _is_scripted(asked: Asked) -> bool:
    return re.search(r"\{\{[a-z]", asked.said) is not None


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
