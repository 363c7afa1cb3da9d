"""What can be done with the ledger: open a line before a model call, settle it however the call ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from steward.kernel.ids import new_id
from steward.kernel.work import House, Transaction
from steward.usage import budgets, queries
from steward.usage.budgets import Alert, Hold

_PLACES: Final = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class CallOpening:
    """What is known before a call."""

    provider: str
    model: str
    process_id: str
    input_tokens: int
    purpose: str = "chat"
    thread_id: str | None = None
    run_id: str | None = None
    message_id: str | None = None
    agent_id: str | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is known after a call. `estimated` marks counts that the provider did not send."""

    status: str
    finish_reason: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    estimated: bool
    cost_usd: Decimal | None
    first_token_ms: int | None
    duration_ms: int
    cache_write_tokens: int = 0
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


def round_usd(amount: Decimal | None) -> Decimal | None:
    """An amount as the ledger keeps it, so that what is shown and what is summed are the same."""
    return None if amount is None else amount.quantize(_PLACES)


async def open_call(work: Transaction, opening: CallOpening, hold: Hold | None = None) -> str:
    """Write the line of a call that is about to happen, so that no crash can hide it.

    Args:
        work: the transaction of the actor who pays.
        opening: what is known of the call.
        hold: what `budgets.hold` gave for it in the same transaction.

    Returns: the id of the line.
    """
    call_id = new_id("call")
    await queries.insert_call(
        work,
        holds=[] if hold is None else hold.entries,
        id=call_id,
        agent_id=opening.agent_id,
        thread_id=opening.thread_id,
        run_id=opening.run_id,
        message_id=opening.message_id,
        process_id=opening.process_id,
        purpose=opening.purpose,
        provider=opening.provider,
        model=opening.model,
        attempt=opening.attempt,
        input_tokens=opening.input_tokens,
    )
    return call_id


async def settle_call(work: Transaction, call_id: str, settlement: Settlement) -> list[Alert]:
    """Write how a call ended, and give back what it held. A line that is settled stays as it is.

    Returns: the shares of budgets that were just reached, for the first time in their period.
    """
    periods = await queries.settle_call(
        work,
        call_id,
        status=settlement.status,
        finish_reason=settlement.finish_reason,
        input_tokens=settlement.input_tokens,
        output_tokens=settlement.output_tokens,
        cached_tokens=settlement.cached_tokens,
        cache_write_tokens=settlement.cache_write_tokens,
        reasoning_tokens=settlement.reasoning_tokens,
        estimated=settlement.estimated,
        cost_usd=round_usd(settlement.cost_usd),
        first_token_ms=settlement.first_token_ms,
        duration_ms=settlement.duration_ms,
        metadata=msgspec.json.encode(settlement.metadata).decode(),
    )
    return await budgets.raise_alerts(work, periods)


async def cost_of_run(work: Transaction, thread_id: str, run_id: str) -> Decimal | None:
    """What the settled calls of a run cost, in US dollars; None when no price was known."""
    return await queries.cost_of_run(work, thread_id, run_id)


async def checkpoint(house: House, calls: list[tuple[str, str, int, int]]) -> None:
    """Write how far open calls have come: (workspace id, id of the line, input tokens, output tokens so far) each."""
    await queries.checkpoint(house, calls)


@dataclass(frozen=True, slots=True)
class LostCall:
    """A line that a dead process left open."""

    workspace_id: str
    user_id: str
    call_id: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    created_at: datetime


async def lost_calls(house: House, living: set[str]) -> list[LostCall]:
    """The open lines of processes that are no more."""
    return [LostCall(*row) for row in await queries.lost(house, living)]


async def settle_lost_call(work: Transaction, call: LostCall, cost_usd: Decimal | None) -> None:
    """Settle the line of a dead process with what was checkpointed, as whoever made the call."""
    periods = await queries.settle_lost(work, call.call_id, round_usd(cost_usd))
    await budgets.raise_alerts(work, periods)
