from __future__ import annotations

import pytest

from steward.agents.errors import AgentError, RAGError
from steward.runs.errors import TooManySteps


def test_the_errors_of_agents_hold_what_the_log_needs_and_show_none_of_it() -> None:
    error = AgentError("Steward", "the secret cause")
    assert (error.agent_name, error.cause, error.tag, error.status) == (
        "Steward",
        "the secret cause",
        "agent_error",
        500,
    )
    assert "secret" not in error.detail
    lost = RAGError("the question", "the index is away")
    assert (lost.query, lost.cause, lost.tag) == ("the question", "the index is away", "rag_error")
    assert "index" not in lost.detail


@pytest.mark.req("ERR-03")
def test_too_many_steps_are_the_fault_of_the_agent() -> None:
    error = TooManySteps("Steward", "8 steps")
    assert isinstance(error, AgentError)
    assert (error.agent_name, error.cause, error.tag) == ("Steward", "8 steps", "too_many_steps")
    assert error.facts == {"agent": "Steward"}
    assert "Ask again" in error.detail
