"""Waiting for documents to become ready: one look at the database is for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from dbos import DBOS

from steward.kernel import runtime
from steward.kernel.errors import NotFound, Unavailable
from steward.kernel.work import Actor
from steward.knowledge import documents
from steward.knowledge.schemas import DocumentRead, Stage

_LOOK_SECONDS: Final = 0.2
_LAST_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Awaited:
    settled: asyncio.Future[DocumentRead]
    tell: Callable[[Stage], None]
    stage: Stage


class Waiting:
    """Those who wait for documents of one actor."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._awaited: dict[str, _Awaited] = {}

    @asynccontextmanager
    async def looking(self) -> AsyncGenerator[None]:
        """Look every now and then, until the block ends."""
        looking = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def until_settled(self, document: DocumentRead, tell: Callable[[Stage], None]) -> DocumentRead:
        """The document once it is ready or failed, within a block of `looking`.

        Args:
            document: as it was last seen.
            tell: called with each further stage.

        Raises:
            NotFound: somebody deleted it meanwhile.
        """
        if document.status != "in_progress":
            return document
        tell(document.stage)
        awaited = _Awaited(asyncio.get_running_loop().create_future(), tell, document.stage)
        self._awaited[document.id] = awaited
        try:
            return await awaited.settled
        finally:
            del self._awaited[document.id]

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._look()
            except Unavailable:
                # The database may come back, and durable work goes on with it.
                continue

    async def _look(self) -> None:
        if not self._awaited:
            return
        async with runtime.current().database.work(self._actor) as work:
            for document_id, awaited in list(self._awaited.items()):
                try:
                    _tell(awaited, await documents.get(work, document_id))
                except NotFound as gone:
                    if not awaited.settled.done():
                        awaited.settled.set_exception(gone)


async def until_written_down() -> None:
    """Wait, not for long, until the durable work of this process is known to be done: its documents are ready a moment
    before, and whoever stops in between has others look at them again.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_SECONDS):
            while await DBOS.list_workflows_async(  # noqa: ASYNC110  # DBOS tells nobody when it has written
                executor_id=runtime.current().process_id,
                name="ingest",
                status="PENDING",
                limit=1,
                load_input=False,
                load_output=False,
            ):
                await asyncio.sleep(_LOOK_SECONDS / 4)


def _tell(awaited: _Awaited, document: DocumentRead) -> None:
    if awaited.settled.done():
        return
    if document.status != "in_progress":
        awaited.settled.set_result(document)
    elif document.stage != awaited.stage:
        awaited.stage = document.stage
        awaited.tell(document.stage)
