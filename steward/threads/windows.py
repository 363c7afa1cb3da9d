"""Where the pages of a branch begin that lie around a message, however far that is from the branch's end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from steward.kernel.errors import NotFound
from steward.kernel.work import Statement, Transaction
from steward.threads import queries
from steward.threads.tables import Thread

_MINE: Final = "m.workspace_id = :workspace_id AND m.user_id = :user_id AND m.thread_id = :thread_id"
# Whoever is not on the branch is not met on the way to its first message.
_UP_TO: Final = Statement(
    "WITH RECURSIVE path AS (SELECT m.id, m.parent_id, 1 AS depth FROM messages m WHERE "  # noqa: S608  # joined of constants of this module
    + _MINE
    + " AND m.id = :leaf_id UNION ALL SELECT m.id, m.parent_id, path.depth + 1 FROM path JOIN messages m ON "
    + _MINE
    + " AND m.id = path.parent_id WHERE path.id <> :message_id) SELECT id FROM path ORDER BY depth"
)


@dataclass(frozen=True, slots=True)
class Window:
    """Part of a branch: `size` messages from `start` on upwards; `leaf_id` is where the branch ends."""

    start: str
    size: int
    leaf_id: str


async def find(
    work: Transaction, thread: Thread, *, around: str | None, behind: str | None, size: int
) -> Window | None:
    """The window around a message, or behind one; None when neither is named.

    Raises:
        NotFound: the thread has no such message.
    """
    if around is not None:
        return await _around(work, thread, around, size)
    return None if behind is None else await _behind(work, thread, behind, size)


async def _around(work: Transaction, thread: Thread, ref: str, size: int) -> Window:
    """Those before and behind a message, as many of each."""
    way = await _way_to(work, thread, ref)
    at = max(0, len(way) - 1 - size // 2)
    return Window(way[at], size, way[0])


async def _behind(work: Transaction, thread: Thread, ref: str, size: int) -> Window:
    """The nearest of those that follow a message; none when it is the last."""
    way = await _way_to(work, thread, ref)
    at = max(0, len(way) - 1 - size)
    return Window(way[at], len(way) - 1 - at, way[0])


async def _way_to(work: Transaction, thread: Thread, ref: str) -> list[str]:
    """The ids from the end of the visible branch, or else of the newest one with this message, back to it."""
    known = await queries.find_message(work, thread.id, ref)
    if known is None:
        raise NotFound("There is no such message in this conversation.")
    way = [] if thread.head_id is None else await _walk(work, thread, thread.head_id, known.id)
    if way and way[-1] == known.id:
        return way
    return await _walk(work, thread, await queries.newest_leaf(work, thread.id, known.id), known.id)


async def _walk(work: Transaction, thread: Thread, leaf_id: str, message_id: str) -> list[str]:
    values = {**work.mine, "thread_id": thread.id, "leaf_id": leaf_id, "message_id": message_id}
    return [row.id for row in await work.all(_UP_TO, **values)]
