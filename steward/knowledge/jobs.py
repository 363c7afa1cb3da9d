"""Durable work of knowledge: each revision of a document is one workflow, and none is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import structlog
from dbos import DBOS
from sqlalchemy import Row as Selected
from sqlalchemy import func, select, text, update

from steward.identity import service as identity
from steward.kernel import durable, runtime
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from steward.knowledge import ingestion, queries
from steward.knowledge.tables import Document

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_GOING: Final = frozenset({"PENDING", "ENQUEUED", "DELAYED"})
_AT_ONCE: Final = 4
_BEGUN_AT_ONCE: Final = 20
_STALE: Final = text("interval '15 seconds'")
_MOST: Final = 100
_INDEXED: Final = 200
_INDEX_SECONDS: Final = 3.0


class Desk:
    """How many documents this process makes ready at once: one is read while others are embedded and stored."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """A place for the running task, which waits until one is free."""
        task = asyncio.current_task()
        assert task is not None
        if self._is_closed:
            raise asyncio.CancelledError
        self._under_way.add(task)
        try:
            async with self.places:
                yield
        finally:
            self._under_way.discard(task)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the request, until it is done or the process ends."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def let_go(self) -> None:
        """Let go of every document without ending it: the next start, or another process, goes on with them."""
        self._is_closed = True
        under_way = list(self._under_way)
        for task in under_way:
            # DBOS records no outcome of a cancelled step: the workflow stays pending.
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def begin(actor: Actor, document_id: str, revision: int) -> None:
    """Start to make a revision ready, beside the request; starting it twice is starting it once."""
    await durable.start(
        _workflow_id(document_id, revision),
        _ingest,
        actor.workspace_id,
        actor.user_id,
        document_id,
        revision,
    )


async def begin_all(actor: Actor, revisions: Sequence[tuple[str, int]]) -> None:
    """Start to make revisions ready; when there are many, most of them beside the request, which takes 5 ms each."""
    for document_id, revision in revisions[:_BEGUN_AT_ONCE]:
        await begin(actor, document_id, revision)
    if len(revisions) > _BEGUN_AT_ONCE:
        runtime.current().part(Desk).beside(_begin_rest(actor, revisions[_BEGUN_AT_ONCE:]))


async def adopt_documents(house: Runtime) -> None:
    """See to documents that nobody makes ready: the process died before their workflow began, or it cannot go on."""
    documents = await _stale(house)
    if not documents:
        return
    states = await durable.workflow_states([_workflow_id(row.id, row.revision) for row in documents])
    for row in documents:
        actor = await _actor(house, row.workspace_id, row.user_id)
        status, version = states.get(_workflow_id(row.id, row.revision), (None, None))
        if status is None:
            await begin(actor, row.id, row.revision)
        elif status not in _GOING or version != durable.WORKFLOW_VERSION:
            log.warning(
                "document_adopted", document_id=row.id, workflow_status=status, workflow_version=version
            )
            await _begin_anew(actor, row.id, row.revision)


async def keep_indexed(house: Runtime) -> None:
    """Put the passages of workspaces that have many into the index of nearest neighbours, until cancelled.

    That costs more than everything else that is done for a passage, so nobody waits for it, and small workspaces do
    without.
    """
    while True:
        try:
            is_done = False
            while not is_done:
                is_done = not await index_some(house)
        except Exception as error:
            log.warning("passages_not_indexed", error=type(error).__name__)
        await asyncio.sleep(_INDEX_SECONDS)


async def index_some(house: Runtime) -> bool:
    """Put some passages of each large workspace into the index; whether there may be more. Two processes may do it at
    once.
    """
    async with house.database.quick_house() as connection:
        large = await queries.large_workspaces(connection, house.settings.knowledge.exact_chunks)
        indexed = [await queries.index_some(connection, workspace_id, _INDEXED) for workspace_id in large]
    return any(count == _INDEXED for count in indexed)


async def _begin_rest(actor: Actor, revisions: Sequence[tuple[str, int]]) -> None:
    try:
        for document_id, revision in revisions:
            await begin(actor, document_id, revision)
    except Exception:
        # They are adopted.
        log.exception("documents_not_begun", workspace_id=actor.workspace_id)


async def _stale(house: Runtime) -> Sequence[Selected[str, str, int, str | None]]:
    """Documents under way that nothing was heard of for a while, the oldest first."""
    async with house.database.house() as session:
        rows = await session.execute(
            select(Document.workspace_id, Document.id, Document.revision, Document.user_id)
            .where(Document.status == "in_progress", Document.updated_at < func.now() - _STALE)
            .order_by(Document.updated_at)
            .limit(_MOST)
        )
        return rows.all()


async def _actor(house: Runtime, workspace_id: str, user_id: str | None) -> Actor:
    """Whoever brought a document; the workspace's service account when that person is gone."""
    if user_id is None:
        return replace(await identity.service_actor(house, workspace_id), role="member")
    return Actor(workspace_id, user_id, "member")


async def _begin_anew(actor: Actor, document_id: str, revision: int) -> None:
    async with runtime.current().database.work(actor) as work:
        raised = await work.session.execute(
            update(Document)
            .where(
                Document.workspace_id == actor.workspace_id,
                Document.id == document_id,
                Document.revision == revision,
                Document.status == "in_progress",
            )
            .values(revision=revision + 1, chunks_done=0)
            .returning(Document.id)
        )
        is_ours = raised.first() is not None
    if is_ours:
        await begin(actor, document_id, revision + 1)


@DBOS.step(
    name="ingest_document", retries_allowed=True, max_attempts=6, interval_seconds=1.0, backoff_rate=2.0
)
async def _ingest_document(workspace_id: str, user_id: str, document_id: str, revision: int) -> None:
    async with runtime.current().part(Desk).place():
        await ingestion.ingest(Actor(workspace_id, user_id, "member"), document_id, revision)


@DBOS.workflow(name="ingest")
async def _ingest(workspace_id: str, user_id: str, document_id: str, revision: int) -> None:
    """A revision on its way. Its arguments are ids only: DBOS's tables are not behind row security."""
    await _ingest_document(workspace_id, user_id, document_id, revision)


def _workflow_id(document_id: str, revision: int) -> str:
    return f"{document_id}:{revision}"
