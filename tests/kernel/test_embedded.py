from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path
from typing import LiteralString

import httpx
import psutil
import psycopg
import pytest

from steward.kernel.embedded import EmbeddedPostgres
from tests.support.processes import ROOT, environment, serving, steward

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def ask(server: EmbeddedPostgres, statement: LiteralString) -> object:
    with psycopg.connect(
        host=str(server.socket_dir), user="postgres", dbname="steward", autocommit=True
    ) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


def answers(server: EmbeddedPostgres) -> bool:
    try:
        return ask(server, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def is_started(folder: Path, killed: int) -> bool:
    """Whether another server has taken the place of the killed one."""
    with contextlib.suppress(OSError, IndexError):
        return postmaster(folder) != killed
    return False


@pytest.fixture
def server(tmp_path: Path) -> Generator[EmbeddedPostgres]:
    """A server of its own that runs."""
    embedded = EmbeddedPostgres(tmp_path / "data")
    embedded.start()
    yield embedded
    embedded.release()


@pytest.mark.req("OBS-15")
async def test_the_application_outlives_a_killed_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    workspace = steward("workspace", "create", "Ours", "--data-dir", str(data)).stdout.strip()
    key = steward(
        "key", "create", "--workspace", workspace, "--name", "x", "--data-dir", str(data)
    ).stdout.strip()
    with serving(data, log=tmp_path / "log") as served:
        headers = {"authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=10) as client:
            assert (await client.post("/api/v1/threads", json={"title": "kept"})).status_code == 201
            for _ in range(2):
                killed = postmaster(data)
                os.kill(killed, signal.SIGKILL)
                began = time.monotonic()
                seen: list[int] = []
                # A moment longer some answer whose server is gone already.
                while not seen or seen[-1] != 200 or not is_started(data, killed):
                    seen.append((await client.get("/api/v1/chat")).status_code)
                    assert time.monotonic() - began < 10, seen
                    await asyncio.sleep(0.05)
                assert set(seen) <= {200, 503}, "never a 500"
                assert postmaster(data) != killed
            listed = (await client.get("/api/v1/chat")).json()["items"]
            assert [thread["title"] for thread in listed] == ["kept"]
            body = {"messages": [{"role": "user", "content": "still there?"}], "stream": False}
            assert (await client.post("/api/v1/chat", json=body)).status_code == 200
        assert served.process.poll() is None
        complaints = [json.loads(line) for line in served.lines()]
        assert {"dbos", "steward"} <= {
            (line.get("logger") or line["module"]).split(".")[0] for line in complaints
        }


async def test_it_is_started_again_while_its_last_processes_are_going(server: EmbeddedPostgres) -> None:
    last = psycopg.connect(host=str(server.socket_dir), user="postgres", dbname="steward", autocommit=True)
    # Stopped, it does not notice that its parent is gone; a new server is refused until it ends.
    os.kill(last.info.backend_pid, signal.SIGSTOP)
    os.kill(postmaster(server.data_dir), signal.SIGKILL)
    starting = asyncio.ensure_future(asyncio.to_thread(server.ensure_running))
    await asyncio.sleep(2)
    assert not starting.done()
    os.kill(last.info.backend_pid, signal.SIGKILL)
    assert await asyncio.wait_for(starting, 10)
    assert answers(server)
    assert not server.ensure_running()
    last.close()


@pytest.mark.parametrize("pid", ["a living one", "nobody's", "rubbish"])
def test_a_stale_pid_file_does_not_fool_it(tmp_path: Path, pid: str) -> None:
    embedded = EmbeddedPostgres(tmp_path / "data")
    embedded.start()
    lines = (embedded.pgdata / "postmaster.pid").read_text().splitlines()
    embedded.release()
    lines[0] = {"a living one": str(os.getpid()), "nobody's": "4194200", "rubbish": "x"}[pid]
    (embedded.pgdata / "postmaster.pid").write_text("\n".join(lines) + "\n")
    embedded.start()
    assert answers(embedded)
    embedded.release()
    assert not answers(embedded)


def test_the_last_to_leave_stops_it(tmp_path: Path) -> None:
    hold = (
        "import sys, pathlib\nfrom steward.kernel.embedded import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))\nserver.start()\nprint('up', flush=True)\n"
        "sys.stdin.readline()\nserver.release()\n"
    )
    here = EmbeddedPostgres(tmp_path / "data")
    here.start()
    pid = postmaster(here.data_dir)
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path / "data")],
        env=environment(),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "up\n"
        assert postmaster(here.data_dir) == pid, "it is shared"
        here.release()
        assert answers(here), "the other still holds it"
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.wait(60) == 0
    assert not answers(here)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_whoever_is_killed_lets_go(tmp_path: Path) -> None:
    hold = (
        "import sys, pathlib, time\nfrom steward.kernel.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()\nprint('up', flush=True)\ntime.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path / "data")],
        env=environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "up\n"
        other.kill()
    here = EmbeddedPostgres(tmp_path / "data")
    assert answers(here)
    here.start()
    here.release()
    assert not answers(here)


def test_nothing_is_started_for_those_who_left(tmp_path: Path) -> None:
    embedded = EmbeddedPostgres(tmp_path / "data")
    embedded.start()
    embedded.release()
    embedded.release()
    assert not embedded.ensure_running()
    assert not answers(embedded)


@pytest.mark.parametrize("name", ["x" * 120, "Application Support", "Ada's Daten äöü"])
def test_the_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    embedded = EmbeddedPostgres(tmp_path / name / "data")
    embedded.start()
    try:
        assert ask(embedded, "SHOW data_directory") == str(embedded.pgdata)
        assert len(str(embedded.socket_dir / ".s.PGSQL.5432")) <= 107
        assert embedded.socket_dir.stat().st_mode & 0o077 == 0, "nobody else may come near the socket"
        assert ask(embedded, "SHOW listen_addresses") == ""
    finally:
        embedded.release()
    assert not embedded.socket_dir.exists()


def test_a_trap_in_the_folder_of_temporary_files_is_not_walked_into(tmp_path: Path) -> None:
    embedded = EmbeddedPostgres(tmp_path / ("x" * 120))
    trap = Path(tempfile.gettempdir()) / f"steward-{sha256(str(embedded.pgdata).encode()).hexdigest()[:16]}"
    assert embedded.socket_dir == trap
    bait = tmp_path / "bait"
    bait.mkdir(mode=0o755)
    trap.symlink_to(bait)
    try:
        with pytest.raises(RuntimeError, match="belongs to somebody else"):
            embedded.start()
        assert bait.stat().st_mode & 0o777 == 0o755
    finally:
        embedded.release()
        trap.unlink()


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steward.kernel.embedded._GONE_SECONDS", 2)
    embedded = EmbeddedPostgres(tmp_path / "data")
    embedded.start()
    embedded.release()
    with (embedded.pgdata / "postgresql.conf").open("a") as configuration:
        configuration.write("\nno_such_setting = 1\n")
    with pytest.raises(RuntimeError, match=r"did not start; its log is .* errors"):
        embedded.start()
    embedded.release()


def test_a_start_that_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "data" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    embedded = EmbeddedPostgres(tmp_path / "data")
    embedded.start()
    assert answers(embedded)
    assert not half.exists()
    embedded.release()


def test_the_language_of_whoever_starts_it_first_does_not_matter(tmp_path: Path) -> None:
    made = steward("migrate", "--data-dir", str(tmp_path / "data"), LC_ALL="C", LANG="C")
    assert made.returncode == 0, made.stderr
    embedded = EmbeddedPostgres(tmp_path / "data")
    embedded.start()
    try:
        assert ask(embedded, "SHOW server_encoding") == "UTF8"
        assert ask(embedded, "SELECT lower('GRÖSSE')") == "grösse"
        assert ask(embedded, "SELECT to_tsvector('simple', '„ÜBER“ – ok')::text") == "'ok':2 'über':1"
    finally:
        embedded.release()
