"""Servers killed between the question and the effect: each waiting call acts once or never, as it was decided."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest

from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.work import asyncpg_dsn
from tests.runs.test_tools import calling
from tests.support.database import Connection
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

pytestmark = pytest.mark.slow

Json = dict[str, Any]

ROUNDS: Final = 10
"""Of two kills each, or as many as fit into the time."""
ROUNDS_SECONDS: Final = 75
RECOVERY_SECONDS: Final = 30
MOMENTS: Final = ("asking", "asked", "deciding", "decided")
WAYS: Final = {"approve": "", "edit": " edited", "deny": None, "expire": None, "pair": ""}
"""How talks go, and what stands behind the title of the task that comes of each; None when nothing may come of it."""

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


@dataclass(frozen=True, slots=True)
class Scene:
    """A server to be killed, whoever talks with models on it, and a second person who owns the workspace."""

    server: ServerProcess
    asker: httpx.AsyncClient
    owner: httpx.AsyncClient


@pytest.fixture(scope="module")
async def scene(
    tmp_path_factory: pytest.TempPathFactory, provider: ScriptedProvider, package_of_tools: Path
) -> AsyncGenerator[Scene]:
    """One server for all kills: what one leaves behind must not disturb the next."""
    folder = tmp_path_factory.mktemp("killed")
    packages = str(package_of_tools)
    async with server_process(folder / "data", provider.base_url, PYTHONPATH=packages) as server:
        workspace_id = await server.command("workspace", "create", "Test")
        async with (
            httpx.AsyncClient(base_url=server.base_url, timeout=20) as asker,
            httpx.AsyncClient(base_url=server.base_url, timeout=20) as owner,
        ):
            # People, since the key of a program is none of several who approve.
            await sign_in(server, asker, workspace_id, "member")
            await sign_in(server, owner, workspace_id, "owner")
            for rule in RULES:
                made = await owner.post("/api/v1/tool-rules", json={"tool": "createTask", **rule})
                assert made.status_code == 201, made.text
            yield Scene(server, asker, owner)


async def sign_in(server: ServerProcess, http: httpx.AsyncClient, workspace_id: str, role: str) -> None:
    """Make a person of the workspace, and let the client be theirs."""
    email = f"{role}@example.com"
    await server.command("user", "create", email, "--workspace", workspace_id, "--role", role)
    token = re.split(r"[=/]", await server.command("user", "link", email))[-1]
    welcome = await http.post("/api/v1/auth/link", json={"token": token})
    assert welcome.status_code == 200, welcome.text
    http.headers["x-csrf-token"] = welcome.json()["csrf_token"]


@contextlib.asynccontextmanager
async def database_of(scene: Scene) -> AsyncGenerator[Connection]:
    """The server's database, as its owner."""
    connection = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(scene.server.data_dir).owner_url))
    try:
        yield connection
    finally:
        await connection.close()


async def surely(http: httpx.AsyncClient, method: str, path: str, **given: Any) -> httpx.Response:
    """Ask again until the server is back and answers."""
    for _ in range(RECOVERY_SECONDS * 10):
        with contextlib.suppress(httpx.HTTPError):
            answer = await http.request(method, path, **given)
            if answer.status_code != 503:
                return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"{method} {path} is never answered")


def new_task(title: str, *more: str) -> Json:
    """A question whose answer makes a task, with other calls beside it."""
    calls = "".join([calling("createTask", title=title), *more])
    text = f"Go. {calls} {{{{parallel_tools:{1 + len(more)}}}}} {{{{reply:Done.}}}}"
    return {"id": f"m-{title}".replace(" ", "-"), "role": "user", "parts": [{"type": "text", "text": text}]}


async def asked(scene: Scene, chat: str, message: Json) -> str:
    """The run of a question that was sent until it surely arrived."""
    body = {"id": chat, "message": message, "trigger": "submit-message", "stream": False}
    answer = await surely(scene.asker, "POST", "/api/v1/chat", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["run_id"]


async def action_of(scene: Scene, run_id: str) -> str | None:
    """The waiting call of a run; None when its time is over."""
    run: Json = {}
    for _ in range(RECOVERY_SECONDS * 20):
        listed = (await surely(scene.asker, "GET", "/api/v1/actions")).json()["items"]
        for action in listed:
            if action["run_id"] == run_id:
                return action["id"]
        run = (await surely(scene.asker, "GET", f"/api/v1/runs/{run_id}")).json()
        if run["finished_at"] is not None:
            return None
        await asyncio.sleep(0.05)
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
    for _ in range(RECOVERY_SECONDS * 5):
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
        await asyncio.sleep(0.2)
    raise AssertionError(f"no end of {run_id}: {list(seen.values())[-3:]}")


async def ensure_over(scene: Scene, chat: str, run_id: str) -> Json:
    """Both streams come to their end and the answer is stored; the answer."""
    events = await asyncio.wait_for(followed(scene, run_id), RECOVERY_SECONDS)
    assert events[-1]["status"] == "completed", events[-1]
    rest = await surely(scene.asker, "GET", f"/api/v1/chat/{chat}/stream")
    assert rest.status_code == 204 or rest.text.endswith("data: [DONE]\n\n")
    read = (await surely(scene.asker, "GET", f"/api/v1/chat/{chat}")).json()
    assert read["live_run"] is None
    answer = next(message for message in read["messages"] if message["run_id"] == run_id)
    assert answer["status"] == "completed"
    assert "".join(part["text"] for part in answer["parts"] if part["type"] == "text") == "Done."
    return answer


async def ensure_takes_another(scene: Scene, chat: str) -> None:
    body = {"id": chat, "message": "Next. {{reply:Fine.}}", "stream": False}
    answer = await surely(scene.asker, "POST", "/api/v1/chat", json=body)
    assert answer.json()["text"] == "Fine.", answer.text


class Moments:
    """Where the talks of a round stand, so that somebody can kill the server just then."""

    def __init__(self) -> None:
        self._passed: dict[tuple[str, str], asyncio.Event] = {}

    def of(self, way: str, moment: str) -> asyncio.Event:
        return self._passed.setdefault((way, moment), asyncio.Event())


async def talk(scene: Scene, way: str, title: str, moments: Moments) -> None:
    """A conversation with one waiting call that is decided in one way; the effect is looked at when it is over."""
    chat = f"chat-{title}".replace(" ", "-")
    moments.of(way, "asking").set()
    run_id = await asked(scene, chat, new_task(title))
    reading = asyncio.ensure_future(followed(scene, run_id))
    moments.of(way, "asked").set()
    action_id = await action_of(scene, run_id)
    if action_id is not None and way != "expire":
        moments.of(way, "deciding").set()
        if way == "edit":
            await decided(scene.asker, action_id, "approve", arguments={"title": f"{title} edited"})
        else:
            await decided(scene.asker, action_id, "deny" if way == "deny" else "approve")
        if way == "pair":
            await decided(scene.owner, action_id, "approve")
    moments.of(way, "deciding").set()
    moments.of(way, "decided").set()
    assert (await reading)[-1]["status"] == "completed"
    await ensure_over(scene, chat, run_id)


async def killed_at(scene: Scene, moments: Moments, dice: random.Random) -> list[str]:
    """Kill the server a little after a moment of one of the talks, start it again, and do so once more."""
    points: list[str] = []
    for among in (MOMENTS, MOMENTS[2:]):
        way, moment, delay = dice.choice(list(WAYS)), dice.choice(among), dice.uniform(0, 0.15)
        await moments.of(way, moment).wait()
        await asyncio.sleep(delay)
        await scene.server.kill()
        await scene.server.start()
        points.append(f"{way} {moment} +{delay * 1000:.0f} ms")
    return points


async def tasks(scene: Scene, title: str) -> list[str]:
    """The names of the tasks that a talk made, past every wall."""
    async with database_of(scene) as owner:
        rows = await owner.fetch(
            "SELECT name FROM things WHERE kind = 'task' AND (name = $1 OR name LIKE $1 || ' %')", title
        )
    return [row["name"] for row in rows]


@pytest.mark.timeout(300)
@pytest.mark.req("APPR-01", "APPR-02")
async def test_kills_at_any_point_leave_each_decision_carried_out_once_or_never(scene: Scene) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    deadline = time.monotonic() + ROUNDS_SECONDS
    titles: dict[str, str] = {}
    for number in range(ROUNDS):
        if time.monotonic() > deadline:
            break
        moments = Moments()
        titles = {way: f"{way} {seed} {number}" for way in WAYS}
        killing = asyncio.ensure_future(killed_at(scene, moments, dice))
        await asyncio.gather(killing, *(talk(scene, way, title, moments) for way, title in titles.items()))
        print(", ".join(killing.result()))
        for way, title in titles.items():
            made = await tasks(scene, title)
            assert made == [f"{title}{WAYS[way]}"] * (WAYS[way] is not None), way
    for title in titles.values():
        await ensure_takes_another(scene, f"chat-{title}".replace(" ", "-"))


async def stuck(scene: Scene, words: str) -> None:
    """Wait until a statement of the server waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
    async with database_of(scene) as owner:
        for _ in range(500):
            if await owner.fetchval(query, f"%{words}%"):
                return
            await asyncio.sleep(0.02)
    raise AssertionError(f"nothing waits to {words}")


@pytest.mark.req("APPR-01")
@pytest.mark.parametrize("when", ["before the commit", "behind the commit"])
async def test_a_kill_within_the_effect_acts_once(scene: Scene, when: str) -> None:
    title = f"held {when}"
    chat = title.replace(" ", "-")
    run_id = await asked(scene, chat, new_task(title))
    action_id = await action_of(scene, run_id)
    assert action_id is not None
    thread_id = (await surely(scene.asker, "GET", f"/api/v1/runs/{run_id}")).json()["thread_id"]
    async with database_of(scene) as effect, database_of(scene) as ending:
        holding = effect.transaction()
        await holding.start()
        await effect.execute("LOCK TABLE things IN SHARE ROW EXCLUSIVE MODE")
        await decided(scene.asker, action_id, "approve")
        await stuck(scene, "INSERT INTO things")
        if when == "before the commit":
            await scene.server.kill()
            await holding.rollback()
            assert await tasks(scene, title) == []
        else:
            async with ending.transaction():
                # What came of the call is stored behind this lock.
                await ending.execute("SELECT 1 FROM threads WHERE id = $1 FOR NO KEY UPDATE", thread_id)
                await holding.rollback()
                await stuck(scene, "threads")
                await scene.server.kill()
            assert await tasks(scene, title) == [title]
    await scene.server.start()
    answer = await ensure_over(scene, chat, run_id)
    assert [part["state"] for part in answer["parts"] if part["type"] == "tool_call"] == ["output_ready"]
    assert await tasks(scene, title) == [title]
    await ensure_takes_another(scene, chat)


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_an_end_while_one_call_of_a_step_has_answered_and_another_runs(scene: Scene, end: str) -> None:
    title = f"free before a {end}"
    message = new_task(title, calling("testSlow", seconds=2))
    chat = f"half-a-step-{end}"
    asking = asyncio.ensure_future(asked(scene, chat, message))
    while not await tasks(scene, title):
        await asyncio.sleep(0.02)
    # The result is written with the next flush, the end of the step behind the slow call.
    await asyncio.sleep(0.7)
    await (scene.server.kill() if end == "kill" else scene.server.stop())
    await scene.server.start()
    run_id = await asking
    answer = await ensure_over(scene, chat, run_id)
    assert [part["state"] for part in answer["parts"] if part["type"] == "tool_call"] == ["output_ready"] * 2
    assert await tasks(scene, title) == [title]


@contextlib.asynccontextmanager
async def losing_lines(scene: Scene) -> AsyncGenerator[None]:
    """While the block lasts, the server loses every connection to the database as soon as it has one."""
    over = asyncio.Event()
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'steward%' AND pid <> $1"
    )

    async def lose() -> None:
        async with database_of(scene) as owner:
            own = await owner.fetchval("SELECT pg_backend_pid()")
            while not over.is_set():
                await owner.fetch(query, own)
                await asyncio.sleep(0.005)

    losing = asyncio.ensure_future(lose())
    try:
        yield
    finally:
        over.set()
        await losing


@pytest.mark.parametrize("lead", [0.0, 0.3], ids=["at once", "within the call"])
async def test_a_database_that_goes_away_behind_a_decision(scene: Scene, lead: float) -> None:
    title = f"away {lead}"
    chat = title.replace(" ", "-")
    run_id = await asked(scene, chat, new_task(title, calling("testSlow", seconds=0.6)))
    action_id = await action_of(scene, run_id)
    assert action_id is not None
    await decided(scene.asker, action_id, "approve")
    await asyncio.sleep(lead)
    async with losing_lines(scene):
        await asyncio.sleep(1.5)
    await ensure_over(scene, chat, run_id)
    assert await tasks(scene, title) == [title]
    await ensure_takes_another(scene, chat)
