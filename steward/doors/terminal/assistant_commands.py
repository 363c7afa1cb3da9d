"""What an operator does about assistants: `steward assistant setup`, `steward assistant ready`."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from steward.agents import catalogue
from steward.agents import service as agents
from steward.identity import service as identity
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.runtime import Runtime
from steward.kernel.stretches import Asked
from steward.kernel.work import Actor, Work
from steward.providers import service as providers
from steward.runs import records
from steward.threads import service as threads

Once = Callable[[Path | None, Callable[[Runtime], Awaitable[Any]]], Any]
Workspace = Annotated[str | None, typer.Option(help="Workspace; the first one by default.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the embedded database.")]


def hang(cli: typer.Typer, once: Once) -> None:
    """Hang the commands.

    Args:
        cli: where.
        once: does something with an open runtime.
    """
    assistants = typer.Typer(help="Assistants.", no_args_is_help=True)
    cli.add_typer(assistants, name="assistant")

    @assistants.command("setup")
    def set_up(workspace: Workspace = None, data_dir: DataDir = None) -> None:
        """Make the workspace's assistant, unless there is one; prints its id."""
        typer.echo(once(data_dir, lambda house: ensure(house, workspace)))

    @assistants.command("ready")
    def tell_readiness(workspace: Workspace = None, data_dir: DataDir = None) -> None:
        """Say of each piece that programs for the Assistants API need whether it is there."""
        findings: list[tuple[str, str | None]] = once(data_dir, lambda house: look(house, workspace))
        for name, fault in findings:
            typer.echo(f"ok      {name}" if fault is None else f"MISSING {name}: {fault}")
        if any(fault is not None for _, fault in findings):
            raise typer.Exit(1)


async def ensure(house: Runtime, workspace_id: str | None) -> str:
    """The id of the workspace's assistant, which is made when there is none.

    Raises:
        NotFound: no such workspace.
    """
    async with house.database.transaction(await _operator(house, workspace_id)) as work:
        return (await agents.ensure_of_type(work)).id


async def look(house: Runtime, workspace_id: str | None) -> list[tuple[str, str | None]]:
    """For each piece what is missing; None when it is there.

    Raises:
        NotFound: no such workspace.
    """
    actor = await _operator(house, workspace_id)
    found: list[tuple[str, str | None]] = []
    for name, check in (
        ("assistant", _assistant),
        ("threads", _threads),
        ("tools", _tools),
        ("streaming", _streaming),
    ):
        async with house.database.work(actor) as work:
            try:
                found.append((name, await check(work, house)))
            except Refusal as refusal:
                found.append((name, refusal.detail))
    return found


async def _assistant(work: Work, house: Runtime) -> str | None:
    del house
    made = await agents.stretch(work, Asked(limit=100))
    if any(agent.status == "active" for agent in made.items):
        return None
    return "the workspace has none that answers. Run `steward assistant setup`."


async def _threads(work: Work, house: Runtime) -> str | None:
    del house
    await threads.count(work)
    return None


async def _tools(work: Work, house: Runtime) -> str | None:
    box = await catalogue.toolbox(work, house.settings)
    return None if box.tools else "none is defined, or all are switched off by STEWARD_TOOLS__DISABLED."


async def _streaming(work: Work, house: Runtime) -> str | None:
    """A stream is a run, told by a model that somebody answers for."""
    models = await providers.models_of(work, house.settings)
    models.resolve(models.default_model())
    with contextlib.suppress(NotFound):
        await records.get(work, "thread_none", "run_none")
    return None


async def _operator(house: Runtime, workspace_id: str | None) -> Actor:
    chosen = workspace_id or await identity.first_workspace(house)
    return replace(await identity.service_actor(house, chosen), role="admin")
