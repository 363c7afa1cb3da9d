"""What the rules say about a call: a policy table by tool and argument, and no fault whatever the arguments are."""

from __future__ import annotations

from typing import Any, Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.agents.rules import NO_RULES, Judgement, Rules
from steward.agents.rules.conditions import Condition, Operator
from steward.agents.rules.judging import Rule, of_itself
from steward.agents.rules.patterns import SUBJECT_CHARS, Pattern, compile_all, compiled
from steward.kernel.errors import Invalid
from steward.kernel.tools import Tool

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "limit": {"type": "integer", "default": 50}},
}
READS = Tool("readAccount", "Read it.", SCHEMA)
PAYS = Tool("payInvoice", "Pay it.", SCHEMA, changes=True, approval="always")
SENDS = Tool("crm__sendMail", "Send it.", {}, changes=True, approval="always", repeats=False)
SINGS = Tool("sing", "Sing.", {"properties": "none of a schema's"}, changes=True, approval="never")


def when(argument: str, operator: Operator, value: Any) -> Condition:
    pattern = compiled(value) if operator == "matches" else None
    return Condition(tuple(argument.split(".")), operator, value, pattern)


OURS: Final = r"(?i)@ours\.example$"
POLICY: Final = Rules(
    [
        Rule("r1", "crm__*", "deny", (when("to.*", "matches", r"@spam\.example$"),), "Never to this host."),
        Rule("r2", "crm__sendMail", "run", (when("to.*", "matches", OURS),)),
        Rule("r3", "pay*", "deny", (when("amount", "gt", 10_000),), "Too much for a machine."),
        Rule("r4", "pay*", "ask", (when("amount", "ge", 1_000),), "Much.", 2, "admin", expires_seconds=60.0),
        Rule("r5", "pay*", "run", (when("amount", "lt", 10), when("account.kind", "eq", "petty cash"))),
        Rule("r6", "readAccount", "ask", (when("limit", "gt", 20),), "Reads much."),
    ]
)


@pytest.mark.req("APPR-01")
@pytest.mark.req("APPR-03")
@pytest.mark.parametrize(
    ("tool", "arguments", "decision", "rule_id"),
    [
        # By its tool alone: what changes something asks, what changes nothing runs.
        (SINGS, {}, "run", None),
        (PAYS, {"amount": 500}, "ask", None),
        # By an argument, the first rule that fits.
        (PAYS, {"amount": 10_001}, "deny", "r3"),
        (PAYS, {"amount": 10_000}, "ask", "r4"),
        (PAYS, {"amount": 1_000.0}, "ask", "r4"),
        (PAYS, {"amount": 9, "account": {"kind": "petty cash"}}, "run", "r5"),
        (PAYS, {"amount": 9, "account": {"kind": "savings"}}, "ask", None),
        # Doubt asks: a text that may be read as a number, nothing at all, a list.
        (PAYS, {"amount": "20000"}, "ask", "r3"),
        (PAYS, {"amount": None}, "ask", "r3"),
        (PAYS, {"amount": [20_000]}, "ask", "r3"),
        (PAYS, {"amount": True}, "ask", "r3"),
        (PAYS, {"amount": float("nan")}, "ask", "r3"),
        (PAYS, {}, "ask", "r3"),
        # Of a list one is enough to deny, and all are needed to run.
        (SENDS, {"to": ["a@ours.example", "b@OURS.example"]}, "run", "r2"),
        (SENDS, {"to": ["a@ours.example", "b@elsewhere.example"]}, "ask", None),
        (SENDS, {"to": ["a@ours.example", "b@spam.example"]}, "deny", "r1"),
        (SENDS, {"to": []}, "ask", None),
        (SENDS, {"to": ["a@ours.example", 5]}, "ask", "r1"),
        (SENDS, {"to": "a@ours.example"}, "ask", "r1"),
        (SENDS, {}, "ask", "r1"),
        # What is left out has the tool's default.
        (READS, {}, "ask", "r6"),
        (READS, {"limit": 20}, "run", None),
    ],
)
def test_policy(tool: Tool, arguments: dict[str, Any], decision: str, rule_id: str | None) -> None:
    judged = POLICY.judge(tool, arguments)
    assert (judged.decision, judged.rule_id) == (decision, rule_id)
    assert judged.reason or judged.decision == "run"


def test_a_judgement_says_who_may_agree_and_until_when() -> None:
    assert POLICY.judge(PAYS, {"amount": 1_000}) == Judgement("ask", "Much.", 2, "admin", 60.0, "r4")


def test_a_default_never_lets_a_call_run() -> None:
    rules = Rules([Rule("r", "*", "run", (when("limit", "gt", 20),))])
    asks = Tool("asks", "", SCHEMA, approval="always")
    assert rules.judge(asks, {}).decision == "ask"
    assert rules.judge(asks, {"limit": 50}).decision == "run"


@pytest.mark.parametrize(
    ("operator", "value", "given_value", "holds"),
    [
        ("eq", 1, 1.0, True),
        ("eq", 1, "1", None),
        ("eq", 1, True, None),
        ("eq", None, None, True),
        ("eq", "a", None, False),
        ("eq", {"a": [1]}, {"a": [1]}, True),
        ("ne", "a", "b", True),
        ("ne", "a", 1, None),
        ("lt", "2026-01-02", "2026-01-01", True),
        ("le", 2, 2, True),
        ("gt", 2, 2, False),
        ("ge", 2, "3", None),
        ("contains", "rm -rf", "sudo rm -rf /", True),
        ("contains", "a", ["b", "a"], True),
        ("contains", "a", ["b", 1], None),
        ("contains", "a", {"a": None}, True),
        ("contains", "a", 5, None),
        ("matches", "^a+$", "aaa", True),
        ("matches", "^a+$", 5, None),
        ("matches", "a", "a" * (SUBJECT_CHARS + 1), None),
        ("matches", "a", "a\ud800", None),
        ("in", ["a", "b"], "b", True),
        ("in", ["a", "b"], "c", False),
        ("in", ["a", 5], "5", None),
        ("in", "no list", "n", None),
        ("exists", True, 0, True),
        ("exists", True, None, False),
        ("exists", False, None, True),
    ],
)
def test_comparisons(operator: Operator, value: Any, given_value: Any, holds: bool | None) -> None:
    condition = when("a", operator, value)
    assert condition.of_any({"a": given_value}) is holds
    assert condition.of_all({"a": given_value}) is (holds is True)


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("a.b.0.c", True),
        ("a.b.1.c", None),
        ("a.b.*.c", True),
        ("a.*.0.c", True),
        ("a.b.c", None),
        ("a.b.0.c.d", None),
        ("x", None),
        ("empty.*", False),
    ],
)
def test_paths(path: str, reached: bool | None) -> None:
    assert when(path, "eq", 5).of_any({"a": {"b": [{"c": 5}]}, "empty": []}) is reached


def test_a_value_that_is_nested_too_deeply_is_in_doubt() -> None:
    deep: list[Any] = []
    other: list[Any] = []
    for _ in range(100_000):
        deep, other = [deep], [other]
    assert when("a", "eq", other).of_any({"a": deep}) is None


@pytest.mark.parametrize("pattern", ["[", "(?=a)", r"(a)\1", r"(\w{50}){50}"])
def test_a_pattern_that_the_engine_refuses(pattern: str) -> None:
    with pytest.raises(Invalid, match="cannot be used"):
        Pattern(pattern)
    assert compile_all([pattern, "a"]).keys() == {"a"}


def test_a_rule_whose_pattern_is_gone_asks() -> None:
    rules = Rules([Rule("r", "*", "deny", (Condition(("a",), "matches", "["),))])
    assert rules.judge(READS, {"a": "b"}).decision == "ask"


def test_a_pattern_that_explodes_elsewhere_ends() -> None:
    assert compiled("^(a|a?)+$").is_in("a" * (SUBJECT_CHARS - 1) + "b") is False


@pytest.mark.parametrize("tool", [READS, PAYS, SENDS, SINGS], ids=lambda tool: tool.name)
def test_without_rules_the_tool_decides(tool: Tool) -> None:
    judged = NO_RULES.judge(tool, {})
    assert judged == of_itself(tool)
    assert judged.decision == ("run" if tool.approval == "never" else "ask")
    assert bool(judged.reason) == (judged.decision == "ask")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["a", "b", "limit", "to"])


def condition(path: list[str], operator: Operator, value: Any) -> Condition:
    return Condition(tuple(path), operator, value, compiled("a") if operator == "matches" else None)


CONDITIONS = st.builds(
    condition,
    st.lists(NAMES | st.sampled_from(["*", "0"]), min_size=1, max_size=3),
    st.sampled_from(get_args(Operator)),
    JSON,
)
RULES = st.builds(
    Rule,
    id=st.just("rule"),
    tool=st.sampled_from(["*", "pay*", "[!a", "readAccount"]),
    decision=st.sampled_from(["run", "ask", "deny"]),
    conditions=st.lists(CONDITIONS, max_size=3).map(tuple),
)


@given(
    rules=st.lists(RULES, max_size=4),
    tool=st.sampled_from([READS, PAYS, SENDS, SINGS]),
    arguments=st.dictionaries(NAMES | st.text(max_size=3), JSON, max_size=4),
)
def test_judging_never_fails(rules: list[Rule], tool: Tool, arguments: dict[str, Any]) -> None:
    judged = Rules(rules).judge(tool, arguments)
    assert judged.decision in ("run", "ask", "deny")
    if judged.rule_id is None:
        assert judged == of_itself(tool)


@given(arguments=st.dictionaries(NAMES, JSON, max_size=4), condition=CONDITIONS)
def test_more_doubt_never_lets_a_call_run(arguments: dict[str, Any], condition: Condition) -> None:
    rules = Rules([Rule("r", "*", "run", (condition,))])
    if rules.judge(PAYS, arguments).decision == "run":
        assert condition.of_any(arguments) is True
