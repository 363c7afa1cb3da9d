"""Filters: conditions on the attributes of documents, as OpenAI's vector stores take them, written as a JSON path.

Specification: OpenAI API reference, "Search vector store", comparison and compound filters, as of 2026-11.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from steward.knowledge.errors import FilterInvalid

_SIGNS: Final = {"eq": "==", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_MOST_CONDITIONS: Final = 64
_MOST_DEPTH: Final = 8


class Filter(NamedTuple):
    """A JSON path that is true or false of a document's attributes, and the values that it names, as JSON."""

    path: str
    values: str


def read(given: dict[str, Any]) -> Filter:
    """Read a filter. Values travel beside the path, so that none of them can be a part of it.

    Raises:
        FilterInvalid: an unknown operator, a value of the wrong kind, or too many conditions.
    """
    reader = _Reader()
    path = reader.condition(given, 0)
    return Filter(path, json.dumps(reader.values, allow_nan=False))


class _Reader:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def condition(self, given: Any, depth: int) -> str:
        if not isinstance(given, dict) or depth > _MOST_DEPTH:
            raise FilterInvalid(f"A filter is an object, nested at most {_MOST_DEPTH} deep.", field="filter")
        kind: Any = given.get("type")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
        if kind in ("and", "or"):
            inner: Any = given.get("filters")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
            if not isinstance(inner, list) or not inner:
                raise FilterInvalid(f"`{kind}` joins a list of filters.", field="filter")
            joined = " && " if kind == "and" else " || "
            return "(" + joined.join(self.condition(one, depth + 1) for one in inner) + ")"  # pyright: ignore[reportUnknownVariableType]  # JSON
        return self._comparison(kind, given)  # pyright: ignore[reportUnknownArgumentType]  # JSON

    def _comparison(self, kind: Any, given: dict[str, Any]) -> str:
        key, value = given.get("key"), given.get("value")
        if not isinstance(key, str) or not key or "\x00" in key:
            raise FilterInvalid("A comparison names the `key` of an attribute.", field="filter")
        place = f"$.{json.dumps(key)}"
        if isinstance(kind, str) and kind in _SIGNS:
            return f"({place} {_SIGNS[kind]} {self._value(value)})"
        if kind in ("in", "nin"):
            if not isinstance(value, list) or not value:
                raise FilterInvalid(f"`{kind}` compares with a list of values.", field="filter")
            every = " || ".join(f"{place} == {self._value(one)}" for one in value)  # pyright: ignore[reportUnknownVariableType]  # JSON
            return f"({every})" if kind == "in" else f"(!({every}))"
        raise FilterInvalid(
            f"There is no comparison {kind!r}; there are eq, ne, gt, gte, lt, lte, in, nin, and, or.",
            field="filter",
        )

    def _value(self, value: Any) -> str:
        if not isinstance(value, str | int | float | bool) or "\x00" in str(value) or value != value:
            raise FilterInvalid(
                "An attribute is compared with a text, a number, true or false.", field="filter"
            )
        if len(self.values) == _MOST_CONDITIONS:
            raise FilterInvalid(f"A filter has at most {_MOST_CONDITIONS} values.", field="filter")
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}"
