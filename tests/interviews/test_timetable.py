"""Every timetable that can be asked for adds up."""

from __future__ import annotations

import pytest

from steward.interviews.timetable import LEAST_MINUTES, MOST_MINUTES, MOST_SUBJECTS, plan

EVERY = [
    (minutes, subjects)
    for minutes in range(LEAST_MINUTES, MOST_MINUTES + 1)
    for subjects in range(1, MOST_SUBJECTS + 1)
]


@pytest.mark.req("TOOL-28")
def test_the_minutes_add_up_without_a_gap() -> None:
    for minutes, subjects in EVERY:
        slots = plan(minutes, subjects)
        ends = [slot.starts_at + slot.minutes for slot in slots]
        assert [slot.starts_at for slot in slots] == [0, *ends[:-1]], (minutes, subjects)
        assert ends[-1] == sum(slot.minutes for slot in slots) == minutes
        assert all(slot.minutes >= 5 for slot in slots), (minutes, subjects, slots)


@pytest.mark.req("TOOL-28")
def test_every_subject_has_its_place_in_order() -> None:
    for minutes, subjects in EVERY:
        worked = [slot.subject for slot in plan(minutes, subjects) if slot.kind == "work"]
        assert list(dict.fromkeys(worked)) == list(range(subjects)), (minutes, subjects)
        assert worked == sorted(worked, key=lambda one: one or 0)


def test_nobody_works_long_without_a_break_and_no_two_breaks_meet() -> None:
    for minutes, subjects in EVERY:
        at_a_stretch = 0
        before = ""
        for slot in plan(minutes, subjects):
            is_pause = slot.kind in ("break", "lunch")
            assert not (is_pause and before in ("break", "lunch", "opening")), (minutes, subjects)
            at_a_stretch = 0 if is_pause else at_a_stretch + slot.minutes
            assert at_a_stretch <= 135, (minutes, subjects)
            before = slot.kind


@pytest.mark.parametrize(("minutes", "lunches"), [(329, 0), (330, 1), (600, 1)])
def test_a_long_day_has_a_lunch(minutes: int, lunches: int) -> None:
    assert sum(slot.kind == "lunch" for slot in plan(minutes, 3)) == lunches
