"""One conversation, several models: each gets the others' words in its own form."""

from __future__ import annotations

import itertools

import httpx
import pytest

from steward.agents.service import Wishes
from steward.kernel.runtime import Runtime
from steward.runs.events import RunEnd
from tests.conftest import Person
from tests.runs.turns import begin, ledger, messages, read
from tests.support.scripted_provider import ScriptedProvider

MODELS = {
    "openai_chat": "openai/gpt-4o",
    "openai_responses": "openai-responses/gpt-5-mini",
    "anthropic": "anthropic/claude-sonnet-4-5",
    "gemini": "google/gemini-2.5-flash",
}
PARALLEL = '{{reasoning:Let me look.}} {{tool:find:{"q": "tea"}}} {{tool:find:{"q": "milk"}}}'


async def turn(person: Person, text: str, model: str, ref: str | None) -> tuple[RunEnd, str]:
    wishes = Wishes(model=model, reasoning_effort="low")
    started = await begin(person, text, ref, wishes=wishes)
    end = (await read(person, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    return end, started.thread_id


@pytest.mark.req("CHAT-39")
@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(MODELS, 2)])
async def test_the_model_is_changed_between_turns_with_tools_in_them(
    house: Runtime, ada: Person, provider: ScriptedProvider, first: str, second: str
) -> None:
    end, ref = await turn(ada, PARALLEL, MODELS[first], None)
    assert (end.status, end.model) == ("completed", MODELS[first])
    # The host refuses a history that is not in its own form, and so would the provider.
    end, _ = await turn(ada, f"and now {{{{reply:from {second}}}}}", MODELS[second], ref)
    assert (end.status, end.error_tag, end.model) == ("completed", None, MODELS[second])
    end, _ = await turn(ada, f"and back {{{{reply:from {first}}}}}", MODELS[first], ref)
    assert (end.status, end.error_tag) == ("completed", None)
    said = await messages(house, ada)
    assert [message.model for message in said if message.role == "assistant"] == [
        MODELS[first],
        MODELS[second],
        MODELS[first],
    ]
    (record,) = [one for one in provider.requests if one.said == f"and now {{{{reply:from {second}}}}}"][-1:]
    assert record.wire == second
    sent = str(record.body)
    for word in ("tea", "milk", "There is no tool named"):
        assert word in sent, "the tools and what came of them"
    assert [line.provider for line in await ledger(house, ada)][-1] == MODELS[first].partition("/")[0]


@pytest.mark.req("USE-13")
async def test_what_two_engines_use_for_the_same_questions_can_be_compared(
    client: httpx.AsyncClient, ada: Person
) -> None:
    for model in (MODELS["openai_chat"], MODELS["anthropic"]):
        for number in range(5):
            await turn(ada, f"question {number} {{{{words:{20 + number}}}}}", model, None)
    answer = await client.get("/api/v1/usage", params={"by": "model"}, headers=ada.headers)
    one, other = answer.json()["items"]
    assert {one["calls"], other["calls"]} == {5}
    for field in ("input_tokens", "output_tokens", "total_tokens"):
        assert abs(one[field] / other[field] - 1) <= 0.15


@pytest.mark.req("USE-14")
async def test_what_retrieval_uses_is_shown_apart(client: httpx.AsyncClient, ada: Person) -> None:
    await turn(ada, "{{words:3}}", MODELS["openai_chat"], None)
    body = {"model": "openai/text-embedding-3-small", "input": ["a passage", "another passage"]}
    embedded = await client.post("/v1/embeddings", json=body, headers=ada.headers)
    assert embedded.status_code == 200, embedded.text
    answer = await client.get("/api/v1/usage", params={"by": "purpose"}, headers=ada.headers)
    used = {item["purpose"]: item for item in answer.json()["items"]}
    assert set(used) == {"chat", "embedding"}
    assert used["embedding"]["input_tokens"] == embedded.json()["usage"]["prompt_tokens"] > 0
    assert used["embedding"]["output_tokens"] == 0
