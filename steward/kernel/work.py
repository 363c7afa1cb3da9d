"""Work: one open transaction for one actor. No session exists without an actor."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import asyncpg
from sqlalchemy import URL, QueuePool, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from steward.kernel.errors import Forbidden, Unavailable

Role = Literal["owner", "admin", "member", "viewer"]
_RANK: dict[str, int] = {"viewer": 0, "member": 1, "admin": 2, "owner": 3}


def lower_role(one: Role, other: Role) -> Role:
    """The one of two roles that may do less."""
    return one if _RANK[one] <= _RANK[other] else other


# Who the transaction belongs to; `true` ends it with the transaction, so a pooled connection forgets.
_ACT_AS = text(
    "SELECT set_config('steward.workspace_id', :workspace_id, true), set_config('steward.user_id', :user_id, true)"
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which workspace. Made by `identity` from a credential, never from a request body."""

    workspace_id: str
    user_id: str
    role: Role
    key_id: str | None = None
    session_id: str | None = None

    def ensure_role(self, least: Role) -> None:
        """Refuse when the actor's role is below `least`.

        Raises:
            Forbidden: the role is too low.
        """
        if _RANK[self.role] < _RANK[least]:
            raise Forbidden(
                f"This needs the role {least}; yours is {self.role}. Ask an owner of the workspace."
            )


@dataclass(frozen=True, slots=True)
class Work:
    """An open transaction of an actor: the database shows only what the actor may see."""

    actor: Actor
    session: AsyncSession


class Database:
    """The two ways into the database: as an actor behind row security, and as the house for its sweeps."""

    def __init__(self, app_url: URL, system_url: URL, *, pool_size: int, pool_seconds: float) -> None:
        self.app_url = app_url
        self.system_url = system_url
        self._app = _engine(app_url, pool_size, pool_seconds)
        self._system = _engine(system_url, 3, pool_seconds)

    @asynccontextmanager
    async def work(self, actor: Actor) -> AsyncGenerator[Work]:
        """Open a transaction for the actor; it commits when the block ends well, and nobody else commits.

        Raises:
            Unavailable: the database is down, or the pool is exhausted.
        """
        async with _session(self._app) as session:
            await session.execute(_ACT_AS, {"workspace_id": actor.workspace_id, "user_id": actor.user_id})
            yield Work(actor, session)

    @asynccontextmanager
    async def house(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction of the house: credentials, leases, sweeps, the feed. Never with input of a caller as SQL.

        Raises:
            Unavailable: the database is down, or the pool is exhausted.
        """
        async with _session(self._system) as session:
            yield session

    async def listen_connection(self) -> asyncpg.Connection:
        """Open a connection of its own for LISTEN."""
        return await asyncpg.connect(asyncpg_dsn(self.system_url), timeout=5)

    @property
    def checked_out(self) -> int:
        """Connections in use by requests just now."""
        pool = self._app.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout()

    async def close(self) -> None:
        """Close every pooled connection."""
        await self._app.dispose()
        await self._system.dispose()


def asyncpg_dsn(url: URL) -> str:
    """The plain form of a URL that asyncpg itself reads."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _engine(url: URL, pool_size: int, pool_seconds: float) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_seconds,
        pool_recycle=1800,
        pool_use_lifo=True,
        connect_args={"timeout": 5, "server_settings": {"application_name": "steward", "jit": "off"}},
    )


@asynccontextmanager
async def _session(engine: AsyncEngine) -> AsyncGenerator[AsyncSession]:
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            yield session
    except PoolTimeout as error:
        raise Unavailable(
            "All database connections are in use; try again in a moment.", retry_after_seconds=1
        ) from error
    except (
        OperationalError,
        OSError,
        asyncpg.CannotConnectNowError,
        asyncpg.ConnectionDoesNotExistError,
    ) as error:
        raise _down() from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _down() from error
        raise


def _down() -> Unavailable:
    return Unavailable("The database does not answer just now; try again in a moment.", retry_after_seconds=2)
