"""Tags of conversations: the words under which their user files them."""

from __future__ import annotations

from typing import Final

from steward.kernel.work import Statement, Transaction
from steward.threads.schemas import TagCount

_MOST_LISTED: Final = 500
_TAGS: Final = Statement(
    "SELECT tag, count(*) AS conversations FROM threads, unnest(tags) AS tag WHERE workspace_id = :workspace_id "
    # `tags <> '{}'` is what the index of tagged threads asks for.
    "AND user_id = :user_id AND NOT archived AND tags <> '{}' GROUP BY tag ORDER BY conversations DESC, tag LIMIT :most"
)


async def every(work: Transaction) -> list[TagCount]:
    """The tags of the actor's conversations outside the archive, the most used first; at most 500."""
    rows = await work.all(_TAGS, **work.mine, most=_MOST_LISTED)
    return [TagCount(tag=row.tag, conversations=row.conversations) for row in rows]
