"""What `steward ingest` shows: a bar on a terminal, lines in a pipe, and in the end what became of the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from steward.knowledge.folders.intake import Outcome
from steward.knowledge.schemas import Stage

_LABELS: Final = {
    "ready": "ready",
    "unchanged": "unchanged",
    "removed": "removed",
    "failed": "failed",
    "left_out": "left out",
}
_DOING: Final[dict[Stage, str]] = {
    "accepted": "fetching",
    "stored": "reading",
    "parsed": "cutting",
    "chunked": "embedding",
    "embedded": "publishing",
    "searchable": "publishing",
}
_SHOWN_CHARS: Final = 60


class Display:
    """Is told how it goes, and shows each file that is done with as a line."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._is_following = False
        self._counts: Counter[str] = Counter()
        self._failed: list[Outcome] = []
        self._left_out: dict[str, list[str]] = {}

    @property
    def exit_status(self) -> int:
        """0 when all are ready, 1 when some failed, 2 when there was nothing to do."""
        if self._counts["failed"]:
            return 1
        return 0 if self._counts["ready"] + self._counts["unchanged"] else 2

    @contextmanager
    def showing(self) -> Generator[None]:
        """Show how far it is within the block, and after it what became of all."""
        yield
        self._sum_up()

    def follow(self) -> None:
        """From now on say everything at once, and keep no count."""
        self._is_following = True

    def begin(self, count: int) -> None:
        """See `intake.Listener`."""

    def under_way(self, shown: str, stage: Stage) -> None:
        """See `intake.Listener`."""

    def done(self, outcome: Outcome) -> None:
        """See `intake.Listener`."""
        if self._is_following:
            self.line(f"{_labelled(outcome)}{_reason(outcome)}")
            return
        self._counts[outcome.status] += 1
        if outcome.status == "failed":
            self._failed.append(outcome)
        if outcome.status == "left_out":
            self._left_out.setdefault(outcome.reason, []).append(outcome.shown)
        self._show(outcome)

    def line(self, text: str) -> None:
        """Show a line as it is written."""
        self.console.print(_plain(text), soft_wrap=True)

    def _show(self, outcome: Outcome) -> None:
        # There may be many of these, and they are summed up in the end.
        if outcome.status != "left_out":
            self.line(_labelled(outcome))

    def _sum_up(self) -> None:
        for reason, shown in sorted(self._left_out.items()):
            self.line(f"Left out {len(shown)}, such as {min(shown)}: {reason}")
        self._show_failed(sorted(self._failed, key=lambda outcome: outcome.shown))
        counts = [
            f"{self._counts[status]} {label}" for status, label in _LABELS.items() if self._counts[status]
        ]
        self.line(f"{', '.join(counts)}." if counts else "There is nothing to ingest.")

    def _show_failed(self, failed: list[Outcome]) -> None:
        for outcome in failed:
            self.line(f"Failed {outcome.shown}{_reason(outcome)}")


class TerminalDisplay(Display):
    """Shows how far it is as a bar, and what failed as a table."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=0)
        self._total = 0

    @contextmanager
    def showing(self) -> Generator[None]:
        """See `Display`."""
        with self._bar:
            yield
        self._sum_up()

    def begin(self, count: int) -> None:
        """See `intake.Listener`."""
        self._total += count
        self._bar.update(self._task, total=self._total)

    def under_way(self, shown: str, stage: Stage) -> None:
        """See `intake.Listener`."""
        self._bar.update(self._task, description=_plain(f"{_DOING[stage]} {shown[-_SHOWN_CHARS:]}").plain)

    def _show(self, outcome: Outcome) -> None:
        self._bar.advance(self._task)

    def _show_failed(self, failed: list[Outcome]) -> None:
        if not failed:
            return
        table = Table("file", "what is wrong", "what to do", title="Failed", show_lines=True)
        for outcome in failed:
            table.add_row(*map(_plain, (outcome.shown, outcome.reason, outcome.fix)))
        self.console.print(table)


def _labelled(outcome: Outcome) -> str:
    return f"{_LABELS[outcome.status]:<10}{outcome.shown}"


def _reason(outcome: Outcome) -> str:
    said = " ".join(filter(None, (outcome.reason, outcome.fix)))
    return f": {said}" if said else ""


def _plain(text: str) -> Text:
    """A text that a name cannot turn into orders to the terminal."""
    return Text("".join(character if character.isprintable() else "\ufffd" for character in text))
