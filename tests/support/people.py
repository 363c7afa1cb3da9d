"""What people in tests own, and how a browser of theirs signs in."""

from __future__ import annotations

import asyncio
from dataclasses import astuple, dataclass
from typing import Any

import httpx

from steward.identity import service as identity
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor


@dataclass(frozen=True, slots=True)
class Things:
    """The ids of what somebody owns: a conversation of one exchange, its run, a key, a budget, a document and more."""

    workspace: str
    thread: str
    question: str
    answer: str
    run: str
    key: str
    budget: str
    collection: str
    document: str
    file: str
    agent: str
    task: str
    ticket: str
    memory: str
    interview: str
    mcp_server: str
    tool_rule: str
    schedule: str
    action: str
    response: str
    share: str
    member: str

    @property
    def ids(self) -> tuple[str, ...]:
        return astuple(self)


def nobodys() -> Things:
    """Ids of the same form that nobody has."""
    prefixes = ("ws", "thread", "msg", "msg", "run", "key", "budget", "vs", "doc", "file-")
    return Things(*(new_id(prefix) for prefix in (*prefixes, *_MADE, "call", "resp", "share", "user")))


async def own(client: httpx.AsyncClient, headers: dict[str, str], actor: Actor) -> Things:
    """Make things of one's own, through the doors."""
    question = {"role": "user", "parts": [{"type": "text", "text": "hello {{words:3}}"}]}
    asked = await client.post("/api/v1/chat", json={"messages": [question], "stream": False}, headers=headers)
    assert asked.status_code == 200, asked.text
    thread = asked.json()["thread_id"]
    read: dict[str, Any] = {}
    for _ in range(100):
        read = (await client.get(f"/api/v1/chat/{thread}", headers=headers)).json()
        if read["live_run"] is None and read["thread"]["status"] == "idle":
            break
        await asyncio.sleep(0.02)
    answer, first = read["messages"]
    keys = await client.post("/api/v1/keys", json={"name": "for a program"}, headers=headers)
    key = keys.json()["id"] if keys.status_code == 201 else new_id("key")
    wide = {"scope": "user", "subject_id": actor.user_id, "period": "day", "limit_tokens": 10**12}
    budgets = await client.post("/api/v1/budgets", json=wide, headers=headers)
    budget = budgets.json()["id"] if budgets.status_code == 201 else new_id("budget")
    document = await _own_document(client, headers)
    made = {prefix: await _made(client, headers, prefix) for prefix in _MADE}
    body = {"model": "gpt-4o-mini", "input": "hello {{words:3}}"}
    response = await client.post("/v1/responses", json=body, headers=headers)
    assert response.status_code == 200, response.text
    shared = await client.post(f"/api/v1/chat/{thread}/share", headers=headers)
    assert shared.status_code == 201, shared.text
    address = {"email": f"{new_id('member')}@example.com", "role": "member"}
    added = await client.post("/api/v1/members", json=address, headers=headers)
    # Owners and admins add members.
    assert added.status_code in (201, 403), added.text
    # Last, so that it waits: memory is of the person and asks first.
    call = '{{tool:updateProfile:{"field": "role", "value": "Baker"}}}'
    question = {"role": "user", "parts": [{"type": "text", "text": f"Note this. {call}"}]}
    body = {"messages": [question], "stream": False}
    waiting = (await client.post("/api/v1/chat", json=body, headers=headers)).json()
    action = waiting["actions"][0]["id"]
    run_id = asked.json()["run_id"]
    return Things(
        actor.workspace_id,
        thread,
        first["id"],
        answer["id"],
        run_id,
        key,
        budget,
        *document,
        agent=made["asst"],
        task=made["task"],
        ticket=made["ticket"],
        memory=made["mem"],
        interview=made["interview"],
        mcp_server=made["mcp"],
        tool_rule=made["rule"],
        schedule=made["sched"],
        action=action,
        response=response.json()["id"],
        share=shared.json()["id"],
        member=added.json()["user_id"] if added.status_code == 201 else new_id("user"),
    )


_MADE: dict[str, tuple[str, dict[str, Any]]] = {
    "asst": ("agents", {"name": "Clerk"}),
    "task": ("tasks", {"title": "Water the plants"}),
    "ticket": ("tickets", {"subject": "The door sticks"}),
    "mem": ("memories", {"text": "I keep bees."}),
    "interview": ("interviews", {"definition": "workshop"}),
    "mcp": (
        "mcp-servers",
        {"name": "tickets", "transport": "http", "url": "https://mcp.example.com/mcp"},
    ),
    "rule": ("tool-rules", {"tool": "searchKB", "decision": "run"}),
    # It never fires: tests of schedules move the clock.
    "sched": (
        "schedules",
        {"agent_id": "asst_default", "cron": "0 9 * * *", "prompt": "Report.", "enabled": False},
    ),
}
"""By the prefixes of their ids: what else somebody makes, and how."""


async def _made(client: httpx.AsyncClient, headers: dict[str, str], prefix: str) -> str:
    room, body = _MADE[prefix]
    if prefix == "mcp":
        body = {**body, "name": f"server-{new_id('x')[-8:]}"}
    answer = await client.post(f"/api/v1/{room}", json=body, headers=headers)
    # Some things are made by admins only.
    assert answer.status_code in (201, 403), answer.text
    return answer.json()["id"] if answer.status_code == 201 else new_id(prefix)


async def _own_document(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[str, str, str]:
    """The ids of a collection, a document in it and its file."""
    written = await client.post(
        "/api/v1/documents/text",
        json={"title": "Notes", "content": "The pump runs at 9 bar."},
        headers=headers,
    )
    if written.status_code != 202:
        return new_id("vs"), new_id("doc"), new_id("file-")
    document = written.json()
    while document["status"] == "in_progress":
        await asyncio.sleep(0.02)
        document = (await client.get(f"/api/v1/documents/{document['id']}", headers=headers)).json()
    return document["collection_id"], document["id"], document["file_id"]


@dataclass(frozen=True, slots=True)
class Browser:
    """A signed-in browser: its cookie, and the token of its page."""

    cookie: str
    csrf_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"cookie": self.cookie, "x-csrf-token": self.csrf_token}


async def sign_in(house: Runtime, base_url: str, user_id: str) -> Browser:
    """Sign in with a one-time link, as a browser of its own."""
    token = await identity.make_link(house, user_id)
    async with httpx.AsyncClient(base_url=base_url, timeout=30) as browser:
        welcome = await browser.post("/api/v1/auth/link", json={"token": token})
        assert welcome.status_code == 200, welcome.text
        secret = browser.cookies["steward_session"]
    return Browser(f"steward_session={secret}", welcome.json()["csrf_token"])
