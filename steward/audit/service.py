"""What can be done with the audit log: add to it, read it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from steward.kernel.ids import new_id
from steward.kernel.work import Statement, Transaction

_RECORD: Final = Statement(
    "INSERT INTO events (workspace_id, id, type, actor_id, target_type, target_id, metadata) VALUES "
    "(:workspace_id, :id, :type, :actor_id, :target_type, :target_id, cast(:metadata AS jsonb))"
)


async def record(work: Transaction, type: str, target_type: str, target_id: str, **metadata: Any) -> None:
    """Add an event of the work's actor; it is kept exactly when the work commits.

    Args:
        work: of whoever acts.
        type: verb in the past, noun first, such as `thread_renamed`.
        target_type: the room's noun, such as `thread`.
        target_id: id of what was acted on.
        metadata: facts fit to show to an owner of the workspace; never message text.
    """
    await work.all(
        _RECORD,
        workspace_id=work.actor.workspace_id,
        id=new_id("evt"),
        type=type,
        actor_id=work.actor.user_id,
        target_type=target_type,
        target_id=target_id,
        metadata=msgspec.json.encode(metadata).decode(),
    )
