"""What usage refuses."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class BudgetExhausted(Refusal):
    """A budget of the workspace, the person, the agent or the key has too little left for this call.

    402 and not 429: asking again at once cannot help, and clients repeat a 429 by themselves.
    """

    tag = "budget_exhausted"
    status = 402
    title = "The budget is used up"
    remedy = "Wait until the budget begins anew, or ask an administrator to raise it."


class PriceUnknown(Refusal):
    """A budget in money cannot hold for a model whose price nobody knows."""

    tag = "price_unknown"
    status = 422
    title = "The model's price is not known"
    remedy = "Choose another model, or ask an administrator to give this one a price."


class BudgetExists(Refusal):
    """The same scope, subject and period have a budget already."""

    tag = "budget_exists"
    status = 409
    title = "There is such a budget already"
    remedy = "Change the budget that exists, or delete it first."
