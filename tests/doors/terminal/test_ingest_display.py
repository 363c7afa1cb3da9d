"""What `steward ingest` shows on a terminal, and how it ends."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from steward.doors.terminal.ingest_display import Display, TerminalDisplay
from steward.knowledge.folders.intake import Outcome

READY = Outcome("docs/pump.md", "ready")
UNCHANGED = Outcome("docs/mill.md", "unchanged")
FAILED = Outcome("docs/broken.pdf", "failed", "The PDF is damaged.", "Save it again.")
LEFT_OUT = Outcome("docs/.git", "left_out", "It is hidden.")


def console(*, is_terminal: bool) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=is_terminal, width=100, highlight=False, color_system=None
    )


def written(display: Display) -> str:
    file = display.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_terminal_has_a_bar_and_a_table_of_failures() -> None:
    display = TerminalDisplay(console(is_terminal=True))
    with display.showing():
        display.begin(2)
        display.under_way("docs/pump.md", "chunked")
        display.done(READY)
        display.done(FAILED)
    out = written(display)
    assert "2/2" in out
    assert "embedding docs/pump.md" in out
    (row,) = [line for line in out.splitlines() if "docs/broken.pdf" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "docs/broken.pdf",
        "The PDF is damaged.",
        "Save it again.",
    ]
    assert out.splitlines()[-1] == "1 ready, 1 failed."


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([READY, UNCHANGED, LEFT_OUT], 0),
        ([UNCHANGED], 0),
        ([READY, FAILED], 1),
        ([LEFT_OUT], 2),
        ([], 2),
    ],
)
def test_the_exit_status_says_whether_all_are_ready(outcomes: list[Outcome], status: int) -> None:
    display = Display(console(is_terminal=False))
    for outcome in outcomes:
        display.done(outcome)
    assert display.exit_status == status


def test_who_follows_is_told_why_at_once() -> None:
    display = TerminalDisplay(console(is_terminal=True))
    display.follow()
    display.done(FAILED)
    display.done(Outcome("/docs/pump.md", "removed"))
    assert written(display) == (
        "failed    docs/broken.pdf: The PDF is damaged. Save it again.\nremoved   /docs/pump.md\n"
    )


@pytest.mark.parametrize("kind", [Display, TerminalDisplay])
def test_a_name_gives_no_orders_to_the_terminal(kind: type[Display]) -> None:
    display = kind(console(is_terminal=True))
    name = "docs/\x1b]0;owned\x07\x1b[2J\n[red]a\udce9.md"
    with display.showing():
        display.under_way(name, "stored")
        display.done(Outcome(name, "failed", "No.", "No."))
    out = written(display)
    assert "\x1b]0;" not in out
    assert "\x1b[2J" not in out
    assert "[red]a\ufffd.md" in out
