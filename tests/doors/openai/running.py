"""What tests of runs share: the official client, an assistant, a thread, and the raw frames of a stream."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.conftest import Person

MODEL = "openai/gpt-4o-mini"
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}
Frame = tuple[str, Any]


def calling(place: str) -> str:
    """The directive by which the scripted model asks for the weather."""
    return f"{{{{tool:get_weather:{json.dumps({'place': place})}}}}}"


async def post(client: httpx.AsyncClient, person: Person, path: str, **body: Any) -> httpx.Response:
    """A request as any program sends it."""
    return await client.post(f"/v1{path}", json=body, headers=person.headers)


async def get(client: httpx.AsyncClient, person: Person, path: str, **query: Any) -> dict[str, Any]:
    """The body of an answer that goes well."""
    answer = await client.get(f"/v1{path}", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def assistant(client: httpx.AsyncClient, person: Person, **fields: Any) -> str:
    """A new assistant's id."""
    made = await post(client, person, "/assistants", **{"model": MODEL, **fields})
    assert made.status_code == 200, made.text
    return made.json()["id"]


async def thread(client: httpx.AsyncClient, person: Person, *texts: str) -> str:
    """A new thread's id, with what a user said in it."""
    messages = [{"role": "user", "content": text} for text in texts]
    made = await post(client, person, "/threads", messages=messages)
    assert made.status_code == 200, made.text
    return made.json()["id"]


async def streamed(client: httpx.AsyncClient, person: Person, path: str, **body: Any) -> list[Frame]:
    """The frames of a stream, each with its name; comments are left out."""
    frames: list[Frame] = []
    asked = {**body, "stream": True}
    async with client.stream("POST", f"/v1{path}", json=asked, headers=person.headers) as answer:
        text = (await answer.aread()).decode()
        assert answer.status_code == 200, text
        assert answer.headers["content-type"].startswith("text/event-stream")
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith(":")]
        if lines:
            name, data = lines
            value = data.removeprefix("data: ")
            frames.append(
                (name.removeprefix("event: "), "[DONE]" if value == "[DONE]" else json.loads(value))
            )
    return frames


def names(frames: list[Frame]) -> list[str]:
    """The names of the events, without the word that they all begin with; repeated deltas once."""
    found: list[str] = []
    for name, _ in frames:
        short = name.removeprefix("thread.")
        if not (found and short.endswith(".delta") and found[-1] == short):
            found.append(short)
    return found


def data_of(frames: list[Frame], name: str) -> list[Any]:
    """What came under a name."""
    return [data for found, data in frames if found == name]
