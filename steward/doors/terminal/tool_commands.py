"""What an operator does about tools: `steward tool new`, `steward tool list`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from steward.agents import catalogue
from steward.doors.terminal import tool_scaffold
from steward.kernel import logs
from steward.kernel.settings import Settings

_PIPE_COLUMNS: Final = 200


def hang(cli: typer.Typer) -> None:
    """Hang the commands."""
    tools = typer.Typer(help="Tools that models call.", no_args_is_help=True)
    cli.add_typer(tools, name="tool")
    tools.command("new")(_new)
    tools.command("list")(_list)


def _new(
    name: Annotated[str, typer.Argument(help="Of the tool, in small letters with dashes: shipping-costs.")],
    folder: Annotated[Path, typer.Option(help="Where to put the package's folder.")] = Path(),
) -> None:
    """Write a package with a tool and its test; prints its folder."""
    if not tool_scaffold.is_name(name):
        raise typer.BadParameter(
            f"{name!r} is no name for a tool; write words in small letters with dashes, such as shipping-costs."
        )
    place = folder / tool_scaffold.package_of(name)
    try:
        place.mkdir(parents=True)
    except FileExistsError as error:
        raise typer.BadParameter(f"{place} is there already; choose another name or folder.") from error
    except OSError as error:
        raise typer.BadParameter(f"{place} cannot be made: {error.strerror}.") from error
    for path, text in tool_scaffold.files_of(name).items():
        (place / path).write_text(text, "utf-8")
    typer.echo(place)
    Console(stderr=True).print(
        f"Next: python -m pytest {place}, then pip install {place}, then start Steward again.",
        style="dim",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _list() -> None:
    """List the tools of Steward and of installed packages; MCP servers belong to workspaces and are not here."""
    settings = Settings()
    logs.configure("error")
    disabled = frozenset(settings.tools.disabled)
    table = Table("tool", "from", "asks a person", "what it does")
    for name, offer in sorted(catalogue.of_the_house().items()):
        asks = "switched off" if name in disabled else "yes" if offer.tool.approval == "always" else "no"
        table.add_row(name, offer.origin, asks, offer.tool.description.partition("\n")[0])
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=_PIPE_COLUMNS)
    console.print(table)
