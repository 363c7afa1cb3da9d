"""Answers for programs that read server-sent events themselves: bare text, and a last frame that says how it ended."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from steward.kernel.ids import new_id
from tests.conftest import Person
from tests.doors.ai_sdk.reading import question
from tests.runs.test_tools import calling


async def frames_of(client: httpx.AsyncClient, person: Person, text: str) -> list[dict[str, Any]]:
    """All frames of an answer, read until the server closes the stream."""
    body = {**question(text, new_id("chat")), "stream": "content"}
    async with client.stream("POST", "/api/v1/chat", json=body, headers=person.headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "x-vercel-ai-ui-message-stream" not in answer.headers
        lines = [line async for line in answer.aiter_lines() if line and not line.startswith(":")]
    assert all(line.startswith("data: ") for line in lines)
    return [json.loads(line.removeprefix("data: ")) for line in lines]


@pytest.mark.req("CHAT-25")
@pytest.mark.req("CHAT-26")
async def test_the_text_comes_bare_and_the_last_frame_closes_it(
    client: httpx.AsyncClient, ada: Person
) -> None:
    *pieces, last = await frames_of(client, ada, "{{words:30}} {{pace_ms:5}}")
    assert len(pieces) > 1
    assert all(list(piece) == ["content"] for piece in pieces)
    assert "".join(piece["content"] for piece in pieces).split() == [f"w{n}" for n in range(30)]
    assert (last["status"], last["finish_reason"], last["error"]) == ("completed", "stop", None)
    assert last["usage"]["total_tokens"] > 30
    run = (await client.get(f"/api/v1/runs/{last['run_id']}", headers=ada.headers)).json()
    assert run["message_id"] == last["message_id"]


@pytest.mark.req("CHAT-27")
async def test_a_failure_is_the_last_frame(client: httpx.AsyncClient, ada: Person) -> None:
    *pieces, last = await frames_of(client, ada, "{{words:20}} {{error_after:7}} {{pace_ms:5}}")
    assert len("".join(piece["content"] for piece in pieces).split()) == 7
    assert (last["status"], last["error"]["tag"]) == ("failed", "provider_broke_off")
    run = (await client.get(f"/api/v1/runs/{last['run_id']}", headers=ada.headers)).json()
    assert run["status"] == "failed"


async def test_an_answer_that_waits_says_for_what(client: httpx.AsyncClient, ada: Person) -> None:
    *_, last = await frames_of(client, ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    assert last["status"] == "requires_action"
    (action,) = last["actions"]
    assert (action["tool"], action["arguments"]) == ("testPay", {"amount": 5})
    decided = await client.post(
        f"/api/v1/actions/{action['id']}/decide", json={"decision": "approve"}, headers=ada.headers
    )
    assert decided.status_code == 200


async def test_a_form_that_is_none_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    body = {**question("Hello."), "stream": "morse"}
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert (answer.status_code, answer.json()["tag"], answer.json()["field"]) == (
        422,
        "invalid_request",
        "stream",
    )
