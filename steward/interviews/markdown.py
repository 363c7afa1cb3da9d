"""Markdown out of answers: people's words stay words, whatever signs they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from steward.interviews.definitions import Answers, Value

# What would make of the beginning of a line something else than text.
_LINE_SIGN: Final = re.compile(
    r"^(\s*)(#{1,6}(?=\s)|>|[-+*](?=\s)|[0-9]+(?=[.)]\s)|\||```|~~~|---|===)", re.MULTILINE
)


def line(value: Value) -> str:
    """An answer on one line."""
    if isinstance(value, list):
        return ", ".join(line(item) for item in value)
    return " ".join(number(value).split() if isinstance(value, int | float) else (value or "").split())


def paragraphs(value: Value) -> str:
    """An answer as paragraphs; what looks like a heading or a list in it is text."""
    text = line(value) if not isinstance(value, str) else value
    return _LINE_SIGN.sub(_escaped, text.strip())


def bullets(value: Value) -> str:
    """The items of an answer as a list."""
    items = value if isinstance(value, list) else [value]
    return "\n".join(f"- {paragraphs(line(item))}" for item in items if item)


def number(value: float) -> str:
    """A number as people read it: `1,500`, `12.50`."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar in a cell is a bar."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(line(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in lines
    )


def sections(title: str, *parts: tuple[str, str]) -> str:
    """A document of headings and what stands under them; a part of nothing is left out."""
    return "\n\n".join([f"# {title}", *(f"## {head}\n\n{body}" for head, body in parts if body)]) + "\n"


def text_of(answers: Answers, key: str) -> str:
    """An answer as a line, empty when there is none."""
    return line(answers.get(key))


def _escaped(match: re.Match[str]) -> str:
    sign = match[2]
    # A number loses its meaning as a list item by its full stop, which follows it.
    return f"{match[1]}{sign}\\" if sign.isdigit() else f"{match[1]}\\{sign}"
