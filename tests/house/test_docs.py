"""The examples in the documentation: every Python block compiles, and those marked `<!-- runs -->` run.

The blocks of one page run in order, as one program, against a live server; they find its address in `BASE_URL` and an
API key in `API_KEY`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from tests.conftest import Person

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?P<runs><!-- runs -->\n)?```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
TEXTS = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]


def blocks(path: Path, *, runs: bool) -> list[str]:
    """The Python blocks of a page: all of them, or those that are marked to run."""
    return [block["code"] for block in BLOCK.finditer(path.read_text("utf-8")) if block["runs"] or not runs]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [path for path in TEXTS if blocks(path, runs=False)], ids=name)
def test_examples_compile(path: Path) -> None:
    for code in blocks(path, runs=False):
        compile(code, name(path), "exec")


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in TEXTS if blocks(path, runs=True)], ids=name)
async def test_examples_run(path: Path, server: str, ada: Person) -> None:
    program = "\n".join(
        [
            f"BASE_URL = {server!r}",
            f"API_KEY = {ada.key!r}",
            *blocks(path, runs=True),
        ]
    )
    done = await anyio.to_thread.run_sync(
        lambda: subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
        )
    )
    assert done.returncode == 0, done.stderr
