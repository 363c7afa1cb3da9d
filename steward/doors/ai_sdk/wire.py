"""What `useChat` sends: ai 7, `DefaultChatTransport`, and the older short forms.

The reader is lenient: fields and parts that it does not know are dropped, never refused, because a page may be older or newer than
this server.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from steward.agents.service import Wishes
from steward.kernel.errors import Invalid
from steward.runs.schemas import Earlier, TurnRequest

_MOST_EARLIER: Final = 200


class _Message(msgspec.Struct):
    id: str | None = None
    role: str = "user"
    parts: list[dict[str, Any]] | None = None
    content: Any = None


class Body(msgspec.Struct):
    """The body of `POST /api/v1/chat`."""

    id: str | None = None
    message: _Message | str | None = None
    messages: list[_Message] | None = None
    trigger: str = "submit-message"
    messageId: str | None = None  # the wire's name
    chatId: str | None = None  # the wire's name
    model: str | None = None
    temperature: float | None = None
    maxTokens: int | None = None  # the wire's name
    max_tokens: int | None = None
    instructions: str | None = None
    stream: bool = True


_bodies: Final = msgspec.json.Decoder(Body, strict=True)


def read(raw: bytes) -> tuple[TurnRequest, bool]:
    """Read a body.

    Returns: the turn, and whether the answer is to be streamed.

    Raises:
        Invalid: what is needed is missing; the sentence names it.
    """
    try:
        body = _bodies.decode(raw or b"{}")
    except msgspec.DecodeError as error:
        raise Invalid(f"The body does not fit: {error}.") from error
    return _turn(body), body.stream


def _turn(body: Body) -> TurnRequest:
    history = body.messages or []
    last = body.message if body.message is not None else (history[-1] if history else None)
    thread_ref = _id(body.id or body.chatId, "id")
    message_ref = _id(body.messageId, "messageId")
    wishes = _wishes(body)
    if body.trigger == "regenerate-message":
        asked = last.id if isinstance(last, _Message) and last.role == "user" else None
        return TurnRequest(
            "regenerate",
            thread_ref,
            message_id=_id(asked, "message.id"),
            message_ref=message_ref,
            wishes=wishes,
        )
    if last is None:
        raise Invalid("The body has no message; send `messages` or `message`.", field="messages")
    if isinstance(last, str):
        last = _Message(parts=[{"type": "text", "text": last}])
    if last.role != "user":
        raise Invalid(
            "The last message is not a user's. Tool approvals and tool outputs are not awaited here.",
            field="messages",
        )
    trigger: Literal["edit", "submit"] = "edit" if message_ref is not None else "submit"
    earlier = [
        Earlier(_id(message.id, "id"), message.role, _parts(message))
        for message in history[:-1][-_MOST_EARLIER:]
    ]
    return TurnRequest(
        trigger,
        thread_ref,
        parts=_parts(last),
        message_id=_id(last.id, "message.id"),
        message_ref=message_ref,
        wishes=wishes,
        earlier=[message for message in earlier if message.role in ("user", "assistant") and message.parts],
    )


def _wishes(body: Body) -> Wishes:
    if body.temperature is not None and not 0 <= body.temperature <= 2:
        raise Invalid("temperature lies between 0 and 2.", field="temperature")
    max_tokens = body.maxTokens if body.maxTokens is not None else body.max_tokens
    if max_tokens is not None and not 1 <= max_tokens <= 1_000_000:
        raise Invalid("maxTokens lies between 1 and 1000000.", field="maxTokens")
    return Wishes(body.model or None, body.temperature, max_tokens, body.instructions)


def _parts(message: _Message) -> list[dict[str, Any]]:
    given = message.parts
    if given is None:
        given = (
            [{"type": "text", "text": message.content}]
            if isinstance(message.content, str)
            else message.content or []
        )
    parts: list[dict[str, Any]] = []
    for part in given:
        match part:
            case {"type": "text", "text": str(text)}:
                parts.append({"type": "text", "text": text})
            case {"type": "file", "url": str(url), "mediaType": str(media_type), **rest}:
                parts.append(
                    {"type": "file", "url": url, "media_type": media_type, "filename": rest.get("filename")}
                )
            case _:
                pass
    return parts


def _id(given: str | None, field: str) -> str | None:
    if given is None or given == "":
        return None
    if len(given) > 200 or not given.isprintable() or "/" in given:
        raise Invalid(f"{field} is at most 200 URL-safe characters.", field=field)
    return given
