"""How an operator brings in what other assistants kept: `steward import`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeAlias

import typer
from rich.console import Console

from steward.doors.terminal.import_assistants import AssistantsImport
from steward.doors.terminal.import_chatgpt import ChatGPTImport
from steward.doors.terminal.import_display import Bar, Tally
from steward.identity import service as identity
from steward.kernel.errors import NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor

Serving: TypeAlias = Callable[[Path | None, Callable[[Runtime], Awaitable[Any]]], Any]
"""Does something with the data of a folder, where documents are made ready; prints a refusal as one line."""

Paths = Annotated[
    list[Path], typer.Argument(exists=True, metavar="PATH", help="Files, folders, zip archives.")
]
Workspace = Annotated[str | None, typer.Option(help="Workspace; the first one by default.")]
User = Annotated[
    str | None,
    typer.Option(metavar="EMAIL", help="Whose it shall be; else the account of the workspace's keys."),
]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the embedded database.")]


class _Import(Protocol):
    async def run(self, paths: Sequence[Path]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Wanted:
    paths: list[Path]
    workspace: str | None
    user: str | None
    data_dir: Path | None


def hang(cli: typer.Typer, serving: Serving) -> None:
    """Hang the commands into the command line."""
    imports = typer.Typer(help="Bring in what other assistants kept.", no_args_is_help=True)
    cli.add_typer(imports, name="import")

    @imports.command("openai-assistants")
    def openai_assistants(
        paths: Paths,
        workspace: Workspace = None,
        user: User = None,
        model: Annotated[
            str | None, typer.Option(help="provider/model that answers instead of the one that each names.")
        ] = None,
        data_dir: DataDir = None,
    ) -> None:
        """Import saved assistants, threads, messages, files, vector stores and runs of OpenAI's Assistants API.

        Ids, times and order are kept. What is there already stays as it is. Ends with 0 when all is there that could be
        imported, with 1 when something failed, and with 2 when there was nothing to import.
        """
        wanted = _Wanted(paths, workspace, user, data_dir)
        _run(serving, wanted, lambda actor, tally, bar: AssistantsImport(actor, tally, bar, model=model))

    @imports.command("chatgpt")
    def chatgpt(
        paths: Paths, workspace: Workspace = None, user: User = None, data_dir: DataDir = None
    ) -> None:
        """Import the conversations of ChatGPT's own export, with all their branches.

        Takes the zip archive as it came, or its conversations.json. Ends as the other import does.
        """
        _run(serving, _Wanted(paths, workspace, user, data_dir), ChatGPTImport)


def _run(serving: Serving, wanted: _Wanted, make: Callable[[Actor, Tally, Bar], _Import]) -> None:
    console = Console(highlight=False)
    tally, bar = Tally(), Bar(console)

    async def act(house: Runtime) -> None:
        task = asyncio.current_task()
        assert task is not None
        # An operator's end is like ctrl-c: the database is put away first.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        actor = await _actor(house, wanted)
        with bar.showing():
            await make(actor, tally, bar).run(wanted.paths)

    try:
        serving(wanted.data_dir, act)
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        tally.show(console)
        console.print("Stopped. Import again to go on: what is there stays as it is.")
        raise typer.Exit(130) from error
    tally.show(console)
    raise typer.Exit(tally.exit_status)


async def _actor(house: Runtime, wanted: _Wanted) -> Actor:
    workspace = wanted.workspace
    if workspace is None:
        # On an empty database there is no workspace before the first server, and nobody should have to wait for one.
        await identity.first_owner(house)
        workspace = await identity.first_workspace(house)
    service = await identity.service_actor(house, workspace)
    if wanted.user is None:
        return service
    user_id = await identity.find_user(house, wanted.user)
    member = None if user_id is None else await identity.actor_of_member(house, workspace, user_id)
    if member is None:
        raise NotFound(f"No {wanted.user} is in the workspace. Make one with `steward user create EMAIL`.")
    return member
