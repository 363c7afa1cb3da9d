"""What a chat completion asks of a turn: an agent asked as a model, or a stored conversation gone on with."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from steward.agents.service import ClientTool, Wishes
from steward.doors.openai import wire
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.wire import ChatBody
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs.actions import Word
from steward.runs.schemas import Earlier

_REF: Final = re.compile(r"[A-Za-z0-9._:~-]{1,200}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation as a turn takes it: what was said since the last answer is the question.

    Attributes:
        earlier: what came before, for a conversation that is new here.
    """

    question: list[dict[str, Any]]
    earlier: list[Earlier]
    wishes: Wishes


def read_thread_ref(header: str | None) -> str | None:
    """The conversation that the header `x-steward-thread` names: by an id of ours, or by one of the client's own.

    Raises:
        BadRequest: it cannot be an id.
    """
    if header is None:
        return None
    ref = header.strip()
    if _REF.fullmatch(ref) is None:
        raise BadRequest("'x-steward-thread' is an id of at most 200 URL-safe characters.")
    return ref


def asked_of(body: ChatBody, agent_id: str | None, *, is_by_agent: bool) -> Asked:
    """The body as a turn.

    Args:
        body: what the client sent.
        agent_id: the agent that it asks for.
        is_by_agent: whether an agent answers, this one or the conversation's. A model by itself gets no tools of the
            server and no documents unasked, here as everywhere on this wire.

    Raises:
        BadRequest: it ends with an answer.
    """
    request = wire.to_request(body)
    prompt = request.messages
    said = [message for message in prompt if message.role != "system"]
    begin = len(said)
    while begin and said[begin - 1].role == "user":
        begin -= 1
    if begin == len(said):
        raise BadRequest("The last of 'messages' must be a user's, or a tool's.", param="messages")
    instructions = "\n\n".join(message.text for message in prompt if message.role == "system")
    return Asked(
        question=_joined(said[begin:]),
        earlier=[Earlier(None, message.role, _stored(message)) for message in said[:begin] if message.parts],
        wishes=_wishes(body, request, agent_id, instructions or None, is_by_agent=is_by_agent),
    )


def outputs_of(body: ChatBody) -> dict[str, Word]:
    """What the calls gave that the last answer asked for, by their ids; none when the body ends with a question."""
    words: dict[str, Word] = {}
    for message in reversed(body.messages):
        if message.role != "tool":
            break
        words[message.tool_call_id or ""] = Word("output", result={"output": wire.text_of(message)})
    return dict(reversed(words.items()))


def _wishes(
    body: ChatBody,
    request: ModelRequest,
    agent_id: str | None,
    instructions: str | None,
    *,
    is_by_agent: bool,
) -> Wishes:
    documents = wire.to_wishes(body)
    offered = [tool.function for tool in body.tools or ()] if body.tool_choice != "none" else []
    return replace(
        documents,
        rag_enabled=(documents.rag_enabled or body.rag_enabled) if is_by_agent else documents.rag_enabled,
        agent_id=agent_id,
        model=None if agent_id is not None else body.model,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        instructions=instructions,
        reasoning_effort=request.reasoning_effort,
        top_p=request.top_p,
        stop=request.stop,
        output=request.output,
        tool_choice=request.tool_choice if offered else None,
        parallel_tool_calls=request.parallel_tool_calls,
        tools=None if is_by_agent and body.tool_choice != "none" else [],
        client_tools=[ClientTool(one.name, one.description or "", one.parameters or {}) for one in offered]
        or None,
    )


def _joined(messages: list[PromptMessage]) -> list[dict[str, Any]]:
    """Questions that follow one another as one, a blank line between them."""
    parts: list[dict[str, Any]] = []
    for message in messages:
        if parts and parts[-1]["type"] == "text":
            parts.append({"type": "text", "text": "\n\n"})
        parts += message.parts
    return parts


def _stored(message: PromptMessage) -> list[dict[str, Any]]:
    """The parts as conversations keep them: a call says how far it has come."""
    return [
        {**part, "state": "output_ready"} if part["type"] == "tool_call" and "output" in part else part
        for part in message.parts
    ]
