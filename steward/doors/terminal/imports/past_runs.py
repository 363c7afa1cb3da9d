"""Runs of the Assistants API, as ours: told by themselves, or by the messages that they wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from steward.doors.terminal.imports.dump import Json
from steward.doors.terminal.imports.moments import moment
from steward.kernel.characters import storable
from steward.runs.importing import PastRun
from steward.threads.importing import PastThread

_KEPT: Final = (
    "model",
    "instructions",
    "tools",
    "metadata",
    "temperature",
    "top_p",
    "max_prompt_tokens",
    "max_completion_tokens",
    "truncation_strategy",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
)
_ENDED: Final = frozenset({"completed", "failed", "cancelled", "incomplete", "expired"})


def past_runs(thread: PastThread, messages: Sequence[Json], runs: Mapping[str, Json]) -> list[PastRun]:
    """The runs that wrote a thread's answers, each with the first message that it wrote.

    Args:
        thread: as we keep it.
        messages: of the thread, as the API gives them.
        runs: of the thread, as the API gives them, by their ids; those that were not saved are made of their messages.
    """
    authors = {str(message["id"]): message.get("assistant_id") for message in messages}
    found: dict[str, PastRun] = {}
    for message in thread.messages:
        if message.role != "assistant" or message.run_id is None or message.run_id in found:
            continue
        run = runs.get(message.run_id, {})
        named = run.get("assistant_id") or authors[message.id]
        found[message.run_id] = PastRun(
            message.run_id,
            thread.id,
            named if isinstance(named, str) else None,
            message.parent_id or message.id,
            message.id,
            _status(run, message.status),
            moment(run.get("created_at")) or message.created_at,
            _ended_at(run) or message.created_at,
            storable({name: run[name] for name in _KEPT if run.get(name) is not None}),
            _error(run),
        )
    return list(found.values())


def _status(run: Json, status: str) -> str:
    given = run.get("status")
    if given is None:
        return "completed" if status == "completed" else "incomplete"
    # What went on when it was saved will not end any more.
    return given if given in _ENDED else "expired"


def _ended_at(run: Json) -> datetime | None:
    names = ("completed_at", "failed_at", "cancelled_at", "expires_at")
    return next((at for name in names if (at := moment(run.get(name))) is not None), None)


def _error(run: Json) -> dict[str, str] | None:
    error: Any = run.get("last_error")
    if not isinstance(error, dict):
        return None
    given = cast(Json, error)
    return storable({"tag": str(given.get("code") or ""), "message": str(given.get("message") or "")})
