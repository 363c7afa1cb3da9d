"""`steward ingest`, in processes of its own, beside the tests' server and without one."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from inline_snapshot import snapshot
from typer.testing import CliRunner

from steward import app
from steward.doors.terminal import commands
from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.support.processes import COMMAND, ROOT, environment, steward

pytestmark = [pytest.mark.timeout(300), pytest.mark.req("RAG-16")]

PATIENCE_SECONDS = 100
PUMP = "# Pump\n\nThe pump runs at 9 bar."
MILL = "The mill is cleaned on Fridays."


async def run(settings: Settings, person: Person, *arguments: str | Path) -> tuple[int, str, str]:
    """The command for a person's workspace: exit status, standard output, standard error in one line."""
    here = ("--workspace", person.actor.workspace_id, "--data-dir", str(settings.data_dir))
    done = await anyio.to_thread.run_sync(lambda: steward("ingest", *map(str, arguments), *here))
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, " ".join(done.stderr.split())


async def texts(client: httpx.AsyncClient, person: Person) -> list[str]:
    """What can be found through the server."""
    wanted = {"query": "pump or mill", "limit": 50}
    answer = await client.post("/api/v1/knowledge/search", json=wanted, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return sorted(item["text"] for item in answer.json()["items"])


def said(out: str, folder: Path) -> str:
    """What a command printed, with the lines of files in order, under a short name for their folder."""
    lines = out.replace(str(folder), "DOCS").splitlines()
    done = [line for line in lines if line.startswith(("ready", "unchanged", "failed"))]
    rest = [line.replace(": ", ":\n  ", 1) for line in lines if line not in done]
    return "\n".join(sorted(done) + rest)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder with documents, and with what is none."""
    folder = tmp_path / "docs"
    (folder / "inner").mkdir(parents=True)
    (folder / "pump.md").write_text(PUMP)
    (folder / "inner/mill.txt").write_text(MILL)
    (folder / "song.mp3").write_bytes(b"ID3\x04\x00")
    (folder / ".secret").write_text("Hidden words.")
    return folder


@pytest.mark.slow
async def test_a_folder_is_brought_in_beside_a_server(
    settings: Settings, client: httpx.AsyncClient, ada: Person, docs: Path
) -> None:
    (docs / "broken.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    status, out, err = await run(settings, ada, docs)
    assert (status, err) == (1, "")
    assert said(out, docs) == snapshot("""\
failed    DOCS/broken.pdf
ready     DOCS/inner/mill.txt
ready     DOCS/pump.md
Left out 1, such as DOCS/.secret:
  It is hidden.
Left out 1, such as DOCS/song.mp3:
  This is a sound recording; such files are not read.
Failed DOCS/broken.pdf:
  The PDF is damaged or incomplete. Open it with the program that made it, save it again, then add the new copy.
2 ready, 1 failed, 2 left out.\
""")
    assert await texts(client, ada) == [PUMP, MILL]

    (docs / "broken.pdf").unlink()
    (docs / "pump.md").write_text(PUMP.replace("9", "12"))
    status, out, err = await run(settings, ada, docs)
    assert (status, err) == (0, "")
    assert said(out, docs) == snapshot("""\
ready     DOCS/pump.md
unchanged DOCS/inner/mill.txt
Left out 1, such as DOCS/.secret:
  It is hidden.
Left out 1, such as DOCS/song.mp3:
  This is a sound recording; such files are not read.
1 ready, 1 unchanged, 2 left out.\
""")
    assert await texts(client, ada) == [PUMP.replace("9", "12"), MILL]


@pytest.mark.slow
async def test_a_collection_and_tags_are_given(
    settings: Settings, client: httpx.AsyncClient, ada: Person, docs: Path
) -> None:
    wanted = (docs / "pump.md", "--collection", "Machines", "--tag", "pump", "--tag", "2026")
    assert (await run(settings, ada, *wanted))[0] == 0
    assert (await run(settings, ada, docs / "inner", "--collection", "Machines"))[0] == 0
    listed = (await client.get("/api/v1/collections", headers=ada.headers)).json()["items"]
    (machines,) = [one for one in listed if one["name"] == "Machines"]
    assert machines["documents"]["ready"] == 2
    listed = (await client.get("/api/v1/documents", headers=ada.headers)).json()["items"]
    assert {one["name"]: one["tags"] for one in listed} == {"pump.md": ["pump", "2026"], "mill.txt": []}


@pytest.mark.slow
async def test_nothing_to_do_ends_with_2(settings: Settings, ada: Person, tmp_path: Path) -> None:
    assert await run(settings, ada, tmp_path) == (2, "There is nothing to ingest.\n", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name a file or a folder, or use --samples."),
        ((__file__, "--watch"), "--watch is for folders."),
        (("--samples", "--watch"), "--watch is for folders."),
        (("no-such-file.md",), "'no-such-file.md' does not exist."),
        ((".", "--tag", "x" * 65), "A tag has 1 to 64 characters"),
        ((".", "--collection", ""), "The name of a collection has 1 to 256 characters."),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], sentence: str) -> None:
    host = commands.Host(app.open_runtime, app.serve_runtime, app.serve, app.STATIC)
    done = CliRunner().invoke(commands.build(host), ["ingest", *arguments])
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.replace("│", " ").split())


@pytest.mark.slow
async def test_a_workspace_that_is_not_there_is_one_sentence(settings: Settings, docs: Path) -> None:
    here = ("--workspace", "ws_nobodys", "--data-dir", str(settings.data_dir))
    done = await anyio.to_thread.run_sync(lambda: steward("ingest", str(docs), *here))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no workspace ws_nobodys.")


@pytest.mark.slow
@pytest.mark.req("VEC-05")
def test_one_command_makes_an_empty_database_a_knowledge_base(tmp_path: Path, docs: Path) -> None:
    here = ("--data-dir", str(tmp_path / "data"))
    done = steward("ingest", str(docs), "--samples", *here)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ready     architecture.md" in done.stdout
    assert f"ready     {docs}/pump.md" in done.stdout
    again = steward("ingest", str(tmp_path), "--samples", *here)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "ready     " not in again.stdout
    assert f"such as {tmp_path}/data: Steward keeps its own files here." in again.stdout


@contextmanager
def watching(settings: Settings, person: Person, folder: Path, log: Path) -> Generator[subprocess.Popen[str]]:
    here = ("--workspace", person.actor.workspace_id, "--data-dir", str(settings.data_dir))
    with log.open("w") as out:
        process = subprocess.Popen(
            [*COMMAND, "ingest", str(folder), "--watch", *here],
            env=environment(),
            cwd=ROOT,
            stdout=out,
            stderr=out,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.mark.slow
@pytest.mark.req("RAG-15")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_a_watched_folder_is_followed_until_it_is_stopped(
    settings: Settings,
    client: httpx.AsyncClient,
    ada: Person,
    docs: Path,
    tmp_path: Path,
    ending: signal.Signals,
) -> None:
    async def until(*wanted: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := await texts(client, ada)) != sorted(wanted):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, (found, log.read_text())
            await anyio.sleep(0.1)

    log = tmp_path / "log"
    with watching(settings, ada, docs, log) as process:
        await until(PUMP, MILL)
        (docs / "scale.md").write_text("The scale is broken.")
        (docs / "broken.pdf").write_bytes(b"%PDF-1.4 and then nothing")
        (docs / "inner/mill.txt").write_text(MILL.replace("Fri", "Mon"))
        (docs / "pump.md").unlink()
        await until(MILL.replace("Fri", "Mon"), "The scale is broken.")
        # What is done is told a moment later.
        for told in ("broken.pdf: The PDF is damaged", f"removed   {docs}/pump.md"):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while told not in log.read_text():
                assert time.monotonic() < deadline, log.read_text()
                await anyio.sleep(0.1)
        process.send_signal(ending)
        assert await anyio.to_thread.run_sync(lambda: process.wait(60)) == 0, log.read_text()
    written = log.read_text()
    assert "Traceback" not in written
    assert "Watching for changes; stop with Ctrl-C." in written
