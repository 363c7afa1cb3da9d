"""Budgets: a share is held before a call, and given back against the true cost when the call is settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import structlog

from steward.audit import service as audit
from steward.kernel.ids import new_id
from steward.kernel.work import Found, Transaction
from steward.usage import queries
from steward.usage.days import day_of, next_month, starts_at
from steward.usage.errors import BudgetExhausted, PriceUnknown

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_NOTHING: Final = Decimal(0)
_OWNERS: Final = {
    "workspace": "the workspace's",
    "user": "your",
    "agent": "this agent's",
    "key": "this key's",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """Money and tokens of a call. `usd` is None when nobody knows the model's price."""

    usd: Decimal | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Hold:
    """What a call may use at most. None: no budget limits it."""

    usd: Decimal | None = None
    tokens: int | None = None
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(frozen=True, slots=True)
class Alert:
    """A share of a budget that was just reached, for the first time in its period."""

    percent: int
    sentence: str


async def apply(work: Transaction, agent_id: str | None) -> bool:
    """Whether any budget limits a call of the actor."""
    return bool(await queries.matching_budgets(work, agent_id))


async def hold(work: Transaction, agent_id: str | None, most: Amount, least: Amount, now: datetime) -> Hold:
    """Hold a call's share of every budget that it counts against.

    Args:
        work: the transaction that opens the call's line; the periods stay locked until it ends.
        agent_id: who answers.
        most: what the call can cost at most; less is held when less is left.
        least: what it must be able to use to be worth a try.
        now: decides the day and the month, in each budget's own time zone.

    Raises:
        BudgetExhausted: less than `least` is left.
        PriceUnknown: a budget in money, and a model without a price.
    """
    budgets = _most_specific(await queries.matching_budgets(work, agent_id))
    if not budgets:
        return Hold()
    keys = _keys(work, budgets, agent_id, now)
    locked = {(row.id, row.subject_id, row.starts_on): row for row in await queries.lock_periods(work, keys)}
    usd, tokens = most.usd, most.tokens
    for budget, key in zip(budgets, keys, strict=True):
        period = locked.get(key)
        if period is None:  # the budget was deleted just now
            continue
        if budget.limit_usd is not None:
            if usd is None or least.usd is None:
                raise PriceUnknown(
                    "A budget in US dollars applies here, and this model's price is not known. Choose another model, "
                    "or ask an administrator to give the model a price."
                )
            left = budget.limit_usd - period.spent_usd - period.held_usd
            if left < least.usd:
                raise _exhausted(budget, key[2], is_held=period.held_usd > 0)
            usd = min(usd, left)
        if budget.limit_tokens is not None:
            left_tokens = budget.limit_tokens - period.spent_tokens - period.held_tokens
            if left_tokens < least.tokens:
                raise _exhausted(budget, key[2], is_held=period.held_tokens > 0)
            tokens = min(tokens, left_tokens)
    held_usd = _NOTHING if usd is None else usd
    await queries.hold(work, keys, held_usd, tokens)
    return Hold(
        usd=usd if any(budget.limit_usd is not None for budget in budgets) else None,
        tokens=tokens if any(budget.limit_tokens is not None for budget in budgets) else None,
        entries=[_entry(key, held_usd, tokens) for key in keys],
    )


async def left_usd(work: Transaction, agent_id: str | None, now: datetime) -> Decimal | None:
    """What the tightest budget leaves for a call of the actor, in US dollars; None when no budget is in money."""
    budgets = _most_specific(await queries.matching_budgets(work, agent_id))
    keys = _keys(work, budgets, agent_id, now)
    periods = {(row.id, row.subject_id, row.starts_on): row for row in await queries.periods(work, keys)}
    left = [
        budget.limit_usd - (0 if (used := periods.get(key)) is None else used.spent_usd + used.held_usd)
        for budget, key in zip(budgets, keys, strict=True)
        if budget.limit_usd is not None
    ]
    return min(left, default=None)


async def raise_alerts(work: Transaction, periods: list[Found]) -> list[Alert]:
    """Write the shares that were reached, each once in its period.

    Args:
        work: the transaction that settled a call.
        periods: the call's budgets as settling left them.
    """
    alerts: list[Alert] = []
    for period in periods:
        for percent in _reached(period):
            is_first = await queries.alert_once(
                work,
                id=new_id("alert"),
                budget_id=period.id,
                subject_id=period.subject_id,
                starts_on=period.starts_on,
                percent=percent,
                spent_usd=period.spent_usd,
                spent_tokens=period.spent_tokens,
            )
            if not is_first:
                continue
            await audit.record(
                work,
                "budget_share_reached",
                "budget",
                period.id,
                percent=percent,
                subject_id=period.subject_id,
                starts_on=period.starts_on.isoformat(),
            )
            log.warning(
                "budget_share_reached",
                workspace_id=work.actor.workspace_id,
                budget_id=period.id,
                subject_id=period.subject_id,
                percent=percent,
            )
            alerts.append(Alert(percent, _sentence(period, percent)))
    return alerts


def first_day(period: str, time_zone: str, now: datetime) -> date:
    """The first day of the day or month in which a moment lies, where the budget is counted."""
    today = day_of(now, time_zone)
    return today if period == "day" else today.replace(day=1)


def ends_at(period: str, time_zone: str, starts_on: date) -> datetime:
    """When a day or month is over, in UTC."""
    following = starts_on + timedelta(days=1) if period == "day" else next_month(starts_on)
    return starts_at(following, time_zone)


def _keys(
    work: Transaction, budgets: list[Found], agent_id: str | None, now: datetime
) -> list[tuple[str, str, date]]:
    """Which period of each budget counts for the actor now."""
    subjects = {"user": work.actor.user_id, "key": work.actor.key_id or "", "agent": agent_id or ""}
    return [
        (row.id, subjects.get(row.scope, ""), first_day(row.period, row.time_zone, now)) for row in budgets
    ]


def _most_specific(rows: list[Found]) -> list[Found]:
    """A budget of one subject takes the place of the one that stands for each."""
    named = {(row.scope, row.period) for row in rows if row.subject_id}
    return [
        row
        for row in rows
        if row.scope == "workspace" or row.subject_id or (row.scope, row.period) not in named
    ]


def _entry(key: tuple[str, str, date], usd: Decimal, tokens: int) -> dict[str, Any]:
    budget_id, subject_id, starts_on = key
    return {
        "budget_id": budget_id,
        "subject_id": subject_id,
        "starts_on": starts_on.isoformat(),
        "usd": format(usd, "f"),
        "tokens": tokens,
    }


def _reached(period: Found) -> list[int]:
    pairs = [(period.limit_usd, period.spent_usd), (period.limit_tokens, period.spent_tokens)]
    return [
        percent
        for percent in sorted(set(period.alert_percents))
        if any(limit is not None and spent * 100 >= limit * percent for limit, spent in pairs)
    ]


def _sentence(period: Found, percent: int) -> str:
    owner = _OWNERS[period.scope]
    share = "is used up" if percent >= 100 else f"is used to {percent} %"
    return f"{owner[:1].upper()}{owner[1:]} budget of this {period.period} {share}."


def _exhausted(budget: Found, starts_on: date, *, is_held: bool) -> BudgetExhausted:
    end = ends_at(budget.period, budget.time_zone, starts_on)
    waits = (
        " Part of it is kept for answers that are still being written: try again when they end."
        if is_held
        else ""
    )
    return BudgetExhausted(
        f"{_OWNERS[budget.scope][:1].upper()}{_OWNERS[budget.scope][1:]} budget of this {budget.period} is "
        f"used up; it begins anew at {end.isoformat(timespec='minutes')}.{waits} An administrator can raise it.",
        scope=budget.scope,
        period=budget.period,
        resets_at=end.isoformat(),
    )
