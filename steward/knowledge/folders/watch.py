"""The watch: folders and their documents stay in step until somebody stops it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final

import structlog
from watchfiles import (
    Change,
    awatch,  # pyright: ignore[reportUnknownVariableType]  # it names a class of trio, which is not here
)

from steward.kernel import runtime
from steward.kernel.work import Actor
from steward.knowledge import documents
from steward.knowledge.folders.intake import Intake, Outcome
from steward.knowledge.folders.walk import Bounds, LeftOut, Walked, walk

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_SETTLE_MILLISECONDS: Final = 400
_LOOK_AGAIN_SECONDS: Final = 60.0
"""For disks that tell nobody of changes, and for what could not be done the last time."""
_PAGE: Final = 100


class Watch:
    """Keeps documents in step with folders: files that are new or changed come in, and those of gone files go."""

    def __init__(
        self, intake: Intake, folders: Sequence[Path], bounds: Bounds, sources: Sequence[str]
    ) -> None:
        """Remember what there is.

        Args:
            intake: brings files in, and removes documents.
            folders: to be watched.
            bounds: of the walks.
            sources: the files that have documents, see `sources_within`.
        """
        self._intake = intake
        self._folders = folders
        self._roots = [folder.resolve() for folder in folders]
        self._bounds = bounds
        self._sources = set(sources)
        self._states: dict[str, tuple[int, int]] = {}
        self._places: dict[Path, tuple[int, int] | None] = {}
        self._left_out: set[LeftOut] = set()

    async def run(self) -> None:
        """Keep in step until cancelled."""
        changed = asyncio.Event()
        listening = asyncio.create_task(self._listen(changed))
        # It listens from its first step on, and that is before the first walk: no change falls between the two.
        await asyncio.sleep(0)
        try:
            while True:
                changed.clear()
                await self.catch_up()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                        await changed.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def catch_up(self) -> list[Outcome]:
        """Do once what there is to do. Returns: what became of the files that were not in step."""
        walked = await asyncio.to_thread(walk, self._folders, self._bounds)
        self._intake.leave_out([one for one in walked.left_out if one not in self._left_out])
        self._left_out = set(walked.left_out)
        changed = [file for file in walked.files if self._states.get(str(file.path)) != file.state]
        brought = await self._intake.bring(changed)
        for file, outcome in zip(changed, brought, strict=True):
            if not outcome.is_passing:
                self._states[str(file.path)] = file.state
            if outcome.status != "left_out":
                self._sources.add(str(file.path))
        # After the new ones: a file that was moved can be found all the time.
        return brought + await self._remove(walked)

    async def _remove(self, walked: Walked) -> list[Outcome]:
        gone = await asyncio.to_thread(self._gone, walked)
        removed = await self._intake.remove(gone)
        for source, outcome in zip(gone, removed, strict=True):
            if not outcome.is_passing:
                self._sources.discard(source)
                self._states.pop(source, None)
        return removed

    def _gone(self, walked: Walked) -> list[str]:
        """The sources whose file is gone while its folder is there. Blocks."""
        standing: list[str] = []
        for root in self._roots:
            place = _place(root)
            if any(file.path.is_relative_to(root) for file in walked.files):
                self._places[root] = place
            # One without files may be where a disk is not mounted: then it was never seen, or is another one.
            if place is not None and self._places.get(root) == place:
                standing.append(f"{root}{os.sep}")
        within = (source for source in self._sources if source.startswith(tuple(standing)))
        return sorted(source for source in within if not os.path.lexists(source))

    async def _listen(self, changed: asyncio.Event) -> None:
        try:
            async with aclosing(
                awatch(*self._roots, watch_filter=self._is_seen, debounce=_SETTLE_MILLISECONDS)
            ) as changes:
                async for _ in changes:
                    changed.set()
        except (OSError, RuntimeError) as error:
            # Such as more folders than the system watches.
            log.error("watch_failed", error=str(error), backup=f"every {_LOOK_AGAIN_SECONDS:g} seconds")

    def _is_seen(self, change: Change, path: str) -> bool:
        """Whether a walk would come by there: much that changes is hidden."""
        inner = [Path(path).relative_to(root) for root in self._roots if Path(path).is_relative_to(root)]
        return any(not any(part.startswith(".") for part in place.parts) for place in inner)


async def sources_within(actor: Actor, collection_id: str, folders: Sequence[Path]) -> list[str]:
    """The paths within folders that documents of a collection came from."""
    roots = tuple(f"{folder.resolve()}{os.sep}" for folder in folders)
    found: list[str] = []
    cursor: str | None = None
    while True:
        async with runtime.current().database.work(actor) as work:
            page = await documents.page(work, limit=_PAGE, cursor=cursor, collection_id=collection_id)
        found += [one.source for one in page.items if one.source is not None and one.source.startswith(roots)]
        cursor = page.next_cursor
        if cursor is None:
            return found


def _place(folder: Path) -> tuple[int, int] | None:
    """The disk and the number of a folder; None when it is not there."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
