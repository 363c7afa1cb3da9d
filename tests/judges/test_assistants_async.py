"""The official Python client with a loop as judge of the Assistants door: every row, every poller."""

# OpenAI calls the whole API deprecated; it is kept here.
# pyright: reportDeprecated=false

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import openai
import pytest

from tests.conftest import Person
from tests.doors.openai.running import MODEL, calling
from tests.judges.assistants_rows import Check, Checks, row_of
from tests.judges.test_assistants_sync import EVERYTHING, TOOL, note, said

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
]

Way = Callable[[openai.AsyncOpenAI], Awaitable[None]]
CHECKS: Checks[Way] = Checks()


@CHECKS.asks(
    "POST /assistants",
    "GET /assistants",
    "GET /assistants/{id}",
    "POST /assistants/{id}",
    "DELETE /assistants/{id}",
)
async def assistants(official: openai.AsyncOpenAI) -> None:
    door = official.beta.assistants
    made = [await door.create(model=MODEL, name=f"Pump {at}") for at in range(3)]
    assert await door.retrieve(made[0].id) == made[0]
    changed = await door.update(made[0].id, instructions="Be dry.", temperature=0.2)
    assert (changed.name, changed.instructions, changed.temperature) == ("Pump 0", "Be dry.", 0.2)
    listed = [one.id async for one in door.list(limit=1)]
    assert listed == [one.id for one in reversed(made)]
    assert (await door.delete(made[0].id)).deleted
    with pytest.raises(openai.NotFoundError):
        await door.retrieve(made[0].id)


@CHECKS.asks("POST /threads", "GET /threads/{id}", "POST /threads/{id}", "DELETE /threads/{id}")
async def threads(official: openai.AsyncOpenAI) -> None:
    door = official.beta.threads
    made = await door.create(metadata={"chat": "1"})
    assert await door.retrieve(made.id) == made
    assert (await door.update(made.id, metadata={"chat": "2"})).metadata == {"chat": "2"}
    assert (await door.delete(made.id)).object == "thread.deleted"
    with pytest.raises(openai.NotFoundError):
        await door.retrieve(made.id)


@CHECKS.asks(
    "GET /threads/{id}/messages",
    "POST /threads/{id}/messages",
    "GET /threads/{id}/messages/{id}",
    "POST /threads/{id}/messages/{id}",
    "DELETE /threads/{id}/messages/{id}",
)
async def messages(official: openai.AsyncOpenAI) -> None:
    thread = await official.beta.threads.create()
    door = official.beta.threads.messages
    made = [await door.create(thread.id, role="user", content=f"Line {at}.") for at in range(3)]
    assert await door.retrieve(made[0].id, thread_id=thread.id) == made[0]
    changed = await door.update(made[0].id, thread_id=thread.id, metadata={"a": "b"})
    assert (changed.metadata, said(changed)) == ({"a": "b"}, "Line 0.")
    listed = [said(one) async for one in door.list(thread.id, limit=1, order="asc")]
    assert listed == ["Line 0.", "Line 1.", "Line 2."]
    assert (await door.delete(made[1].id, thread_id=thread.id)).deleted
    assert [one.id async for one in door.list(thread.id)] == [made[2].id, made[0].id]


@CHECKS.asks(
    "POST /threads/runs",
    "GET /threads/{id}/runs",
    "POST /threads/{id}/runs",
    "GET /threads/{id}/runs/{id}",
    "POST /threads/{id}/runs/{id}",
    "GET /threads/{id}/runs/{id}/steps",
    "GET /threads/{id}/runs/{id}/steps/{id}",
)
async def runs(official: openai.AsyncOpenAI) -> None:
    assistant = await official.beta.assistants.create(model=MODEL)
    door = official.beta.threads.runs
    first = await official.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "{{reply:One.}}"}]}
    )
    await official.beta.threads.messages.create(first.thread_id, role="user", content="{{reply:Two.}}")
    second = await door.create_and_poll(thread_id=first.thread_id, assistant_id=assistant.id)
    assert (first.status, second.status) == ("completed", "completed")
    assert [one.id async for one in door.list(first.thread_id, limit=1)] == [second.id, first.id]
    changed = await door.update(second.id, thread_id=first.thread_id, metadata={"seen": "yes"})
    assert changed.metadata == {"seen": "yes"}
    assert await door.retrieve(second.id, thread_id=first.thread_id) == changed
    (step,) = [one async for one in door.steps.list(second.id, thread_id=first.thread_id)]
    again = await door.steps.retrieve(
        step.id, run_id=second.id, thread_id=first.thread_id, include=[EVERYTHING]
    )
    assert again == step


@CHECKS.asks("POST /threads/{id}/runs/{id}/cancel", "GET /threads/{id}/runs/{id}")
async def a_run_that_is_cancelled(official: openai.AsyncOpenAI) -> None:
    assistant = await official.beta.assistants.create(model=MODEL)
    door = official.beta.threads.runs
    run = await official.beta.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "{{hang}} wait"}]}
    )
    assert (await door.cancel(run.id, thread_id=run.thread_id)).status == "cancelling"
    assert (await door.poll(run.id, thread_id=run.thread_id)).status == "cancelled"


@CHECKS.asks("POST /threads/{id}/runs/{id}/submit_tool_outputs")
async def functions_by_the_pollers(official: openai.AsyncOpenAI) -> None:
    assistant = await official.beta.assistants.create(model=MODEL, tools=[TOOL])
    asked = f"{calling('Bern')} {calling('Chur')} {{{{parallel_tools:2}}}} {{{{reply:It rains.}}}}"
    run = await official.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": asked}]}
    )
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    ended = await official.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "rain"} for call in reversed(calls)],
    )
    assert ended.status == "completed"
    newest = (await official.beta.threads.messages.list(run.thread_id, limit=1)).data[0]
    assert said(newest) == "It rains."


@CHECKS.asks("GET /files", "POST /files", "GET /files/{id}", "DELETE /files/{id}", "GET /files/{id}/content")
async def files(official: openai.AsyncOpenAI) -> None:
    door = official.files
    made = [await door.create(file=note(name=f"{at}.md"), purpose="assistants") for at in range(3)]
    assert await door.retrieve(made[0].id) == made[0]
    assert (await door.wait_for_processing(made[0].id)).status == "processed"
    assert (await door.content(made[0].id)).text == "The pump is on the roof."
    assert [one.id async for one in door.list(limit=2, order="asc")] == [one.id for one in made]
    assert (await door.delete(made[0].id)).deleted


@CHECKS.asks(
    "GET /vector_stores",
    "POST /vector_stores",
    "GET /vector_stores/{id}",
    "POST /vector_stores/{id}",
    "DELETE /vector_stores/{id}",
)
async def vector_stores(official: openai.AsyncOpenAI) -> None:
    door = official.vector_stores
    made = [await door.create(name=f"Store {at}") for at in range(3)]
    changed = await door.update(made[0].id, expires_after={"anchor": "last_active_at", "days": 3})
    assert changed.expires_after is not None
    assert (await door.retrieve(made[0].id)).expires_at == changed.expires_at
    assert [one.id async for one in door.list(limit=2, order="asc")] == [one.id for one in made]
    assert (await door.delete(made[0].id)).deleted
    with pytest.raises(openai.NotFoundError):
        await door.retrieve(made[0].id)


@CHECKS.asks(
    "GET /vector_stores/{id}/files",
    "POST /vector_stores/{id}/files",
    "GET /vector_stores/{id}/files/{id}",
    "POST /vector_stores/{id}/files/{id}",
    "DELETE /vector_stores/{id}/files/{id}",
    "GET /vector_stores/{id}/files/{id}/content",
    "POST /vector_stores/{id}/search",
)
async def vector_store_files(official: openai.AsyncOpenAI) -> None:
    store = await official.vector_stores.create(name="Pumps")
    door = official.vector_stores.files
    first = await door.upload_and_poll(vector_store_id=store.id, file=note())
    kept = await official.files.create(
        file=note("The key hangs in the hall.", "key.md"), purpose="assistants"
    )
    second = await door.create_and_poll(kept.id, vector_store_id=store.id)
    assert (first.status, second.status) == ("completed", "completed")
    assert await door.retrieve(second.id, vector_store_id=store.id) == second
    changed = await door.update(second.id, vector_store_id=store.id, attributes={"floor": 2})
    assert changed.attributes == {"floor": 2}
    listed = [one.id async for one in door.list(store.id, limit=1, order="asc")]
    assert listed == [first.id, second.id]
    (page,) = [one async for one in door.content(second.id, vector_store_id=store.id)]
    assert page.text == "The key hangs in the hall."
    found = official.vector_stores.search(store.id, query="Where is the key?", max_num_results=1)
    assert [one.file_id async for one in found] == [second.id]
    assert (await door.delete(first.id, vector_store_id=store.id)).deleted


@CHECKS.asks(
    "POST /vector_stores/{id}/file_batches",
    "GET /vector_stores/{id}/file_batches/{id}",
    "POST /vector_stores/{id}/file_batches/{id}/cancel",
    "GET /vector_stores/{id}/file_batches/{id}/files",
)
async def file_batches(official: openai.AsyncOpenAI) -> None:
    store = await official.vector_stores.create(name="Pumps")
    door = official.vector_stores.file_batches
    brought = await door.upload_and_poll(store.id, files=[note(name="a.md"), note("Another.", "b.md")])
    assert (brought.status, brought.file_counts.completed) == ("completed", 2)
    assert await door.retrieve(brought.id, vector_store_id=store.id) == brought
    listed = [one async for one in door.list_files(brought.id, vector_store_id=store.id, limit=1)]
    assert len(listed) == 2
    kept = await official.files.create(file=note("A third.", "c.md"), purpose="assistants")
    again = await door.create_and_poll(
        store.id, files=[{"file_id": kept.id, "attributes": {"floor": 3}}], poll_interval_ms=20
    )
    assert (again.status, again.file_counts.total) == ("completed", 1)
    assert (await door.cancel(again.id, vector_store_id=store.id)).file_counts.completed == 1


@CHECKS.asks()
async def one_run_at_a_time(official: openai.AsyncOpenAI) -> None:
    """Ten runs at once begin one; ten messages beside it are all refused, and taken when it is over."""
    assistant = await official.beta.assistants.create(model=MODEL)
    thread = await official.beta.threads.create(messages=[{"role": "user", "content": "{{hang}} wait"}])
    # A client that tries again asks in vain: the lock is no fault of the server.
    eager = official.with_options(max_retries=2).beta.threads
    begun = await asyncio.gather(
        *(eager.runs.create(thread.id, assistant_id=assistant.id) for _ in range(10)), return_exceptions=True
    )
    (run,) = [one for one in begun if not isinstance(one, BaseException)]
    refused = [one for one in begun if isinstance(one, openai.BadRequestError)]
    words = f"Thread {thread.id} already has an active run {run.id}."
    assert [one.body for one in refused] == [
        {"message": words, "type": "invalid_request_error", "param": None, "code": None}
    ] * 9
    beside = await asyncio.gather(
        *(eager.messages.create(thread.id, role="user", content="More.") for _ in range(10)),
        return_exceptions=True,
    )
    words = f"Can't add messages to {thread.id} while a run {run.id} is active."
    for one in beside:
        assert isinstance(one, openai.BadRequestError)
        assert one.body == {"message": words, "type": "invalid_request_error", "param": None, "code": None}
    await eager.runs.cancel(run.id, thread_id=thread.id)
    assert (await eager.runs.poll(run.id, thread_id=thread.id)).status == "cancelled"
    after = await asyncio.gather(
        *(eager.messages.create(thread.id, role="user", content=f"More {at}.") for at in range(10))
    )
    kept = [one.id async for one in eager.messages.list(thread.id)]
    assert {one.id for one in after} <= set(kept)
    assert len(kept) == 11


@pytest.mark.slow
@pytest.mark.req("THRD-01", "THRD-06", "THRD-12")
@pytest.mark.parametrize("check", CHECKS.known, ids=lambda check: check.name)
async def test_the_client_with_a_loop(check: Check[Way], server: str, ada: Person) -> None:
    asked: set[str] = set()

    async def keep(answer: httpx2.Response) -> None:
        if answer.status_code == 200:
            asked.add(row_of(answer.request.method, answer.request.url.path))

    http = openai.DefaultAsyncHttpxClient(event_hooks={"response": [keep]})
    base = f"{server}/v1"
    async with openai.AsyncOpenAI(
        base_url=base, api_key=ada.key, max_retries=0, http_client=http
    ) as official:
        await check.way(official)
    assert check.rows <= asked
