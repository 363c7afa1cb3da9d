"""Web pages: what a reader sees of them, with headings, lists and tables; no scripts, menus or footers.

The page is read as a stream of tags and never becomes a tree, so that no depth of nesting matters.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from steward.knowledge.reading import encodings
from steward.knowledge.reading.draft import Draft, Source
from steward.knowledge.reading.page import Page

_MAIN: Final = re.compile(r"<main[\s>]", re.IGNORECASE)
_PIECE_CHARS: Final = 100_000


def read(source: Source) -> Draft:
    """The text of a web page.

    Raises:
        Unreadable: it is no text, or too long.
    """
    data = source.path.read_bytes()
    return read_text(encodings.decode(data, encodings.declared_in_html(data)), source.most_chars)


def read_text(html: str, most_chars: int) -> Draft:
    """The text of a web page that is decoded already.

    Raises:
        Unreadable: its text is too long.
    """
    html = html.replace("\x00", "")
    page = _fed(Page(most_chars, only_main=_MAIN.search(html) is not None), html)
    # A page that is all menu or hidden until a script shows it: better all of it than nothing.
    return (_fed(Page(most_chars, keeps_all=True), html) if page.is_blank else page).draft()


def _fed(page: Page, html: str) -> Page:
    parser = etree.HTMLParser(
        target=page,  # pyright: ignore[reportArgumentType]  # lxml calls what a target has, and asks for no more
        encoding="utf-8",
        huge_tree=True,
    )
    for start in range(0, len(html), _PIECE_CHARS):
        parser.feed(html[start : start + _PIECE_CHARS].encode("utf-8", "replace"))
    parser.close()
    return page
