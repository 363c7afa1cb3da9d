"""Reports: what was used, summed up, and the ledger's lines themselves."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from steward.kernel.errors import Forbidden, Invalid
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Actor, Found, Transaction
from steward.usage import report_queries
from steward.usage.days import day_of, days_between, months_between, next_month, starts_at
from steward.usage.schemas import CallPage, CallRead, Grouping, UsageLine, UsageReport, UsageSums

_MOST_LINES: Final = 10_000
_MOST_DAYS: Final = 3_660
_DAY: Final = timedelta(days=1)
# What a spreadsheet would read as a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a time zone: the first, and the first that is no longer among them."""

    since: date
    until: date
    time_zone: str


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which lines of the ledger; None asks for all."""

    user_id: str | None = None
    thread_id: str | None = None
    run_id: str | None = None
    model: str | None = None
    status: str | None = None
    since: date | None = None
    until: date | None = None
    time_zone: str = "UTC"


def span(since: date | None, until: date | None, time_zone: str, now: datetime) -> Span:
    """The days of a report: those of this month, unless the caller says otherwise.

    Raises:
        Invalid: the end is not after the beginning, or more than ten years after it.
    """
    today = day_of(now, time_zone)
    first = since or (until - _DAY if until else today).replace(day=1)
    end = until or next_month(max(today, first))
    if first >= end:
        raise Invalid("`to` is the first day that is not in the report; choose one after `from`.", field="to")
    if (end - first).days > _MOST_DAYS:
        raise Invalid("A report spans at most ten years; choose days that are nearer.", field="from")
    return Span(first, end, time_zone)


async def report(work: Transaction, by: list[Grouping], days: Span) -> UsageReport:
    """Sum up the calls of some days: everybody's for admins and owners, else the actor's own.

    Raises:
        Invalid: that would be too many lines.
    """
    by = list(dict.fromkeys(by)) or ["day"]
    bounds = {
        name: divide(days.since, days.until)
        for name, divide in (("day", days_between), ("month", months_between))
        if name in by
    }
    filters: dict[str, Any] = {
        "user_id": _whose(work.actor),
        "since": starts_at(days.since, days.time_zone),
        "until": starts_at(days.until, days.time_zone),
    }
    for name, firsts in bounds.items():
        filters[f"{name}s"] = [starts_at(day, days.time_zone) for day in firsts]
    rows = await report_queries.sums(work, by, filters, _MOST_LINES + 2)
    if len(rows) > _MOST_LINES + 1:
        raise Invalid(
            f"That would be more than {_MOST_LINES} lines; choose fewer days, or group by less.", field="by"
        )
    total = next(row for row in rows if row.is_total)
    items = [_line(row, by, bounds) for row in rows if not row.is_total]
    return UsageReport.model_validate(
        {
            "items": sorted(items, key=_order),
            "total": {name: total[name] for name in UsageSums.model_fields},
            "from": days.since,
            "to": days.until,
            "time_zone": days.time_zone,
        }
    )


async def calls(work: Transaction, wanted: CallFilter, *, limit: int, cursor: str | None = None) -> CallPage:
    """A page of the ledger, newest first: everybody's lines for admins and owners, else the actor's own.

    Raises:
        Forbidden: the actor asks for somebody else's lines and may not see them.
        Invalid: the cursor is not of this list.
    """
    own = _whose(work.actor)
    if own is not None and wanted.user_id not in (None, own):
        raise Forbidden("You see your own calls only. Ask an owner or admin of the workspace.")
    filters: dict[str, Any] = {
        "user_id": own or wanted.user_id,
        "thread_id": wanted.thread_id,
        "run_id": wanted.run_id,
        "model": wanted.model,
        "status": wanted.status,
        "since": wanted.since and starts_at(wanted.since, wanted.time_zone),
        "until": wanted.until and starts_at(wanted.until, wanted.time_zone),
    }
    if cursor is not None:
        filters["last_at"], filters["last_id"] = read_cursor(cursor, datetime, str)
    rows = await report_queries.calls(work, filters, limit + 1)
    shown = rows[:limit]
    return CallPage(
        items=[CallRead(**dict(row)) for row in shown],
        next_cursor=write_cursor(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None,
    )


def columns_of(by: list[Grouping]) -> list[str]:
    """The fields of a report's lines: those of its groupings, then the sums."""
    return [*report_queries.fields_of(by or ["day"]), *UsageSums.model_fields]


def as_csv(found: UsageReport, by: list[Grouping]) -> str:
    """The lines of a report for a spreadsheet, with the fields and figures of the interface; text stays text there."""
    lines = found.model_dump(mode="json", exclude_unset=True)["items"]
    names = columns_of(by)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    table.writerows([[_cell(line[name]) for name in names] for line in lines])
    return text.getvalue()


def _whose(actor: Actor) -> str | None:
    return None if actor.role in ("owner", "admin") else actor.user_id


def _line(row: Found, by: list[Grouping], bounds: dict[str, list[date]]) -> UsageLine:
    values: dict[str, Any] = {name: row[name] for name in UsageSums.model_fields}
    for field in report_queries.fields_of(by):
        values[field] = row[field]
    for name, firsts in bounds.items():
        first: date = firsts[int(row[name]) - 1]
        values[name] = first if name == "day" else first.strftime("%Y-%m")
    return UsageLine(**values)


def _order(line: UsageLine) -> tuple[Any, ...]:
    groups = [
        str(getattr(line, name) or "")
        for name in UsageLine.model_fields
        if name not in UsageSums.model_fields
    ]
    return (line.month or "", line.day or date.min, -line.cost_usd, -line.total_tokens, *groups)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


async def count(work: Transaction) -> int:
    """How many lines of the ledger there are: everybody's for admins and owners, else the actor's own."""
    return await report_queries.count(work, {"user_id": _whose(work.actor)})
