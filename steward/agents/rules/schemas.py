"""What crosses the native door about rules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from steward.agents.rules.conditions import Operator
from steward.agents.rules.judging import Decision
from steward.agents.rules.patterns import PATTERN_CHARS
from steward.kernel.pages import AnyId, ShortText

ApproverRole = Literal["member", "admin", "owner"]

_LISTED: Final = 200
_YEAR_SECONDS: Final = 31_536_000
Glob = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.:*?-]+$")]
"""A tool's name, in which `*` stands for any letters and `?` for one."""

ArgumentPath = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^.\x00]+(\.[^.\x00]+){0,15}$")
]
"""Names joined by dots; a number is a position in a list, and `*` stands for each value."""


class ConditionGiven(BaseModel):
    """A comparison of one argument with a value."""

    model_config = ConfigDict(extra="forbid")

    argument: ArgumentPath = Field(examples=["recipients.*"])
    operator: Operator
    value: Any = Field(default=None, description="What it is compared with; for `exists` true when left out.")

    @model_validator(mode="after")
    def _has_fitting_value(self) -> ConditionGiven:
        if self.operator == "exists" and self.value is None:
            self.value = True
        needs = _needs(self.operator, self.value)
        if needs is not None:
            raise ValueError(f"the value of `{self.operator}` is {needs}")
        return self


_Conditions = Annotated[list[ConditionGiven], Field(max_length=20, description="All of them must hold.")]
_Approvers = Annotated[int, Field(ge=1, le=2, description="How many different people must agree.")]
_Expires = Annotated[float, Field(gt=0, le=_YEAR_SECONDS, description="How long the question stands.")]
_Position = Annotated[int, Field(ge=1, le=1_000, description="1 is looked at first.")]


class RuleCreate(BaseModel):
    """A new rule."""

    model_config = ConfigDict(extra="forbid")

    tool: Glob = Field(examples=["uploadDocument", "crm__*"])
    conditions: _Conditions = []
    decision: Decision
    approvers: _Approvers = 1
    least_role: ApproverRole = Field(default="member", description="Of whoever may agree.")
    expires_seconds: _Expires | None = None
    reason: ShortText = Field(default="", description="Told to whoever is asked, and to the model.")
    position: _Position | None = Field(default=None, description="The last when left out.")


class RuleChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    tool: Glob = "*"
    conditions: _Conditions = []
    decision: Decision = "ask"
    approvers: _Approvers = 1
    least_role: ApproverRole = "member"
    expires_seconds: _Expires | None = None
    reason: ShortText = ""
    position: _Position = 1


class RuleRead(BaseModel):
    """A rule."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    position: int
    tool: str
    conditions: list[ConditionGiven]
    decision: Decision
    approvers: int
    least_role: ApproverRole
    expires_seconds: float | None
    reason: str
    created_by: str
    created_at: datetime
    updated_at: datetime


class RuleList(BaseModel):
    """The rules of a workspace, in the order in which they are looked at."""

    items: list[RuleRead]


class CallGiven(BaseModel):
    """A call that nobody carries out: what would happen with it?"""

    model_config = ConfigDict(extra="forbid")

    tool: AnyId
    arguments: dict[str, Any] = {}


class JudgementRead(BaseModel):
    """What would happen with a call."""

    model_config = ConfigDict(from_attributes=True)

    decision: Decision
    reason: str
    approvers: int
    least_role: str
    expires_seconds: float | None = Field(description="Null: as long as the server's settings say.")
    rule_id: str | None = Field(description="Null: no rule fits, so the tool's own way holds.")


def _needs(operator: Operator, value: Any) -> str | None:
    """What the operator compares with, when the value is no such thing."""
    match operator:
        case "eq" | "ne":
            fits, needs = True, ""
        case "matches":
            fits = isinstance(value, str) and 0 < len(value) <= PATTERN_CHARS
            needs = f"a pattern of at most {PATTERN_CHARS} characters"
        case "in":
            fits = isinstance(value, list) and len(cast("list[Any]", value)) <= _LISTED
            needs = f"a list of at most {_LISTED} values"
        case "exists":
            fits, needs = isinstance(value, bool), "true or false"
        case "contains":
            fits, needs = isinstance(value, str | int | float), "a text, a number, true or false"
        case _:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            fits, needs = is_number or isinstance(value, str), "a number or a text"
    return None if fits else needs
