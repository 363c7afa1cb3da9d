"""Lines of a prompt: what people wrote goes in as one short line, so that it cannot pose as a part of the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from steward.kernel.characters import cut
from steward.kernel.sentences import spans

NAME_CHARS: Final = 100
TEXT_CHARS: Final = 200
_JOINERS: Final = "\u200c\u200d"
_MARKS: Final = "-*#>=\u2022\u2013\u2014 \t"


def one_line(text: str, most_chars: int = NAME_CHARS) -> str:
    """A text as one line without anything invisible, cut when it is long."""
    # Blanks of every kind become one blank, and with them every sign that a model could read as the end of a line.
    words = " ".join(text.split())
    shown = "".join(sign for sign in words if sign.isprintable() or sign in _JOINERS)
    return shown if len(shown) <= most_chars else f"{cut(shown, most_chars - 1).rstrip()}…"


@lru_cache(512)
def first_sentence(text: str) -> str:
    """How a description begins. Kept, since a tool's is the same in every turn."""
    line = one_line(text, 10 * TEXT_CHARS)
    found = spans(line)
    return one_line(line[: found[0][1]] if found else line, TEXT_CHARS)


def items(text: str, most: int) -> str:
    """The lines of a text as a list, without the marks that would make one a title; at most so many."""
    lines = (one_line(line.lstrip(_MARKS), TEXT_CHARS) for line in text.splitlines())
    return bullets([line for line in lines if line][:most])


def bullets(lines: Sequence[str]) -> str:
    """Lines as a list."""
    return "\n".join(f"- {line}" for line in lines)
