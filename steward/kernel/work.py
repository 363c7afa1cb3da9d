"""Work: one open transaction for one actor. No session exists without an actor."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeAlias

import asyncpg
import msgspec
from asyncpg import Record
from sqlalchemy import URL, QueuePool, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from steward.kernel.errors import Conflict, Forbidden, Unavailable

Role = Literal["owner", "admin", "member", "viewer"]
_RANK: dict[Role, int] = {"viewer": 0, "member": 1, "admin": 2, "owner": 3}


def lower_role(one: Role, other: Role) -> Role:
    """The one of two roles that may do less."""
    return one if _RANK[one] <= _RANK[other] else other


_PARAMETER: Final = re.compile(r"(?<![:\w]):([a-z]\w*)")
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")

Connection: TypeAlias = "asyncpg.Connection[Record]"


class Found(Record):
    """A row whose columns are attributes."""

    def __getattr__(self, name: str) -> Any:
        """The column of this name."""
        return self[name]


# A server that is gone or going; anything else is a bug of ours.
_LOST: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    TimeoutError,
)

# Who the transaction belongs to; `true` ends it with the transaction, so a pooled connection forgets.
_ACT_AS = text(
    "SELECT set_config('steward.workspace_id', :workspace_id, true), set_config('steward.user_id', :user_id, true)"
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor of a page that embeds the chat may talk to; None is the built-in agent."""

    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which workspace. Made by `identity` from a credential, never from a request body.

    Attributes:
        visit: set for a visitor of a page that embeds the chat, who may chat and nothing else.
    """

    workspace_id: str
    user_id: str
    role: Role
    key_id: str | None = None
    session_id: str | None = None
    visit: Visit | None = None

    @property
    def roles(self) -> list[Role]:
        """Every role that the actor's reaches, its own included."""
        return [role for role, rank in _RANK.items() if rank <= _RANK[self.role]]

    def ensure_role(self, least: Role) -> None:
        """Refuse when the actor's role is below `least`.

        Raises:
            Forbidden: the role is too low.
        """
        if _RANK[self.role] < _RANK[least]:
            raise Forbidden(
                f"This needs the role {least}; yours is {self.role}. Ask an owner of the workspace."
            )


class Statement:
    """SQL with parameters by `:name`, prepared once per connection; for what is asked all the time.

    Run through asyncpg itself: building and compiling a query costs more than asking it.
    """

    __slots__ = ("_names", "_sql", "source")

    def __init__(self, sql: str) -> None:
        names: list[str] = []

        def place(match: re.Match[str]) -> str:
            name = match[1]
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"

        self.source = sql
        self._sql = _PARAMETER.sub(place, sql)
        self._names = tuple(names)

    @staticmethod
    @cache
    def together(*statements: Statement) -> Statement:
        """One statement that asks several: each has a column, a JSON array of its rows in their order."""
        asked = (
            f"(SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM ({one.source}) r) AS s{at}"  # noqa: S608  # our own SQL
            for at, one in enumerate(statements)
        )
        return Statement(f"SELECT {', '.join(asked)}")  # of statements, which stand in the code

    def taken(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Of the values, those that it takes."""
        return {name: values[name] for name in self._names}

    async def on(self, connection: Connection, values: Mapping[str, Any]) -> list[Found]:
        """Run it. JSON columns come as objects; pass JSON in as text, with a cast."""
        arguments = [values[name] for name in self._names]
        return await connection.fetch(self._sql, *arguments, record_class=Found)


class _Told(dict[str, Any]):
    """A row that came as JSON: its times are text."""

    __getattr__ = dict[str, Any].__getitem__


class Asking:
    """A connection for prepared statements."""

    __slots__ = ("_connection", "_foreseen")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._foreseen: dict[Statement, tuple[dict[str, Any], list[Any]]] = {}

    async def all(self, statement: Statement, **values: Any) -> list[Found]:
        """Every row."""
        if statement in self._foreseen:
            asked, rows = self._foreseen.pop(statement)
            if asked == statement.taken(values):
                return rows
        return await statement.on(self._connection, values)

    async def first(self, statement: Statement, **values: Any) -> Found | None:
        """The first row, or None."""
        rows = await self.all(statement, **values)
        return rows[0] if rows else None

    @asynccontextmanager
    async def at_once(self, *statements: Statement, **values: Any) -> AsyncGenerator[None]:
        """Ask reading statements in one way to the database and back. Within the block each is answered from it, once,
        when it is asked with the same values: their rooms ask as they always do.

        Their rows are those of JSON: numbers and texts as they are, times as text.
        """
        (row,) = await Statement.together(*statements).on(self._connection, values)
        for at, statement in enumerate(statements):
            told = [_Told(one) for one in row[f"s{at}"]]
            self._foreseen[statement] = statement.taken(values), told
        try:
            yield
        finally:
            self._foreseen.clear()


class House(Asking):
    """A connection of the house for prepared statements; each commits by itself."""

    __slots__ = ()


class Transaction(Asking):
    """An open transaction of an actor for prepared statements: the database shows only what the actor may see."""

    __slots__ = ("actor",)

    def __init__(self, actor: Actor, connection: Connection) -> None:
        super().__init__(connection)
        self.actor = actor

    @property
    def mine(self) -> dict[str, str]:
        """Workspace and user, for statements that name them beside the policy so that the plan uses the index."""
        return {"workspace_id": self.actor.workspace_id, "user_id": self.actor.user_id}


class Work(Transaction):
    """A transaction with an ORM session, for everything that is not asked all the time."""

    __slots__ = ("session",)

    def __init__(self, actor: Actor, connection: Connection, session: AsyncSession) -> None:
        super().__init__(actor, connection)
        self.session = session


class Database:
    """The two ways into the database: as an actor behind row security, and as the house for its sweeps.

    Each has two faces on the same roles: an ORM session, and prepared statements for what is asked all the time.
    """

    def __init__(self, app_url: URL, system_url: URL, *, pool_size: int, pool_seconds: float) -> None:
        self.app_url = app_url
        self.system_url = system_url
        quick = pool_size // 2
        self._app = _engine(app_url, pool_size - quick, pool_seconds)
        # Sign-ins, the lease and the schedules share these.
        self._system = _engine(system_url, 4, pool_seconds)
        self._quick_app = _Pool(app_url, quick)
        self._quick_system = _Pool(system_url, 2)

    @asynccontextmanager
    async def work(self, actor: Actor) -> AsyncGenerator[Work]:
        """Open a transaction for the actor; it commits when the block ends well, and nobody else commits.

        Raises:
            Unavailable: the database is down, or the pool is exhausted.
            Conflict: what was written, or what it names, is gone.
        """
        async with _session(self._app) as session:
            await session.execute(_ACT_AS, {"workspace_id": actor.workspace_id, "user_id": actor.user_id})
            raw = await (await session.connection()).get_raw_connection()
            assert raw.driver_connection is not None
            with _loss_told(raw.driver_connection):
                yield Work(actor, raw.driver_connection, session)

    @asynccontextmanager
    async def transaction(self, actor: Actor, *, snapshot: bool = False) -> AsyncGenerator[Transaction]:
        """Open a transaction for the actor, for prepared statements only.

        It waits for its turn as long as it takes: a burst of turns is a queue, not a failure. With `snapshot` it only
        reads, and all its statements see the database as the first one did.

        Raises:
            Unavailable: the database is down.
            Conflict: what was written names something that is gone.
        """
        async with self._quick_app.connection() as connection:
            await connection.execute(_begin_as(actor, _SNAPSHOT if snapshot else "BEGIN"))
            try:
                yield Transaction(actor, connection)
            except BaseException:
                with contextlib.suppress(Exception):  # the first failure is the one to tell
                    await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")

    @asynccontextmanager
    async def quick_house(self) -> AsyncGenerator[House]:
        """A connection of the house for prepared statements.

        Raises:
            Unavailable: the database is down.
        """
        async with self._quick_system.connection() as connection:
            yield House(connection)

    @asynccontextmanager
    async def house(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction of the house: credentials, leases, sweeps. Never with input of a caller as SQL.

        Raises:
            Unavailable: the database is down, or the pool is exhausted.
        """
        async with _session(self._system) as session:
            yield session

    async def listen_connection(self) -> Connection:
        """Open a connection of its own for LISTEN."""
        return await asyncpg.connect(asyncpg_dsn(self.system_url), timeout=5)

    @property
    def checked_out(self) -> int:
        """Connections in use by requests just now."""
        pool = self._app.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout() + self._quick_app.checked_out

    async def close(self) -> None:
        """Close every pooled connection."""
        await self._quick_app.close()
        await self._quick_system.close()
        await self._app.dispose()
        await self._system.dispose()


class _Pool:
    """asyncpg's own pool, opened on first use, with the database's absence told as a refusal."""

    def __init__(self, url: URL, size: int) -> None:
        self._url = url
        self._size = size
        self._pool: asyncpg.Pool[Record] | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        pool = self._pool or await self._open()
        try:
            connection = await pool.acquire()
        except _LOST as error:
            raise _down() from error
        try:
            with _loss_told(connection):  # pyright: ignore[reportArgumentType]  # a proxy with every method of a connection
                yield connection  # pyright: ignore[reportReturnType]  # the same
        finally:
            await pool.release(connection)

    @property
    def checked_out(self) -> int:
        return 0 if self._pool is None else self._pool.get_size() - self._pool.get_idle_size()

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    async def _open(self) -> asyncpg.Pool[Record]:
        async with self._opening:
            if self._pool is None:
                self._pool = asyncpg.create_pool(
                    asyncpg_dsn(self._url),
                    min_size=0,
                    max_size=self._size,
                    timeout=5,
                    command_timeout=60,
                    init=_speak_json,
                    reset=_forget,
                    server_settings={"application_name": "steward", "jit": "off"},
                )
                await self._pool
            return self._pool


def _is_gone(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        # The pool took it back already, because its server went away.
        return True


@contextmanager
def _loss_told(connection: Connection) -> Generator[None]:
    """Tell the loss of a connection, in whichever of its many forms, as the one refusal."""
    try:
        yield
    except _LOST as error:
        raise _down() from error
    except asyncpg.DeadlockDetectedError as error:
        raise _met() from error
    except asyncpg.ForeignKeyViolationError as error:
        raise _torn() from error
    except asyncpg.InternalClientError as error:
        # The server went away between two halves of a statement; what is left of the connection is of no use.
        if not _is_gone(connection):
            connection.terminate()
        raise _down() from error
    except asyncpg.InterfaceError as error:
        if _is_gone(connection):
            raise _down() from error
        raise


async def _speak_json(connection: Connection) -> None:
    """Read JSON columns as SQLAlchemy's connections do: as objects."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=str, decoder=msgspec.json.decode, format="text"
    )


async def _forget(connection: Connection) -> None:
    """Leave nothing to the next borrower; settings here are local to their transaction."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


def _begin_as(actor: Actor, begin: str) -> str:
    # One message for both. Ids are our own, checked here again because they stand in the text.
    if not (_ID.fullmatch(actor.workspace_id) and _ID.fullmatch(actor.user_id)):
        raise ValueError("an id of an actor has a character that no id has")
    return (
        f"{begin}; SELECT set_config('steward.workspace_id', '{actor.workspace_id}', true), "
        f"set_config('steward.user_id', '{actor.user_id}', true)"
    )


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
        # An error in the log would otherwise show what people wrote.
        hide_parameters=True,
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
    except StaleDataError as error:
        raise _torn() from error
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
        sqlstate = getattr(error.orig, "sqlstate", None)
        if sqlstate == asyncpg.DeadlockDetectedError.sqlstate:
            raise _met() from error
        if sqlstate == asyncpg.ForeignKeyViolationError.sqlstate:
            raise _torn() from error
        raise


def _met() -> Unavailable:
    return Unavailable("Two changes of the same thing met; try again in a moment.", retry_after_seconds=1)


def _torn() -> Conflict:
    # Rooms look at what a request names first; what is not there at its end went away in between.
    return Conflict("Something that this change needs was deleted meanwhile, or is still in use.")


def _down() -> Unavailable:
    return Unavailable("The database does not answer just now; try again in a moment.", retry_after_seconds=2)
