"""Servers killed at chosen points around an effect: what was decided is carried out once, whatever the point was.

Kills at random points, for several clients: tests/judges/test_approval_crashes.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.runs.killing import (
    Scene,
    action_of,
    asked,
    chat_of,
    database_of,
    decided,
    effects_held,
    ensure_over,
    ensure_takes_another,
    scene_in,
    surely,
    task_text,
    tasks,
)
from tests.runs.test_tools import calling
from tests.support.scripted_provider import ScriptedProvider

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def scene(
    tmp_path_factory: pytest.TempPathFactory, provider: ScriptedProvider, package_of_tools: Path
) -> AsyncGenerator[Scene]:
    async with scene_in(tmp_path_factory.mktemp("killed"), provider, package_of_tools) as made:
        yield made


async def stuck(scene: Scene, words: str) -> None:
    """Wait until a statement of the server waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
    async with database_of(scene.server) as owner:
        for _ in range(500):
            if await owner.fetchval(query, f"%{words}%"):
                return
            await asyncio.sleep(0.02)
    raise AssertionError(f"nothing waits to {words}")


@pytest.mark.req("APPR-01")
@pytest.mark.parametrize("when", ["before the commit", "behind the commit"])
async def test_a_kill_within_the_effect_acts_once(scene: Scene, when: str) -> None:
    title = f"held {when}"
    run_id = await asked(scene, title, task_text(title))
    action_id = await action_of(scene, run_id)
    assert action_id is not None
    thread_id = (await surely(scene.asker, "GET", f"/api/v1/runs/{run_id}")).json()["thread_id"]
    async with contextlib.AsyncExitStack() as held, database_of(scene.server) as ending:
        await held.enter_async_context(effects_held(scene))
        await decided(scene.asker, action_id, "approve")
        await stuck(scene, "INSERT INTO things")
        if when == "before the commit":
            await scene.server.kill()
            await held.aclose()
            assert await tasks(scene, title) == []
        else:
            async with ending.transaction():
                # What came of the call is stored behind this lock.
                await ending.execute("SELECT 1 FROM threads WHERE id = $1 FOR NO KEY UPDATE", thread_id)
                await held.aclose()
                await stuck(scene, "threads")
                await scene.server.kill()
            assert await tasks(scene, title) == [title]
    await scene.server.start()
    answer = await ensure_over(scene, title, run_id)
    assert [part["state"] for part in answer["parts"] if part["type"] == "tool_call"] == ["output_ready"]
    assert await tasks(scene, title) == [title]
    await ensure_takes_another(scene, title)


async def written(scene: Scene, title: str, words: str) -> None:
    """Wait until these words stand among the events that are stored of a talk."""
    query = (
        "SELECT count(*) FROM run_segments s JOIN runs r ON r.workspace_id = s.workspace_id AND r.id = s.id "
        "JOIN threads t ON t.workspace_id = r.workspace_id AND t.id = r.thread_id "
        "WHERE t.client_id = $1 AND position($2::bytea IN s.events) > 0"
    )
    async with database_of(scene.server) as owner:
        for _ in range(500):
            if await owner.fetchval(query, chat_of(title), words.encode()):
                return
            await asyncio.sleep(0.02)
    raise AssertionError(f"{words} is never written")


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_an_end_while_one_call_of_a_step_has_answered_and_another_runs(scene: Scene, end: str) -> None:
    title = f"free before a {end}"
    asking = asyncio.ensure_future(asked(scene, title, task_text(title, calling("testSlow", seconds=1.5))))
    # The result is written with the next flush, the end of the step behind the slow call.
    await written(scene, title, "tool_result")
    await (scene.server.kill() if end == "kill" else scene.server.stop())
    await scene.server.start()
    run_id = await asking
    answer = await ensure_over(scene, title, run_id)
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
        async with database_of(scene.server) as owner:
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
    run_id = await asked(scene, title, task_text(title, calling("testSlow", seconds=0.6)))
    action_id = await action_of(scene, run_id)
    assert action_id is not None
    await decided(scene.asker, action_id, "approve")
    await asyncio.sleep(lead)
    async with losing_lines(scene):
        await asyncio.sleep(1.5)
    await ensure_over(scene, title, run_id)
    assert await tasks(scene, title) == [title]
    await ensure_takes_another(scene, title)
