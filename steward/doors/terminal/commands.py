"""The `steward` command: serve, and what an operator does beside it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import typer
from rich.console import Console

from steward.agents.service import Wishes
from steward.doors.terminal import (
    assistant_commands,
    import_commands,
    ingest_commands,
    tool_commands,
    usage_commands,
)
from steward.doors.terminal.talking import Talk
from steward.identity import service as identity
from steward.kernel import logs, rate_limits
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.providers.catalogue import LIBRARIAN
from steward.providers.service import Models
from steward.runs import service as runs
from steward.runs.schemas import TurnRequest

T = TypeVar("T")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_FREE_BYTES: Final = 1_000_000_000

DataDir = Annotated[Path | None, typer.Option(help="Folder of the embedded database.")]


@dataclass(frozen=True, slots=True)
class Host:
    """What the composition root lends to the commands."""

    open_runtime: Callable[[Settings], AbstractAsyncContextManager[Runtime]]
    serve_runtime: Callable[[Settings], AbstractAsyncContextManager[Runtime]]
    serve: Callable[[Settings, Callable[[Runtime], Awaitable[None]]], None]
    static: Path


def build(host: Host) -> typer.Typer:
    """All commands."""
    cli = typer.Typer(
        name="steward", help="The assistant backend that you own.", no_args_is_help=True, add_completion=False
    )
    _serving(cli, host)
    _people(cli, host)
    tool_commands.hang(cli)
    assistant_commands.hang(cli, lambda data_dir, act: _once(host, data_dir, act))
    usage_commands.hang(cli, lambda data_dir, act: _once(host, data_dir, act))
    serving = replace(host, open_runtime=host.serve_runtime)
    ingest_commands.hang(cli, lambda data_dir, act: _once(serving, data_dir, act))
    import_commands.hang(cli, lambda data_dir, act: _once(serving, data_dir, act))
    _upkeep(cli, host)
    return cli


def _serving(cli: typer.Typer, host: Host) -> None:
    @cli.command()
    def serve(
        host_name: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "",
        port: Annotated[int, typer.Option(help="Port to listen on.")] = -1,
        data_dir: DataDir = None,
        workers: Annotated[int, typer.Option(help="Processes to serve with.")] = 0,
    ) -> None:
        """Serve the web app and the doors."""
        settings = _settings(
            data_dir, host=host_name or None, port=None if port < 0 else port, workers=workers or None
        )

        async def announce(house: Runtime) -> None:
            await _announce(house)

        _refusals_as_lines(lambda: host.serve(settings, announce))

    @cli.command()
    def chat(
        text: Annotated[str, typer.Argument(help="The message.")],
        model: Annotated[str | None, typer.Option(help="provider/model")] = None,
        thread: Annotated[str | None, typer.Option(help="Conversation to go on with.")] = None,
        workspace: Annotated[str | None, typer.Option(help="Workspace; the first one by default.")] = None,
        data_dir: DataDir = None,
    ) -> None:
        """Send a message and stream the answer."""

        async def talk() -> None:
            async with host.serve_runtime(_settings(data_dir, log_level="error")) as house:
                workspace_id = workspace or await identity.first_workspace(house)
                actor = await identity.service_actor(house, workspace_id)
                request = TurnRequest(
                    "submit", thread, parts=[{"type": "text", "text": text}], wishes=Wishes(model=model)
                )
                started = await runs.start(actor, request)
                ask = typer.confirm if sys.stdin.isatty() else None
                await Talk(actor, started.run_id, ask).show()
                sys.stdout.write("\n")
                Console(stderr=True).print(f"conversation {started.thread_id}", style="dim", highlight=False)

        _run(talk())


def _people(cli: typer.Typer, host: Host) -> None:
    workspaces = typer.Typer(help="Workspaces.", no_args_is_help=True)
    users = typer.Typer(help="People.", no_args_is_help=True)
    keys = typer.Typer(help="API keys.", no_args_is_help=True)
    cli.add_typer(workspaces, name="workspace")
    cli.add_typer(users, name="user")
    cli.add_typer(keys, name="key")

    def once(data_dir: Path | None, act: Callable[[Runtime], Awaitable[T]]) -> T:
        return _once(host, data_dir, act)

    @workspaces.command("create")
    def create_workspace(name: str, data_dir: DataDir = None) -> None:
        """Make a workspace; prints its id."""
        typer.echo(once(data_dir, lambda house: identity.create_workspace(house, name)))

    @users.command("create")
    def create_user(
        email: str,
        workspace: Annotated[str, typer.Option()],
        role: Annotated[Literal["owner", "admin", "member", "viewer"], typer.Option()] = "member",
        data_dir: DataDir = None,
    ) -> None:
        """Make a person; the password comes from standard input. Prints the id."""
        password = _password()
        typer.echo(
            once(data_dir, lambda house: identity.create_user(house, email, workspace, role, password))
        )

    @users.command("link")
    def link(email: str, data_dir: DataDir = None) -> None:
        """Print a link that signs this person in once."""

        async def act(house: Runtime) -> str:
            user_id = await identity.find_user(house, email)
            if user_id is None:
                raise NotFound(
                    f"There is no user {email}. Make one with `steward user create EMAIL --workspace ID`."
                )
            return _welcome(house.settings, await identity.make_link(house, user_id))

        typer.echo(once(data_dir, act))

    @keys.command("create")
    def create_key(
        workspace: Annotated[str, typer.Option()],
        name: Annotated[str, typer.Option()],
        data_dir: DataDir = None,
    ) -> None:
        """Make an API key; prints it, this once."""

        async def act(house: Runtime) -> str:
            actor = await identity.service_actor(house, workspace)
            async with house.database.work(actor) as work:
                return (await identity.create_key(work, name)).key

        typer.echo(once(data_dir, act))

    @keys.command("revoke")
    def revoke_key(key_id: str, workspace: Annotated[str, typer.Option()], data_dir: DataDir = None) -> None:
        """Revoke an API key at once."""

        async def act(house: Runtime) -> None:
            actor = await identity.service_actor(house, workspace)
            async with house.database.work(actor) as work:
                await identity.revoke_key(work, key_id)

        once(data_dir, act)


def _upkeep(cli: typer.Typer, host: Host) -> None:
    @cli.command()
    def migrate(data_dir: DataDir = None) -> None:
        """Bring the database up to date; `serve` does it too."""

        async def act() -> None:
            async with host.open_runtime(_settings(data_dir)):
                typer.echo("The database is up to date.")

        _run(act())

    @cli.command()
    def doctor(data_dir: DataDir = None) -> None:
        """Name each missing piece in one line, and what to do."""
        settings = _settings(data_dir, log_level="error")
        findings = _look(settings, host)
        for name, fault in findings:
            typer.echo(
                f"{'ok     ' if fault is None else 'MISSING'} {name}{'' if fault is None else f': {fault}'}"
            )
        if any(fault is not None for _, fault in findings):
            raise typer.Exit(1)


def _look(settings: Settings, host: Host) -> list[tuple[str, str | None]]:
    async def database() -> str | None:
        try:
            async with host.open_runtime(settings) as house, house.database.house() as session:
                del session
        except Exception as error:
            return f"{type(error).__name__}: {error}. Check STEWARD_DATABASE_URL, or the log in {settings.data_dir}."
        return None

    free = shutil.disk_usage(_existing(settings.data_dir)).free
    built = (host.static / "index.html").is_file()
    is_librarian = Models(settings).configured()[0] is LIBRARIAN
    return [
        ("python", None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed."),
        ("web app", None if built else "it is not built. Run `make setup`."),
        (
            "disk",
            None if free > _FREE_BYTES else f"only {free // 1_000_000} MB are free in {settings.data_dir}.",
        ),
        ("port", _port_fault(settings)),
        ("database", asyncio.run(database())),
        (
            "model provider",
            "no key is set. Set OPENAI_API_KEY, or another provider's key." if is_librarian else None,
        ),
    ]


def _port_fault(settings: Settings) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return (
                f"{settings.host}:{settings.port} is in use (by Steward itself?). Choose another with --port."
            )
    return None


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


async def _announce(house: Runtime) -> None:
    owner_id = await identity.first_owner(house)
    console = Console(stderr=False, highlight=False, soft_wrap=True)
    address = _address(house.settings)
    console.print(f"\nSteward is at [bold]{address}[/bold]")
    console.print(f"Rate limits: {rate_limits.describe(house.settings)}", style="dim")
    if owner_id is not None:
        link = _welcome(house.settings, await identity.make_link(house, owner_id))
        console.print(f"Sign in as the owner, once, within a day: [bold]{link}[/bold]\n")
    sys.stdout.flush()


def _address(settings: Settings) -> str:
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104  # compared, not bound
    return f"http://{host}:{settings.port}"


def _welcome(settings: Settings, secret: str) -> str:
    # In the fragment: it reaches no server log and no proxy.
    return f"{_address(settings)}/welcome#token={secret}"


def _password() -> str | None:
    if sys.stdin.isatty():
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\n") or None


def _settings(data_dir: Path | None, **given: Any) -> Settings:
    values: dict[str, Any] = {"data_dir": data_dir, **given}
    settings = Settings(**{name: value for name, value in values.items() if value is not None})
    logs.configure(settings.log_level)
    return settings


def _once(host: Host, data_dir: Path | None, act: Callable[[Runtime], Awaitable[T]]) -> T:
    async def within() -> T:
        async with host.open_runtime(_settings(data_dir, log_level="error")) as house:
            return await act(house)

    return _run(within())


def _run(work: Any) -> Any:
    return _refusals_as_lines(lambda: asyncio.run(work))


def _refusals_as_lines(act: Callable[[], T]) -> T:
    try:
        return act()
    except Refusal as refusal:
        Console(stderr=True).print(refusal.detail, style="red", highlight=False)
        raise typer.Exit(1) from refusal
