"""How vector stores of a dump come in: as collections, with those of their files that are here."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError

from steward.doors.terminal.import_display import Bar, Tally
from steward.doors.terminal.import_reading import in_thread
from steward.doors.terminal.imports.dump import Json
from steward.doors.terminal.imports.moments import moment
from steward.doors.terminal.imports.spool import Spool
from steward.files import importing as files
from steward.kernel import runtime
from steward.kernel.characters import storable
from steward.kernel.errors import Refusal
from steward.kernel.work import Actor
from steward.knowledge import importing as knowledge
from steward.knowledge import store_files
from steward.knowledge.folders.waiting import until_written_down
from steward.knowledge.schemas import Attributes, CollectionCreate
from steward.knowledge.store_files import Counts, Wish

_LOOK_SECONDS: Final = 0.2
_NO_FILE: Final = "The file is not here, so that nothing of it can be found."


class StoresImport:
    """The vector stores of one import."""

    def __init__(self, actor: Actor, spool: Spool, tally: Tally, bar: Bar) -> None:
        self._actor, self._spool, self._tally, self._bar = actor, spool, tally, bar
        self._house = runtime.current()

    async def run(self) -> None:
        """Bring the stores in, and wait until what is in them can be found."""
        waiting: list[str] = []
        async for store in in_thread(self._spool.each("vector_store")):
            store_id = str(store["id"])
            try:
                is_new = await knowledge.restore(
                    self._actor, store_id, _wanted(store), moment(store.get("created_at"))
                )
                self._tally.count("vector stores", "imported" if is_new else "known")
                if await self._fill(store_id):
                    waiting.append(store_id)
            except (Refusal, ValidationError) as error:
                self._tally.fail("vector stores", store_id, str(error))
        if waiting:
            await self._until_ready(waiting)

    async def _fill(self, store_id: str) -> bool:
        """Put files into a store; whether there are any."""
        held = await asyncio.to_thread(self._spool.of_parent, "vector_store_file", store_id)
        wishes = {str(one["id"]): Wish(str(one["id"]), _attributes(one)) for one in held}
        async with self._house.database.work(self._actor) as work:
            here = await files.known(work, wishes.keys())
            held_here = [one for one in here if await store_files.find(work, store_id, one)]
        new = sorted(here.keys() - set(held_here))
        for file_id in wishes.keys() - here.keys():
            self._tally.skip("files of vector stores", file_id, _NO_FILE)
        self._tally.count("files of vector stores", "imported", len(new))
        self._tally.count("files of vector stores", "known", len(held_here))
        if new:
            await store_files.add(self._actor, store_id, [wishes[file_id] for file_id in new])
        return bool(new)

    async def _until_ready(self, store_ids: list[str]) -> None:
        counts = await self._counts(store_ids)
        left = counts.in_progress
        self._bar.begin("documents", left)
        while counts.in_progress:
            await asyncio.sleep(_LOOK_SECONDS)
            counts = await self._counts(store_ids)
            self._bar.advance(left - counts.in_progress)
            left = counts.in_progress
        failed = counts.failed
        if failed:
            self._tally.note(f"{failed} files of vector stores could not be read; their documents say why.")
        await until_written_down()

    async def _counts(self, store_ids: list[str]) -> Counts:
        async with self._house.database.work(self._actor) as work:
            counts = (await store_files.count(work, store_ids)).values()
        return Counts(sum(one.in_progress for one in counts), failed=sum(one.failed for one in counts))


def _wanted(store: Json) -> CollectionCreate:
    given: Json = storable(store)
    after: Any = given.get("expires_after")
    days: Any = cast(Json, after).get("days") if isinstance(after, dict) else None
    return CollectionCreate(
        name=str(given.get("name") or given["id"])[:256],
        description=str(given.get("description") or "")[:500],
        in_chat=False,
        expires_days=days if isinstance(days, int) else None,
        metadata=given.get("metadata") or {},
    )


def _attributes(file: Json) -> dict[str, Any] | None:
    try:
        return TypeAdapter(Attributes).validate_python(storable(file.get("attributes") or {}))
    except ValidationError:
        # Without them the file is found all the same.
        return None
