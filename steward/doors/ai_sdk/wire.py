"""What `useChat` sends: ai 7, `DefaultChatTransport`, and the older short forms.

The reader is lenient: fields and parts that it does not know are dropped, never refused, because a page may be older
or newer than this server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

import msgspec

from steward.agents import specialists
from steward.agents.service import ClientTool, Wishes
from steward.kernel.errors import Invalid
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs.actions import Word
from steward.runs.schemas import Earlier, TurnRequest

_MOST_EARLIER: Final = 200
_TRIGGERS: Final = (None, "submit-message", "regenerate-message")
_EFFORTS: Final = (None, "minimal", "low", "medium", "high")
_WHERE: Final = re.compile(r"`\$\.(\w+)")


class _Message(msgspec.Struct):
    id: str | None = None
    role: str = "user"
    parts: list[Any] | None = None
    content: Any = None


class _ClientTool(msgspec.Struct):
    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


class Body(msgspec.Struct):
    """The body of `POST /api/v1/chat`."""

    id: str | None = None
    message: _Message | str | None = None
    messages: list[_Message] | None = None
    trigger: str | None = None
    messageId: str | None = None  # the wire's name
    chatId: str | None = None  # the wire's name
    model: str | None = None
    temperature: float | None = None
    maxTokens: int | None = None  # the wire's name
    max_tokens: int | None = None
    reasoningEffort: str | None = None  # the wire's name
    instructions: str | None = None
    ragEnabled: bool | None = None  # the wire's name
    ragModel: str | None = None  # the wire's name
    ragTopK: int | None = None  # the wire's name
    collectionIds: list[str] | None = None  # the wire's name
    toolId: str | None = None  # the wire's name
    agentId: str | None = None  # the wire's name
    clientTools: list[_ClientTool] | None = None  # the wire's name
    whenBusy: Literal["overtake", "refuse"] | None = None  # the wire's name
    stream: bool | Literal["content"] | None = None


class CompletionBody(msgspec.Struct):
    """The body of `POST /api/v1/completion`, as `useCompletion` sends it."""

    prompt: str = ""
    model: str | None = None
    temperature: float | None = None
    maxTokens: int | None = None  # the wire's name
    max_tokens: int | None = None
    reasoningEffort: str | None = None  # the wire's name
    instructions: str | None = None


class _Named(msgspec.Struct):
    workspaceId: str | None = None  # the wire's name


_bodies: Final = msgspec.json.Decoder(Body, strict=True)
_completions: Final = msgspec.json.Decoder(CompletionBody, strict=True)
_named: Final = msgspec.json.Decoder(_Named)


Form = Literal["ui", "content", "whole"]
"""Of an answer: the UI message stream, bare text as events, or one body."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says about the calls that an answer waits for, by their ids or those of the approvals."""

    thread_ref: str | None
    message_ref: str | None
    words: dict[str, Word]


def read(raw: bytes) -> tuple[TurnRequest | Words, Form]:
    """Read a body.

    Returns: the turn, or words on calls that wait; and the form of the answer.

    Raises:
        Invalid: what is needed is missing; the sentence names it.
    """
    try:
        body = _bodies.decode(raw or b"{}")
    except msgspec.DecodeError as error:
        where = _WHERE.search(str(error))
        raise Invalid(f"The body does not fit: {error}.", field=where[1] if where else None) from error
    forms: dict[Any, Form] = {False: "whole", "content": "content"}
    return _asked(body), forms.get(body.stream, "ui")


def read_completion(raw: bytes, longest: int) -> tuple[str | None, ModelRequest]:
    """Read the body of a completion.

    Returns: the model's name, or None, and what it is asked.

    Raises:
        Invalid: what is needed is missing, or too long.
    """
    try:
        body = _completions.decode(raw or b"{}")
    except msgspec.DecodeError as error:
        where = _WHERE.search(str(error))
        raise Invalid(f"The body does not fit: {error}.", field=where[1] if where else None) from error
    if not body.prompt.strip():
        raise Invalid("The body has no prompt.", field="prompt")
    if len(body.prompt) > longest:
        raise Invalid(
            f"A prompt has at most {longest} characters; this one has {len(body.prompt)}.", field="prompt"
        )
    wishes = _wishes(body)
    messages = [PromptMessage.of_text("user", body.prompt)]
    if body.instructions:
        messages.insert(0, PromptMessage.of_text("system", body.instructions))
    return wishes.model, ModelRequest(
        messages,
        temperature=wishes.temperature,
        max_tokens=wishes.max_tokens,
        reasoning_effort=wishes.reasoning_effort,
    )


def read_workspace_id(raw: bytes) -> str:
    """Read the workspace that a body names.

    Raises:
        Invalid: it names none.
    """
    try:
        workspace_id = _named.decode(raw or b"{}").workspaceId
    except msgspec.DecodeError:
        workspace_id = None
    if not workspace_id:
        raise Invalid("The body has no workspaceId.", field="workspaceId")
    return workspace_id


def _asked(body: Body) -> TurnRequest | Words:
    last = body.message if body.message is not None else (body.messages[-1] if body.messages else None)
    if isinstance(last, _Message) and last.role == "assistant" and body.trigger != "regenerate-message":
        words = _words(last)
        if not words:
            raise Invalid(
                "The last of `messages` is an assistant's, and says nothing of a call that waits.",
                field="messages",
            )
        return Words(_id(body.id or body.chatId, "id"), _id(last.id, "message.id"), words)
    return _turn(body)


def _words(message: _Message) -> dict[str, Word]:
    """Approvals and outputs of tools in an answer as a page holds it; also those that were told long ago."""
    words: dict[str, Word] = {}
    parts = message.parts or []
    # What waits is of the last step; ids of earlier calls may come again.
    begun = [at for at, part in enumerate(parts) if _kind(part) == "step-start"]
    for part in parts[begun[-1] :] if begun else parts:
        match part:
            case {
                "state": "approval-responded",
                "approval": {"id": str(action_id), "approved": bool(yes)} as said,
            }:
                reason: Any = cast(dict[str, Any], said).get("reason")
                words[action_id] = Word(
                    "approve" if yes else "deny", reason=reason if isinstance(reason, str) else None
                )
            case {"state": "output-available", "toolCallId": str(call_id), **rest}:
                words[call_id] = Word("output", result={"output": rest.get("output")})
            case {"state": "output-error", "toolCallId": str(call_id), **rest}:
                words[call_id] = Word("output", result={"error": str(rest.get("errorText") or "It failed.")})
            case _:
                pass
    return words


def _kind(part: Any) -> Any:
    return cast(dict[str, Any], part).get("type") if isinstance(part, dict) else None


def _turn(body: Body) -> TurnRequest:
    history = body.messages or []
    last = body.message if body.message is not None else (history[-1] if history else None)
    thread_ref = _id(body.id or body.chatId, "id")
    message_ref = _id(body.messageId, "messageId")
    wishes = _with_knowledge(_wishes(body), body)
    if body.trigger not in _TRIGGERS:
        raise Invalid(f"The trigger {body.trigger!r} is not known here.", field="trigger")
    if body.trigger == "regenerate-message":
        asked = last if isinstance(last, _Message) and last.role == "user" else None
        return TurnRequest(
            "regenerate",
            thread_ref,
            # The question travels along: when sending it had failed, another try is the first that arrives.
            parts=_parts(asked) if asked else [],
            message_id=_id(asked.id, "message.id") if asked else None,
            message_ref=message_ref,
            wishes=wishes,
            earlier=_earlier(history[:-1], asked.id) if asked else [],
        )
    if last is None:
        raise Invalid("The body has no message; send `messages` or `message`.", field="messages")
    if isinstance(last, str):
        last = _Message(parts=[{"type": "text", "text": last}])
    if last.role != "user":
        raise Invalid(
            "The last of `messages` is neither a user's nor an assistant's.",
            field="messages",
        )
    trigger: Literal["edit", "submit"] = "edit" if message_ref is not None else "submit"
    message_id = _id(last.id, "message.id")
    return TurnRequest(
        trigger,
        thread_ref,
        parts=_parts(last),
        message_id=message_id,
        message_ref=message_ref,
        wishes=wishes,
        earlier=_earlier(history[:-1], message_id),
        when_busy=body.whenBusy or "overtake",
    )


def _earlier(history: list[_Message], message_id: str | None) -> list[Earlier]:
    """What a client holds from before, oldest first. An id that comes twice stays with the later message."""
    taken = {message_id}
    earlier: list[Earlier] = []
    for message in reversed(history[-_MOST_EARLIER:]):
        parts = _parts(message)
        if message.role not in ("user", "assistant") or not parts:
            continue
        earlier_id = _id(message.id, "messages.id")
        earlier.append(Earlier(None if earlier_id in taken else earlier_id, message.role, parts))
        taken.add(earlier_id)
    return earlier[::-1]


def _wishes(body: Body | CompletionBody) -> Wishes:
    if body.temperature is not None and not 0 <= body.temperature <= 2:
        raise Invalid("temperature lies between 0 and 2.", field="temperature")
    max_tokens = body.maxTokens if body.maxTokens is not None else body.max_tokens
    if max_tokens is not None and not 1 <= max_tokens <= 1_000_000:
        raise Invalid("maxTokens lies between 1 and 1000000.", field="maxTokens")
    if body.reasoningEffort not in _EFFORTS:
        raise Invalid(
            f"reasoningEffort is one of {', '.join(filter(None, _EFFORTS))}.", field="reasoningEffort"
        )
    return Wishes(body.model or None, body.temperature, max_tokens, body.instructions, body.reasoningEffort)


def _with_knowledge(wishes: Wishes, body: Body) -> Wishes:
    if body.ragTopK is not None and not 1 <= body.ragTopK <= 50:
        raise Invalid("ragTopK lies between 1 and 50.", field="ragTopK")
    if body.collectionIds is not None and len(body.collectionIds) > 50:
        raise Invalid("collectionIds names at most 50 collections.", field="collectionIds")
    specialist = specialists.of_tool(body.toolId) if body.toolId else None
    return replace(
        wishes,
        agent_id=specialist or body.agentId or None,
        client_tools=[ClientTool(one.name, one.description, one.parameters) for one in body.clientTools]
        if body.clientTools
        else None,
        rag_enabled=body.ragEnabled,
        rag_model=body.ragModel,
        rag_top_k=body.ragTopK,
        collection_ids=body.collectionIds,
        tools=[body.toolId] if body.toolId and specialist is None else None,
    )


def _parts(message: _Message) -> list[dict[str, Any]]:
    given = message.content if message.parts is None else message.parts
    if isinstance(given, str):
        given = [{"type": "text", "text": given}]
    elif not isinstance(given, list):
        given = []
    parts: list[dict[str, Any]] = []
    for part in cast(list[Any], given):
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
