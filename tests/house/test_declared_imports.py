"""Every package that the program imports is declared in pyproject.toml, not only brought along by another."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def declared() -> set[str]:
    """The names of the runtime dependencies, as package indexes write them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {normal(re.split(r"[\[<>=!;~ ]", line)[0]) for line in project["dependencies"]}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def test_imports_are_declared() -> None:
    distributions = packages_distributions()
    missing: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "steward").rglob("*.py")):
        for name in imported(path):
            if name in sys.stdlib_module_names or name == "steward":
                continue
            providers = {normal(found) for found in distributions.get(name, [name])}
            if not providers & declared():
                missing.add((name, path.relative_to(ROOT).as_posix()))
    assert missing == set()
