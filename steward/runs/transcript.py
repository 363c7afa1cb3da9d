"""The transcript: folds a turn's events into the parts of its message."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from steward.providers.events import (
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    Usage,
)
from steward.runs.events import (
    ActionDecision,
    ActionRequest,
    CitationsChecked,
    DataPart,
    Notice,
    RunEvent,
    SourceCite,
    StepEnd,
    StepStart,
    ToolDenied,
    ToolFailure,
    ToolResult,
)

Part = dict[str, Any]


def source_part(event: SourceCite) -> Part:
    """A cited passage as its message keeps it: enough to show it, and to open the document at the place."""
    passage = event.passage
    return {
        "type": "source",
        "number": passage.number,
        "title": passage.title,
        "url": passage.url,
        "excerpt": event.excerpt,
        "score": passage.score,
        "document_id": passage.document_id,
        "file_id": passage.file_id,
        "revision": passage.revision,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "headings": list(passage.headings),
    }


OPEN: Final = frozenset({"input_ready", "waiting", "approved"})
"""States of a call that nothing has come of yet."""


class Transcript:
    """A message in the making. Text is collected in pieces and joined when somebody looks."""

    def __init__(self, parts: list[Part] | None = None) -> None:
        self._parts: list[Part] = [] if parts is None else list(parts)
        self._kind = ""
        self._pieces: list[str] = []
        self._speaking = False
        self._sources: list[Part] = []
        self._beside: list[Part] = []
        self._citations: list[dict[str, Any]] = []
        self.input_tokens = 0
        self.output_tokens = 0
        self.cached_tokens = 0
        self.output_chars = 0

    def add(self, event: RunEvent) -> None:
        """Take one event in."""
        match event:
            case TextDelta():
                self._text("text", event.text)
            case ReasoningDelta():
                self._text("reasoning", event.text)
            case ToolCallStart() | ToolCall() | ToolResult() | ToolFailure() | ToolDenied():
                self._tool(event)
            case ProviderState():
                self._keep(event)
            case Notice():
                self._data("notice", {"tag": event.tag, "message": event.message})
            case SourceCite():
                # The text goes on behind it: a source is beside the answer and not in it.
                self._sources.append(source_part(event))
            case CitationsChecked():
                self._citations = [msgspec.structs.asdict(place) for place in event.places]
            case StepStart() | StepEnd():
                self._speaking = False
            case ActionRequest() | ActionDecision():
                self._asked(event)
            case DataPart():
                # As with sources: the text goes on behind it.
                self._beside.append({"type": "data", "name": event.name, "data": event.data})
            case Usage():
                self.input_tokens += event.input_tokens
                self.output_tokens += event.output_tokens
                self.cached_tokens += event.cached_tokens
            case _:
                pass

    def parts(self) -> list[Part]:
        """The message as it stands."""
        self._close()
        beside: list[Part] = [*self._sources, *self._beside]
        if self._citations:
            beside.append({"type": "data", "name": "citations", "data": {"places": self._citations}})
        return [*self._parts, *beside]

    def _data(self, name: str, data: dict[str, Any]) -> None:
        self._close()
        self._parts.append({"type": "data", "name": name, "data": data})

    def _tool(self, event: ToolCallStart | ToolCall | ToolResult | ToolFailure | ToolDenied) -> None:
        if isinstance(event, ToolCallStart | ToolCall):
            self._call_began(event)
        else:
            self._result(event)

    def _call_began(self, event: ToolCallStart | ToolCall) -> None:
        if isinstance(event, ToolCallStart):
            self._close()
            self._speaking = True
            begun = {
                "type": "tool_call",
                "call_id": event.call_id,
                "name": event.name,
                "state": "input_streaming",
            }
            self._parts.append(begun)
            return
        self.output_chars += len(event.raw_input)
        part = self._call(event.call_id, event.name)
        part.update(input=event.input, state="input_ready")
        if event.input is None:
            part["raw_input"] = event.raw_input

    def _result(self, event: ToolResult | ToolFailure | ToolDenied) -> None:
        call = self._call(event.call_id, "")
        if isinstance(event, ToolResult):
            call.update(output=event.output, state="output_ready")
        else:
            call.update(error=event.message, state="denied" if isinstance(event, ToolDenied) else "failed")

    def _asked(self, event: ActionRequest | ActionDecision) -> None:
        call = self._call(event.call_id, "")
        call["action_id"] = event.action_id
        if isinstance(event, ActionRequest):
            call.update(
                state="waiting",
                waits_for=event.kind,
                reason=event.reason,
                approvers=event.approvers,
                expires_at=event.expires_at,
            )
        else:
            call.update(state="approved", input=event.input)

    def open_calls(self) -> list[ToolCall]:
        """The calls that nothing has come of yet: of the last step, for no step begins before they are answered."""
        return [
            ToolCall(part["call_id"], part["name"], part["input"], part.get("raw_input", ""))
            for part in self._parts
            if part["type"] == "tool_call" and part.get("state") in OPEN
        ]

    def state_of(self, call_id: str) -> str:
        """How far a call has come."""
        return self._call(call_id, "").get("state", "")

    def text(self) -> str:
        """What was said so far, without thoughts and tools."""
        self._close()
        return "".join(part["text"] for part in self._parts if part["type"] == "text")

    def _text(self, kind: str, text: str) -> None:
        if kind != self._kind:
            self._close()
            self._kind = kind
        self._speaking = True
        self._pieces.append(text)
        self.output_chars += len(text)

    def _close(self) -> None:
        if not self._pieces:
            return
        text = "".join(self._pieces)
        last = self._parts[-1] if self._parts else None
        if last is not None and last["type"] == self._kind and "provider_state" not in last:
            self._parts[-1] = {**last, "text": last["text"] + text}
        else:
            self._parts.append({"type": self._kind, "text": text})
        self._pieces.clear()

    def _keep(self, state: ProviderState) -> None:
        """Attach what a wire wants to see again to the part that this step said last, or to an empty thought."""
        self._close()
        kept = {"wire": state.wire, "data": state.data}
        if self._speaking and self._parts and "provider_state" not in self._parts[-1]:
            self._parts[-1] = {**self._parts[-1], "provider_state": kept}
        else:
            self._parts.append({"type": "reasoning", "text": "", "provider_state": kept})

    def _call(self, call_id: str, name: str) -> Part:
        self._close()
        for part in reversed(self._parts):
            if part["type"] == "tool_call" and part["call_id"] == call_id:
                return part
        part: Part = {"type": "tool_call", "call_id": call_id, "name": name}
        self._parts.append(part)
        return part
