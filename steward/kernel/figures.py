"""The figures of a text, numbers and codes, in forms that compare: `1,500` with `1500`, `BR-2210` with `br 2210`."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from steward.kernel import languages

Figure = frozenset[str]
"""The ways to read one figure: `1.500` is fifteen hundred to some and one and a half to others."""

# Raised digits belong to units: a room of 20 m² is not one of "m2". Nor is version v2 another than version 2.
_NOISE: Final = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]|['\u2019]s\b|\b[vV](?=[0-9])")
_DATE: Final = re.compile(r"\b([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})\b")
_TOKEN: Final = re.compile(r"[A-Za-z]*[0-9][A-Za-z0-9]*(?:[-\u2013/:.,'\u2019_][A-Za-z0-9]+)*")
_LETTERED: Final = re.compile(r"(?:[A-Z]{1,6}[-\u2013_/])+[0-9][A-Za-z0-9]*(?:[-\u2013/_.][A-Za-z0-9]+)*")
_NAMED: Final = re.compile(r"([A-Za-z]{1,12})[ -]([0-9][A-Za-z0-9]*)")
_NUMBER: Final = re.compile(r"[0-9]+(?:[.,'\u2019][0-9]+)*")
_SPACED: Final = re.compile(r"(?<![0-9])[0-9]{1,3}(?: [0-9]{3})+(?![0-9])")
_JOINT: Final = re.compile(r"[-\u2013/:.,'\u2019_]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_MOST_PARTS: Final = 6
_ANY_NUMBER_WORD: Final = {
    name: value for known in languages.NUMBER_WORDS.values() for name, value in known.items()
}
_CERTAIN_NUMBER_WORD: Final = {
    name: value
    for name, value in _ANY_NUMBER_WORD.items()
    # These mean something else in a language beside.
    if name not in ("once", "due", "sei", "cent", "dos")
}


def figures(text: str) -> list[Figure]:
    """The figures that a text states, each with the ways to read it. Number words are figures too."""
    text = _SPACED.sub(lambda match: match[0].replace(" ", ""), _clean(text))
    found: list[Figure] = []
    for token in _tokens(text):
        if token[0].isalpha():
            found.append(frozenset({_joined(token)}))
        else:
            found += [_readings(number) for number in _NUMBER.findall(token)]
    language = languages.guess(text)
    words = _CERTAIN_NUMBER_WORD if language is None else languages.NUMBER_WORDS[language]
    found += [frozenset({words[word]}) for word in _WORD.findall(text.lower()) if word in words]
    return found


def readings(text: str) -> frozenset[str]:
    """Every way to read every figure of a text, parts of codes and dates included: what a statement may rest on."""
    text = _clean(text)
    found = {match.replace(" ", "") for match in _SPACED.findall(text)}
    found.update(_joined(f"{name}{number}") for name, number in _NAMED.findall(text))
    for token in _tokens(text):
        found.update(_names(token))
        for number in _NUMBER.findall(token):
            found |= _readings(number)
    found.update(_ANY_NUMBER_WORD[word] for word in _WORD.findall(text.lower()) if word in _ANY_NUMBER_WORD)
    return frozenset(found)


def _clean(text: str) -> str:
    text = _DATE.sub(r"\1-\2-\3", _NOISE.sub("", text))
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


def _tokens(text: str) -> list[str]:
    """Codes whose letters stand apart, such as `BR-2210`, then what else has digits."""
    return [*_LETTERED.findall(text), *_TOKEN.findall(_LETTERED.sub(" ", text))]


def _names(token: str) -> set[str]:
    """What a code may be called: `BR-2210/A` also `BR-2210`. Nothing for what is only a number."""
    if not any(map(str.isalpha, token)):
        return set()
    parts = _JOINT.split(token)[:_MOST_PARTS]
    ends = range(1, len(parts) + 1)
    return {"".join(parts[start:end]).lower() for end in ends for start in range(end)} | {_joined(token)}


def _joined(token: str) -> str:
    return _JOINT.sub("", token).lower()


def _readings(number: str) -> Figure:
    """The ways to read a number that may have signs for thousands and decimals."""
    number = number.replace("\u2019", "").replace("'", "")
    groups = re.split(r"[.,]", number)
    whole = "".join(groups).lstrip("0") or "0"
    signs = {sign for sign in number if sign in ".,"}
    if not signs:
        return frozenset({whole})
    decimal = _decimal("".join(groups[:-1]), groups[-1])
    are_thousands = all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3
    if len(signs) == 2:
        return frozenset({decimal})
    if len(groups) == 2:
        return frozenset({whole, decimal} if are_thousands else {decimal})
    return frozenset({whole if are_thousands else ".".join(groups)})


def _decimal(whole: str, part: str) -> str:
    part = part.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{part}" if part else whole
