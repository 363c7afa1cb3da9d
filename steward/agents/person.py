"""The person as a tool: a model hands over what it cannot or must not do itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from steward.kernel.tools import ToolContext, tool


@tool("callHuman", place="person")
async def call_human(
    context: ToolContext,
    reason: Annotated[
        str,
        Field(
            min_length=1, max_length=2_000, description="Why a person is needed, and what they should know."
        ),
    ],
    urgency: Annotated[
        Literal["low", "normal", "high"],
        Field(description="How soon somebody should look: high only when waiting does harm."),
    ] = "normal",
) -> str:
    """Hand over to a person, and wait for their answer.

    Use it when somebody asks for a person, when a decision needs authority that you do not have, when you were refused
    something that the task needs, or when you tried and could not help. Do not use it for what you can answer or look
    up yourself.
    """
    raise AssertionError(
        "a person answers, and no function"
    )  # the arguments are checked, and nothing is called
