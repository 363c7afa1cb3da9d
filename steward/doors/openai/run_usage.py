"""What the steps of a run have used: the tokens and the cost of each model call stand at the last step that it made."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from steward.doors.openai.run_objects import usage_of
from steward.runs.records import RunRecord, StepUsage

COST: Final = "cost_usd"
_NOTHING: Final = StepUsage(0, 0, None)


def tell(run: RunRecord, steps: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Write into each step that is over what it has used. Together that is what the run has.

    Args:
        run: whose steps they are.
        steps: each with the number of its model call, from 1; 0 when it made none.
    """
    used = [_NOTHING] * len(steps)
    for number, call in enumerate(_calls(run), 1):
        # A call that said nothing that is shown adds to what came before it.
        at = max((at for at, (made_by, _) in enumerate(steps) if made_by <= number), default=None)
        if at is not None:
            used[at] = _sum(used[at], call)
    for (_, step), own in zip(steps, used, strict=True):
        if run.finished_at is not None or step["status"] != "in_progress":
            step["usage"] = usage_of(own.input_tokens, own.output_tokens)
            if own.cost_usd is not None:
                step["metadata"] = {COST: format(own.cost_usd, "f")}


def _calls(run: RunRecord) -> list[StepUsage]:
    """What each model call has used; the last one's is known when the run is over."""
    if run.finished_at is None:
        return run.steps
    known = [step.cost_usd for step in run.steps if step.cost_usd is not None]
    last = StepUsage(
        run.input_tokens - sum(step.input_tokens for step in run.steps),
        run.output_tokens - sum(step.output_tokens for step in run.steps),
        None if run.cost_usd is None else run.cost_usd - sum(known, Decimal(0)),
    )
    return [*run.steps, last]


def _sum(one: StepUsage, other: StepUsage) -> StepUsage:
    costs = [cost for cost in (one.cost_usd, other.cost_usd) if cost is not None]
    return StepUsage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        sum(costs, Decimal(0)) if costs else None,
    )
