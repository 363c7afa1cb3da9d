"""Pages: how lists are cut, by an opaque cursor that stays right while rows come and go."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, Field, StringConstraints

from steward.kernel.errors import Invalid


def write_cursor(*position: Any) -> str:
    """Make the opaque text that names a position in a list."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def read_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """Read a cursor back.

    Raises:
        Invalid: the text was not made by `write_cursor` for this list.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        position: tuple[Any, ...] = msgspec.json.decode(raw, type=tuple[types])
        if not all(map(_is_storable, position)):
            raise ValueError("nothing that a list could be at")
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid(
            "The cursor is not one of this list; start without a cursor.", field="cursor"
        ) from error
    return position


def _is_storable(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not isinstance(value, str) or "\x00" not in value


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("text may not hold the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("text may not hold half of a surrogate pair") from error
    return text


CleanText = Annotated[str, AfterValidator(_clean)]
"""Text that PostgreSQL can store: no NUL, no lone surrogate."""

ShortText = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), AfterValidator(_clean)]
"""One line of text, such as a name or a title."""

AnyId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._:~-]+$")]
"""An id of ours or one that a client chose: URL-safe letters."""

PageSize = Annotated[int, Field(ge=1, le=100)]
Offset = Annotated[int, Field(ge=0, le=10_000)]
