"""Which tool fits a message: on messages that the rules were chosen on, and on others that they never saw."""

from __future__ import annotations

import time

import pytest

from steward.agents import person, suggestions
from steward.agents import tools as agent_tools
from steward.agents.suggestions import suggest
from steward.interviews import tools as interviews
from steward.kernel.tools import Tool
from steward.knowledge import tools as knowledge
from steward.memory import tools as memory
from steward.tasks import tools as tasks
from tests.agents.suggestion_messages import HELD_OUT, TUNED, Labelled

TOOLS = (
    knowledge.search_knowledge,
    knowledge.upload_document,
    agent_tools.create_agent,
    agent_tools.get_agent_status,
    tasks.create_task,
    tasks.create_ticket,
    memory.update_profile,
    person.call_human,
    memory.retrieve_coaching_memory,
    interviews.hybrid_offer_creator,
    interviews.workshop_generator,
)


def of_a_server(name: str, description: str) -> Tool:
    return Tool.of_schema(name, description, {"type": "object"}, None)


ELSEWHERE = (
    of_a_server("get_weather", "Get the weather forecast for a city."),
    of_a_server("send_invoice", "Send an invoice to a customer by mail."),
    of_a_server("convert-currency", "Convert an amount of money from one currency to another."),
)


def figures(messages: list[Labelled]) -> tuple[float, float]:
    """Precision and recall of the best suggestion."""
    found = [(tool, suggestions.ranked(message, TOOLS)) for message, tool in messages]
    right = sum(bool(ranked) and ranked[0].tool == tool for tool, ranked in found)
    shown = sum(bool(ranked) for _, ranked in found)
    fitting = sum(tool is not None for tool, _ in found)
    return right / shown, right / fitting


def test_a_third_of_the_messages_fits_no_tool_and_none_is_in_both_sets() -> None:
    for messages in (TUNED, HELD_OUT):
        assert len(messages) >= 60
        assert 0.3 <= sum(tool is None for _, tool in messages) / len(messages) <= 0.4
        assert {tool for _, tool in messages} == {None, *(tool.name for tool in TOOLS)}
    assert {message for message, _ in TUNED}.isdisjoint(message for message, _ in HELD_OUT)


@pytest.mark.req("TOOL-30")
def test_suggestions_fit_the_messages_that_the_rules_were_chosen_on() -> None:
    precision, recall = figures(TUNED)
    assert precision >= 0.98
    assert recall >= 0.98


@pytest.mark.req("TOOL-30")
def test_suggestions_fit_messages_that_the_rules_never_saw() -> None:
    precision, recall = figures(HELD_OUT)
    assert precision >= 0.9
    assert recall >= 0.7


@pytest.mark.req("TOOL-30")
async def test_a_suggestion_has_a_score_and_a_reason() -> None:
    found = await suggest("Please open a ticket: the lift is broken.", TOOLS)
    assert found is not None
    assert found.tool == "createTicket"
    assert suggestions.LEAST_SCORE <= found.score <= 1
    assert found.reason == "The message speaks of a ticket, and wants to make something."


@pytest.mark.req("TOOL-30")
@pytest.mark.parametrize(
    ("message", "tool"),
    [
        ("What will the weather be in Paris tomorrow?", "get_weather"),
        ("Please send the invoice for March to Contoso.", "send_invoice"),
        ("Convert 20 dollars into the currency of Norway.", "convert-currency"),
        ("Send my regards to your sister.", None),
        ("Write a poem about autumn.", None),
        ("Get up early, they say.", None),
    ],
)
async def test_tools_of_other_servers_are_found_by_name_and_meaning(message: str, tool: str | None) -> None:
    found = await suggest(message, ELSEWHERE)
    assert (None if found is None else found.tool) == tool


@pytest.mark.req("TOOL-30")
@pytest.mark.parametrize(
    "message", ["What is a workshop?", "Was ist ein Agent?", "Explain what a ticket is."]
)
async def test_who_asks_what_a_word_means_is_offered_no_tool(message: str) -> None:
    assert await suggest(message, TOOLS) is None


async def test_only_what_is_offered_is_suggested() -> None:
    message = "Create a task to review the contract by Thursday."
    found = await suggest(message, TOOLS)
    assert found is not None
    assert found.tool == "createTask"
    assert await suggest(message, [tool for tool in TOOLS if tool.name != "createTask"]) is None
    assert await suggest(message, []) is None


@pytest.mark.parametrize("message", ["", " \n", "?", "\u4f60\u597d", "\0", "🦉" * 50], ids=ascii)
async def test_what_says_nothing_suggests_nothing(message: str) -> None:
    assert await suggest(message, (*TOOLS, *ELSEWHERE)) is None


def test_no_message_takes_long() -> None:
    suggestions.ranked("warm", TOOLS)
    hostile = ("lege " * 200, "was " * 300, "laut " * 200, "a" * 100_000, "unser " * 200, "last " * 200)
    for message in (*hostile, "Create a task to review the contract by Thursday."):
        began = time.thread_time()
        suggestions.ranked(message, TOOLS)
        # Far above the truth, far below what a regular expression that runs away would take.
        assert time.thread_time() - began < 0.5, message[:20]
