"""The operator's commands, in processes of their own, with the server running and stopped."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.processes import serving, steward

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of these tests alone."""
    return tmp_path_factory.mktemp("operator") / "data"


def said(*arguments: str, stdin: str = "") -> str:
    """What a command that must succeed prints, to standard output alone."""
    done = steward(*arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n")
    return done.stdout[:-1]


def refused(*arguments: str, stdin: str = "") -> str:
    """The one sentence of a command that refuses."""
    done = steward(*arguments, stdin=stdin)
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


@pytest.mark.req("DEPL-02")
@pytest.mark.req("DEPL-12")
def test_an_operator_sets_a_server_up(folder: Path, tmp_path: Path) -> None:
    here = ("--data-dir", str(folder))
    assert said("migrate", *here) == "The database is up to date."

    # Stopped: the commands start the database for themselves.
    workspace = said("workspace", "create", "Ours", *here)
    assert re.fullmatch(r"ws_[0-9a-z]{26}", workspace)
    key = said("key", "create", "--workspace", workspace, "--name", "first", *here)
    assert re.fullmatch(r"sk-st-[A-Za-z0-9_-]{43}", key)
    user = said(
        "user",
        "create",
        "ada@example.com",
        "--workspace",
        workspace,
        "--role",
        "admin",
        *here,
        stdin="a long password\n",
    )
    assert re.fullmatch(r"user_[0-9a-z]{26}", user)

    with serving(folder, log=tmp_path / "log") as server:
        headers = {"authorization": f"Bearer {key}"}
        assert httpx.get(f"{server.url}/api/v1/me", headers=headers).json()["workspace"]["name"] == "Ours"
        signed_in = httpx.post(
            f"{server.url}/api/v1/auth/sign-in",
            json={"email": "ada@example.com", "password": "a long password"},
        )
        assert (signed_in.status_code, signed_in.json()["role"]) == (200, "admin")

        # Running: the same commands, on the same folder.
        other = said("workspace", "create", "Theirs", *here)
        second = said("key", "create", "--workspace", other, "--name", "second", *here)
        me = httpx.get(f"{server.url}/api/v1/me", headers={"authorization": f"Bearer {second}"})
        assert me.json()["workspace"]["id"] == other
        assert said("migrate", *here) == "The database is up to date."

        link = urlsplit(said("user", "link", "ADA@example.com", *here))
        assert link.path == "/welcome"
        token = link.fragment.removeprefix("token=")
        welcome = httpx.post(f"{server.url}/api/v1/auth/link", json={"token": token})
        assert welcome.json()["user"]["id"] == user

        listed = httpx.get(f"{server.url}/api/v1/keys", headers=headers)
        assert listed.status_code == 403, "a program's key is no admin"
        cookie = {"cookie": f"steward_session={signed_in.cookies['steward_session']}"}
        (item,) = httpx.get(f"{server.url}/api/v1/keys", headers=cookie).json()["items"]
        revoked = steward("key", "revoke", item["id"], "--workspace", workspace, *here)
        assert (revoked.returncode, revoked.stdout) == (0, "")
        assert httpx.get(f"{server.url}/api/v1/me", headers=headers).status_code == 401

    person = ("user", "create", "Ada@example.com", "--workspace", workspace, *here)
    assert (
        refused(*person, stdin="a long password\n")
        == "A user with the address Ada@example.com exists already."
    )
    key_for_nobody = ("key", "create", "--workspace", "ws_nobodys", "--name", "x", *here)
    assert refused(*key_for_nobody).startswith("There is no workspace ws_nobodys.")


@pytest.mark.req("OBS-27")
@pytest.mark.req("OBS-28")
@pytest.mark.req("DEPL-05")
def test_the_doctor_names_what_is_missing(folder: Path, tmp_path: Path) -> None:
    sick = steward("doctor", "--data-dir", str(folder), STEWARD_PORT="0")
    lines = sick.stdout.splitlines()
    assert sick.returncode == 1, sick.stderr
    assert "ok      database" in lines
    assert "MISSING model provider: no key is set. Set OPENAI_API_KEY, or another provider's key." in lines
    well = steward("doctor", "--data-dir", str(folder), OPENAI_API_KEY="sk-x", STEWARD_PORT="0")
    assert [
        line for line in well.stdout.splitlines() if line.startswith("MISSING") and "web app" not in line
    ] == []
    astray = steward(
        "doctor",
        "--data-dir",
        str(folder),
        STEWARD_DATABASE_URL="postgresql://nobody:hunter2@127.0.0.1:1/nothing",
        STEWARD_PORT="0",
    )
    assert astray.returncode == 1
    assert "MISSING database" in astray.stdout
    assert "STEWARD_DATABASE_URL" in astray.stdout
    assert "hunter2" not in astray.stdout + astray.stderr


def test_the_first_start_prints_a_link_for_the_owner(tmp_path: Path) -> None:
    with serving(tmp_path / "data", log=tmp_path / "log") as server:
        printed = server.out.read_text()
        assert f"Steward is at {server.url}" in printed
        assert "Rate limits: 100 in 900 s from one address" in printed
        (link,) = re.findall(r"http://\S+/welcome#token=\S+", printed)
        assert link.startswith(server.url)
        welcome = httpx.post(f"{server.url}/api/v1/auth/link", json={"token": link.split("token=")[1]})
        assert (welcome.status_code, welcome.json()["role"]) == (200, "owner")
        assert link.split("token=")[1] not in server.log.read_text()
