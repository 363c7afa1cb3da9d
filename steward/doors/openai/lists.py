"""Lists in OpenAI's words: which stretch of them is asked for, and the envelope that it travels in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from steward.doors.openai import raw
from steward.kernel.stretches import Asked

_USUAL: Final = 20
_MOST: Final = 100
_DIGITS: Final = 9


def read(query: Mapping[str, str], *, prefix: str, usual: int = _USUAL, most: int = _MOST) -> Asked:
    """Which stretch of a list the query asks for: `limit`, `order`, `after` and `before`.

    Args:
        query: the request's own.
        prefix: what the ids of the list's items begin with; another cursor is refused.
        usual: how many items without a word on it.
        most: the largest limit.

    Raises:
        BadRequest: one of them does not fit.
    """
    return Asked(
        limit=_limit(query.get("limit"), usual, most),
        ascending=raw.known_word("order", query.get("order") or "desc", ("asc", "desc")) == "asc",
        after=_cursor(query, "after", prefix),
        before=_cursor(query, "before", prefix),
    )


def page_of(items: Sequence[Mapping[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """The envelope of a stretch. First and last id are null when there is nothing."""
    return {
        "object": "list",
        "data": list(items),
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": has_more,
    }


def _limit(given: str | None, usual: int, most: int) -> int:
    if not given:
        return usual
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS:
        raise raw.wrong_type("limit", "an integer", given)
    return int(raw.within("limit", int(given), 1, most))


def _cursor(query: Mapping[str, str], name: str, prefix: str) -> str | None:
    given = query.get(name)
    return raw.ensure_id(name, given, prefix) if given else None
