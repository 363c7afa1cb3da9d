"""Pages of the npm package `ai` in a process of their own, told what their readers do."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

_PROGRAM: Final = Path(__file__).with_name("pages.mjs")
_LINE_BYTES: Final = 2**20


class Pages:
    """Any number of pages, each of one conversation; see pages.mjs for what their readers can do."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[Json]] = {}

    async def tell(self, verb: str, chat: str, **given: Any) -> Any:
        """Let the reader of a page do something, and wait until it is done.

        Raises:
            AssertionError: the page did not get there.
        """
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(
            json.dumps({"id": number, "verb": verb, "chat": chat, **given}).encode() + b"\n"
        )
        await self._process.stdin.drain()
        told = await answer
        assert "error" not in told, f"{verb} {chat}: {told['error']}"
        return told["result"]

    async def listen(self) -> None:
        """Hand on what the pages say until they are closed."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            answer = self._asked.pop(told["id"])
            # Whoever asked may have gone.
            if not answer.done():
                answer.set_result(told)
        for answer in self._asked.values():
            answer.cancel()


@contextlib.asynccontextmanager
async def open_pages(base_url: str, headers: Mapping[str, str]) -> AsyncGenerator[Pages]:
    """Pages that talk with a server, with these headers in all they send."""
    process = await asyncio.create_subprocess_exec(
        "node", "--no-warnings", str(_PROGRAM), json.dumps({"base": base_url, "headers": dict(headers)}),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_BYTES,
    )  # fmt: skip
    pages = Pages(process)
    listening = asyncio.ensure_future(pages.listen())
    try:
        yield pages
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await listening
