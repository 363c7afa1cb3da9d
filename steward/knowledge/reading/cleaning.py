r"""Clean text: NFC, `\n` at line ends, plain spaces, and no characters that nobody sees.

Unseen characters carry instructions past a reader's eyes and hide words from a search; the database refuses NUL.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ASCII_UNSEEN: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_UNSEEN: Final = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # soft hyphen, joiners and fillers
    "\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # zero-width, direction of writing
    "\u180b-\u180f\ufe00-\ufe0f\U000e0000-\U000e0fff"  # tags and variation selectors
    "\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff"  # no characters at all
    "]"
)
_SPACES: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text as `Contents` promises it."""
    text = _LINE_ENDS.sub("\n", text)
    if text.isascii():
        return _ASCII_UNSEEN.sub("", text)
    if _SURROGATES.search(text):
        # Two halves that belong together become one character; lone ones become the sign for what is lost.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _SPACES.sub(" ", _UNSEEN.sub("", text))
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def one_line(text: str, most_chars: int = 300) -> str:
    """A title or heading: clean, without line ends and runs of spaces, not too long."""
    return " ".join(clean(text[: 4 * most_chars]).split())[:most_chars].rstrip()
