"""What people in tests own, and how a browser of theirs signs in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from steward.identity import service as identity
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor


@dataclass(frozen=True, slots=True)
class Things:
    """The ids of what somebody owns: a conversation of one exchange, its run, a key, a budget."""

    workspace: str
    thread: str
    question: str
    answer: str
    run: str
    key: str
    budget: str

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.workspace, self.thread, self.question, self.answer, self.run, self.key, self.budget)


def nobodys() -> Things:
    """Ids of the same form that nobody has."""
    return Things(*(new_id(prefix) for prefix in ("ws", "thread", "msg", "msg", "run", "key", "budget")))


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
    run = asked.json()["run_id"]
    return Things(actor.workspace_id, thread, first["id"], answer["id"], run, key, budget)


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
