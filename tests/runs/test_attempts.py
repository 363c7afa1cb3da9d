"""One answer, whatever it takes: tried again, handed on, made shorter, cut; each call upstream on a line of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from steward.agents.service import Wishes
from steward.kernel.runtime import Runtime
from steward.providers import service as providers
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs.events import Notice, RunEnd, RunEvent, StepStart, TextDelta
from steward.runs.retries import backoff_seconds, compacted
from steward.usage.tables import ModelCall
from tests.conftest import Person
from tests.runs.turns import begin, ledger, messages, read
from tests.support.scripted_provider import ScriptedProvider


async def events_of(person: Person, text: str, **fields: Any) -> list[RunEvent]:
    started = await begin(person, text, **fields)
    return [event for _, event in await read(person, started.run_id)]


def said(events: Sequence[RunEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def notices(events: Sequence[RunEvent]) -> list[str]:
    return [event.tag for event in events if isinstance(event, Notice)]


def end_of(events: Sequence[RunEvent]) -> RunEnd:
    end = events[-1]
    assert isinstance(end, RunEnd)
    return end


def outcome(lines: Sequence[ModelCall]) -> list[tuple[int, str, str]]:
    return [(line.attempt, f"{line.provider}/{line.model}", line.status) for line in lines]


async def settle_on(house: Runtime, person: Person, **choices: Any) -> None:
    async with house.database.transaction(person.actor) as work:
        await providers.change_choices(work, house.settings, choices)


@pytest.mark.req("ERR-15")
def test_waits_are_twice_as_long_each_time() -> None:
    assert [backoff_seconds(1, tries, 0) for tries in (1, 2, 3)] == [1, 2, 4]
    assert [backoff_seconds(1, tries, 1) for tries in (1, 2, 3)] == [1.25, 2.5, 5]


@pytest.mark.req("ERR-15")
@pytest.mark.parametrize("fault", ["{{status:500}}", "{{status:429}}", "{{cut_after:0}}"])
async def test_what_failed_before_the_first_word_is_tried_again(
    house: Runtime, ada: Person, fault: str
) -> None:
    events = await events_of(ada, f"{{{{reply:Here it is.}}}} {fault} {{{{times:2}}}}")
    assert (said(events), end_of(events).status, notices(events)) == ("Here it is.", "completed", [])
    lines = await ledger(house, ada)
    model = "openai/gpt-4o-mini"
    assert outcome(lines) == [(1, model, "failed"), (2, model, "failed"), (3, model, "completed")]
    assert end_of(events).cost_usd == format(sum(line.cost_usd or 0 for line in lines), "f")


@pytest.mark.req("ERR-15")
@pytest.mark.parametrize("fault", ["error_after:1", "cut_after:1", "garbage_after:1"])
async def test_nothing_is_tried_again_once_a_word_was_shown(house: Runtime, ada: Person, fault: str) -> None:
    events = await events_of(ada, f"{{{{words:9}}}} {{{{{fault}}}}} {{{{times:1}}}}")
    assert end_of(events).status == "failed"
    assert said(events)
    assert [line.attempt for line in await ledger(house, ada)] == [1]


@pytest.mark.parametrize("fault", ["error:invalid_api_key", "status:400", "error:context_length_exceeded"])
async def test_what_another_try_cannot_mend_is_not_tried_again(
    house: Runtime, ada: Person, fault: str
) -> None:
    events = await events_of(ada, f"hello {{{{{fault}}}}} {{{{times:1}}}}")
    assert end_of(events).status == "failed"
    (line,) = await ledger(house, ada)
    # The provider refused and read nothing: nothing is booked.
    assert (line.input_tokens, line.output_tokens, line.estimated, line.cost_usd) == (0, 0, False, 0)


@pytest.mark.req("ERR-06")
@pytest.mark.req("LIM-08")
async def test_a_wait_that_is_too_long_is_told_and_not_waited(house: Runtime, ada: Person) -> None:
    started = await begin(ada, "{{status:429}} {{retry_after:600}}")
    end = (await read(ada, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    assert end.error_tag == "rate_limit_exceeded"
    assert "wait" in (end.error_message or "")
    assert len(await ledger(house, ada)) == 1


async def test_a_short_wait_that_the_provider_asks_for_is_kept(house: Runtime, ada: Person) -> None:
    begun = asyncio.get_running_loop().time()
    events = await events_of(ada, "{{reply:ok}} {{status:429}} {{retry_after:0.3}} {{times:1}}")
    assert said(events) == "ok"
    assert asyncio.get_running_loop().time() - begun >= 0.3


@pytest.mark.req("ERR-16")
async def test_another_model_answers_and_the_reply_says_so(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    await settle_on(house, ada, fallback_models=["anthropic/claude-sonnet-4-5", "google/gemini-2.5-flash"])
    text = "{{reply:From elsewhere.}} {{status:503}} {{times:6}}"
    events = await events_of(ada, text)
    assert said(events) == "From elsewhere."
    assert notices(events) == ["fallback_model", "fallback_model"]
    assert end_of(events).model == "google/gemini-2.5-flash"
    lines = await ledger(house, ada)
    assert [line.provider for line in lines] == ["openai"] * 3 + ["anthropic"] * 3 + ["google"]
    assert [line.status for line in lines] == ["failed"] * 6 + ["completed"]
    answer = (await messages(house, ada))[-1]
    assert answer.model == "google/gemini-2.5-flash"
    told = [part["data"]["tag"] for part in answer.parts if part["type"] == "data"]
    assert told == ["fallback_model", "fallback_model"], "whoever comes back is told, too"
    wires = [record.wire for record in provider.requests if text in record.said]
    assert wires == ["openai_chat"] * 3 + ["anthropic"] * 3 + ["gemini"]


async def test_a_bad_key_is_handed_on_without_another_try(house: Runtime, ada: Person) -> None:
    await settle_on(house, ada, fallback_models=["anthropic/claude-sonnet-4-5"])
    events = await events_of(ada, "{{reply:ok}} {{error:invalid_api_key}} {{times:1}}")
    assert said(events) == "ok"
    assert [line.provider for line in await ledger(house, ada)] == ["openai", "anthropic"]


async def test_the_model_that_answered_goes_on_after_its_tools(house: Runtime, ada: Person) -> None:
    await settle_on(house, ada, fallback_models=["anthropic/claude-sonnet-4-5"])
    text = '{{tool:find:{"q": "tea"}}} {{error:invalid_api_key}} {{times:1}}'
    events = await events_of(ada, text)
    assert end_of(events).status == "completed"
    assert sum(isinstance(event, StepStart) for event in events) == 2
    assert [line.provider for line in await ledger(house, ada)] == ["openai", "anthropic", "anthropic"]
    assert notices(events) == ["fallback_model"]


@pytest.mark.req("ERR-07")
async def test_a_conversation_that_is_too_long_goes_on_without_its_beginning(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    ref = None
    for number in range(4):
        started = await begin(ada, f"question {number} {{{{reply:answer {number}}}}}", ref)
        await read(ada, started.run_id)
        ref = started.thread_id
    text = "the last {{reply:Short enough.}} {{max_messages:4}}"
    events = await events_of(ada, text, thread_ref=ref)
    assert said(events) == "Short enough."
    assert notices(events) == ["earlier_messages_left_out"] * 2
    counts = [len(record.body["messages"]) for record in provider.requests if record.said == text]
    assert counts == [10, 6, 4]
    assert [line.status for line in await ledger(house, ada)][-3:] == ["failed", "failed", "completed"]


@pytest.mark.req("ERR-07")
async def test_a_workspace_may_rather_be_told_that_it_is_too_long(house: Runtime, ada: Person) -> None:
    await settle_on(house, ada, overflow="refuse")
    first = await begin(ada, "{{reply:one}}")
    await read(ada, first.run_id)
    events = await events_of(
        ada, "{{reply:two}} {{error:context_length_exceeded}} {{times:1}}", thread_ref=first.thread_id
    )
    end = end_of(events)
    assert (end.status, end.error_tag) == ("failed", "context_length_exceeded")
    assert "too long for this model" in (end.error_message or "")


@pytest.mark.req("ERR-14")
async def test_a_workspace_has_its_own_words_for_errors(
    house: Runtime, ada: Person, eve: Person, client: Any
) -> None:
    await settle_on(
        house, ada, messages={"api_error": "Ring Bob, extension 12.", "rate_limit_exceeded": "Slow."}
    )
    own = end_of(await events_of(ada, "{{status:500}}"))
    assert (own.error_message, own.error_is_own) == ("Ring Bob, extension 12.", True)
    stored = {"tag": "api_error", "message": "Ring Bob, extension 12.", "is_own": True}
    assert (await messages(house, ada))[-1].error == stored
    other = end_of(await events_of(eve, "{{status:500}}"))
    assert "temporarily unavailable" in (other.error_message or "")
    assert not other.error_is_own
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "{{status:429}} {{retry_after:99}}"}]}
    answer = await client.post("/v1/chat/completions", json=body, headers=ada.headers)
    assert answer.status_code == 429
    assert answer.json()["error"]["message"] == "Slow."
    assert answer.headers["retry-after"] == "99"


@pytest.mark.req("CHAT-14")
async def test_an_answer_beyond_its_limit_is_cut(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    wishes = {"wishes": Wishes(max_tokens=40)}
    text = f"{{{{reply:{'tea and cake ' * 300}}}}} {{{{ignore_max_tokens}}}} {{{{pace_ms:1}}}}"
    events = await events_of(ada, text, **wishes)
    end = end_of(events)
    assert (end.status, end.finish_reason) == ("incomplete", "length")
    assert 40 <= len(said(events).split()) <= 100
    (line,) = await ledger(house, ada)
    assert (line.status, line.finish_reason, line.estimated) == ("completed", "length", True)
    assert line.output_tokens > 0
    (record,) = [one for one in provider.requests if one.said == text]
    assert record.client_gone, "the provider goes on and is paid for nothing more"
    assert (await messages(house, ada))[-1].status == "incomplete"


async def test_an_answer_within_its_limit_is_whole_in_every_script(ada: Person) -> None:
    events = await events_of(ada, "{{chars:3000}}", wishes=Wishes(max_tokens=1500))
    assert len(said(events)) == 3000
    assert end_of(events).finish_reason == "stop"


def test_the_shorter_prompt_keeps_the_rules_and_the_question() -> None:
    def talk(*roles: str) -> ModelRequest:
        return ModelRequest([PromptMessage.of_text(role, f"{role} {at}") for at, role in enumerate(roles)])  # pyright: ignore[reportArgumentType]  # roles of the test

    request = talk("system", "user", "assistant", "user", "assistant", "user")
    shorter = compacted(request)
    assert shorter is not None
    assert [message.text for message in shorter.messages] == ["system 0", "user 3", "assistant 4", "user 5"]
    shortest = compacted(shorter)
    assert shortest is not None
    assert [message.text for message in shortest.messages] == ["system 0", "user 5"]
    assert compacted(shortest) is None
    # What came after the question (a tool's result, in the middle of a turn) stays.
    tools = compacted(talk("user", "assistant", "user", "assistant"))
    assert tools is not None
    assert [message.text for message in tools.messages] == ["user 2", "assistant 3"]


async def test_what_a_wire_keeps_for_itself_reaches_no_reader(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    started = await begin(
        ada,
        "{{reasoning:Let me see.}} {{reply:Yes.}}",
        wishes=Wishes("anthropic/claude-sonnet-4-5", reasoning_effort="low"),
    )
    await read(ada, started.run_id)
    stored = (await messages(house, ada))[-1].parts
    assert [part["type"] for part in stored] == ["reasoning", "text"]
    assert "provider_state" in stored[0]
    for path in (f"/api/v1/chat/{started.thread_id}", f"/api/v1/runs/{started.run_id}/events"):
        answer = await client.get(path, headers=ada.headers)
        assert "reasoning" in answer.text
        assert "provider_state" not in answer.text
        assert "signature" not in answer.text
