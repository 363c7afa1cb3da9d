"""Lists and conversations over a full database: 100,000 conversations, 1,000,000 messages, 200 workspaces.

python -m bench.database [--threads N] [--messages N] [--rounds N] [--json]

One user owns a fifth of all conversations, and one of them holds 2,000 messages, so the worst place is asked. Each
statement behind the two reads is explained as the app role under row security; one that reads a whole table fails
the run.
"""

import argparse
import asyncio
import json
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, event

from bench import targets
from bench.load import percentile
from bench.processes import Unready, busy_percent
from steward.app import open_runtime
from steward.identity import service as identity
from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, Work, asyncpg_dsn
from steward.threads import service as threads

GOAL_P95_MS = 50
WORKSPACES = 200
LONG = 2_000
_WHOLE_TABLE = re.compile(r"Seq Scan on (threads|messages)\b")

_FILL = """
CREATE TEMP TABLE paragraphs AS
    SELECT p AS place, string_agg('word' || (hashint4(p * 100 + w) & 4095), ' ') AS content
    FROM generate_series(0, 1023) p, generate_series(1, 30) w GROUP BY p;
CREATE TEMP TABLE owners AS
    SELECT 0 AS place, $w$WORKSPACE$w$::text AS workspace_id, $w$USER$w$::text AS user_id
    UNION ALL SELECT n, CASE WHEN n = 1 THEN $w$WORKSPACE$w$ ELSE 'bench-workspace-' || n END, 'bench-user-' || n
    FROM generate_series(1, WORKSPACES) n;
INSERT INTO workspaces (id, name) SELECT DISTINCT workspace_id, workspace_id FROM owners WHERE place > 1;
INSERT INTO users (id, kind, name) SELECT user_id, 'service', user_id FROM owners WHERE place > 0;
INSERT INTO memberships (workspace_id, user_id, role)
    SELECT workspace_id, user_id, 'member' FROM owners WHERE place > 0;
CREATE TEMP TABLE conversations AS
    SELECT n, o.workspace_id, o.user_id, 'thread_' || lpad(n::text, 26, '0') AS id,
        CASE WHEN n = 1 THEN LONG ELSE MESSAGES / THREADS END AS length,
        now() - interval '300 days' * ((hashint4(n) & 65535) / 65536.0) AS at
    FROM generate_series(1, THREADS) n
    JOIN owners o ON o.place = CASE WHEN n <= THREADS / 5 THEN 0 ELSE 1 + n % WORKSPACES END;
INSERT INTO threads (workspace_id, id, user_id, title, is_pinned, archived, head_id, message_count, token_count,
        last_message_at, last_message_preview, created_at)
    SELECT workspace_id, id, user_id, 'Conversation ' || n, n % 500 = 0, n % 10 = 9, 'msg_' || substr(id, 8) || '_' ||
        lpad(length::text, 6, '0'), length, length * 40, at, 'the end of it', at - interval '1 hour' FROM conversations;
INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, role, content, parts, created_at)
    SELECT c.workspace_id, 'msg_' || substr(c.id, 8) || '_' || lpad(m::text, 6, '0'), c.id, c.user_id,
        CASE WHEN m > 1 THEN 'msg_' || substr(c.id, 8) || '_' || lpad((m - 1)::text, 6, '0') END,
        CASE WHEN m % 2 = 1 THEN 'user' ELSE 'assistant' END, said.content,
        jsonb_build_array(jsonb_build_object('type', 'text', 'text', said.content)),
        c.at - interval '1 second' * (c.length - m)
    FROM conversations c CROSS JOIN generate_series(1, c.length) m
    JOIN paragraphs p ON p.place = hashint4(c.n * 31 + m) & 1023
    , LATERAL (SELECT p.content || ' common' || CASE WHEN c.n % 1000 = 7 AND m = 1 THEN ' zanzibar' ELSE '' END
        AS content) said;
"""


@dataclass(slots=True)
class Measured:
    """Times of one question."""

    name: str
    times_ms: list[float] = field(default_factory=list[float])
    failure: str | None = None

    def share(self, share: float) -> float:
        return percentile(self.times_ms, share) if self.times_ms and self.failure is None else math.inf

    @property
    def is_met(self) -> bool:
        return self.share(0.95) < GOAL_P95_MS


@dataclass(slots=True)
class Statement:
    """One statement of a read, and how PostgreSQL carries it out."""

    read: str
    sql: str
    plan: str

    @property
    def uses_index(self) -> bool:
        return _WHOLE_TABLE.search(self.plan) is None


def thread_id(number: int) -> str:
    return f"thread_{number:026}"


async def fill(
    database: asyncpg.Connection, actor: Actor, options: argparse.Namespace, console: Console
) -> None:
    """Write the rows as the owner, past foreign keys; the search index is built when all is there."""
    statements = (
        _FILL.replace("WORKSPACES", str(WORKSPACES)).replace("MESSAGES", str(options.messages))
        .replace("THREADS", str(options.threads)).replace("LONG", str(LONG))
        .replace("WORKSPACE", actor.workspace_id).replace("USER", actor.user_id)
    )  # fmt: skip
    indexes = await database.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'messages' AND indexdef LIKE '% USING gin %'"
    )
    await database.execute(
        "SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '256MB'; "
        "SET maintenance_work_mem = '512MB'"
    )
    for index in indexes:
        await database.execute(f'DROP INDEX "{index["indexname"]}"')
    for statement in statements.split(";\n"):
        if statement.strip():
            began = time.monotonic()
            await database.execute(statement, timeout=900)
            title = " ".join(statement.split()[:4])
            console.print(f"{title}: {time.monotonic() - began:.1f} s", highlight=False)
    for index in indexes:
        began = time.monotonic()
        await database.execute(index["indexdef"], timeout=900)
        console.print(f"{index['indexname']}: {time.monotonic() - began:.1f} s", highlight=False)
    await database.execute("VACUUM ANALYZE threads", timeout=300)
    await database.execute("VACUUM ANALYZE messages", timeout=300)


async def repeat(name: str, rounds: int, ask: Callable[[int], Awaitable[None]]) -> Measured:
    """Ask again and again, after three that do not count."""
    measured = Measured(name)
    for number in range(-3, rounds):
        began = time.perf_counter()
        try:
            await ask(number)
        except Unready as error:
            measured.failure = str(error)
            break
        if number >= 0:
            measured.times_ms.append((time.perf_counter() - began) * 1000)
    return measured


class OverHttp:
    """The reads as a client sees them, one at a time over one connection."""

    def __init__(self, steward: targets.Steward, session: aiohttp.ClientSession, mine: int) -> None:
        self._steward = steward
        self._session = session
        self._mine = mine
        self._cursor = ""

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._session.get(self._steward.root + path, headers=self._steward.headers) as answer:
            if answer.status != 200:
                raise Unready(f"GET {path} answered {answer.status}: {await answer.text()}")
            return await answer.json()

    async def measure(self, rounds: int) -> list[Measured]:
        paths: list[tuple[str, Callable[[int], str]]] = [
            ("list, first page", lambda _: "/api/v1/chat?limit=30"),
            ("list, page 20 by cursor", lambda _: f"/api/v1/chat?limit=30&cursor={self._cursor}"),
            ("list, offset 5,000", lambda _: "/api/v1/chat?limit=30&offset=5000"),
            (
                "conversation of 10",
                lambda n: f"/api/v1/chat/{thread_id(2 + (n + 3) * 37 % (self._mine - 2))}",
            ),
            ("conversation of 2,000, newest 50", lambda _: f"/api/v1/chat/{thread_id(1)}?limit=50"),
            ("search, a rare word", lambda _: "/api/v1/chat/search?q=zanzibar"),
            ("search, a common word", lambda _: "/api/v1/chat/search?q=common"),
        ]
        found: list[Measured] = []
        with suppress(Unready):  # then the page itself fails too, and the table says so
            await self._turn_pages(20)
        for name, path in paths:

            async def ask(number: int, path: Callable[[int], str] = path) -> None:
                await self._get(path(number))

            found.append(await repeat(f"HTTP: {name}", rounds, ask))
        return found

    async def _turn_pages(self, pages: int) -> None:
        for _ in range(pages):
            answer = await self._get(f"/api/v1/chat?limit=30{self._cursor and f'&cursor={self._cursor}'}")
            assert len(answer["items"]) == 30, "the database holds fewer conversations than were written"
            self._cursor = str(answer["next_cursor"])


async def first_page(work: Work) -> None:
    page = await threads.page(work, limit=30, offset=0, cursor=None, archived=False)
    assert len(page.items) == 30


async def long_conversation(work: Work) -> None:
    thread = await threads.get(work, thread_id(1))
    items, _ = await threads.messages(work, thread, limit=50, offset=0, cursor=None)
    assert len(items) == 50


READS: dict[str, Callable[[Work], Awaitable[None]]] = {
    "list, first page": first_page,
    "conversation of 2,000, newest 50": long_conversation,
}


async def through_service(runtime: Runtime, actor: Actor, rounds: int) -> list[Measured]:
    """The same reads without HTTP: one transaction each, as a request makes it."""
    found: list[Measured] = []
    for name, read in READS.items():

        async def ask(_: int, read: Callable[[Work], Awaitable[None]] = read) -> None:
            async with runtime.database.work(actor) as work:
                await read(work)

        found.append(await repeat(f"service: {name}", rounds, ask))
    return found


async def explain(runtime: Runtime, actor: Actor) -> list[Statement]:
    """Carry each statement of a read out again under EXPLAIN, with its own values, in the actor's transaction."""
    found: list[Statement] = []
    for name, read in READS.items():
        sent: list[tuple[str, tuple[Any, ...]]] = []

        def note(_: Any, __: Any, sql: str, values: Any, *___: Any, sent: list[Any] = sent) -> None:
            sent.append((sql, tuple(values)))

        async with runtime.database.work(actor) as work:
            connection = await work.session.connection()
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            prepared: list[tuple[str, tuple[Any, ...]]] = []

            def log(query: Any, prepared: list[Any] = prepared) -> None:
                prepared.append((query.query, tuple(query.args or ())))

            event.listen(Engine, "before_cursor_execute", note)
            raw.add_query_logger(log)
            try:
                await read(work)
                await asyncio.sleep(0)  # asyncpg tells its loggers a moment later
            finally:
                raw.remove_query_logger(log)
                event.remove(Engine, "before_cursor_execute", note)
            known = {sql for sql, _ in sent}
            for sql, values in prepared:
                if sql not in known and sql.lstrip().startswith(("SELECT", "WITH")):
                    plan = await raw.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", *values)
                    found.append(Statement(name, sql, "\n".join(str(row[0]) for row in plan)))
            for sql, values in sent:
                rows = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", values)
                found.append(Statement(name, sql, "\n".join(str(row[0]) for row in rows)))
    return found


async def measure(steward: targets.Steward, options: argparse.Namespace, console: Console) -> int:
    """Fill, ask, explain; 1 when a goal was missed or a table was read whole."""
    settings = Settings(_env_file=None, data_dir=steward.data_dir)  # pyright: ignore[reportCallIssue]
    async with open_runtime(settings) as runtime:
        actor = await identity.actor_of_key(runtime, steward.key)
        owner = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(steward.data_dir).owner_url))
        try:
            await fill(owner, actor, options, console)
            counts = await owner.fetchrow(
                "SELECT (SELECT count(*) FROM threads) AS threads, (SELECT count(*) FROM messages) AS messages, "
                "(SELECT count(*) FROM workspaces) AS workspaces"
            )
        finally:
            await owner.close()
        assert counts is not None
        if (busy := busy_percent()) > 20:
            console.print(
                f"[yellow]The cores are {busy:.0f} % busy with other work: times will be too long.[/yellow]"
            )
        mine = options.threads // 5
        async with aiohttp.ClientSession() as session:
            found = await OverHttp(steward, session, mine).measure(options.rounds)
        found += await through_service(runtime, actor, options.rounds)
        statements = await explain(runtime, actor)
    report(found, statements, dict(counts), options, console)
    return int(not all(item.is_met for item in found) or not all(item.uses_index for item in statements))


def report(
    found: list[Measured],
    statements: list[Statement],
    counts: dict[str, int],
    options: argparse.Namespace,
    console: Console,
) -> None:
    if options.json:
        print(json.dumps(_as_json(found, statements, counts), indent=1))
        return
    output = Console(width=None if sys.stdout.isatty() else 160)
    for item in statements:
        output.rule(item.read)
        output.print(_short(f"{item.sql}\n\n{item.plan}"), highlight=False, markup=False)
    sums = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    table = Table("read", *("p50, ms", "p95, ms", "p99, ms", f"p95 < {GOAL_P95_MS} ms"), title=sums)
    for measured in found:
        shares = (f"{measured.share(share):.1f}" for share in (0.5, 0.95, 0.99))
        table.add_row(measured.name, *shares, "met" if measured.is_met else "NOT MET")
    output.print(table)
    for measured in found:
        if measured.failure is not None:
            console.print(f"[red]Failed:[/red] {measured.name}: {measured.failure}", highlight=False)
    for item in statements:
        if not item.uses_index:
            console.print(f"[red]A whole table is read[/red] by “{item.read}”:\n{item.sql}\n{item.plan}")


def _short(text: str) -> str:
    """Without the long lists of ids."""
    return re.sub(r"('\{[^,}]*|\$\d+::VARCHAR),[^)}]*", r"\1, …", text)


def _as_json(found: list[Measured], statements: list[Statement], counts: dict[str, int]) -> dict[str, Any]:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    times = {
        item.name: {"failure": item.failure} if item.failure is not None
        else {name: item.share(share) for name, share in shares.items()}
        for item in found
    }  # fmt: skip
    plans = [
        {"read": item.read, "sql": item.sql, "plan": item.plan, "uses_index": item.uses_index}
        for item in statements
    ]
    return {"rows": counts, "ms": times, "goal_p95_ms": GOAL_P95_MS, "statements": plans}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.database")
    parser.add_argument("--threads", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200, help="how often each question is asked")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args()
    console = Console(stderr=True)
    for name in [name for name in os.environ if name.startswith("STEWARD_")]:
        del os.environ[name]  # they speak of a Steward of the user's own
    with ExitStack() as stack:
        kept = tempfile.TemporaryDirectory(prefix="steward-bench-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(kept))
        folder.chmod(0o755)  # the embedded database may run as another user
        try:
            steward = stack.enter_context(targets.steward("http://127.0.0.1:9", folder))
            return asyncio.run(measure(steward, options, console))
        except Unready as error:
            console.print(f"[red]Not ready:[/red] {error}", highlight=False)
            return 2


if __name__ == "__main__":
    sys.exit(main())
