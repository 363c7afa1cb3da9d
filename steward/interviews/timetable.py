"""Timetables: a number of minutes dealt out to blocks of work and breaks, so that they add up to it exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

LEAST_MINUTES: Final = 45
MOST_MINUTES: Final = 600
MOST_SUBJECTS: Final = 6

_STRETCH_MINUTES: Final = 90
"""People work about this long without a break."""
_BREAK_MINUTES: Final = 15
_LUNCH_FROM_MINUTES: Final = 330
_LUNCH_MINUTES: Final = 45
_STEP_MINUTES: Final = 5

Kind = Literal["opening", "work", "break", "lunch", "closing"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a timetable. `starts_at` counts minutes from the beginning; `subject` counts from 0."""

    kind: Kind
    starts_at: int
    minutes: int
    subject: int | None = None


def plan(minutes: int, subjects: int) -> list[Slot]:
    """Deal out the minutes of a workshop: an opening, each subject about as long as the others, breaks, a closing.

    Args:
        minutes: of the whole, from `LEAST_MINUTES` to `MOST_MINUTES`.
        subjects: how many there are, from 1 to `MOST_SUBJECTS`. One is cut in two where a break falls into it.

    Returns: slots without a gap, each at least a minute long, which add up to `minutes`.
    """
    frame = max(_STEP_MINUTES, min(20, minutes // 10 // _STEP_MINUTES * _STEP_MINUTES))
    breaks = _breaks(minutes)
    work = _shares(minutes - 2 * frame - sum(length for _, length in breaks), subjects)
    pieces: list[tuple[Kind, int, int | None]] = [("opening", frame, None)]
    pieces += _with_breaks(work, breaks)
    pieces.append(("closing", frame, None))
    slots: list[Slot] = []
    at = 0
    for kind, length, subject in pieces:
        slots.append(Slot(kind, at, length, subject))
        at += length
    return slots


def _breaks(minutes: int) -> list[tuple[Kind, int]]:
    """Breaks in their order; the middle one of a long day is for lunch."""
    count = max(0, -(-minutes // (_STRETCH_MINUTES + _BREAK_MINUTES)) - 1)
    found: list[tuple[Kind, int]] = [("break", _BREAK_MINUTES)] * count
    if minutes >= _LUNCH_FROM_MINUTES:
        found[(count - 1) // 2] = ("lunch", _LUNCH_MINUTES)
    return found


def _shares(minutes: int, count: int) -> list[int]:
    """Minutes in near equal shares, in steps of five as far as they go; the first ones are the longer ones."""
    steps, rest = divmod(minutes, _STEP_MINUTES)
    each, over = divmod(steps, count)
    shares = [(each + (at < over)) * _STEP_MINUTES for at in range(count)]
    shares[0] += rest
    return shares


def _with_breaks(
    work: Sequence[int], breaks: Sequence[tuple[Kind, int]]
) -> list[tuple[Kind, int, int | None]]:
    """Work with its breaks at about equal distances: between two subjects if one ends near by, else within one."""
    total = sum(work)
    ends = [sum(work[: at + 1]) for at in range(len(work) - 1)]
    found: list[tuple[Kind, int, int | None]] = []
    done = 0
    cuts = [_near(total * (at + 1) // (len(breaks) + 1), ends) for at in range(len(breaks))]
    for end in sorted({*ends, *cuts, total}):
        subject = sum(one <= done for one in ends)
        found.append(("work", end - done, subject))
        done = end
        found += [(*pause, None) for pause, cut in zip(breaks, cuts, strict=True) if cut == end]
    return found


def _near(wanted: int, ends: Sequence[int]) -> int:
    wanted -= wanted % _STEP_MINUTES
    nearest = min(ends, key=lambda end: abs(end - wanted), default=wanted)
    return nearest if abs(nearest - wanted) <= _STRETCH_MINUTES // 4 else wanted
