"""Every package that the program imports is declared in pyproject.toml, not only brought along by another."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


# What only an extra brings may be imported by these alone, and these are loaded only when they are asked for.
OF_EXTRAS = {
    "steward/files/s3_storage.py": "s3",
    "steward/providers/pydantic_ai_wire.py": "pydantic-ai",
}


def declared(extra: str | None = None) -> set[str]:
    """The names of the runtime dependencies, and of an extra's, as package indexes write them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else ())]
    return {normal(re.split(r"[\[<>=!;~ ]", line)[0]) for line in lines}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.slow
def test_imports_are_declared() -> None:
    distributions = packages_distributions()
    missing: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "steward").rglob("*.py")):
        known = declared(OF_EXTRAS.get(path.relative_to(ROOT).as_posix()))
        for name in imported(path):
            if name in sys.stdlib_module_names or name == "steward":
                continue
            providers = {normal(found) for found in distributions.get(name, [name])}
            if not providers & known:
                missing.add((name, path.relative_to(ROOT).as_posix()))
    assert missing == set()


def test_an_extra_is_used_where_it_says() -> None:
    for path, extra in OF_EXTRAS.items():
        distributions = packages_distributions()
        brought = {normal(found) for name in imported(ROOT / path) for found in distributions.get(name, [])}
        assert brought & (declared(extra) - declared()), f"{path} needs no extra"
