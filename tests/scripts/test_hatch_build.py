"""hatch_build.py: a package carries the web app, and a tree without Node.js says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import pytest

import hatch_build

ROOT = Path(__file__).resolve().parents[2]


class App:
    """What hatchling lends to a hook."""

    def abort(self, message: str) -> NoReturn:
        raise SystemExit(message)

    def display_info(self, message: str) -> None:
        print(message)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with no built web app, and an npm that notes what it is told and builds one page."""
    for folder in ("steward", "web", "bin"):
        (tmp_path / folder).mkdir()
    npm = tmp_path / "bin/npm"
    npm.write_text(
        "#!/bin/sh\n"
        'echo "$1" >> ../npm.log\n'
        '[ "$1" != run ] || { mkdir -p ../steward/static && echo page > ../steward/static/index.html; }\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    return tmp_path


def build(tree: Path, version: str = "standard") -> list[str]:
    """Run the hook; what npm was told to do."""
    app: Any = App()
    nothing: Any = None
    hook = hatch_build.WebAppHook(str(tree), {}, nothing, nothing, str(tree / "dist"), "wheel", app)
    hook.initialize(version, {})
    log = tree / "npm.log"
    return log.read_text().split() if log.exists() else []


@pytest.mark.req("DEPL-04")
def test_the_web_app_is_built_when_it_is_missing(tree: Path) -> None:
    assert build(tree) == ["ci", "run"]
    assert (tree / "steward/static/index.html").is_file()


def test_a_built_web_app_is_taken_as_it_is(tree: Path) -> None:
    build(tree)
    assert build(tree) == ["ci", "run"]


def test_an_editable_installation_builds_nothing(tree: Path) -> None:
    assert build(tree, "editable") == []


def test_without_npm_a_sentence_says_what_to_do(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(SystemExit, match=r"needs Node\.js 20\.19 or newer"):
        build(tree)


def test_a_failing_build_fails_the_package(tree: Path) -> None:
    (tree / "bin/npm").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(SystemExit, match="npm ci failed"):
        build(tree)


@pytest.mark.slow
@pytest.mark.req("DEPL-04", "DEPL-09")
def test_a_wheel_holds_the_whole_product(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"steward/app.py", "steward/static/index.html", "steward/migrations/env.py"} <= names
    assert any(name.startswith("steward/migrations/versions/") for name in names)
    assert any(name.startswith("steward/static/assets/") and name.endswith(".js") for name in names)
    assert [
        name for name in names if name.startswith(("web/", "tests/", "docs/")) or "node_modules" in name
    ] == []
