"""What tests of responses share: requests as programs send them, and the raw frames of a stream."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.conftest import Person

MODEL = "openai/gpt-4o-mini"
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a place.",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
        "additionalProperties": False,
    },
    "strict": True,
}
Frame = tuple[str, Any]


async def post(client: httpx.AsyncClient, person: Person, path: str, **body: Any) -> httpx.Response:
    """A request as any program sends it."""
    return await client.post(f"/v1{path}", json=body, headers=person.headers)


async def respond(client: httpx.AsyncClient, person: Person, text: Any, **body: Any) -> dict[str, Any]:
    """A response that goes well."""
    answer = await post(client, person, "/responses", **{"model": MODEL, "input": text, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def get(client: httpx.AsyncClient, person: Person, path: str, **query: Any) -> dict[str, Any]:
    """The body of an answer that goes well."""
    answer = await client.get(f"/v1{path}", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def streamed(client: httpx.AsyncClient, person: Person, text: Any, **body: Any) -> list[Frame]:
    """The frames of a stream, each with its name; comments are left out."""
    asked = {"model": MODEL, "input": text, **body, "stream": True}
    async with client.stream("POST", "/v1/responses", json=asked, headers=person.headers) as answer:
        return await frames_of(answer)


async def frames_of(answer: httpx.Response) -> list[Frame]:
    """The frames of an answer, each with its name."""
    text = (await answer.aread()).decode()
    assert answer.status_code == 200, text
    assert answer.headers["content-type"].startswith("text/event-stream")
    frames: list[Frame] = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith(":")]
        if lines:
            name, data = lines
            value = json.loads(data.removeprefix("data: "))
            assert value["type"] == name.removeprefix("event: ")
            frames.append((value["type"], value))
    return frames


def names(frames: list[Frame]) -> list[str]:
    """The names of the events, without the word that they all begin with; repeated deltas once."""
    found: list[str] = []
    for name, _ in frames:
        short = name.removeprefix("response.")
        if not (found and short.endswith(".delta") and found[-1] == short):
            found.append(short)
    return found


def text_of(response: dict[str, Any]) -> str:
    """What a response says."""
    said = [item["content"] for item in response["output"] if item["type"] == "message"]
    return "".join(part["text"] for content in said for part in content)


def calls_of(response: dict[str, Any]) -> list[dict[str, Any]]:
    """The functions that a response asks for."""
    return [item for item in response["output"] if item["type"] == "function_call"]


def outputs_for(response: dict[str, Any], output: str = "12 degrees") -> list[dict[str, Any]]:
    """The outputs of all functions that a response asks for."""
    return [
        {"type": "function_call_output", "call_id": call["call_id"], "output": output}
        for call in calls_of(response)
    ]
