"""What a turn is told of the person, through the whole application and every door."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.memory import profiles, service
from steward.memory.schemas import Note, ProfileUpdate
from tests.conftest import Person
from tests.runs import turns
from tests.support.scripted_provider import ScriptedProvider


async def introduce(house: Runtime, person: Person) -> str:
    """A person with a profile and a memory; a word that only they use."""
    word = new_id("word")
    async with house.database.transaction(person.actor) as work:
        await profiles.change(work, ProfileUpdate(display_name="Ada", role=f"Head baker {word}"))
    await service.remember(person.actor, [Note("goals", f"I want to open a second shop in {word}.")])
    return word


def told(provider: ScriptedProvider, mark: str) -> str:
    """What the model was told in the turn whose question has a mark."""
    bodies = [msgspec.json.encode(one.body).decode() for one in provider.requests]
    return next(body for body in reversed(bodies) if mark in body)


@pytest.mark.req("MEMO-05", "MEMO-12", "MEMO-01", "MEMO-07")
async def test_a_turn_in_a_new_thread_knows_the_person(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    word, mark = await introduce(house, ada), new_id("mark")
    started = await turns.begin(ada, f"What about a second shop? {mark}")
    await turns.read(ada, started.run_id)
    body = told(provider, mark)
    assert f"Head baker {word}" in body
    assert f"I want to open a second shop in {word}." in body
    question, _ = await turns.messages(house, ada)
    kept = question.message_metadata
    assert kept["profile_context"]["profile"] == ['Name: "Ada"', f'Role: "Head baker {word}"']
    assert [one["kind"] for one in kept["profile_context"]["memories"]] == ["goals"]
    assert len(msgspec.json.encode(kept)) < 4_000


@pytest.mark.req("MEMO-08")
@pytest.mark.parametrize("door", ["native", "assistant"])
async def test_every_door_tells_the_same(
    client: httpx.AsyncClient, house: Runtime, ada: Person, provider: ScriptedProvider, door: str
) -> None:
    word, mark = await introduce(house, ada), new_id("mark")
    text = f"What about a second shop? {mark}"
    body: dict[str, Any] = {"messages": [{"role": "user", "parts": [{"type": "text", "text": text}]}]}
    if door == "assistant":
        body["workspaceId"] = ada.actor.workspace_id
    path = {"native": "/api/v1/chat", "assistant": "/api/assistant-v2/chat"}[door]
    answer = await client.post(path, json=body, headers=ada.headers)
    assert answer.status_code == 200, answer.text
    assert f"I want to open a second shop in {word}." in told(provider, mark)
