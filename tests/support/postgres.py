"""A PostgreSQL as somebody else runs it: over TCP, with passwords, and an owner who is no superuser."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from steward.kernel.embedded import EmbeddedPostgres
from tests.support.processes import free_port


@dataclass(frozen=True)
class Elsewhere:
    """The server, and the owner's address of a fresh database on it."""

    port: int
    superuser_password: str
    owner_url: str

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """A connection as its superuser."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self.superuser_password,
            dbname=database,
            autocommit=True,
        )


@contextmanager
def elsewhere() -> Generator[Elsewhere]:
    """Start one from the wheel's binaries, and stop it after the block."""
    folder = Path(tempfile.mkdtemp(prefix="elsewhere-"))
    binaries = EmbeddedPostgres(folder).bin_path
    user = "pgserver" if os.geteuid() == 0 else None
    data, word, port = folder / "data", folder / "word", free_port()
    password, owner_password = secrets.token_hex(8), secrets.token_hex(8)
    word.write_text(password)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(binaries / program), *arguments],
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    if user is not None:
        for path in (folder, word):
            shutil.chown(path, user)
    try:
        run(
            "initdb",
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            f"--pwfile={word}",
            "-E",
            "UTF8",
        )
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
        run("pg_ctl", "start", "-w", "-D", str(data), "-l", str(folder / "log"), "-o", options)
        owner_url = f"postgresql://landlord:{owner_password}@127.0.0.1:{port}/rented"
        server = Elsewhere(port, password, owner_url)
        with server.admin() as admin:
            admin.execute(
                sql.SQL("CREATE ROLE landlord LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD {}").format(
                    owner_password
                )
            )
            admin.execute("CREATE DATABASE rented OWNER landlord TEMPLATE template0 ENCODING 'UTF8'")
        with server.admin("rented") as admin:
            # What a landlord does not give away.
            admin.execute("CREATE EXTENSION vector")
        yield server
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(data))
        shutil.rmtree(folder, ignore_errors=True)
