"""What an operator asks about money: `steward usage`, `steward budget`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from steward.identity import service as identity
from steward.kernel.errors import Invalid
from steward.kernel.runtime import Runtime
from steward.usage import budget_rules, reports
from steward.usage.schemas import (
    BudgetChange,
    BudgetCreate,
    BudgetRead,
    Grouping,
    Scope,
    TimeZone,
    UsageLine,
    UsageReport,
    UsageSums,
    plain_usd,
)

Once: TypeAlias = Callable[[Path | None, Callable[[Runtime], Awaitable[Any]]], Any]
"""Does something with the data of a folder; prints a refusal as one line."""

_GROUPINGS: Final = f"One of {', '.join(get_args(Grouping))}; may be given more than once."
_ISO: Final = ["%Y-%m-%d"]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the embedded database.")]
Workspace = Annotated[str, typer.Option(help="Id of the workspace.")]
Zone = Annotated[str, typer.Option(help="Where days and months begin, such as Europe/Berlin.")]
First = Annotated[
    datetime | None, typer.Option("--from", formats=_ISO, help="The first day; else that of this month.")
]
End = Annotated[datetime | None, typer.Option("--to", formats=_ISO, help="The day after the last one.")]

_SHOWN: Final = ("calls", "input_tokens", "output_tokens", "cost_usd")
# Whoever reads a pipe wants whole ids, and no terminal to fit them in.
_PIPE_COLUMNS: Final = 300


def hang(cli: typer.Typer, once: Once) -> None:
    """Hang the commands into the command line."""
    budgets = typer.Typer(help="Budgets.", no_args_is_help=True)
    cli.add_typer(budgets, name="budget")
    _usage(cli, once)
    _list_budgets(budgets, once)
    _set_budget(budgets, once)
    _delete_budget(budgets, once)


def _usage(cli: typer.Typer, once: Once) -> None:
    @cli.command()
    def usage(
        workspace: Workspace,
        by: Annotated[list[str] | None, typer.Option(help=_GROUPINGS)] = None,
        since: First = None,
        until: End = None,
        time_zone: Zone = "UTC",
        format: Annotated[Literal["table", "json", "csv"], typer.Option()] = "table",
        data_dir: DataDir = None,
    ) -> None:
        """Sum up what a workspace used."""
        groupings: list[Grouping] = []

        async def act(house: Runtime) -> UsageReport:
            groupings.extend(_checked(TypeAdapter(list[Grouping]), by or ["day"]))
            zone: str = _checked(TypeAdapter(TimeZone), time_zone)
            days = reports.span(since and since.date(), until and until.date(), zone, house.now())
            actor = await identity.service_actor(house, workspace)
            async with house.database.transaction(actor) as work:
                return await reports.report(work, groupings, days)

        found: UsageReport = once(data_dir, act)
        match format:
            case "json":
                typer.echo(found.model_dump_json(by_alias=True, exclude_unset=True))
            case "csv":
                typer.echo(reports.as_csv(found, groupings), nl=False)
            case "table":
                _print(_report_table(found, groupings))


def _list_budgets(cli: typer.Typer, once: Once) -> None:
    @cli.command("list")
    def list_budgets(workspace: Workspace, data_dir: DataDir = None) -> None:
        """Show a workspace's budgets, and how they stand."""

        async def act(house: Runtime) -> list[BudgetRead]:
            actor = await identity.service_actor(house, workspace)
            async with house.database.work(actor) as work:
                return await budget_rules.every(work, house.now())

        _print(_budget_table(once(data_dir, act)))


def _set_budget(cli: typer.Typer, once: Once) -> None:
    @cli.command("set")
    def set_budget(
        workspace: Workspace,
        scope: Annotated[Scope, typer.Option()] = "workspace",
        subject: Annotated[
            str, typer.Option(help="Id of the user, agent or key; without it, each one.")
        ] = "",
        period: Annotated[Literal["day", "month"], typer.Option()] = "month",
        usd: Annotated[str | None, typer.Option(help="At most so many US dollars.")] = None,
        tokens: Annotated[int | None, typer.Option(help="At most so many tokens.")] = None,
        alert: Annotated[list[int] | None, typer.Option(help="Per cent at which to tell.")] = None,
        time_zone: Zone = "UTC",
        data_dir: DataDir = None,
    ) -> None:
        """Make a budget, or give the one that is there new limits; prints its id."""
        limits: dict[str, Any] = {"limit_usd": usd, "limit_tokens": tokens}
        if alert is not None:
            limits["alert_percents"] = alert

        async def act(house: Runtime) -> str:
            whose = {"scope": scope, "subject_id": subject, "period": period, "time_zone": time_zone}
            wanted = _checked(TypeAdapter(BudgetCreate), {**whose, **limits})
            actor = await identity.service_actor(house, workspace)
            async with house.database.work(actor) as work:
                for known in await budget_rules.every(work, house.now()):
                    if (known.scope, known.subject_id, known.period) == (scope, subject, period):
                        change = BudgetChange.model_validate(limits)
                        return (await budget_rules.change(work, known.id, change, house.now())).id
                return (await budget_rules.create(work, wanted, house.now())).id

        typer.echo(once(data_dir, act))


def _delete_budget(cli: typer.Typer, once: Once) -> None:
    @cli.command("delete")
    def delete_budget(budget_id: str, workspace: Workspace, data_dir: DataDir = None) -> None:
        """Lift a budget."""

        async def act(house: Runtime) -> None:
            actor = await identity.service_actor(house, workspace)
            async with house.database.work(actor) as work:
                await budget_rules.lift(work, budget_id, house.now())

        once(data_dir, act)


def _report_table(found: UsageReport, by: list[Grouping]) -> Table:
    groups = [name for name in reports.columns_of(by) if name not in UsageSums.model_fields]
    title = f"{found.since} to {found.until}, without the last day ({found.time_zone})"
    table = Table(title=title, caption=_reservations(found.total), show_footer=True)
    for at, name in enumerate(groups):
        table.add_column(name, footer="total" if at == 0 else "", overflow="fold")
    for name in _SHOWN:
        table.add_column(name, justify="right", footer=_figure(found.total, name))
    for line in found.items:
        cells = [str(value) if (value := getattr(line, name)) is not None else "-" for name in groups]
        table.add_row(*cells, *(_figure(line, name) for name in _SHOWN))
    return table


def _reservations(total: UsageSums) -> str | None:
    """What keeps the sum from being the whole truth."""
    said = {
        "estimated": total.estimated_calls,
        "without a known price": total.unpriced_calls,
        "still open": total.open_calls,
    }
    return ", ".join(f"{count} calls {what}" for what, count in said.items() if count) or None


def _budget_table(budgets: list[BudgetRead]) -> Table:
    table = Table("id", "scope", "subject", "period", "limit", "spent", "held", "begins anew")
    for budget in budgets:
        standings: list[Any] = [budget] if budget.spent_usd is not None else [*budget.subjects]
        limit = _both(budget.limit_usd, budget.limit_tokens)
        whose = budget.subject_id or ("" if budget.scope == "workspace" else "each")
        rows = [
            (one.subject_id, _both(one.spent_usd, one.spent_tokens), _both(one.held_usd, one.held_tokens))
            for one in standings
        ]
        anew = budget.resets_at.isoformat(timespec="minutes")
        for subject, spent, held in rows or [("", "", "")]:
            table.add_row(budget.id, budget.scope, subject or whose, budget.period, limit, spent, held, anew)
    return table


def _both(usd: Any, tokens: Any) -> str:
    parts = [None if usd is None else f"{plain_usd(usd)} USD", None if tokens is None else f"{tokens} tokens"]
    return ", ".join(part for part in parts if part is not None)


def _figure(sums: UsageSums | UsageLine, name: str) -> str:
    return plain_usd(sums.cost_usd) if name == "cost_usd" else f"{getattr(sums, name)}"


def _print(table: Table) -> None:
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=_PIPE_COLUMNS)
    console.print(table)


def _checked(kind: TypeAdapter[Any], given: Any) -> Any:
    try:
        return kind.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Invalid(f"{place}: {first['msg']}." if place else f"{first['msg']}.") from error
