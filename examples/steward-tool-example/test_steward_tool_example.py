"""The tool example, called as Steward calls it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from steward_tool_example import example

from steward.kernel.tools import ToolContext, ToolRetry
from steward.kernel.work import Actor


def call(**arguments: Any) -> Any:
    """What comes of a call with these arguments, as JSON values."""
    context = ToolContext(Actor("ws_test", "user_test", "member"), "run_test", "thread_test", "call_test")
    return asyncio.run(example.call(context, arguments))


def test_it_counts() -> None:
    """What the tool is for."""
    assert call(text="three short words") == {"words": 3, "letters": 15}


@pytest.mark.parametrize("arguments", [{}, {"text": 5}, {"text": "a", "more": "b"}, {"text": "  "}])
def test_wrong_arguments_are_told_to_the_model(arguments: dict[str, Any]) -> None:
    """The model reads what is wrong, and calls again."""
    with pytest.raises(ToolRetry):
        call(**arguments)
