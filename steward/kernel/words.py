"""The words of a text in a form that compares: without case and accents, cut to their beginnings, in any script."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from steward.kernel import languages
from steward.kernel.languages import Language

_STEM_CHARS: Final = 5
"""Endings differ behind these: `pressure` and `pressurised`, `Kessel` and `Kessels` are one."""

# Han, kana, Hangul, Thai, Lao, Myanmar, Khmer: their words are not set apart, or grow endings without end.
_CLOSE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\U00020000-\U0003ffff"
)
_RUN: Final = re.compile(rf"[{_CLOSE}]+|[^\W\d_{_CLOSE}]+")
_IS_CLOSE: Final = re.compile(rf"[{_CLOSE}]")


def plain(text: str) -> str:
    """The text without case, accents and typographic variants. Its length may differ."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in apart if unicodedata.category(character) != "Mn")
    return unicodedata.normalize("NFKC", bare)


_SMALL: Final[dict[Language | None, frozenset[str]]] = {
    language: frozenset(map(plain, small)) for language, small in languages.SMALL_WORDS.items()
}


def stems(text: str) -> list[str]:
    """The beginnings of a text's words, small words too; of scripts without spaces, every two characters."""
    found: list[str] = []
    for run in _RUN.findall(plain(text)):
        if _IS_CLOSE.match(run):
            found += _pairs(run)
        else:
            found.append(run[:_STEM_CHARS])
    return found


def places(text: str) -> list[tuple[str, int]]:
    """The same as `stems`, each with the place in the text where its word, or its first character, stands."""
    found: list[tuple[str, int]] = []
    for run in _RUN.finditer(text):
        if _IS_CLOSE.match(run[0]):
            found += ((pair, run.start() + at) for at, pair in enumerate(_pairs(run[0])))
        else:
            found.append((plain(run[0])[:_STEM_CHARS], run.start()))
    return found


def content(text: str) -> list[str]:
    """The beginnings of the words that carry a text: those that are not small words of its language."""
    small = _SMALL.get(languages.guess(text)) or _SMALL["en"]
    found: list[str] = []
    for run in _RUN.findall(plain(text)):
        if _IS_CLOSE.match(run):
            found += _pairs(run)
        elif run not in small and len(run) > 1:
            found.append(run[:_STEM_CHARS])
    return found


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]
