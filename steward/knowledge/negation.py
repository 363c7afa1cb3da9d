"""Which words of a sentence are denied: "is not covered" denies `cover`. Enough to see a lost "not", no grammar."""

from __future__ import annotations

import re
from typing import Final

from steward.kernel import languages, words
from steward.kernel.languages import Language

_WORD: Final = re.compile(r"[^\W\d_]+")
_SHORT_NOT: Final = re.compile(r"n['\u2019]t\b")
_REACH_WORDS: Final = 4
_NEGATIONS: Final[dict[Language | None, frozenset[str]]] = {
    **languages.NEGATIONS,
    None: frozenset[str]().union(*languages.NEGATIONS.values()),
}
_SMALL: Final[dict[Language | None, frozenset[str]]] = {
    **languages.SMALL_WORDS,
    None: frozenset[str]().union(*languages.SMALL_WORDS.values()),
}


def denied(text: str, language: Language | None) -> frozenset[str]:
    """The beginnings of the words that a negation stands before. It denies the next word that carries meaning.

    Without a language the words of all that are known count.
    """
    said = _WORD.findall(_SHORT_NOT.sub(" not", text.lower()))
    small = _SMALL[language] | _NEGATIONS[language]
    found = {
        _next(said[at + 1 : at + 1 + _REACH_WORDS], small)
        for at, word in enumerate(said)
        if word in _NEGATIONS[language]
    }
    return frozenset(found - {""})


def _next(following: list[str], small: frozenset[str]) -> str:
    for word in following:
        if word in languages.LIMITING:
            return ""
        if word not in small:
            return words.stems(word)[0]
    return ""
