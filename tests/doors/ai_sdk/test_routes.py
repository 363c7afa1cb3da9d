from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from steward.kernel.ids import new_id
from tests.conftest import MakePerson, Person
from tests.doors.ai_sdk.reading import (
    Chunk,
    ask,
    called,
    calls_of,
    check,
    chunks_of,
    conversation,
    question,
    settled,
    stored_text,
    text_of,
    user_message,
)
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import characters, message_text

PIECES = "{{words:400}} {{pace_ms:10}}"
"""An answer that takes four seconds, unless somebody stops it."""


class Listener:
    """Reads a stream as it comes."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.chunks: list[Chunk] = []
        self.at: list[float] = []
        self.done = False
        self._lines = response.aiter_lines()

    async def until(self, kind: str, count: int = 1) -> None:
        """Read until so many chunks of a kind have come."""
        while sum(chunk["type"] == kind for chunk in self.chunks) < count:
            assert await self._line(), "the stream ended"

    async def rest(self) -> list[Chunk]:
        """Read to the end; all chunks."""
        while await self._line():
            pass
        assert self.done
        return self.chunks

    async def _line(self) -> bool:
        try:
            line = await anext(self._lines)
        except StopAsyncIteration:
            return False
        if line == "data: [DONE]":
            self.done = True
        elif line.startswith("data: "):
            self.chunks.append(json.loads(line[6:]))
            self.at.append(time.monotonic())
        return True


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, person: Person, body: dict[str, Any]
) -> AsyncGenerator[Listener]:
    async with client.stream("POST", "/api/v1/chat", json=body, headers=person.headers) as response:
        assert response.status_code == 200, await response.aread()
        yield Listener(response)


@asynccontextmanager
async def resuming(client: httpx.AsyncClient, person: Person, chat_id: str) -> AsyncGenerator[Listener]:
    path = f"/api/v1/chat/{chat_id}/stream"
    async with client.stream("GET", path, headers=person.headers) as response:
        yield Listener(response)


def prompt_of(record: Any) -> list[tuple[str, str]]:
    return [(message["role"], message_text(message)) for message in record.body["messages"]]


@pytest.mark.req("CHAT-42")
async def test_answers_a_message_as_a_ui_message_stream(client: httpx.AsyncClient, ada: Person) -> None:
    chunks = await ask(client, ada, "hello {{words:12}}")
    check(chunks)
    kinds = [chunk["type"] for chunk in chunks]
    assert kinds[:3] == ["start", "start-step", "text-start"]
    assert kinds[-3:] == ["text-end", "finish-step", "finish"]
    assert text_of(chunks).split() == [f"w{n}" for n in range(12)]
    end = chunks[-1]["messageMetadata"]
    read = end["usage"]["input_tokens"]
    assert end["usage"] == {"input_tokens": read, "output_tokens": 12, "total_tokens": read + 12}
    assert read > 15
    assert end["model"] == "openai/gpt-4o-mini"
    assert (end["status"], end["finish_reason"]) == ("completed", "stop")
    assert float(end["cost_usd"]) > 0
    assert end["duration_ms"] >= 0


@pytest.mark.req("CHAT-29")
async def test_streams_are_neither_kept_nor_held_back(client: httpx.AsyncClient, ada: Person) -> None:
    chat_id = new_id("chat")
    async with listening(client, ada, question(PIECES, chat_id)) as answer:
        async with resuming(client, ada, chat_id) as again:
            for headers in (answer.response.headers, again.response.headers):
                assert headers["content-type"] == "text/event-stream; charset=utf-8"
                assert "no-cache" in headers["cache-control"]
                assert headers["connection"] == "keep-alive"
                assert headers["x-accel-buffering"] == "no"
                assert headers["x-vercel-ai-ui-message-stream"] == "v1"
                assert "content-length" not in headers
        await client.post(f"/api/v1/chat/{chat_id}/stop", headers=ada.headers)


@pytest.mark.req("CHAT-08")
async def test_text_arrives_piece_by_piece(client: httpx.AsyncClient, ada: Person) -> None:
    async with listening(client, ada, question("{{words:20}} {{pace_ms:20}}")) as answer:
        chunks = await answer.rest()
    at = [when for chunk, when in zip(chunks, answer.at, strict=True) if chunk["type"] == "text-delta"]
    assert len(at) >= 15
    assert at[-1] - at[0] > 0.25, "the first piece came long before the last"


@pytest.mark.req("CHAT-22")
@pytest.mark.req("CHAT-36")
async def test_long_answers_in_many_scripts_arrive_and_are_stored_whole(
    client: httpx.AsyncClient, ada: Person
) -> None:
    chat_id = new_id("chat")
    # As long as it takes: an answer beyond its limit would be cut.
    chunks = await ask(client, ada, "{{chars:20000}} {{chunk:8}} {{rawsplit}}", chat_id, maxTokens=40_000)
    check(chunks)
    assert text_of(chunks) == characters(20_000)
    stored = (await settled(client, ada, chat_id))["messages"][-1]
    assert stored_text(stored) == characters(20_000)


@pytest.mark.req("CHAT-34")
@pytest.mark.req("CHAT-44")
async def test_a_message_without_a_thread_makes_one(client: httpx.AsyncClient, ada: Person) -> None:
    body = question("hello there")
    del body["id"]
    chunks = chunks_of((await client.post("/api/v1/chat", json=body, headers=ada.headers)).text)
    thread_id = chunks[0]["messageMetadata"]["thread_id"]
    listed = (await client.get("/api/v1/chat", headers=ada.headers)).json()["items"]
    assert [thread["id"] for thread in listed] == [thread_id]
    assert listed[0]["client_id"] is None


@pytest.mark.req("CONV-13")
async def test_the_first_message_names_the_thread(client: httpx.AsyncClient, ada: Person) -> None:
    chat_id = new_id("chat")
    first = "Warum\n ist der  Himmel 🌌 blau? " + "sehr " * 60
    await ask(client, ada, first, chat_id)
    await ask(client, ada, "and green?", chat_id)
    thread = (await conversation(client, ada, chat_id))["thread"]
    assert thread["title"] == " ".join(first.split())[:100]
    assert len(thread["title"]) == 100
    assert thread["client_id"] == chat_id


@pytest.mark.req("CHAT-33")
@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
async def test_a_blank_message_is_refused_and_nothing_is_called(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider, text: str
) -> None:
    before = len(provider.requests)
    answer = await client.post("/api/v1/chat", json=question(text), headers=ada.headers)
    assert answer.status_code == 422
    assert answer.json()["field"] == "message"
    assert len(provider.requests) == before
    assert (await client.get("/api/v1/chat", headers=ada.headers)).json()["items"] == []


async def test_a_message_that_is_too_long_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.post("/api/v1/chat", json=question("a" * 10_001), headers=ada.headers)
    assert answer.status_code == 422
    assert "10001 characters" in answer.json()["detail"]


async def test_an_unknown_model_stores_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    body = question("hello", model="nobody/model-1")
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert answer.status_code == 422
    assert answer.json()["tag"] == "unknown_provider"
    assert "openai" in answer.json()["detail"]
    assert (await client.get("/api/v1/chat", headers=ada.headers)).json()["items"] == []


@pytest.mark.req("CHAT-02")
@pytest.mark.req("CHAT-13")
async def test_settings_reach_the_model(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    one, two = new_id("word"), new_id("word")
    await ask(client, ada, one)
    await ask(client, ada, two, temperature=0.1, maxTokens=50, model="openai/gpt-4o")
    default, chosen = (await called(provider, one)).body, (await called(provider, two)).body
    assert (default["temperature"], default["max_tokens"], default["model"]) == (0.7, 4000, "gpt-4o-mini")
    assert (chosen["temperature"], chosen["max_tokens"], chosen["model"]) == (0.1, 50, "gpt-4o")


@pytest.mark.req("CHAT-19")
async def test_the_system_prompt_comes_first(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    await ask(client, ada, word, instructions="Answer in verse.")
    prompt = prompt_of(await called(provider, word))
    assert [role for role, _ in prompt] == ["system", "user"]
    assert prompt[0][1].startswith("You are Steward")
    assert "\n\nAnswer in verse.\n\n" in prompt[0][1]


@pytest.mark.req("CHAT-20")
@pytest.mark.parametrize(("earlier", "sent"), [(9, 9), (10, 10), (11, 10)])
async def test_the_last_ten_messages_go_with_a_new_one(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider, earlier: int, sent: int
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    history = [
        {**user_message(f"message {number}"), "role": "user" if number % 2 == 0 else "assistant"}
        for number in range(earlier)
    ]
    body = question(word, chat_id)
    body["messages"] = [*history, *body["messages"]]
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert answer.status_code == 200
    prompt = prompt_of(await called(provider, word))
    assert prompt[0][0] == "system"
    assert [text for _, text in prompt[1:-1]] == [
        f"message {number}" for number in range(earlier - sent, earlier)
    ]
    assert prompt[-1] == ("user", word)


async def test_the_history_of_a_client_is_kept_for_a_thread_that_is_new_here(
    client: httpx.AsyncClient, ada: Person
) -> None:
    chat_id = new_id("chat")
    history = [user_message("one", "a"), {**user_message("two", "b"), "role": "assistant"}]
    body = question("three", chat_id, "a")
    body["messages"] = [*history, *body["messages"]]
    assert (await client.post("/api/v1/chat", json=body, headers=ada.headers)).status_code == 200
    found = await settled(client, ada, chat_id)
    assert [stored_text(message) for message in found["messages"][:3]] == ["one", "two", "three"]
    assert [message["client_id"] for message in found["messages"][:3]] == [None, "b", "a"]
    assert found["thread"]["message_count"] == 4
    # A thread that is known here has its own history: what the page claims is not taken over.
    body = question("four", chat_id, "d")
    body["messages"] = [user_message("made up", "x"), *body["messages"]]
    assert (await client.post("/api/v1/chat", json=body, headers=ada.headers)).status_code == 200
    found = await settled(client, ada, chat_id)
    assert [stored_text(message) for message in found["messages"]][-2] == "four"
    assert len(found["messages"]) == 6


@pytest.mark.req("CHAT-41")
async def test_a_conversation_keeps_its_context(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    await ask(client, ada, "My name is Ada. {{reply:Hello Ada.}}", chat_id)
    await ask(client, ada, "I like ships. {{reply:Ships are fine.}}", chat_id)
    await ask(client, ada, word, chat_id)
    assert prompt_of(await called(provider, word))[1:] == [
        ("user", "My name is Ada. {{reply:Hello Ada.}}"),
        ("assistant", "Hello Ada."),
        ("user", "I like ships. {{reply:Ships are fine.}}"),
        ("assistant", "Ships are fine."),
        ("user", word),
    ]


@pytest.mark.req("CHAT-14")
async def test_an_answer_that_reaches_its_limit_says_so(client: httpx.AsyncClient, ada: Person) -> None:
    chat_id = new_id("chat")
    chunks = await ask(client, ada, "{{words:50}}", chat_id, maxTokens=5)
    assert text_of(chunks) == "w0 w1 w2 w3 w4"
    assert chunks[-1]["finishReason"] == "length"
    assert chunks[-1]["messageMetadata"]["status"] == "incomplete"
    stored = (await settled(client, ada, chat_id))["messages"][-1]
    assert (stored["status"], stored["finish_reason"]) == ("incomplete", "length")
    assert stored["usage"]["output_tokens"] == 5


@pytest.mark.req("CHAT-10")
async def test_an_answer_can_come_whole(client: httpx.AsyncClient, ada: Person) -> None:
    body = question("{{reply:One piece.}}", stream=False)
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    whole = answer.json()
    assert whole["text"] == "One piece."
    assert whole["usage"]["output_tokens"] == 2
    assert (whole["status"], whole["finish_reason"], whole["error"]) == ("completed", "stop", None)
    assert (await client.get(f"/api/v1/runs/{whole['run_id']}", headers=ada.headers)).json()["status"] == (
        "completed"
    )


async def test_a_whole_answer_that_fails_is_a_bad_gateway(client: httpx.AsyncClient, ada: Person) -> None:
    body = question("{{words:9}} {{error_after:3}}", stream=False)
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert answer.status_code == 502
    assert answer.json()["error"]["tag"] == "provider_broke_off"
    assert answer.json()["text"].split() == ["w0", "w1", "w2"]


@pytest.mark.req("CHAT-01")
async def test_the_door_that_names_the_workspace(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    path = "/api/assistant-v2/chat"
    messages = [user_message("{{reply:Hi.}}")]
    body = {"messages": messages, "workspaceId": ada.actor.workspace_id}
    answer = await client.post(path, json=body, headers=ada.headers)
    assert answer.status_code == 200
    assert text_of(chunks_of(answer.text)) == "Hi."
    for part, field in (
        ({"messages": messages}, "workspaceId"),
        ({"messages": messages, "workspaceId": 7}, "workspaceId"),
        ({"workspaceId": ada.actor.workspace_id}, "messages"),
    ):
        refused = await client.post(path, json=part, headers=ada.headers)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    for raw in (b"", b"[]", b'"x"'):
        refused = await client.post(path, content=raw, headers=ada.headers)
        assert (refused.status_code, refused.json()["field"]) == (422, "workspaceId")
    foreign = await client.post(path, json=body, headers=eve.headers)
    assert foreign.status_code == 404


@pytest.mark.req("CHAT-16")
@pytest.mark.req("CHAT-35")
async def test_the_question_is_stored_before_the_answer_begins(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    async with listening(client, ada, question(f"{word} {{{{hang}}}}", chat_id, "m1")) as answer:
        await answer.until("start-step")
        found = await conversation(client, ada, chat_id)
        asked, open_answer = found["messages"]
        assert (asked["role"], asked["client_id"], asked["status"]) == ("user", "m1", "completed")
        assert (open_answer["status"], open_answer["parts"]) == ("in_progress", [])
        assert found["live_run"]["message_id"] == open_answer["id"] == answer.chunks[0]["messageId"]
        await client.post(f"/api/v1/chat/{chat_id}/stop", headers=ada.headers)
        await answer.rest()


@pytest.mark.req("CHAT-37")
@pytest.mark.slow
async def test_the_answer_goes_on_when_its_reader_leaves(client: httpx.AsyncClient, ada: Person) -> None:
    chat_id = new_id("chat")
    async with listening(client, ada, question("{{words:60}} {{pace_ms:10}}", chat_id)) as answer:
        await answer.until("text-delta", 3)
    assert (await conversation(client, ada, chat_id))["live_run"] is not None
    stored = (await settled(client, ada, chat_id))["messages"][-1]
    assert stored["status"] == "completed"
    assert stored_text(stored).split() == [f"w{n}" for n in range(60)]


@pytest.mark.req("CHAT-38")
@pytest.mark.slow
async def test_chats_at_once_do_not_mix(client: httpx.AsyncClient, ada: Person) -> None:
    async def one(number: int) -> None:
        tag, chat_id = f"k{number}", new_id("chat")
        chunks = await ask(client, ada, f"{{{{tag:{tag}}}}} {{{{words:40}}}} {{{{pace_ms:5}}}}", chat_id)
        check(chunks)
        expected = [f"{tag}-{n}" for n in range(40)]
        assert text_of(chunks).split() == expected
        stored = await settled(client, ada, chat_id)
        assert stored_text(stored["messages"][-1]).split() == expected
        assert len(stored["messages"]) == 2

    await asyncio.gather(*(one(number) for number in range(20)))


@pytest.mark.slow
async def test_equal_sends_at_once_are_one(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    body = question(f"{word} {{{{words:60}}}} {{{{pace_ms:10}}}}", chat_id, "m1")
    limits = httpx.Limits(max_connections=60)
    async with httpx.AsyncClient(base_url=client.base_url, limits=limits, timeout=30) as many:
        answers = await asyncio.gather(
            *(many.post("/api/v1/chat", json=body, headers=ada.headers) for _ in range(50))
        )
    assert {answer.status_code for answer in answers} == {200}
    streams = [chunks_of(answer.text) for answer in answers]
    assert len({stream[0]["messageMetadata"]["run_id"] for stream in streams}) == 1
    assert len({stream[0]["messageId"] for stream in streams}) == 1
    for stream in streams:
        check(stream)
        assert text_of(stream).split() == [f"w{n}" for n in range(60)]
        assert stream[-1] == streams[0][-1]
    assert len(calls_of(provider, word)) == 1
    stored = await settled(client, ada, chat_id)
    assert [message["role"] for message in stored["messages"]] == ["user", "assistant"]
    assert stored["thread"]["message_count"] == 2
    listed = (await client.get("/api/v1/chat", headers=ada.headers)).json()["items"]
    assert len(listed) == 1


@pytest.mark.slow
async def test_the_same_message_again_joins_its_answer_and_later_replays_it(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    body = question(f"{word} {{{{words:60}}}} {{{{pace_ms:10}}}}", chat_id, "m1")
    async with listening(client, ada, body) as first:
        await first.until("text-delta", 10)
        async with listening(client, ada, body) as second:
            joined = await second.rest()
        chunks = await first.rest()
    replayed = chunks_of((await client.post("/api/v1/chat", json=body, headers=ada.headers)).text)
    for stream in (joined, replayed):
        check(stream)
        assert stream[0] == chunks[0]
        assert text_of(stream) == text_of(chunks)
        assert stream[-1] == chunks[-1]
    assert len(calls_of(provider, word)) == 1


async def test_another_text_under_the_same_message_id_is_refused(
    client: httpx.AsyncClient, ada: Person
) -> None:
    chat_id = new_id("chat")
    await ask(client, ada, "one", chat_id, "m1")
    answer = await client.post("/api/v1/chat", json=question("two", chat_id, "m1"), headers=ada.headers)
    assert answer.status_code in (409, 422), answer.text
    assert len((await settled(client, ada, chat_id))["messages"]) == 2


async def test_a_new_message_overtakes_the_answer_and_keeps_what_came(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    async with listening(client, ada, question(f"{word} {PIECES}", chat_id)) as first:
        await first.until("text-delta", 5)
        chunks = await ask(client, ada, "never mind {{reply:Fine.}}", chat_id)
        overtaken = await first.rest()
    assert text_of(chunks) == "Fine."
    check(overtaken)
    assert overtaken[-1]["messageMetadata"]["status"] == "cancelled"
    found = await settled(client, ada, chat_id)
    assert [message["role"] for message in found["messages"]] == ["user", "assistant", "user", "assistant"]
    partial = found["messages"][1]
    assert partial["status"] == "cancelled"
    assert stored_text(partial) == text_of(overtaken)
    assert len(stored_text(partial).split()) >= 5
    assert calls_of(provider, f"{word} ")[0].client_gone


async def test_a_new_message_that_may_not_overtake_is_refused_and_cuts_nothing(
    client: httpx.AsyncClient, ada: Person
) -> None:
    chat_id = new_id("chat")
    patient = {**question("And then? {{reply:Then this.}}", chat_id, "m2"), "whenBusy": "refuse"}
    async with listening(client, ada, question(PIECES, chat_id, "m1")) as first:
        await first.until("text-delta", 5)
        refused = await client.post("/api/v1/chat", json=patient, headers=ada.headers)
        answered = await first.rest()
    assert (refused.status_code, refused.json()["tag"]) == (409, "thread_busy")
    assert answered[-1]["messageMetadata"]["status"] == "completed"
    # The same message goes once it may.
    accepted = await client.post("/api/v1/chat", json={**patient, "stream": False}, headers=ada.headers)
    assert accepted.status_code == 200, accepted.text
    found = await settled(client, ada, chat_id)
    assert [message["status"] for message in found["messages"][1::2]] == ["completed", "completed"]
    assert len(found["messages"]) == 4


@pytest.mark.req("CHAT-23")
@pytest.mark.slow
async def test_resumes_a_running_answer_from_its_beginning(client: httpx.AsyncClient, ada: Person) -> None:
    chat_id = new_id("chat")
    async with listening(client, ada, question("{{words:80}} {{pace_ms:10}}", chat_id)) as first:
        await first.until("text-delta", 10)
    async with resuming(client, ada, chat_id) as second:
        assert second.response.status_code == 200
        chunks = await second.rest()
    check(chunks)
    assert chunks[0] == first.chunks[0]
    assert text_of(chunks).split() == [f"w{n}" for n in range(80)]
    assert sum(chunk["type"] == "text-delta" for chunk in chunks) > 10, "the rest came live"
    assert stored_text((await settled(client, ada, chat_id))["messages"][-1]) == text_of(chunks)
    async with resuming(client, ada, chat_id) as third:
        assert third.response.status_code == 204


async def test_there_is_nothing_to_resume_for_an_unknown_id_or_a_stranger(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    chat_id = new_id("chat")
    assert (await client.get(f"/api/v1/chat/{chat_id}/stream", headers=ada.headers)).status_code == 204
    async with listening(client, ada, question(PIECES, chat_id)) as answer:
        thread_id = answer.chunks or await answer.until("start")
        thread_id = answer.chunks[0]["messageMetadata"]["thread_id"]
        for person in (bob, eve):
            for ref in (chat_id, thread_id):
                found = await client.get(f"/api/v1/chat/{ref}/stream", headers=person.headers)
                assert found.status_code == 204
                stopped = await client.post(f"/api/v1/chat/{ref}/stop", headers=person.headers)
                assert stopped.status_code == 404
        assert (await client.get(f"/api/v1/chat/{thread_id}/stream")).status_code == 401
        await client.post(f"/api/v1/chat/{chat_id}/stop", headers=ada.headers)


async def test_stop_keeps_what_came_and_says_so(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    async with listening(client, ada, question(f"{word} {PIECES}", chat_id)) as answer:
        await answer.until("text-delta", 5)
        stopped = await client.post(f"/api/v1/chat/{chat_id}/stop", headers=ada.headers)
        run_id = answer.chunks[0]["messageMetadata"]["run_id"]
        assert stopped.json() == {"stopped": True, "run_id": run_id}
        chunks = await answer.rest()
    check(chunks)
    assert chunks[-1]["finishReason"] == "other"
    assert chunks[-1]["messageMetadata"]["status"] == "cancelled"
    stored = (await settled(client, ada, chat_id))["messages"][-1]
    assert (stored["status"], stored_text(stored)) == ("cancelled", text_of(chunks))
    again = await client.post(f"/api/v1/chat/{chat_id}/stop", headers=ada.headers)
    assert again.json() == {"stopped": False, "run_id": None}
    assert (await called(provider, word)).client_gone
    # The conversation goes on, and the model knows what it had said.
    next_word = new_id("word")
    await ask(client, ada, next_word, chat_id)
    assert prompt_of(calls_of(provider, next_word)[0])[-2] == ("assistant", text_of(chunks))


@pytest.mark.req("CONV-22")
async def test_regenerate_gives_another_answer_beside_the_first(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    first = await ask(client, ada, f"{word} {{{{reply:Answer.}}}}", chat_id, "m1")
    answer_id = first[0]["messageId"]
    body = {**question("", chat_id), "trigger": "regenerate-message"}
    body["messages"] = [user_message(f"{word} {{{{reply:Answer.}}}}", "m1")]
    for message_id in (answer_id, None):
        sent = {**body, "messageId": message_id}
        chunks = chunks_of((await client.post("/api/v1/chat", json=sent, headers=ada.headers)).text)
        check(chunks)
        assert text_of(chunks) == "Answer."
        assert chunks[0]["messageId"] != answer_id
    found = await settled(client, ada, chat_id)
    assert [message["role"] for message in found["messages"]] == ["user", "assistant"]
    assert len(found["messages"][-1]["siblings"]) == 3
    assert found["messages"][-1]["siblings"][0] == answer_id
    assert found["thread"]["message_count"] == 4
    prompts = [prompt_of(record) for record in calls_of(provider, word)]
    assert prompts[0] == prompts[1] == prompts[2]


async def test_another_try_of_a_message_that_never_arrived_sends_it(
    client: httpx.AsyncClient, ada: Person
) -> None:
    """A page whose send failed tries again with `regenerate`, and shows what it had before."""
    chat_id = new_id("chat")
    history = [user_message("one", "a"), {**user_message("two", "b"), "role": "assistant"}]
    body = question("{{reply:Here.}}", chat_id, "m1", trigger="regenerate-message")
    body["messages"] = [*history, *body["messages"]]
    chunks = chunks_of((await client.post("/api/v1/chat", json=body, headers=ada.headers)).text)
    assert text_of(chunks) == "Here."
    found = await settled(client, ada, chat_id)
    assert [message["client_id"] for message in found["messages"]] == ["a", "b", "m1", None]
    again = chunks_of((await client.post("/api/v1/chat", json=body, headers=ada.headers)).text)
    assert again[0]["messageId"] != chunks[0]["messageId"], "now it is there, and gets another answer"
    assert len((await settled(client, ada, chat_id))["messages"]) == 4


async def test_there_is_no_other_answer_to_what_nobody_asked(client: httpx.AsyncClient, ada: Person) -> None:
    body: dict[str, Any] = {"id": new_id("chat"), "messages": [], "trigger": "regenerate-message"}
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert answer.status_code == 404
    assert (await client.get("/api/v1/chat", headers=ada.headers)).json()["items"] == []


@pytest.mark.req("CONV-21")
async def test_an_edit_branches_and_the_old_branch_stays(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    chat_id, word = new_id("chat"), new_id("word")
    await ask(client, ada, "first {{reply:One.}}", chat_id, "m1")
    await ask(client, ada, "second {{reply:Two.}}", chat_id, "m2")
    before = (await settled(client, ada, chat_id))["messages"]
    body = question(f"{word} {{{{reply:Other.}}}}", chat_id, "m2")
    body["messageId"] = "m2"
    chunks = chunks_of((await client.post("/api/v1/chat", json=body, headers=ada.headers)).text)
    assert text_of(chunks) == "Other."
    found = await settled(client, ada, chat_id)
    assert [stored_text(message) for message in found["messages"]] == [
        "first {{reply:One.}}",
        "One.",
        f"{word} {{{{reply:Other.}}}}",
        "Other.",
    ]
    assert found["messages"][2]["siblings"] == [before[2]["id"], found["messages"][2]["id"]]
    # The model saw the new branch alone.
    assert [text for _, text in prompt_of(await called(provider, word))[1:]] == [
        "first {{reply:One.}}",
        "One.",
        f"{word} {{{{reply:Other.}}}}",
    ]
    shown = await client.patch(
        f"/api/v1/chat/{chat_id}", json={"head_id": before[2]["id"]}, headers=ada.headers
    )
    assert shown.json()["head_id"] == before[3]["id"]
    # The same edit sent twice is one.
    again = chunks_of((await client.post("/api/v1/chat", json=body, headers=ada.headers)).text)
    assert again[0]["messageId"] == chunks[0]["messageId"]


@pytest.mark.parametrize(
    ("directive", "tag", "words"),
    [
        ("{{status:500}}", "api_error", "temporarily unavailable"),
        ("{{status:429}}", "rate_limit_exceeded", "too many requests"),
        ("{{error:insufficient_quota}}", "provider_quota_exhausted", "used up"),
        ("{{error:invalid_api_key}}", "provider_key_refused", "refused the server's key"),
        ("{{error:context_length_exceeded}}", "context_length_exceeded", "too long"),
        ("{{error:model_not_found}}", "provider_refused", "refused the request"),
    ],
)
@pytest.mark.req("CHAT-27")
async def test_a_refusal_of_the_provider_is_one_sentence(
    client: httpx.AsyncClient, ada: Person, directive: str, tag: str, words: str
) -> None:
    chat_id = new_id("chat")
    answer = await client.post("/api/v1/chat", json=question(directive, chat_id), headers=ada.headers)
    chunks = chunks_of(answer.text)
    check(chunks)
    run_id = chunks[0]["messageMetadata"]["run_id"]
    assert chunks[-1]["type"] == "error"
    assert words in chunks[-1]["errorText"]
    assert chunks[-1]["errorText"].endswith(f"({run_id})")
    assert "sk-scripted" not in answer.text
    assert "Rate limit reached" not in answer.text
    assert "platform" not in answer.text
    run = (await client.get(f"/api/v1/runs/{run_id}", headers=ada.headers)).json()
    assert (run["status"], run["error"]["tag"]) == ("failed", tag)
    stored = (await settled(client, ada, chat_id))["messages"][-1]
    assert (stored["status"], stored["error"]["tag"]) == ("failed", tag)
    assert chunks[-2]["messageMetadata"]["error"] == stored["error"]


@pytest.mark.parametrize("directive", ["error_after", "cut_after", "garbage_after"])
async def test_an_answer_that_breaks_off_keeps_what_came(
    client: httpx.AsyncClient, ada: Person, directive: str
) -> None:
    chat_id = new_id("chat")
    chunks = await ask(client, ada, f"{{{{words:20}}}} {{{{{directive}:7}}}} {{{{pace_ms:5}}}}", chat_id)
    check(chunks)
    assert text_of(chunks).split() == [f"w{n}" for n in range(7)]
    assert chunks[-1]["errorText"].startswith("The model's answer broke off.")
    stored = (await settled(client, ada, chat_id))["messages"][-1]
    assert (stored["status"], stored["error"]["tag"]) == ("failed", "provider_broke_off")
    assert stored_text(stored) == text_of(chunks)


async def test_who_may_only_read_may_not_send(
    client: httpx.AsyncClient, ada: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    answer = await client.post("/api/v1/chat", json=question("hello"), headers=viewer.headers)
    assert answer.status_code == 403


async def test_an_archived_thread_takes_no_message(client: httpx.AsyncClient, ada: Person) -> None:
    chat_id = new_id("chat")
    await ask(client, ada, "hello", chat_id)
    await client.post(f"/api/v1/chat/{chat_id}/archive", headers=ada.headers)
    answer = await client.post("/api/v1/chat", json=question("more", chat_id), headers=ada.headers)
    assert (answer.status_code, answer.json()["tag"]) == (409, "thread_archived")


@pytest.mark.slow
async def test_the_id_of_a_client_is_its_own(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    """Three people use the same id, and each has a thread of their own; ids of ours are found by their owner alone."""
    chat_id = new_id("chat")
    threads: set[str] = set()
    for person in (ada, bob, eve):
        chunks = await ask(client, person, "hello", chat_id, "m1")
        threads.add(chunks[0]["messageMetadata"]["thread_id"])
        assert len((await settled(client, person, chat_id))["messages"]) == 2
    assert len(threads) == 3
    for thread_id in threads:
        seen = [
            (
                await client.post("/api/v1/chat", json=question("hi", thread_id), headers=person.headers)
            ).status_code
            for person in (ada, bob, eve)
        ]
        assert sorted(seen) == [200, 404, 404]


async def test_nobody_sends_without_a_credential(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/chat", "/api/assistant-v2/chat"):
        assert (await client.post(path, json=question("hello"))).status_code == 401
    assert (await client.get("/api/v1/chat/c1/stream")).status_code == 401


async def test_a_tool_that_does_not_exist_fails_and_the_model_goes_on(
    client: httpx.AsyncClient, ada: Person
) -> None:
    chat_id = new_id("chat")
    text = '{{reasoning:Hm.}} {{tool:find:{"q": 1}}} {{reply:Without it, then.}}'
    chunks = await ask(client, ada, text, chat_id)
    check(chunks)
    kinds = [chunk["type"] for chunk in chunks if not chunk["type"].endswith("-delta")]
    assert kinds == [
        "start", "start-step", "reasoning-start", "reasoning-end", "tool-input-start", "tool-input-available",
        "tool-output-error", "finish-step", "start-step", "reasoning-start", "reasoning-end", "text-start",
        "text-end", "finish-step", "finish",
    ]  # fmt: skip
    assert text_of(chunks) == "Without it, then."
    parts = (await settled(client, ada, chat_id))["messages"][-1]["parts"]
    assert [part["type"] for part in parts] == ["reasoning", "tool_call", "reasoning", "text"]
    assert (parts[1]["name"], parts[1]["input"], parts[1]["state"]) == ("find", {"q": 1}, "failed")
