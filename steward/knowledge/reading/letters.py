"""What a text is written with, found out byte by byte: most of any text is ASCII, and patterns are slow to pass it."""

from __future__ import annotations

from typing import Final

_ASCII: Final = bytes(range(128))


def beyond_ascii(text: str) -> str:
    """The characters of a text that are not ASCII, in its order; few, and much sooner found than by a pattern.

    Raises:
        UnicodeEncodeError: it has lone surrogates.
    """
    return "" if text.isascii() else text.encode().translate(None, _ASCII).decode()
