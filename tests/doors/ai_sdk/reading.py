"""What the tests of this door send, and how they read what comes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from steward.kernel.ids import new_id
from tests.conftest import Person
from tests.support.scripted_answer import Recorded
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import message_text

Chunk = dict[str, Any]

# Required and optional fields of each chunk that this door may send, after the schema of ai 5 to 7. An optional field
# may be missing, but not null.
SCHEMA: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    "start": ({}, {"messageId": str, "messageMetadata": dict}),
    "start-step": ({}, {}),
    "finish-step": ({}, {}),
    "text-start": ({"id": str}, {}),
    "text-delta": ({"id": str, "delta": str}, {}),
    "text-end": ({"id": str}, {}),
    "reasoning-start": ({"id": str}, {}),
    "reasoning-delta": ({"id": str, "delta": str}, {}),
    "reasoning-end": ({"id": str}, {}),
    "tool-input-start": ({"toolCallId": str, "toolName": str}, {"dynamic": bool}),
    "tool-input-delta": ({"toolCallId": str, "inputTextDelta": str}, {}),
    "tool-input-available": ({"toolCallId": str, "toolName": str, "input": object}, {"dynamic": bool}),
    "tool-input-error": (
        {"toolCallId": str, "toolName": str, "input": object, "errorText": str},
        {"dynamic": bool},
    ),
    "tool-output-available": ({"toolCallId": str, "output": object}, {"dynamic": bool}),
    "tool-output-error": ({"toolCallId": str, "errorText": str}, {"dynamic": bool}),
    "data-notice": ({"data": object}, {"id": str, "transient": bool}),
    "message-metadata": ({"messageMetadata": dict}, {}),
    "error": ({"errorText": str}, {}),
    "finish": ({}, {"messageMetadata": dict, "finishReason": str}),
}
FINISH_REASONS = {"stop", "length", "content-filter", "tool-calls", "error", "other"}


def chunks_of(body: str) -> list[Chunk]:
    """The chunks of a stream that came to its end."""
    chunks, done = read(body)
    assert done, body[-300:]
    return chunks


def read(body: str) -> tuple[list[Chunk], bool]:
    """The chunks of a stream, and whether its end came."""
    chunks: list[Chunk] = []
    done = False
    for frame in body.split("\n\n"):
        if not frame or frame.startswith(":"):
            continue
        assert frame.startswith("data: ")
        assert not done, "nothing may follow [DONE]"
        if frame == "data: [DONE]":
            done = True
        else:
            chunks.append(json.loads(frame[6:]))
    return chunks, done


def check(chunks: list[Chunk]) -> None:
    """A stream fits the schema, and what opens closes."""
    part = ""
    in_step = False
    seen: set[str] = set()
    for chunk in chunks:
        kind = chunk["type"]
        required, optional = SCHEMA[kind]
        for name, expected in required.items():
            assert isinstance(chunk[name], expected), chunk
        for name in chunk.keys() - required.keys() - {"type"}:
            assert isinstance(chunk[name], optional[name]), chunk
        if kind == "finish":
            assert chunk["finishReason"] in FINISH_REASONS
        family, _, moment = kind.rpartition("-")
        if family in ("text", "reasoning"):
            if moment == "start":
                assert not part, chunk
                assert chunk["id"] not in seen, "an id names one part"
                part = chunk["id"]
                seen.add(part)
            else:
                assert chunk["id"] == part, chunk
                part = "" if moment == "end" else part
        elif kind == "start-step":
            assert not in_step, chunk
            in_step = True
        elif kind == "finish-step":
            assert in_step, chunk
            assert not part, chunk
            in_step = False
    assert not part
    assert not in_step


def text_of(chunks: list[Chunk], kind: str = "text") -> str:
    """The text, or the reasoning, of a stream."""
    return "".join(chunk["delta"] for chunk in chunks if chunk["type"] == f"{kind}-delta")


def user_message(text: str, message_id: str | None = None) -> dict[str, Any]:
    return {
        "id": message_id or new_id("m"),
        "role": "user",
        "parts": [{"type": "text", "text": text}],
    }


def question(
    text: str, chat_id: str | None = None, message_id: str | None = None, **fields: Any
) -> dict[str, Any]:
    """The body of a new message, as `DefaultChatTransport` sends it."""
    return {
        "id": chat_id or new_id("chat"),
        "messages": [user_message(text, message_id)],
        "trigger": "submit-message",
        **fields,
    }


async def ask(
    client: httpx.AsyncClient,
    person: Person,
    text: str,
    chat_id: str | None = None,
    message_id: str | None = None,
    **fields: Any,
) -> list[Chunk]:
    """Send a message and read its answer to the end."""
    answer = await client.post(
        "/api/v1/chat", json=question(text, chat_id, message_id, **fields), headers=person.headers
    )
    assert answer.status_code == 200, answer.text
    return chunks_of(answer.text)


async def conversation(client: httpx.AsyncClient, person: Person, chat_id: str) -> dict[str, Any]:
    """A conversation with its messages, oldest first."""
    answer = await client.get(f"/api/v1/chat/{chat_id}?limit=100", headers=person.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    found["messages"].reverse()
    return found


async def settled(client: httpx.AsyncClient, person: Person, chat_id: str) -> dict[str, Any]:
    """The conversation once nothing runs in it and its last answer is written."""
    for _ in range(400):
        found = await conversation(client, person, chat_id)
        if found["live_run"] is None and all(
            message["status"] != "in_progress" for message in found["messages"]
        ):
            return found
        await asyncio.sleep(0.025)
    raise AssertionError(f"the conversation {chat_id} does not come to rest")


def stored_text(message: dict[str, Any]) -> str:
    """The text of a stored message."""
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


def calls_of(provider: ScriptedProvider, words: str) -> list[Recorded]:
    """The requests upstream whose prompt holds these words."""
    return [
        record
        for record in list(provider.requests)
        if any(words in message_text(message) for message in record.body.get("messages", []))
    ]


async def called(provider: ScriptedProvider, words: str) -> Recorded:
    """The one request upstream whose prompt holds these words, once it has come."""
    for _ in range(400):
        found = calls_of(provider, words)
        if found:
            assert len(found) == 1
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError(f"no request upstream holds {words!r}")
