from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.usage.budgets import ends_at, first_day
from steward.usage.days import day_of, days_between, ensure_zone, months_between, next_month, starts_at

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Havana",
)


@pytest.mark.parametrize(
    ("day", "zone", "began"),
    [
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00"),
        ("2026-03-30", "Europe/Berlin", "2026-03-29T22:00"),
        ("2026-10-26", "Europe/Berlin", "2026-10-25T23:00"),
        # The clock is put forward at midnight: the day begins at one o'clock.
        ("2026-04-24", "Africa/Cairo", "2026-04-23T22:00"),
        # And back at midnight plus an hour: midnight comes twice, and the first one counts.
        ("2026-11-01", "America/Havana", "2026-11-01T04:00"),
        ("2026-01-01", "Asia/Kathmandu", "2025-12-31T18:15"),
    ],
)
def test_where_a_day_begins(day: str, zone: str, began: str) -> None:
    assert starts_at(date.fromisoformat(day), zone) == datetime.fromisoformat(f"{began}+00:00")


MOMENTS = st.integers(0, 10**6).map(
    lambda number: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(minutes=47 * number)
)


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_moment_lies_in_its_day_and_its_month(moment: datetime, zone: str) -> None:
    day = day_of(moment, zone)
    assert starts_at(day, zone) <= moment < starts_at(day + timedelta(days=1), zone)
    for period in ("day", "month"):
        first = first_day(period, zone, moment)
        assert starts_at(first, zone) <= moment < ends_at(period, zone, first)


def test_a_day_that_the_clock_skips_is_empty() -> None:
    """Samoa went over the date line: 30 December 2011 did not happen."""
    assert starts_at(date(2011, 12, 30), "Pacific/Apia") == starts_at(date(2011, 12, 31), "Pacific/Apia")


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 800))
def test_days_and_months_cover_a_span_without_a_gap(first: date, count: int) -> None:
    end = first + timedelta(days=count)
    days, months = days_between(first, end), months_between(first, end)
    assert (days[0], days[-1], len(days)) == (first, end - timedelta(days=1), count)
    assert months == sorted({day.replace(day=1) for day in days})


def test_the_month_after_december_is_january() -> None:
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert next_month(date(2026, 1, 31)) == date(2026, 2, 1)


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/berlin", "../UTC", "localtime", "UTC+2", "Europe/Berlin "]
)
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="write it like Europe/Berlin"):
        ensure_zone(name)
    assert ensure_zone("Europe/Berlin") == "Europe/Berlin"
