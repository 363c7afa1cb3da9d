"""The ledger: a line for every call of a model, however the call ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor
from steward.providers.events import Usage
from steward.providers.prices import cost_usd
from steward.runs import service as runs
from steward.runs.events import RunEnd
from steward.usage import service as usage
from steward.usage.service import CallOpening, Settlement
from steward.usage.tables import ModelCall
from tests.conftest import Person
from tests.runs.turns import begin, ledger, read
from tests.support.database import as_owner
from tests.support.scripted_provider import ScriptedProvider


async def line_of(house: Runtime, person: Person, text: str, stop_after: int | None = None) -> ModelCall:
    """The line of a turn's one call."""
    started = await begin(person, text)
    if stop_after is not None:
        await read(person, started.run_id, most=stop_after)
        await runs.stop(person.actor, started.run_id)
    await read(person, started.run_id)
    (line,) = await ledger(house, person)
    assert (line.run_id, line.thread_id, line.message_id) == (
        started.run_id,
        started.thread_id,
        started.message_id,
    )
    assert (line.workspace_id, line.user_id) == (person.actor.workspace_id, person.actor.user_id)
    assert (line.provider, line.model, line.purpose) == ("openai", "gpt-4o-mini", "chat")
    return line


@pytest.mark.req("OBS-31")
@pytest.mark.req("USE-15")
async def test_what_the_provider_counts_is_what_is_kept(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    line = await line_of(house, ada, "hello {{words:12}} {{reasoning:Hm. Well.}} {{cached:3}}")
    assert (line.status, line.finish_reason, line.estimated) == ("completed", "stop", False)
    record = next(
        record
        for record in reversed(provider.requests)
        if "{{words:12}} {{reasoning:Hm. Well.}}" in record.said
    )
    assert (line.input_tokens, line.output_tokens) == (record.prompt_tokens, record.tokens_sent)
    assert (line.cached_tokens, line.reasoning_tokens) == (3, 2)
    assert line.cost_usd == cost_usd(
        "openai", "gpt-4o-mini", Usage(line.input_tokens, line.output_tokens, cached_tokens=3)
    )
    assert line.first_token_ms is not None
    assert line.duration_ms is not None
    assert 0 <= line.first_token_ms < 5000
    assert line.duration_ms >= 0


@pytest.mark.parametrize(
    ("text", "stop_after", "status", "estimated", "came"),
    [
        ("{{words:40}} {{no_usage}}", None, "completed", True, True),
        ("{{words:500}} {{pace_ms:10}}", 15, "cancelled", True, True),
        ("{{hang}}", 2, "cancelled", True, False),
        ("{{words:40}} {{error_after:9}}", None, "failed", True, True),
        ("{{words:40}} {{cut_after:9}}", None, "failed", True, True),
        ("{{words:40}} {{garbage_after:9}}", None, "failed", True, True),
        ("{{reasoning:Hm. Well. So.}} {{cut_after:3}}", None, "failed", True, True),
        ('{{tool:find:{"q": "something long"}}} {{no_usage}} {{words:30}}', None, "completed", True, True),
        ("{{words:1}}", None, "completed", False, True),
    ],
)
@pytest.mark.req("OBS-30")
async def test_every_end_leaves_a_settled_line(
    house: Runtime, ada: Person, text: str, stop_after: int | None, status: str, estimated: bool, came: bool
) -> None:
    started = await begin(ada, text)
    if stop_after is not None:
        await read(ada, started.run_id, most=stop_after)
        await runs.stop(ada.actor, started.run_id)
    end = (await read(ada, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    lines = await ledger(house, ada)
    assert len(lines) == (2 if "tool" in text else 1)
    for line in lines:
        assert (line.status, line.estimated) == (status, estimated)
        assert line.input_tokens > 0
        assert (line.output_tokens > 0) == came, "never nothing when text came, and nothing when none did"
        assert line.cost_usd is not None
        assert line.cost_usd > 0
        assert line.duration_ms is not None
        assert (line.first_token_ms is not None) == came
    # Readers are told the same.
    assert end.input_tokens == sum(line.input_tokens for line in lines)
    assert end.output_tokens == sum(line.output_tokens for line in lines)


@pytest.mark.req("USE-12")
@pytest.mark.parametrize("status", [429, 500])
async def test_every_try_has_its_line_and_a_refused_one_costs_nothing(
    house: Runtime, ada: Person, status: int
) -> None:
    started = await begin(ada, f"{{{{status:{status}}}}}")
    end = (await read(ada, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    lines = await ledger(house, ada)
    assert [line.attempt for line in lines] == [1, 2, 3]
    for line in lines:
        assert (line.status, line.estimated, line.first_token_ms) == ("failed", False, None)
        assert (line.input_tokens, line.output_tokens, line.cost_usd) == (0, 0, 0)
    assert (end.input_tokens, end.output_tokens) == (0, 0)


async def test_an_estimate_is_near_the_truth(house: Runtime, ada: Person, eve: Person) -> None:
    prose = " ".join(["Every call of a model has a line, written before the call and settled after it."] * 20)
    told = await line_of(house, ada, f"{{{{reply:{prose}}}}}")
    guessed = await line_of(house, eve, f"{{{{reply:{prose}}}}} {{{{no_usage}}}}")
    assert told.output_tokens > 200
    assert 0.5 < guessed.output_tokens / told.output_tokens < 2


def settlement(status: str = "completed", **fields: int) -> Settlement:
    return Settlement(
        status=status,
        finish_reason="stop",
        input_tokens=fields.get("input_tokens", 5),
        output_tokens=fields.get("output_tokens", 7),
        cached_tokens=0,
        reasoning_tokens=0,
        estimated=False,
        cost_usd=Decimal("0.000000001"),
        first_token_ms=3,
        duration_ms=9,
    )


def opening(process_id: str = "proc_test") -> CallOpening:
    return CallOpening(provider="openai", model="gpt-4o", process_id=process_id, input_tokens=11)


async def open_line(house: Runtime, actor: Actor) -> str:
    async with house.database.work(actor) as work:
        return await usage.open_call(work, opening(house.process_id))


async def test_a_line_is_there_before_the_call_and_settled_once(house: Runtime, ada: Person) -> None:
    call_id = await open_line(house, ada.actor)
    async with house.database.work(ada.actor) as work:
        line = await work.session.get(ModelCall, (ada.actor.workspace_id, call_id))
        assert line is not None
        assert (line.status, line.input_tokens, line.output_tokens, line.estimated) == ("open", 11, 0, True)
    for output_tokens in (7, 70):
        async with house.database.work(ada.actor) as work:
            await usage.settle_call(work, call_id, settlement(output_tokens=output_tokens))
    (line,) = await ledger(house, ada)
    assert (line.status, line.output_tokens, line.estimated) == ("completed", 7, False)
    assert line.cost_usd == Decimal("0.000000001")


async def test_a_line_of_another_workspace_cannot_be_settled(
    house: Runtime, ada: Person, eve: Person
) -> None:
    call_id = await open_line(house, ada.actor)
    async with house.database.work(eve.actor) as work:
        await usage.settle_call(work, call_id, settlement())
    async with house.database.work(ada.actor) as work:
        line = await work.session.get(ModelCall, (ada.actor.workspace_id, call_id))
        assert line is not None
        assert line.status == "open"
        await usage.settle_call(work, call_id, settlement())


async def test_an_open_call_writes_down_how_far_it_has_come(house: Runtime, ada: Person) -> None:
    """So that a process that dies does not take the bill with it."""
    one, two = await open_line(house, ada.actor), await open_line(house, ada.actor)
    async with house.database.work(ada.actor) as work:
        await usage.settle_call(work, two, settlement())
    workspace_id = ada.actor.workspace_id
    async with house.database.quick_house() as connection:
        await usage.checkpoint(connection, [(workspace_id, one, 11, 33), (workspace_id, two, 11, 44)])
    async with house.database.work(ada.actor) as work:
        so_far = await work.session.get(ModelCall, (workspace_id, one))
        settled = await work.session.get(ModelCall, (workspace_id, two))
        assert so_far is not None
        assert settled is not None
        assert (so_far.status, so_far.output_tokens) == ("open", 33)
        assert (settled.status, settled.output_tokens) == ("completed", 7)
        await usage.settle_call(work, one, settlement())


async def test_the_wall_hides_the_ledger(
    house: Runtime, settings: Settings, ada: Person, eve: Person
) -> None:
    await line_of(house, ada, "{{words:1}}")
    async with as_owner(settings) as owner:
        counted = await owner.fetchval(
            "SELECT count(*) FROM model_calls WHERE workspace_id = $1", ada.actor.workspace_id
        )
    assert counted == 1
    await line_of(house, eve, "{{words:1}}")
    assert len(await ledger(house, eve)) == 1


async def test_what_readers_are_told_of_the_cost_is_what_the_ledger_says(house: Runtime, ada: Person) -> None:
    started = await begin(ada, "one two three four five six seven eight {{words:3}} {{cached:16}}")
    end = (await read(ada, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    (line,) = await ledger(house, ada)
    assert line.cached_tokens == 16
    assert line.cost_usd is not None
    assert end.cost_usd is not None
    assert Decimal(end.cost_usd) == line.cost_usd
