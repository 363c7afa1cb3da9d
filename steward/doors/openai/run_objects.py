"""Runs as the Assistants API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from steward.agents import specialists
from steward.runs.errors import PromptTokensSpent
from steward.runs.records import CallRecord, RunRecord

ACTIVE: Final = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
_LIMITED: Final = frozenset({"rate_limit_exceeded", "provider_quota_exhausted", "budget_exhausted"})
_NO_TOOLS: Final[list[dict[str, Any]]] = []


def run_object(
    run: RunRecord, calls: Sequence[CallRecord], seconds: float, *, status: str | None = None
) -> dict[str, Any]:
    """A run.

    Args:
        run: as its room tells it.
        calls: of its tools.
        seconds: how long a run waits for the program that asked.
        status: when the wire shows another one than the room has, such as `queued`.
    """
    status = status or status_of(run, calls)
    kept = run.kept
    ended_at = moment(run.finished_at)
    expires_at = moment(run.created_at + timedelta(seconds=seconds))
    return {
        "id": run.id,
        "object": "thread.run",
        "created_at": moment(run.created_at),
        "thread_id": run.thread_id,
        "assistant_id": assistant_of(run),
        "status": status,
        "required_action": _required(calls) if status == "requires_action" else None,
        "last_error": error_of(run.error) if status == "failed" else None,
        "expires_at": expires_at if status in ACTIVE else None,
        "started_at": None if status == "queued" else moment(run.created_at),
        "cancelled_at": ended_at if status == "cancelled" else None,
        "failed_at": ended_at if status == "failed" else None,
        "completed_at": ended_at if status == "completed" else None,
        "incomplete_details": _incomplete(run) if status == "incomplete" else None,
        "model": kept.get("model") or run.wishes.get("model") or run.model or "",
        "instructions": kept.get("instructions") or run.wishes.get("instructions") or "",
        "tools": kept.get("tools") or _NO_TOOLS,
        "tool_resources": kept.get("tool_resources") or {},
        "metadata": kept.get("metadata") or {},
        "usage": None if status in ACTIVE else usage_of(run.input_tokens, run.output_tokens),
        "temperature": _first(kept.get("temperature"), run.wishes.get("temperature"), 1.0),
        "top_p": _first(kept.get("top_p"), 1.0),
        "max_prompt_tokens": kept.get("max_prompt_tokens"),
        "max_completion_tokens": kept.get("max_completion_tokens"),
        "truncation_strategy": kept.get("truncation_strategy") or {"type": "auto", "last_messages": None},
        "tool_choice": kept.get("tool_choice") or "auto",
        "parallel_tool_calls": _first(kept.get("parallel_tool_calls"), True),
        "response_format": kept.get("response_format") or "auto",
        "reasoning_effort": kept.get("reasoning_effort"),
    }


def assistant_of(run: RunRecord) -> str:
    """Who answers; the built-in agent when nobody was chosen."""
    return run.wishes.get("agent_id") or specialists.DEFAULT_ID


def status_of(run: RunRecord, calls: Sequence[CallRecord]) -> str:
    """The status on the wire: a run that waits for people alone is at work for the program that asked."""
    if run.status == "requires_action" and not any(call.waits_for_client for call in calls):
        return "in_progress"
    return run.status


def usage_of(input_tokens: int, output_tokens: int) -> dict[str, int]:
    """Tokens as this wire counts them."""
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }


def error_of(error: dict[str, Any] | None) -> dict[str, str]:
    """Why a run or a step failed, in the few codes that this wire has."""
    tag, message = (error or {}).get("tag", ""), (error or {}).get("message", "")
    code = "rate_limit_exceeded" if tag in _LIMITED else "server_error"
    return {"code": code, "message": message or "The run failed."}


def moment(when: datetime | None) -> int | None:
    """A moment as this wire writes it."""
    return None if when is None else int(when.timestamp())


def arguments_of(arguments: dict[str, Any] | None) -> str:
    """The arguments of a call as the text that a model writes."""
    return msgspec.json.encode(arguments or {}).decode()


def _incomplete(run: RunRecord) -> dict[str, str]:
    is_prompt = (run.error or {}).get("tag") == PromptTokensSpent.tag
    return {"reason": "max_prompt_tokens" if is_prompt else "max_completion_tokens"}


def _required(calls: Sequence[CallRecord]) -> dict[str, Any]:
    waiting = [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": arguments_of(call.arguments)},
        }
        for call in calls
        if call.waits_for_client
    ]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": waiting}}


def _first(*given: Any) -> Any:
    return next((one for one in given if one is not None), None)
