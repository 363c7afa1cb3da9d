"""Words: how texts and questions are cut for the search of words, and the language that their forms follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from steward.knowledge.reading.letters import beyond_ascii

SIMPLE: Final = "simple"
_CONFIGURATIONS: Final = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch",
    "en": "english", "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi",
    "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nb": "norwegian", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_CODES: Final = {name: code for code, name in _CONFIGURATIONS.items() if code not in ("nn", "no")}

_WORD: Final = re.compile(r"\d+(?:[.,:]\d+)+|\w+")
# Scripts that are written without spaces: two letters at a time are as close to words as no dictionary comes.
_UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
_WITHIN_NUMBER: Final = re.compile(rb"[.,:](?<=[0-9].)(?=[0-9])")
_LETTERS: Final = bytes(code if code >= 128 or _WORD.match(chr(code)) else ord(" ") for code in range(256))
"""Blanks for what is no letter and no digit of ASCII."""
_SIGN: Final = re.compile(r"\W")
_OTHERWISE: Final = re.compile(rf"\d|{_UNSPACED.pattern}")
_MOST_WORDS: Final = 24


def configuration(language: str | None) -> str:
    """PostgreSQL's text search configuration for a language, by its ISO 639-1 code."""
    return _CONFIGURATIONS.get(language or "", SIMPLE)


def spaced(text: str) -> str:
    """A text with its words apart, as PostgreSQL shall read it: `BR-2210` is two words, 漢字仮名 three pairs."""
    blanked = _blanked(text)
    return " ".join(_words(text)) if blanked is None else blanked


def of_question(question: str) -> list[str]:
    """The different words of a question, the first ones if there are very many."""
    return list(dict.fromkeys(word.lower() for word in _words(question)))[:_MOST_WORDS]


def main_configuration(question: str, configurations: Sequence[str]) -> str:
    """The one of the configurations of what is searched that the question is written in. Call it in a thread."""
    known = {_CODES[name] for name in configurations if name in _CODES}
    if len(known) < 2:
        return (
            configurations[0] if len(configurations) == 1 else next(iter(map(configuration, known)), SIMPLE)
        )
    ranked: list[tuple[str, float]] = _identifier().rank(question)
    return configuration(next((code for code, _ in ranked if code in known), None))


@cache
def _identifier() -> Any:
    # Loaded at its first use: its tables take a few megabytes.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)  # pyright: ignore[reportUnknownMemberType]  # untyped


def _blanked(text: str) -> str | None:
    """The same words as those of `_words`, much faster; None when it cannot tell. Every passage comes this way."""
    try:
        others = beyond_ascii(text)
    except UnicodeEncodeError:
        return None
    if _OTHERWISE.search(others):
        return None
    for sign in set(_SIGN.findall(others)):
        text = text.replace(sign, " ")
    blanked = f"{text} ".encode().translate(_LETTERS)
    letters = bytearray(blanked)
    for mark in _WITHIN_NUMBER.finditer(text.encode()):
        at = mark.start()
        before = blanked[blanked.rfind(b" ", 0, at) + 1 : at]
        after = blanked[at + 1 : blanked.index(b" ", at + 1)]
        if not (before.isdigit() and after.isdigit()):
            # Digits with letters at them are cut elsewhere.
            return None
        letters[at : at + 1] = mark[0]
    return letters.decode()


def _words(text: str) -> Iterable[str]:
    found: list[str] = _WORD.findall(text)
    return found if _UNSPACED.search(text) is None else _apart(found)


def _apart(found: Sequence[str]) -> Iterator[str]:
    for word in found:
        if _UNSPACED.search(word) is None:
            yield word
        else:
            yield from _pairs(word)


def _pairs(word: str) -> Iterator[str]:
    at = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > at:
            yield word[at : run.start()]
        letters = run[0]
        yield from (letters[i : i + 2] for i in range(max(1, len(letters) - 1)))
        at = run.end()
    if at < len(word):
        yield word[at:]
