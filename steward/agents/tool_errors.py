"""How a tool cannot be had."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class ToolDisabled(Refusal):
    """The operator switched the tool off for everybody."""

    tag = "tool_disabled"
    status = 403
    title = "The tool is switched off"
    remedy = "Use another tool, or ask the operator of the server to switch this one on."
