"""`steward tool new` and `steward tool list`: what is scaffolded passes its own test, installs, and is offered."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import pytest
import typer
from typer.testing import CliRunner

from steward.doors.terminal import tool_commands, tool_scaffold
from tests.support.processes import ROOT, environment, steward
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import server_process

EXAMPLE = ROOT / "examples" / "steward-tool-example"


def run(*arguments: str) -> tuple[int, str, str]:
    cli = typer.Typer()
    cli.callback()(lambda: None)
    tool_commands.hang(cli)
    done = CliRunner().invoke(cli, ["tool", *arguments], env={"TERMINAL_WIDTH": "300"})
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


def python(*arguments: str, folder: Path, path: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(PYTHONPATH=f"{path}:{ROOT}", PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(package: Path, folder: Path) -> Path:
    """A folder that the package is installed in, by pip, without a network."""
    source = folder / "source"
    shutil.copytree(package, source, ignore=shutil.ignore_patterns("__pycache__"))
    site = folder / "site"
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    python("-m", "pip", "install", *offline, "--target", str(site), str(source), folder=folder)
    return site


def test_the_example_is_what_the_command_writes(tmp_path: Path) -> None:
    status, out, err = run("new", "example", "--folder", str(tmp_path))
    assert (status, out.strip()) == (0, str(tmp_path / EXAMPLE.name))
    assert "start Steward again" in err
    written = {path.name: path.read_text() for path in (tmp_path / EXAMPLE.name).iterdir()}
    kept = {path.name: path.read_text() for path in EXAMPLE.iterdir() if path.is_file()}
    assert written == kept


@pytest.mark.parametrize(
    "name", ["Example", "two words", "../up", "class", "sum", "tool", "a" * 51, "a--b", ""]
)
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    status, _, err = run("new", name, "--folder", str(tmp_path))
    assert status == 2
    # A narrow terminal breaks the sentence within words.
    assert "isnonameforatool" in re.sub(r"[^a-z]", "", err)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    assert run("new", "example", "--folder", str(tmp_path))[0] == 0
    (tmp_path / EXAMPLE.name / "pyproject.toml").write_text("mine")
    status, _, err = run("new", "example", "--folder", str(tmp_path))
    assert (status, "istherealready" in re.sub(r"[^a-z]", "", err)) == (2, True)
    assert (tmp_path / EXAMPLE.name / "pyproject.toml").read_text() == "mine"
    (tmp_path / "file").write_text("")
    assert run("new", "other", "--folder", str(tmp_path / "file"))[0] == 2


@pytest.mark.slow
def test_the_tools_are_listed_with_those_that_are_switched_off() -> None:
    # A process of its own: the command sets up the logs.
    listed = steward("tool", "list", STEWARD_TOOLS__DISABLED='["searchKB"]')
    assert listed.returncode == 0, listed.stderr
    rows = {cells[1]: cells[2:5] for line in listed.stdout.splitlines() if len(cells := _cells(line)) > 5}
    assert rows["uploadDocument"][:2] == ["steward", "yes"]
    assert rows["searchKB"][1] == "switched off"
    assert rows["searchKnowledge"][1] == "no"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("│")]


@pytest.mark.req("TOOL-43")
@pytest.mark.slow
def test_what_is_written_passes_its_own_test(tmp_path: Path) -> None:
    assert run("new", "shipping-costs", "--folder", str(tmp_path))[0] == 0
    package = tmp_path / "steward-tool-shipping-costs"
    assert tool_scaffold.files_of("shipping-costs").keys() == {path.name for path in package.iterdir()}
    assert '@tool("shippingCosts")' in (package / "steward_tool_shipping_costs.py").read_text()
    out = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", folder=package, path=package
    )
    assert "5 passed" in out


@pytest.mark.req("TOOL-43")
@pytest.mark.req("AGNT-27")
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_server_offers_the_tool_of_an_installed_package(
    tmp_path: Path, provider: ScriptedProvider
) -> None:
    site = await anyio.to_thread.run_sync(lambda: installed(EXAMPLE, tmp_path))
    path = f"{site}:{ROOT}"
    async with server_process(tmp_path / "data", provider.base_url, PYTHONPATH=path) as server:
        headers = {"authorization": f"Bearer {await server.key()}"}
        async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=30) as http:
            read = (await http.get("/api/v1/tools/example")).json()
            assert (read["origin"], read["approval"]) == ("steward-tool-example", "never")
            assert read["parameters"]["required"] == ["text"]
            called = await http.post(
                "/api/v1/tools/example/execute", json={"arguments": {"text": "three short words"}}
            )
            assert called.json()["output"] == {"words": 3, "letters": 15}
            wrong = await http.post("/api/v1/tools/example/execute", json={"arguments": {"words": 3}})
            assert wrong.status_code == 422
