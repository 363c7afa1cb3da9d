"""What clients pin to an object: up to 16 pairs, texts in metadata, texts, numbers and truth values in attributes."""

from __future__ import annotations

from typing import Any, Final, cast

from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body, too_long, wrong_type

_MOST_PAIRS: Final = 16
_MOST_NAME_CHARS: Final = 64
_MOST_CHARS: Final = 512

Scalar = str | int | float | bool


def read(body: Body, name: str = "metadata") -> dict[str, str] | None:
    """The metadata of a body; None when it was not sent, and nothing when it was sent as null.

    Raises:
        BadRequest: too many pairs, a value that is no text, or a text that is too long.
    """
    pairs = _pairs(body, name)
    for key, value in (pairs or {}).items():
        if not isinstance(value, str):
            raise wrong_type(f"{body.path_of(name)}.{key}", "a string", value)
        _ensure_short(f"{body.path_of(name)}.{key}", value)
    return cast("dict[str, str] | None", pairs)


def read_attributes(body: Body, name: str = "attributes") -> dict[str, Scalar] | None:
    """The attributes of a body; None when they were not sent, and nothing when they were sent as null.

    Raises:
        BadRequest: too many pairs, a value of another type, or a text that is too long.
    """
    pairs = _pairs(body, name)
    for key, value in (pairs or {}).items():
        path = f"{body.path_of(name)}.{key}"
        if not isinstance(value, str | int | float | bool):
            raise wrong_type(path, "one of a string, number, or boolean", value)
        if isinstance(value, str):
            _ensure_short(path, value)
    return pairs


def _pairs(body: Body, name: str) -> dict[str, Any] | None:
    if name not in body:
        return None
    inner = body.inner(name)
    pairs = {} if inner is None else inner.fields
    path = body.path_of(name)
    if len(pairs) > _MOST_PAIRS:
        words = (
            f"Expected an object with at most {_MOST_PAIRS} properties, but got an object with {len(pairs)} "
            "properties instead."
        )
        raise BadRequest(
            f"Invalid '{path}': too many properties. {words}", param=path, code="object_above_max_properties"
        )
    for key in pairs:
        if not 1 <= len(key) <= _MOST_NAME_CHARS:
            words = f"names have 1 to {_MOST_NAME_CHARS} characters, but one has {len(key)}."
            raise BadRequest(f"Invalid '{path}': {words}", param=path, code="invalid_value")
    return pairs


def _ensure_short(path: str, value: str) -> None:
    if len(value) > _MOST_CHARS:
        raise too_long(path, _MOST_CHARS, len(value))
