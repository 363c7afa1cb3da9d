from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from steward.audit.tables import Event
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.runs.engine import Engine
from steward.runs.events import RunEnd, RunStart, StepEnd, StepStart, ToolFailure
from steward.runs.feed import Feed
from steward.runs.tables import Run
from tests.conftest import Person
from tests.runs.turns import begin, ledger, messages, read
from tests.support.database import as_owner
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import message_text


@pytest.mark.req("PERS-07")
@pytest.mark.req("PERS-09")
@pytest.mark.req("PERS-10")
@pytest.mark.req("PERS-11")
async def test_one_exchange_is_two_messages_with_all_their_fields(house: Runtime, ada: Person) -> None:
    started = await begin(ada, "hello {{reply:Good day.}}")
    await read(ada, started.run_id)
    question, answer = await messages(house, ada)
    for message in (question, answer):
        assert message.workspace_id == ada.actor.workspace_id
        assert message.user_id == ada.actor.user_id
        assert message.thread_id == started.thread_id
        assert abs(message.created_at - datetime.now(UTC)) < timedelta(seconds=30)
        assert message.status == "completed"
    assert (question.role, question.content) == ("user", "hello {{reply:Good day.}}")
    assert (answer.role, answer.content) == ("assistant", "Good day.")
    assert answer.parts == [{"type": "text", "text": "Good day."}]
    assert answer.id == started.message_id
    assert answer.parent_id == question.id
    assert answer.finish_reason == "stop"
    assert answer.model == "openai/gpt-4o-mini"
    assert answer.output_tokens == 2
    assert answer.input_tokens > 0
    assert answer.total_tokens == answer.input_tokens + 2
    assert answer.run_id == started.run_id


@pytest.mark.req("ONTO-09")
async def test_a_finished_answer_leaves_an_event(house: Runtime, ada: Person) -> None:
    started = await begin(ada, 'hello {{tool:find:{"q":1}}} {{words:3}}')
    end = (await read(ada, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    async with house.database.work(ada.actor) as work:
        query = select(Event).where(Event.type == "ai_response_completed")
        (event,) = (await work.session.execute(query)).scalars()
    assert (event.actor_id, event.target_type, event.target_id) == (
        ada.actor.user_id,
        "message",
        started.message_id,
    )
    assert event.event_metadata == {
        "model": "openai/gpt-4o-mini",
        "tokensUsed": end.input_tokens + end.output_tokens,
        "toolsCalled": ["find"],
        "duration": end.duration_ms,
        "status": "completed",
    }
    assert abs(event.created_at - datetime.now(UTC)) < timedelta(seconds=30)


async def test_a_turn_of_several_steps_is_one_message(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    word = new_id("word")
    started = await begin(
        ada, f'{word} {{{{tool:find:{{"q":1}}}}}} {{{{tool:look:{{}}}}}} {{{{reply:Done.}}}}'
    )
    events = [event for _, event in await read(ada, started.run_id)]
    assert [event.step for event in events if isinstance(event, StepStart)] == [1, 2, 3]
    assert [event.step for event in events if isinstance(event, StepEnd)] == [1, 2]
    assert sum(isinstance(event, RunStart) for event in events) == 1
    assert len([event for event in events if isinstance(event, ToolFailure)]) == 2
    end = events[-1]
    assert isinstance(end, RunEnd)
    lines = await ledger(house, ada)
    assert len(lines) == 3
    assert {line.status for line in lines} == {"completed"}
    assert end.input_tokens == sum(line.input_tokens for line in lines)
    assert end.output_tokens == sum(line.output_tokens for line in lines)
    _, answer = await messages(house, ada)
    assert [part["type"] for part in answer.parts] == ["tool_call", "tool_call", "text"]
    assert (answer.input_tokens, answer.output_tokens) == (end.input_tokens, end.output_tokens)
    # Each step saw what the steps before it had said.
    prompts = [
        [message["role"] for message in record.body["messages"]]
        for record in provider.requests
        if any(word in message_text(message) for message in record.body.get("messages", []))
    ]
    assert prompts == [
        ["system", "user"],
        ["system", "user", "assistant", "tool"],
        ["system", "user", "assistant", "tool", "tool"],
    ]


async def test_a_model_that_only_calls_tools_is_ended(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    most = settings.limits.turn_steps
    started = await begin(ada, "".join(f'{{{{tool:find:{{"q":{number}}}}}}}' for number in range(most + 3)))
    end = (await read(ada, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.error_tag) == ("failed", "too_many_steps")
    assert len(await ledger(house, ada)) == most
    _, answer = await messages(house, ada)
    assert (answer.status, len(answer.parts)) == ("failed", most)


@pytest.mark.req("PERS-21")
@pytest.mark.req("OBS-14")
@pytest.mark.slow
async def test_an_answer_that_could_not_be_stored_is_stored_later(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    """The connection that stores the end is killed; the log tells of it, and another try stores it once."""
    with capture_logs() as lines:
        started = await begin(ada, "{{words:20}} {{pace_ms:10}}")
        async with as_owner(settings) as owner, as_owner(settings) as holder:
            await read(ada, started.run_id, most=5)
            async with holder.transaction():
                await holder.execute("SELECT 1 FROM threads WHERE id = $1 FOR UPDATE", started.thread_id)
                waiting = await blocked_by(owner, await holder.fetchval("SELECT pg_backend_pid()"))
                await owner.execute("SELECT pg_terminate_backend($1)", waiting)
                told = await line_of(lines, "turn_not_stored", started.run_id)
        await read(ada, started.run_id)
    assert told["log_level"] == "warning"
    assert told["attempt"] == 1
    assert told["retry_in"] > 0
    _, answer = await messages(house, ada)
    assert (answer.status, answer.content.split()) == ("completed", [f"w{n}" for n in range(20)])
    async with house.database.work(ada.actor) as work:
        events = (await work.session.execute(select(Event.type))).scalars().all()
        run = (await work.session.execute(select(Run))).scalar_one()
    assert events.count("ai_response_completed") == 1
    assert run.status == "completed"
    assert [line.status for line in await ledger(house, ada)] == ["completed"]


async def blocked_by(owner: Any, pid: int) -> int:
    """The backend that waits for another one."""
    for _ in range(400):
        found = await owner.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND $1 = ANY(pg_blocking_pids(pid))", pid
        )  # fmt: skip
        if found is not None:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waits")


async def line_of(lines: list[Any], event: str, run_id: str) -> dict[str, Any]:
    for _ in range(300):
        for line in lines:
            if line["event"] == event and line.get("run_id") == run_id:
                return line
        await asyncio.sleep(0.01)
    raise AssertionError(f"no line {event}")


@pytest.mark.req("OBS-12")
@pytest.mark.req("OBS-13")
async def test_a_turn_is_logged_at_its_start_and_its_end_without_its_words(ada: Person) -> None:
    with capture_logs() as lines:
        started = await begin(ada, "secret {{reply:classified}}")
        end = (await read(ada, started.run_id))[-1][1]
        logged = await line_of(lines, "stream_end", started.run_id)
    assert isinstance(end, RunEnd)
    asked = next(line for line in lines if line["event"] == "chat_request")
    assert asked["user_id"] == ada.actor.user_id
    assert asked["organization_id"] == ada.actor.workspace_id
    assert asked["conversation_id"] == started.thread_id
    assert asked["model"] == "openai/gpt-4o-mini"
    assert asked["message_length"] == len("secret {{reply:classified}}")
    assert logged["conversation_id"] == started.thread_id
    assert (logged["status"], logged["finish_reason"]) == ("completed", "stop")
    assert logged["token_count"] == end.input_tokens + end.output_tokens
    assert logged["duration_ms"] == end.duration_ms
    for word in ("secret", "classified"):
        assert word not in str(lines)


async def test_nothing_stays_behind_when_a_turn_is_over(house: Runtime, ada: Person) -> None:
    engine, feed = house.part(Engine), house.part(Feed)
    before = house.database.checked_out
    texts = [
        "{{words:9}}",
        "{{status:500}}",
        "{{words:9}} {{cut_after:2}}",
        "{{hang}}",
        "{{words:99}} {{pace_ms:9}}",
    ]
    runs = [await begin(ada, words) for words in texts]
    for run in runs[3:]:
        feed.stop_here(run.run_id)
    for run in runs:
        await read(ada, run.run_id)
    for _ in range(100):
        if all(feed.tail(run.run_id) is None for run in runs):
            break
        await asyncio.sleep(0.01)
    assert all(feed.tail(run.run_id) is None for run in runs)
    ids = {run.run_id for run in runs}
    assert not ids & engine._turns.keys()  # pyright: ignore[reportPrivateUsage]  # what must be empty
    assert not ids & feed._stops.keys()  # pyright: ignore[reportPrivateUsage]  # what must be empty
    await asyncio.sleep(0.1)
    assert house.database.checked_out <= before


async def test_the_model_is_called_at_once(ada: Person, provider: ScriptedProvider) -> None:
    """Nothing durable stands between an accepted turn and its model call but one transaction."""
    word = new_id("word")
    await begin(ada, "{{words:1}}")
    asked = time.monotonic()
    started = await begin(ada, word)
    await read(ada, started.run_id, most=3)
    (record,) = [record for record in provider.requests if word in record.said]
    assert record.start - asked < 0.5


async def test_what_a_provider_counts_wrongly_breaks_no_turn(
    house: Runtime, client: httpx.AsyncClient, ada: Person
) -> None:
    started = await begin(ada, "{{words:3}} {{cached:9999}}")
    end = (await read(ada, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    assert end.status == "completed"
    (line,) = await ledger(house, ada)
    assert line.cost_usd is not None
    assert end.cost_usd is not None


async def test_a_long_conversation_is_kept_whole(house: Runtime, ada: Person) -> None:
    thread = new_id("chat")
    for number in range(20):
        started = await begin(ada, f"question {number} {{{{reply:answer {number}}}}}", thread)
        await read(ada, started.run_id)
    stored = await messages(house, ada)
    assert len(stored) == 40
    assert [message.content for message in stored if message.role == "assistant"] == [
        f"answer {number}" for number in range(20)
    ]
    async with house.database.work(ada.actor) as work:
        counted = (
            await work.session.execute(text("SELECT message_count, token_count, is_running FROM threads"))
        ).one()
    assert counted.message_count == 40
    assert counted.token_count == sum(message.total_tokens for message in stored)
    assert counted.is_running is False
