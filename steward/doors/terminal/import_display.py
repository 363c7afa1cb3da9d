"""What `steward import` shows: how far it is, and in the end what became of everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Literal, TypeAlias

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Status: TypeAlias = Literal["imported", "known", "skipped", "failed"]

_COLUMNS: Final[dict[Status, str]] = {
    "imported": "imported",
    "known": "already there",
    "skipped": "skipped",
    "failed": "failed",
}
_KINDS: Final = (
    "assistants",
    "files",
    "vector stores",
    "files of vector stores",
    "threads",
    "messages",
    "runs",
    "run steps",
)
_SHOWN_FAILED: Final = 20


class Tally:
    """Counts what became of the objects, and keeps the reasons of what did not come in."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[Status]] = {}
        self._skipped: dict[str, list[str]] = {}
        self.failed: list[str] = []
        self.notes: list[str] = []

    @property
    def exit_status(self) -> int:
        """0 when all that could be imported is there, 1 when some failed, 2 when there was nothing."""
        if self.failed:
            return 1
        counted = sum((counts for counts in self._counts.values()), Counter[Status]())
        return 0 if counted["imported"] + counted["known"] else 2

    def count(self, kind: str, status: Status, number: int = 1) -> None:
        """Count objects of a kind, which is called as people say it, in the plural."""
        if number:
            self._counts.setdefault(kind, Counter())[status] += number

    def skip(self, kind: str, name: str, reason: str) -> None:
        """Count one that is not imported, because there is no way to."""
        self.count(kind, "skipped")
        self._skipped.setdefault(reason, []).append(name)

    def fail(self, kind: str, name: str, reason: str) -> None:
        """Count one that should have been imported."""
        self.count(kind, "failed")
        self.failed.append(f"{name}: {reason}")

    def note(self, words: str) -> None:
        """Say something in the end, once."""
        if words not in self.notes:
            self.notes.append(words)

    def show(self, console: Console) -> None:
        """Show all of it."""
        for reason, names in sorted(self._skipped.items()):
            _print(console, f"Skipped {len(names)}, such as {min(names)}: {reason}")
        for words in self.notes:
            _print(console, words)
        for words in self.failed[:_SHOWN_FAILED]:
            _print(console, f"Failed {words}")
        if len(self.failed) > _SHOWN_FAILED:
            _print(console, f"… and {len(self.failed) - _SHOWN_FAILED} more.")
        if not self._counts:
            _print(console, "There is nothing to import.")
            return
        table = Table("", *_COLUMNS.values(), box=box.SIMPLE if console.is_terminal else None)
        for kind, counts in sorted(self._counts.items(), key=lambda one: _place(one[0])):
            table.add_row(kind, *(str(counts[status]) for status in _COLUMNS))
        console.print(table)


class Bar:
    """How far the import is: a bar on a terminal, nothing in a pipe. Any thread may call."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)

    @contextmanager
    def showing(self) -> Generator[None]:
        """Show it within the block."""
        with self._bar:
            yield

    def begin(self, doing: str, total: int) -> None:
        """Another stretch of the work begins, of so many steps."""
        self._bar.reset(self._task, total=total, description=doing)

    def advance(self, steps: int = 1) -> None:
        """Some steps of the stretch are done."""
        self._bar.advance(self._task, steps)


def _place(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _print(console: Console, words: str) -> None:
    # A name from an export gives no orders to the terminal.
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in words)
    console.print(Text(shown), soft_wrap=True)
