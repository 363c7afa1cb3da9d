"""How dumps of OpenAI's Assistants API come in: read into a spool, then brought to the rooms kind by kind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from steward.agents import importing as agents
from steward.doors.terminal import import_reading
from steward.doors.terminal.import_display import Bar, Tally
from steward.doors.terminal.import_files import Contents, FilesImport, known_files
from steward.doors.terminal.import_stores import StoresImport
from steward.doors.terminal.import_threads import SavedThread, bring, saved_threads
from steward.doors.terminal.imports import dump
from steward.doors.terminal.imports.dump import Json
from steward.doors.terminal.imports.json_text import Found
from steward.doors.terminal.imports.message_parts import file_ids
from steward.doors.terminal.imports.moments import moment
from steward.doors.terminal.imports.past_assistants import Misfit, agent_of, store_ids
from steward.doors.terminal.imports.sources import Source, find
from steward.doors.terminal.imports.spool import Spool
from steward.kernel import runtime
from steward.kernel.errors import Refusal
from steward.kernel.work import Actor
from steward.knowledge import importing as knowledge

_PLURALS: Final = {
    "assistant": "assistants",
    "thread": "threads",
    "message": "messages",
    "file": "files",
    "vector_store": "vector stores",
    "vector_store_file": "files of vector stores",
    "run": "runs",
    "step": "run steps",
}


_CODE: Final = "code_interpreter"
_BATCH_MESSAGES: Final = 1_000
_BATCH_THREADS: Final = 100


class AssistantsImport:
    """One import of dumps, for one actor."""

    def __init__(self, actor: Actor, tally: Tally, bar: Bar, *, model: str | None) -> None:
        self._actor, self._tally, self._bar, self._model = actor, tally, bar, model
        self._house = runtime.current()

    async def run(self, paths: Sequence[Path]) -> None:
        """Bring everything in that the paths hold.

        Raises:
            Refusal: the actor may only read, or the database is down.
        """
        self._actor.ensure_role("member")
        sources = await asyncio.to_thread(find, paths)
        with TemporaryDirectory(prefix="steward-import-") as folder:
            spool = await asyncio.to_thread(Spool, Path(folder, "objects"))
            try:
                unknown = await asyncio.to_thread(self._read, sources, spool)
                contents = Contents(sources)
                await FilesImport(self._actor, spool, contents, self._tally, self._bar).run()
                for source in sorted(unknown - contents.used, key=lambda one: one.shown):
                    self._tally.skip("JSON files", source.shown, "It holds nothing of the Assistants API.")
                await StoresImport(self._actor, spool, self._tally, self._bar).run()
                await self._assistants(spool)
                await self._threads(spool)
            finally:
                await asyncio.to_thread(spool.close)

    def _read(self, sources: list[Source], spool: Spool) -> set[Source]:
        """Read all JSON; the files that held nothing of use."""
        readable = [source for source in sources if source.holds_json]
        unknown = set(readable)

        def take(source: Source, found: Found) -> None:
            for item in dump.items(found.value, key=found.key, holder=found.holder):
                unknown.discard(source)
                if item.fault:
                    self._tally.fail(_PLURALS[item.kind], f"{source.shown}, line {found.line}", item.fault)
                else:
                    spool.add(item.kind, item.id, item.body, item.parent_id)

        import_reading.read_all(readable, self._tally, self._bar, take)
        return unknown

    async def _assistants(self, spool: Spool) -> None:
        async with self._house.database.work(self._actor) as work:
            named = await asyncio.to_thread(
                lambda: {one for assistant in spool.each("assistant") for one in store_ids(assistant)}
            )
            stores = await knowledge.known(work, named)
        async for assistant in import_reading.in_thread(spool.each("assistant")):
            try:
                await self._assistant(assistant, stores)
            except (Misfit, Refusal) as error:
                self._tally.fail("assistants", str(assistant["id"]), str(error))

    async def _assistant(self, assistant: Json, stores: set[str]) -> None:
        settings = self._house.settings
        name, properties = agent_of(
            assistant, model=self._model, max_tokens=settings.chat.max_tokens, stores=stores
        )
        async with self._house.database.transaction(self._actor) as work:
            restored = await agents.restore(
                work, settings, str(assistant["id"]), name, properties, moment(assistant.get("created_at"))
            )
        self._tally.count("assistants", "imported" if restored.is_new else "known")
        if restored.is_new and any(tool.get("type") == _CODE for tool in properties.assistant_tools):
            self._tally.note(f"{name} has {_CODE}, which does not run here: its runs need other tools.")
        if restored.is_new and restored.agent.status == "draft":
            self._tally.note(
                f"Nobody answers here for {properties.full_model}: assistants with that model are drafts. "
                "Give them another model, or import with --model."
            )

    async def _threads(self, spool: Spool) -> None:
        thread_ids = await asyncio.to_thread(spool.parent_ids, "message", "thread")
        self._bar.begin("threads", len(thread_ids))
        left = Counter({kind: await asyncio.to_thread(spool.count, kind) for kind in ("run", "step")})
        batch: list[SavedThread] = []
        async for saved in import_reading.in_thread(saved_threads(spool, thread_ids)):
            batch.append(saved)
            if sum(len(one.messages) for one in batch) >= _BATCH_MESSAGES or len(batch) >= _BATCH_THREADS:
                left.subtract(await self._bring(batch))
                batch = []
        left.subtract(await self._bring(batch))
        for kind in left.elements():
            self._tally.skip(_PLURALS[kind], f"a {kind}", "No message of its run was saved.")

    async def _bring(self, batch: list[SavedThread]) -> Counter[str]:
        """Bring some threads in; how many of the runs and steps that were saved have their place."""
        messages = [message for saved in batch for message in saved.messages]
        here = await known_files(self._actor, await asyncio.to_thread(file_ids, messages))
        named = {one for saved in batch for one in store_ids(saved.thread)}
        async with self._house.database.work(self._actor) as work:
            agent_ids = await agents.known(work, {str(one.get("assistant_id")) for one in messages})
            stores = await knowledge.known(work, named)
        incoming = await asyncio.to_thread(
            lambda: [saved.incoming(here, agent_ids, stores) for saved in batch]
        )
        await bring(self._actor, incoming, self._tally)
        self._bar.advance(len(batch))
        placed = Counter[str]()
        for saved, one in zip(batch, incoming, strict=True):
            placed["run"] += sum(run.id in saved.runs for run in one.runs)
            placed["step"] += sum(len(saved.steps.get(run.id, ())) for run in one.runs)
        return placed
