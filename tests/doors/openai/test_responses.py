"""Responses over the wire: answers, their settings, what follows them, and what is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from steward.kernel import runtime
from steward.kernel.ids import new_id
from steward.threads import service as threads
from tests.conftest import Person
from tests.doors.openai.responding import MODEL, WEATHER, get, post, respond, text_of
from tests.doors.openai.running import calling
from tests.doors.openai.stores import blocking_client, official_client, one_call, refused, uploaded
from tests.support.scripted_provider import ScriptedProvider

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


class Place(BaseModel):
    """What a structured answer holds."""

    name: str
    floor: int


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async for client in official_client(server, ada):
        yield client


async def thread_count(person: Person) -> int:
    async with runtime.current().database.work(person.actor) as work:
        return await threads.count(work)


async def test_an_answer_with_all_its_fields(client: httpx.AsyncClient, ada: Person) -> None:
    response = await respond(client, ada, "{{reply:Hello.}}", metadata={"a": "b"}, instructions="Be kind.")
    assert response["id"].startswith("resp_")
    assert (response["object"], response["status"], response["error"]) == ("response", "completed", None)
    (item,) = response["output"]
    assert (item["type"], item["role"], item["status"]) == ("message", "assistant", "completed")
    assert item["content"] == [{"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}]
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] > 0
    assert (response["metadata"], response["instructions"]) == ({"a": "b"}, "Be kind.")
    assert (response["model"], response["store"], response["background"]) == (MODEL, True, False)
    assert await get(client, ada, f"/responses/{response['id']}") == response


async def test_the_sdk_reads_every_field(official: openai.AsyncOpenAI) -> None:
    made = await official.responses.create(
        model=MODEL, input="{{reply:Yes.}}", temperature=0.3, top_p=0.5, reasoning={"effort": "low"}, user="u"
    )
    assert made.output_text == "Yes."
    assert (made.temperature, made.top_p, made.tool_choice, made.truncation) == (0.3, 0.5, "auto", "disabled")
    again = await official.responses.retrieve(made.id)
    assert again == made
    await official.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        await official.responses.retrieve(made.id)


async def test_the_blocking_sdk(server: str, ada: Person) -> None:
    def ask() -> tuple[str, str]:
        with blocking_client(server, ada) as client:
            first = client.responses.create(model=MODEL, input="{{reply:One.}}")
            with client.responses.stream(
                model=MODEL, input="{{reply:Two.}}", previous_response_id=first.id
            ) as stream:
                for _ in stream:
                    pass
                return first.output_text, stream.get_final_response().output_text

    assert await asyncio.to_thread(ask) == ("One.", "Two.")


async def test_structured_answers(official: openai.AsyncOpenAI) -> None:
    parsed = await official.responses.parse(
        model=MODEL, input='{{reply:{"name": "roof", "floor": 3}}}', text_format=Place
    )
    assert parsed.output_parsed == Place(name="roof", floor=3)
    plain = await official.responses.create(
        model=MODEL, input='{{reply:{"a": 1}}}', text={"format": {"type": "json_object"}}
    )
    assert json.loads(plain.output_text) == {"a": 1}


async def test_agents_answer_as_models(client: httpx.AsyncClient, ada: Person) -> None:
    response = await respond(client, ada, "{{reply:James here.}}", model="agent/JamesBot")
    assert (text_of(response), response["model"]) == ("James here.", "agent/JamesBot")
    followed = await respond(
        client, ada, "{{reply:No James.}}", previous_response_id=response["id"], model=MODEL
    )
    assert followed["status"] == "completed"


async def test_many_kinds_of_input(client: httpx.AsyncClient, ada: Person) -> None:
    file_id = await uploaded(client, ada, "The pump runs at 9 bar.", "pump.txt")
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}", "id": "fc_x"}
    said: list[dict[str, Any]] = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "input_text", "text": "Hello."}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        call,
        {
            "type": "function_call_output",
            "call_id": "call_1",
            "output": [{"type": "input_text", "text": "Seen."}],
        },
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hi.", "annotations": []}]},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_image", "image_url": PIXEL, "detail": "low"},
                {"type": "input_file", "file_id": file_id},
                {"type": "input_text", "text": "{{reply:Nice.}}"},
            ],
        },
    ]
    response = await respond(client, ada, said)
    assert text_of(response) == "Nice."
    listed = await get(client, ada, f"/responses/{response['id']}/input_items", order="asc")
    assert [(item["type"], item.get("role")) for item in listed["data"]] == [
        ("message", "developer"),
        ("message", "user"),
        ("function_call", None),
        ("function_call_output", None),
        ("message", "assistant"),
        ("message", "user"),
    ]
    assert listed["data"][-1]["content"][1] == {
        "type": "input_file",
        "file_id": file_id,
        "filename": "pump.txt",
    }
    some = await get(client, ada, f"/responses/{response['id']}/input_items", limit=2)
    assert (len(some["data"]), some["has_more"]) == (2, True)
    assert some["data"][0] == listed["data"][-1]


async def test_a_document_as_a_message(client: httpx.AsyncClient, ada: Person) -> None:
    response = await respond(client, ada, f"{'word ' * 10_000}{{{{reply:Long.}}}}")
    assert text_of(response) == "Long."


async def test_a_talk_of_three(client: httpx.AsyncClient, ada: Person) -> None:
    first = await respond(client, ada, "{{reply:One.}}")
    second = await respond(client, ada, "{{reply:Two.}}", previous_response_id=first["id"])
    third = await respond(client, ada, "{{reply:Three.}}", previous_response_id=second["id"])
    assert third["usage"]["input_tokens"] > second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
    assert await thread_count(ada) == 1
    (item,) = (await get(client, ada, f"/responses/{third['id']}/input_items"))["data"]
    assert item["content"] == [{"type": "input_text", "text": "{{reply:Three.}}"}]


async def test_what_the_model_reads(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    mark = new_id("mark")
    said = [
        {"role": "developer", "content": f"Stay kind. {mark}"},
        {"role": "user", "content": "{{reply:One.}}"},
    ]
    first = await respond(client, ada, said, instructions="Once only.")
    await respond(
        client,
        ada,
        "{{reply:Two.}}",
        previous_response_id=first["id"],
        max_output_tokens=77,
        temperature=0.3,
        top_p=0.5,
    )
    asked = [one.body for one in provider.requests if mark in str(one.body)][-1]
    roles = [message["role"] for message in asked["messages"]]
    assert roles == ["system", "system", "user", "assistant", "user"]
    assert [message["content"] for message in asked["messages"][1:]] == [
        f"Stay kind. {mark}",
        "{{reply:One.}}",
        "One.",
        "{{reply:Two.}}",
    ]
    assert "Once only." not in asked["messages"][0]["content"]
    assert (asked["max_tokens"], asked["temperature"], asked["top_p"]) == (77, 0.3, 0.5)
    assert "tools" not in asked


@pytest.mark.slow
async def test_two_talks_behind_one_response(client: httpx.AsyncClient, ada: Person) -> None:
    first = await respond(client, ada, "{{reply:One.}}")
    both = await asyncio.gather(
        *(
            respond(client, ada, f"{{{{reply:{word}}}}}{{{{pace_ms:20}}}}", previous_response_id=first["id"])
            for word in ("Left.", "Right.")
        )
    )
    assert [text_of(response) for response in both] == ["Left.", "Right."]
    for response in both:
        followed = await respond(client, ada, "{{reply:On.}}", previous_response_id=response["id"])
        assert followed["usage"]["input_tokens"] > response["usage"]["input_tokens"]


@pytest.mark.slow
async def test_nothing_is_left_of_what_is_not_kept(client: httpx.AsyncClient, ada: Person) -> None:
    kept = await respond(client, ada, "{{reply:One.}}")
    before = await thread_count(ada)
    for body in ({"previous_response_id": kept["id"]}, {"tools": [WEATHER], "input": calling("Bern")}, {}):
        response = await respond(client, ada, **{"text": "{{reply:Two.}}", "store": False, **_text(body)})
        assert (response["status"], response["store"]) == ("completed", False)
        gone = await client.get(f"/v1/responses/{response['id']}", headers=ada.headers)
        assert refused(gone)["status"] == 404
    fork = {"previous_response_id": kept["id"], "model": "nobody/none", "store": False}
    assert refused(await post(client, ada, "/responses", **fork, input="x"))["status"] == 400
    assert await thread_count(ada) == before


def _text(body: dict[str, Any]) -> dict[str, Any]:
    return {("text" if name == "input" else name): given for name, given in body.items()}


async def test_a_failed_answer_is_an_error(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await post(client, ada, "/responses", model=MODEL, input="{{status:500}}")
    assert refused(answer)["status"] >= 500
    refusal = refused(await post(client, ada, "/responses", model="nobody/none", input="x"))
    assert (refusal["status"], refusal["code"]) == (400, "unknown_provider")


async def test_deleting_takes_the_thread_with_the_last(client: httpx.AsyncClient, ada: Person) -> None:
    first = await respond(client, ada, "{{reply:One.}}")
    second = await respond(client, ada, "{{reply:Two.}}", previous_response_id=first["id"])
    for response, left in ((first, 1), (second, 0)):
        answer = await client.delete(f"/v1/responses/{response['id']}", headers=ada.headers)
        assert answer.json() == {"id": response["id"], "object": "response", "deleted": True}
        assert await thread_count(ada) == left
        again = await client.delete(f"/v1/responses/{response['id']}", headers=ada.headers)
        assert refused(again)["status"] == 404


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}, "tools[0].type"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "tools[0].type"),
        ({"tools": [{"type": "file_search"}]}, "tools[0].vector_store_ids"),
        ({"tools": [WEATHER, WEATHER]}, "tools[1].name"),
        ({"tools": [{**WEATHER, "name": "a b"}]}, "tools[0].name"),
        ({"tools": [{**WEATHER, "parameters": {"type": "string"}}]}, "tools[0].parameters"),
        ({"tool_choice": {"type": "function", "name": "none"}}, "tool_choice"),
        ({"text": {"format": {"type": "json_schema", "name": "a b", "schema": {}}}}, "text.format.name"),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice.type"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"include": ["message.output_text.logprobs"]}, "include[0]"),
        ({"temperature": 3}, "temperature"),
        ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema"),
        ({"background": True, "store": False}, "background"),
        ({"conversation": "conv_x", "previous_response_id": "resp_x"}, "previous_response_id"),
        ({"conversation": "thread_x"}, "conversation"),
        ({"previous_response_id": "run_x"}, "response_id"),
        ({"input": []}, "input"),
        ({"input": [{"type": "computer_call", "id": "x"}]}, "input[0].type"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"metadata": {"a": 1}}, "metadata.a"),
    ],
)
async def test_what_is_refused(
    client: httpx.AsyncClient, ada: Person, body: dict[str, Any], param: str
) -> None:
    answer = await post(client, ada, "/responses", **{"model": MODEL, "input": "x", **body})
    assert (refused(answer)["status"], refused(answer)["param"]) == (400, param)
    assert await thread_count(ada) == 0


@pytest.mark.parametrize("who", ["stranger", "colleague"])
async def test_others_find_nothing(
    client: httpx.AsyncClient, ada: Person, eve: Person, bob: Person, who: str
) -> None:
    response = await respond(client, ada, "{{reply:Secret.}}", background=True)
    other, path = (eve if who == "stranger" else bob), f"/v1/responses/{response['id']}"
    after = {"model": MODEL, "input": "x", "previous_response_id": response["id"]}
    for method, address, body in (
        one_call("GET", path),
        one_call("GET", f"{path}?stream=true"),
        one_call("GET", f"{path}/input_items"),
        one_call("POST", f"{path}/cancel"),
        one_call("DELETE", path),
        one_call("POST", "/v1/responses", after),
    ):
        answer = await client.request(method, address, json=body, headers=other.headers)
        assert refused(answer)["status"] == 404, f"{method} {address}"
    for wrong in ("resp_", "resp_x_0", "resp_x_y", f"{response['id']}_7"):
        answer = await client.get(f"/v1/responses/{wrong}", headers=ada.headers)
        assert refused(answer)["status"] == 404
