"""JSON schemas in the scripted provider: the smallest value that fits one, and what strict mode refuses."""

import math
from typing import Any, cast

Schema = dict[str, Any]

_FORMATS = {
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "date-time": "2026-01-02T03:04:05Z",
    "email": "ada@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_DEEPEST = 20
_SHAPES = {"type", "properties", "anyOf", "oneOf", "allOf", "items"}


def instance(schema: Schema, root: Schema | None = None, depth: int = 0) -> Any:
    """The smallest value that a schema allows, the same each time: required properties only, the first choice."""
    root = schema if root is None else root
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return instance(_resolve(str(schema["$ref"]), root), root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            rest = {key: value for key, value in schema.items() if key != name}
            return instance({**rest, **schema[name][0]}, root, depth + 1)
    return _of_type(schema, root, depth)


def _resolve(reference: str, root: Schema) -> Schema:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = found[step] if step else found
    return found


def _of_type(schema: Schema, root: Schema, depth: int) -> Any:
    match _type(schema):
        case "object":
            properties: dict[str, Schema] = schema.get("properties") or {}
            required: list[str] = schema.get("required") or []
            return {name: instance(properties.get(name, {}), root, depth + 1) for name in required}
        case "array":
            items: Schema = schema.get("items") or {}
            # Gemini writes numbers of its schemas as text.
            return [instance(items, root, depth + 1) for _ in range(int(schema.get("minItems") or 0))]
        case "string":
            text = _FORMATS.get(str(schema.get("format")), "text")
            text = text.ljust(int(schema.get("minLength") or 0), "x")
            return text[: int(schema["maxLength"])] if "maxLength" in schema else text
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
        case _:
            return None


def _type(schema: Schema) -> str:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        names = cast("list[str]", kinds)
        return next((name for name in names if name != "null"), "null").lower()
    if isinstance(kinds, str):
        return kinds.lower()
    return "object" if "properties" in schema else "string"


def _number(schema: Schema) -> float:
    least: float = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    most: float = schema.get("maximum", schema.get("exclusiveMaximum", math.inf))
    step: float = schema.get("multipleOf", 1)
    number = least if not least % step else least - least % step + step
    if "exclusiveMinimum" in schema and number <= schema["exclusiveMinimum"]:
        number += step
    return min(number, most)


def strict_fault(schema: Schema, *, all_required: bool, place: str = "") -> str | None:
    """What strict mode refuses in a schema, as a path and a reason; None when it takes all of it."""
    if _type(schema) == "object" and "$ref" not in schema:
        if schema.get("additionalProperties") is not False:
            return f"In context=({place}), 'additionalProperties' is required to be supplied and to be false."
        missing = sorted(set(schema.get("properties") or {}) - set(schema.get("required") or []))
        if all_required and missing:
            return (
                f"In context=({place}), 'required' is required to be supplied and to be an array including"
                f" every key in properties. Missing '{missing[0]}'."
            )
    for name, child in _children(schema):
        fault = strict_fault(child, all_required=all_required, place=f"{place}, '{name}'".lstrip(", "))
        if fault:
            return fault
    return None


def _children(schema: Schema) -> list[tuple[str, Schema]]:
    children: list[tuple[str, Schema]] = []
    for group in ("properties", "$defs", "definitions"):
        named: dict[str, Schema] = schema.get(group) or {}
        children += named.items()
    for group in ("anyOf", "oneOf", "allOf"):
        choices: list[Schema] = schema.get(group) or []
        children += [(group, child) for child in choices]
    if isinstance(schema.get("items"), dict):
        children.append(("items", schema["items"]))
    return [(name, child) for name, child in children if child.keys() & _SHAPES]
