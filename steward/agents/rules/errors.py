"""What the rules refuse."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class TooManyRules(Refusal):
    """A workspace has as many rules as are looked through before every call."""

    tag = "too_many_tool_rules"
    status = 409
    title = "The workspace has too many rules for tools"
    remedy = "Change a rule that exists to say more, or take one away first."
