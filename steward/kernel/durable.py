"""Durable work: DBOS on the same PostgreSQL, leases that tell which processes live, and take-over of the dead.

DBOS resumes a workflow step by step, but does not decide who is dead. Each process renews a lease; one whose
lease ran out, or whose pid is gone on this same host, has its workflows handed to a process that lives.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil
import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy import URL, BigInteger, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Row, Stamped
from steward.kernel.settings import Settings
from steward.kernel.work import Database

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

WORKFLOW_VERSION: Final = "1"
"""Raised by hand when running workflows cannot go on under new code. DBOS's default, a hash of the source, would strand
every running turn at each upgrade."""


_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Process(Stamped, Row):
    """A living Steward process. `updated_at` is when it last said so."""

    __tablename__ = "processes"

    id: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int] = mapped_column(BigInteger)
    pid_started: Mapped[int] = mapped_column(BigInteger)
    workflow_version: Mapped[str]


def launch(settings: Settings, url: URL, process_id: str) -> None:
    """Start DBOS in this process; must be called on the event loop's thread, so that workflows run on that loop."""
    config: DBOSConfig = {
        "name": "steward",
        "system_database_url": _psycopg(url),
        "application_version": WORKFLOW_VERSION,
        "executor_id": process_id,
        "sys_db_pool_size": settings.database.durable_pool_size,
        "run_migrations": False,
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    DBOS(config=config)
    DBOS.launch()


async def stop() -> None:
    """Stop DBOS; workflows in flight stay pending and are resumed by whoever comes next."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as aside:
        await loop.run_in_executor(aside, DBOS.destroy)
    # DBOS made its own pool the loop's default and has just closed it.
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="steward"))


def migrate(owner_url: URL, system_role: str) -> None:
    """Create or upgrade DBOS's own schema and let the system role use it."""
    DBOS.migrate(_psycopg(owner_url), application_role=system_role)


class Lease:
    """This process's sign of life, and its watch over the others."""

    def __init__(
        self, database: Database, process_id: str, *, renew_seconds: float, dead_seconds: float
    ) -> None:
        self._database = database
        self.process_id = process_id
        self._renew_seconds = renew_seconds
        self._dead_seconds = dead_seconds
        self._host = _host()
        self._trusted_since = time.monotonic()
        self.on_death: list[Callable[[], Awaitable[None]]] = []
        """Called after processes died: rooms find their orphans."""
        self.on_lost: list[Callable[[], Awaitable[None]]] = []
        """Called when others took this process for dead: rooms drop what they were doing."""

    async def take(self) -> None:
        """Announce this process."""
        me = psutil.Process()
        async with self._database.house() as session:
            await session.execute(
                insert(Process)
                .values(
                    id=self.process_id,
                    host=self._host,
                    pid=me.pid,
                    pid_started=int(me.create_time() * 1000),
                    workflow_version=WORKFLOW_VERSION,
                )
                .on_conflict_do_update(index_elements=[Process.id], set_={"updated_at": func.now()})
            )

    async def give_back(self) -> None:
        """Say that this process ends: the next sweep, wherever it runs, hands its work on at once."""
        async with self._database.house() as session:
            await session.execute(
                update(Process).where(Process.id == self.process_id).values(updated_at=_LONG_AGO)
            )

    async def keep(self) -> None:
        """Renew and watch until cancelled."""
        while True:
            try:
                await self._renew()
                if time.monotonic() - self._trusted_since >= 0:
                    await self.sweep()
            except Exception as error:
                # While the database was away nobody could renew: give everybody time to come back before judging.
                self._trusted_since = time.monotonic() + self._dead_seconds
                log.warning("lease_not_renewed", error=type(error).__name__)
            await asyncio.sleep(self._renew_seconds)

    async def _renew(self) -> None:
        async with self._database.house() as session:
            renewed = await session.execute(
                update(Process)
                .where(Process.id == self.process_id)
                .values(updated_at=func.now())
                .returning(Process.id)
            )
            alive = renewed.first() is not None
        if not alive:
            log.error("lease_lost", process_id=self.process_id)
            for lost in self.on_lost:
                await lost()
            await self.take()

    async def sweep(self) -> None:
        """Hand the work of dead processes to the living."""
        await self._bury()
        for found in self.on_death:
            await found()

    async def _bury(self) -> None:
        """Hand the workflows of dead processes to the living, and only then forget the dead: a crash in between must
        leave them to whoever sweeps next. Handing them on twice is handing them on once.
        """
        async with self._database.house() as session:
            others = await session.execute(
                select(
                    Process.id,
                    Process.host,
                    Process.pid,
                    Process.pid_started,
                    (
                        Process.updated_at < func.now() - text(f"interval '{self._dead_seconds} seconds'")
                    ).label("silent"),
                )
                .where(Process.id != self.process_id)
                .with_for_update(skip_locked=True)
            )
            dead = [
                row.id
                for row in others
                if row.silent or (row.host == self._host and not _pid_lives(row.pid, row.pid_started))
            ]
            if dead:
                log.warning("processes_died", process_ids=dead)
                # The public API of DBOS recovers only through its own control plane; this is what that plane calls.
                await asyncio.to_thread(DBOS._recover_pending_workflows, dead)  # pyright: ignore[reportPrivateUsage]
                await session.execute(delete(Process).where(Process.id.in_(dead)))


async def living(database: Database) -> set[str]:
    """The ids of the processes whose lease stands."""
    async with database.house() as session:
        return set((await session.execute(select(Process.id))).scalars())


async def start(
    workflow_id: str, workflow: Callable[..., Coroutine[Any, Any, None]], *arguments: object
) -> None:
    """Start durable work, also from within a step of other durable work; starting it twice is starting it once.

    Args:
        workflow_id: names the work.
        workflow: what DBOS has registered.
        arguments: ids only, since DBOS's tables are not behind row security.
    """

    async def begin() -> None:
        with SetWorkflowID(workflow_id):
            await DBOS.start_workflow_async(workflow, *arguments)

    # In a context of its own: DBOS forbids it where a step is under way, and this is no part of that step.
    await asyncio.create_task(begin(), context=contextvars.Context())


async def workflow_states(workflow_ids: list[str]) -> dict[str, tuple[str, str | None]]:
    """What DBOS knows: workflow id → (status, version it was started under)."""
    found: list[Any] = await DBOS.list_workflows_async(
        workflow_ids=workflow_ids, load_input=False, load_output=False
    )
    return {status.workflow_id: (status.status, status.app_version) for status in found}


def _pid_lives(pid: int, started: int) -> bool:
    try:
        process = psutil.Process(pid)
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and abs(int(process.create_time() * 1000) - started) < 1000
        )
    except psutil.NoSuchProcess:
        return False


def _host() -> str:
    """This machine and pid namespace: only inside one may a pid be looked up."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, namespace = "", str(os.getpid())
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _psycopg(url: URL) -> str:
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
