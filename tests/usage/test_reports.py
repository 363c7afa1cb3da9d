"""Reports: sums straight from the ledger, in the days of a time zone."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from steward.kernel.errors import Forbidden, Invalid
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor
from steward.usage import reports
from steward.usage.reports import CallFilter, Span
from steward.usage.schemas import CallPage, Grouping, UsageReport
from tests.conftest import Person
from tests.support.database import as_owner
from tests.usage.lines import NOON, book

MARCH = Span(date(2026, 3, 1), date(2026, 4, 1), "UTC")


async def report(house: Runtime, actor: Actor, *by: Grouping, days: Span = MARCH) -> UsageReport:
    async with house.database.transaction(actor) as work:
        return await reports.report(work, [*by], days)


async def page(
    house: Runtime, actor: Actor, limit: int = 100, cursor: str | None = None, **wanted: Any
) -> CallPage:
    async with house.database.transaction(actor) as work:
        return await reports.calls(work, CallFilter(**wanted), limit=limit, cursor=cursor)


def at(text: str) -> dict[str, Any]:
    return {"created_at": datetime.fromisoformat(f"{text}+00:00")}


@pytest.mark.req("USE-03")
async def test_days_and_months_end_where_the_time_zone_says(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    await book(
        settings,
        ada.actor,
        {**at("2026-02-28T22:59:59.999999"), "cost_usd": Decimal(1)},
        {**at("2026-02-28T23:00"), "cost_usd": Decimal(2)},
        {**at("2026-03-28T23:30"), "cost_usd": Decimal(4)},
        {**at("2026-03-29T21:59:59.999999"), "cost_usd": Decimal(8)},
        {**at("2026-03-29T22:00"), "cost_usd": Decimal(16)},
        {**at("2026-03-31T21:59:59.999999"), "cost_usd": Decimal(32)},
        {**at("2026-03-31T22:00"), "cost_usd": Decimal(64)},
    )

    async def costs(by: Grouping, first: str, end: str, zone: str) -> dict[str, int]:
        days = Span(date.fromisoformat(first), date.fromisoformat(end), zone)
        found = await report(house, ada.actor, by, days=days)
        assert sum(line.cost_usd for line in found.items) == found.total.cost_usd
        return {str(getattr(line, by)): int(line.cost_usd) for line in found.items}

    # Berlin's clock went forward on 29 March: that day has 23 hours.
    assert await costs("day", "2026-03-01", "2026-04-01", "Europe/Berlin") == {
        "2026-03-01": 2,
        "2026-03-29": 12,
        "2026-03-30": 16,
        "2026-03-31": 32,
    }
    assert await costs("month", "2026-02-01", "2026-05-01", "Europe/Berlin") == {
        "2026-02": 1,
        "2026-03": 62,
        "2026-04": 64,
    }
    assert await costs("month", "2026-02-01", "2026-05-01", "UTC") == {"2026-02": 3, "2026-03": 124}
    assert await costs("month", "2026-02-01", "2026-05-01", "Pacific/Kiritimati") == {
        "2026-03": 31,
        "2026-04": 96,
    }
    # From the middle of a month, and to the middle of another.
    assert await costs("month", "2026-03-29", "2026-03-30", "Europe/Berlin") == {"2026-03": 12}


@pytest.mark.parametrize(
    ("since", "until", "zone", "expected"),
    [
        (None, None, "UTC", ("2026-02-01", "2026-03-01")),
        (None, None, "Europe/Berlin", ("2026-03-01", "2026-04-01")),
        ("2026-01-10", None, "UTC", ("2026-01-10", "2026-03-01")),
        ("2026-05-10", None, "UTC", ("2026-05-10", "2026-06-01")),
        (None, "2026-01-01", "UTC", ("2025-12-01", "2026-01-01")),
        (None, "2026-01-02", "UTC", ("2026-01-01", "2026-01-02")),
    ],
)
def test_the_days_of_a_report(
    since: str | None, until: str | None, zone: str, expected: tuple[str, str]
) -> None:
    now = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    first, end = (date.fromisoformat(text) if text else None for text in (since, until))
    found = reports.span(first, end, zone, now)
    assert (str(found.since), str(found.until), found.time_zone) == (*expected, zone)


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-03-02", "2026-03-02"), ("2026-03-02", "2026-03-01"), ("2000-01-01", "2026-01-01")],
)
def test_days_that_make_no_report_are_refused(since: str, until: str) -> None:
    with pytest.raises(Invalid, match="choose"):
        reports.span(date.fromisoformat(since), date.fromisoformat(until), "UTC", NOON)


def mixture(bob: Person) -> list[dict[str, Any]]:
    """Lines that differ in everything that a report can tell apart."""
    return [
        {
            "created_at": NOON + timedelta(days=number % 5),
            "provider": ("openai", "anthropic")[number % 2],
            "model": ("small", "large", "huge")[number % 3],
            "purpose": ("chat", "title")[number % 7 == 0],
            "agent_id": (None, "agent_a", "agent_b")[number % 3],
            "key_id": (None, "key_a")[number % 4 == 0],
            "thread_id": f"thread_{number % 4}",
            "message_id": f"msg_{number % 6}",
            "user_id": bob.actor.user_id if number % 3 else bob.actor.user_id + "x",
            "input_tokens": number,
            "output_tokens": 2 * number,
            "cached_tokens": number // 2,
            "reasoning_tokens": number // 3,
            "cost_usd": None if number % 10 == 0 else Decimal(number) / Decimal(10**9),
            "estimated": number % 5 == 0,
            "status": ("completed", "failed", "cancelled", "interrupted")[number % 4],
        }
        for number in range(60)
    ]


@pytest.mark.req("USE-02")
@pytest.mark.req("USE-04")
@pytest.mark.req("USE-08")
@pytest.mark.req("USE-09")
@pytest.mark.parametrize(
    "by",
    [
        ("day",),
        ("month",),
        ("model",),
        ("provider",),
        ("user",),
        ("agent",),
        ("key",),
        ("thread",),
        ("message",),
        ("purpose",),
        ("day", "model"),
        ("user", "agent", "month"),
    ],
    ids="-".join,
)
async def test_a_statement_equals_the_sum_of_its_calls(
    house: Runtime, settings: Settings, ada: Person, bob: Person, eve: Person, by: tuple[Grouping, ...]
) -> None:
    lines = mixture(bob)
    await book(settings, ada.actor, *lines)
    await book(settings, eve.actor, {"cost_usd": Decimal(1000)})
    found = await report(house, ada.actor, *by)
    sums = found.total.model_dump()
    for field in sums:
        assert sum(getattr(line, field) for line in found.items) == sums[field], field
    fields = {
        name: field
        for name, field in (
            ("user", "user_id"),
            ("agent", "agent_id"),
            ("key", "key_id"),
            ("thread", "thread_id"),
            ("message", "message_id"),
        )
    }
    shown = [
        name
        for grouping in by
        for name in (("provider", "model") if grouping == "model" else (fields.get(grouping, grouping),))
    ]
    for line in found.items:
        assert set(line.model_fields_set) == {*shown, *sums}
        group = line.model_dump(include=set(shown))
        mine = [one for one in lines if all(_as_shown(one, name) == value for name, value in group.items())]
        assert line.calls == len(mine) > 0
        assert line.cost_usd == sum((one["cost_usd"] or Decimal(0)) for one in mine)
        assert line.total_tokens == sum(one["input_tokens"] + one["output_tokens"] for one in mine)
    assert sums["unpriced_calls"] == 6
    assert sums["estimated_calls"] == 12
    assert sums["cached_tokens"] == sum(one["cached_tokens"] for one in lines)


def _as_shown(line: dict[str, Any], field: str) -> Any:
    if field == "day":
        return line["created_at"].date()
    return line["created_at"].strftime("%Y-%m") if field == "month" else line[field]


@pytest.mark.req("USE-04")
async def test_the_view_says_what_the_report_says(
    house: Runtime, settings: Settings, ada: Person, bob: Person
) -> None:
    await book(settings, ada.actor, *mixture(bob))
    found = await report(house, ada.actor, "day", "user", "model")
    async with as_owner(settings) as owner:
        rows = await owner.fetch(
            "SELECT day, user_id, provider, model, sum(calls) AS calls, sum(estimated_calls) AS estimated_calls, "
            "sum(unpriced_calls) AS unpriced_calls, sum(cost_usd) AS cost_usd "
            "FROM usage_summary WHERE workspace_id = $1 GROUP BY 1, 2, 3, 4",
            ada.actor.workspace_id,
        )
    names = ("day", "user_id", "provider", "model", "calls", "estimated_calls", "unpriced_calls", "cost_usd")
    assert {tuple(row[name] for name in names) for row in rows} == {
        tuple(getattr(line, name) for name in names) for line in found.items
    }


async def test_an_open_call_is_shown_as_open(house: Runtime, settings: Settings, ada: Person) -> None:
    # Of a process that lives, so that no sweep takes it for a dead one's.
    line = {"status": "open", "cost_usd": None, "estimated": True, "process_id": house.process_id}
    await book(settings, ada.actor, line, {})
    total = (await report(house, ada.actor, "day")).total
    assert (total.calls, total.open_calls, total.unpriced_calls, total.estimated_calls) == (2, 1, 0, 1)
    async with as_owner(settings) as owner:
        await owner.execute("DELETE FROM model_calls WHERE workspace_id = $1", ada.actor.workspace_id)


async def test_nothing_used_is_a_report_too(house: Runtime, ada: Person) -> None:
    found = await report(house, ada.actor, "thread")
    assert found.items == []
    assert found.total.calls == 0
    assert found.total.cost_usd == 0
    assert reports.as_csv(found, ["thread"]).startswith("thread_id,calls,")


async def test_time_runs_forward_and_what_cost_most_comes_first(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    await book(
        settings,
        ada.actor,
        {"model": "cheap", "created_at": NOON},
        {"model": "dear", "cost_usd": Decimal(3), "created_at": NOON},
        {"model": "dear", "cost_usd": Decimal(5), "created_at": NOON + timedelta(days=1)},
        {"model": "free", "cost_usd": Decimal(0), "created_at": NOON - timedelta(days=1)},
    )
    found = await report(house, ada.actor, "model")
    assert [line.model for line in found.items] == ["dear", "cheap", "free"]
    found = await report(house, ada.actor, "model", "day")
    assert [(line.day and line.day.day, line.model) for line in found.items] == [
        (14, "free"),
        (15, "dear"),
        (15, "cheap"),
        (16, "dear"),
    ]


@pytest.mark.req("USE-03")
async def test_who_sees_what(
    house: Runtime, settings: Settings, ada: Person, bob: Person, eve: Person
) -> None:
    await book(settings, ada.actor, {"cost_usd": Decimal(1)}, {"cost_usd": Decimal(2)})
    await book(settings, bob.actor, {"cost_usd": Decimal(4)})
    await book(settings, eve.actor, {"cost_usd": Decimal(8)})
    viewer = Actor(bob.actor.workspace_id, bob.actor.user_id, "viewer")
    admin = Actor(bob.actor.workspace_id, bob.actor.user_id, "admin")
    for actor, expected, count in (
        (ada.actor, 7, 3),
        (admin, 7, 3),
        (bob.actor, 4, 1),
        (viewer, 4, 1),
        (eve.actor, 8, 1),
    ):
        found = await report(house, actor, "user")
        assert found.total.cost_usd == expected
        listed = await page(house, actor)
        assert sum(call.cost_usd or 0 for call in listed.items) == expected
        assert len(listed.items) == count
    for actor in (bob.actor, viewer):
        own = await report(house, actor, "user")
        assert [line.user_id for line in own.items] == [bob.actor.user_id]
        assert len((await page(house, actor, user_id=bob.actor.user_id)).items) == 1
        with pytest.raises(Forbidden, match="your own calls only"):
            await page(house, actor, user_id=ada.actor.user_id)
    assert len((await page(house, ada.actor, user_id=bob.actor.user_id)).items) == 1


async def test_more_lines_than_anybody_reads_are_refused_and_never_cut(
    house: Runtime, settings: Settings, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book(settings, ada.actor, *({"thread_id": f"thread_{number}"} for number in range(4)))
    monkeypatch.setattr(reports, "_MOST_LINES", 4)
    assert len((await report(house, ada.actor, "thread")).items) == 4
    monkeypatch.setattr(reports, "_MOST_LINES", 3)
    with pytest.raises(Invalid, match="more than 3 lines"):
        await report(house, ada.actor, "thread")


async def test_pages_of_lines_lose_and_repeat_nothing(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    """Many calls of one moment, and new ones that come while somebody reads."""
    ids = await book(
        settings, ada.actor, *({"created_at": NOON + timedelta(seconds=number // 8)} for number in range(25))
    )
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(9):
        found = await page(house, ada.actor, 3, cursor)
        seen += [call.id for call in found.items]
        await book(settings, ada.actor, {"created_at": NOON + timedelta(minutes=1)})
        cursor = found.next_cursor
    assert cursor is None
    assert sorted(seen) == sorted(ids)
    assert seen == sorted(seen, reverse=True), "ids sort by time too"
    with pytest.raises(Invalid, match="start without a cursor"):
        await page(house, ada.actor, 3, "nonsense")


@pytest.mark.req("USE-06")
@pytest.mark.req("USE-18")
async def test_a_line_shows_everything_that_is_known_of_a_call(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    line: dict[str, Any] = {
        "key_id": "key_1",
        "agent_id": "agent_1",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "message_id": "msg_1",
        "purpose": "title",
        "attempt": 2,
        "status": "failed",
        "finish_reason": "error",
        "input_tokens": 1,
        "output_tokens": 2,
        "cached_tokens": 3,
        "cache_write_tokens": 4,
        "reasoning_tokens": 5,
        "estimated": True,
        "cost_usd": Decimal("0.000000120"),
        "first_token_ms": 6,
        "duration_ms": 7,
        "metadata": {"tools": ["find"]},
    }
    (call_id,) = await book(settings, ada.actor, line)
    (shown,) = (await page(house, ada.actor)).items
    assert shown.model_dump() == {
        **line,
        "id": call_id,
        "created_at": NOON,
        "provider": "openai",
        "model": "gpt-4o-mini",
        "user_id": ada.actor.user_id,
    }
    assert '"cost_usd":"0.00000012"' in shown.model_dump_json()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"thread_id": "thread_2"}, "b"),
        ({"run_id": "run_2"}, "b"),
        ({"status": "failed"}, "c"),
        ({"model": "large"}, "bc"),
        ({"model": "anthropic/large"}, "c"),
        ({"since": date(2026, 3, 16)}, "bc"),
        ({"until": date(2026, 3, 16)}, "a"),
        ({"since": date(2026, 3, 16), "until": date(2026, 3, 17), "time_zone": "Pacific/Auckland"}, "a"),
        ({"status": "failed", "thread_id": "thread_2"}, ""),
        ({}, "abc"),
    ],
)
async def test_lines_are_found_by_what_they_say(
    house: Runtime, settings: Settings, ada: Person, wanted: dict[str, Any], found: str
) -> None:
    await book(
        settings,
        ada.actor,
        {"message_id": "a", "thread_id": "thread_1", "model": "small"},
        {
            "message_id": "b",
            "thread_id": "thread_2",
            "run_id": "run_2",
            "model": "large",
            "created_at": NOON + timedelta(days=1),
        },
        {
            "message_id": "c",
            "provider": "anthropic",
            "model": "large",
            "status": "failed",
            "created_at": NOON + timedelta(days=2),
        },
    )
    listed = await page(house, ada.actor, **wanted)
    assert sorted(call.message_id or "" for call in listed.items) == [*found]


async def test_a_table_says_what_the_interface_says_and_runs_no_formula(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    names = ["=cmd()", "+1", "-1", "@x", "\tx", "plain", 'a "quoted", one', "x=1"]
    await book(settings, ada.actor, *({"model": name} for name in names))
    found = await report(house, ada.actor, "model", "agent")
    rows = list(csv.DictReader(io.StringIO(reports.as_csv(found, ["model", "agent"]))))
    lines = found.model_dump(mode="json", exclude_unset=True)["items"]
    assert len(rows) == len(lines) == 8
    for row, line in zip(rows, lines, strict=True):
        risky = line["model"][0] in "=+-@\t"
        assert row["model"] == ("'" if risky else "") + line["model"]
        assert row["agent_id"] == ""
        assert all(row[name] == str(line[name]) for name in line if name not in ("model", "agent_id"))
    assert {row["model"][0] for row in rows} <= {"'", "p", "a", "x"}
