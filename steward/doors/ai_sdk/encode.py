"""Run events as a UI message stream, version 1, for ai 5, 6 and 7.

The client's schema is strict: an optional field is left out and never null, and only known types may be sent.
"""

from __future__ import annotations

from typing import Any, Final, assert_never

import msgspec
from msgspec.structs import asdict

from steward.kernel.errors import Refusal
from steward.providers.events import (
    Finish,
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.runs.events import (
    ActionDecision,
    ActionRequest,
    CitationsChecked,
    DataPart,
    Notice,
    Retrieved,
    RunEnd,
    RunEvent,
    RunPause,
    RunStart,
    SourceCite,
    StepEnd,
    StepRestart,
    StepStart,
    ToolDenied,
    ToolFailure,
    ToolProgress,
    ToolResult,
)
from steward.runs.transcript import source_part

DONE: Final = b"data: [DONE]\n\n"
HEADERS: Final = {"x-vercel-ai-ui-message-stream": "v1"}

_FINISH: Final = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool-calls",
    "content_filter": "content-filter",
}
_BROKE: Final = "The answer broke off. What came so far is kept; try again."
_json: Final = msgspec.json.Encoder().encode


def chunk(**fields: Any) -> bytes:
    """One chunk of the stream; fields that are None are left out."""
    return b"data: " + _json({name: value for name, value in fields.items() if value is not None}) + b"\n\n"


class Encoder:
    """Holds what the wire needs and our events do not have: which part is open, and its id."""

    def __init__(self) -> None:
        self._open = ""
        self._parts = 0
        self._in_step = False
        self._delta = b""
        self._run_id = ""

    def encode(self, events: list[RunEvent]) -> bytes:
        """The chunks of a batch, in one piece. Neighbouring deltas leave as one."""
        out: list[bytes] = []
        pending: list[str] = []
        for event in events:
            if isinstance(event, TextDelta | ReasoningDelta):
                kind = "text" if isinstance(event, TextDelta) else "reasoning"
                if kind != self._open:
                    self._flush(out, pending)
                    self._start(out, kind)
                pending.append(event.text)
                continue
            self._flush(out, pending)
            self._other(out, event)
        self._flush(out, pending)
        return b"".join(out)

    def _flush(self, out: list[bytes], pending: list[str]) -> None:
        if pending:
            out.append(self._delta + _json("".join(pending)) + b"}\n\n")
            pending.clear()

    def _start(self, out: list[bytes], kind: str) -> None:
        self._close(out)
        self._parts += 1
        self._open = kind
        part_id = f"{kind}-{self._parts}"
        out.append(chunk(type=f"{kind}-start", id=part_id))
        self._delta = f'data: {{"type":"{kind}-delta","id":"{part_id}","delta":'.encode()

    def _close(self, out: list[bytes]) -> None:
        if self._open:
            out.append(chunk(type=f"{self._open}-end", id=f"{self._open}-{self._parts}"))
            self._open = ""

    def _step_over(self, out: list[bytes]) -> None:
        self._close(out)
        if self._in_step:
            out.append(chunk(type="finish-step"))
            self._in_step = False

    def _other(self, out: list[bytes], event: RunEvent) -> None:
        match event:
            case RunStart():
                self._run_id = event.run_id
                metadata = {
                    "thread_id": event.thread_id,
                    "run_id": event.run_id,
                    "model": event.model,
                    "created_at": event.created_at,
                }
                out.append(chunk(type="start", messageId=event.message_id, messageMetadata=metadata))
            case StepStart():
                self._step_over(out)
                self._in_step = True
                out.append(chunk(type="start-step"))
            case StepEnd():
                self._step_over(out)
            case (
                ToolCallStart() | ToolInputDelta() | ToolCall() | ToolResult() | ToolFailure() | ToolDenied()
            ):
                self._tool(out, event)
            case ToolProgress() | ActionRequest() | ActionDecision() | DataPart() | Notice():
                self._beside(out, event)
            case RunPause():
                self._pause(out)
            case RunEnd():
                self._end(out, event)
            case SourceCite() | CitationsChecked():
                out.append(_cited(event))
            case Usage() | Finish() | StepRestart() | ProviderState() | Retrieved():
                # Usage and reason travel with the end; a restart is the business of whoever feeds the encoder, and
                # what a wire keeps for itself is nobody's. Passages that nobody cites are not shown.
                pass
            case TextDelta() | ReasoningDelta():
                raise AssertionError("deltas are encoded in batches")
            case _:
                assert_never(event)

    def _tool(
        self,
        out: list[bytes],
        event: ToolCallStart | ToolInputDelta | ToolCall | ToolResult | ToolFailure | ToolDenied,
    ) -> None:
        match event:
            case ToolCallStart():
                self._close(out)
                begun = {"toolCallId": event.call_id, "toolName": event.name}
                out.append(chunk(type="tool-input-start", **begun, dynamic=True))
            case ToolInputDelta():
                out.append(
                    chunk(type="tool-input-delta", toolCallId=event.call_id, inputTextDelta=event.text)
                )
            case ToolCall():
                self._close(out)
                out.append(_tool_input(event))
            case ToolResult():
                # Written whole: an output that is null must be there.
                done = {"type": "tool-output-available", "toolCallId": event.call_id, "output": event.output}
                out.append(b"data: " + _json({**done, "dynamic": True}) + b"\n\n")
            case ToolFailure():
                failed = {"toolCallId": event.call_id, "errorText": event.message}
                out.append(chunk(type="tool-output-error", **failed, dynamic=True))
            case ToolDenied():
                out.append(chunk(type="tool-output-denied", toolCallId=event.call_id))

    def _beside(
        self, out: list[bytes], event: ToolProgress | ActionRequest | ActionDecision | DataPart | Notice
    ) -> None:
        match event:
            case Notice():
                out.append(chunk(type="data-notice", data={"tag": event.tag, "message": event.message}))
            case ToolProgress():
                told = {"toolCallId": event.call_id, "message": event.message}
                # Shown while the tool works, and kept by nobody.
                out.append(chunk(type="data-progress", data=told, transient=True))
            case ActionRequest():
                if event.kind == "approval":
                    asked = {"approvalId": event.action_id, "toolCallId": event.call_id}
                    out.append(chunk(type="tool-approval-request", **asked))
                out.append(chunk(type="data-action", id=event.action_id, data=_action(event)))
            case ActionDecision():
                data = {"toolCallId": event.call_id, "actionId": event.action_id, "state": "approved"}
                # Again, because whoever approved the call may have changed it.
                out.append(_tool_input(ToolCall(event.call_id, event.name, event.input, "")))
                out.append(chunk(type="data-action", id=event.action_id, data=data))
            case DataPart():
                out.append(chunk(type=f"data-{event.name}", data=event.data))

    def _pause(self, out: list[bytes]) -> None:
        """The stream ends here; the answer to what the turn waits for opens the next one."""
        self._step_over(out)
        metadata = {"status": "requires_action"}
        out.append(chunk(type="finish", messageMetadata=metadata, finishReason="tool-calls"))
        out.append(DONE)

    def _end(self, out: list[bytes], event: RunEnd) -> None:
        self._step_over(out)
        metadata = {
            "status": event.status,
            "finish_reason": event.finish_reason,
            "model": event.model,
            "duration_ms": event.duration_ms,
            "cost_usd": event.cost_usd,
            "usage": {
                "input_tokens": event.input_tokens,
                "output_tokens": event.output_tokens,
                "total_tokens": event.input_tokens + event.output_tokens,
            },
        }
        if event.error_message is not None or event.status in ("failed", "expired"):
            # A stream that ends in order counts as success: a failure ends in an error, whatever is known of it.
            sentence = event.error_message or _BROKE
            metadata["error_tag"] = event.error_tag
            metadata["error"] = _facts(event.error_tag or "unknown", sentence, is_own=event.error_is_own)
            out.append(chunk(type="message-metadata", messageMetadata=metadata))
            out.append(error(sentence, self._run_id))
        else:
            reason = (
                "other" if event.status == "cancelled" else _FINISH.get(event.finish_reason or "", "other")
            )
            out.append(chunk(type="finish", messageMetadata=metadata, finishReason=reason))
        out.append(DONE)


def error(sentence: str, run_id: str) -> bytes:
    """The chunk of a failure: a sentence for people and the run to ask about."""
    return chunk(type="error", errorText=f"{sentence} ({run_id})" if run_id else sentence)


def refusal(error_: Refusal) -> bytes:
    """The chunks of a refusal in mid-stream where there is no run: what it is, then its sentence."""
    facts = _facts(error_.tag, error_.detail, is_own=error_.is_own)
    told = chunk(type="message-metadata", messageMetadata={"error_tag": error_.tag, "error": facts})
    return told + error(error_.detail, "")


def continuation(message_id: str, run_id: str, thread_id: str) -> bytes:
    """The first chunk of a stream that goes on with a message which the client has."""
    metadata = {"thread_id": thread_id, "run_id": run_id}
    return chunk(type="start", messageId=message_id, messageMetadata=metadata)


def _facts(tag: str, sentence: str, *, is_own: bool) -> dict[str, Any]:
    """A failure as messages keep it."""
    return {"tag": tag, "message": sentence, "is_own": is_own}


def _action(event: ActionRequest) -> dict[str, Any]:
    told = {
        "toolCallId": event.call_id,
        "actionId": event.action_id,
        "state": "waiting",
        "kind": event.kind,
        "reason": event.reason,
        "approvers": event.approvers,
        "expiresAt": event.expires_at,
    }
    return {name: value for name, value in told.items() if value is not None}


def _cited(event: SourceCite | CitationsChecked) -> bytes:
    if isinstance(event, SourceCite):
        return _source(event)
    return chunk(type="data-citations", data={"places": [asdict(one) for one in event.places]})


def _source(event: SourceCite) -> bytes:
    part = source_part(event)
    told = {
        name: value
        for name, value in part.items()
        if name not in ("type", "title", "url") and value is not None
    }
    return chunk(
        type="source-url",
        sourceId=f"source-{event.passage.number}",
        url=event.passage.url,
        title=event.passage.title,
        providerMetadata={"steward": told},
    )


def _tool_input(event: ToolCall) -> bytes:
    if event.input is None:
        return chunk(
            type="tool-input-error",
            toolCallId=event.call_id,
            toolName=event.name,
            input=event.raw_input,
            errorText="The model wrote an input that is no JSON object.",
            dynamic=True,
        )
    return chunk(
        type="tool-input-available",
        toolCallId=event.call_id,
        toolName=event.name,
        input=event.input,
        dynamic=True,
    )
