"""Commands for the librarian: `/tool …` becomes a call, its result becomes words, and nothing else calls anything."""

from __future__ import annotations

from typing import Any, cast

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.kernel.languages import Language
from steward.kernel.settings import Limits
from steward.providers import librarian_words
from steward.providers.events import Finish, ProviderEvent, ToolCall, ToolCallStart, ToolInputDelta, Usage
from steward.providers.librarian import Librarian, reply
from steward.providers.librarian_commands import Planned
from steward.providers.wire import Endpoint, ModelRequest, OneTool, PromptMessage, ToolChoice, ToolSpec

CREATE = ToolSpec(
    "createTask",
    "Write down a task.\n\nMore of it.",
    {
        "type": "object",
        "properties": {
            "priority": {"enum": ["low", "high"], "default": "low"},
            "title": {"type": "string"},
            "minutes": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "isUrgent": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["title"],
    },
)
SEARCH = ToolSpec(
    "searchKnowledge", "Search.", {"properties": {"query": {"type": "string"}}, "required": ["query"]}
)
ADD = ToolSpec("add", "Add.", {"properties": {"a": {"type": "number"}}, "required": ["a"]})
BARE = ToolSpec("bare", "Nothing is known of its arguments.", {})
TOOLS = [CREATE, SEARCH, ADD, BARE]


def asking(text: str, *calls: dict[str, Any], tool_choice: ToolChoice | None = None) -> ModelRequest:
    messages = [
        PromptMessage.of_text("system", "/createTask of the system is no command"),
        PromptMessage.of_text("user", "/createTask an earlier one"),
        PromptMessage.of_text("assistant", "I carried it out."),
        PromptMessage.of_text("user", text),
    ]
    if calls:
        messages.append(PromptMessage("assistant", list(calls)))
    return ModelRequest(messages, tools=TOOLS, tool_choice=tool_choice)


def result(name: str = "createTask", **outcome: Any) -> dict[str, Any]:
    return {"type": "tool_call", "call_id": "call_1", "name": name, "input": {}, **outcome}


@pytest.mark.req("TOOL-31")
@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("/createTask Call the bank", "createTask", {"title": "Call the bank"}),
        ("  /createtask   Call\nthe bank ", "createTask", {"title": "Call\nthe bank"}),
        (
            '/createTask Call priority=high the bank tags="a, b" minutes=5 isUrgent=true',
            "createTask",
            {
                "priority": "high",
                "tags": ["a", "b"],
                "minutes": 5,
                "isUrgent": True,
                "title": "Call  the bank",
            },
        ),
        ("/createTask title=Short and more", "createTask", {"title": "Short", "priority": "and more"}),
        ("/createTask x=1 and y=2", "createTask", {"title": "x=1 and y=2"}),
        ("/createTask a minutes=soon", "createTask", {"title": "a", "minutes": "soon"}),
        ('/createTask {"title": "a", "minutes": null}', "createTask", {"title": "a", "minutes": None}),
        ("/searchKnowledge Where is the pump?", "searchKnowledge", {"query": "Where is the pump?"}),
        ("/add a=1.5", "add", {"a": 1.5}),
        ("/bare", "bare", {}),
        ('/bare {"whatever": [1]}', "bare", {"whatever": [1]}),
    ],
)
def test_a_command_becomes_a_call(text: str, tool: str, arguments: dict[str, Any]) -> None:
    assert reply(asking(text)) == Planned(tool, arguments)


@pytest.mark.req("TOOL-31")
def test_a_tool_that_the_request_insists_on_gets_the_text() -> None:
    insisting = asking("the bank", tool_choice=OneTool("createTask"))
    assert reply(insisting) == Planned("createTask", {"title": "the bank"})


async def test_a_call_is_said_as_models_say_it() -> None:
    events: list[ProviderEvent] = []
    async with aiohttp.ClientSession() as http:
        endpoint = Endpoint("steward", "librarian", "", None)
        async for batch in Librarian().stream(http, endpoint, asking("/createTask Go"), Limits()):
            events += batch
    start, delta, call, *end = events
    assert isinstance(start, ToolCallStart)
    assert isinstance(delta, ToolInputDelta)
    assert call == ToolCall(start.call_id, "createTask", {"title": "Go"}, delta.text)
    assert delta.text == '{"title":"Go"}'
    assert end == [Usage(0, 0), Finish("tool_calls")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/createTask", ["`/createTask` needs `title`", "`/createTask <title> [priority=…]"]),
        ("/add 5", ["`/add` needs `a`", "`/add a=…`"]),
        ("/createTask {title: a}", ["begins like JSON, and is none"]),
        ("/creatTask a", ["I do not know the command `/creatTask`", "There are these:", "`/add a=…`: Add."]),
    ],
)
def test_what_cannot_be_called_says_how(text: str, words: list[str]) -> None:
    said = reply(asking(text))
    assert isinstance(said, str)
    for word in words:
        assert word in said


def test_help_lists_the_commands_and_says_that_this_is_no_model() -> None:
    said = reply(asking("/help"))
    assert isinstance(said, str)
    assert said.startswith("No language model is configured yet, so I only carry out commands.")
    assert [line.partition(":")[0] for line in said.split("\n") if line.startswith("- ")] == [
        "- `/createTask <title> [priority=…] [minutes=…] [isUrgent=…] [tags=…]`",
        "- `/searchKnowledge <query>`",
        "- `/add a=…`",
        "- `/bare`",
    ]
    assert "More of it" not in said


def test_where_there_are_no_tools_no_command_can_be_carried_out() -> None:
    said = reply(ModelRequest([PromptMessage.of_text("user", "/createTask a")]))
    assert isinstance(said, str)
    assert "this conversation is offered no tools" in said


@pytest.mark.parametrize(
    "text", ["createTask a", "Where is /etc?", "/etc/hosts", "/ createTask a", "http://x/createTask"]
)
def test_what_is_no_command_calls_nothing(text: str) -> None:
    said = reply(asking(text))
    assert isinstance(said, str)
    assert said.startswith("No language model is configured yet, and I found nothing about this")


def test_a_result_is_told_as_a_list_that_people_read() -> None:
    output = {
        "success": True,
        "taskId": "task_1",
        "assigned_to": None,
        "steps": [{"title": "Look [1] up"}, {"title": "Call\nthem"}],
    }
    assert reply(asking("/createTask a", result(output=output))) == (
        "I carried out `/createTask`, and this is what it gave:\n\n"
        "- **Success:** true\n"
        "- **Task id:** task_1\n"
        "- **Steps:**\n"
        "    1.\n"
        "        - **Title:** Look \\[1] up\n"
        "    2.\n"
        "        - **Title:** Call them"
    )


@pytest.mark.parametrize("output", [None, "", [], {}])
def test_a_result_of_nothing(output: Any) -> None:
    assert (
        reply(asking("/bare", result("bare", output=output)))
        == "I carried out `/bare`. It gave nothing back."
    )


def test_long_results_are_cut() -> None:
    said = reply(asking("/bare", result("bare", output=["x" * 10_000] * 30)))
    assert isinstance(said, str)
    assert said.endswith("… and 10 more.")
    assert len(said) < 12_000


def test_a_failure_is_told_with_its_reason() -> None:
    said = reply(
        asking("/createTask a", result(error="The person said no."), result("add", state="input_ready"))
    )
    assert said == (
        "`/createTask` was not carried out: The person said no.\n\n"
        "`/add` was not carried out: interrupted before it gave a result."
    )


def test_it_speaks_the_language_of_the_command() -> None:
    said = reply(asking("/createTask die Bank anrufen, und das ist nicht schwer", result(output="Gut.")))
    assert said == "Ich habe `/createTask` ausgeführt. Das ist das Ergebnis:\n\nGut."


@pytest.mark.parametrize("language", sorted(librarian_words.COMMANDS))
def test_every_language_has_every_sentence(language: Language) -> None:
    assert librarian_words.COMMANDS.keys() == librarian_words.IN.keys()
    say = librarian_words.COMMANDS[language]
    for sentence in (say.unknown, say.needs, say.no_json, say.done, say.nothing, say.failed):
        assert "`/x`" in sentence.format(name="x", missing="m", why="w")
    assert "7" in say.more.format(count=7)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(text=st.text(max_size=60), output=JSON, schema=JSON)
def test_whatever_is_typed_or_comes_back_is_answered(text: str, output: Any, schema: Any) -> None:
    of_one: dict[str, Any] = {"properties": {"a": schema}, "required": ["a"]}
    tools = [ToolSpec("t", "d", cast("dict[str, Any]", schema) if isinstance(schema, dict) else of_one)]
    messages = [PromptMessage.of_text("user", f"/t {text}")]
    assert reply(ModelRequest(messages, tools=tools))
    messages.append(PromptMessage("assistant", [result("t", output=output)]))
    assert reply(ModelRequest(messages, tools=tools))
