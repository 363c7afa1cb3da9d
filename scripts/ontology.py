"""Writes the tables of docs/ontology.md from the dimensions, the tables behind them and the registered kinds."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from steward.kernel.rows import Row
from steward.runs.ontology import DIMENSIONS
from steward.things.service import Kind, registered

ROOT = Path(__file__).resolve().parent.parent
BEHIND = {
    "groups": ["workspaces"],
    "things": ["things"],
    "connections": ["connections"],
    "events": ["events"],
    "knowledge": ["collections", "documents", "chunks"],
    "aiCalls": ["model_calls"],
    "aiThreads": ["threads", "messages"],
}


def dimensions_table() -> str:
    """The seven dimensions, and the tables behind them."""
    lines = ["| dimension | what it holds | tables |", "|---|---|---|"]
    for name, dimension in DIMENSIONS.items():
        tables = ", ".join(f"`{table}`" for table in BEHIND[name])
        lines.append(f"| `{name}` | {dimension.description} | {tables} |")
    return "\n".join([*lines, ""])


def kinds_table() -> str:
    """Every kind of thing with its properties."""
    lines: list[str] = []
    for kind in known_kinds():
        statuses = ", ".join(f"`{status}`" for status in kind.statuses) or "any"
        meaning = (kind.properties.__doc__ or "").strip().splitlines()[0]
        lines += [
            f"### {kind.name}",
            "",
            f"{meaning} Ids begin with `{kind.prefix}_`; status: {statuses}.",
            "",
            "| property | type | meaning |",
            "|---|---|---|",
            *properties(kind.properties.model_json_schema()),
            "",
        ]
    return "\n".join(lines)


def known_kinds() -> list[Kind[Any]]:
    """The kinds of the program itself; tests register others."""
    for room in sorted((ROOT / "steward").glob("*/service.py")):
        import_module(f"steward.{room.parent.name}.service")
    return [kind for kind in registered() if kind.properties.__module__.startswith("steward.")]


def properties(schema: dict[str, Any]) -> Iterator[str]:
    """A line for each property of an object's JSON Schema."""
    needed = schema.get("required", [])
    for name, value in schema.get("properties", {}).items():
        kind = written(value, schema.get("$defs", {}))
        optional = "" if name in needed else ", may be left out"
        yield f"| `{name}` | {kind}{optional} | {value.get('description', '')} |"


def written(schema: dict[str, Any], named: dict[str, Any]) -> str:
    """A type in words that fit into a table."""
    if "$ref" in schema:
        return written(named[schema["$ref"].rpartition("/")[2]], named)
    if "anyOf" in schema:
        return " or ".join(written(one, named) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {written(schema.get('items', {}), named)}"
    return str(schema.get("format") or schema.get("type") or "anything")


def columns_table() -> str:
    """The columns of every table behind a dimension."""
    for tables in sorted((ROOT / "steward").glob("*/tables.py")):
        import_module(f"steward.{tables.parent.name}.tables")
    lines: list[str] = []
    for name in [table for tables in BEHIND.values() for table in tables]:
        lines += [f"### {name}", "", "| column | type | may be empty |", "|---|---|---|"]
        for column in Row.metadata.tables[name].columns:
            lines.append(f"| `{column.name}` | {column.type!s} | {'yes' if column.nullable else ''} |")
        lines.append("")
    return "\n".join(lines)


TABLES = {"dimensions": dimensions_table, "kinds": kinds_table, "columns": columns_table}
