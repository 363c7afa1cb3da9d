"""What crosses the native door about tools."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from steward.agents.catalogue import Offer
from steward.kernel.tools import Approval, Place


class ToolRead(BaseModel):
    """A tool that the workspace has."""

    name: str
    description: str = Field(description="What models read about it.")
    parameters: dict[str, Any] = Field(description="JSON Schema of its arguments.")
    changes: bool = Field(description="Whether it changes something.")
    approval: Approval = Field(
        description="Whether a person is asked before each call, where no rule says otherwise."
    )
    place: Place = Field(
        description="Who carries a call out: the server, the program that asked, or a person."
    )
    origin: str = Field(
        description="`steward`, the name of a package, or `mcp:` and the name of an MCP server.",
        examples=["steward"],
    )

    @classmethod
    def of(cls, offer: Offer) -> ToolRead:
        """A tool as it is shown."""
        tool = offer.tool
        return cls(
            name=tool.name,
            description=tool.description,
            parameters=tool.parameters,
            changes=tool.changes,
            approval=tool.approval,
            place=tool.place,
            origin=offer.origin,
        )


class ToolList(BaseModel):
    """The tools that the workspace has, by name."""

    items: list[ToolRead]
