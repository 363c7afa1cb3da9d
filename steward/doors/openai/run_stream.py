"""The events of a run as the stream of the Assistants API. Every frame has a name, and the names come in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from steward.doors.openai import run_steps
from steward.doors.openai.run_objects import usage_of
from steward.doors.openai.run_steps import Step
from steward.doors.openai.thread_objects import text_content
from steward.kernel.ids import id_of
from steward.providers.events import TextDelta, ToolCall, ToolCallStart, ToolInputDelta, Usage
from steward.runs.events import Retrieved, RunEvent, StepEnd, StepStart, ToolDenied, ToolFailure, ToolResult
from steward.runs.records import RunRecord

DONE: Final = b"event: done\ndata: [DONE]\n\n"
_ENDS: Final = {"failed": "failed", "cancelled": "cancelled", "expired": "expired"}
_json: Final = msgspec.json.Encoder().encode


def frame(name: str, data: Any) -> bytes:
    """One event of the stream."""
    return b"event: " + name.encode() + b"\ndata: " + _json(data) + b"\n\n"


def run_frame(run: Mapping[str, Any], status: str | None = None) -> bytes:
    """The event that a run has a status, its own or the one given."""
    shown = run if status is None else {**run, "status": "queued" if status == "created" else status}
    return frame(f"thread.run.{status or run['status']}", shown)


@dataclass(slots=True)
class _ToolStep:
    """A step of tools that this stream has opened."""

    step: Step
    indexes: dict[str, int] = field(default_factory=dict[str, int])
    silent: set[str] = field(default_factory=set[str])
    """Calls whose arguments no delta has brought yet."""

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.step["step_details"]["tool_calls"]


class Encoder:
    """The frames of one run for one reader.

    Nothing here asks anybody: what the stream needs of the database comes with `pause` and `end`.
    """

    def __init__(self, run: RunRecord, shown: dict[str, Any], *, said: str = "") -> None:
        """Begin a stream.

        Args:
            run: whose stream it is.
            shown: the same run as this wire shows it.
            said: what its message held already when the stream began.
        """
        self._run = run
        self._shown = shown
        self._said = said
        self._step = 1
        self._message: dict[str, Any] | None = None
        self._tools: _ToolStep | None = None
        self._used: dict[str, int] | None = None
        self._searched = not run_steps.searches(run)
        self._is_first_delta = True
        head = {"id": run.message_id, "object": "thread.message.delta"}
        self._text_head = (
            b"event: thread.message.delta\ndata: "
            + _json(head)[:-1]
            + b',"delta":{"content":[{"index":0,"type":"text","text":{'
        )

    def begin(self) -> bytes:
        """The frames of a new run."""
        return b"".join(run_frame(self._shown, status) for status in ("created", "queued", "in_progress"))

    def go_on(self, handed_in: Sequence[Step]) -> bytes:
        """The frames of a run that goes on with the outputs of these steps."""
        # What was searched before the run waited was told in the stream before this one.
        self._searched = True
        done = [frame("thread.run.step.completed", step) for step in handed_in]
        return b"".join([*done, *(run_frame(self._shown, status) for status in ("queued", "in_progress"))])

    def encode(self, events: Sequence[RunEvent]) -> bytes:
        """The frames of a batch, in one piece. Neighbouring deltas of the text leave as one."""
        frames: list[bytes] = []
        texts: list[str] = []
        for event in events:
            if isinstance(event, TextDelta):
                texts.append(event.text)
                continue
            if texts:
                frames.append(self._text("".join(texts)))
                texts.clear()
            frames.append(self._frames_of(event))
        if texts:
            frames.append(self._text("".join(texts)))
        return b"".join(frames)

    def pause(self, shown: Mapping[str, Any]) -> bytes:
        """The last frames of a stream whose run waits for the program that asked."""
        return run_frame(shown) + DONE

    def end(
        self, shown: Mapping[str, Any], message: Mapping[str, Any] | None, steps: Sequence[Step]
    ) -> bytes:
        """The last frames of a run that is over.

        Args:
            shown: the run as it ended.
            message: its answer as it is stored; None when it has none.
            steps: all of its steps, as they ended.
        """
        status: str = shown["status"]
        ended = {step["id"]: step for step in steps}
        frames: list[bytes] = []
        if self._message is not None and message is not None:
            frames += [self._annotations(message), self._message_end(message)]
            frames.append(_step_end(self._message["step"], ended, status))
        if self._tools is not None:
            frames.append(_step_end(self._tools.step, ended, status))
        return b"".join([*frames, run_frame(shown), DONE])

    def _frames_of(self, event: RunEvent) -> bytes:
        match event:
            case StepStart():
                self._step, self._used = event.step, None
                # Without a passage the search has found nothing, which is told as well.
                return self._search([])
            case Retrieved():
                return self._search([_source(passage) for passage in event.passages])
            case ToolCallStart():
                return self._call(event.call_id, event.name)
            case ToolInputDelta():
                return self._arguments(event.call_id, event.text)
            case ToolCall():
                return self._whole_call(event)
            case ToolResult():
                return self._output(event.call_id, run_steps.output_of(event.output))
            case ToolFailure() | ToolDenied():
                return self._output(event.call_id, event.message)
            case Usage():
                self._used = usage_of(event.input_tokens, event.output_tokens)
                return b""
            case StepEnd():
                return self._tools_end()
            case _:
                return b""

    def _text(self, text: str) -> bytes:
        if not text:
            return b""
        opening = b"" if self._message is not None else self._message_start()
        annotations = b',"annotations":[]' if self._is_first_delta else b""
        self._is_first_delta = False
        return opening + self._text_head + b'"value":' + _json(text) + annotations + b"}}]}}\n\n"

    def _message_start(self) -> bytes:
        run = self._run
        step = run_steps.message_step(run, "in_progress", began_at=run.created_at)
        content = [text_content(self._said, [])] if self._said else []
        message: dict[str, Any] = {
            "id": run.message_id,
            "object": "thread.message",
            "created_at": self._shown["created_at"],
            "thread_id": run.thread_id,
            "status": "in_progress",
            "incomplete_details": None,
            "completed_at": None,
            "incomplete_at": None,
            "role": "assistant",
            "content": content,
            "assistant_id": self._shown["assistant_id"],
            "run_id": run.id,
            "attachments": [],
            "metadata": {},
        }
        # What stands in the message already has its list of annotations.
        self._is_first_delta = not self._said
        self._message = {"step": step, **message}
        return _begun(step) + b"".join(
            frame(f"thread.message.{name}", message) for name in ("created", "in_progress")
        )

    def _annotations(self, message: Mapping[str, Any]) -> bytes:
        """What the answer cites, known when it is whole; each with its index, by which clients add them up."""
        texts: list[dict[str, Any]] = [part["text"] for part in message["content"] if part["type"] == "text"]
        known: list[dict[str, Any]] = texts[0]["annotations"] if texts else []
        cited = [{"index": at, **one} for at, one in enumerate(known)]
        if not cited:
            return b""
        delta = {"content": [{"index": 0, "type": "text", "text": {"annotations": cited}}]}
        return frame(
            "thread.message.delta", {"id": message["id"], "object": "thread.message.delta", "delta": delta}
        )

    def _message_end(self, message: Mapping[str, Any]) -> bytes:
        name = "completed" if message["status"] == "completed" else "incomplete"
        return frame(f"thread.message.{name}", message)

    def _search(self, sources: Sequence[dict[str, Any]]) -> bytes:
        if self._searched:
            return b""
        self._searched = True
        run = self._run
        found = [run_steps.found_in(source, with_content=False) for source in sources]
        call = run_steps.search_call(id_of("call", run.id, "search"), found)
        step_id = run_steps.search_step_id(run.id)
        step = self._step_of_tools(step_id, "in_progress")
        done = run_steps.step_object(
            run,
            step_id,
            {"type": "tool_calls", "tool_calls": [call]},
            "completed",
            run.created_at,
            run.created_at,
        )
        return _begun(step) + _delta(step_id, {"index": 0, **call}) + frame("thread.run.step.completed", done)

    def _call(self, call_id: str, name: str) -> bytes:
        opening = b""
        if self._tools is None:
            step = self._step_of_tools(run_steps.tool_step_id(self._run.id, self._step), "in_progress")
            opening = _begun(step)
            self._tools = _ToolStep(step)
        tools = self._tools
        index = tools.indexes.setdefault(call_id, len(tools.indexes))
        tools.silent.add(call_id)
        function = {"name": name, "arguments": "", "output": None}
        call = {"id": call_id, "type": "function", "function": function}
        # The step's own copy is filled in while the deltas pass; it was written out empty.
        tools.calls.append(call)
        return opening + _delta(tools.step["id"], {"index": index, **call})

    def _arguments(self, call_id: str, text: str) -> bytes:
        if self._tools is None or not text:
            return b""
        index = self._tools.indexes[call_id]
        self._tools.silent.discard(call_id)
        self._tools.calls[index]["function"]["arguments"] += text
        piece = {"index": index, "type": "function", "function": {"arguments": text}}
        return _delta(self._tools.step["id"], piece)

    def _whole_call(self, event: ToolCall) -> bytes:
        is_known = self._tools is not None and event.call_id in self._tools.indexes
        opening = b"" if is_known else self._call(event.call_id, event.name)
        if self._tools is not None and event.call_id in self._tools.silent:
            opening += self._arguments(event.call_id, event.raw_input or "{}")
        return opening

    def _output(self, call_id: str, output: str) -> bytes:
        index = None if self._tools is None else self._tools.indexes.get(call_id)
        if self._tools is not None and index is not None:
            self._tools.calls[index]["function"]["output"] = output
        return b""

    def _tools_end(self) -> bytes:
        """The step of tools whose calls have all been answered here."""
        if self._tools is None:
            return b""
        step, self._tools = self._tools.step, None
        done = {**step, "status": "completed", "completed_at": step["created_at"], "usage": self._used}
        return frame("thread.run.step.completed", done)

    def _step_of_tools(self, step_id: str, status: str) -> Step:
        details: dict[str, Any] = {"type": "tool_calls", "tool_calls": []}
        return run_steps.step_object(self._run, step_id, details, status, self._run.created_at)


def _begun(step: Step) -> bytes:
    return frame("thread.run.step.created", step) + frame("thread.run.step.in_progress", step)


def _delta(step_id: str, call: Mapping[str, Any]) -> bytes:
    details = {"type": "tool_calls", "tool_calls": [call]}
    data = {"id": step_id, "object": "thread.run.step.delta", "delta": {"step_details": details}}
    return frame("thread.run.step.delta", data)


def _step_end(step: Step, ended: Mapping[str, Step], status: str) -> bytes:
    """How a step ended that was open when its run ended."""
    stands = ended.get(step["id"])
    if stands is None or stands["status"] == "in_progress":
        # A call that broke off within its arguments was never stored.
        stands = {**step, "status": _ENDS.get(status, "completed")}
    return frame(f"thread.run.step.{stands['status']}", stands)


def _source(passage: Any) -> dict[str, Any]:
    return {
        "file_id": passage.file_id,
        "document_id": passage.document_id,
        "title": passage.title,
        "score": passage.score,
        "excerpt": passage.text,
    }
