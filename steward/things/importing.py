"""Importing: when a thing was made elsewhere, for whoever brings it here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from steward.kernel.work import Statement, Transaction
from steward.things.kinds import Kind

_BACKDATE: Final = Statement(
    "UPDATE things SET created_at = :created_at WHERE workspace_id = :workspace_id AND kind = :kind AND id = :id"
)


async def backdate(work: Transaction, kind: Kind[Any], thing_id: str, created_at: datetime) -> None:
    """Let a thing have been made at a moment that has passed; nothing happens when there is none of this id."""
    mine = {"workspace_id": work.actor.workspace_id, "kind": kind.name, "id": thing_id}
    await work.all(_BACKDATE, **mine, created_at=created_at)
