"""Budgets hold: a share is kept before a call, the truth is counted after it, and nobody slips through in between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor
from steward.usage import budget_rules, budgets
from steward.usage import service as usage
from steward.usage.budgets import Amount
from steward.usage.errors import BudgetExhausted, PriceUnknown
from steward.usage.schemas import BudgetCreate, BudgetRead
from tests.conftest import Person
from tests.support.database import as_owner
from tests.usage.lines import NOON, begin, book, end, usd

NOTHING = Amount(Decimal(0), 0)


async def limit(house: Runtime, person: Person, now: datetime | None = None, **fields: Any) -> BudgetRead:
    """Set a budget."""
    wanted = BudgetCreate.model_validate({"scope": "workspace", "period": "month", **fields})
    async with house.database.work(person.actor) as work:
        return await budget_rules.create(work, wanted, now or house.now())


async def read(house: Runtime, person: Person, budget: BudgetRead, now: datetime | None = None) -> BudgetRead:
    async with house.database.work(person.actor) as work:
        return await budget_rules.get(work, budget.id, now or house.now())


async def standing(
    house: Runtime, person: Person, budget: BudgetRead, now: datetime | None = None
) -> tuple[str, str, int, int]:
    """What is spent and held of a budget for one: in US dollars, and in tokens."""
    shown = (await read(house, person, budget, now)).model_dump(mode="json")
    return shown["spent_usd"], shown["held_usd"], shown["spent_tokens"], shown["held_tokens"]


async def in_waves(tasks: Sequence[Awaitable[Any]], size: int = 200) -> list[Any]:
    """What all of them come to, so many at once."""
    done: list[Any] = []
    for first in range(0, len(tasks), size):
        done += await asyncio.gather(*tasks[first : first + size], return_exceptions=True)
    return done


@pytest.mark.slow
@pytest.mark.req("LIM-04")
async def test_a_thousand_at_once_get_what_is_there_and_no_more(house: Runtime, ada: Person) -> None:
    budget = await limit(house, ada, limit_usd="5.00")
    done = await in_waves([begin(house, ada.actor, usd("0.10")) for _ in range(1000)])
    admitted = [one for one in done if isinstance(one, str)]
    assert len(admitted) == 50
    assert sum(isinstance(one, BudgetExhausted) for one in done) == 950
    assert (await standing(house, ada, budget))[:2] == ("0", "5")
    # What the calls truly cost is less: the rest is free again.
    await in_waves([end(house, ada.actor, call_id, "0.04") for call_id in admitted])
    assert (await standing(house, ada, budget))[:2] == ("2", "0")
    done = await in_waves([begin(house, ada.actor, usd("0.10")) for _ in range(100)])
    assert sum(isinstance(one, str) for one in done) == 30


@pytest.mark.slow
async def test_calls_of_many_budgets_at_once_do_not_wait_for_each_other_in_a_circle(
    house: Runtime, ada: Person, bob: Person
) -> None:
    """Workspace, person and agent, by day and by month: every call locks several of them."""
    for scope in ("workspace", "user", "agent"):
        for period in ("day", "month"):
            await limit(house, ada, scope=scope, period=period, limit_usd="1000", limit_tokens=10**9)
    chance = random.Random(7)

    async def one(person: Person) -> str:
        call_id = await begin(
            house, person.actor, usd("0.10"), agent_id=chance.choice(("agent_a", "agent_b", None))
        )
        await asyncio.sleep(chance.random() / 50)
        await end(house, person.actor, call_id, "0.01", tokens=3)
        return call_id

    done = await in_waves([one(chance.choice((ada, bob))) for _ in range(200)], 50)
    assert all(isinstance(call_id, str) for call_id in done), [
        call for call in done if not isinstance(call, str)
    ]
    async with house.database.work(ada.actor) as work:
        for budget in await budget_rules.every(work, house.now()):
            whole = [budget] if budget.scope == "workspace" else budget.subjects
            assert all((one.held_usd, one.held_tokens) == (0, 0) for one in whole)
            if budget.scope != "agent":
                assert sum(one.spent_usd or 0 for one in whole) == Decimal("2.00")
                assert sum(one.spent_tokens or 0 for one in whole) == 600


@pytest.mark.slow
async def test_budgets_that_come_and_go_break_no_call(house: Runtime, ada: Person) -> None:
    await limit(house, ada, scope="user", limit_usd="1000")

    async def calls() -> None:
        for _ in range(25):
            call_id = await begin(house, ada.actor, usd("0.10"))
            await asyncio.sleep(0)
            await end(house, ada.actor, call_id, "0.01")

    async def comes_and_goes() -> None:
        for _ in range(15):
            whole: dict[str, Any] = {"scope": "workspace", "period": "day"}
            mine: dict[str, Any] = {"scope": "user", "subject_id": ada.actor.user_id}
            for whose in (whole, mine):
                budget = await limit(house, ada, limit_usd="1000", **whose)
                async with house.database.work(ada.actor) as work:
                    await budget_rules.lift(work, budget.id, house.now())

    await asyncio.gather(*(calls() for _ in range(8)), comes_and_goes())
    async with house.database.work(ada.actor) as work:
        (left,) = await budget_rules.every(work, house.now())
    (mine,) = left.subjects
    assert (mine.spent_usd, mine.held_usd) == (Decimal("2.00"), 0)


@pytest.mark.req("LIM-04")
async def test_a_budget_that_is_used_up_refuses_here_and_nowhere_else(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    await limit(house, ada, limit_usd="1")
    await end(house, ada.actor, await begin(house, ada.actor, usd("1")), "1")
    for person in (ada, bob):
        with pytest.raises(
            BudgetExhausted, match=r"The workspace's budget of this month is used up; it begins anew at "
        ):
            await begin(house, person.actor, usd("0.01"))
    await begin(house, eve.actor, usd("1000"))


@pytest.mark.req("LIM-06")
async def test_a_month_of_tokens_ends_with_the_month(house: Runtime, ada: Person) -> None:
    budget = await limit(house, ada, NOON, limit_tokens=100, time_zone="Europe/Berlin")
    call_id = await begin(house, ada.actor, usd("9", 60), now=NOON)
    assert await standing(house, ada, budget, NOON) == ("0", "9", 0, 60)
    # Less is left than the most that the call could use: it gets what there is.
    async with house.database.transaction(ada.actor) as work:
        held = await budgets.hold(work, None, usd("9", 60), usd("0", 10), NOON)
        assert (held.tokens, held.usd) == (40, None)
    await end(house, ada.actor, call_id, "2", tokens=100)
    assert await standing(house, ada, budget, NOON) == ("2", "9", 100, 40)
    last = datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)
    for now in (NOON, last):
        with pytest.raises(BudgetExhausted) as refused:
            await begin(house, ada.actor, usd("0", 1), now=now)
        assert refused.value.facts == {
            "scope": "workspace",
            "period": "month",
            "resets_at": "2026-03-31T22:00:00+00:00",
        }
        assert "Part of it is kept for answers that are still being written" in refused.value.detail
    await begin(house, ada.actor, usd("0", 100), now=last + timedelta(seconds=1))


@pytest.mark.req("LIM-06")
@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        # The clock goes forward, and back: 23 and 25 hours.
        ("Europe/Berlin", ["2026-03-28T23:00", "2026-03-29T21:59", "2026-03-29T22:00"]),
        ("Europe/Berlin", ["2026-10-24T22:00", "2026-10-25T22:59", "2026-10-25T23:00"]),
        ("Asia/Kathmandu", ["2026-01-01T18:15", "2026-01-02T18:14", "2026-01-02T18:15"]),
        # No midnight on 24 April: the day begins at one o'clock.
        ("Africa/Cairo", ["2026-04-22T22:00", "2026-04-23T21:59", "2026-04-23T22:00"]),
    ],
)
async def test_a_day_ends_where_the_time_zone_says(
    house: Runtime, ada: Person, zone: str, moments: list[str]
) -> None:
    first, last, next_day = (datetime.fromisoformat(f"{moment}+00:00") for moment in moments)
    budget = await limit(house, ada, first, period="day", limit_tokens=10, time_zone=zone)
    assert (await read(house, ada, budget, last)).resets_at == next_day
    await end(house, ada.actor, await begin(house, ada.actor, usd("0", 10), now=first), "0")
    with pytest.raises(BudgetExhausted):
        await begin(house, ada.actor, usd("0", 1), now=last)
    await begin(house, ada.actor, usd("0", 10), now=next_day)


async def test_what_a_call_costs_counts_where_it_was_held(house: Runtime, ada: Person) -> None:
    """A call over midnight belongs to the day on which it began."""
    budget = await limit(house, ada, NOON, period="day", limit_usd="5")
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    call_id = await begin(house, ada.actor, usd("1"), now=midnight - timedelta(seconds=1))
    await begin(house, ada.actor, usd("2"), now=midnight)
    await end(house, ada.actor, call_id, "0.5")
    assert (await standing(house, ada, budget, NOON))[:2] == ("0.5", "0")
    assert (await standing(house, ada, budget, midnight))[:2] == ("0", "2")


async def test_a_call_that_cost_more_than_was_held_is_counted_whole(house: Runtime, ada: Person) -> None:
    budget = await limit(house, ada, limit_usd="1")
    await end(house, ada.actor, await begin(house, ada.actor, usd("1")), "1.000000001")
    assert (await standing(house, ada, budget))[:2] == ("1.000000001", "0")
    with pytest.raises(BudgetExhausted):
        await begin(house, ada.actor, NOTHING)


async def test_a_call_is_counted_once_however_often_it_is_settled(house: Runtime, ada: Person) -> None:
    budget = await limit(house, ada, limit_usd="5")
    call_id = await begin(house, ada.actor, usd("1"))
    await asyncio.gather(*(end(house, ada.actor, call_id, "0.25") for _ in range(5)))
    assert (await standing(house, ada, budget))[:2] == ("0.25", "0")


async def test_the_call_of_a_dead_process_gives_back_what_it_held(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    budget = await limit(house, ada, limit_usd="5")
    call_id = await begin(house, ada.actor, usd("1"))
    async with house.database.quick_house() as connection:
        await usage.checkpoint(connection, [(ada.actor.workspace_id, call_id, 1, 40)])
        lost = [call for call in await usage.lost_calls(connection, set()) if call.call_id == call_id]
    for _ in range(2):
        async with house.database.transaction(ada.actor) as work:
            await usage.settle_lost_call(work, lost[0], Decimal("0.125"))
    assert await standing(house, ada, budget) == ("0.125", "0", 41, 0)


async def test_money_cannot_limit_what_has_no_price(house: Runtime, ada: Person, bob: Person) -> None:
    await limit(house, ada, scope="user", subject_id=ada.actor.user_id, limit_usd="5")
    await limit(house, ada, scope="user", subject_id=bob.actor.user_id, limit_tokens=5)
    with pytest.raises(PriceUnknown, match="give the model a price"):
        await begin(house, ada.actor, Amount(None, 1))
    await begin(house, bob.actor, Amount(None, 5))
    with pytest.raises(BudgetExhausted, match="Your budget of this month"):
        await begin(house, bob.actor, Amount(None, 1))


async def test_where_nothing_is_limited_nothing_is_held(house: Runtime, ada: Person, bob: Person) -> None:
    await limit(house, ada, scope="user", subject_id=bob.actor.user_id, limit_usd="5")
    await limit(house, ada, scope="agent", limit_usd="5")
    await limit(house, ada, scope="key", limit_usd="5")
    async with house.database.transaction(ada.actor) as work:
        assert await budgets.hold(work, None, usd("100"), usd("100"), house.now()) == budgets.Hold()
    key = Actor(ada.actor.workspace_id, ada.actor.user_id, "owner", key_id="key_1")
    for actor, agent_id, sentence in ((key, None, "This key's"), (ada.actor, "agent_1", "This agent's")):
        with pytest.raises(BudgetExhausted, match=f"{sentence} budget"):
            await begin(house, actor, usd("5.01"), agent_id=agent_id)


async def test_each_has_as_much_and_a_budget_of_ones_own_takes_its_place(
    house: Runtime, ada: Person, bob: Person
) -> None:
    each = await limit(house, ada, scope="user", limit_usd="1")
    for person in (ada, bob):
        await end(house, person.actor, await begin(house, person.actor, usd("0.75")), "0.75")
        with pytest.raises(BudgetExhausted, match="Your budget of this month is used up"):
            await begin(house, person.actor, usd("0.50"))
    own = await limit(house, ada, scope="user", subject_id=bob.actor.user_id, limit_usd="10")
    assert (await standing(house, ada, own))[:2] == ("0.75", "0")
    await end(house, bob.actor, await begin(house, bob.actor, usd("2")), "2")
    still_open = await begin(house, bob.actor, usd("3"))
    with pytest.raises(BudgetExhausted):
        await begin(house, ada.actor, usd("0.50"))
    # Another period is another budget.
    await limit(house, ada, scope="user", period="day", limit_usd="100")
    # Lifted: the one for each is back, and knows what was spent meanwhile.
    async with house.database.work(ada.actor) as work:
        await budget_rules.lift(work, own.id, house.now())
    shown = {one.subject_id: one.spent_usd for one in (await read(house, ada, each)).subjects}
    assert shown == {ada.actor.user_id: Decimal("0.75"), bob.actor.user_id: Decimal("2.75")}
    await end(house, bob.actor, still_open, "0.5")
    shown = {one.subject_id: (one.spent_usd, one.held_usd) for one in (await read(house, ada, each)).subjects}
    assert shown[bob.actor.user_id] == (Decimal("3.25"), 0)


async def test_a_budget_that_is_made_late_begins_with_what_was_spent(
    house: Runtime, settings: Settings, ada: Person, bob: Person, eve: Person
) -> None:
    yesterday = NOON - timedelta(days=1)
    old = {"created_at": NOON - timedelta(days=20), "cost_usd": Decimal(100)}
    await book(
        settings, ada.actor, old, {"created_at": yesterday, "cost_usd": Decimal(2)}, {"cost_usd": Decimal(1)}
    )
    await book(settings, bob.actor, {"cost_usd": Decimal(4), "agent_id": "agent_1"}, {"cost_usd": None})
    await book(settings, eve.actor, {"cost_usd": Decimal(50)})
    # The one of them whose price nobody knows costs nothing, but its tokens count.
    expected: list[tuple[dict[str, Any], dict[str, tuple[int, int]]]] = [
        ({}, {"": (7, 60)}),
        ({"period": "day"}, {"": (5, 45)}),
        ({"scope": "user"}, {ada.actor.user_id: (3, 30), bob.actor.user_id: (4, 30)}),
        ({"scope": "user", "subject_id": bob.actor.user_id}, {"": (4, 30)}),
        ({"scope": "agent"}, {"agent_1": (4, 15)}),
        ({"scope": "key"}, {}),
    ]
    for fields, sums in expected:
        made = await limit(house, ada, NOON, limit_usd="1000", **fields)
        whole = made.subjects if made.spent_usd is None else [made]
        found = {
            one.subject_id if made.spent_usd is None else "": (one.spent_usd, one.spent_tokens)
            for one in whole
        }
        assert found == sums, fields
    # And the next call is held to it.
    async with house.database.work(ada.actor) as work:
        for budget in await budget_rules.every(work, NOON):
            await budget_rules.lift(work, budget.id, NOON)
    await limit(house, ada, NOON, limit_usd="7.5")
    with pytest.raises(BudgetExhausted):
        await begin(house, ada.actor, usd("0.51"), now=NOON)
    await begin(house, ada.actor, usd("0.50"), now=NOON)


async def test_calls_under_way_are_counted_by_a_budget_that_is_made_meanwhile(
    house: Runtime, ada: Person, bob: Person
) -> None:
    before = await limit(house, ada, limit_usd="100")
    mine, his = await begin(house, ada.actor, usd("1")), await begin(house, bob.actor, usd("1"))
    whole = await limit(house, ada, period="day", limit_usd="10")
    each = await limit(house, ada, scope="user", limit_usd="10")
    assert (await standing(house, ada, whole))[:2] == ("0", "0")
    await end(house, ada.actor, mine, "0.5")
    await end(house, bob.actor, his, "0.25")
    assert (await standing(house, ada, whole))[:2] == ("0.75", "0")
    assert (await standing(house, ada, before))[:2] == ("0.75", "0")
    shown = {one.subject_id: (one.spent_usd, one.held_usd) for one in (await read(house, ada, each)).subjects}
    assert shown == {ada.actor.user_id: (Decimal("0.5"), 0), bob.actor.user_id: (Decimal("0.25"), 0)}


async def test_budgets_that_are_made_while_calls_end_miss_none_and_wait_in_no_circle(
    house: Runtime, ada: Person
) -> None:
    await limit(house, ada, limit_usd="1000")
    for period in ("day", "month"):
        calls = await asyncio.gather(*(begin(house, ada.actor, usd("0.10")) for _ in range(30)))
        made, _ = await asyncio.gather(
            limit(house, ada, scope="user", period=period, limit_usd="1000"),
            asyncio.gather(*(end(house, ada.actor, call_id, "0.01") for call_id in calls)),
        )
        (one,) = (await read(house, ada, made)).subjects
        count = 1 if period == "day" else 2
        assert (one.spent_usd, one.held_usd) == (Decimal("0.30") * count, 0)


@pytest.mark.req("USE-10")
async def test_each_share_is_told_once(house: Runtime, settings: Settings, ada: Person) -> None:
    budget = await limit(house, ada, limit_usd="10", limit_tokens=1000, alert_percents=[50, 80, 80, 100])
    calls = await asyncio.gather(*(begin(house, ada.actor, usd("0.10", 1)) for _ in range(100)))
    told = await in_waves([end(house, ada.actor, call_id, "0.10", tokens=1) for call_id in calls], 50)
    assert sorted(alert.percent for alerts in told for alert in alerts) == [50, 80, 100]
    sentences = {alert.percent: alert.sentence for alerts in told for alert in alerts}
    assert sentences == {
        50: "The workspace's budget of this month is used to 50 %.",
        80: "The workspace's budget of this month is used to 80 %.",
        100: "The workspace's budget of this month is used up.",
    }
    shown = (await read(house, ada, budget)).alerts
    assert [(one.percent, one.spent_usd) for one in shown] == [(50, 5), (80, 8), (100, 10)]
    async with as_owner(settings) as owner:
        noted = await owner.fetch(
            "SELECT metadata->'percent' AS percent FROM events WHERE workspace_id = $1 "
            "AND type = 'budget_share_reached'",
            ada.actor.workspace_id,
        )
    assert sorted(int(row["percent"]) for row in noted) == [50, 80, 100]


@pytest.mark.req("USE-10")
async def test_one_call_may_reach_several_shares_and_the_next_month_begins_anew(
    house: Runtime, ada: Person, bob: Person
) -> None:
    await limit(house, ada, NOON, scope="user", limit_tokens=10, alert_percents=[50, 100])
    for person, now in ((ada, NOON), (bob, NOON), (ada, NOON + timedelta(days=31))):
        told = await end(house, person.actor, await begin(house, person.actor, usd("0", 10), now=now), "0")
        assert [alert.sentence for alert in told] == [
            "Your budget of this month is used to 50 %.",
            "Your budget of this month is used up.",
        ]


async def test_no_alerts_are_an_answer_too(house: Runtime, ada: Person) -> None:
    await limit(house, ada, limit_usd="1", alert_percents=[])
    assert await end(house, ada.actor, await begin(house, ada.actor, usd("1")), "1") == []
