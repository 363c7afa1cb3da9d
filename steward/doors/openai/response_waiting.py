"""Waiting for a response on behalf of a client that may leave, and why a response failed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

from fastapi import Request

from steward.doors.openai.errors import AnswerFailed
from steward.kernel.errors import Refusal
from steward.runs.records import RunRecord

T = TypeVar("T")


class Gone(Exception):
    """The client left."""


async def unless_gone(request: Request, waiting: Coroutine[Any, Any, T]) -> T:
    """Await something for a client, and drop it when the client leaves.

    Raises:
        Gone: the client left.
    """

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    task, leaving = asyncio.ensure_future(waiting), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((task, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Gone
        return task.result()
    finally:
        for one in (task, leaving):
            one.cancel()
        await asyncio.gather(task, leaving, return_exceptions=True)


def failure_of(run: RunRecord) -> AnswerFailed:
    """Why a run failed, with the status that its cause has."""
    tag, message = (run.error or {}).get("tag", ""), (run.error or {}).get("message", "")
    status = next((kind.status for kind in _kinds(Refusal) if kind.tag == tag), AnswerFailed.status)
    return AnswerFailed(
        message or "The answer failed; try again.", tag=tag or AnswerFailed.tag, status=status
    )


def _kinds(kind: type[Refusal]) -> Generator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)
