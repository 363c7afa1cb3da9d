r"""Clean text: NFC, `\n` at line ends, plain spaces, and no characters that nobody sees.

Unseen characters carry instructions past a reader's eyes and hide words from a search; the database refuses NUL.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from steward.knowledge.reading.letters import beyond_ascii

_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
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
_ASCII_UNSEEN: Final = bytes(
    code for code in range(128) if _UNSEEN.match(chr(code)) and not _LINE_ENDS.match(chr(code))
)
_ASCII_LINES: Final = bytes(
    ord("\n") if code < 128 and _LINE_ENDS.match(chr(code)) else code for code in range(256)
)
_ODD: Final = re.compile("|".join(one.pattern for one in (_LINE_ENDS, _UNSEEN, _SPACES)))
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text as `Contents` promises it."""
    try:
        is_plain = _ODD.search(beyond_ascii(text)) is None
    except UnicodeEncodeError:
        is_plain = False
    if is_plain:
        # What is left to change is ASCII, which means the same within UTF-8.
        lines = text.encode().replace(b"\r\n", b"\n").translate(_ASCII_LINES, _ASCII_UNSEEN)
        return _composed(lines.decode())
    text = _LINE_ENDS.sub("\n", text)
    if _SURROGATES.search(text):
        # Two halves that belong together become one character; lone ones become the sign for what is lost.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _SPACES.sub(" ", _UNSEEN.sub("", text))
    return _composed(text)


def _composed(text: str) -> str:
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def one_line(text: str, most_chars: int = 300) -> str:
    """A title or heading: clean, without line ends and runs of spaces, not too long."""
    return " ".join(clean(text[: 4 * most_chars]).split())[:most_chars].rstrip()
