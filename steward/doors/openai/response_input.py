"""Items as clients of the Responses API send them, read into the messages that threads keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from steward.doors.openai import raw
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body
from steward.kernel import runtime
from steward.threads import exchanges

Part = dict[str, Any]
Role = Literal["user", "assistant", "system"]

_ROLES: Final[dict[str, Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}
_DETAILS: Final = ("auto", "low", "high", "original")
_PASSED_OVER: Final = frozenset({"reasoning", "file_search_call"})
"""What a model's host made for itself: clients send back whatever the last output held."""
_MOST_ITEMS: Final = 1_000
_MOST_PARTS: Final = 500
_MOST_OUTPUT: Final = 10_485_760


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that fits, before its files were looked at.

    Attributes:
        word: the role as the client wrote it.
    """

    role: Role
    parts: list[Part]
    word: str


@dataclass(slots=True)
class Input:
    """What a request says.

    Attributes:
        drafts: messages, the oldest first; calls of functions stand in those of the assistant, with their outputs.
        outputs: of calls that an earlier response asked for, by their ids.
    """

    drafts: list[Draft] = field(default_factory=list[Draft])
    outputs: dict[str, str] = field(default_factory=dict[str, str])


def read(body: Body, name: str = "input") -> Input:
    """Read the items of a body; a text alone is what a user says.

    Raises:
        BadRequest: one does not fit, is of a kind that is not taken here, or calls a function without its output.
        MessageEmpty, MessageTooLong: a message says nothing, or too much.
    """
    given = body.fields.get(name)
    if isinstance(given, str):
        return Input([_fitting(Draft("user", [{"type": "text", "text": given}], "user"))])
    if given is not None and not isinstance(given, list):
        raise raw.wrong_type(body.path_of(name), "one of a string or an array", given)
    reader = _Reader()
    for item in body.inners(name, most=_MOST_ITEMS) or ():
        reader.add(item)
    return reader.read()


class _Reader:
    """Folds items into messages: what an assistant said and called in a row is one."""

    def __init__(self) -> None:
        self._input = Input()
        self._calls: dict[str, Part] = {}

    def add(self, item: Body) -> None:
        kind = item.text("type") or ("message" if "role" in item else None)
        match kind:
            case "message":
                self._message(item)
            case "function_call":
                self._call(item)
            case "function_call_output":
                self._output(item)
            case None:
                raise raw.missing(item.path_of("type"))
            case _ if kind not in _PASSED_OVER:
                raise BadRequest(
                    f"Items of type '{kind}' are not taken here. Send messages, function calls and their outputs; for "
                    "what an earlier response said name it as 'previous_response_id'.",
                    param=item.path_of("type"),
                    code="unsupported_value",
                )
            case _:
                pass

    def read(self) -> Input:
        for call_id, call in self._calls.items():
            if "output" not in call:
                raise no_output(call_id)
        return self._input

    def _message(self, item: Body) -> None:
        word = item.one_of("role", tuple(_ROLES))
        if word is None:
            raise raw.missing(item.path_of("role"))
        parts = _content(item, word)
        if word == "assistant":
            self._answer().extend(parts)
        else:
            self._input.drafts.append(_fitting(Draft(_ROLES[word], parts, word)))

    def _call(self, item: Body) -> None:
        call_id = item.needed_text("call_id", most=200)
        part: Part = {
            "type": "tool_call",
            "call_id": call_id,
            "name": item.needed_text("name", most=128),
            "input": _arguments(item),
            "state": "input_ready",
            "waits_for": "client",
        }
        self._calls[call_id] = part
        self._answer().append(part)

    def _output(self, item: Body) -> None:
        call_id = item.needed_text("call_id", most=200)
        output = _output_text(item)
        call = self._calls.get(call_id)
        if call is None:
            self._input.outputs[call_id] = output
        else:
            call.update(output=output, state="output_ready")

    def _answer(self) -> list[Part]:
        drafts = self._input.drafts
        if not (drafts and drafts[-1].role == "assistant"):
            drafts.append(Draft("assistant", [], "assistant"))
        return drafts[-1].parts


def no_output(call_id: str) -> BadRequest:
    """The refusal of a request that leaves a function call unanswered."""
    return BadRequest(f"No tool output found for function call {call_id}.", param="input")


def no_call(call_id: str, param: str = "input") -> BadRequest:
    """The refusal of an output that no call asked for."""
    return BadRequest(f"No tool call found for function call output with call_id {call_id}.", param=param)


def _fitting(draft: Draft) -> Draft:
    # Programs send whole documents, as in chat completions: what bounds a message is the body that it comes in.
    exchanges.ensure_fits(draft.parts, runtime.current().settings.limits.body_bytes)
    return draft


def _content(item: Body, word: str) -> list[Part]:
    given = item.fields.get("content")
    if given is None:
        raise raw.missing(item.path_of("content"))
    if isinstance(given, str):
        return [{"type": "text", "text": given}]
    if not isinstance(given, list):
        raise raw.wrong_type(item.path_of("content"), "one of a string or an array", given)
    parts = [_part(content) for content in item.inners("content", most=_MOST_PARTS) or ()]
    if word != "user" and any(part["type"] != "text" for part in parts):
        path = item.path_of("content")
        raise BadRequest(f"Messages of the role '{word}' hold text only.", param=path, code="invalid_value")
    return parts


def _part(content: Body) -> Part:
    kind = content.one_of(
        "type", ("input_text", "output_text", "text", "refusal", "input_image", "input_file")
    )
    match kind:
        case None:
            raise raw.missing(content.path_of("type"))
        case "input_image":
            return _image(content)
        case "input_file":
            return _file(content)
        case _:
            return {"type": "text", "text": content.needed_text("refusal" if kind == "refusal" else "text")}


def _image(content: Body) -> Part:
    detail = content.one_of("detail", _DETAILS) or "auto"
    part: Part = {"type": "file", "url": "", "media_type": "image/*", "detail": detail}
    file_id = content.text("file_id")
    if file_id is not None:
        return {**part, "file_id": raw.ensure_id(content.path_of("file_id"), file_id, "file")}
    url = content.needed_text("image_url")
    if not url.startswith(("https://", "http://", "data:image/")):
        path = content.path_of("image_url")
        raise BadRequest(
            f"Invalid '{path}'. Expected a URL of an image.", param=path, code="invalid_image_url"
        )
    return {**part, "url": url, "filename": None}


def _file(content: Body) -> Part:
    part: Part = {"type": "file", "url": "", "media_type": "", "filename": content.text("filename", most=256)}
    file_id = content.text("file_id")
    if file_id is not None:
        return {**part, "file_id": raw.ensure_id(content.path_of("file_id"), file_id, "file")}
    url = content.text("file_url") or content.needed_text("file_data")
    # Contents without a head are the bytes alone, as OpenAI takes them, too.
    is_url = url.startswith(("https://", "http://", "data:"))
    return {**part, "url": url if is_url else f"data:application/octet-stream;base64,{url}"}


def _arguments(item: Body) -> dict[str, Any]:
    path = item.path_of("arguments")
    try:
        return msgspec.json.decode(item.text("arguments") or "{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadRequest(f"'{path}' is not a JSON object.", param=path, code="invalid_value") from error


def _output_text(item: Body) -> str:
    given = item.fields.get("output")
    if given is None:
        raise raw.missing(item.path_of("output"))
    if isinstance(given, list):
        pieces = item.inners("output", most=_MOST_PARTS) or []
        for piece in pieces:
            piece.one_of("type", ("input_text", "output_text"))
        return "".join(piece.needed_text("text") for piece in pieces)
    return item.text("output", most=_MOST_OUTPUT) or ""
