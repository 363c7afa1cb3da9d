"""The intake: files of the disk become documents, a few at a time, and are waited for until they are found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal, Protocol

import structlog

from steward.files import service as files
from steward.kernel import runtime
from steward.kernel.errors import Conflict, NotFound, Refusal
from steward.kernel.work import Actor
from steward.knowledge import collections, documents
from steward.knowledge.documents import Facts
from steward.knowledge.folders.waiting import Waiting
from steward.knowledge.folders.walk import FolderFile, LeftOut, reason_against
from steward.knowledge.schemas import CollectionCreate, DocumentRead, Stage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_UNDER_WAY: Final = 32
"""Files at once: enough that somebody always has work, and few enough that not all of a large folder pile up."""
_UPLOADS: Final = 2
"""Files that are brought in at once; the others under way are read and embedded, or wait for it."""
_PIECE_BYTES: Final = 1_048_576
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file.

    Attributes:
        status: what is `unchanged` is ready as well; what is `left_out` was not tried.
        reason: why it failed or was left out.
        fix: what to do about it.
        is_passing: the same may work later.
    """

    shown: str
    status: Literal["ready", "unchanged", "failed", "left_out", "removed"]
    reason: str = ""
    fix: str = ""
    is_passing: bool = False


class Listener(Protocol):
    """Is told how it goes."""

    def begin(self, count: int) -> None:
        """So many files are to be done."""
        ...

    def under_way(self, shown: str, stage: Stage) -> None:
        """A file has come to a stage."""
        ...

    def done(self, outcome: Outcome) -> None:
        """A file is done with."""
        ...


async def open_collection(actor: Actor, wanted: str | None) -> str:
    """The id of a collection.

    Args:
        actor: of the workspace.
        wanted: its id or its name; one of this name is made if there is none. None for the workspace's own.

    Raises:
        Forbidden: the actor may only read.
        Conflict: several have this name.
    """
    if wanted is None:
        return await collections.ensure_default(actor)
    found: list[str] = []
    cursor: str | None = None
    while True:
        async with runtime.current().database.work(actor) as work:
            page = await collections.page(work, limit=_PAGE, cursor=cursor)
        found += [one.id for one in page.items if wanted in (one.id, one.name)]
        cursor = page.next_cursor
        if cursor is None:
            break
    if len(found) > 1:
        raise Conflict(f"{len(found)} collections are called {wanted}: give the id of one.")
    return found[0] if found else (await collections.create(actor, CollectionCreate(name=wanted))).id


class Intake:
    """Brings files into one collection."""

    def __init__(self, actor: Actor, collection_id: str, tags: list[str], listener: Listener) -> None:
        self._actor = actor
        self.collection_id = collection_id
        self._tags = tags
        self._listener = listener
        self._waiting = Waiting(actor)
        self._uploading = asyncio.Semaphore(_UPLOADS)

    def leave_out(self, left_out: Sequence[LeftOut]) -> None:
        """Tell what a walk has passed over."""
        self._listener.begin(len(left_out))
        for one in left_out:
            self._listener.done(Outcome(one.shown, "left_out", one.reason))

    async def bring(self, wanted: Sequence[FolderFile]) -> list[Outcome]:
        """Make files documents, or the new contents of theirs, and wait for them. Returns: in their order."""
        self._listener.begin(len(wanted))
        return await self._each([(file.shown, partial(self._bring, file)) for file in wanted])

    async def wait_for(self, document_ids: Sequence[str]) -> list[Outcome]:
        """Wait for documents that are there. Returns: in their order."""
        async with runtime.current().database.work(self._actor) as work:
            wanted = [await documents.get(work, document_id) for document_id in document_ids]
        self._listener.begin(len(wanted))
        return await self._each([(one.name, partial(self._follow, one.name, one)) for one in wanted])

    async def remove(self, sources: Sequence[str]) -> list[Outcome]:
        """Delete the documents of files that are gone. Returns: in their order."""
        return await self._each([(source, partial(self._remove, source)) for source in sources])

    async def _each(self, acts: Sequence[tuple[str, Callable[[], Awaitable[Outcome]]]]) -> list[Outcome]:
        """Do all of this, not much at once; what fails stops nothing else."""
        places = asyncio.Semaphore(_UNDER_WAY)

        async def within(shown: str, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
            try:
                return await self._told(shown, act)
            finally:
                places.release()

        begun: list[asyncio.Task[Outcome]] = []
        async with self._waiting.looking(), asyncio.TaskGroup() as group:
            for shown, act in acts:
                await places.acquire()
                begun.append(group.create_task(within(shown, act)))
        return [task.result() for task in begun]

    async def _told(self, shown: str, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
        outcome = await _outcome(shown, act)
        self._listener.done(outcome)
        return outcome

    async def _bring(self, file: FolderFile) -> Outcome:
        reason = None if file.is_named else await asyncio.to_thread(reason_against, file)
        if reason is not None:
            return Outcome(file.shown, "left_out", reason)
        async with self._uploading:
            document = await self._upload(file.path)
        return await self._follow(file.shown, document)

    async def _upload(self, path: Path) -> DocumentRead:
        facts = Facts(self.collection_id, source=str(path), tags=self._tags)
        async with aclosing(_pieces(path)) as pieces, files.receive(self._actor, pieces) as received:
            return await documents.upload(self._actor, received, path.name, None, facts)

    async def _follow(self, shown: str, document: DocumentRead) -> Outcome:
        if document.status == "ready":
            return Outcome(shown, "unchanged")
        try:
            settled = await self._waiting.until_settled(document, partial(self._listener.under_way, shown))
        except NotFound:
            return Outcome(shown, "failed", "Its document was deleted meanwhile.", "Add the file again.")
        if settled.error is None:
            return Outcome(shown, "ready")
        return Outcome(shown, "failed", settled.error.reason, settled.error.fix)

    async def _remove(self, source: str) -> Outcome:
        async with runtime.current().database.work(self._actor) as work:
            document = await documents.find_source(work, self.collection_id, source)
        if document is None:
            return Outcome(source, "left_out", "It has no document any more.")
        await documents.remove(self._actor, document.id)
        return Outcome(source, "removed")


async def _outcome(shown: str, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
    try:
        return await act()
    except Refusal as error:
        is_passing = error.status in (429, 503)
        return Outcome(shown, "failed", error.detail, error.remedy, is_passing=is_passing)
    except FileNotFoundError:
        return Outcome(shown, "left_out", "It is gone again.")
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror or type(error).__name__}."
        return Outcome(shown, "failed", reason, "Check that it is there, and that this user may read it.")
    except Exception:
        # One file of thousands must not stop the others.
        log.exception("ingest_broke", file=shown)
        fix = "Try again, and tell an administrator if it happens again."
        return Outcome(shown, "failed", "Something went wrong on our side.", fix)


async def _pieces(path: Path) -> AsyncGenerator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)
