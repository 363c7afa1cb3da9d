"""Nothing in the tree speaks of the machine that it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOME_FOLDERS = re.compile(r"/(?:home|Users)/[a-z][\w.-]*/")


def files() -> list[Path]:
    """The files of the tree that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this tree is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """The text of a file; pictures and other data count as empty."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_folder_of_this_machine() -> None:
    own = [f"{folder}/" for folder in (ROOT, ROOT.parent, Path.home()) if len(folder.parts) > 2]
    found = [
        str(path.relative_to(ROOT))
        for path in files()
        for text in [text_of(path)]
        if HOME_FOLDERS.search(text) or any(folder in text for folder in own)
    ]
    assert found == []
