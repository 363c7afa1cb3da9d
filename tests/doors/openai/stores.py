"""Vector stores for tests: files brought, stores made, and clients to do it with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from typing import Any

import httpx
import openai

from tests.conftest import Person


async def uploaded(
    client: httpx.AsyncClient,
    person: Person,
    content: str = "The pump is on the roof.",
    name: str = "pump.md",
) -> str:
    """The id of a file that was just uploaded."""
    answer = await client.post(
        "/v1/files", files={"file": (name, content)}, data={"purpose": "assistants"}, headers=person.headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def made(client: httpx.AsyncClient, person: Person, **fields: Any) -> dict[str, Any]:
    """A vector store that was just made."""
    answer = await client.post("/v1/vector_stores", json=fields, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def one_call(
    method: str, path: str, body: dict[str, Any] | None = None
) -> tuple[str, str, dict[str, Any] | None]:
    """A request that somebody tries, with its body."""
    return method, path, body


def refused(answer: httpx.Response) -> dict[str, Any]:
    """The error of an answer, which has all four of its keys."""
    error = answer.json()["error"]
    assert set(answer.json()) == {"error"}
    assert list(error) == ["message", "type", "param", "code"]
    return {"status": answer.status_code, **error}


async def official_client(server: str, person: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with a person's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=person.key, max_retries=0) as official:
        yield official


@contextmanager
def blocking_client(server: str, person: Person) -> Generator[openai.OpenAI]:
    """OpenAI's own client for programs without a loop, to be used in a thread."""
    with openai.OpenAI(base_url=f"{server}/v1", api_key=person.key, max_retries=0) as official:
        yield official
