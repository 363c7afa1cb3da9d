from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.conftest import Person


def chunks_of(body: str) -> list[dict[str, Any]]:
    lines = [line[6:] for line in body.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def question(text: str, chat_id: str = "c1", message_id: str = "m1") -> dict[str, Any]:
    message = {"id": message_id, "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": chat_id, "messages": [message], "trigger": "submit-message"}


@pytest.mark.req("CHAT-01")
@pytest.mark.req("CHAT-42")
async def test_answers_a_message_as_a_ui_message_stream(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.post("/api/v1/chat", json=question("hello {{words:12}}"), headers=ada.headers)
    assert answer.status_code == 200
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    chunks = chunks_of(answer.text)
    kinds = [chunk["type"] for chunk in chunks]
    assert kinds[:3] == ["start", "start-step", "text-start"]
    assert kinds[-3:] == ["text-end", "finish-step", "finish"]
    text = "".join(chunk["delta"] for chunk in chunks if chunk["type"] == "text-delta")
    assert text.split() == [f"w{n}" for n in range(12)]
    assert chunks[-1]["messageMetadata"]["usage"]["output_tokens"] == 12
