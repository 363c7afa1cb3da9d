"""What is refused about MCP servers."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class McpCommandNotAllowed(Refusal):
    """The operator has not allowed this program."""

    tag = "mcp_command_not_allowed"
    status = 422
    title = "The program may not be started"
    remedy = (
        "Choose a program that the operator allows, or ask the operator to add it to STEWARD_MCP__COMMANDS."
    )


class McpNameTaken(Refusal):
    """The workspace has an MCP server of this name."""

    tag = "mcp_name_taken"
    status = 409
    title = "The name is taken"
    remedy = "Choose another name, or change the MCP server that has it."
