"""Actions: calls of tools that wait for somebody, how they are decided, and the run that goes on with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, cast

import structlog

from steward.agents import catalogue, rules
from steward.agents.rules import Judgement
from steward.audit import service as audit
from steward.identity import service as identity
from steward.kernel import runtime
from steward.kernel.errors import Forbidden, Invalid, NotFound, Refusal
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolRetry
from steward.kernel.work import Actor, Found, Role, Transaction, lower_role
from steward.providers.events import ToolCall
from steward.runs import queries, tool_calls
from steward.runs.engine import Engine
from steward.runs.errors import ActionChanged, ActionDecided, ActionNotYours, RunExpired
from steward.runs.events import ActionRequest, RunPause, StepStart
from steward.runs.feed import Feed
from steward.runs.schemas import ActionPage, ActionRead, Decided
from steward.runs.tool_calls import Ending
from steward.runs.visiting import ensure_no_visitor
from steward.threads import exchanges

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_EXPIRY_SECONDS: Final = 2.0
MOST_SHOWN: Final = 200
"""Waiting calls of one page, or of one run."""
_EXPIRED: Final = "Nobody decided about this call in time, so it was not carried out."


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says about a waiting call.

    Attributes:
        arguments: what an approval changes them to; None for as they are.
        result: `{"output": …}` or `{"error": …}`, of an answer or an output.
    """

    decision: Literal["approve", "deny", "answer", "output"]
    arguments: dict[str, Any] | None = None
    reason: str | None = None
    result: dict[str, Any] = field(default_factory=dict[str, Any])


async def page(work: Transaction, *, limit: int = MOST_SHOWN, cursor: str | None = None) -> ActionPage:
    """The calls that wait and that the actor may decide about or has asked for, newest first.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    after = None if cursor is None else read_cursor(cursor, datetime, str)
    rows = await tool_calls.waiting(work, limit + 1, after=after)
    last = rows[limit - 1] if len(rows) > limit else None
    shown = [_read(row, work.actor) for row in rows[:limit]]
    return ActionPage(
        items=[one for one in shown if one.may_decide or one.user_id == work.actor.user_id],
        next_cursor=None if last is None else write_cursor(last.created_at, last.id),
    )


async def of_run(work: Transaction, run_id: str) -> list[ActionRead]:
    """The calls of a run that wait."""
    return [_read(row, work.actor) for row in await tool_calls.waiting(work, MOST_SHOWN, run_id)]


async def get(work: Transaction, action_id: str) -> ActionRead:
    """A call that waits, or waited.

    Raises:
        NotFound: the actor may see no such call.
    """
    return _read(await _found(work, action_id), work.actor)


async def decide(actor: Actor, action_id: str, word: Word) -> ActionRead:
    """Say a word on a waiting call. When nothing of its run waits any more, the run goes on.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor may see no such call.
        ActionNotYours: another person has to decide.
        ActionDecided: the call does not wait any more.
        ActionChanged: somebody else changed the arguments, and the approval does not name them.
        ThreadArchived: its conversation has to be brought back first, since the answer goes on in it.
        Invalid: the word does not fit the call, or the arguments do not fit the tool.
    """
    actor.ensure_role("member")
    ensure_no_visitor(actor)
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        row = await _found(work, action_id)
        _ensure_fits(row, actor, word)
        if word.decision == "approve":
            # Also as they are: the rules may have changed while the call waited.
            arguments = row.arguments if word.arguments is None else word.arguments
            await _ensure_arguments(work, house, row, arguments)
        standing = await identity.standing(work)
        if row.approvers > 1 and word.decision == "approve" and not standing.is_person:
            raise ActionNotYours(
                "Several people approve this call, and the key of a program is none of them."
            )
        name = standing.user_name
    if row.place == "person":
        word = replace(word, result={"output": {**word.result, "by": name or "a person"}})
    # As whose run it is: a second person does not see the conversation.
    owner = Actor(actor.workspace_id, row.user_id, "member")
    async with house.database.transaction(owner) as work:
        resumes = await _write(work, row, actor, word)
    _go_on(owner, row.run_id, resumes)
    async with house.database.transaction(actor) as work:
        return _read(await _found(work, action_id), actor)


async def decide_all(actor: Actor, run_id: str, words: dict[str, Word]) -> None:
    """Say several words at once, by the model's names of the calls or by the ids of the actions; what does not wait
    any more, or never did, is passed over: clients send again what they hold.

    Raises:
        Forbidden, ActionNotYours, Invalid: as `decide`.
    """
    async with runtime.current().database.transaction(actor) as work:
        rows = await tool_calls.waiting(work, MOST_SHOWN, run_id)
    for row in rows:
        word = words.get(row.id) or words.get(row.call_id)
        if word is not None:
            try:
                await decide(actor, row.id, word)
            except ActionDecided:
                continue


async def known_until(actor: Actor, run_id: str, words: Iterable[str]) -> tuple[int, int]:
    """How far a reader has read who knows of these calls, by the ids of the actions or the model's names.

    Returns: the cursor of the wait behind the last request that they name, from which on their continuation is read,
    and the cursor of the run's last wait; 0 when it never waited. A server that died before it waited has told of the
    calls all the same: then the first is the cursor of what is stored of these.
    """
    feed = runtime.current().part(Feed)
    named = set(words)
    async with runtime.current().database.work(actor) as work:
        called = {(row.step, row.call_id) for row in await tool_calls.named(work, run_id, sorted(named))}
    known, heard, last, cursor, step = 0, 0, 0, 0, 0
    is_next = False
    # A wait is written before anybody hears of it.
    while batches := await feed.stored(actor, run_id, cursor):
        for batch in batches:
            for at, event in enumerate(batch.events):
                if isinstance(event, StepStart):
                    step = event.step
                elif isinstance(event, ToolCall) and (step, event.call_id) in called:
                    heard = batch.first_seq + at
                elif isinstance(event, ActionRequest) and named & {event.action_id, event.call_id}:
                    is_next = True
                    heard = batch.first_seq + at
                elif isinstance(event, RunPause):
                    last = batch.first_seq + at
                    known = last if is_next else known
                    is_next = False
            cursor = batch.last_seq
    return known or heard or last, last


async def keep_expiring(house: Runtime) -> None:
    """End waits whose time is over, until cancelled."""
    while True:
        await asyncio.sleep(_EXPIRY_SECONDS)
        try:
            await expire_due(house)
        except Exception as error:
            log.warning("actions_not_expired", error=type(error).__name__)


async def expire_due(house: Runtime) -> None:
    """End the waits whose time is over; their runs go on and are told."""
    async with house.database.quick_house() as session:
        due = await tool_calls.due(session, house.now())
    for one in due:
        owner = Actor(one.workspace_id, one.user_id, "member")
        try:
            await _expire(house, owner, one.id)
        except Refusal as error:
            # The others' time is over all the same.
            log.warning("action_not_expired", action_id=one.id, error=error.detail)


async def _expire(house: Runtime, owner: Actor, action_id: str) -> None:
    async with house.database.transaction(owner) as work:
        row = await tool_calls.get(work, action_id)
        if row is None:
            return
        await exchanges.lock(work, row.thread_id)
        expired = await tool_calls.decide(
            work, row.id, "expired", arguments=row.arguments, decisions=row.decisions, error=_EXPIRED
        )
        if not expired:
            return
        await audit.record(work, "action_expired", "tool_call", row.id, tool=row.name)
        late = await _end_if_wanted(work, row)
        resumes = await _resume_if_decided(work, row.run_id) if late is None else None
    if late is not None:
        # Nobody runs it who could store its end.
        await house.part(Engine).tidy(owner, row.run_id, "expired", late)
    _go_on(owner, row.run_id, resumes)


async def _end_if_wanted(work: Transaction, row: Found) -> RunExpired | None:
    """End a run whose program is too late, if it asked for that; why it ended."""
    run = await queries.get(work, row.run_id) if row.place == "client" else None
    if run is None or run.request.get("when_late") != "expire":
        return None
    # Over for good, so that the end of the run does not call it cancelled.
    await tool_calls.finish(work, [Ending(row.id, "expired", _EXPIRED)])
    late = RunExpired(f"Nobody handed in the output of {row.name} in time.")
    facts = {"tag": late.tag, "message": late.detail}
    stands = await queries.end(work, run.id, run.attempt, "expired", facts)
    return late if stands == "expired" else None


async def _write(work: Transaction, row: Found, decider: Actor, word: Word) -> int | None:
    """Store a word, behind the lock of the thread; how often the run went on, when it goes on with this."""
    if row.place == "client":
        # A program holds the conversation itself; what is stored of it may have been archived from the start.
        await exchanges.lock(work, row.thread_id)
    else:
        await exchanges.open_thread(work, row.thread_id)
    locked = await tool_calls.get(work, row.id, lock=True)
    # Whoever sees to what is over may come later than this.
    is_over = locked is not None and locked.expires_at <= runtime.current().now()
    if locked is None or locked.state != "waiting" or is_over:
        raise ActionDecided(
            f"Somebody decided about this call of {row.name} before you, or its time was over."
        )
    _ensure_seen(locked, decider, word)
    said: dict[str, Any] = {
        "user_id": decider.user_id,
        "decision": word.decision,
        "at": runtime.current().now().isoformat(),
        "has_edited": word.arguments is not None and word.arguments != locked.arguments,
    }
    arguments = locked.arguments if word.arguments is None else word.arguments
    # Who approved other arguments has not approved these.
    earlier: list[dict[str, Any]] = [] if said["has_edited"] else locked.decisions
    decisions = [*earlier, said]
    approved_by = {one["user_id"] for one in decisions if one["decision"] == "approve"}
    state: tool_calls.State = "waiting"
    if word.decision == "deny":
        state = "denied"
    elif word.decision in ("answer", "output"):
        state = "answered"
    elif len(approved_by) >= locked.approvers:
        state = "approved"
    await tool_calls.decide(
        work,
        row.id,
        state,
        arguments=arguments,
        decisions=decisions,
        output=word.result or None if state == "answered" else None,
        error=_said_no(word) if state == "denied" else word.result.get("error"),
    )
    await audit.record(
        work,
        "action_decided",
        "tool_call",
        row.id,
        actor_id=decider.user_id,
        tool=row.name,
        decision=word.decision,
        decided_by=decider.user_id,
        edited=said["has_edited"],
    )
    return None if state == "waiting" else await _resume_if_decided(work, row.run_id)


def _ensure_seen(row: Found, decider: Actor, word: Word) -> None:
    """Refuse to take an approval for arguments that somebody else put there, and that it does not name: whoever gave
    it may have looked at the call before.
    """
    by_others = any(one["has_edited"] and one["user_id"] != decider.user_id for one in row.decisions)
    if by_others and word.decision == "approve" and word.arguments is None:
        raise ActionChanged(f"Somebody changed the arguments of this call of {row.name}.")


async def _resume_if_decided(work: Transaction, run_id: str) -> int | None:
    if await tool_calls.still_waiting(work, run_id):
        return None
    return await queries.resume(work, run_id, runtime.current().process_id)


def _go_on(owner: Actor, run_id: str, resumes: int | None) -> None:
    if resumes is not None:
        # Should this process die first, the sweep for orphans starts it.
        runtime.current().part(Engine).go_on(owner, run_id, resumes)


async def _found(work: Transaction, action_id: str) -> Found:
    row = await tool_calls.get(work, action_id)
    if row is None or row.run_id is None or row.expires_at is None or not _may_see(row, work.actor):
        raise NotFound("There is no such action.")
    return row


def _may_see(row: Found, actor: Actor) -> bool:
    return row.user_id == actor.user_id or _may_decide(row, actor)


def _may_decide(row: Found, actor: Actor) -> bool:
    if row.place == "client":
        return row.user_id == actor.user_id
    if row.place == "person":
        return _has(actor, "admin")
    if row.least_role is not None:
        return _has(actor, cast(Role, row.least_role))
    return row.user_id == actor.user_id or (row.approvers > 1 and _has(actor, "member"))


def _has(actor: Actor, role: Role) -> bool:
    try:
        actor.ensure_role(role)
    except Forbidden:
        return False
    return True


def _ensure_fits(row: Found, actor: Actor, word: Word) -> None:
    fitting = {"server": ("approve", "deny"), "client": ("output", "deny"), "person": ("answer", "deny")}
    if word.decision not in fitting[row.place]:
        wanted = " or ".join(fitting[row.place])
        raise Invalid(f"This call waits for {wanted}, not for {word.decision}.", field="decision")
    if not _may_decide(row, actor):
        role = row.least_role or "admin"
        raise ActionNotYours(f"This call is decided by somebody with the role {role}.")
    if row.state != "waiting":
        raise ActionDecided(f"This call of {row.name} does not wait any more; it is {row.state}.")
    said = any(one["user_id"] == actor.user_id and one["decision"] == "approve" for one in row.decisions)
    if said and word.decision == "approve" and word.arguments is None:
        raise ActionDecided("You approved this call already; another person has to approve it as well.")


async def _ensure_arguments(work: Transaction, house: Runtime, row: Found, arguments: dict[str, Any]) -> None:
    """The arguments fit the tool, and the rules do not forbid them, or ask for others because of them."""
    tool = (await catalogue.toolbox(work, house.settings)).tools.get(row.name)
    if tool is None:
        return
    try:
        tool.read(arguments)
    except ToolRetry as error:
        raise Invalid(str(error), field="arguments") from error
    judged = (await rules.of_workspace(work)).judge(tool, arguments)
    if judged.decision == "deny":
        raise Invalid(judged.reason or "A rule forbids the call with these arguments.", field="arguments")
    if judged.decision == "ask" and not _is_asked_enough(row, work.actor, judged):
        raise ActionNotYours(
            f"With these arguments a rule asks for {judged.approvers} with the role {judged.least_role}."
        )


def _is_asked_enough(row: Found, actor: Actor, judged: Judgement) -> bool:
    if judged.approvers > row.approvers:
        return False
    asked_of: Role = row.least_role or "member"
    if lower_role(asked_of, judged.least_role) == judged.least_role:
        return True
    # Who approves alone only has to have the role themselves.
    return row.approvers == 1 and _has(actor, judged.least_role)


def _said_no(word: Word) -> str:
    return f"A person said no: {word.reason}" if word.reason else "A person said no to this call."


def _read(row: Found, actor: Actor) -> ActionRead:
    kinds: dict[str, Literal["approval", "client", "person"]] = {
        "server": "approval",
        "client": "client",
        "person": "person",
    }
    decisions: Sequence[dict[str, Any]] = row.decisions
    return ActionRead(
        id=row.id,
        kind=kinds[row.place],
        tool=row.name,
        arguments=row.arguments,
        reason=row.reason,
        state=row.state,
        run_id=row.run_id,
        thread_id=row.thread_id,
        call_id=row.call_id,
        user_id=row.user_id,
        approvers=row.approvers,
        least_role=row.least_role,
        decisions=[Decided.model_validate(one) for one in decisions],
        expires_at=row.expires_at,
        created_at=row.created_at,
        finished_at=row.finished_at,
        error=row.error,
        may_decide=row.state == "waiting" and _may_decide(row, actor),
    )
