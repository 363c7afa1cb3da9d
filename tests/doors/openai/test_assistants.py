"""Assistants, judged by OpenAI's own client, and by the bytes where it looks away."""

# pyright: reportDeprecated=false
# The door is for the programs that still call what the client calls deprecated.

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from steward.agents import service as agents
from steward.agents.schemas import AgentChange
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.knowledge.library import add

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

MODEL = "openai/gpt-4o-mini"
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
        "strict": False,
    },
}
FILE_SEARCH = {"type": "file_search", "file_search": {"max_num_results": 7}}
ANSWER: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "schema": {"type": "object", "properties": {}}, "strict": True},
}


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


async def knock(
    client: httpx.AsyncClient, person: Person, path: str, body: Any = None, method: str | None = None
) -> httpx.Response:
    """A raw request to this door, with the header that its clients send."""
    headers = {**person.headers, "openai-beta": "assistants=v2"}
    method = method or ("GET" if body is None else "POST")
    return await client.request(method, f"/v1{path}", json=body, headers=headers)


@pytest.mark.req("AGNT-23")
@pytest.mark.req("THRD-01")
async def test_every_field_is_read_back_equal(official: openai.AsyncOpenAI, ada: Person) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    fields: dict[str, Any] = {
        "name": "Pump desk",
        "description": "Knows pumps.",
        "instructions": "Answer shortly.",
        "tools": [
            {"type": "code_interpreter"},
            WEATHER,
            {"type": "file_search", "file_search": {"max_num_results": 7}},
        ],
        "tool_resources": {
            "code_interpreter": {"file_ids": [document.file_id]},
            "file_search": {"vector_store_ids": [document.collection_id]},
        },
        "metadata": {"team": "pumps"},
        "temperature": 0.2,
        "top_p": 0.9,
        "response_format": ANSWER,
        "reasoning_effort": "low",
    }
    made = await official.beta.assistants.create(model=MODEL, **fields)
    read = await official.beta.assistants.retrieve(made.id)
    assert made.id.startswith("asst_")
    for assistant in (made, read):
        shown = assistant.to_dict()
        assert {name: shown[name] for name in fields} == fields
        assert (shown["object"], shown["model"]) == ("assistant", MODEL)
        assert set(shown) == {*fields, "id", "object", "created_at", "model"}


@pytest.mark.req("THRD-13")
async def test_what_is_not_said_is_null_and_never_absent(client: httpx.AsyncClient, ada: Person) -> None:
    made = (await knock(client, ada, "/assistants", {"model": MODEL})).json()
    assert isinstance(made.pop("created_at"), int)
    assert made == {
        "id": made["id"],
        "object": "assistant",
        "name": None,
        "description": None,
        "model": MODEL,
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
        "reasoning_effort": None,
    }
    text = {"type": "text"}
    made = (await knock(client, ada, "/assistants", {"model": MODEL, "response_format": text})).json()
    assert made["response_format"] == text


async def test_an_update_leaves_alone_what_it_does_not_name(official: openai.AsyncOpenAI) -> None:
    made = await official.beta.assistants.create(
        model=MODEL, name="Desk", instructions="Short.", tools=[{"type": "file_search"}], metadata={"a": "b"}
    )
    assert made.tool_resources is not None
    assert made.tool_resources.file_search is not None
    assert made.tool_resources.file_search.vector_store_ids == []
    changed = await official.beta.assistants.update(made.id, name="Bureau", temperature=0.5)
    assert changed.to_dict() == {**made.to_dict(), "name": "Bureau", "temperature": 0.5}
    changed = await official.beta.assistants.update(made.id, tools=[], metadata={}, instructions=None)
    assert (changed.tools, changed.metadata, changed.instructions) == ([], {}, None)
    changed = await official.beta.assistants.update(made.id, model="gpt-4o")
    assert changed.model == "gpt-4o"


async def test_an_assistant_is_an_active_agent(
    official: openai.AsyncOpenAI, house: Runtime, ada: Person
) -> None:
    made = await official.beta.assistants.create(
        model=MODEL, name="Desk", tools=[{"type": "file_search"}], metadata={"steward_tools": "createTask"}
    )
    async with house.database.work(ada.actor) as work:
        agent = await agents.get(work, house.settings, made.id)
        assert (agent.name, agent.status) == ("Desk", "active")
        assert (agent.properties.tools, agent.properties.rag_enabled) == (["createTask"], True)
        await agents.change(work, house.settings, made.id, AgentChange(rag_enabled=False, name="Renamed"))
    read = await official.beta.assistants.retrieve(made.id)
    assert (read.name, read.tools) == ("Renamed", [])


async def test_a_vector_store_is_made_within(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    assert document.file_id is not None
    store: dict[str, Any] = {
        "file_ids": [document.file_id],
        "metadata": {"made": "within"},
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
        },
    }
    made = await official.beta.assistants.create(
        model=MODEL,
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_stores": [store]}},  # pyright: ignore[reportArgumentType]  # any JSON
    )
    assert made.tool_resources is not None
    assert made.tool_resources.file_search is not None
    (store_id,) = made.tool_resources.file_search.vector_store_ids or []
    answer = await client.get(f"/api/v1/collections/{store_id}", headers=ada.headers)
    assert answer.json()["metadata"] == {"made": "within"}
    assert (answer.json()["documents"]["total"], answer.json()["chunk_tokens"]) == (1, 200)


async def test_lists_page_in_both_directions(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    empty = (await knock(client, ada, "/assistants")).json()
    assert empty == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    ids = [(await official.beta.assistants.create(model=MODEL, name=f"No. {n}")).id for n in range(5)]
    newest = [one.id async for one in official.beta.assistants.list(limit=2)]
    oldest = [one.id async for one in official.beta.assistants.list(limit=2, order="asc")]
    assert (newest, oldest) == (ids[::-1], ids)
    before = await official.beta.assistants.list(before=ids[3], order="asc", limit=2)
    assert ([one.id for one in before.data], before.has_more) == (ids[1:3], True)
    between = await official.beta.assistants.list(after=ids[4], before=ids[1])
    assert [one.id for one in between.data] == [ids[3], ids[2]]
    page = (await knock(client, ada, "/assistants?limit=2&order=asc")).json()
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[0], ids[1], True)


async def test_a_deleted_assistant_is_gone(official: openai.AsyncOpenAI) -> None:
    made = await official.beta.assistants.create(model=MODEL)
    gone = await official.beta.assistants.delete(made.id)
    assert gone.to_dict() == {"id": made.id, "object": "assistant.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{made.id}'."):
        await official.beta.assistants.retrieve(made.id)


async def test_a_strangers_assistant_is_not_there(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, eve: Person
) -> None:
    made = await official.beta.assistants.create(model=MODEL)
    path = f"/assistants/{made.id}"
    missing = {
        "message": f"No assistant found with id '{made.id}'.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    for body, method in ((None, "GET"), ({"name": "Eve was here"}, "POST"), (None, "DELETE")):
        answer = await knock(client, eve, path, body, method)
        assert (answer.status_code, answer.json()) == (404, {"error": missing})
    assert (await knock(client, eve, "/assistants")).json()["data"] == []


BAD: list[tuple[Any, str, str | None, str]] = [
    ({}, "Missing required parameter: 'model'.", "model", "missing_required_parameter"),
    (
        {"model": MODEL, "metadata": {f"k{n}": "v" for n in range(17)}},
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
        "with 17 properties instead.",
        "metadata",
        "object_above_max_properties",
    ),
    (
        {"model": MODEL, "metadata": {"modified": True}},
        "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
        "metadata.modified",
        "invalid_type",
    ),
    (
        {"model": MODEL, "name": "n" * 257},
        "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 "
        "instead.",
        "name",
        "string_above_max_length",
    ),
    (
        {"model": MODEL, "tools": [{"type": "retrieval"}]},
        "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
        "tools[0].type",
        "invalid_value",
    ),
    (
        {"model": MODEL, "temperature": 3},
        "Invalid 'temperature': integer above maximum value. Expected a value <= 2, but got 3 instead.",
        "temperature",
        "integer_above_max_value",
    ),
]


@pytest.mark.parametrize(("body", "message", "param", "code"), BAD, ids=[case[3] for case in BAD])
async def test_what_does_not_fit_is_told(
    client: httpx.AsyncClient, ada: Person, body: Any, message: str, param: str, code: str
) -> None:
    answer = await knock(client, ada, "/assistants", body)
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert (answer.status_code, answer.json()) == (400, {"error": error})


async def test_wrong_ids_and_unknown_models(official: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Expected an ID that begins with 'asst'") as refused:
        await official.beta.assistants.retrieve("undefined")
    assert (refused.value.param, refused.value.code) == ("assistant_id", "invalid_value")
    with pytest.raises(openai.BadRequestError, match="does not exist") as refused:
        await official.beta.assistants.create(model="nobody/nothing")
    assert (refused.value.param, refused.value.code) == ("model", "model_not_found")
    store = new_id("vs")
    with pytest.raises(openai.NotFoundError, match=store):
        await official.beta.assistants.create(
            model=MODEL, tool_resources={"file_search": {"vector_store_ids": [store]}}
        )
    big = {**ANSWER, "json_schema": {"name": "answer", "schema": {"description": "x" * 20_000}}}
    with pytest.raises(openai.BadRequestError, match="bytes of JSON"):
        await official.beta.assistants.create(model=MODEL, response_format=big)  # pyright: ignore[reportArgumentType]  # any JSON


@pytest.mark.req("THRD-02")
async def test_the_client_that_blocks(server: str, ada: Person) -> None:
    def checks_its_health() -> str:
        with openai.OpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as blocking:
            made = blocking.beta.assistants.create(model=MODEL, name="Health")
            return blocking.beta.assistants.retrieve(made.id).name or ""

    assert await asyncio.to_thread(checks_its_health) == "Health"
