"""Talking: an answer shown as it streams in the terminal, and what it waits for asked on the spot."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from rich.console import Console

from steward.kernel.errors import NotFound
from steward.kernel.work import Actor
from steward.providers.events import TextDelta, ToolCall
from steward.runs import actions
from steward.runs import service as runs
from steward.runs.actions import Word
from steward.runs.events import (
    ActionRequest,
    RunEnd,
    RunEvent,
    RunPause,
    ToolDenied,
    ToolFailure,
    ToolProgress,
)

Ask = Callable[[str], bool]
"""Puts a question to whoever sits at the terminal; whether they agree."""


class Talk:
    """One turn in the terminal: the answer on standard output, everything else on standard error."""

    def __init__(self, actor: Actor, run_id: str, ask: Ask | None) -> None:
        self._actor = actor
        self._run_id = run_id
        self._ask = ask
        self._beside = Console(stderr=True)
        self._calls: dict[str, ToolCall] = {}
        self._waiting: list[ActionRequest] = []

    async def show(self) -> None:
        """Show the turn to its end, or to where it waits for somebody who is not here.

        Raises:
            NotFound: the turn failed; the sentence says why.
        """
        async with aclosing(runs.follow_standing(self._actor, self._run_id)) as batches:
            async for events in batches:
                for event in events:
                    self._one(event)
                if events and isinstance(events[-1], RunPause) and not await self._decided():
                    return

    def _one(self, event: RunEvent) -> None:
        match event:
            case TextDelta():
                sys.stdout.write(event.text)
                sys.stdout.flush()
            case ToolCall():
                self._calls[event.call_id] = event
            case ActionRequest():
                self._waiting.append(event)
            case ToolProgress() | ToolFailure() | ToolDenied():
                self._beside.print(event.message, style="dim", highlight=False, markup=False)
            case RunEnd() if event.error_message is not None:
                raise NotFound(event.error_message)
            case _:
                pass

    async def _decided(self) -> bool:
        """Ask about everything that waits; whether the turn goes on with it."""
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            call = self._calls[request.call_id]
            question = f"{call.name} {_shown(call.input)}"
            if request.kind != "approval" or self._ask is None:
                self._beside.print(
                    f"Waiting ({request.kind}): {question}; action {request.action_id}",
                    highlight=False,
                    markup=False,
                )
                return False
            agrees = await asyncio.to_thread(self._ask, f"Allow {question}?")
            await actions.decide(self._actor, request.action_id, Word("approve" if agrees else "deny"))
        return True


def _shown(arguments: dict[str, Any] | None) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in (arguments or {}).items())
