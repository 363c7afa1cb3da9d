"""Responses as the Responses API shows them: a run, or a segment of one that waited for its client's functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from steward.doors.openai.response_ids import conversation_id, response_id
from steward.doors.openai.response_items import Item, ItemsOf, Naming, Part, found_in, search_item
from steward.doors.openai.response_segments import Segment, segments_of
from steward.doors.openai.run_objects import error_of
from steward.runs.records import CallRecord, RunRecord

KEPT: Final = "response"
"""What this door keeps with a run: the settings as they are shown. Runs of other doors are no responses."""
OVER: Final = frozenset({"completed", "incomplete", "failed", "cancelled"})

_STATUS: Final = {"requires_action": "in_progress", "expired": "failed"}


@dataclass(frozen=True, slots=True)
class Stand:
    """A response as it stands.

    Attributes:
        number: of the run's segment that it is.
        question: for which the documents were searched.
    """

    run: RunRecord
    calls: Sequence[CallRecord]
    segments: Sequence[Segment]
    number: int
    question: str = ""

    @property
    def id(self) -> str:
        """The id of the response."""
        return response_id(self.run.id, self.number)

    @property
    def segment(self) -> Segment:
        """What this response says."""
        return self.segments[self.number] if self.number < len(self.segments) else Segment()

    @property
    def status(self) -> str:
        """As the wire shows it. A response that asks for functions is whole, whatever becomes of them."""
        if self.segment.asked or self.number < len(self.segments) - 1:
            return "completed"
        if self.run.status == "queued" and not self.echo["background"]:
            return "in_progress"
        return _STATUS.get(self.run.status, self.run.status)

    @property
    def echo(self) -> dict[str, Any]:
        """The settings as the response shows them: those that came with the outputs, once a run has gone on."""
        return self._later.get("echo") or self.run.kept[KEPT]

    @property
    def created_at(self) -> int:
        """When it was asked for, in seconds."""
        return int(self._later.get("began_at") or self.run.created_at.timestamp())

    @property
    def ended_at(self) -> int:
        """When it was whole, in seconds: with what it asked for, or with the run."""
        asked = self.segment.asked
        ended_at = asked[0].created_at if asked else self.run.finished_at
        return self.created_at if ended_at is None else int(ended_at.timestamp())

    @property
    def _later(self) -> dict[str, Any]:
        return self.run.kept["later"].get(str(self.number)) or {}

    @property
    def searches(self) -> bool:
        """Whether the documents were searched for the question, which is told once."""
        return self.number == 0 and any(tool["type"] == "file_search" for tool in self.echo["tools"])

    @property
    def function_names(self) -> frozenset[str]:
        """Functions that the client carries out."""
        return frozenset(tool["name"] for tool in self.echo["tools"] if tool["type"] == "function")

    @property
    def sources(self) -> list[Part]:
        """The passages that the run cites."""
        return [part for part in self.run.parts if part["type"] == "source"]

    def naming(self) -> Naming:
        """The ids of this response's items: those of earlier segments are given away."""
        naming = Naming(self.run.message_id)
        for segment in self.segments[: self.number]:
            _told(self, naming).read(segment.parts)
        return naming


def stand_in(run: RunRecord, calls: Sequence[CallRecord], number: int, question: str = "") -> Stand:
    """A segment of a run as it stands."""
    return Stand(run, calls, segments_of(run, calls), number, question)


def response_object(
    stand: Stand, *, found: Sequence[Part] | None = None, status: str | None = None
) -> dict[str, Any]:
    """A response.

    Args:
        stand: what is stored of it.
        found: passages to show as results of the search; None to show none.
        status: when the wire shows another one than is stored.
    """
    run, echo, shown = stand.run, stand.echo, status or stand.status
    return {
        "id": stand.id,
        "object": "response",
        "created_at": stand.created_at,
        "status": shown,
        "completed_at": stand.ended_at if shown == "completed" else None,
        "error": error_of(run.error) if shown == "failed" else None,
        "incomplete_details": {"reason": _reason(run)} if shown == "incomplete" else None,
        "model": echo["model"] or run.model or "",
        **{name: given for name, given in echo.items() if name != "model"},
        "conversation": {"id": conversation_id(run.thread_id)} if run.kept.get("conversation") else None,
        "output": [] if status is not None else output_of_segment(stand, found),
        "service_tier": "default",
        "max_tool_calls": None,
        "top_logprobs": 0,
        "usage": _usage(stand) if shown in OVER else None,
    }


def output_of_segment(stand: Stand, found: Sequence[Part] | None = None) -> list[Item]:
    """The items of a response; `found` as in `response_object`."""
    status = "completed" if stand.status == "completed" else "incomplete"
    if stand.status not in OVER:
        status = "in_progress"
    naming = stand.naming()
    said = _told(stand, naming).read(stand.segment.parts, last_status=status)
    if not stand.searches:
        return said
    results = None if found is None else [found_in(source) for source in found]
    return [search_item(naming.search, [stand.question], "completed", results), *said]


def _told(stand: Stand, naming: Naming) -> ItemsOf:
    names = stand.function_names
    return ItemsOf(naming, stand.sources, lambda part: part["name"] in names)


def _usage(stand: Stand) -> dict[str, Any]:
    """Tokens of this segment's model calls: those up to its end, without those of the segments before it."""
    run = stand.run
    given, written = run.input_tokens, run.output_tokens
    if stand.segment.asked:
        until = stand.segment.asked[0].step
        given, written = _used_until(run, until)
    if stand.number:
        ahead = _used_until(run, stand.segments[stand.number - 1].asked[0].step)
        given, written = given - ahead[0], written - ahead[1]
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + written,
    }


def _used_until(run: RunRecord, step: int) -> tuple[int, int]:
    used = run.steps[:step]
    return sum(one.input_tokens for one in used), sum(one.output_tokens for one in used)


def _reason(run: RunRecord) -> str:
    return "content_filter" if run.finish_reason == "content_filter" else "max_output_tokens"
