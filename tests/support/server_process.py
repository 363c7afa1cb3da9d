"""Steward as a process of its own, to be killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx

from tests.support.warm_start import WarmProcess

START_SECONDS = 90


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerProcess:
    """`steward serve` on a data folder. Its process group dies with it."""

    def __init__(self, data_dir: Path, provider_url: str, *, workers: int = 1, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.parent / f"{data_dir.name}-{self.port}.log"
        self._workers = workers
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
            "OPENAI_API_KEY": "sk-scripted",
            "OPENAI_BASE_URL": provider_url,
            "STEWARD_RATE_LIMITS": "off",
            **environment,
        }
        self._process: WarmProcess | None = None

    @property
    def pid(self) -> int:
        """The id of the process that was started."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start and wait until it serves."""
        await self.spawn()
        await self.wait_until_ready()

    async def spawn(self) -> None:
        """Start, and do not wait."""
        self._process = self._command(
            "serve", "--port", str(self.port), "--workers", str(self._workers), out=self.log, errors=self.log
        )
        await asyncio.to_thread(self._process.start)

    async def wait_until_ready(self) -> None:
        """Wait until it serves."""
        async with httpx.AsyncClient(base_url=self.base_url) as http:
            for _ in range(START_SECONDS * 20):
                assert self._process is not None
                assert self._process.poll() is None, self.log.read_text()[-3000:]
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(self.log.read_text()[-3000:])

    async def kill(self) -> None:
        """End it without any warning, with the workers it started."""
        assert self._process is not None
        await asyncio.to_thread(self._process.kill)

    async def stop(self) -> None:
        """Ask it to end, as an operator would."""
        assert self._process is not None
        await asyncio.to_thread(self._process.stop)

    async def command(self, *arguments: str) -> str:
        """What a command prints on standard output."""
        with tempfile.TemporaryDirectory() as folder:
            out, errors = Path(folder) / "out", Path(folder) / "errors"
            process = self._command(*arguments, out=out, errors=errors)
            await asyncio.to_thread(process.start)
            assert await asyncio.to_thread(process.wait, START_SECONDS) == 0, errors.read_text()
            return out.read_text().strip()

    def _command(self, *arguments: str, out: Path, errors: Path) -> WarmProcess:
        arguments = (*arguments, "--data-dir", str(self.data_dir))
        return WarmProcess(arguments, self._environment, out=out, errors=errors)

    async def key(self) -> str:
        """An API key of a new workspace."""
        workspace_id = await self.command("workspace", "create", "Test")
        return await self.command("key", "create", "--workspace", workspace_id, "--name", "test")


@contextlib.asynccontextmanager
async def server_process(
    data_dir: Path, provider_url: str, *, workers: int = 1, **environment: str
) -> AsyncGenerator[ServerProcess]:
    """A server that is gone when the block ends; its database is stopped as well."""
    server = ServerProcess(data_dir, provider_url, workers=workers, **environment)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
