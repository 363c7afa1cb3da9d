"""Threads of the Assistants API, as our conversations: their order, their times, and what clients pinned to them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from steward.doors.terminal.imports.dump import Json
from steward.doors.terminal.imports.message_parts import Files, parts_of
from steward.doors.terminal.imports.moments import moment
from steward.doors.terminal.imports.past_assistants import store_ids
from steward.kernel.characters import storable
from steward.threads.importing import PastMessage, PastThread
from steward.threads.reading import NOTES

_BEGINNING: Final = datetime(2023, 11, 6, tzinfo=UTC)
"""When the Assistants API began: for objects that do not say when they were made."""
_MOST_TOKENS: Final = 2**30
_TICK: Final = timedelta(microseconds=1)


def past_thread(
    thread_id: str,
    thread: Json,
    messages: Sequence[Json],
    *,
    runs: Mapping[str, Json],
    steps: Mapping[str, Sequence[Json]],
    files: Files,
    agents: Container[str],
    stores: Container[str],
) -> PastThread:
    """A thread as we keep it.

    Args:
        thread_id: its id.
        thread: as the API gives it; empty when only its messages were saved.
        messages: in the order in which they were saved, the newest or the oldest first.
        runs: of the thread, by their ids; those that were saved.
        steps: of its runs, by the ids of the runs; those that were saved.
        files: that are here.
        agents: that are here, to go on with it.
        stores: vector stores that are here; a run in the thread could not search others.
    """
    ordered = _ordered(messages)
    created_at = moment(thread.get("created_at")) or _first(ordered)
    past: list[PastMessage] = []
    told: set[str] = set()
    at = _first(ordered) - _TICK
    for message in ordered:
        # A little later than the one before: seconds are too coarse to keep the order.
        at = max(moment(message.get("created_at")) or at, at + _TICK)
        run_id = str(message.get("run_id"))
        # What a run did and what it cost stands at the first message that it wrote.
        run, did = ({}, ()) if run_id in told else (runs.get(run_id, {}), steps.get(run_id, ()))
        told.add(run_id)
        parts = parts_of(message, did, files)
        past.append(_message(message, parts, past[-1].id if past else None, at, run))
    return PastThread(
        thread_id,
        created_at,
        past,
        past[-1].id if past else None,
        agent_id=_agent(ordered, agents),
        metadata={NOTES: _notes(thread, "metadata") | _resources(thread, stores)},
    )


def _message(
    message: Json, parts: list[dict[str, Any]], parent_id: str | None, at: datetime, run: Json
) -> PastMessage:
    run_id = message.get("run_id")
    details = message.get("incomplete_details")
    reason = cast(Json, details).get("reason") if isinstance(details, dict) else None
    is_whole = message.get("status") in (None, "completed")
    return PastMessage(
        str(message["id"]),
        parent_id,
        str(message["role"]),
        storable(parts),
        at,
        run_id=run_id if isinstance(run_id, str) else None,
        status="completed" if is_whole else "incomplete",
        finish_reason=_REASONS.get(str(reason)) if not is_whole else None,
        input_tokens=_tokens(run, "prompt_tokens"),
        output_tokens=_tokens(run, "completion_tokens"),
        metadata={NOTES: _notes(message, "metadata", "attachments")},
    )


_REASONS: Final = {
    "max_tokens": "length",
    "content_filter": "content_filter",
    "run_cancelled": "cancelled",
    "run_expired": "expired",
}


def _tokens(run: Json, name: str) -> int:
    usage = run.get("usage")
    given: Any = cast(Json, usage).get(name) if isinstance(usage, dict) else None
    return given if isinstance(given, int) and 0 <= given < _MOST_TOKENS else 0


def _ordered(messages: Sequence[Json]) -> list[Json]:
    """The oldest first. Times are whole seconds: within one, the order in which they were saved counts."""
    if not messages:
        return []
    first, last = _position(messages[0]), _position(messages[-1])
    return sorted(messages[::-1] if first > last else messages, key=lambda one: _position(one)[0])


def _position(message: Json) -> tuple[datetime, bool]:
    return moment(message.get("created_at")) or _BEGINNING, message.get("role") == "assistant"


def _first(ordered: Sequence[Json]) -> datetime:
    return _position(ordered[0])[0] if ordered else _BEGINNING


def _agent(ordered: Sequence[Json], agents: Container[str]) -> str | None:
    named = (message.get("assistant_id") for message in reversed(ordered))
    return next((one for one in named if isinstance(one, str) and one in agents), None)


def _resources(thread: Json, stores: Container[str]) -> Json:
    known = [one for one in store_ids(thread) if one in stores]
    return {"tool_resources": {"file_search": {"vector_store_ids": known}}} if known else {}


def _notes(given: Json, *names: str) -> Json:
    return storable({name: given[name] for name in names if given.get(name)})
