"""How conversations come in: threads with the runs that wrote their answers, some in one transaction."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

from steward.doors.terminal.import_display import Tally
from steward.doors.terminal.imports.dump import Json
from steward.doors.terminal.imports.message_parts import Files
from steward.doors.terminal.imports.past_runs import past_runs
from steward.doors.terminal.imports.past_threads import past_thread
from steward.doors.terminal.imports.spool import Spool
from steward.kernel import runtime
from steward.kernel.errors import Conflict
from steward.kernel.work import Actor
from steward.runs import importing as runs
from steward.runs.importing import PastRun
from steward.threads import importing as threads
from steward.threads.importing import PastThread


@dataclass(frozen=True, slots=True)
class Incoming:
    """A conversation on its way in."""

    thread: PastThread
    runs: list[PastRun] = field(default_factory=list[PastRun])


@dataclass(frozen=True, slots=True)
class SavedThread:
    """A thread of the Assistants API as it was saved; `runs` by their ids, `steps` by those of their runs."""

    thread_id: str
    thread: Json
    messages: list[Json]
    runs: dict[str, Json]
    steps: dict[str, list[Json]]

    def incoming(self, files: Files, agents: Container[str], stores: Container[str]) -> Incoming:
        """As we keep it; see `past_thread`."""
        thread = past_thread(
            self.thread_id,
            self.thread,
            self.messages,
            runs=self.runs,
            steps=self.steps,
            files=files,
            agents=agents,
            stores=stores,
        )
        return Incoming(thread, past_runs(thread, self.messages, self.runs))


def saved_threads(spool: Spool, thread_ids: Sequence[str]) -> Iterator[SavedThread]:
    """These threads with all that belongs to them. Blocks."""
    for thread_id in thread_ids:
        messages = spool.of_parent("message", thread_id)
        found = {str(run["id"]): run for run in spool.of_parent("run", thread_id)}
        run_ids = {str(message["run_id"]) for message in messages if message.get("run_id")}
        steps = {run_id: spool.of_parent("step", run_id) for run_id in sorted(run_ids | found.keys())}
        yield SavedThread(thread_id, spool.find("thread", thread_id) or {}, messages, found, steps)


async def bring(actor: Actor, incoming: Sequence[Incoming], tally: Tally) -> None:
    """Store conversations, and count what became of them. One that cannot be stored keeps no other back.

    Raises:
        Forbidden: the actor may only read.
    """
    if not incoming:
        return
    try:
        await _store(actor, incoming, tally)
    except Conflict as refusal:
        if len(incoming) == 1:
            tally.fail("threads", incoming[0].thread.client_id or incoming[0].thread.id, refusal.detail)
            return
        for one in incoming:
            await bring(actor, [one], tally)


async def _store(actor: Actor, incoming: Sequence[Incoming], tally: Tally) -> None:
    async with runtime.current().database.transaction(actor) as work:
        restored = await threads.restore(work, [one.thread for one in incoming])
        written = [run for one in incoming for run in one.runs]
        new_runs = await runs.restore(work, written)
    for one, became in zip(incoming, restored, strict=True):
        tally.count("threads", "imported" if became.is_new else "known")
        tally.count("messages", "imported", became.added)
        tally.count("messages", "known", len(one.thread.messages) - became.added)
    tally.count("runs", "imported", new_runs)
    tally.count("runs", "known", len(written) - new_runs)
