"""Characters as people see them: one may be several code points, and a text is cut between two, never within one."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final, cast

_JOINER: Final = "\u200d"
_NOT_KEPT: Final = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """A JSON value as the database can keep it: a sign stands for NUL and for half of a surrogate pair."""
    match value:
        case str():
            return _NOT_KEPT.sub("\ufffd", value)
        case dict():
            items = cast("dict[Any, Any]", value).items()
            return {storable(key): storable(one) for key, one in items}
        case list():
            return [storable(one) for one in cast("list[Any]", value)]
        case _:
            return value


def cut(text: str, most: int) -> str:
    """The beginning of a text: at most so many code points, and no character by halves.

    Near to Unicode's grapheme clusters (UAX 29): marks, joined emoji, skin tones, flags and Hangul stay whole.
    """
    if len(text) <= most:
        return text
    end = most
    while end and _is_within_character(text, end):
        end -= 1
    return text[: end or most]


def _is_within_character(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if _is_flag_letter(before) and _is_flag_letter(after):
        letters = len(text[:at]) - len(text[:at].rstrip(_FLAG_LETTERS))
        return letters % 2 == 1
    # Skin tones, the tags that spell the flags of regions, and the vowels and finals of Hangul.
    return (
        "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\U000e0020" <= after <= "\U000e007f"
        or "\u1160" <= after <= "\u11ff"
    )


_FLAG_LETTERS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def _is_flag_letter(character: str) -> bool:
    return character in _FLAG_LETTERS
