"""What can be done with the ledger: open a line before a model call, settle it however the call ends."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from steward.kernel.ids import new_id
from steward.kernel.work import House, Statement, Transaction

_CHARS_PER_TOKEN: Final = 4


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


_OPEN: Final = Statement(
    "INSERT INTO model_calls (workspace_id, id, user_id, key_id, thread_id, run_id, message_id, process_id, purpose, "
    "provider, model, input_tokens) VALUES (:workspace_id, :id, :user_id, :key_id, :thread_id, :run_id, :message_id, "
    ":process_id, :purpose, :provider, :model, :input_tokens)"
)


_SETTLE: Final = Statement(
    "UPDATE model_calls SET status = :status, finish_reason = :finish_reason, input_tokens = :input_tokens, "
    "output_tokens = :output_tokens, cached_tokens = :cached_tokens, reasoning_tokens = :reasoning_tokens, "
    "estimated = :estimated, cost_usd = :cost_usd, first_token_ms = :first_token_ms, duration_ms = :duration_ms "
    "WHERE workspace_id = :workspace_id AND id = :id AND status = 'open'"
)


_CHECKPOINT: Final = Statement(
    "UPDATE model_calls SET output_tokens = so_far.tokens FROM unnest(cast(:workspace_ids AS text[]), "
    "cast(:ids AS text[]), cast(:tokens AS int[])) AS so_far(workspace_id, id, tokens) "
    "WHERE model_calls.workspace_id = so_far.workspace_id AND model_calls.id = so_far.id AND status = 'open'"
)
_LOST: Final = Statement(
    "SELECT workspace_id, id, run_id, provider, model, input_tokens, output_tokens FROM model_calls "
    "WHERE status = 'open' AND process_id <> ALL (:living) LIMIT 500"
)
_SETTLE_LOST: Final = Statement(
    "UPDATE model_calls SET status = 'interrupted', estimated = true, cost_usd = :cost_usd "
    "WHERE workspace_id = :workspace_id AND id = :id AND status = 'open'"
)


def estimate_tokens(chars: int) -> int:
    """A rough count of the tokens in a text, for lines of the ledger that no provider counted."""
    return -(-chars // _CHARS_PER_TOKEN)


async def open_call(work: Transaction, opening: CallOpening) -> str:
    """Write the line of a call that is about to happen, so that no crash can hide it.

    Returns: the id of the line.
    """
    call_id = new_id("call")
    actor = work.actor
    await work.all(
        _OPEN,
        workspace_id=actor.workspace_id,
        id=call_id,
        user_id=actor.user_id,
        key_id=actor.key_id,
        thread_id=opening.thread_id,
        run_id=opening.run_id,
        message_id=opening.message_id,
        process_id=opening.process_id,
        purpose=opening.purpose,
        provider=opening.provider,
        model=opening.model,
        input_tokens=opening.input_tokens,
    )
    return call_id


async def settle_call(work: Transaction, call_id: str, settlement: Settlement) -> None:
    """Write how a call ended. A line that is settled stays as it is."""
    await work.all(
        _SETTLE,
        workspace_id=work.actor.workspace_id,
        id=call_id,
        status=settlement.status,
        finish_reason=settlement.finish_reason,
        input_tokens=settlement.input_tokens,
        output_tokens=settlement.output_tokens,
        cached_tokens=settlement.cached_tokens,
        reasoning_tokens=settlement.reasoning_tokens,
        estimated=settlement.estimated,
        cost_usd=settlement.cost_usd,
        first_token_ms=settlement.first_token_ms,
        duration_ms=settlement.duration_ms,
    )


async def checkpoint(house: House, calls: list[tuple[str, str, int]]) -> None:
    """Write how far open calls have come: (workspace id, id of the line, output tokens so far) each."""
    await house.all(
        _CHECKPOINT,
        workspace_ids=[workspace_id for workspace_id, _, _ in calls],
        ids=[call_id for _, call_id, _ in calls],
        tokens=[tokens for _, _, tokens in calls],
    )


@dataclass(frozen=True, slots=True)
class LostCall:
    """A line that a dead process left open."""

    workspace_id: str
    call_id: str
    run_id: str | None
    provider: str
    model: str
    input_tokens: int
    output_tokens: int


async def lost_calls(house: House, living: set[str]) -> list[LostCall]:
    """The open lines of processes that are no more."""
    return [LostCall(*row) for row in await house.all(_LOST, living=sorted(living))]


async def settle_lost_call(house: House, call: LostCall, cost_usd: Decimal | None) -> None:
    """Settle the line of a dead process with what was checkpointed."""
    await house.all(
        _SETTLE_LOST,
        cost_usd=cost_usd,
        workspace_id=call.workspace_id,
        id=call.call_id,
    )
