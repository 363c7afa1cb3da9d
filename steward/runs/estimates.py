"""Estimates: what a message would cost, before it is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from steward.agents import service as agents
from steward.agents.service import Prepared, Wishes
from steward.kernel import runtime
from steward.kernel.work import Work
from steward.providers.events import Usage
from steward.providers.prices import context_tokens
from steward.providers.service import Resolved
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs.lines import input_tokens
from steward.runs.schemas import EstimateRead, EstimateRequest
from steward.threads import exchanges
from steward.threads import service as threads
from steward.usage import budgets

_SHORT_ANSWER: Final = 20
"""Tokens of a sentence: the cheapest answer that is one."""


async def estimate(work: Work, request: EstimateRequest) -> EstimateRead:
    """What a turn's first call would cost: the prompt as it would be sent, with the shortest and the longest answer.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such thread.
        UnknownProvider, ModelNotAllowed: nobody answers for the model's name.
    """
    work.actor.ensure_role("member")
    settings = runtime.current().settings
    thread = None if request.thread_id is None else await threads.get(work, request.thread_id)
    wishes = Wishes(model=request.model, max_tokens=request.max_tokens, instructions=request.instructions)
    prepared = await agents.prepare(
        work, settings, wishes, thread_model=None if thread is None else thread.model
    )
    messages = [PromptMessage.of_text("system", prepared.instructions)]
    if thread is not None and thread.head_id is not None and prepared.history_messages:
        earlier = await exchanges.history(work, thread.head_id, prepared.history_messages - 1)
        messages += [PromptMessage(role, parts) for role, parts in earlier if parts]  # pyright: ignore[reportArgumentType]  # the table's check constraint holds the same roles
    messages.append(PromptMessage.of_text("user", request.text))
    counted = await input_tokens(ModelRequest(messages))
    context = context_tokens(prepared.resolved.pricing.provider, prepared.resolved.endpoint.model)
    return EstimateRead(
        model=prepared.resolved.full_name,
        messages=len(messages),
        input_tokens=counted,
        most_output_tokens=prepared.max_tokens,
        least_usd=_usd(prepared.resolved, counted, min(_SHORT_ANSWER, prepared.max_tokens)),
        most_usd=_usd(prepared.resolved, counted, prepared.max_tokens),
        context_tokens=context,
        fits=context is None or counted + prepared.max_tokens <= context,
        budget_left_usd=await _left(work, prepared),
    )


def _usd(resolved: Resolved, input_count: int, output_count: int) -> str | None:
    cost = resolved.pricing.cost(Usage(input_count, output_count))
    return None if cost is None else format(cost.normalize(), "f")


async def _left(work: Work, prepared: Prepared) -> str | None:
    left: Decimal | None = await budgets.left_usd(work, prepared.agent_id, runtime.current().now())
    return None if left is None else format(max(left, Decimal(0)).normalize(), "f")
