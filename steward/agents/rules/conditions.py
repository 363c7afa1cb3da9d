"""Conditions on the arguments of a call. One holds, does not hold, or is in doubt: then it cannot be compared."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from steward.agents.rules.patterns import Pattern

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "contains", "matches", "exists", "in"]
Truth = bool | None
"""None is doubt."""

EACH: Final = "*"
_ABSENT: Final = object()
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of one argument with a value.

    Attributes:
        path: names and list positions that lead to the argument; `*` stands for each of a list or an object.
        pattern: the value of `matches`, compiled; None when it cannot be used, and then it is in doubt.
    """

    path: tuple[str, ...]
    operator: Operator
    value: Any
    pattern: Pattern | None = None

    def of_any(self, arguments: Any) -> Truth:
        """Whether it holds for at least one of the values that the path leads to."""
        found = [self._holds(given) for given in _reached(arguments, self.path)]
        if True in found:
            return True
        return None if None in found else False

    def of_all(self, arguments: Any) -> bool:
        """Whether it surely holds for every value that the path leads to, and there is one."""
        found = [self._holds(given) for given in _reached(arguments, self.path)]
        return bool(found) and all(found)

    def _holds(self, given: Any) -> Truth:
        if self.operator == "exists":
            return (given is not _ABSENT and given is not None) == self.value
        if given is _ABSENT:
            return None
        try:
            return self._compare(given)
        except RecursionError:
            return None

    def _compare(self, given: Any) -> Truth:
        match self.operator:
            case "eq":
                return _equal(given, self.value)
            case "ne":
                equal = _equal(given, self.value)
                return None if equal is None else not equal
            case "contains":
                return _contains(given, self.value)
            case "matches":
                is_searchable = isinstance(given, str) and self.pattern is not None
                return self.pattern.is_in(given) if is_searchable and self.pattern else None
            case "in":
                is_list = isinstance(self.value, list)
                return _any_equal(cast("list[Any]", self.value), given) if is_list else None
            case _:
                return _ordered(given, self.value, _ORDERS[self.operator])


def _reached(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if step == EACH:
        for one in _each(value):
            yield from _reached(one, rest if one is not _ABSENT else ())
    elif isinstance(value, dict) and step in value:
        yield from _reached(cast("dict[str, Any]", value)[step], rest)
    elif isinstance(value, list) and step.isdecimal() and int(step) < len(cast("list[Any]", value)):
        yield from _reached(cast("list[Any]", value)[int(step)], rest)
    else:
        yield _ABSENT


def _each(value: Any) -> Iterable[Any]:
    """The values of a list or an object; what is neither has none to look at."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else (_ABSENT,)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "number"
        case float():
            return "number" if value == value else "no number"  # NaN differs from itself
        case str():
            return "text"
        case list():
            return "list"
        case dict():
            return "object"
        case _:
            return "nothing"


def _equal(given: Any, expected: Any) -> Truth:
    """Whether they are equal. Values of two kinds are in doubt: a tool may read "5" as 5. Null is only itself."""
    kinds = {_kind(given), _kind(expected)}
    if len(kinds) == 1:
        return given == expected
    return False if "nothing" in kinds else None


def _any_equal(values: list[Any], wanted: Any) -> Truth:
    found = [_equal(one, wanted) for one in values]
    if True in found:
        return True
    return None if None in found else False


def _contains(given: Any, wanted: Any) -> Truth:
    match _kind(given), _kind(wanted):
        case "text", "text":
            return wanted in given
        case "list", _:
            return _any_equal(given, wanted)
        case "object", "text":
            return wanted in given
        case _:
            return None


def _ordered(given: Any, expected: Any, order: Callable[[Any, Any], bool]) -> Truth:
    kinds = {_kind(given), _kind(expected)}
    return order(given, expected) if kinds in ({"number"}, {"text"}) else None
