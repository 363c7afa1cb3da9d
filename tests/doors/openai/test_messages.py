"""Messages of the Assistants API, judged by OpenAI's own client."""

# pyright: reportDeprecated=false
# The door is for the programs that still call what the client calls deprecated.

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import httpx
import openai
import pytest

from steward.doors.openai.thread_objects import message_object
from steward.files import service as files
from steward.kernel.runtime import Runtime
from steward.runs.authors import Author
from steward.threads.schemas import MessageRead
from tests.conftest import Person
from tests.knowledge.library import add, pieces
from tests.support import talk

pytestmark = pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning")

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


@pytest.mark.req("THRD-06")
async def test_a_message_is_read_back(official: openai.AsyncOpenAI) -> None:
    thread = await official.beta.threads.create()
    pairs = {"profileContext": "bees", "timestamp": "2026-11-21T09:00:00Z"}
    made = await official.beta.threads.messages.create(
        thread.id, role="user", content="Grüezi", metadata=pairs
    )
    read = await official.beta.threads.messages.retrieve(made.id, thread_id=thread.id)
    assert made.id.startswith("msg_")
    assert read.to_dict() == {
        "id": made.id,
        "object": "thread.message",
        "created_at": made.created_at,
        "thread_id": thread.id,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": made.created_at,
        "incomplete_at": None,
        "role": "user",
        "content": [{"type": "text", "text": {"value": "Grüezi", "annotations": []}}],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": pairs,
    }
    changed = await official.beta.threads.messages.update(made.id, thread_id=thread.id, metadata={"a": "b"})
    assert changed.to_dict() == {**read.to_dict(), "metadata": {"a": "b"}}


async def test_programs_write_as_much_as_they_could_before(official: openai.AsyncOpenAI) -> None:
    thread = await official.beta.threads.create()
    made = await official.beta.threads.messages.create(thread.id, role="user", content="long " * 51_200)
    block = made.content[0]
    assert block.type == "text"
    assert len(block.text.value) == 256_000
    with pytest.raises(openai.BadRequestError) as refused:
        await official.beta.threads.messages.create(thread.id, role="user", content="x" * 256_001)
    assert "at most 256000" in refused.value.message


async def test_messages_of_one_second_keep_their_order(official: openai.AsyncOpenAI) -> None:
    thread = await official.beta.threads.create()
    ids = [
        (await official.beta.threads.messages.create(thread.id, role="user", content=f"No. {n}")).id
        for n in range(5)
    ]
    listing = official.beta.threads.messages.list
    assert [one.id async for one in listing(thread.id, limit=2)] == ids[::-1]
    assert [one.id async for one in listing(thread.id, limit=2, order="asc")] == ids
    before = await listing(thread.id, before=ids[4], order="asc", limit=2)
    assert ([one.id for one in before.data], before.has_more) == (ids[2:4], True)
    between = await listing(thread.id, after=ids[4], before=ids[1])
    assert [one.id for one in between.data] == [ids[3], ids[2]]
    nothing = await listing(thread.id, after=ids[0])
    assert (nothing.data, nothing.has_more) == ([], False)


async def test_a_list_without_messages(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    thread = await official.beta.threads.create()
    answer = await client.get(f"/v1/threads/{thread.id}/messages", headers=ada.headers)
    assert answer.json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


async def test_the_messages_of_a_run(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    first = await talk.ask(client, ada, "One {{reply:Uno.}}")
    second = await talk.ask(client, ada, "Two {{reply:Due.}}", first["thread_id"])
    found = await official.beta.threads.messages.list(first["thread_id"], run_id=second["run_id"])
    assert [one.id for one in found.data] == [second["message_id"]]
    assert found.data[0].content[0].to_dict() == {
        "type": "text",
        "text": {"value": "Due.", "annotations": []},
    }


async def test_only_the_visible_branch_is_listed(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    first = await talk.ask(client, ada, "One {{reply:Uno.}}")
    again = await talk.again(client, ada, first["thread_id"])
    listed = [one.id async for one in official.beta.threads.messages.list(first["thread_id"])]
    assert listed[0] == again["message_id"]
    assert first["message_id"] not in listed
    # Its id still names it.
    old = await official.beta.threads.messages.retrieve(first["message_id"], thread_id=first["thread_id"])
    assert old.role == "assistant"


@pytest.mark.req("VEC-04")
async def test_citations_keep_their_markers(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    asked = "At how many bar does the pump run? {{reply:Grüezi 🐝 it runs at 9 bar [1]. Really [1]!}}"
    answer = await talk.ask(client, ada, asked, rag_enabled=True)
    message = await official.beta.threads.messages.retrieve(
        answer["message_id"], thread_id=answer["thread_id"]
    )
    (content,) = message.content
    assert content.type == "text"
    assert content.text.value == "Grüezi 🐝 it runs at 9 bar [1]. Really [1]!"
    assert len(content.text.annotations) == 2
    for annotation in content.text.annotations:
        assert annotation.type == "file_citation"
        assert content.text.value[annotation.start_index : annotation.end_index] == annotation.text == "[1]"
        assert annotation.file_citation.file_id == document.file_id
        assert "9 bar" in annotation.file_citation.to_dict()["quote"]  # pyright: ignore[reportOperatorIssue]  # more than OpenAI gives


async def test_images_and_texts_stay_apart(official: openai.AsyncOpenAI, house: Runtime, ada: Person) -> None:
    assert house
    image = await files.store(ada.actor, pieces(PIXEL), name="pixel.png", purpose="vision")
    thread = await official.beta.threads.create()
    url = "https://example.com/bee.png"
    made = await official.beta.threads.messages.create(
        thread.id,
        role="user",
        content=[
            {"type": "text", "text": "What is this?"},
            {"type": "image_file", "image_file": {"file_id": image.id, "detail": "high"}},
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "text", "text": "And that?"},
        ],
    )
    assert [content.to_dict() for content in made.content] == [
        {"type": "text", "text": {"value": "What is this?", "annotations": []}},
        {"type": "image_file", "image_file": {"file_id": image.id, "detail": "high"}},
        {"type": "image_url", "image_url": {"url": url, "detail": "auto"}},
        {"type": "text", "text": {"value": "And that?", "annotations": []}},
    ]
    text = await files.store(ada.actor, pieces(b"no image"), name="a.txt", purpose="vision")
    with pytest.raises(openai.BadRequestError, match="is no image"):
        await official.beta.threads.messages.create(
            thread.id, role="user", content=[{"type": "image_file", "image_file": {"file_id": text.id}}]
        )


async def test_attachments_go_into_the_threads_store(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person, house: Runtime
) -> None:
    assert house
    stored = [
        await files.store(ada.actor, pieces(f"Bee no. {n}.".encode()), name=f"{n}.txt", purpose="assistants")
        for n in range(2)
    ]
    thread = await official.beta.threads.create()
    attachments: list[Any] = [{"file_id": one.id, "tools": [{"type": "file_search"}]} for one in stored]
    for attachment in attachments:
        made = await official.beta.threads.messages.create(
            thread.id, role="user", content="Read it.", attachments=[attachment]
        )
        assert [one.to_dict() for one in made.attachments or ()] == [attachment]
    read = await official.beta.threads.retrieve(thread.id)
    assert read.tool_resources is not None
    assert read.tool_resources.file_search is not None
    (store,) = read.tool_resources.file_search.vector_store_ids or []
    shown = (await client.get(f"/api/v1/collections/{store}", headers=ada.headers)).json()
    assert (shown["documents"]["total"], shown["expires_days"], shown["in_chat"]) == (2, 7, False)


async def test_a_message_is_refused_while_a_run_is_active(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    thread = await official.beta.threads.create()
    body = {"id": thread.id, "messages": [talk.text("{{words:400}} {{pace_ms:20}}")]}
    async with client.stream("POST", "/api/v1/chat", json=body, headers=ada.headers):
        live = (await talk.read(client, ada, thread.id))["live_run"]
        with pytest.raises(openai.BadRequestError) as refused:
            await official.beta.threads.messages.create(thread.id, role="user", content="Wait")
        assert refused.value.body == {
            "message": f"Can't add messages to {thread.id} while a run {live['id']} is active.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
        listed = await official.beta.threads.messages.list(thread.id, order="asc")
        assert listed.data[0].role == "user"
        asked = listed.data[0].id
        with pytest.raises(openai.BadRequestError, match="is active"):
            await official.beta.threads.messages.delete(asked, thread_id=thread.id)
        await official.beta.threads.messages.update(asked, thread_id=thread.id, metadata={"a": "b"})
        await client.post(f"/api/v1/chat/{thread.id}/stop", headers=ada.headers)
    await talk.settled(client, ada, thread.id)
    made = await official.beta.threads.messages.create(thread.id, role="user", content="Now")
    assert made.status == "completed"
    stopped = [one async for one in official.beta.threads.messages.list(thread.id, run_id=live["id"])]
    for message in stopped:
        assert message.status == "incomplete"
        assert message.incomplete_details is not None
        assert message.incomplete_details.reason == "run_cancelled"


async def test_parallel_messages_all_stay(official: openai.AsyncOpenAI) -> None:
    thread = await official.beta.threads.create()
    made = await asyncio.gather(
        *(official.beta.threads.messages.create(thread.id, role="user", content=f"{n}") for n in range(8))
    )
    listed = {one.id async for one in official.beta.threads.messages.list(thread.id)}
    assert listed == {one.id for one in made}


async def test_a_deleted_message_leaves_the_others(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    thread = await official.beta.threads.create()
    ids = [
        (await official.beta.threads.messages.create(thread.id, role="user", content=f"No. {n}")).id
        for n in range(4)
    ]
    for message_id in (ids[1], ids[3], ids[0]):
        gone = await official.beta.threads.messages.delete(message_id, thread_id=thread.id)
        assert gone.to_dict() == {"id": message_id, "object": "thread.message.deleted", "deleted": True}
    assert [one.id async for one in official.beta.threads.messages.list(thread.id)] == [ids[2]]
    with pytest.raises(openai.NotFoundError, match=f"No message found with id '{ids[1]}'"):
        await official.beta.threads.messages.retrieve(ids[1], thread_id=thread.id)
    shown = await talk.read(client, ada, thread.id)
    assert ([one["id"] for one in shown["messages"]], shown["thread"]["message_count"]) == ([ids[2]], 1)


def read_of(parts: list[dict[str, Any]], **fields: Any) -> MessageRead:
    known: dict[str, Any] = {
        "id": "msg_1",
        "client_id": None,
        "parent_id": None,
        "role": "assistant",
        "parts": parts,
        "status": "completed",
        "model": None,
        "finish_reason": None,
        "usage": None,
        "run_id": "run_1",
        "error": None,
        "created_at": datetime(2026, 11, 21, tzinfo=UTC),
        "metadata": {},
        "siblings": [],
    }
    return MessageRead(**{**known, **fields})


ENDS = [
    ("incomplete", "incomplete", "length", "max_tokens"),
    ("incomplete", "incomplete", "content_filter", "content_filter"),
    ("cancelled", "cancelled", None, "run_cancelled"),
    ("failed", "failed", None, "run_failed"),
    ("failed", "expired", None, "run_expired"),
    ("interrupted", "failed", None, "run_failed"),
]


@pytest.mark.parametrize(("status", "run_status", "finish_reason", "reason"), ENDS)
def test_why_an_answer_is_incomplete(
    status: str, run_status: str, finish_reason: str | None, reason: str
) -> None:
    ended_at = datetime(2026, 11, 21, 0, 0, 5, tzinfo=UTC)
    message = read_of([{"type": "text", "text": "Half"}], status=status, finish_reason=finish_reason)
    shown = message_object(message, "thread_1", Author("run_1", "asst_1", run_status, ended_at))
    assert (shown["status"], shown["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert (shown["completed_at"], shown["incomplete_at"]) == (None, int(ended_at.timestamp()))
    assert shown["assistant_id"] == "asst_1"


def test_an_answer_with_tools_is_one_text() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "Let me look. "},
        {"type": "tool_call", "call_id": "call_1", "name": "find", "input": {}},
        {"type": "text", "text": "Found [2] but not [3]."},
        {
            "type": "source",
            "number": 2,
            "file_id": None,
            "document_id": "doc_1",
            "excerpt": "Here it is.",
        },
    ]
    (content,) = message_object(read_of(parts), "thread_1")["content"]
    assert content["text"]["value"] == "Let me look. Found [2] but not [3]."
    assert content["text"]["annotations"] == [
        {
            "type": "file_citation",
            "text": "[2]",
            "start_index": 19,
            "end_index": 22,
            "file_citation": {"file_id": "doc_1", "quote": "Here it is."},
        }
    ]
    assert message_object(read_of(parts[1:2]), "thread_1")["content"] == []


def test_a_file_of_another_door_is_named() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "Read this."},
        {
            "type": "file",
            "url": "data:application/pdf;base64,eA==",
            "media_type": "application/pdf",
            "filename": "a.pdf",
        },
    ]
    shown = message_object(read_of(parts, role="user", run_id=None), "thread_1")
    assert [content["text"]["value"] for content in shown["content"]] == ["Read this.", "[a.pdf]"]


BAD: list[tuple[dict[str, Any], str, str | None]] = [
    ({"content": "x"}, "Missing required parameter: 'role'.", "missing_required_parameter"),
    ({"role": "user"}, "Missing required parameter: 'content'.", "missing_required_parameter"),
    (
        {"role": "system", "content": "x"},
        "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
        "invalid_value",
    ),
    ({"role": "user", "content": "  "}, "The message is empty; write something first.", "message_empty"),
    (
        {"role": "user", "content": [{"type": "audio"}]},
        "Invalid value: 'audio'. Supported values are: 'text', 'image_file', and 'image_url'.",
        "invalid_value",
    ),
]


@pytest.mark.parametrize(
    ("body", "message", "code"), BAD, ids=["role", "content", "system", "blank", "audio"]
)
async def test_what_does_not_fit_is_told(
    client: httpx.AsyncClient, ada: Person, body: dict[str, Any], message: str, code: str
) -> None:
    thread = (await client.post("/v1/threads", headers=ada.headers)).json()["id"]
    answer = await client.post(f"/v1/threads/{thread}/messages", json=body, headers=ada.headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["message"], error["code"]) == (400, message, code)


async def test_a_strangers_message_is_not_there(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, eve: Person, bob: Person
) -> None:
    thread = await official.beta.threads.create(messages=[{"role": "user", "content": "Mine"}])
    (mine,) = [one.id async for one in official.beta.threads.messages.list(thread.id)]
    for stranger in (eve, bob):
        theirs = (await client.post("/v1/threads", headers=stranger.headers)).json()["id"]
        for where, missing in ((thread.id, "thread"), (theirs, "message")):
            for method, body in (("GET", None), ("POST", {"metadata": {"a": "b"}}), ("DELETE", None)):
                path = f"/v1/threads/{where}/messages/{mine}"
                answer = await client.request(method, path, json=body, headers=stranger.headers)
                assert (answer.status_code, answer.json()["error"]["code"]) == (404, None)
                assert answer.json()["error"]["message"].startswith(f"No {missing} found with id")
        added = await client.post(
            f"/v1/threads/{thread.id}/messages",
            json={"role": "user", "content": "x"},
            headers=stranger.headers,
        )
        assert added.status_code == 404
