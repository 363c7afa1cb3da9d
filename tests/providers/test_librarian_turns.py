"""Commands for the librarian in whole turns: a call is carried out or refused, and what came of it is told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Person

LIBRARIAN = "steward/librarian"


async def said(client: httpx.AsyncClient, person: Person, text: str, **wishes: Any) -> dict[str, Any]:
    """The answer to one message, as it is stored."""
    question = {"role": "user", "parts": [{"type": "text", "text": text}]}
    body = {"messages": [question], "stream": False, "model": LIBRARIAN, **wishes}
    asked = await client.post("/api/v1/chat", json=body, headers=person.headers)
    assert asked.status_code == 200, asked.text
    read = await client.get(f"/api/v1/chat/{asked.json()['thread_id']}", headers=person.headers)
    return read.json()["messages"][0]


def text_of(message: dict[str, Any]) -> str:
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


@pytest.mark.req("TOOL-31")
async def test_a_command_is_carried_out_and_told(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await said(client, ada, "/createTask Call the bank priority=high")
    (call,) = [part for part in answer["parts"] if part["type"] == "tool_call"]
    assert call["input"] == {"title": "Call the bank", "priority": "high"}
    assert text_of(answer).startswith("I carried out `/createTask`, and this is what it gave:")
    tasks = (await client.get("/api/v1/tasks", headers=ada.headers)).json()["items"]
    assert [task["title"] for task in tasks] == ["Call the bank"]


async def test_what_the_tool_refuses_is_told(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await said(client, ada, "/createTask Call priority=soon")
    assert "`/createTask` was not carried out:" in text_of(answer)
    assert "priority" in text_of(answer)
    assert (await client.get("/api/v1/tasks", headers=ada.headers)).json()["items"] == []


async def test_help_lists_what_is_offered(client: httpx.AsyncClient, ada: Person) -> None:
    listed = text_of(await said(client, ada, "/help"))
    assert "- `/createTask <title>" in listed
    assert "No language model is configured yet" in listed


@pytest.mark.req("APPR-01")
async def test_a_command_that_a_rule_forbids_does_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    rule = {"tool": "createTask", "decision": "deny", "reason": "Nobody makes tasks here."}
    made = await client.post("/api/v1/tool-rules", json=rule, headers=ada.headers)
    assert made.status_code == 201
    answer = await said(client, ada, "/createTask Call the bank")
    assert "was not carried out: Nobody makes tasks here." in text_of(answer)
    assert (await client.get("/api/v1/tasks", headers=ada.headers)).json()["items"] == []
