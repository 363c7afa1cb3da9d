"""The four wires side by side: how each is called, what each says, and the streams that tests play to them.

The streams in `recordings/` have the form in which the providers send them. They were written by hand after the
providers' references, not captured, and the official SDKs' own types judge them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from steward.kernel.settings import Limits
from steward.providers import anthropic_messages, gemini, openai_chat, openai_responses
from steward.providers.errors import LLMError
from steward.providers.events import (
    ProviderEvent,
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
)
from steward.providers.transport import SSEReader
from steward.providers.wire import Endpoint, ModelRequest, PromptMessage, Quirks, Wire

RECORDINGS: Final = Path(__file__).parent / "recordings"
LIMITS: Final = Limits(connect_seconds=2, first_token_seconds=2, idle_seconds=2)
KEY: Final = "sk-of-the-tests"


@dataclass(frozen=True)
class Spoken:
    """A wire with what tests need of it."""

    name: str
    wire: Wire
    reader: type[SSEReader]
    body: Any
    provider: str
    model: str

    def endpoint(self, base_url: str = "http://127.0.0.1:9/v1", **quirks: Any) -> Endpoint:
        return Endpoint(self.provider, self.model, base_url, KEY, Quirks(**quirks))

    def recording(self, name: str) -> bytes:
        return (RECORDINGS / f"{self.name}_{name}.sse").read_bytes()

    def text(self, *pieces: str) -> bytes:
        """The beginning of an answer, which says these pieces of text and no end."""
        return b"".join(_line(self.name, piece) for piece in pieces)

    def request_body(self, request: ModelRequest) -> dict[str, Any]:
        return self.body(self.endpoint(), request)


WIRES: Final = {
    spoken.name: spoken
    for spoken in (
        Spoken(
            "openai_chat",
            openai_chat.OpenAIChat(),
            openai_chat.Reader,
            openai_chat.request_body,
            "openai",
            "gpt-4o",
        ),
        Spoken(
            "openai_responses",
            openai_responses.OpenAIResponses(),
            openai_responses.Reader,
            openai_responses.request_body,
            "openai",
            "gpt-5-mini",
        ),
        Spoken(
            "anthropic_messages",
            anthropic_messages.AnthropicMessages(),
            anthropic_messages.Reader,
            anthropic_messages.request_body,
            "anthropic",
            "claude-sonnet-4-5",
        ),
        Spoken("gemini", gemini.Gemini(), gemini.Reader, gemini.request_body, "google", "gemini-2.5-flash"),
    )
}  # fmt: skip


def _line(name: str, text: str) -> bytes:
    said: dict[str, Any] = {
        "openai_chat": {"choices": [{"index": 0, "delta": {"content": text}}]},
        "openai_responses": {"type": "response.output_text.delta", "output_index": 0, "delta": text},
        "anthropic_messages": {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        "gemini": {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}]},
    }[name]
    return b"data: " + msgspec.json.encode(said) + b"\n\n"


def asking(text: str = "hi", **settings: Any) -> ModelRequest:
    return ModelRequest([PromptMessage.of_text("user", text)], **settings)


async def call(
    http: aiohttp.ClientSession,
    spoken: Spoken,
    base_url: str,
    request: ModelRequest | None = None,
    limits: Limits = LIMITS,
    **quirks: Any,
) -> tuple[list[ProviderEvent], LLMError | None]:
    """Everything that came, and how the call failed."""
    events: list[ProviderEvent] = []
    endpoint = spoken.endpoint(base_url, **quirks)
    failure: LLMError | None = None
    try:
        async for batch in spoken.wire.stream(http, endpoint, request or asking(), limits):
            assert batch, "an empty batch wakes readers for nothing"
            events += batch
    except LLMError as error:
        failure = error
    assert failure is None or KEY not in failure.cause + failure.detail
    return events, failure


def read_in_pieces(spoken: Spoken, data: bytes, cuts: list[int]) -> list[ProviderEvent]:
    """What a reader makes of a stream that comes in these pieces, ids of its own making and all."""
    reader = spoken.reader(spoken.endpoint())
    events: list[ProviderEvent] = []
    start = 0
    for stop in [*sorted(cut % len(data) for cut in cuts), len(data)]:
        events += reader.feed(data[start:stop])
        start = stop
    if reader.failure is not None:
        raise reader.failure
    return [*events, *reader.close()]


def text_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def merged(events: list[ProviderEvent]) -> list[ProviderEvent]:
    """The same events with neighbouring pieces joined, however they were cut, and calls named in their order."""
    out: list[ProviderEvent] = []
    names: dict[str, str] = {}
    for event in events:
        last = out[-1] if out else None
        match event, last:
            case (TextDelta(text=more), TextDelta(text=text)):
                out[-1] = TextDelta(text + more)
            case (ReasoningDelta(text=more), ReasoningDelta(text=text)):
                out[-1] = ReasoningDelta(text + more)
            case (ToolInputDelta(call_id=call_id, text=more), ToolInputDelta(text=text)):
                if names[call_id] == last.call_id:
                    out[-1] = ToolInputDelta(last.call_id, text + more)
                else:
                    out.append(ToolInputDelta(names[call_id], more))
            case (ToolInputDelta(call_id=call_id, text=more), _):
                out.append(ToolInputDelta(names[call_id], more))
            case (ToolCallStart(call_id=call_id, name=name), _):
                names[call_id] = f"call {len(names)}"
                out.append(ToolCallStart(names[call_id], name))
            case (ToolCall(call_id=call_id, name=name, input=given, raw_input=raw), _):
                out.append(ToolCall(names[call_id], name, given, raw))
            case _:
                out.append(event)
    return out


def without_state(events: list[ProviderEvent]) -> list[ProviderEvent]:
    return merged([event for event in events if not isinstance(event, ProviderState)])
