"""Whether a Markdown text that is still being written stands within code at its end.

Specification: CommonMark 0.31, code spans and fenced code, with one difference: a span that nothing closes counts as
code up to the end of its paragraph, since whoever reads along cannot look ahead.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    # A line begins: behind quotes and items perhaps a fence. Bare, when nothing follows; then or with a row of a table,
    # a heading or an item, the paragraph before is over.
    r"\n(?P<lead>[ \t>]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})?"
    r"(?:(?P<bare>(?=[ \t]*\n))|(?P<block>(?=[|#])))?"
    r"|(?P<escape>\\\\|\\(?=`))|(?P<run>`+)"
)


class CodeSpans:
    """Follows a text. Nothing is looked at before somebody asks."""

    def __init__(self) -> None:
        # A text begins like a line.
        self._unread = ["\n"]
        self._opener = ""
        self._is_fence = False
        self._may_be_fence = False
        self._is_escaped = False
        self.is_line_start = True
        """Whether the line at the end has said nothing yet, as of the last question."""

    def add(self, text: str) -> None:
        """The text goes on."""
        self._unread.append(text)

    def is_open(self) -> bool:
        """Whether code is open at the end. No run of backticks may go on behind it: ask before other characters."""
        text = "".join(self._unread)
        self._unread.clear()
        for token in _TOKEN.finditer(text):
            if token["run"] is not None:
                self._inline(token["run"])
            elif token["escape"] is not None:
                self._is_escaped = token["escape"] == "\\" and not self._opener
            else:
                self._line(token)
        line = text.rpartition("\n")
        self.is_line_start = (bool(line[1]) or self.is_line_start) and not line[2].strip(" \t>")
        return bool(self._opener)

    def _line(self, token: re.Match[str]) -> None:
        if self._may_be_fence:
            self._is_fence, self._may_be_fence = True, False
        fence, is_bare = token["fence"], token["bare"] is not None
        if self._is_fence:
            closes = fence is not None and fence.startswith(self._opener) and is_bare
            if closes and not token["lead"].strip(" \t>"):
                self._opener, self._is_fence = "", False
        elif fence is not None:
            self._opener, self._is_fence = fence, fence[0] == "~"
            self._may_be_fence = not self._is_fence
        elif is_bare or token["block"] is not None or token["lead"].strip(" \t>"):
            self._opener = ""

    def _inline(self, run: str) -> None:
        if self._is_fence:
            return
        if self._is_escaped:
            self._is_escaped = False
            run = run[1:]
        self._may_be_fence = False
        if not self._opener:
            self._opener = run
        elif run == self._opener:
            self._opener = ""
