"""SQL of tasks: the numbers of tickets."""

from __future__ import annotations

from typing import Final

from steward.kernel.work import Statement, Transaction

# Locks the row also when it is there, and changes nothing.
_LOCK: Final = Statement(
    "INSERT INTO ticket_numbers AS known (workspace_id, id) VALUES (:workspace_id, 'ticket') "
    "ON CONFLICT (workspace_id, id) DO UPDATE SET last = known.last RETURNING last"
)
_GIVE: Final = Statement(
    "UPDATE ticket_numbers SET last = :number WHERE workspace_id = :workspace_id AND id = 'ticket'"
)


async def lock_number(work: Transaction) -> int:
    """The last number that the workspace gave; nobody else gives one until the work commits."""
    row = await work.first(_LOCK, workspace_id=work.actor.workspace_id)
    assert row is not None, "it is inserted or locked"
    return row.last


async def give_number(work: Transaction, number: int) -> None:
    """Remember the number that was given."""
    await work.all(_GIVE, workspace_id=work.actor.workspace_id, number=number)
