"""Servers that the tests connect to: the protocol's reference server from npm, and hostile ones of their own."""

from __future__ import annotations

import asyncio
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings

REFERENCE = Path(__file__).parent / "reference/node_modules/.bin/mcp-server-everything"
HOSTILE = Path(__file__).with_name("hostile_server.py")


@pytest.fixture(scope="session")
def reference_program() -> str:
    """The reference server, as a program that can be started by its full path."""
    if not REFERENCE.exists():
        pytest.skip("npm ci --prefix tests/mcp_servers/reference installs the reference server")
    return str(REFERENCE.resolve())


@pytest.fixture
def open_settings(house: Runtime, monkeypatch: pytest.MonkeyPatch, reference_program: str) -> Settings:
    """Settings of the house that allow this machine's addresses, the reference server and the hostile ones."""
    mcp = house.settings.mcp.model_copy(
        update={"commands": [reference_program, sys.executable], "seconds": 20.0}
    )
    fetch = house.settings.fetch.model_copy(update={"allowed_networks": "127.0.0.0/8"})
    changed = house.settings.model_copy(update={"mcp": mcp, "fetch": fetch})
    monkeypatch.setattr(house, "settings", changed)
    return changed


@pytest.fixture(scope="session")
async def reference_url(reference_program: str) -> AsyncGenerator[str]:
    """The address of the reference server over streamable HTTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        reference_program,
        "streamableHttp",
        env={"PORT": str(port), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.returncode is None
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                break
    yield f"http://127.0.0.1:{port}/mcp"
    process.kill()
    await process.communicate()
