"""The errors of the Assistants door byte by byte: programs compare these sentences, codes and nulls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from steward import app
from steward.identity.access import authenticate
from steward.kernel.http import Gate
from steward.kernel.idempotency import Idempotency
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.doors.openai.running import WEATHER, assistant, calling, get, post, thread
from tests.doors.openai.stores import made
from tests.support.limiting import impose

INVALID = "invalid_request_error"
Json = dict[str, Any]


def body_of(message: str, *, code: str | None, param: str | None = None, kind: str = INVALID) -> bytes:
    """The whole body of an error: four keys in this order, nulls written out, no blank between them."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json.dumps({"error": error}, separators=(",", ":"), ensure_ascii=False).encode()


def ensure_is(answer: httpx.Response, status: int, body: bytes) -> None:
    """The status, the body to the byte, and what an error has beside it."""
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")


async def until(client: httpx.AsyncClient, person: Person, path: str, status: str) -> Json:
    """The run, once it has this status."""
    for _ in range(500):
        run = await get(client, person, path)
        if run["status"] == status:
            return run
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {status}")


async def begun(client: httpx.AsyncClient, person: Person, text: str, **settings: Any) -> tuple[str, str]:
    """A run that was just begun: the address of its thread, and its own."""
    assistant_id = await assistant(client, person, **settings)
    thread_id = await thread(client, person, text)
    run = await post(client, person, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert run.status_code == 200, run.text
    return f"/threads/{thread_id}", f"/threads/{thread_id}/runs/{run.json()['id']}"


@pytest.mark.parametrize("beta", [None, "assistants=v2", "assistants=v1"])
async def test_the_beta_header_may_be_missing(
    client: httpx.AsyncClient, ada: Person, beta: str | None
) -> None:
    """OpenAI's own hosts answered 400 `invalid_beta`; nobody needs that."""
    headers = ada.headers if beta is None else {**ada.headers, "OpenAI-Beta": beta}
    assert (await client.get("/v1/assistants", headers=headers)).status_code == 200


@pytest.mark.req("THRD-18")
@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer sk-nobody"}], ids=["no key", "no such key"]
)
async def test_a_key_that_is_none(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    words = "Incorrect API key provided. Make one with `steward key create`."
    for answer in (
        await client.get("/v1/assistants", headers=headers),
        await client.post("/v1/threads", json={}, headers=headers),
        await client.post("/v1/threads/runs", json={"assistant_id": "asst_1"}, headers=headers),
    ):
        ensure_is(answer, 401, body_of(words, code="invalid_api_key"))


async def test_no_such_object(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    """Also what is there, but another workspace's: the caller cannot tell."""
    thread_path, run_path = await begun(client, ada, "{{reply:Hi.}}")
    await until(client, ada, run_path, "completed")
    store = f"/vector_stores/{(await made(client, ada))['id']}"
    in_store = f"No file found with id 'file-1' in vector store '{store.split('/')[-1]}'."
    cases = {
        "/assistants/asst_1": "No assistant found with id 'asst_1'.",
        "/threads/thread_1": "No thread found with id 'thread_1'.",
        "/threads/thread_1/messages": "No thread found with id 'thread_1'.",
        f"{thread_path}/messages/msg_1": "No message found with id 'msg_1'.",
        f"{thread_path}/runs/run_1": "No run found with id 'run_1'.",
        f"{thread_path}/runs/run_1/steps": "No run found with id 'run_1'.",
        f"{run_path}/steps/step_1": "No run step found with id 'step_1'.",
        "/vector_stores/vs_1": "No vector store found with id 'vs_1'.",
        f"{store}/files/file-1": in_store,
        f"{store}/file_batches/vsfb_1": "No vector store file batch found with id 'vsfb_1'.",
    }
    for path, words in cases.items():
        answer = await client.get(f"/v1{path}", headers=ada.headers)
        ensure_is(answer, 404, body_of(words, code=None))
    answer = await client.get("/v1/files/file-1", headers=ada.headers)
    ensure_is(answer, 404, body_of("No such File object: file-1", code=None, param="id"))
    for path, kind in ((thread_path, "thread"), (store, "vector store")):
        answer = await client.get(f"/v1{path}", headers=eve.headers)
        words = f"No {kind} found with id '{path.split('/')[-1]}'."
        ensure_is(answer, 404, body_of(words, code=None))


@pytest.mark.parametrize(
    ("path", "param", "prefix"),
    [
        ("/assistants/undefined", "assistant_id", "asst"),
        ("/threads/undefined", "thread_id", "thread"),
        ("/threads/undefined/messages", "thread_id", "thread"),
        ("/threads/thread_1/messages/undefined", "message_id", "msg"),
        ("/threads/undefined/runs/run_1", "thread_id", "thread"),
        ("/threads/thread_1/runs/undefined", "run_id", "run"),
        ("/threads/undefined/runs/run_1/steps", "thread_id", "thread"),
        ("/vector_stores/undefined", "vector_store_id", "vs"),
        ("/vector_stores/undefined/files", "vector_store_id", "vs"),
        ("/vector_stores/undefined/file_batches/vsfb_1", "vector_store_id", "vs"),
    ],
)
async def test_an_id_of_the_wrong_kind(
    client: httpx.AsyncClient, ada: Person, path: str, param: str, prefix: str
) -> None:
    if "thread_1" in path:
        path = path.replace("thread_1", await thread(client, ada))
    answer = await client.get(f"/v1{path}", headers=ada.headers)
    words = f"Invalid '{param}': 'undefined'. Expected an ID that begins with '{prefix}'."
    ensure_is(answer, 400, body_of(words, code="invalid_value", param=param))


async def test_an_assistants_id_that_is_none_in_a_body(client: httpx.AsyncClient, ada: Person) -> None:
    thread_id = await thread(client, ada, "Hi.")
    words = "Invalid 'assistant_id': 'undefined'. Expected an ID that begins with 'asst'."
    for path in (f"/threads/{thread_id}/runs", "/threads/runs"):
        answer = await post(client, ada, path, assistant_id="undefined")
        ensure_is(answer, 400, body_of(words, code="invalid_value", param="assistant_id"))
    answer = await post(client, ada, f"/threads/{thread_id}/runs", assistant_id="asst_1")
    ensure_is(answer, 404, body_of("No assistant found with id 'asst_1'.", code=None))


TOO_MANY = (
    "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 "
    "properties instead."
)
TOO_LONG = (
    "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length "
    "513 instead."
)
NO_STRING = "Invalid type for 'metadata.modified': expected a string, but got a boolean instead."


@pytest.mark.parametrize(
    ("pairs", "body"),
    [
        (
            {f"k{at}": "v" for at in range(17)},
            body_of(TOO_MANY, code="object_above_max_properties", param="metadata"),
        ),
        ({"k": "x" * 513}, body_of(TOO_LONG, code="string_above_max_length", param="metadata.k")),
        ({"modified": True}, body_of(NO_STRING, code="invalid_type", param="metadata.modified")),
    ],
    ids=["too many", "too long", "no text"],
)
async def test_metadata_that_does_not_fit(
    client: httpx.AsyncClient, ada: Person, pairs: dict[str, Any], body: bytes
) -> None:
    """At every address that takes metadata, with the same bytes."""
    thread_path, run_path = await begun(client, ada, "{{reply:Hi.}}")
    run = await until(client, ada, run_path, "completed")
    message = (await get(client, ada, f"{thread_path}/messages"))["data"][0]
    store = f"/vector_stores/{(await made(client, ada))['id']}"
    assistant_id: str = run["assistant_id"]
    said = {"role": "user", "content": "Hi."}
    asked: dict[str, Json] = {
        "/assistants": {"model": "openai/gpt-4o-mini"},
        f"/assistants/{assistant_id}": {},
        "/threads": {},
        thread_path: {},
        f"{thread_path}/messages": said,
        f"{thread_path}/messages/{message['id']}": {},
        f"{thread_path}/runs": {"assistant_id": assistant_id},
        run_path: {},
        "/threads/runs": {"assistant_id": assistant_id, "thread": {"messages": [said]}},
        "/vector_stores": {},
        store: {},
    }
    for path, fields in asked.items():
        ensure_is(await post(client, ada, path, **fields, metadata=pairs), 400, body)


async def test_a_thread_that_is_locked(client: httpx.AsyncClient, ada: Person) -> None:
    thread_path, run_path = await begun(client, ada, "{{hang}} wait")
    thread_id, run_id = thread_path.split("/")[-1], run_path.split("/")[-1]
    assistant_id = (await get(client, ada, run_path))["assistant_id"]
    message = {"role": "user", "content": "More."}
    locked = body_of(f"Can't add messages to {thread_id} while a run {run_id} is active.", code=None)
    ensure_is(await post(client, ada, f"{thread_path}/messages", **message), 400, locked)
    second = body_of(f"Thread {thread_id} already has an active run {run_id}.", code=None)
    ensure_is(await post(client, ada, f"{thread_path}/runs", assistant_id=assistant_id), 400, second)
    streamed = await post(client, ada, f"{thread_path}/runs", assistant_id=assistant_id, stream=True)
    ensure_is(streamed, 400, second)
    update = body_of("Cannot update run with status 'in_progress'.", code=None)
    ensure_is(await post(client, ada, run_path, metadata={}), 400, update)
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "x"}]}
    too_early = body_of('Runs in status "in_progress" do not accept tool outputs.', code=None)
    ensure_is(await post(client, ada, f"{run_path}/submit_tool_outputs", **outputs), 400, too_early)
    # Looking is not locked, nor is what is pinned to the thread.
    assert (await post(client, ada, thread_path, metadata={"a": "b"})).status_code == 200
    assert len((await get(client, ada, f"{thread_path}/messages"))["data"]) == 1

    assert (await post(client, ada, f"{run_path}/cancel")).status_code == 200
    await until(client, ada, run_path, "cancelled")
    ended = body_of("Cannot cancel run with status 'cancelled'.", code=None)
    ensure_is(await post(client, ada, f"{run_path}/cancel"), 400, ended)
    too_late = body_of('Runs in status "cancelled" do not accept tool outputs.', code=None)
    ensure_is(await post(client, ada, f"{run_path}/submit_tool_outputs", **outputs), 400, too_late)
    assert (await post(client, ada, f"{thread_path}/messages", **message)).status_code == 200


async def test_ten_messages_beside_a_run(client: httpx.AsyncClient, ada: Person) -> None:
    thread_path, run_path = await begun(client, ada, "{{hang}} wait")
    thread_id, run_id = thread_path.split("/")[-1], run_path.split("/")[-1]
    message = {"role": "user", "content": "More."}

    async def ten() -> list[httpx.Response]:
        path = f"{thread_path}/messages"
        return await asyncio.gather(*(post(client, ada, path, **message) for _ in range(10)))

    locked = body_of(f"Can't add messages to {thread_id} while a run {run_id} is active.", code=None)
    for answer in await ten():
        ensure_is(answer, 400, locked)
    await post(client, ada, f"{run_path}/cancel")
    await until(client, ada, run_path, "cancelled")
    assert [answer.status_code for answer in await ten()] == [200] * 10


async def test_outputs_that_are_missing(client: httpx.AsyncClient, ada: Person) -> None:
    asked = f"{calling('Bern')} {calling('Chur')} {{{{parallel_tools:2}}}} {{{{reply:It rains.}}}}"
    thread_path, run_path = await begun(client, ada, asked, tools=[WEATHER])
    run = await until(client, ada, run_path, "requires_action")
    first, second = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    path = f"{run_path}/submit_tool_outputs"
    half = await post(client, ada, path, tool_outputs=[{"tool_call_id": first, "output": "rain"}])
    words = f"Expected tool outputs for call_ids ['{first}', '{second}'], got ['{first}']"
    ensure_is(half, 400, body_of(words, code=None))
    none = await post(client, ada, path, tool_outputs=[])
    ensure_is(
        none, 400, body_of(f"Expected tool outputs for call_ids ['{first}', '{second}'], got []", code=None)
    )
    message = await post(client, ada, f"{thread_path}/messages", role="user", content="More.")
    words = f"Can't add messages to {run['thread_id']} while a run {run['id']} is active."
    ensure_is(message, 400, body_of(words, code=None))
    update = await post(client, ada, run_path, metadata={})
    ensure_is(update, 400, body_of("Cannot update run with status 'requires_action'.", code=None))


async def test_a_run_on_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    words = "Run creation requires a Thread with a user message or an assistant with instructions."
    answer = await post(client, ada, f"/threads/{await thread(client, ada)}/runs", assistant_id=assistant_id)
    ensure_is(answer, 400, body_of(words, code="invalid_thread"))
    answer = await post(client, ada, "/threads/runs", assistant_id=assistant_id, thread={})
    ensure_is(answer, 400, body_of(words, code="invalid_thread"))


@pytest.mark.parametrize(
    ("query", "message", "code", "param"),
    [
        (
            {"limit": "many"},
            "Invalid type for 'limit': expected an integer, but got a string instead.",
            "invalid_type",
            "limit",
        ),
        (
            {"limit": "101"},
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
            "integer_above_max_value",
            "limit",
        ),
        (
            {"limit": "0"},
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
            "limit",
        ),
        (
            {"order": "up"},
            "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.",
            "invalid_value",
            "order",
        ),
        (
            {"after": "undefined"},
            "Invalid 'after': 'undefined'. Expected an ID that begins with 'asst'.",
            "invalid_value",
            "after",
        ),
    ],
    ids=["limit of letters", "limit too high", "limit too low", "order", "cursor"],
)
async def test_a_list_that_cannot_be(
    client: httpx.AsyncClient, ada: Person, query: dict[str, str], message: str, code: str, param: str
) -> None:
    """Never 422, which the official clients hold for another error."""
    answer = await client.get("/v1/assistants", params=query, headers=ada.headers)
    ensure_is(answer, 400, body_of(message, code=code, param=param))


async def test_bodies_that_cannot_be(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await post(client, ada, "/assistants", name="Pump")
    words = "Missing required parameter: 'model'."
    ensure_is(answer, 400, body_of(words, code="missing_required_parameter", param="model"))
    words = "The requested model '' does not exist."
    answer = await post(client, ada, "/assistants", model=" ")
    ensure_is(answer, 400, body_of(words, code="model_not_found", param="model"))
    answer = await client.post("/v1/threads", json=["messages"], headers=ada.headers)
    words = "Invalid type for the body: expected an object, but got an array instead."
    ensure_is(answer, 400, body_of(words, code="invalid_type"))
    answer = await post(client, ada, "/threads", messages=[{"role": "robot", "content": "Hi."}])
    words = "Invalid value: 'robot'. Supported values are: 'user' and 'assistant'."
    ensure_is(answer, 400, body_of(words, code="invalid_value", param="messages[0].role"))


async def test_no_lock_is_a_409(client: httpx.AsyncClient, ada: Person) -> None:
    """The official clients send a 409 again by themselves, and what is archived stays so."""
    assistant_id, thread_id = await assistant(client, ada), await thread(client, ada, "Hi.")
    await client.patch(f"/api/v1/chat/{thread_id}", json={"archived": True}, headers=ada.headers)
    words = "This conversation is archived; bring it back to go on with it."
    for path, fields in (
        (f"/threads/{thread_id}/runs", {"assistant_id": assistant_id}),
        (f"/threads/{thread_id}/messages", {"role": "user", "content": "More."}),
    ):
        ensure_is(await post(client, ada, path, **fields), 400, body_of(words, code="thread_archived"))
    await client.post(f"/api/v1/agents/{assistant_id}/archive", headers=ada.headers)
    answer = await post(
        client, ada, f"/threads/{await thread(client, ada, 'Hi.')}/runs", assistant_id=assistant_id
    )
    words = "The agent 'Unnamed assistant' is archived; activate it, or choose another one."
    ensure_is(answer, 400, body_of(words, code="agent_not_active"))


async def test_a_thread_that_several_delete_at_once(client: httpx.AsyncClient, ada: Person) -> None:
    """One of them does, and the others find nothing; nobody waits for anybody in a circle."""
    thread_id = await thread(client, ada, "Hi.")
    gone = body_of(f"No thread found with id '{thread_id}'.", code=None)
    path = f"/threads/{thread_id}"
    *answers, message = await asyncio.gather(
        *(client.delete(f"/v1{path}", headers=ada.headers) for _ in range(6)),
        post(client, ada, f"{path}/messages", role="user", content="More."),
    )
    (deleted,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert deleted == {"id": thread_id, "object": "thread.deleted", "deleted": True}
    for answer in answers:
        if answer.status_code != 200:
            ensure_is(answer, 404, gone)
    assert message.status_code in (200, 404)


async def test_what_a_viewer_may_not(client: httpx.AsyncClient, ada: Person, make_person: MakePerson) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    for path, fields in (("/assistants", {"model": "m"}), ("/threads", {}), ("/vector_stores", {})):
        answer = await post(client, viewer, path, **fields)
        assert answer.status_code == 403
        error = answer.json()["error"]
        assert answer.content == body_of(error["message"], code="forbidden")


async def test_addresses_and_verbs_that_are_none(client: httpx.AsyncClient, ada: Person) -> None:
    for answer, status, code in (
        (await client.get("/v1/nothing/here", headers=ada.headers), 404, "not_found"),
        (await client.put("/v1/assistants", json={}, headers=ada.headers), 405, "method_not_allowed"),
        (await client.patch("/v1/threads/thread_1", json={}, headers=ada.headers), 405, "method_not_allowed"),
    ):
        assert answer.status_code == status
        assert answer.content == body_of(answer.json()["error"]["message"], code=code)


async def test_who_asks_too_often(
    client: httpx.AsyncClient, ada: Person, house: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    impose(house, monkeypatch, per_key="1/minute")
    _, refused = [await post(client, ada, "/threads") for _ in range(2)]
    words = refused.json()["error"]["message"]
    ensure_is(refused, 429, body_of(words, code="rate_limit_exceeded", kind="requests"))
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"


@pytest.mark.req("THRD-11")
async def test_a_provider_that_fails_is_told_by_the_run(client: httpx.AsyncClient, ada: Person) -> None:
    """The address has done its part: the run says what went wrong, and no 5xx makes a client run it again."""
    _, run_path = await begun(client, ada, "{{status:500}} no")
    run = await until(client, ada, run_path, "failed")
    assert run["last_error"]["code"] == "server_error"
    assert run["last_error"]["message"]
    assert (run["required_action"], run["completed_at"], run["incomplete_details"]) == (None, None, None)
    assert run["failed_at"] >= run["created_at"]


@pytest.fixture
async def broken(house: Runtime) -> AsyncGenerator[httpx.AsyncClient]:
    """The application with an assistants' address that breaks."""
    api = app.build_api(house.settings)

    async def break_at_once() -> None:
        raise RuntimeError("secrets of the inside")

    api.add_api_route("/v1/assistants/asst_broken", break_at_once)
    api.router.routes.insert(0, api.router.routes.pop())
    gate = Gate(Idempotency(api, authenticate), house.settings.limits, app.shape)
    transport = httpx.ASGITransport(gate, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield http


@pytest.mark.slow
async def test_a_bug(broken: httpx.AsyncClient) -> None:
    answer = await broken.get("/v1/assistants/asst_broken")
    request_id = answer.headers["x-request-id"]
    words = f"Something went wrong on our side. Try again, and quote {request_id} if it happens again."
    ensure_is(answer, 500, body_of(words, code="internal_error", kind="server_error"))
