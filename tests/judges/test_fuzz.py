"""Requests that nobody would write by hand: the house answers each, refuses in its own shape, and never falls over."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, cast

import httpx
import pytest

from steward.app import build_api
from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.doors.openai.running import MODEL, WEATHER, calling, get, post, thread
from tests.judges.fuzzing import Answer, Fuzzer, Request, failures, requests_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PARTS: Final = 4
SPOILT: Final = 800
WORDS: Final[dict[str, list[Any]]] = {
    "model": [MODEL, MODEL, "openai/text-embedding-3-small"],
    "purpose": ["assistants"],
    "input": ["A word.", ["One.", "Two."]],
    "messages": [[{"role": "user", "content": "Hello."}]],
    "type": ["function", "file_search", "text", "auto", "static"],
}


def batched(requests: list[Request], size: int) -> Iterator[list[Request]]:
    """The requests in parts of a size."""
    return (requests[start : start + size] for start in range(0, len(requests), size))


def description(settings: Settings, prefix: str) -> dict[str, Any]:
    """What the house says of the operations below an address."""
    whole = build_api(settings).openapi()
    return {
        **whole,
        "paths": {path: found for path, found in whole["paths"].items() if path.startswith(prefix)},
    }


def is_openai(answer: Answer) -> bool:
    """Whether an answer is one of OpenAI's API: no 5xx, no 422, and a refusal in its envelope."""
    if answer.status < 400:
        return True
    if answer.status >= 500 or answer.status == 422 or answer.media_type != "application/json":
        return False
    body = json.loads(answer.content)
    return list(body) == ["error"] and list(body["error"]) == ["message", "type", "param", "code"]


async def until(client: httpx.AsyncClient, ada: Person, path: str, status: str) -> dict[str, Any]:
    """What is at an address when it has come to a status."""
    found = await get(client, ada, path)
    for _ in range(400):
        if found["status"] == status:
            return found
        await asyncio.sleep(0.05)
        found = await get(client, ada, path)
    raise AssertionError(f"never {status}: {found}")


async def furnish(client: httpx.AsyncClient, ada: Person, fuzzer: Fuzzer) -> None:
    """Things of every kind that exist, so that requests come past the first look."""
    made = await post(client, ada, "/assistants", model=MODEL, tools=[WEATHER, {"type": "file_search"}])
    fuzzer.learn("/v1/assistants", {}, made.json())
    fuzzer.named["assistant_id"] = [made.json()["id"]]
    await furnish_store(client, ada, fuzzer)
    for text, status in (("Hello.", "completed"), *((calling("Bern"), "requires_action"),) * 3):
        await furnish_thread(client, ada, fuzzer, text, status)


async def furnish_store(client: httpx.AsyncClient, ada: Person, fuzzer: Fuzzer) -> None:
    """A vector store with a file, and a batch."""
    form = {"file": ("notes.txt", b"The house has four floors.")}
    sent = await client.post("/v1/files", files=form, data={"purpose": "assistants"}, headers=ada.headers)
    fuzzer.learn("/v1/files", {}, sent.json())
    file_id = sent.json()["id"]
    store = (await post(client, ada, "/vector_stores", name="Notes", file_ids=[file_id])).json()
    fuzzer.learn("/v1/vector_stores", {}, store)
    path, place = f"/vector_stores/{store['id']}", {"vector_store_id": store["id"]}
    batch = await post(client, ada, f"{path}/file_batches", file_ids=[file_id])
    fuzzer.learn("/v1/vector_stores/{vector_store_id}/file_batches", place, batch.json())
    read = await until(client, ada, f"{path}/files/{file_id}", "completed")
    fuzzer.learn("/v1/vector_stores/{vector_store_id}/files", place, read)
    fuzzer.named |= {"file_id": [file_id], "vector_store_id": [store["id"]]}


async def furnish_thread(
    client: httpx.AsyncClient, ada: Person, fuzzer: Fuzzer, text: str, status: str
) -> None:
    """A thread with a run that came to a status."""
    thread_id = await thread(client, ada, text)
    path, place = f"/threads/{thread_id}", {"thread_id": thread_id}
    begun = await post(client, ada, f"{path}/runs", assistant_id=fuzzer.named["assistant_id"][0])
    run = await until(client, ada, f"{path}/runs/{begun.json()['id']}", status)
    if run["required_action"] is not None:
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        fuzzer.words["tool_outputs"] = [[{"tool_call_id": call["id"], "output": "It rains."}]]
    fuzzer.learn("/v1/threads", {}, await get(client, ada, path))
    fuzzer.learn("/v1/threads/{thread_id}/runs", place, run)
    fuzzer.learn("/v1/threads/{thread_id}/messages", place, await get(client, ada, f"{path}/messages"))
    steps = await get(client, ada, f"{path}/runs/{run['id']}/steps")
    fuzzer.learn("/v1/threads/{thread_id}/runs/{run_id}/steps", {**place, "run_id": run["id"]}, steps)


async def test_the_openai_door_takes_2000_requests(
    client: httpx.AsyncClient, ada: Person, settings: Settings
) -> None:
    spoken_of = await asyncio.to_thread(description, settings, "/v1/")
    requests = await asyncio.to_thread(requests_of, spoken_of, changing=(50, 20), reading=(25, 12), plain=16)
    assert len(requests) >= 2000
    fuzzer = Fuzzer(client, ada.headers, dict(WORDS))
    answers: list[Answer] = []
    for part in batched(requests, len(requests) // PARTS + 1):
        # Some of what was there is deleted meanwhile.
        await furnish(client, ada, fuzzer)
        answers += await fuzzer.send_all(part, at_once=4)
    print(sorted(Counter(answer.status for answer in answers).items()))
    assert failures(answers, is_openai)[:10] == []
    # They come past the first look: nearly everything was really done.
    done = {answer.template for answer in answers if answer.status < 400}
    assert len(done) > 0.75 * len(spoken_of["paths"])


def is_native(answer: Answer) -> bool:
    """Whether an answer is one of the house's own interface: no bug, and a refusal as RFC 9457 writes it."""
    if answer.status < 400:
        return True
    # 502 to 504 are what somebody else's server says, such as one of tools that is not there.
    return answer.status not in (500, 501) and answer.media_type == "application/problem+json"


async def test_the_native_interface_takes_1000_requests(
    client: httpx.AsyncClient, ada: Person, settings: Settings
) -> None:
    spoken_of = await asyncio.to_thread(description, settings, "/api/v1/")
    requests = await asyncio.to_thread(requests_of, spoken_of, changing=(11, 4), reading=(6, 4), plain=5)
    assert len(requests) >= 1000
    # Who loses the key that the requests come with is a stranger from then on.
    requests = [one for one in requests if (one.method, "keys" in one.template) != ("DELETE", True)]
    fuzzer = Fuzzer(client, ada.headers, {"model": [MODEL]})
    answers = await fuzzer.send_all(requests, at_once=4)
    print(sorted(Counter(answer.status for answer in answers).items()))
    assert failures(answers, is_native)[:10] == []
    assert sum(answer.status < 300 for answer in answers) > len(answers) / 5


TEXT: Final = {"type": "text", "text": "Hello."}
WRONG: Final[list[Any]] = [
    None, True, -1, 0, 0.5, 2**70, 1e300, "", " ", "x", "thread_x", "é" * 300, [], [None], [[]], ["x", "x"], {},
    {"type": None}, {"type": "function"}, {"type": "function", "function": "x"}, {"type": "function", "function": []},
    {"type": "json_schema", "json_schema": {"name": "a", "schema": "x"}}, {"x": {"y": [1]}},
]  # fmt: skip


def bodies(assistant_id: str, file_id: str, store_id: str) -> dict[str, Any]:
    """A body for each address that is taken as it stands."""
    message = {
        "role": "user",
        "content": [TEXT],
        "attachments": [{"file_id": file_id, "tools": [{"type": "file_search"}]}],
        "metadata": {"a": "b"},
    }
    tools: list[Any] = [WEATHER, {"type": "file_search", "file_search": {"max_num_results": 3}}]
    resources = {"file_search": {"vector_store_ids": [store_id]}, "code_interpreter": {"file_ids": [file_id]}}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True}}
    named = {"type": "function", "function": {"name": "get_weather"}}
    settings = {
        "assistant_id": assistant_id, "model": MODEL, "instructions": "Be kind.", "tools": tools, "temperature": 1,
        "top_p": 0.5, "max_completion_tokens": 9, "max_prompt_tokens": 999, "tool_choice": named,
        "truncation_strategy": {"type": "last_messages", "last_messages": 3}, "response_format": form,
        "parallel_tool_calls": True, "metadata": {"a": "b"}, "stream": False, "reasoning_effort": "low",
    }  # fmt: skip
    thread_body = {"messages": [message], "metadata": {"a": "b"}, "tool_resources": resources}
    cut = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 20}}
    store = {
        "name": "Notes", "file_ids": [file_id], "metadata": {"a": "b"}, "chunking_strategy": cut,
        "expires_after": {"anchor": "last_active_at", "days": 3},
    }  # fmt: skip
    filters = {"type": "and", "filters": [{"type": "eq", "key": "a", "value": "b"}]}
    return {
        "/assistants": {"model": MODEL, "name": "A", "tools": tools, "tool_resources": resources,
                        "response_format": form, "temperature": 1, "top_p": 1, "reasoning_effort": "low"},
        "/threads": thread_body,
        "/threads/runs": {**settings, "thread": thread_body, "tool_resources": resources},
        "/vector_stores": store,
        f"/vector_stores/{store_id}/search": {"query": ["floors"], "filters": filters, "max_num_results": 3,
                                              "ranking_options": {"score_threshold": 0.1}},
        f"/vector_stores/{store_id}/file_batches": {"files": [{"file_id": file_id, "attributes": {"a": 1},
                                                               "chunking_strategy": cut}]},
        f"/vector_stores/{store_id}/files/{file_id}": {"attributes": {"a": 1}},
        "/embeddings": {"model": "openai/text-embedding-3-small", "input": ["A."], "dimensions": 8,
                        "encoding_format": "base64"},
        "/chat/completions": {"model": MODEL, "messages": [{"role": "user", "content": [TEXT]}],
                              "tools": [WEATHER], "tool_choice": named, "response_format": form, "stop": ["x"],
                              "temperature": 1, "max_tokens": 5, "stream_options": {"include_usage": True},
                              "collection_ids": [store_id], "rag_enabled": True, "rag_top_k": 3},
    }  # fmt: skip


def spoilt(value: Any) -> Iterator[Any]:
    """A body with one wrong value in it, for every place and every value."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for name, one in fields.items():
            yield from ({**fields, name: wrong} for wrong in [*WRONG, *spoilt(one)])
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        for at, one in enumerate(items):
            yield from ([*items[:at], wrong, *items[at + 1 :]] for wrong in [*WRONG, *spoilt(one)])


async def test_a_wrong_value_in_any_place_is_refused_or_does_no_harm(
    client: httpx.AsyncClient, ada: Person
) -> None:
    fuzzer = Fuzzer(client, ada.headers)
    await furnish(client, ada, fuzzer)
    known = [fuzzer.named[name][0] for name in ("assistant_id", "file_id", "vector_store_id")]
    every = [(path, one) for path, body in bodies(*known).items() for one in spoilt(body)]
    waiting = iter(random.Random(1).sample(every, SPOILT))
    answers: list[Answer] = []

    async def work() -> None:
        for path, body in waiting:
            got = await client.post(f"/v1{path}", json=body, headers=ada.headers)
            answers.append(
                Answer(f"{path} {body}", path, got.status_code, got.headers["content-type"], got.content)
            )

    await asyncio.gather(*(work() for _ in range(4)))
    assert failures(answers, is_openai)[:20] == []
