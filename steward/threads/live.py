"""The news of conversations: which ones changed, told to the connections of their own user as it happens.

A trigger on the table of threads notifies, whoever changes them, and each process listens on a connection of its own.
Only ids travel. Whoever hears one reads what is new like anything else, behind row security.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator
from typing import Final

from steward.kernel import listening
from steward.kernel.work import Actor, Database

CHANNEL: Final = "steward_threads"
GAP_SECONDS: Final = 0.2
"""So long at least between two pieces of news to one reader."""
MOST_WAITING: Final = 1_000
"""A reader for whom more conversations than this wait has lost the thread, and begins anew."""
_READY_SECONDS: Final = 5.0

_Owner = tuple[str, str]


class _Watch:
    """What one reader has not heard yet."""

    __slots__ = ("ids", "is_lost", "stirred")

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}
        self.is_lost = False
        self.stirred = asyncio.Event()

    def add(self, thread_id: str) -> None:
        self.ids[thread_id] = None
        if len(self.ids) > MOST_WAITING:
            self.lose()
        self.stirred.set()

    def lose(self) -> None:
        """Something was missed, so that the reader must not go on as if nothing were."""
        self.is_lost = True
        self.ids.clear()
        self.stirred.set()

    def take(self) -> list[str]:
        taken = list(self.ids)
        self.ids.clear()
        self.stirred.clear()
        return taken


class ThreadNews:
    """Who listens in this process, and the line to the database by which it hears."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watches: dict[_Owner, list[_Watch]] = {}
        self._listening = asyncio.Event()
        self.backend_id: int | None = None
        """PostgreSQL's own process behind the line, as `pg_stat_activity` names it; while it is down, the last one."""

    async def follow(self, actor: Actor) -> AsyncGenerator[list[str]]:
        """The ids of the actor's own conversations that changed, were made or are gone, in batches without repeats.

        The first batch comes at once and is empty: from there on nothing is missed. It ends when something was, or
        might have been: follow anew, and read everything again.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), _READY_SECONDS)
        if not self._listening.is_set():
            return
        with self._watch((actor.workspace_id, actor.user_id)) as watch:
            yield []
            while True:
                await watch.stirred.wait()
                if watch.is_lost:
                    return
                yield watch.take()
                await asyncio.sleep(GAP_SECONDS)

    async def keep_listening(self) -> None:
        """Hear what changes until cancelled; comes back by itself after the database was away."""
        await listening.keep_listening(
            self._database, {CHANNEL: self._on_news}, on_up=self._begin, on_down=self._lose
        )

    def _begin(self, backend_id: int) -> None:
        self.backend_id = backend_id
        self._listening.set()

    def _lose(self) -> None:
        self._listening.clear()
        for watch in [watch for watches in self._watches.values() for watch in watches]:
            watch.lose()

    def _on_news(self, payload: str) -> None:
        workspace_id, user_id, thread_id = payload.split(",")
        for watch in self._watches.get((workspace_id, user_id), ()):
            watch.add(thread_id)

    @contextlib.contextmanager
    def _watch(self, owner: _Owner) -> Generator[_Watch]:
        watch = _Watch()
        watches = self._watches.setdefault(owner, [])
        watches.append(watch)
        try:
            yield watch
        finally:
            watches.remove(watch)
            if not watches:
                self._watches.pop(owner, None)
