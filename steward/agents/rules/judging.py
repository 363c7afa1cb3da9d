"""Judging: what the rules say about one call of a tool. Pure and quick; it never fails, whatever the arguments are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, cast

from steward.agents.rules.conditions import Condition, Truth
from steward.kernel.tools import Tool
from steward.kernel.work import Role

Decision = Literal["run", "ask", "deny"]

_CHANGES: Final = "This tool changes something, and no rule says that it may run unasked."
_ALWAYS: Final = "This tool asks a person before every call."
_DOUBT: Final = "A rule may forbid this call, but its arguments cannot be compared with the rule."


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to happen with a call.

    Attributes:
        reason: one sentence for people; empty when the call simply runs.
        approvers: how many different people must agree.
        least_role: of whoever may agree.
        expires_seconds: how long the question stands; None for as long as the settings say.
        rule_id: which rule decided; None for the tool's own way.
    """

    decision: Decision
    reason: str = ""
    approvers: int = 1
    least_role: Role = "member"
    expires_seconds: float | None = None
    rule_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is judged by. `tool` is a name in which `*` and `?` stand for any letters."""

    id: str
    tool: str
    decision: Decision
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    approvers: int = 1
    least_role: Role = "member"
    expires_seconds: float | None = None

    def fits(self, given: dict[str, Any], whole: dict[str, Any]) -> Truth:
        """Whether the rule speaks of these arguments; None is doubt.

        A rule that lets a call run must surely fit what was written, each value of a list included. One that asks or
        denies looks at the tool's defaults too, and one value is enough.
        """
        if self.decision == "run":
            return all(one.of_all(given) for one in self.conditions)
        found = [one.of_any(whole) for one in self.conditions]
        if False in found:
            return False
        return None if None in found else True

    def judgement(self, *, is_sure: bool) -> Judgement:
        """What it says. A denial in doubt becomes a question: a person can tell."""
        is_doubtful_denial = self.decision == "deny" and not is_sure
        return Judgement(
            decision="ask" if is_doubtful_denial else self.decision,
            reason=_DOUBT if is_doubtful_denial else self.reason,
            approvers=self.approvers,
            least_role=self.least_role,
            expires_seconds=self.expires_seconds,
            rule_id=self.id,
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a workspace in their order: the first that fits a call decides, else the tool's own way."""

    rules: Sequence[Rule] = field(default=())

    def judge(self, tool: Tool, arguments: dict[str, Any]) -> Judgement:
        """What is to happen with a call of the tool with these arguments, as the model wrote them."""
        whole: dict[str, Any] | None = None
        for rule in self.rules:
            if not fnmatchcase(tool.name, rule.tool):
                continue
            whole = _defaults(tool) | arguments if whole is None else whole
            fits = rule.fits(arguments, whole)
            if fits or (fits is None and rule.decision != "run"):
                return rule.judgement(is_sure=fits is True)
        return of_itself(tool)


NO_RULES: Final = Rules()


def of_itself(tool: Tool) -> Judgement:
    """What a tool's own declaration says about every call."""
    if tool.approval == "never":
        return Judgement("run")
    return Judgement("ask", _CHANGES if tool.changes else _ALWAYS)


def _defaults(tool: Tool) -> dict[str, Any]:
    """The values that the tool takes for arguments that are left out, as far as its schema tells."""
    properties: Any = tool.parameters.get("properties")
    if not isinstance(properties, dict):
        return {}
    schemas = cast("dict[str, Any]", properties)
    return {
        name: schema["default"]
        for name, schema in schemas.items()
        if isinstance(schema, dict) and "default" in schema
    }
