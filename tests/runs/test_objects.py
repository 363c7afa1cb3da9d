from __future__ import annotations

from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.runs.turns import ledger

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


async def ask(client: httpx.AsyncClient, person: Person, prompt: str, **fields: Any) -> httpx.Response:
    body = {"prompt": prompt, "schema": PERSON, **fields}
    return await client.post("/api/v1/objects", json=body, headers=person.headers)


@pytest.mark.req("CHAT-11")
@pytest.mark.parametrize(
    "model",
    ["openai/gpt-4o", "openai-responses/gpt-4o", "anthropic/claude-sonnet-4-5", "google/gemini-2.5-flash"],
)
async def test_the_answer_fits_the_schema_on_every_wire(
    client: httpx.AsyncClient, house: Runtime, ada: Person, model: str
) -> None:
    answer = await ask(client, ada, "Who is it?", model=model, instructions="Be exact.")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert isinstance(found["object"]["name"], str)
    assert isinstance(found["object"]["age"], int)
    assert (found["model"], found["attempts"]) == (model, 1)
    (line,) = await ledger(house, ada)
    assert (line.purpose, line.status) == ("object", "completed")
    assert found["cost_usd"] == format(line.cost_usd or 0, "f")
    assert found["usage"]["total_tokens"] == line.input_tokens + line.output_tokens


@pytest.mark.req("CHAT-11")
async def test_an_answer_that_does_not_fit_is_followed_by_one_that_does(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    found = (await ask(client, ada, "Who? {{invalid_json}} {{times:1}}")).json()
    assert found["attempts"] == 2
    assert set(found["object"]) == {"name", "age"}
    assert len(await ledger(house, ada)) == 2


@pytest.mark.req("CHAT-11")
async def test_what_never_fits_is_told_with_its_faults(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    prompt = '{{reply:{"name": "Ada"}}}'
    answer = await ask(client, ada, prompt, max_retries=0)
    assert answer.status_code == 502
    told = answer.json()
    assert told["tag"] == "object_invalid"
    assert any("age" in fault for fault in told["faults"])
    assert len(await ledger(house, ada)) == 1


@pytest.mark.req("CHAT-11")
async def test_no_json_at_all_is_told_after_the_last_try(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await ask(client, ada, "{{reply:I would rather not.}}", max_retries=0)
    assert answer.status_code == 502
    assert "no JSON" in answer.json()["detail"]


async def test_a_fence_around_the_json_does_no_harm(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await ask(client, ada, '{{reply:```json\n{"name": "Ada", "age": 36}\n```}}')
    assert answer.json()["object"] == {"name": "Ada", "age": 36}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "no type"},
        {"$ref": "https://elsewhere.example/schema.json"},
        {"type": "string", "pattern": "(?=a)("},
    ],
)
async def test_a_schema_that_is_none_is_refused(
    client: httpx.AsyncClient, ada: Person, schema: dict[str, Any]
) -> None:
    answer = await ask(client, ada, "Who?", schema=schema)
    assert answer.status_code == 422
    assert answer.json()["tag"] == "invalid_request"
    assert answer.json()["field"] == "schema"


async def test_a_costly_pattern_stops_nobody(client: httpx.AsyncClient, ada: Person) -> None:
    slow = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    prompt = f'{{{{reply:{{"a": "{"a" * 60}b"}}}}}}'
    answer = await ask(client, ada, prompt, schema=slow, strict=False, max_retries=0)
    assert answer.status_code == 502, answer.text
