"""`steward assistant setup` and `steward assistant ready`."""

from __future__ import annotations

import anyio
import pytest

from steward.agents import service as agents
from steward.doors.terminal import assistant_commands
from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.support.processes import steward


@pytest.mark.req("THRD-03", "FLAG-20", "FLAG-21", "FLAG-22", "FLAG-23")
async def test_what_is_missing_is_named_until_it_is_set_up(house: Runtime, ada: Person) -> None:
    workspace_id = ada.actor.workspace_id
    before = dict(await assistant_commands.look(house, workspace_id))
    assert before == {
        "assistant": "the workspace has none that answers. Run `steward assistant setup`.",
        "threads": None,
        "tools": None,
        "streaming": None,
    }
    made = await assistant_commands.ensure(house, workspace_id)
    assert await assistant_commands.ensure(house, workspace_id) == made
    assert set(dict(await assistant_commands.look(house, workspace_id)).values()) == {None}
    async with house.database.transaction(ada.actor) as work:
        assert (await agents.get(work, house.settings, made)).status == "active"


@pytest.mark.slow
@pytest.mark.req("FLAG-20")
async def test_the_commands_print_what_there_is(house: Runtime, ada: Person) -> None:
    here = ("--workspace", ada.actor.workspace_id, "--data-dir", str(house.settings.data_dir))

    async def said(*arguments: str) -> tuple[int, str]:
        done = await anyio.to_thread.run_sync(lambda: steward("assistant", *arguments, *here))
        return done.returncode, done.stdout

    status, out = await said("ready")
    assert (status, out.splitlines()[0].split(":")[0]) == (1, "MISSING assistant")
    status, made = await said("setup")
    assert (status, made.startswith("asst_")) == (0, True)
    assert await said("ready") == (
        0,
        "ok      assistant\nok      threads\nok      tools\nok      streaming\n",
    )
