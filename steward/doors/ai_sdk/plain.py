"""Answers for programs without a client library: one JSON body, or bare text as server-sent events.

An event is `{"content": …}` while there is text. The last one is what the JSON body holds, without the text: how the
answer ended, or that it waits for somebody.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import msgspec
from starlette.responses import JSONResponse, Response

from steward.kernel import runtime
from steward.kernel.sse import StreamCut
from steward.kernel.work import Actor
from steward.providers.events import TextDelta
from steward.runs import actions, service
from steward.runs.events import RunEnd, RunEvent, RunPause, StepRestart
from steward.runs.schemas import Started

_json: Final = msgspec.json.Encoder().encode


async def whole(actor: Actor, started: Started) -> Response:
    """The answer in one piece, when it is over or waits: 502 when it failed."""
    text: list[str] = []
    async with aclosing(service.follow_standing(actor, started.run_id)) as batches:
        async for events in batches:
            for event in events:
                if isinstance(event, TextDelta):
                    text.append(event.text)
                elif isinstance(event, StepRestart):
                    text.clear()
            if (outcome := await _outcome(actor, started, events)) is not None:
                status_code = 502 if outcome.get("error") else 200
                return JSONResponse({**outcome, "text": "".join(text)}, status_code)
    raise AssertionError("a run ends or waits")


async def events_of(actor: Actor, started: Started) -> AsyncGenerator[bytes]:
    """The answer as it is written.

    Raises:
        StreamCut: what was sent no longer counts. Asked again, the server tells it as it stands.
    """
    async with aclosing(service.follow_standing(actor, started.run_id)) as batches:
        async for events in batches:
            if any(isinstance(event, StepRestart) for event in events):
                raise StreamCut
            if text := "".join(event.text for event in events if isinstance(event, TextDelta)):
                yield _frame({"content": text})
            if (outcome := await _outcome(actor, started, events)) is not None:
                yield _frame(outcome)
                return


def _frame(told: dict[str, Any]) -> bytes:
    return b"data: " + _json(told) + b"\n\n"


async def _outcome(actor: Actor, started: Started, events: list[RunEvent]) -> dict[str, Any] | None:
    """How the answer ended or what it waits for; None while it goes on."""
    last = events[-1] if events else None
    known = {
        "thread_id": started.thread_id,
        "run_id": started.run_id,
        "message_id": started.message_id,
    }
    if isinstance(last, RunEnd):
        return {**known, **_end(last)}
    if isinstance(last, RunPause):
        database = runtime.current().database
        async with database.work(actor) as work:
            status = (await service.get(work, started.run_id)).status
        if status == "requires_action":
            async with database.transaction(actor) as work:
                waiting = await actions.of_run(work, started.run_id)
            shown = [one.model_dump(mode="json") for one in waiting]
            return {**known, "status": status, "finish_reason": "tool_calls", "actions": shown}
    return None


def _end(end: RunEnd) -> dict[str, Any]:
    return {
        "status": end.status,
        "finish_reason": end.finish_reason,
        "usage": {
            "input_tokens": end.input_tokens,
            "output_tokens": end.output_tokens,
            "total_tokens": end.input_tokens + end.output_tokens,
        },
        "error": None if end.error_tag is None else {"tag": end.error_tag, "message": end.error_message},
    }
