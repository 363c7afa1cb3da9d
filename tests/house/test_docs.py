"""The examples in the documentation: every Python block compiles, and those marked `<!-- runs -->` run.

The blocks of one page and one language run in order, as one program, against a live server. They find its address in
`BASE_URL` and an API key in `API_KEY`; the official clients find both where they look by themselves. Python, JavaScript
(`js`) and `bash` run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import anyio
import pytest

from tests.conftest import Person

ROOT: Final = Path(__file__).resolve().parents[2]
NODE_PACKAGES: Final = ROOT / "tests" / "judges" / "node"
BLOCK: Final = re.compile(
    r"(?P<runs><!-- runs -->\n)?```(?P<language>python|js|bash)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
COMMANDS: Final = {
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "-e"],
    "bash": ["bash", "-euo", "pipefail", "-c"],
}
OPENINGS: Final = {
    "python": "BASE_URL = {0!r}\nAPI_KEY = {1!r}\n",
    "js": "const BASE_URL = {0!r};\nconst API_KEY = {1!r};\n",
    "bash": "BASE_URL={0!r}\nAPI_KEY={1!r}\n",
}
TEXTS: Final = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]


def blocks(path: Path, language: str, *, runs: bool) -> list[str]:
    """The blocks of a page in one language: all of them, or those that are marked to run."""
    found = [block for block in BLOCK.finditer(path.read_text("utf-8")) if block["language"] == language]
    return [block["code"] for block in found if block["runs"] or not runs]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run(program: str, language: str, server: str, person: Person) -> subprocess.CompletedProcess[str]:
    """Run a program where Node finds the official packages."""
    return subprocess.run(
        [*COMMANDS[language], OPENINGS[language].format(server, person.key) + program],
        env={**os.environ, "OPENAI_BASE_URL": f"{server}/v1", "OPENAI_API_KEY": person.key},
        cwd=NODE_PACKAGES if language == "js" else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("path", [path for path in TEXTS if blocks(path, "python", runs=False)], ids=name)
def test_examples_compile(path: Path) -> None:
    for code in blocks(path, "python", runs=False):
        compile(code, name(path), "exec")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "language"),
    [(path, language) for path in TEXTS for language in COMMANDS if blocks(path, language, runs=True)],
    ids=lambda value: name(value) if isinstance(value, Path) else value,
)
async def test_examples_run(path: Path, language: str, server: str, ada: Person) -> None:
    program = "\n".join(blocks(path, language, runs=True))
    done = await anyio.to_thread.run_sync(run, program, language, server, ada)
    assert done.returncode == 0, done.stdout + done.stderr
