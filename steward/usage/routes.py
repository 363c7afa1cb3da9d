"""Native REST of usage: reports, the ledger, budgets."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Query

from steward.identity.access import InTransaction, InWork
from steward.kernel import runtime
from steward.kernel.pages import AnyId, PageSize
from steward.usage import budget_rules, reports
from steward.usage.reports import CallFilter
from steward.usage.schemas import (
    BudgetChange,
    BudgetCreate,
    BudgetPage,
    BudgetRead,
    CallPage,
    CallStatus,
    Day,
    Grouping,
    TimeZone,
    UsageReport,
)

router = APIRouter(tags=["usage"])

_First: TypeAlias = Annotated[Day | None, Query(alias="from", description="The first day, in the time zone.")]
_End: TypeAlias = Annotated[Day | None, Query(alias="to", description="The day after the last one.")]
_BY_DAY: Final[list[Grouping]] = ["day"]


@router.get("/usage", response_model_exclude_unset=True)
async def read_usage(
    work: InTransaction,
    by: Annotated[list[Grouping], Query(description="May be given more than once.")] = _BY_DAY,
    since: _First = None,
    until: _End = None,
    time_zone: TimeZone = "UTC",
) -> UsageReport:
    """Sum up what was used, this month if no days are given: all of it for admins and owners, else one's own."""
    days = reports.span(since, until, time_zone, runtime.current().now())
    return await reports.report(work, by, days)


@router.get("/usage/calls")
async def list_calls(
    work: InTransaction,
    limit: PageSize = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    thread_id: AnyId | None = None,
    run_id: AnyId | None = None,
    user_id: AnyId | None = None,
    model: Annotated[str | None, Query(max_length=300)] = None,
    status: CallStatus | None = None,
    since: _First = None,
    until: _End = None,
    time_zone: TimeZone = "UTC",
) -> CallPage:
    """List the calls of models, newest first: everybody's for admins and owners, else one's own."""
    wanted = CallFilter(user_id, thread_id, run_id, model, status, since, until, time_zone)
    return await reports.calls(work, wanted, limit=limit, cursor=cursor)


@router.get("/budgets")
async def list_budgets(work: InWork) -> BudgetPage:
    """List the budgets and how they stand: all of them for admins and owners, else those that apply to the caller."""
    return BudgetPage(items=await budget_rules.every(work, runtime.current().now()))


@router.post("/budgets", status_code=201)
async def create_budget(work: InWork, body: BudgetCreate) -> BudgetRead:
    """Limit what may be used in a day or a month; what was used in it already counts."""
    return await budget_rules.create(work, body, runtime.current().now())


@router.get("/budgets/{budget_id}")
async def read_budget(work: InWork, budget_id: AnyId) -> BudgetRead:
    """A budget, and how it stands."""
    return await budget_rules.get(work, budget_id, runtime.current().now())


@router.patch("/budgets/{budget_id}")
async def change_budget(work: InWork, budget_id: AnyId, body: BudgetChange) -> BudgetRead:
    """Change a budget's limits or alerts, from the next call on."""
    return await budget_rules.change(work, budget_id, body, runtime.current().now())


@router.delete("/budgets/{budget_id}", status_code=204)
async def delete_budget(work: InWork, budget_id: AnyId) -> None:
    """Lift a budget."""
    await budget_rules.lift(work, budget_id, runtime.current().now())
