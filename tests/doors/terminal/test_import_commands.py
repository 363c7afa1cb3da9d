"""`steward import`, in processes of its own, beside the tests' server."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx
import pytest
from inline_snapshot import snapshot
from typer.testing import CliRunner

from steward import app
from steward.doors.terminal import commands
from steward.identity import service as identity
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.doors.terminal.chats import conversation, node, root
from tests.doors.terminal.dumps import assistant, message, write
from tests.support.processes import steward

pytestmark = pytest.mark.timeout(300)


async def run(settings: Settings, person: Person, *arguments: str | Path) -> tuple[int, str, str]:
    """The command for a person's workspace: exit status, standard output and error, each line's blanks as one."""
    here = ("--workspace", person.actor.workspace_id, "--data-dir", str(settings.data_dir))
    done = await anyio.to_thread.run_sync(lambda: steward("import", *map(str, arguments), *here))
    assert "Traceback" not in done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    return done.returncode, "\n".join(lines), " ".join(done.stderr.split())


async def email_of(client: httpx.AsyncClient, person: Person) -> str:
    """The address of a person."""
    return (await client.get("/api/v1/me", headers=person.headers)).json()["user"]["email"]


@pytest.mark.slow
async def test_a_dump_comes_in_for_the_one_it_is_named_for(
    settings: Settings, house: Runtime, client: httpx.AsyncClient, ada: Person, bob: Person, tmp_path: Path
) -> None:
    saved = write(tmp_path / "dump.json", [assistant(), message(0, "When do we open?")])
    email = await email_of(client, bob)
    status, out, err = await run(settings, ada, "openai-assistants", saved, "--user", email)
    assert (status, err) == (0, "")
    note, _, table = out.partition("\n")
    # The command has none of the tests' keys.
    assert note.startswith(
        "Nobody answers here for openai/gpt-4o-mini: assistants with that model are drafts."
    )
    assert table == snapshot("""\
imported already there skipped failed
assistants 1 0 0 0
threads 1 0 0 0
messages 1 0 0 0\
""")
    for person, code in ((bob, 200), (ada, 404)):
        answer = await client.get("/v1/threads/thread_AbC", headers=person.headers)
        assert answer.status_code == code
    # Without a name it is for the workspace's keys.
    others = write(tmp_path / "others.json", message(0, "Hello.", id="msg_Key", thread_id="thread_Key"))
    assert (await run(settings, ada, "openai-assistants", others))[0] == 0
    async with house.database.work(ada.actor) as work:
        key = (await identity.create_key(work, "program")).key
    answer = await client.get("/v1/threads/thread_Key", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200


@pytest.mark.slow
async def test_an_export_of_chatgpt_comes_in(
    settings: Settings, client: httpx.AsyncClient, ada: Person, tmp_path: Path
) -> None:
    talk = conversation("c-1", root(), node("q", "root", "user", "Hello."))
    saved = write(tmp_path / "conversations.json", [talk])
    status, out, err = await run(settings, ada, "chatgpt", saved, "--user", await email_of(client, ada))
    assert (status, err, "threads 1 0 0 0" in out) == (0, "", True), out
    assert (await client.get("/api/v1/chat/c-1", headers=ada.headers)).status_code == 200
    assert (await run(settings, ada, "chatgpt", write(tmp_path / "none.json", {})))[0] == 2


@pytest.mark.slow
async def test_who_is_not_in_the_workspace_is_one_sentence(
    settings: Settings, client: httpx.AsyncClient, ada: Person, eve: Person, tmp_path: Path
) -> None:
    saved = write(tmp_path / "dump.json", [message(0, "Hello.")])
    for email in ("nobody@example.com", await email_of(client, eve)):
        status, out, err = await run(settings, ada, "openai-assistants", saved, "--user", email)
        assert (status, out) == (1, "")
        assert err.startswith(f"No {email} is in the workspace.")


@pytest.mark.parametrize("name", ["openai-assistants", "chatgpt"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((), "Missing argument"), (("no-such.json",), "'no-such.json' does not exist.")],
)
def test_wrong_usage_ends_with_2(name: str, arguments: tuple[str, ...], sentence: str) -> None:
    host = commands.Host(app.open_runtime, app.serve_runtime, app.serve, app.STATIC)
    done = CliRunner().invoke(commands.build(host), ["import", name, *arguments])
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.replace("│", " ").split())
