"""Days and months in a time zone: where reports and budgets draw their lines."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2200, 1, 1)


def ensure_zone(name: str) -> str:
    """Let only names of time zones through."""
    if name not in _zones():
        raise ValueError("this is no IANA time zone; write it like Europe/Berlin")
    return name


def starts_at(day: date, time_zone: str) -> datetime:
    """When a day begins somewhere, in UTC. Where its midnight does not exist, when the clock was put forward."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def day_of(moment: datetime, time_zone: str) -> date:
    """The day that it is somewhere."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def next_month(day: date) -> date:
    """The first day of the month after the one of this day."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def days_between(first: date, end: date) -> list[date]:
    """Every day from the first on, without the last."""
    return [first + timedelta(days=number) for number in range((end - first).days)]


def months_between(first: date, end: date) -> list[date]:
    """The first day of every month that has a day from `first` on, without `end`."""
    months = [first.replace(day=1)]
    while (following := next_month(months[-1])) < end:
        months.append(following)
    return months


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})
