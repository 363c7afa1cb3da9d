"""What the wires read alike from a prompt: rounds of an answer, results of tools, files, and wished forms of output."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import unquote_to_bytes

import msgspec

from steward.providers.wire import Endpoint, OutputSchema, PromptMessage

Part = dict[str, Any]

_INTERRUPTED: Final = "Error: interrupted before it gave a result."
_TEXTUAL: Final = ("application/json", "application/xml", "application/yaml", "application/x-yaml")
LEFT_OUT: Final = "(What came before is left out.)"
"""Stands for the question of a history that begins with an answer, where a wire wants a question first."""


def rounds(message: PromptMessage) -> list[list[Part]]:
    """An answer's parts, cut behind its tool calls: what was said after the tools answered follows their answers."""
    cut: list[list[Part]] = []
    current: list[Part] = []
    for part in message.parts:
        kind = part.get("type")
        if kind not in ("text", "reasoning", "tool_call") or (kind == "text" and not part["text"]):
            continue
        if kind != "tool_call" and current and current[-1]["type"] == "tool_call":
            cut.append(current)
            current = []
        current.append(part)
    return [*cut, current] if current else cut


def calls_of(parts: Iterable[Part]) -> list[Part]:
    """The tool calls among parts."""
    return [part for part in parts if part.get("type") == "tool_call"]


def text_of(parts: Iterable[Part]) -> str:
    """The text among parts."""
    return "".join(part["text"] for part in parts if part.get("type") == "text")


def failed(call: Part) -> str | None:
    """Why a tool call gave no output, or None. One that was never answered makes every later request invalid."""
    if call.get("error") is not None:
        return f"Error: {call['error']}"
    return None if "output" in call else _INTERRUPTED


def result(call: Part) -> str:
    """What came of a tool call, as text."""
    failure = failed(call)
    if failure is not None:
        return failure
    output = call["output"]
    return output if isinstance(output, str) else written(output)


def arguments(call: Part) -> dict[str, Any]:
    """The input of a tool call; empty when the model wrote something that is no object."""
    given = call.get("input")
    return cast(dict[str, Any], given) if isinstance(given, dict) else {}


def written(value: Any) -> str:
    """JSON text."""
    return msgspec.json.encode(value).decode()


def state_for(endpoint: Endpoint, **data: Any) -> dict[str, Any]:
    """What to keep in a `ProviderState`: signatures hold only for the model that made them."""
    return {"provider": endpoint.provider, "model": endpoint.model, **data}


def state_of(part: Part, wire: str, endpoint: Endpoint) -> dict[str, Any]:
    """What this wire kept with a part when it spoke to the same model; empty otherwise."""
    state = part.get("provider_state")
    if not isinstance(state, dict):
        return {}
    kept = cast(dict[str, Any], state)
    data = kept.get("data")
    if kept.get("wire") != wire or not isinstance(data, dict):
        return {}
    known = cast(dict[str, Any], data)
    same = (known.get("provider"), known.get("model")) == (endpoint.provider, endpoint.model)
    return known if same else {}


def turn_start(messages: list[PromptMessage]) -> int:
    """The index behind the last question: from there on the prompt is the turn at hand."""
    asked = [at for at, message in enumerate(messages) if message.role == "user"]
    return asked[-1] + 1 if asked else 0


@dataclass(frozen=True, slots=True)
class File:
    """A file of a prompt. `data` is its content in base64, or None when only `url` tells where it is."""

    name: str
    media_type: str
    url: str
    data: str | None

    @property
    def is_image(self) -> bool:
        """Whether a model looks at it."""
        return self.media_type.startswith("image/")

    @property
    def text(self) -> str | None:
        """The content under its name, when it is text; else None."""
        if self.data is None or not (self.media_type.startswith("text/") or self.media_type in _TEXTUAL):
            return None
        try:
            content = base64.b64decode(self.data).decode()
        except (binascii.Error, ValueError):
            return None
        return f"[Attached file: {self.name}]\n{content}"

    @property
    def note(self) -> str:
        """Words in place of a file that the wire does not take."""
        where = f", {self.url}" if self.data is None else ""
        return f"[Attached file: {self.name}, {self.media_type}{where}]"


def read_file(part: Part) -> File:
    """Read a file part, whose `url` is a `data:` URL or says where the file is."""
    url, media_type = str(part["url"]), str(part.get("media_type") or "")
    name = str(part.get("filename") or "file")
    if not url.startswith("data:"):
        return File(name, media_type, url, None)
    head, _, content = url[5:].partition(",")
    told, *flags = head.split(";")
    if not media_type or media_type.endswith("/*"):
        media_type = told or "text/plain"
    if "base64" in flags:
        return File(name, media_type, url, content)
    data = base64.b64encode(unquote_to_bytes(content)).decode()
    return File(name, media_type, f"data:{media_type};base64,{data}", data)


def output_words(output: OutputSchema | str) -> str:
    """An instruction for models that cannot be bound to a form of output."""
    if isinstance(output, OutputSchema):
        return f"Answer with JSON alone, no words around it, that fits this JSON Schema: {written(output.schema)}"
    return "Answer with one JSON object alone, no words around it."
