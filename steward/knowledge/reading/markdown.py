"""Markdown: the text as written, its headings found by their marks; blocks of code and tables stay whole. What programs
read before it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from steward.knowledge.reading import plain
from steward.knowledge.reading.cleaning import one_line
from steward.knowledge.reading.contents import Mark
from steward.knowledge.reading.draft import Draft, Source

_FRONT_MATTER: Final = re.compile(r"---\n(.*?)\n(?:---|\.\.\.)\n", re.DOTALL)
_TITLE: Final = re.compile(r"^title:[ \t]*(.+)$", re.MULTILINE)
_WHOLE: Final = {"fence", "code_block", "table_open"}
_MARKUP: Final = re.compile(
    r"!?\[([^\]]*)\]\([^)]*\)|[*`~]{1,3}(?=\S)|(?<=\S)[*`~]{1,3}|\b_{1,3}(?=\S)|(?<=\S)_{1,3}\b|\s#+$|\{#[\w-]+\}"
)


def read(source: Source) -> Draft:
    """The text of a Markdown file, and where its chapters begin.

    Raises:
        Unreadable: it is no text, or too long.
    """
    text = plain.text_of(source)
    front = _FRONT_MATTER.match(text)
    # What programs read of a page is not what it says.
    body = text[front.end() :].lstrip("\n") if front else text
    draft = Draft(body or text, title=_front_title(front.group(1)) if front else None)
    _place(draft)
    draft.title = draft.title or _first_heading(draft.marks)
    return draft


def _place(draft: Draft) -> None:
    begins = list(accumulate((len(line) + 1 for line in draft.text.split("\n")), initial=0))
    tokens = _blocks(draft.text)
    for token, inline in zip(tokens, [*tokens[1:], None], strict=True):
        if token.map is None:
            continue
        first, after = token.map
        if token.type == "heading_open" and inline is not None and token.level == 0:
            heading = one_line(_MARKUP.sub(r"\1", inline.content))
            draft.marks.append(Mark(begins[first], level=int(token.tag[1]), heading=heading or None))
        elif token.type in _WHOLE:
            draft.whole.append((begins[first], begins[after]))


def _blocks(text: str) -> list[Token]:
    # What stands within a line is not looked at: it takes most of the time, and is not needed.
    reader = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"], ignoreInvalid=True)
    return reader.parse(text)


def _front_title(front: str) -> str | None:
    found = _TITLE.search(front)
    return one_line(found.group(1).strip(" \t\"'")) or None if found else None


def _first_heading(marks: Iterable[Mark]) -> str | None:
    return next((mark.heading for mark in marks if mark.level == 1), None)
