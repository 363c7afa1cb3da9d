"""When something that recurs comes round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.kernel.cron import CronInvalid, following, latest, normal

pytestmark = pytest.mark.req("AGNT-20")


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def slots(cron: str, time_zone: str, after: str, count: int) -> list[str]:
    found: list[str] = []
    moment = at(after)
    for _ in range(count):
        moment = following(cron, time_zone, moment)
        found.append(f"{moment:%m-%d %H:%M}")
    return found


def test_a_slot_is_after_the_moment_never_at_it() -> None:
    assert following("0 9 * * *", "UTC", at("2026-03-02T09:00")) == at("2026-03-03T09:00")
    assert following("0 9 * * *", "UTC", at("2026-03-02T08:59:59")) == at("2026-03-02T09:00")


def test_the_clock_is_that_of_the_time_zone() -> None:
    weekdays = "0 9 * * mon-fri"
    assert slots(weekdays, "America/New_York", "2026-10-30T00:00", 3) == [
        "10-30 13:00",
        "11-02 14:00",
        "11-03 14:00",
    ]
    assert slots("@daily", "Asia/Kathmandu", "2026-06-01T00:00", 2) == ["06-01 18:15", "06-02 18:15"]


def test_an_hour_that_the_clock_leaves_out_comes_when_it_is_put_forward() -> None:
    assert slots("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:30"]


def test_an_hour_that_the_clock_shows_twice_comes_once() -> None:
    assert slots("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 2) == ["10-25 00:30", "10-26 01:30"]
    assert slots("0 1-3 * * *", "Europe/Berlin", "2026-10-24T12:00", 4) == [
        "10-24 23:00",
        "10-25 00:00",
        "10-25 02:00",
        "10-26 00:00",
    ]


def test_what_names_no_hour_comes_in_both() -> None:
    expected = ["10-25 00:00", "10-25 01:00", "10-25 02:00"]
    assert slots("0 * * * *", "Europe/Berlin", "2026-10-24T23:30", 3) == expected
    assert slots("@hourly", "Europe/Berlin", "2026-10-24T23:30", 3) == expected


def test_rare_days_come() -> None:
    assert following("0 0 29 2 *", "UTC", at("2096-03-01T00:00")) == at("2104-02-29T00:00")
    assert slots("0 0 l * *", "UTC", "2026-01-15T00:00", 2) == ["01-31 00:00", "02-28 00:00"]


@pytest.mark.parametrize(
    ("cron", "missed", "now", "expected"),
    [
        ("* * * * *", "2025-01-01T00:00", "2026-01-01T00:00:30", "2026-01-01T00:00"),
        ("0 9 * * *", "2026-01-01T09:00", "2026-01-01T09:00", "2026-01-01T09:00"),
        ("0 9 * * *", "2026-01-01T09:00", "2026-01-02T08:59", "2026-01-01T09:00"),
        ("0 9 * * *", "2026-01-01T09:00", "2026-02-01T12:00", "2026-02-01T09:00"),
        ("0 0 1 * *", "2026-01-01T00:00", "2026-12-31T00:00", "2026-12-01T00:00"),
        ("0 0 1 1 *", "2020-01-01T00:00", "2026-12-31T00:00", "2026-01-01T00:00"),
    ],
    ids=["minutes", "just-now", "yesterday", "days", "months", "years"],
)
def test_of_missed_slots_the_latest_counts(cron: str, missed: str, now: str, expected: str) -> None:
    assert latest(cron, "UTC", at(missed), at(now)) == at(expected)


MOMENTS = st.integers(0, 3 * 365 * 1440).map(
    lambda minutes: at("2025-01-01T00:00") + timedelta(minutes=minutes)
)
CRONS = st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 1-4 * * sun", "15 */6 1,15 * *", "@weekly"])


@given(CRONS, st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]), MOMENTS)
def test_following_and_latest_agree(cron: str, time_zone: str, moment: datetime) -> None:
    first = following(cron, time_zone, moment)
    second = following(cron, time_zone, first)
    assert moment < first < second
    assert latest(cron, time_zone, first, second - timedelta(microseconds=1)) == first
    assert latest(cron, time_zone, first, second) == second


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("  0   9 * *  MON-fri ", "0 9 * * mon-fri"), ("@Daily", "@daily"), ("0 0 * * 7", "0 0 * * 7")],
    ids=["blanks", "name", "sunday"],
)
def test_what_can_be_read_is_tidied(given_: str, expected: str) -> None:
    assert normal(given_) == expected


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "*/0 * * * *",
        "r * * * *",
        "h h * * *",
        "0 0 r * *",
        "@reboot",
        "every day",
        "0 0 30 2 *",
        "0 0 31 2,4 *",
        "\u0660 * * * *",
        "1," * 500,
    ],
    ids=range(14),
)
def test_what_cannot_be_read_or_never_comes_is_refused(bad: str) -> None:
    with pytest.raises(CronInvalid):
        normal(bad)


@given(st.text(alphabet="0123456789*/,- lwfrimonsu#?@", max_size=40))
def test_any_text_is_refused_or_comes(text: str) -> None:
    try:
        written = normal(text)
    except CronInvalid:
        return
    assert following(written, "Europe/Berlin", at("2026-03-28T12:00")) > at("2026-03-28T12:00")
