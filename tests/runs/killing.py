"""What tests of killed servers share: a server with people who ask it, and how they get by while it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.work import asyncpg_dsn
from tests.runs.test_tools import calling
from tests.support.database import Connection
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

Json = dict[str, Any]

RECOVERY_SECONDS: Final = 30
_AGAIN_SECONDS: Final = 0.05
_TIMES: Final = round(RECOVERY_SECONDS / _AGAIN_SECONDS)

RULES: Final[tuple[Json, ...]] = (
    {
        "decision": "ask",
        "conditions": [{"argument": "title", "operator": "contains", "value": "expire"}],
        "expires_seconds": 1,
    },
    {
        "decision": "ask",
        "conditions": [{"argument": "title", "operator": "contains", "value": "pair"}],
        "approvers": 2,
    },
    {
        "decision": "run",
        "conditions": [{"argument": "title", "operator": "contains", "value": "free"}],
    },
    {"decision": "ask"},
)
"""The first that fits counts."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A server to be killed, whoever talks with models on it, and a second person who owns the workspace."""

    server: ServerProcess
    asker: httpx.AsyncClient
    owner: httpx.AsyncClient


@contextlib.asynccontextmanager
async def scene_in(folder: Path, provider: ScriptedProvider, packages: Path) -> AsyncGenerator[Scene]:
    """One server for all kills of a module: what one leaves behind must not disturb the next."""
    async with server_process(
        folder / "data",
        provider.base_url,
        PYTHONPATH=str(packages),
        # Effects that are held back keep their connections.
        STEWARD_DATABASE__POOL_SIZE="40",
    ) as server:
        workspace_id = await server.command("workspace", "create", "Test")
        async with (
            httpx.AsyncClient(base_url=server.base_url, timeout=20) as asker,
            httpx.AsyncClient(base_url=server.base_url, timeout=20) as owner,
        ):
            # People, since the key of a program is none of several who approve.
            await _sign_in(server, asker, workspace_id, "member")
            await _sign_in(server, owner, workspace_id, "owner")
            for rule in RULES:
                made = await owner.post("/api/v1/tool-rules", json={"tool": "createTask", **rule})
                assert made.status_code == 201, made.text
            yield Scene(server, asker, owner)


async def _sign_in(server: ServerProcess, http: httpx.AsyncClient, workspace_id: str, role: str) -> None:
    """Make a person of the workspace, and let the client be theirs."""
    email = f"{role}@example.com"
    await server.command("user", "create", email, "--workspace", workspace_id, "--role", role)
    token = re.split(r"[=/]", await server.command("user", "link", email))[-1]
    welcome = await http.post("/api/v1/auth/link", json={"token": token})
    assert welcome.status_code == 200, welcome.text
    http.headers["x-csrf-token"] = welcome.json()["csrf_token"]


@contextlib.asynccontextmanager
async def database_of(server: ServerProcess) -> AsyncGenerator[Connection]:
    """The server's database, as its owner, past every wall."""
    connection = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(server.data_dir).owner_url))
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def effects_held(scene: Scene) -> AsyncGenerator[None]:
    """While the block lasts, no task is made: whoever would make one waits."""
    async with database_of(scene.server) as owner:
        holding = owner.transaction()
        await holding.start()
        await owner.execute("LOCK TABLE things IN SHARE ROW EXCLUSIVE MODE")
        try:
            yield
        finally:
            await holding.rollback()


async def tasks(scene: Scene, title: str) -> list[str]:
    """The names of the tasks that a talk made."""
    async with database_of(scene.server) as owner:
        rows = await owner.fetch(
            "SELECT name FROM things WHERE kind = 'task' AND (name = $1 OR name LIKE $1 || ' %')", title
        )
    return [row["name"] for row in rows]


async def standstill(scene: Scene) -> list[str]:
    """What is under way in the server's database, for whoever asks why nothing goes on."""
    async with database_of(scene.server) as owner:
        runs = await owner.fetch("SELECT id, status, attempt FROM runs WHERE finished_at IS NULL")
        backends = await owner.fetch(
            "SELECT state, wait_event, now() - xact_start AS age, left(query, 100) AS query "
            "FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
        )
    return [str(dict(row)) for row in (*runs, *backends)]


async def surely(http: httpx.AsyncClient, method: str, path: str, **given: Any) -> httpx.Response:
    """Ask again until the server is back and answers."""
    for _ in range(_TIMES):
        with contextlib.suppress(httpx.HTTPError):
            answer = await http.request(method, path, **given)
            if answer.status_code != 503:
                return answer
        await asyncio.sleep(_AGAIN_SECONDS)
    raise AssertionError(f"{method} {path} is never answered")


def task_text(title: str, *more: str, reply: str = "Done.") -> str:
    """A question whose answer makes a task, with other calls beside it."""
    calls = "".join([calling("createTask", title=title), *more])
    return f"Go. {calls} {{{{parallel_tools:{1 + len(more)}}}}} {{{{reply:{reply}}}}}"


def chat_of(title: str) -> str:
    """The conversation of a talk."""
    return f"chat-{title}".replace(" ", "-")


async def asked(scene: Scene, title: str, text: str) -> str:
    """The run of a question that was sent until it surely arrived."""
    message = {"id": f"m-{chat_of(title)}", "role": "user", "parts": [{"type": "text", "text": text}]}
    body = {"id": chat_of(title), "message": message, "trigger": "submit-message", "stream": False}
    answer = await surely(scene.asker, "POST", "/api/v1/chat", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["run_id"]


async def action_of(scene: Scene, run_id: str) -> str | None:
    """The waiting call of a run; None when its time is over."""
    run: Json = {}
    for _ in range(_TIMES):
        listed = (await surely(scene.asker, "GET", "/api/v1/actions")).json()["items"]
        for action in listed:
            if action["run_id"] == run_id:
                return action["id"]
        run = (await surely(scene.asker, "GET", f"/api/v1/runs/{run_id}")).json()
        if run["finished_at"] is not None:
            return None
        await asyncio.sleep(_AGAIN_SECONDS)
    raise AssertionError(f"{run_id} neither waits nor ends: {run}")


async def decided(http: httpx.AsyncClient, action_id: str, decision: str, **said: Any) -> None:
    """Decide until the answer says that it is decided."""
    body = {"decision": decision, **said}
    answer = await surely(http, "POST", f"/api/v1/actions/{action_id}/decide", json=body)
    # 409: the word had arrived, and its answer was lost.
    assert answer.status_code in (200, 409), answer.text


async def followed(scene: Scene, run_id: str) -> list[Json]:
    """All events of a run, as an EventSource reads them: over every break, each once, to the end."""
    seen: dict[int, Json] = {}
    for _ in range(_TIMES):
        after = max(seen, default=0)
        with contextlib.suppress(httpx.HTTPError):
            async with scene.asker.stream("GET", f"/api/v1/runs/{run_id}/events?after={after}") as stream:
                number = 0
                async for line in stream.aiter_lines():
                    if line.startswith("id: "):
                        number = int(line[4:])
                        assert number > max(seen, default=0), "a cursor came twice"
                    elif line.startswith("data: "):
                        seen[number] = json.loads(line[6:])
                        if seen[number]["type"] == "run_end":
                            return [seen[at] for at in sorted(seen)]
        await asyncio.sleep(_AGAIN_SECONDS)
    raise AssertionError(f"no end of {run_id}: {list(seen.values())[-3:]}")


async def stored(scene: Scene, title: str) -> Json:
    """The conversation of a talk as the server keeps it, newest message first."""
    return (await surely(scene.asker, "GET", f"/api/v1/chat/{chat_of(title)}")).json()


async def ensure_over(scene: Scene, title: str, run_id: str, reply: str = "Done.") -> Json:
    """Both streams come to their end and the answer is stored; the answer."""
    events = await asyncio.wait_for(followed(scene, run_id), RECOVERY_SECONDS)
    assert events[-1]["status"] == "completed", events[-1]
    rest = await surely(scene.asker, "GET", f"/api/v1/chat/{chat_of(title)}/stream")
    assert rest.status_code == 204 or rest.text.endswith("data: [DONE]\n\n")
    read = await stored(scene, title)
    assert read["live_run"] is None
    answer = next(message for message in read["messages"] if message["run_id"] == run_id)
    assert answer["status"] == "completed"
    assert "".join(part["text"] for part in answer["parts"] if part["type"] == "text") == reply
    return answer


async def ensure_takes_another(scene: Scene, title: str) -> None:
    """The conversation goes on behind all that happened to it."""
    body = {"id": chat_of(title), "message": "Next. {{reply:Fine.}}", "stream": False}
    answer = await surely(scene.asker, "POST", "/api/v1/chat", json=body)
    assert answer.json()["text"] == "Fine.", answer.text
