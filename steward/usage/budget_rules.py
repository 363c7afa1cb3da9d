"""The rules of budgets: who may set them, who sees them, and how they stand. `budgets` is what holds calls to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from steward.audit import service as audit
from steward.identity import service as identity
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.ids import new_id
from steward.kernel.work import Actor, Work
from steward.usage import queries
from steward.usage.budgets import ends_at, first_day
from steward.usage.days import starts_at
from steward.usage.errors import BudgetExists
from steward.usage.schemas import AlertRead, BudgetChange, BudgetCreate, BudgetRead, Standing, plain_usd
from steward.usage.tables import Budget, BudgetAlert, BudgetPeriod

MOST_SUBJECTS: Final = 1_000


async def every(work: Work, now: datetime) -> list[BudgetRead]:
    """The budgets that apply to the actor, and how they stand; admins and owners see all."""
    query = select(Budget).where(_visible(work.actor)).order_by(Budget.created_at, Budget.id)
    return await _read(work, (await work.session.execute(query)).scalars().all(), now)


async def get(work: Work, budget_id: str, now: datetime) -> BudgetRead:
    """A budget, and how it stands.

    Raises:
        NotFound: no such budget that applies to the actor.
    """
    query = select(Budget).where(_visible(work.actor), Budget.id == budget_id)
    found = (await work.session.execute(query)).scalar_one_or_none()
    if found is None:
        raise _no_budget()
    return (await _read(work, [found], now))[0]


async def create(work: Work, wanted: BudgetCreate, now: datetime) -> BudgetRead:
    """Make a budget. What was spent already in its day or month counts, and so do the calls under way.

    Raises:
        BudgetExists: the scope, subject and period have one.
        Forbidden: the actor is not an admin.
        Invalid: no limit, or a subject for the whole workspace.
        NotFound: the subject is not in the workspace.
    """
    work.actor.ensure_role("admin")
    _ensure_limit(wanted.limit_usd, wanted.limit_tokens)
    await _ensure_subject(work, wanted.scope, wanted.subject_id)
    values = {**wanted.model_dump(), "id": new_id("budget"), "created_by": work.actor.user_id}
    made = await work.session.execute(
        insert(Budget)
        .values(workspace_id=work.actor.workspace_id, **values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "scope", "subject_id", "period"])
        .returning(Budget)
    )
    budget = made.scalar_one_or_none()
    if budget is None:
        raise BudgetExists("There is such a budget already; change that one, or delete it first.")
    await _count(work, budget, budget.subject_id, now)
    await audit.record(work, "budget_created", "budget", budget.id, **_facts(budget))
    return (await _read(work, [budget], now))[0]


async def change(work: Work, budget_id: str, wanted: BudgetChange, now: datetime) -> BudgetRead:
    """Change limits or alerts; the next call is held to them.

    Raises:
        Forbidden: the actor is not an admin.
        Invalid: no limit would be left.
        NotFound: no such budget.
    """
    work.actor.ensure_role("admin")
    # Not the strongest lock: calls that are held to the budget just now need not wait.
    found = select(Budget).where(Budget.id == budget_id).with_for_update(key_share=True)
    budget = (await work.session.execute(found)).scalar_one_or_none()
    if budget is None:
        raise _no_budget()
    before = _facts(budget)
    for name in wanted.model_fields_set:
        given = getattr(wanted, name)
        setattr(budget, name, (given or []) if name == "alert_percents" else given)
    _ensure_limit(budget.limit_usd, budget.limit_tokens)
    await work.session.flush()
    await work.session.refresh(budget)
    await audit.record(work, "budget_changed", "budget", budget.id, before=before, **_facts(budget))
    return (await _read(work, [budget], now))[0]


async def lift(work: Work, budget_id: str, now: datetime) -> None:
    """Lift a budget; where there is one for each, that one limits the subject again, with all that was spent.

    Raises:
        Forbidden: the actor is not an admin.
        NotFound: no such budget.
    """
    work.actor.ensure_role("admin")
    budget = await work.session.get(Budget, (work.actor.workspace_id, budget_id))
    if budget is None:
        raise _no_budget()
    if budget.subject_id:
        for_each = select(Budget).where(
            Budget.scope == budget.scope, Budget.period == budget.period, Budget.subject_id == ""
        )
        for other in (await work.session.execute(for_each)).scalars():
            # Before anything is deleted: counting waits for calls that are being settled.
            await _count(work, other, budget.subject_id, now)
    await audit.record(work, "budget_deleted", "budget", budget.id, **_facts(budget))
    await work.session.execute(delete(Budget).where(Budget.id == budget_id))


async def _count(work: Work, budget: Budget, subject_id: str, now: datetime) -> None:
    starts_on = first_day(budget.period, budget.time_zone, now)
    await queries.count_anew(
        work,
        id=budget.id,
        scope=budget.scope,
        subject_id=subject_id,
        starts_on=starts_on,
        since=starts_at(starts_on, budget.time_zone),
    )


async def _read(work: Work, budgets: Sequence[Budget], now: datetime) -> list[BudgetRead]:
    starts = {budget.id: first_day(budget.period, budget.time_zone, now) for budget in budgets}
    pairs = list(starts.items())
    periods = await work.session.execute(
        select(BudgetPeriod)
        .where(tuple_(BudgetPeriod.id, BudgetPeriod.starts_on).in_(pairs))
        .order_by(BudgetPeriod.spent_usd.desc(), BudgetPeriod.spent_tokens.desc(), BudgetPeriod.subject_id)
    )
    alerts = await work.session.execute(
        select(BudgetAlert)
        .where(tuple_(BudgetAlert.budget_id, BudgetAlert.starts_on).in_(pairs))
        .order_by(BudgetAlert.percent)
    )
    said: dict[tuple[str, str], list[AlertRead]] = {}
    for alert in alerts.scalars():
        said.setdefault((alert.budget_id, alert.subject_id), []).append(
            AlertRead.model_validate(alert, from_attributes=True)
        )
    used: dict[str, list[Standing]] = {}
    for period in periods.scalars():
        used.setdefault(period.id, []).append(_standing(period, said))
    return [_shown(budget, used.get(budget.id, []), work.actor, now) for budget in budgets]


def _standing(period: BudgetPeriod, said: dict[tuple[str, str], list[AlertRead]]) -> Standing:
    return Standing(
        subject_id=period.subject_id,
        spent_usd=period.spent_usd,
        held_usd=period.held_usd,
        spent_tokens=period.spent_tokens,
        held_tokens=period.held_tokens,
        alerts=said.get((period.id, period.subject_id), []),
    )


def _shown(budget: Budget, used: list[Standing], actor: Actor, now: datetime) -> BudgetRead:
    starts_on = first_day(budget.period, budget.time_zone, now)
    is_for_each = budget.scope != "workspace" and not budget.subject_id
    if is_for_each:
        own = {actor.user_id, actor.key_id}
        subjects = [one for one in used if _sees_all(actor) or one.subject_id in own]
        whole: dict[str, Any] = dict.fromkeys(("spent_usd", "held_usd", "spent_tokens", "held_tokens"))
        whole |= {"alerts": [], "subjects": subjects[:MOST_SUBJECTS]}
    else:
        one = used[0] if used else _NOTHING_YET
        whole = {**one.model_dump(exclude={"subject_id"}), "subjects": []}
    columns = {column.key: getattr(budget, column.key) for column in Budget.__table__.columns}
    return BudgetRead(
        **{name: columns[name] for name in columns if name != "workspace_id"},
        **whole,
        starts_on=starts_on,
        resets_at=ends_at(budget.period, budget.time_zone, starts_on),
    )


_NOTHING_YET: Final = Standing.model_validate(
    {"subject_id": "", "spent_usd": 0, "held_usd": 0, "spent_tokens": 0, "held_tokens": 0, "alerts": []}
)


def _sees_all(actor: Actor) -> bool:
    return actor.role in ("owner", "admin")


def _visible(actor: Actor) -> ColumnElement[bool]:
    if _sees_all(actor):
        return Budget.workspace_id == actor.workspace_id
    mine = [
        Budget.scope == "workspace",
        and_(Budget.scope == "user", Budget.subject_id.in_(("", actor.user_id))),
    ]
    if actor.key_id is not None:
        mine.append(and_(Budget.scope == "key", Budget.subject_id.in_(("", actor.key_id))))
    return or_(*mine)


def _ensure_limit(limit_usd: Any, limit_tokens: Any) -> None:
    if limit_usd is None and limit_tokens is None:
        raise Invalid("A budget needs a limit; set `limit_usd`, `limit_tokens` or both.", field="limit_usd")


async def _ensure_subject(work: Work, scope: str, subject_id: str) -> None:
    if scope == "workspace" and subject_id:
        raise Invalid("A budget of the workspace has no subject; leave `subject_id` out.", field="subject_id")
    if scope == "user" and subject_id and not await identity.has_member(work, subject_id):
        raise NotFound("There is no such user in this workspace; `subject_id` is the id of a member.")
    if scope == "key" and subject_id and not await identity.has_key(work, subject_id):
        raise NotFound("There is no such key in this workspace; `GET /api/v1/keys` lists them.")


def _facts(budget: Budget) -> dict[str, Any]:
    return {
        "scope": budget.scope,
        "subject_id": budget.subject_id,
        "period": budget.period,
        "time_zone": budget.time_zone,
        "limit_usd": None if budget.limit_usd is None else plain_usd(budget.limit_usd),
        "limit_tokens": budget.limit_tokens,
        "alert_percents": budget.alert_percents,
    }


def _no_budget() -> NotFound:
    return NotFound("There is no such budget.")
