"""Migrations: roles, tables and DBOS's schema, brought up to date under an advisory lock at every start."""

from __future__ import annotations

import hashlib
import hmac
import time
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, create_engine, text

from steward.kernel import durable
from steward.kernel.rows import APP_ROLE, SYSTEM_ROLE

_LOCK: Final = 7_316_001
_TURN_SECONDS: Final = 0.1
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"


def migrate(owner_url: URL, *, with_passwords: bool) -> None:
    """Bring the database up to date. Blocks; call it in a thread.

    Any number of processes may call it at once: one works, the others wait and find nothing to do.

    Args:
        owner_url: address of the role that owns the tables.
        with_passwords: give the two roles passwords, for servers that are reached over a network.
    """
    engine = create_engine(owner_url.set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as lock:
            _wait_for_turn(lock)
            with engine.begin() as connection:
                _ensure_roles(connection, owner_url if with_passwords else None)
            with engine.begin() as connection:
                config = Config()
                config.set_main_option("script_location", str(_MIGRATIONS))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            durable.migrate(owner_url, SYSTEM_ROLE)
    finally:
        engine.dispose()


def _wait_for_turn(lock: Connection) -> None:
    # Asked for again and again: a statement that waits holds a snapshot, and the concurrent indexes of DBOS
    # wait for every
    # snapshot to end, so that the one who works and those who wait would wait for each other for ever.
    while not lock.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one():
        lock.commit()
        time.sleep(_TURN_SECONDS)
    lock.commit()


def role_password(owner_url: URL, role: str) -> str:
    """The password of a role, derived from the owner's, so that it is the same everywhere and written nowhere."""
    secret = owner_url.password or ""
    return hmac.new(secret.encode(), f"steward role {role}".encode(), hashlib.sha256).hexdigest()


def _ensure_roles(connection: Connection, password_source: URL | None) -> None:
    for role in (APP_ROLE, SYSTEM_ROLE):
        known = connection.execute(
            text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
        ).first()
        if known is None:
            connection.execute(
                text(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT")
            )
        if password_source is not None:
            # DDL takes no bound parameters; the password is 64 hexadecimal digits.
            connection.execute(text(f"ALTER ROLE {role} PASSWORD '{role_password(password_source, role)}'"))
        database = connection.execute(text("SELECT quote_ident(current_database())")).scalar_one()
        connection.execute(text(f"GRANT CONNECT ON DATABASE {database} TO {role}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
