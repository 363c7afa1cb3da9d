"""Stretches of a thread's visible branch, read from one end only as far as they are asked for.

Messages know the one before them, so the newest are a short walk up from the head. The oldest are a walk down from the
first, which is certain as long as nothing forks; where it does, the whole branch is read.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Found, Statement, Transaction
from steward.threads import queries
from steward.threads.tables import Thread

_SLACK: Final = 4
"""Steps more than items are asked for at first: some messages are not shown."""
_MOST_STEPS: Final = 2_000
# An answer that has said nothing yet, or nothing at all, is none to a reader.
_SHOWN: Final = "(m.role = 'user' OR (m.role = 'assistant' AND m.content <> '')) AS is_shown"
_MINE: Final = "m.workspace_id = :workspace_id AND m.user_id = :user_id AND m.thread_id = :thread_id"
_COLUMNS: Final = f"m.id, m.parent_id, {_SHOWN}, "
_FROM: Final = "WITH RECURSIVE path AS (SELECT " + _COLUMNS + "1 AS depth FROM messages m WHERE " + _MINE  # noqa: S608  # constants
_NEXT: Final = " UNION ALL SELECT " + _COLUMNS + "path.depth + 1 FROM path JOIN messages m ON " + _MINE  # noqa: S608  # constants
_READ: Final = (
    " WHERE path.depth < cast(:most AS int)) SELECT id, parent_id, is_shown, depth FROM path ORDER BY depth"
)
_UP: Final = Statement(_FROM + " AND m.id = :start" + _NEXT + " AND m.id = path.parent_id" + _READ)
_DOWN: Final = Statement(_FROM + " AND m.parent_id = :start" + _NEXT + " AND m.parent_id = path.id" + _READ)
_FROM_FIRST: Final = Statement(
    _FROM + " AND m.parent_id IS NULL" + _NEXT + " AND m.parent_id = path.id" + _READ
)
_OF_RUN: Final = Statement(
    "SELECT id FROM messages WHERE workspace_id = :workspace_id AND user_id = :user_id AND thread_id = :thread_id "
    "AND run_id = :run_id AND content <> '' ORDER BY created_at, id"
)


class _Forked(Exception):
    """A message is followed by several."""


async def stretch(work: Transaction, thread: Thread, asked: Asked) -> Stretch[str]:
    """The ids of a stretch of what is to be read in the visible branch."""
    if thread.head_id is None:
        return Stretch([], has_more=False)
    # What is ahead of an item is counted from there, and turned round.
    is_turned = asked.before is not None and asked.after is None
    start, stop = (asked.before, None) if is_turned else (asked.after, asked.before)
    try:
        walk = _down if asked.ascending != is_turned else _up
        ids = await _until(walk(work, thread, start, asked.limit), stop, asked.limit + 1)
    except _Forked:
        shown = [row.id for row in await queries.branch(work, thread.head_id)]
        return _cut(shown[::-1] if asked.ascending else shown, asked)
    items = ids[: asked.limit]
    return Stretch(items[::-1] if is_turned else items, has_more=len(ids) > asked.limit)


async def stretch_of_run(work: Transaction, thread_id: str, run_id: str, asked: Asked) -> Stretch[str]:
    """The ids of a stretch of what a run wrote."""
    rows = await work.all(_OF_RUN, **work.mine, thread_id=thread_id, run_id=run_id)
    ids = [row.id for row in rows]
    return _cut(ids if asked.ascending else ids[::-1], asked)


async def _until(walk: AsyncGenerator[Found], stop: str | None, most: int) -> list[str]:
    ids: list[str] = []
    async with aclosing(walk) as rows:
        async for row in rows:
            if row.id == stop:
                return ids
            if row.is_shown:
                ids.append(row.id)
            if len(ids) == most:
                return ids
    return ids


async def _up(work: Transaction, thread: Thread, behind: str | None, limit: int) -> AsyncGenerator[Found]:
    """The branch from the message before `behind`, or from its newest, to its oldest."""
    start, most = behind or thread.head_id, limit + _SLACK
    while start is not None:
        rows = await work.all(_UP, **work.mine, thread_id=thread.id, start=start, most=most)
        for row in rows:
            if row.id != behind:
                yield row
        start, most = rows[-1].parent_id if rows else None, _MOST_STEPS


async def _down(work: Transaction, thread: Thread, behind: str | None, limit: int) -> AsyncGenerator[Found]:
    """The branch from the message after `behind`, or from its oldest, to its newest.

    Raises:
        _Forked: it is not certain how it goes on.
    """
    start, most = behind, limit + _SLACK
    while start != thread.head_id:
        values = {**work.mine, "thread_id": thread.id, "most": most}
        rows = await (
            work.all(_FROM_FIRST, **values) if start is None else work.all(_DOWN, **values, start=start)
        )
        for at, row in enumerate(rows, 1):
            if at < len(rows) and rows[at].depth == row.depth:
                raise _Forked
            yield row
            if row.id == thread.head_id:
                return
        if not rows:
            return
        start, most = rows[-1].id, _MOST_STEPS


def _cut(ids: list[str], asked: Asked) -> Stretch[str]:
    """The stretch of a list in the order shown; a cursor that is not in it ends nothing and begins nothing."""
    if asked.after is not None:
        ids = ids[ids.index(asked.after) + 1 :] if asked.after in ids else []
    if asked.before is not None:
        ids = ids[: ids.index(asked.before)] if asked.before in ids else []
    if asked.before is not None and asked.after is None:
        return Stretch(ids[-asked.limit :], has_more=len(ids) > asked.limit)
    return Stretch(ids[: asked.limit], has_more=len(ids) > asked.limit)
