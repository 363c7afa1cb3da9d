"""Tells which requirements have a test: `requirements.py [--open GROUP]`.

A Python test names its rows with `@pytest.mark.req("CHAT-08")`, a test of the web app in its title, `[CHAT-08]`.
An id that docs/requirements.md does not know makes the command fail.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (?P<id>[A-Z]+-\d{2,3}) \| (?P<what>.+?) \| [^|]*\|$", re.MULTILINE)
ID = re.compile(r"\[([A-Z]+-\d{2,3}(?:,\s*[A-Z]+-\d{2,3})*)\]")
WEB_TITLE = re.compile(
    # In `it.each(…)("title"` the first brackets may hold others.
    r"\b(?:test|it|describe)(?:\.\w+)*(?:\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?"
    r"\(\s*(['\"`])(?P<title>.*?)(?<!\\)\1",
    re.DOTALL,
)
WEB_TESTS = ("*.test.ts", "*.test.tsx", "*.spec.ts", "*.spec.tsx")


@dataclass(frozen=True)
class Coverage:
    """The rows of the requirements page and the tests that name each of them."""

    rows: Mapping[str, str]
    tests: Mapping[str, list[str]]

    @property
    def unknown(self) -> dict[str, list[str]]:
        """Ids that tests name and the page does not."""
        return {row: places for row, places in self.tests.items() if row not in self.rows}

    def groups(self) -> dict[str, list[str]]:
        """The ids of each group, in the order of the page."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rows:
            found[row.partition("-")[0]].append(row)
        return dict(found)


def rows_of(page: str) -> dict[str, str]:
    """Read id and sentence of every row from the requirements page."""
    return {match["id"]: match["what"] for match in ROW.finditer(page)}


def ids_in_python(source: str) -> Iterator[str]:
    """Find the ids in `pytest.mark.req(…)`, on tests, classes and whole modules."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.req")):
            continue
        for argument in node.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def ids_in_web(source: str) -> Iterator[str]:
    """Find the ids in brackets in the titles of Vitest and Playwright tests."""
    for title in WEB_TITLE.finditer(source):
        for ids in ID.findall(title["title"]):
            yield from re.split(r",\s*", ids)


def web_tests(root: Path) -> Iterator[Path]:
    """The test files of the web app."""
    folders = [path for path in (root / "web").glob("*") if path.is_dir() and path.name != "node_modules"]
    for folder in sorted(folders):
        for pattern in WEB_TESTS:
            yield from sorted(folder.rglob(pattern))


def read(root: Path) -> Coverage:
    """Read the requirements page and every test of the tree."""
    tests: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("*.py")):
        for row in ids_in_python(path.read_text("utf-8")):
            tests[row].append(path.relative_to(root).as_posix())
    for path in web_tests(root):
        for row in ids_in_web(path.read_text("utf-8")):
            tests[row].append(path.relative_to(root).as_posix())
    return Coverage(rows_of((root / "docs/requirements.md").read_text("utf-8")), dict(tests))


def report(coverage: Coverage) -> Iterator[str]:
    """One line for each group, with what is open, and the sums."""
    yield f"{'group':6} {'covered':>7} {'open':>5}  open rows"
    for group, rows in coverage.groups().items():
        still_open = [row for row in rows if row not in coverage.tests]
        numbers = " ".join(row.partition("-")[2] for row in still_open)
        shown = "all" if len(still_open) == len(rows) else numbers
        yield f"{group:6} {len(rows) - len(still_open):>7} {len(still_open):>5}  {shown}".rstrip()
    covered = sum(row in coverage.tests for row in coverage.rows)
    yield f"{'sum':6} {covered:>7} {len(coverage.rows) - covered:>5}  of {len(coverage.rows)}"


def open_rows(coverage: Coverage, group: str) -> Iterator[str]:
    """The open rows of one group, with their sentences."""
    for row in coverage.groups().get(group, []):
        if row not in coverage.tests:
            yield f"{row}  {coverage.rows[row]}"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Print the table, or the open rows of one group; fail on ids that the page does not know."""
    parser = argparse.ArgumentParser(description="Which requirements have a test.")
    parser.add_argument("--open", metavar="GROUP", help="list the open rows of this group, such as CHAT")
    chosen = parser.parse_args(arguments)
    coverage = read(root)
    group: str | None = chosen.open
    if group is not None and group.upper() not in coverage.groups():
        print(f"no group {group}; the groups are {' '.join(coverage.groups())}", file=sys.stderr)
        return 2
    for line in report(coverage) if group is None else open_rows(coverage, group.upper()):
        print(line)
    for row, places in sorted(coverage.unknown.items()):
        print(
            f"{row} is not in docs/requirements.md, but {', '.join(sorted(set(places)))} names it",
            file=sys.stderr,
        )
    return 1 if coverage.unknown else 0


if __name__ == "__main__":
    sys.exit(main())
