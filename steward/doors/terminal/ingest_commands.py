"""How an operator brings documents in from the disk: `steward ingest`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from steward.doors.terminal.ingest_display import Display, TerminalDisplay
from steward.identity import service as identity
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from steward.knowledge import samples
from steward.knowledge.folders.intake import Intake, open_collection
from steward.knowledge.folders.waiting import until_written_down
from steward.knowledge.folders.walk import Bounds, walk
from steward.knowledge.folders.watch import Watch, sources_within
from steward.knowledge.schemas import Name, Tags

Serving: TypeAlias = Callable[[Path | None, Callable[[Runtime], Awaitable[Any]]], Any]
"""Does something with the data of a folder, where documents are made ready; prints a refusal as one line."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    paths: list[Path]
    workspace: str | None
    collection: str | None
    tags: list[str]
    is_watch: bool
    with_samples: bool


def hang(cli: typer.Typer, serving: Serving) -> None:
    """Hang the command into the command line."""

    @cli.command()
    def ingest(
        paths: Annotated[
            list[Path] | None, typer.Argument(exists=True, metavar="PATH", help="Files and folders.")
        ] = None,
        workspace: Annotated[str | None, typer.Option(help="Workspace; the first one by default.")] = None,
        collection: Annotated[
            str | None,
            typer.Option(help="Name of a collection, made if need be; else the workspace's own."),
        ] = None,
        tag: Annotated[
            list[str] | None, typer.Option(help="For new documents; may be given more than once.")
        ] = None,
        watch: Annotated[
            bool, typer.Option("--watch", help="Go on, and keep the documents in step with the folders.")
        ] = False,
        with_samples: Annotated[
            bool, typer.Option("--samples", help="Add Steward's own documentation.")
        ] = False,
        data_dir: Annotated[Path | None, typer.Option(help="Folder of the embedded database.")] = None,
    ) -> None:
        """Make files and folders documents, and wait until they can be found.

        A file that was ingested before is skipped when it is the same, and else replaces its document. Ends with 0 when
        all are ready, with 1 when some failed, and with 2 when there was nothing to do.
        """
        wanted = _Wanted(paths or [], workspace, collection, tag or [], watch, with_samples)
        _check(wanted)
        console = Console(highlight=False)
        display = TerminalDisplay(console) if console.is_terminal else Display(console)
        try:
            serving(data_dir, lambda house: _ingest(house, wanted, display))
        except (KeyboardInterrupt, asyncio.CancelledError) as error:
            if watch:
                raise typer.Exit(0) from error
            display.line("Stopped. What is under way goes on as soon as Steward runs again.")
            raise typer.Exit(130) from error
        raise typer.Exit(display.exit_status)


def _check(wanted: _Wanted) -> None:
    if not wanted.paths and not wanted.with_samples:
        raise typer.BadParameter("Name a file or a folder, or use --samples.")
    if wanted.is_watch and not (wanted.paths and all(path.is_dir() for path in wanted.paths)):
        raise typer.BadParameter("--watch is for folders.")
    if not _fits(Tags, wanted.tags):
        raise typer.BadParameter("A tag has 1 to 64 characters, and a document at most 32 tags.")
    if wanted.collection is not None and not _fits(Name, wanted.collection):
        raise typer.BadParameter("The name of a collection has 1 to 256 characters.")


def _fits(kind: Any, given: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(given)
    except ValidationError:
        return False
    return True


async def _ingest(house: Runtime, wanted: _Wanted, display: Display) -> None:
    task = asyncio.current_task()
    assert task is not None
    # An operator's end is like ctrl-c: the database and the readers are put away first.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    actor = await _actor(house, wanted.workspace)
    collection_id = await open_collection(actor, wanted.collection)
    intake = Intake(actor, collection_id, wanted.tags, display)
    bounds = Bounds(house.settings.knowledge.file_bytes, house.settings.data_dir)
    if wanted.is_watch:
        sources = await sources_within(actor, collection_id, wanted.paths)
        watch = Watch(intake, wanted.paths, bounds, sources)
        await _first_pass(actor, wanted, intake, display, watch.catch_up)
        display.line("Watching for changes; stop with Ctrl-C.")
        display.follow()
        await watch.run()
    else:

        async def once() -> None:
            walked = await asyncio.to_thread(walk, wanted.paths, bounds)
            intake.leave_out(walked.left_out)
            await intake.bring(walked.files)

        await _first_pass(actor, wanted, intake, display, once)
        await until_written_down()


async def _first_pass(
    actor: Actor, wanted: _Wanted, intake: Intake, display: Display, bring: Callable[[], Awaitable[Any]]
) -> None:
    with display.showing():
        if wanted.with_samples:
            _, document_ids = await samples.add(actor)
            await intake.wait_for(document_ids)
        await bring()


async def _actor(house: Runtime, workspace: str | None) -> Actor:
    if workspace is None:
        # On an empty database there is no workspace before the first server, and nobody should have to wait for one.
        await identity.first_owner(house)
        workspace = await identity.first_workspace(house)
    return await identity.service_actor(house, workspace)
