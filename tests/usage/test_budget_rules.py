"""Who may set a budget, who sees it, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from steward.identity import service as identity
from steward.kernel.errors import Forbidden, Invalid, NotFound, Refusal
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor
from steward.usage import budget_rules
from steward.usage.errors import BudgetExists
from steward.usage.schemas import BudgetChange, BudgetCreate, BudgetRead
from tests.conftest import Person
from tests.support.database import as_owner
from tests.usage.lines import begin, end, usd


async def create(house: Runtime, actor: Actor, **fields: Any) -> BudgetRead:
    wanted = BudgetCreate.model_validate(
        {"scope": "workspace", "period": "month", "limit_usd": "5", **fields}
    )
    async with house.database.work(actor) as work:
        return await budget_rules.create(work, wanted, house.now())


async def change(house: Runtime, actor: Actor, budget_id: str, **fields: Any) -> BudgetRead:
    async with house.database.work(actor) as work:
        return await budget_rules.change(work, budget_id, BudgetChange.model_validate(fields), house.now())


async def lift(house: Runtime, actor: Actor, budget_id: str) -> None:
    async with house.database.work(actor) as work:
        await budget_rules.lift(work, budget_id, house.now())


async def seen(house: Runtime, actor: Actor) -> dict[str, BudgetRead]:
    async with house.database.work(actor) as work:
        return {budget.id: budget for budget in await budget_rules.every(work, house.now())}


def as_role(person: Person, role: Any, key_id: str | None = None) -> Actor:
    return Actor(person.actor.workspace_id, person.actor.user_id, role, key_id)


@pytest.mark.parametrize(
    "fields",
    [
        {"limit_usd": 0},
        {"limit_usd": "-1"},
        {"limit_usd": "NaN"},
        {"limit_usd": "Infinity"},
        {"limit_usd": "0.0000000001"},
        {"limit_usd": "10000000000"},
        {"limit_tokens": 0},
        {"limit_tokens": 1.5},
        {"alert_percents": [0]},
        {"alert_percents": [101]},
        {"alert_percents": [*range(1, 12)]},
        {"time_zone": "Berlin"},
        {"period": "week"},
        {"scope": "planet"},
        {"spent_usd": "0"},
    ],
    ids=str,
)
def test_what_is_no_budget_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BudgetCreate.model_validate({"scope": "workspace", "period": "month", "limit_usd": "5", **fields})


async def test_a_budget_needs_a_limit_and_a_subject_that_fits(
    house: Runtime, ada: Person, eve: Person
) -> None:
    key_of_eve = await identity.service_actor(house, eve.actor.workspace_id)
    refused: list[tuple[dict[str, Any], type[Refusal], str]] = [
        ({"limit_usd": None}, Invalid, "needs a limit"),
        ({"subject_id": ada.actor.user_id}, Invalid, "has no subject"),
        ({"scope": "user", "subject_id": eve.actor.user_id}, NotFound, "no such user"),
        ({"scope": "user", "subject_id": key_of_eve.user_id}, NotFound, "no such user"),
        ({"scope": "user", "subject_id": new_id("user")}, NotFound, "no such user"),
        ({"scope": "key", "subject_id": new_id("key")}, NotFound, "no such key"),
    ]
    for fields, refusal, sentence in refused:
        with pytest.raises(refusal, match=sentence):
            await create(house, ada.actor, **fields)
    assert await seen(house, ada.actor) == {}


async def test_the_same_budget_is_there_once(house: Runtime, ada: Person, eve: Person) -> None:
    for fields in (
        {},
        {"period": "day"},
        {"scope": "user"},
        {"scope": "user", "subject_id": ada.actor.user_id},
    ):
        await create(house, ada.actor, **fields)
        with pytest.raises(BudgetExists, match="change that one"):
            await create(house, ada.actor, limit_usd="7", **fields)
    await create(house, eve.actor)
    assert len(await seen(house, ada.actor)) == 4


async def test_amounts_are_kept_to_the_last_place(house: Runtime, ada: Person) -> None:
    for period, given, shown in (
        ("day", 0.1, "0.1"),
        ("month", "123456789.000000001", "123456789.000000001"),
    ):
        made = await create(house, ada.actor, period=period, limit_usd=given)
        assert made.model_dump(mode="json")["limit_usd"] == shown


@pytest.mark.parametrize("role", ["member", "viewer"])
async def test_only_admins_and_owners_change_budgets(
    house: Runtime, ada: Person, bob: Person, role: str
) -> None:
    budget = await create(house, ada.actor)
    actor = as_role(bob, role)
    for attempt in (
        create(house, actor, period="day"),
        change(house, actor, budget.id, limit_usd="50"),
        change(house, actor, new_id("budget"), limit_usd="50"),
        lift(house, actor, budget.id),
    ):
        with pytest.raises(Forbidden, match="needs the role admin"):
            await attempt
    assert (await seen(house, actor))[budget.id] == budget
    admin = as_role(bob, "admin")
    assert (await change(house, admin, budget.id, limit_usd="50")).limit_usd == 50
    await lift(house, admin, budget.id)
    assert await seen(house, actor) == {}


async def test_one_sees_the_budgets_that_one_is_held_to(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    async with house.database.work(ada.actor) as work:
        key_id = (await identity.create_key(work, "a program")).id
    whole = await create(house, ada.actor)
    for_each = await create(house, ada.actor, scope="user")
    adas = await create(house, ada.actor, scope="user", subject_id=ada.actor.user_id)
    bobs = await create(house, ada.actor, scope="user", subject_id=bob.actor.user_id)
    keys = await create(house, ada.actor, scope="key", subject_id=key_id)
    agents = await create(house, ada.actor, scope="agent", subject_id="agent_1")
    every = {whole.id, for_each.id, adas.id, bobs.id, keys.id, agents.id}
    assert set(await seen(house, ada.actor)) == every
    assert set(await seen(house, as_role(bob, "admin"))) == every
    assert set(await seen(house, bob.actor)) == {whole.id, for_each.id, bobs.id}
    assert set(await seen(house, as_role(bob, "member", key_id))) == {whole.id, for_each.id, bobs.id, keys.id}
    assert await seen(house, eve.actor) == {}
    for actor, budget in ((bob.actor, adas), (bob.actor, agents), (eve.actor, whole)):
        async with house.database.work(actor) as work:
            with pytest.raises(NotFound, match="no such budget"):
                await budget_rules.get(work, budget.id, house.now())
    for attempt in (change(house, eve.actor, whole.id, limit_usd="9"), lift(house, eve.actor, whole.id)):
        with pytest.raises(NotFound, match="no such budget"):
            await attempt


async def test_of_a_budget_for_each_a_member_sees_ones_own_standing(
    house: Runtime, ada: Person, bob: Person
) -> None:
    budget = await create(house, ada.actor, scope="user", limit_usd="5")
    for person in (ada, bob):
        await end(house, person.actor, await begin(house, person.actor, usd("1")), "1")
    shown = (await seen(house, ada.actor))[budget.id]
    assert {one.subject_id for one in shown.subjects} == {ada.actor.user_id, bob.actor.user_id}
    assert shown.spent_usd is None
    assert shown.alerts == []
    shown = (await seen(house, bob.actor))[budget.id]
    assert [(one.subject_id, one.spent_usd) for one in shown.subjects] == [(bob.actor.user_id, 1)]


async def test_a_new_limit_counts_from_the_next_call_on(house: Runtime, ada: Person) -> None:
    budget = await create(house, ada.actor, limit_usd="1", limit_tokens=10**6)
    await begin(house, ada.actor, usd("1"))
    with pytest.raises(Refusal):
        await begin(house, ada.actor, usd("0.5"))
    changed = await change(house, ada.actor, budget.id, limit_usd="2")
    assert (changed.limit_usd, changed.limit_tokens, changed.held_usd) == (2, 10**6, 1)
    await begin(house, ada.actor, usd("0.5"))
    # Below what is spent already: nothing goes on.
    await change(house, ada.actor, budget.id, limit_usd="0.1")
    with pytest.raises(Refusal):
        await begin(house, ada.actor, usd("0.000000001"))
    # No limit in money any more.
    changed = await change(house, ada.actor, budget.id, limit_usd=None)
    assert changed.limit_usd is None
    await begin(house, ada.actor, usd("100"))
    with pytest.raises(Invalid, match="needs a limit"):
        await change(house, ada.actor, budget.id, limit_tokens=None)
    changed = await change(house, ada.actor, budget.id, alert_percents=[90, 10, 90])
    assert (changed.alert_percents, changed.limit_tokens) == ([10, 90], 10**6)
    assert changed.updated_at > budget.updated_at


async def test_every_change_is_in_the_audit_log(house: Runtime, settings: Settings, ada: Person) -> None:
    budget = await create(house, ada.actor)
    await change(house, ada.actor, budget.id, limit_usd="7.50")
    await lift(house, ada.actor, budget.id)
    async with as_owner(settings) as owner:
        events = await owner.fetch(
            "SELECT type, actor_id, metadata FROM events WHERE workspace_id = $1 AND target_id = $2 ORDER BY id",
            ada.actor.workspace_id,
            budget.id,
        )
    assert [event["type"] for event in events] == ["budget_created", "budget_changed", "budget_deleted"]
    assert {event["actor_id"] for event in events} == {ada.actor.user_id}
    assert [event["metadata"]["limit_usd"] for event in events] == ["5", "7.5", "7.5"]
    assert events[1]["metadata"]["before"]["limit_usd"] == "5"


async def test_a_budget_takes_its_days_and_its_alerts_along(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    budget = await create(house, ada.actor, limit_usd="1")
    going = await begin(house, ada.actor, usd("0.5"))
    await end(house, ada.actor, await begin(house, ada.actor, usd("0.5")), "0.9")
    await lift(house, ada.actor, budget.id)
    assert await end(house, ada.actor, going, "0.5") == []
    async with as_owner(settings) as owner:
        for table in ("budgets", "budget_periods", "budget_alerts"):
            count = f"SELECT count(*) FROM {table} WHERE workspace_id = $1"  # noqa: S608  # the names above
            assert await owner.fetchval(count, ada.actor.workspace_id) == 0
