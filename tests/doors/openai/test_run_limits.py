"""What a run may read and write: limits of tokens over all its model calls, and how far back it looks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Person
from tests.doors.openai.running import (
    WEATHER,
    assistant,
    calling,
    data_of,
    get,
    names,
    post,
    streamed,
    thread,
)
from tests.support.scripted_provider import ScriptedProvider


def asked_of(provider: ScriptedProvider, mark: str) -> list[dict[str, Any]]:
    """What the model was sent about this."""
    return [one.body for one in provider.requests if mark in str(one.body)]


def said_in(body: dict[str, Any]) -> list[str]:
    """The messages of a request but the system's, in their order."""
    return [str(message["content"]) for message in body["messages"] if message["role"] != "system"]


async def hand_in(client: httpx.AsyncClient, person: Person, run: dict[str, Any]) -> list[tuple[str, Any]]:
    """The frames behind the outputs of everything that a run waits for."""
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    outputs = [{"tool_call_id": call["id"], "output": "rain"} for call in calls]
    return await streamed(client, person, path, tool_outputs=outputs)


@pytest.mark.req("THRD-22")
async def test_all_calls_of_a_run_share_its_tokens(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:{'on ' * 60}}}}}")
    mark = f"Run in {thread_id}."
    frames = await streamed(
        client,
        ada,
        f"/threads/{thread_id}/runs",
        assistant_id=assistant_id,
        instructions=mark,
        max_completion_tokens=30,
    )
    (waiting,) = data_of(frames, "thread.run.requires_action")
    frames = await hand_in(client, ada, waiting)
    assert names(frames)[-4:] == ["message.incomplete", "run.step.completed", "run.incomplete", "done"]
    (run,) = data_of(frames, "thread.run.incomplete")
    assert run["incomplete_details"] == {"reason": "max_completion_tokens"}
    assert run["usage"]["completion_tokens"] == 30
    first, second = [
        one.get("max_tokens") or one["max_completion_tokens"] for one in asked_of(provider, mark)
    ]
    assert (first, second < 30) == (30, True)
    (message,) = data_of(frames, "thread.message.incomplete")
    assert message["incomplete_details"] == {"reason": "max_tokens"}


async def test_a_run_whose_tokens_are_spent_calls_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{ignore_max_tokens}}}} {{{{reply:Rain.}}}}")
    frames = await streamed(
        client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id, max_completion_tokens=2
    )
    (run,) = data_of(frames, "thread.run.incomplete")
    assert run["incomplete_details"] == {"reason": "max_completion_tokens"}
    assert run["required_action"] is None
    # The thread is free.
    added = await post(client, ada, f"/threads/{thread_id}/messages", role="user", content="More")
    assert added.status_code == 200


async def test_a_long_thread_is_cut_to_the_tokens_of_the_prompt(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada, instructions="Short.")
    long = "word " * 400
    thread_id = await thread(client, ada, f"One {long}", f"Two {long}", f"Three {long}", "Four {{reply:Hi.}}")
    mark = f"Run in {thread_id}."
    frames = await streamed(
        client,
        ada,
        f"/threads/{thread_id}/runs",
        assistant_id=assistant_id,
        instructions=mark,
        max_prompt_tokens=800,
    )
    assert data_of(frames, "thread.run.completed")
    (body,) = asked_of(provider, mark)
    assert [text.split()[0] for text in said_in(body)] == ["Three", "Four"]


async def test_a_question_that_does_not_fit_ends_the_run(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{reply:Hi.}}")
    mark = f"Run in {thread_id}."
    frames = await streamed(
        client,
        ada,
        f"/threads/{thread_id}/runs",
        assistant_id=assistant_id,
        instructions=mark,
        max_prompt_tokens=3,
    )
    assert names(frames) == ["run.created", "run.queued", "run.in_progress", "run.incomplete", "done"]
    (run,) = data_of(frames, "thread.run.incomplete")
    assert run["incomplete_details"] == {"reason": "max_prompt_tokens"}
    assert run["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert run["last_error"] is None
    assert asked_of(provider, mark) == []
    shown = await get(client, ada, f"/threads/{thread_id}/messages")
    assert [message["role"] for message in shown["data"]] == ["user"]


async def test_what_earlier_calls_read_counts_too(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER], instructions="word " * 300)
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    path = f"/threads/{thread_id}/runs"
    # Enough for one call of the model, and not for two.
    frames = await streamed(client, ada, path, assistant_id=assistant_id, max_prompt_tokens=600)
    (waiting,) = data_of(frames, "thread.run.requires_action")
    frames = await hand_in(client, ada, waiting)
    (run,) = data_of(frames, "thread.run.incomplete")
    assert run["incomplete_details"] == {"reason": "max_prompt_tokens"}
    assert 0 < run["usage"]["prompt_tokens"] <= 600


async def test_a_run_looks_back_as_far_as_it_is_told(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada)
    texts = [f"Message {n}" for n in range(1, 30)]
    thread_id = await thread(client, ada, *texts, "The last {{reply:Hi.}}")
    newest = {"type": "last_messages", "last_messages": 3}
    for truncation, count in ((newest, 3), ({"type": "auto"}, 31)):
        mark = f"{count} in {thread_id}."
        frames = await streamed(
            client,
            ada,
            f"/threads/{thread_id}/runs",
            assistant_id=assistant_id,
            instructions=mark,
            truncation_strategy=truncation,
            additional_messages=[] if count == 3 else [{"role": "user", "content": "Now {{reply:Yes.}}"}],
        )
        (run,) = data_of(frames, "thread.run.completed")
        assert run["truncation_strategy"] == {"last_messages": None, **truncation}
        (body,) = asked_of(provider, mark)
        said = said_in(body)
        if count == 3:
            assert said == ["Message 28", "Message 29", "The last {{reply:Hi.}}"]
        else:
            # All of it: the 30 first, the answer, and what the run adds.
            assert len(said) == 32


async def test_answers_that_failed_are_no_messages_to_look_back_at(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "First", "{{status:400}} no")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert data_of(frames, "thread.run.failed")
    await post(client, ada, f"/threads/{thread_id}/messages", role="user", content="Last {{reply:Hi.}}")
    mark = f"Again in {thread_id}."
    await streamed(
        client,
        ada,
        f"/threads/{thread_id}/runs",
        assistant_id=assistant_id,
        instructions=mark,
        truncation_strategy={"type": "last_messages", "last_messages": 3},
    )
    (body,) = asked_of(provider, mark)
    assert said_in(body) == ["First", "{{status:400}} no", "Last {{reply:Hi.}}"]


async def test_a_call_and_its_output_stay_together(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    (waiting,) = data_of(frames, "thread.run.requires_action")
    await hand_in(client, ada, waiting)
    await post(client, ada, f"/threads/{thread_id}/messages", role="user", content="And now? {{reply:Sun.}}")
    mark = f"Two of {thread_id}."
    await streamed(
        client,
        ada,
        f"/threads/{thread_id}/runs",
        assistant_id=assistant_id,
        instructions=mark,
        truncation_strategy={"type": "last_messages", "last_messages": 2},
    )
    (body,) = asked_of(provider, mark)
    roles = [message["role"] for message in body["messages"] if message["role"] != "system"]
    # A wire begins with a question; the call is followed by its output.
    assert roles[-4:] == ["assistant", "tool", "assistant", "user"]


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"last_messages": 3}, "missing_required_parameter", "truncation_strategy.type"),
        ({"type": "last_messages"}, "missing_required_parameter", "truncation_strategy.last_messages"),
        ({"type": "last_messages", "last_messages": 0}, None, "truncation_strategy.last_messages"),
        ({"type": "some"}, "invalid_value", "truncation_strategy.type"),
    ],
)
async def test_a_truncation_that_does_not_fit(
    client: httpx.AsyncClient, ada: Person, given: dict[str, Any], code: str | None, param: str
) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "Hello")
    answer = await post(
        client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id, truncation_strategy=given
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == param
    assert code is None or error["code"] == code
