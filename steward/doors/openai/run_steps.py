"""The steps of a run as the Assistants API shows them: told from its answer and from the calls of its tools."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from steward.doors.openai import run_usage
from steward.doors.openai.run_objects import arguments_of, assistant_of, error_of, moment, status_of
from steward.kernel.ids import id_of
from steward.kernel.stretches import Asked, Stretch
from steward.runs.records import CallRecord, RunRecord

CONTENT: Final = "step_details.tool_calls[*].file_search.results[*].content"
_ENDED_AT: Final = {
    "completed": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
    "expired": "expired_at",
}
Step = dict[str, Any]


def message_step_id(run_id: str) -> str:
    """The id of the step in which a run writes its message."""
    return id_of("step", run_id, "message")


def tool_step_id(run_id: str, number: int) -> str:
    """The id of the step in which a model call's tools are carried out."""
    return id_of("step", run_id, "tools", str(number))


def search_step_id(run_id: str) -> str:
    """The id of the step in which the documents are searched for the question."""
    return id_of("step", run_id, "search")


def searches(run: RunRecord) -> bool:
    """Whether the documents are searched before the model is asked."""
    return any(tool.get("type") == "file_search" for tool in run.kept.get("tools") or ())


def steps_of(run: RunRecord, calls: Sequence[CallRecord], *, with_content: bool = False) -> list[Step]:
    """All steps of a run, in the order in which they began, with what each has used.

    Args:
        run: with the parts of its answer.
        calls: of its tools.
        with_content: whether the passages that a search found are shown, too.
    """
    steps = [(0, _search_step(run, with_content=with_content))] if searches(run) else []
    numbers = {call.call_id: call.step for call in calls}
    shown: set[str] = set()
    number = 1
    for part in run.parts:
        step: Step | None = None
        if part["type"] == "text" and part["text"]:
            step = message_step(run, _message_status(run), began_at=run.created_at)
        elif part["type"] == "tool_call" and part["call_id"] in numbers:
            step = _tool_step(run, [call for call in calls if call.step == numbers[part["call_id"]]])
        if step is not None and step["id"] not in shown:
            shown.add(step["id"])
            steps.append((number, step))
        if part["type"] == "tool_call":
            # What follows was said by the next call of the model.
            number = numbers.get(part["call_id"], number) + 1
    run_usage.tell(run, steps)
    return [step for _, step in steps]


def stretch_of(steps: Sequence[Step], asked: Asked) -> Stretch[Step]:
    """The stretch of the steps that is asked for."""
    shown = list(steps) if asked.ascending else list(steps)[::-1]
    ids = [step["id"] for step in shown]
    first = ids.index(asked.after) + 1 if asked.after in ids else 0
    last = ids.index(asked.before) if asked.before in ids else len(shown)
    within = shown[first:last]
    if asked.before is not None and asked.after is None:
        return Stretch(within[-asked.limit :], len(within) > asked.limit)
    return Stretch(within[: asked.limit], len(within) > asked.limit)


def message_step(run: RunRecord, status: str, *, began_at: datetime) -> Step:
    """The step that writes the run's message."""
    details = {"type": "message_creation", "message_creation": {"message_id": run.message_id}}
    return step_object(run, message_step_id(run.id), details, status, began_at)


def step_object(
    run: RunRecord,
    step_id: str,
    details: dict[str, Any],
    status: str,
    began_at: datetime,
    ended_at: datetime | None = None,
) -> Step:
    """A step of a run with these details."""
    step: Step = {
        "id": step_id,
        "object": "thread.run.step",
        "created_at": moment(began_at),
        "run_id": run.id,
        "assistant_id": assistant_of(run),
        "thread_id": run.thread_id,
        "type": details["type"],
        "status": status,
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": None,
        "expired_at": None,
        "failed_at": None,
        "last_error": error_of(run.error) if status == "failed" else None,
        "step_details": details,
        "metadata": {},
        "usage": None,
    }
    if status in _ENDED_AT:
        step[_ENDED_AT[status]] = moment(ended_at or run.finished_at)
    return step


def search_call(call_id: str, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The search of the documents as a call of a tool."""
    options = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    return {
        "id": call_id,
        "type": "file_search",
        "file_search": {"ranking_options": options, "results": list(found)},
    }


def found_in(source: dict[str, Any], *, with_content: bool) -> dict[str, Any]:
    """A passage that a search found: `source` has the fields of a part of that type."""
    found = {
        "file_id": source["file_id"] or source["document_id"],
        "file_name": source["title"],
        "score": min(1.0, max(0.0, source["score"])),
    }
    if with_content:
        found["content"] = [{"type": "text", "text": source["excerpt"]}]
    return found


def output_of(given: Any) -> str:
    """What came of a call, as text."""
    return given if isinstance(given, str) else msgspec.json.encode(given).decode()


def _search_step(run: RunRecord, *, with_content: bool) -> Step:
    cited = [found_in(part, with_content=with_content) for part in run.parts if part["type"] == "source"]
    details = {"type": "tool_calls", "tool_calls": [search_call(id_of("call", run.id, "search"), cited)]}
    return step_object(run, search_step_id(run.id), details, "completed", run.created_at, run.created_at)


def _tool_step(run: RunRecord, calls: Sequence[CallRecord]) -> Step:
    told = {part["call_id"]: part for part in run.parts if part["type"] == "tool_call"}
    shown = [_function_call(call, told.get(call.call_id, {})) for call in calls]
    ended_at = max((call.finished_at for call in calls if call.finished_at), default=None)
    return step_object(
        run,
        tool_step_id(run.id, calls[0].step),
        {"type": "tool_calls", "tool_calls": shown},
        _tool_status(run, calls),
        min(call.created_at for call in calls),
        ended_at,
    )


def _function_call(call: CallRecord, part: dict[str, Any]) -> dict[str, Any]:
    output: str | None = None
    if "output" in part:
        output = output_of(part["output"])
    elif call.output is not None:
        output = output_of(call.output.get("output", call.output.get("error")))
    elif call.error is not None and call.state not in ("expired", "cancelled"):
        output = call.error
    function = {"name": call.name, "arguments": arguments_of(call.arguments), "output": output}
    return {"id": call.call_id, "type": "function", "function": function}


def _tool_status(run: RunRecord, calls: Sequence[CallRecord]) -> str:
    states = {call.state for call in calls}
    for ended in ("expired", "cancelled"):
        if ended in states and run.finished_at is not None:
            return ended
    return "in_progress" if states & {"waiting", "approved", "running"} else "completed"


def _message_status(run: RunRecord) -> str:
    status = status_of(run, ())
    if status in ("completed", "incomplete"):
        return "completed"
    return status if status in ("failed", "cancelled", "expired") else "in_progress"
