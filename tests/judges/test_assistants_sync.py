"""The official Python client without a loop as judge of the Assistants door: every row, every poller."""

# OpenAI calls the whole API deprecated; it is kept here.
# pyright: reportDeprecated=false

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import httpx2
import openai
import pytest
from openai.types.beta import FunctionToolParam
from openai.types.beta.threads import Message

from tests.conftest import Person
from tests.doors.openai.running import MODEL, WEATHER, calling
from tests.judges.assistants_rows import Check, Checks, row_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
]

Way = Callable[[openai.OpenAI], None]
CHECKS: Checks[Way] = Checks()
TOOL = cast("FunctionToolParam", WEATHER)
EVERYTHING = "step_details.tool_calls[*].file_search.results[*].content"


def note(text: str = "The pump is on the roof.", name: str = "pump.md") -> tuple[str, bytes]:
    """A small file to upload."""
    return name, text.encode()


def said(message: Message) -> str:
    """The one text of a message."""
    (content,) = message.content
    assert content.type == "text"
    return content.text.value


@CHECKS.asks(
    "POST /assistants",
    "GET /assistants",
    "GET /assistants/{id}",
    "POST /assistants/{id}",
    "DELETE /assistants/{id}",
)
def assistants(official: openai.OpenAI) -> None:
    made = [official.beta.assistants.create(model=MODEL, name=f"Pump {at}") for at in range(3)]
    first = made[0]
    assert official.beta.assistants.retrieve(first.id) == first
    changed = official.beta.assistants.update(first.id, description="Pumps.", metadata={"a": "b"})
    assert (changed.name, changed.description, changed.metadata) == ("Pump 0", "Pumps.", {"a": "b"})
    listed = official.beta.assistants.list(limit=1, order="asc", after=first.id)
    assert [one.id for one in listed] == [one.id for one in made[1:]]
    back = official.beta.assistants.list(limit=1, before=made[0].id)
    assert [one.id for one in back.data] == [made[1].id]
    assert official.beta.assistants.delete(first.id).to_dict() == {
        "id": first.id,
        "object": "assistant.deleted",
        "deleted": True,
    }
    with pytest.raises(openai.NotFoundError):
        official.beta.assistants.retrieve(first.id)


@CHECKS.asks("POST /threads", "GET /threads/{id}", "POST /threads/{id}", "DELETE /threads/{id}")
def threads(official: openai.OpenAI) -> None:
    made = official.beta.threads.create(metadata={"chat": "1"}, messages=[{"role": "user", "content": "Hi."}])
    assert official.beta.threads.retrieve(made.id) == made
    assert official.beta.threads.update(made.id, metadata={"chat": "2"}).metadata == {"chat": "2"}
    assert official.beta.threads.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        official.beta.threads.retrieve(made.id)


@CHECKS.asks(
    "GET /threads/{id}/messages",
    "POST /threads/{id}/messages",
    "GET /threads/{id}/messages/{id}",
    "POST /threads/{id}/messages/{id}",
    "DELETE /threads/{id}/messages/{id}",
)
def messages(official: openai.OpenAI) -> None:
    thread = official.beta.threads.create()
    door = official.beta.threads.messages
    made = [door.create(thread.id, role="user", content=f"Line {at}.") for at in range(3)]
    assert door.retrieve(made[0].id, thread_id=thread.id) == made[0]
    changed = door.update(made[0].id, thread_id=thread.id, metadata={"a": "b"})
    assert (changed.metadata, said(changed)) == ({"a": "b"}, "Line 0.")
    assert [said(one) for one in door.list(thread.id, limit=1, order="asc")] == [
        "Line 0.",
        "Line 1.",
        "Line 2.",
    ]
    assert door.delete(made[1].id, thread_id=thread.id).object == "thread.message.deleted"
    assert [one.id for one in door.list(thread.id)] == [made[2].id, made[0].id]


@CHECKS.asks(
    "POST /threads/runs",
    "GET /threads/{id}/runs",
    "POST /threads/{id}/runs",
    "GET /threads/{id}/runs/{id}",
    "POST /threads/{id}/runs/{id}",
    "GET /threads/{id}/runs/{id}/steps",
    "GET /threads/{id}/runs/{id}/steps/{id}",
)
def runs(official: openai.OpenAI) -> None:
    assistant = official.beta.assistants.create(model=MODEL)
    door = official.beta.threads.runs
    first = official.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "{{reply:One.}}"}]}
    )
    official.beta.threads.messages.create(first.thread_id, role="user", content="{{reply:Two.}}")
    second = door.create_and_poll(thread_id=first.thread_id, assistant_id=assistant.id)
    assert (first.status, second.status) == ("completed", "completed")
    assert [one.id for one in door.list(first.thread_id, limit=1)] == [second.id, first.id]
    changed = door.update(second.id, thread_id=first.thread_id, metadata={"seen": "yes"})
    assert changed.metadata == {"seen": "yes"}
    assert door.retrieve(second.id, thread_id=first.thread_id) == changed
    (step,) = door.steps.list(second.id, thread_id=first.thread_id, include=[EVERYTHING])
    again = door.steps.retrieve(step.id, run_id=second.id, thread_id=first.thread_id, include=[EVERYTHING])
    assert again == step
    assert second.usage is not None
    assert step.usage is not None
    assert step.usage.total_tokens == second.usage.total_tokens
    (answer,) = official.beta.threads.messages.list(first.thread_id, run_id=second.id)
    assert said(answer) == "Two."


@CHECKS.asks("POST /threads/{id}/runs/{id}/cancel", "GET /threads/{id}/runs/{id}")
def a_run_that_is_cancelled(official: openai.OpenAI) -> None:
    assistant = official.beta.assistants.create(model=MODEL)
    door = official.beta.threads.runs
    run = official.beta.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "{{hang}} wait"}]}
    )
    assert run.status == "queued"
    assert door.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
    assert door.poll(run.id, thread_id=run.thread_id).status == "cancelled"


@CHECKS.asks("POST /threads/{id}/runs/{id}/submit_tool_outputs")
def functions_by_the_pollers(official: openai.OpenAI) -> None:
    assistant = official.beta.assistants.create(model=MODEL, tools=[TOOL])
    asked = f"{calling('Bern')} {calling('Chur')} {{{{parallel_tools:2}}}} {{{{reply:It rains.}}}}"
    run = official.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": asked}]}
    )
    assert run.status == "requires_action"
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    ended = official.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "rain"} for call in reversed(calls)],
    )
    assert ended.status == "completed"
    newest = official.beta.threads.messages.list(run.thread_id, limit=1).data[0]
    assert said(newest) == "It rains."


@CHECKS.asks("GET /files", "POST /files", "GET /files/{id}", "DELETE /files/{id}", "GET /files/{id}/content")
def files(official: openai.OpenAI) -> None:
    made = [official.files.create(file=note(name=f"{at}.md"), purpose="assistants") for at in range(3)]
    assert official.files.retrieve(made[0].id) == made[0]
    assert official.files.wait_for_processing(made[0].id).status == "processed"
    assert official.files.content(made[0].id).read() == b"The pump is on the roof."
    assert [one.id for one in official.files.list(limit=2, order="asc")] == [one.id for one in made]
    assert official.files.delete(made[0].id).to_dict() == {
        "id": made[0].id,
        "object": "file",
        "deleted": True,
    }


@CHECKS.asks(
    "GET /vector_stores",
    "POST /vector_stores",
    "GET /vector_stores/{id}",
    "POST /vector_stores/{id}",
    "DELETE /vector_stores/{id}",
)
def vector_stores(official: openai.OpenAI) -> None:
    made = [official.vector_stores.create(name=f"Store {at}") for at in range(3)]
    changed = official.vector_stores.update(made[0].id, name="Pumps", metadata={"a": "b"})
    assert (changed.name, changed.metadata) == ("Pumps", {"a": "b"})
    assert official.vector_stores.retrieve(made[0].id).name == "Pumps"
    listed = official.vector_stores.list(limit=2, order="asc")
    assert [one.id for one in listed] == [one.id for one in made]
    assert official.vector_stores.delete(made[0].id).deleted
    with pytest.raises(openai.NotFoundError):
        official.vector_stores.retrieve(made[0].id)


@CHECKS.asks(
    "GET /vector_stores/{id}/files",
    "POST /vector_stores/{id}/files",
    "GET /vector_stores/{id}/files/{id}",
    "POST /vector_stores/{id}/files/{id}",
    "DELETE /vector_stores/{id}/files/{id}",
    "GET /vector_stores/{id}/files/{id}/content",
    "POST /vector_stores/{id}/search",
)
def vector_store_files(official: openai.OpenAI) -> None:
    store = official.vector_stores.create(name="Pumps")
    door = official.vector_stores.files
    first = door.upload_and_poll(vector_store_id=store.id, file=note())
    kept = official.files.create(file=note("The key hangs in the hall.", "key.md"), purpose="assistants")
    second = door.create_and_poll(kept.id, vector_store_id=store.id, attributes={"floor": 1})
    assert (first.status, second.status, second.attributes) == ("completed", "completed", {"floor": 1})
    assert door.retrieve(second.id, vector_store_id=store.id) == second
    changed = door.update(second.id, vector_store_id=store.id, attributes={"floor": 2, "dry": True})
    assert changed.attributes == {"floor": 2, "dry": True}
    listed = door.list(store.id, limit=1, order="asc", filter="completed")
    assert [one.id for one in listed] == [first.id, second.id]
    (page,) = door.content(second.id, vector_store_id=store.id)
    assert page.text == "The key hangs in the hall."
    found = official.vector_stores.search(
        store.id, query="Where is the key?", filters={"type": "eq", "key": "floor", "value": 2}
    )
    assert [one.file_id for one in found] == [second.id]
    assert door.delete(first.id, vector_store_id=store.id).object == "vector_store.file.deleted"
    assert [one.id for one in door.list(store.id)] == [second.id]


@CHECKS.asks(
    "POST /vector_stores/{id}/file_batches",
    "GET /vector_stores/{id}/file_batches/{id}",
    "POST /vector_stores/{id}/file_batches/{id}/cancel",
    "GET /vector_stores/{id}/file_batches/{id}/files",
)
def file_batches(official: openai.OpenAI) -> None:
    store = official.vector_stores.create(name="Pumps")
    door = official.vector_stores.file_batches
    brought = door.upload_and_poll(store.id, files=[note(name="a.md"), note("Another.", "b.md")])
    assert (brought.status, brought.file_counts.completed, brought.file_counts.total) == ("completed", 2, 2)
    assert door.retrieve(brought.id, vector_store_id=store.id) == brought
    assert len(list(door.list_files(brought.id, vector_store_id=store.id, limit=1))) == 2
    kept = official.files.create(file=note("A third.", "c.md"), purpose="assistants")
    again = door.create_and_poll(store.id, file_ids=[kept.id])
    assert (again.status, again.file_counts.total) == ("completed", 1)
    # All is done: there is nothing to stop.
    assert door.cancel(again.id, vector_store_id=store.id).file_counts.completed == 1


@CHECKS.asks()
def raw_answers(official: openai.OpenAI) -> None:
    """What stands beside the body: how soon to ask again, and the id of the request."""
    assistant = official.beta.assistants.create(model=MODEL)
    thread = official.beta.threads.create(messages=[{"role": "user", "content": "{{reply:Hi.}}"}])
    raw = official.beta.threads.runs.with_raw_response.create(thread.id, assistant_id=assistant.id)
    assert 0 < int(raw.headers["openai-poll-after-ms"]) < 1000
    run = raw.parse()
    assert run.status == "queued"
    assert raw.request_id is not None
    assert raw.request_id.startswith("req_")
    with official.beta.threads.with_streaming_response.retrieve(thread.id) as streamed:
        assert streamed.parse().id == thread.id
    assert (
        official.beta.threads.runs.poll(run.id, thread_id=thread.id, poll_interval_ms=20).status
        == "completed"
    )


@pytest.mark.slow
@pytest.mark.req("THRD-01", "THRD-06", "THRD-12")
@pytest.mark.parametrize("check", CHECKS.known, ids=lambda check: check.name)
async def test_the_client_that_blocks(check: Check[Way], server: str, ada: Person) -> None:
    asked: set[str] = set()

    def keep(answer: httpx2.Response) -> None:
        if answer.status_code == 200:
            asked.add(row_of(answer.request.method, answer.request.url.path))

    http = openai.DefaultHttpxClient(event_hooks={"response": [keep]})
    with openai.OpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0, http_client=http) as official:
        await asyncio.to_thread(check.way, official)
    assert check.rows <= asked
