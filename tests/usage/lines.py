"""Lines of the ledger that tests write themselves: by the rooms' own verbs, or past them, for other days."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor
from steward.usage import budgets
from steward.usage import service as usage
from steward.usage.budgets import Alert, Amount
from steward.usage.service import CallOpening, Settlement
from tests.support.database import as_owner

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)


async def book(settings: Settings, actor: Actor, *lines: dict[str, Any]) -> list[str]:
    """Write settled lines with any fields, such as `created_at`; their ids."""
    ids: list[str] = []
    async with as_owner(settings) as owner:
        for line in lines:
            values: dict[str, Any] = {
                "workspace_id": actor.workspace_id,
                "id": new_id("call"),
                "user_id": actor.user_id,
                "process_id": "proc_test",
                "provider": "openai",
                "model": "gpt-4o-mini",
                "status": "completed",
                "input_tokens": 10,
                "output_tokens": 5,
                "estimated": False,
                "cost_usd": Decimal("0.001"),
                "created_at": NOON,
                **line,
            }
            places = ", ".join(f"${at + 1}" for at in range(len(values)))
            await owner.execute(
                f"INSERT INTO model_calls ({', '.join(values)}) VALUES ({places})",  # noqa: S608  # names of columns
                *values.values(),
            )
            ids.append(values["id"])
    return ids


def usd(amount: str, tokens: int = 100) -> Amount:
    """So much money, and so many tokens."""
    return Amount(Decimal(amount), tokens)


async def begin(
    house: Runtime,
    actor: Actor,
    most: Amount,
    *,
    least: Amount | None = None,
    agent_id: str | None = None,
    now: datetime | None = None,
) -> str:
    """Open a call that is held to its budgets; the id of its line."""
    async with house.database.transaction(actor) as work:
        held = await budgets.hold(work, agent_id, most, least or most, now or house.now())
        opening = CallOpening(
            provider="openai",
            model="gpt-4o-mini",
            process_id=house.process_id,
            input_tokens=1,
            agent_id=agent_id,
        )
        return await usage.open_call(work, opening, held)


async def end(house: Runtime, actor: Actor, call_id: str, cost: str, tokens: int = 10) -> list[Alert]:
    """Settle a call; the alerts that it raised."""
    async with house.database.transaction(actor) as work:
        return await usage.settle_call(
            work,
            call_id,
            Settlement(
                status="completed",
                finish_reason="stop",
                input_tokens=tokens,
                output_tokens=0,
                cached_tokens=0,
                reasoning_tokens=0,
                estimated=False,
                cost_usd=Decimal(cost),
                first_token_ms=1,
                duration_ms=2,
            ),
        )
