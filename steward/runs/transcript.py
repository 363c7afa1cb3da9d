"""The transcript: folds a turn's events into the parts of its message."""

from __future__ import annotations

from typing import Any

from steward.providers.events import (
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    Usage,
)
from steward.runs.events import Notice, RunEvent, StepEnd, StepStart, ToolFailure, ToolResult

Part = dict[str, Any]


class Transcript:
    """A message in the making. Text is collected in pieces and joined when somebody looks."""

    def __init__(self, parts: list[Part] | None = None) -> None:
        self._parts: list[Part] = [] if parts is None else list(parts)
        self._kind = ""
        self._pieces: list[str] = []
        self._speaking = False
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
            case ToolCallStart():
                self._close()
                self._speaking = True
                part = {
                    "type": "tool_call",
                    "call_id": event.call_id,
                    "name": event.name,
                    "state": "input_streaming",
                }
                self._parts.append(part)
            case ToolCall():
                self.output_chars += len(event.raw_input)
                part = self._call(event.call_id, event.name)
                part.update(input=event.input, state="input_ready")
                if event.input is None:
                    part["raw_input"] = event.raw_input
            case ProviderState():
                self._keep(event)
            case Notice():
                self._close()
                notice = {"tag": event.tag, "message": event.message}
                self._parts.append({"type": "data", "name": "notice", "data": notice})
            case StepStart() | StepEnd():
                self._speaking = False
            case ToolResult():
                self._call(event.call_id, "").update(output=event.output, state="output_ready")
            case ToolFailure():
                self._call(event.call_id, "").update(error=event.message, state="failed")
            case Usage():
                self.input_tokens += event.input_tokens
                self.output_tokens += event.output_tokens
                self.cached_tokens += event.cached_tokens
            case _:
                pass

    def parts(self) -> list[Part]:
        """The message as it stands."""
        self._close()
        return list(self._parts)

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
