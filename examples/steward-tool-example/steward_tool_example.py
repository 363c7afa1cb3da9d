"""The tool example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from steward.kernel.tools import ToolContext, ToolRetry, tool


@dataclass(frozen=True, slots=True)
class Counted:
    """What the tool returns. Models read the names of the fields."""

    words: int
    letters: int


@tool("example")
async def example(
    context: ToolContext,
    text: Annotated[str, Field(max_length=100_000, description="The text to count.")],
) -> Counted:
    """Count the words and the letters of a text.

    Models read this: say what the tool does, and when to use it. A tool that changes something says so with
    `@tool("example", changes=True)`; then a person is asked before each call.
    """
    # Who asks stands in `context.actor`, and never comes from the model.
    context.tell("Counting …")
    words = text.split()
    if not words:
        raise ToolRetry("The text has no words. Call the tool again with a text that has some.")
    return Counted(words=len(words), letters=sum(map(len, words)))
