"""What can be done with rules: read them for a turn, and manage them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete, func, select

from steward.agents.rules.conditions import Condition
from steward.agents.rules.errors import TooManyRules
from steward.agents.rules.judging import NO_RULES, Rule, Rules
from steward.agents.rules.patterns import Pattern, compile_all, compiled
from steward.agents.rules.schemas import ConditionGiven, RuleChange, RuleCreate, RuleRead
from steward.agents.rules.tables import ToolRule
from steward.audit import service as audit
from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.work import Found, Statement, Transaction, Work

MOST_RULES: Final = 200

IN_FORCE: Final = Statement(
    "SELECT id, tool, conditions, decision, approvers, least_role, expires_seconds, reason FROM tool_rules "
    "WHERE workspace_id = :workspace_id ORDER BY position, id"
)


async def of_workspace(work: Transaction) -> Rules:
    """The rules that hold for the actor's workspace, ready to judge by."""
    rows = await work.all(IN_FORCE, workspace_id=work.actor.workspace_id)
    if not rows:
        return NO_RULES
    sources = {
        source
        for row in rows
        for one in row.conditions
        if one["operator"] == "matches" and isinstance(source := one["value"], str)
    }
    patterns = await asyncio.to_thread(compile_all, sources) if sources else {}
    return Rules([_rule(row, patterns) for row in rows])


async def every(work: Work) -> list[RuleRead]:
    """The rules, in the order in which they are looked at."""
    return [_shown(rule) for rule in await _in_order(work)]


async def get(work: Work, rule_id: str) -> RuleRead:
    """A rule.

    Raises:
        NotFound: no such rule in the workspace.
    """
    return _shown(_found(await _in_order(work), rule_id))


async def create(work: Work, wanted: RuleCreate) -> RuleRead:
    """Make a rule. Turns that begin from now on are held to it.

    Raises:
        Forbidden: the actor is not an admin.
        Invalid: a pattern cannot be used.
        TooManyRules: there are as many as there may be.
    """
    work.actor.ensure_role("admin")
    await _ensure_usable(wanted.conditions)
    rules = await _in_order(work, lock=True)
    if len(rules) >= MOST_RULES:
        raise TooManyRules(f"A workspace has at most {MOST_RULES} rules; change one, or take one away.")
    rule = ToolRule(
        workspace_id=work.actor.workspace_id,
        id=new_id("rule"),
        created_by=work.actor.user_id,
        **wanted.model_dump(exclude={"position"}),
    )
    _place(rules, rule, wanted.position or len(rules) + 1)
    work.session.add(rule)
    await work.session.flush()
    await work.session.refresh(rule)
    await audit.record(work, "tool_rule_created", "tool_rule", rule.id, **_facts(rule))
    return _shown(rule)


async def change(work: Work, rule_id: str, wanted: RuleChange) -> RuleRead:
    """Change a rule, or move it.

    Raises:
        Forbidden: the actor is not an admin.
        Invalid: a pattern cannot be used.
        NotFound: no such rule in the workspace.
    """
    work.actor.ensure_role("admin")
    await _ensure_usable(wanted.conditions)
    rules = await _in_order(work, lock=True)
    rule = _found(rules, rule_id)
    before = _facts(rule)
    for name, value in wanted.model_dump(exclude_unset=True, exclude={"position"}).items():
        setattr(rule, name, value)
    if "position" in wanted.model_fields_set:
        rules.remove(rule)
        _place(rules, rule, wanted.position)
    await work.session.flush()
    await work.session.refresh(rule)
    await audit.record(work, "tool_rule_changed", "tool_rule", rule.id, before=before, **_facts(rule))
    return _shown(rule)


async def remove(work: Work, rule_id: str) -> None:
    """Take a rule away.

    Raises:
        Forbidden: the actor is not an admin.
        NotFound: no such rule in the workspace.
    """
    work.actor.ensure_role("admin")
    rule = _found(await _in_order(work, lock=True), rule_id)
    await audit.record(work, "tool_rule_deleted", "tool_rule", rule.id, **_facts(rule))
    await work.session.execute(
        delete(ToolRule).where(ToolRule.workspace_id == work.actor.workspace_id, ToolRule.id == rule_id)
    )


async def _in_order(work: Work, *, lock: bool = False) -> list[ToolRule]:
    """The rules by position; with `lock` nobody else changes them until the work ends."""
    if lock:
        # Not the rows: a rule that somebody else is just adding is no row yet, and has its place too.
        name = f"tool_rules:{work.actor.workspace_id}"
        await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    query = select(ToolRule).where(ToolRule.workspace_id == work.actor.workspace_id)
    return list((await work.session.execute(query.order_by(ToolRule.position, ToolRule.id))).scalars())


def _found(rules: Sequence[ToolRule], rule_id: str) -> ToolRule:
    for rule in rules:
        if rule.id == rule_id:
            return rule
    raise NotFound("There is no such rule.")


def _place(others: list[ToolRule], rule: ToolRule, position: int) -> None:
    """Put a rule among the others, and number all of them anew."""
    others.insert(position - 1, rule)
    for number, one in enumerate(others, start=1):
        one.position = number


async def _ensure_usable(conditions: Iterable[ConditionGiven]) -> None:
    for one in conditions:
        if one.operator == "matches":
            await asyncio.to_thread(compiled, one.value)


def _rule(row: Found, patterns: Mapping[str, Pattern]) -> Rule:
    return Rule(
        id=row.id,
        tool=row.tool,
        decision=row.decision,
        conditions=tuple(_condition(one, patterns) for one in row.conditions),
        reason=row.reason,
        approvers=row.approvers,
        least_role=row.least_role,
        expires_seconds=row.expires_seconds,
    )


def _condition(given: Mapping[str, Any], patterns: Mapping[str, Pattern]) -> Condition:
    is_pattern = given["operator"] == "matches"
    return Condition(
        path=tuple(given["argument"].split(".")),
        operator=given["operator"],
        value=given["value"],
        pattern=patterns.get(given["value"]) if is_pattern else None,
    )


def _shown(rule: ToolRule) -> RuleRead:
    return RuleRead.model_validate(rule)


def _facts(rule: ToolRule) -> dict[str, Any]:
    return {
        "position": rule.position,
        "tool": rule.tool,
        "decision": rule.decision,
        "approvers": rule.approvers,
        "least_role": rule.least_role,
        "conditions": [f"{one['argument']} {one['operator']}" for one in rule.conditions],
    }
