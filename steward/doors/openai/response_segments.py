"""Segments of a run: it answers in one response after the other, each up to where it waits for client functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from steward.doors.openai.response_items import Part
from steward.runs.records import CallRecord, RunRecord

_UNANSWERED = frozenset({"waiting", "expired", "cancelled"})


@dataclass(slots=True)
class Segment:
    """What a run said between two waits.

    Attributes:
        parts: of its answer, in their order.
        asked: the calls with which it ends, for the client to carry out; none while it goes on, or at the run's end.
    """

    parts: list[Part] = field(default_factory=list[Part])
    asked: list[CallRecord] = field(default_factory=list[CallRecord])

    @property
    def is_handed_in(self) -> bool:
        """Whether the client has brought what its functions gave."""
        return bool(self.asked) and not any(call.state in _UNANSWERED for call in self.asked)


def segments_of(run: RunRecord, calls: Sequence[CallRecord]) -> list[Segment]:
    """The segments of a run so far, at least one; the last is the one that the client sees now."""
    waits = _waits(calls)
    segments = [Segment()]
    for part in run.parts:
        segments[-1].parts.append(part)
        wait = waits.get(part.get("call_id", "")) if part["type"] == "tool_call" else None
        if wait is not None and part["call_id"] == wait[-1].call_id:
            segments[-1].asked = [call for call in wait if call.place == "client"]
            segments.append(Segment())
    if len(segments) > 1 and not segments[-2].is_handed_in:
        segments.pop()
    return segments


def _waits(calls: Sequence[CallRecord]) -> dict[str, list[CallRecord]]:
    """The calls of steps in which the client was asked, by the ids of each; only what was asked has an end of time."""
    steps = {call.step for call in calls if call.place == "client" and call.expires_at is not None}
    of_steps = {step: [call for call in calls if call.step == step] for step in sorted(steps)}
    return {call.call_id: found for found in of_steps.values() for call in found}
