"""Cron: when something that recurs comes round, on the clock of a time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

# Reads cron as the engine of durable work does.
from croniter import CroniterBadDateError, CroniterError, croniter

from steward.kernel.errors import Refusal

MOST_CHARS: Final = 200
_MOST_YEARS: Final = 10
_NAMES: Final = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
_CLOCK: Final = r"[0-9*/,-]+"
_MONTHS: Final = r"(?:[0-9*/,-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)+"
_WEEKDAYS: Final = r"(?:[0-9*?/,#-]|mon|tue|wed|thu|fri|sat|sun|l)+"
# Only what comes at the same moments on every machine: no random fields, no seconds, no years.
_FIELDS: Final = re.compile(rf"{_CLOCK} {_CLOCK} (?:[0-9*?/,lw-])+ {_MONTHS} {_WEEKDAYS}")
_LOOK_BACK: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=32))


class CronInvalid(Refusal):
    """The text is no cron expression, or one that never comes."""

    tag = "cron_invalid"
    status = 422
    title = "The schedule cannot be read"
    remedy = "Write five fields, such as 0 9 * * mon-fri, or a name, such as @daily."


def normal(cron: str) -> str:
    """An expression that can be read and that comes, tidied.

    Raises:
        CronInvalid: it is none, or it never comes.
    """
    written = tidied(cron)
    if len(written) > MOST_CHARS or not (written in _NAMES or _FIELDS.fullmatch(written)):
        raise _unreadable(written)
    try:
        next(_moments(written, "UTC", datetime(2024, 1, 1, tzinfo=UTC)))
    except CroniterBadDateError as error:
        raise CronInvalid(
            f"`{written}` never comes; choose a day that its month has.", field="cron"
        ) from error
    except CroniterError as error:
        raise _unreadable(written) from error
    return written


def tidied(cron: str) -> str:
    """An expression with single blanks and small letters, whether or not it can be read."""
    return " ".join(cron.split()).lower()


def following(cron: str, time_zone: str, after: datetime) -> datetime:
    """The first slot after a moment, in UTC."""
    return next(_slots(cron, time_zone, after))


def latest(cron: str, time_zone: str, since: datetime, now: datetime) -> datetime:
    """The last slot that has come, given one that has.

    Args:
        cron: the expression.
        time_zone: on whose clock it counts.
        since: a slot that is not after `now`.
        now: what time it is.
    """
    # A schedule that comes every minute may have been missed for a year: not every slot of it is looked at.
    for span in _LOOK_BACK:
        if now - span > since and (found := _last(cron, time_zone, now - span, now)):
            return found
    return _last(cron, time_zone, since, now) or since


def _last(cron: str, time_zone: str, after: datetime, now: datetime) -> datetime | None:
    found = None
    for slot in _slots(cron, time_zone, after):
        if slot > now:
            break
        found = slot
    return found


def _slots(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """The moments of a schedule; one that names an hour comes once, also when the clock shows that hour twice."""
    names_hour = not cron.startswith("@hourly") and not (cron.split() * 2)[1].startswith("*")
    for slot in _moments(cron, time_zone, after):
        if not (names_hour and slot.astimezone(ZoneInfo(time_zone)).fold):
            yield slot


def _moments(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    start = after.astimezone(ZoneInfo(time_zone))
    coming: Any = croniter(cron, start, ret_type=datetime, max_years_between_matches=_MOST_YEARS)
    while True:
        yield coming.get_next().astimezone(UTC)


def _unreadable(cron: str) -> CronInvalid:
    return CronInvalid(
        f"`{cron[:50]}` is no schedule; write minute, hour, day, month and day of the week, such as `0 9 * * mon-fri`, "
        "or one of @hourly, @daily, @weekly, @monthly and @yearly.",
        field="cron",
    )
