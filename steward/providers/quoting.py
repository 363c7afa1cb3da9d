"""Answers in quotes: the sentences of passages that answer a question best, so that Markdown shows them as they are."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from steward.kernel import figures, sentences, words
from steward.providers import local_embeddings
from steward.providers.wire import Passage

_MOST_QUOTES: Final = 5
_MOST_PASSAGES: Final = 3
# These were chosen on the questions of eval/ whose passages a search had found.
_WORDS_WEIGH: Final = 0.7
_NEARNESS_WEIGHS: Final = 0.3
_PASSAGE_WEIGHS: Final = 0.3
_WORDS_ABOVE_WEIGH: Final = 0.7
"""Against a word in the sentence itself."""
_LEAST_COVERAGE: Final = 0.58
"""Of a passage: with less of the question's words it speaks of something near, and does not answer."""
_LEAST: Final = 0.4
_BESIDE_BEST: Final = 0.7
"""The share of the best sentence's value that another must have to stand beside it."""
_LEAST_WORDS: Final = 3
_FENCE: Final = "```"
_NO_TERMS: Final = frozenset[str]()
_QUESTION: Final = re.compile(r"[?\uff1f؟][\s*_\"'”\u2019»)]*$")
_CODE_OR_BRACKET: Final = re.compile(
    r"(?P<code>(?<!`)(?P<run>`+)(?!`).*?(?<!`)(?P=run)(?!`))|(?P<ticks>`+)|[\[【](?P<numbers>[\d\s,;\u2013-]+)[\]】]"
)
_BLOCK_START: Final = re.compile(r"^(?:[-+*](?=\s)|#{1,6}(?=\s)|[>|]|~{3,}|=+$)")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage, as Markdown on one line.

    Attributes:
        number: of the passage.
        above: the heading or the question that it stands under, or the document's title; empty when there is none.
    """

    number: int
    text: str
    above: str


def quotes(question: str, passages: Sequence[Passage]) -> list[Quote]:
    """The sentences that answer a question best, at most five of at most three passages: the best passage first, and
    within a passage as they stand there. Empty when none fits well enough. Call it in a thread: it embeds.
    """
    candidates = list(_candidates([one for one in passages if one.coverage >= _LEAST_COVERAGE]))
    values = _values(question, candidates)
    best = max(values, default=0.0)
    if best < _LEAST:
        return []
    ranked = sorted(zip(values, candidates, strict=True), key=lambda one: -one[0])
    chosen: list[_Candidate] = []
    for value, candidate in ranked:
        numbers = {one.passage.number for one in chosen}
        is_room = len(numbers) < _MOST_PASSAGES or candidate.passage.number in numbers
        if value >= max(_LEAST, _BESIDE_BEST * best) and is_room and len(chosen) < _MOST_QUOTES:
            chosen.append(candidate)
    order = list(dict.fromkeys(one.passage.number for one in chosen))
    chosen.sort(key=lambda one: (order.index(one.passage.number), one.start))
    return [Quote(one.passage.number, as_markdown(one.text), as_markdown(one.heading)) for one in chosen]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence, what it stands under, the beginnings of its words, and of those that tell what it is about."""

    passage: Passage
    start: int
    text: str
    heading: str
    stems: frozenset[str]
    above: frozenset[str]


def _candidates(passages: Sequence[Passage]) -> Iterator[_Candidate]:
    """The sentences that may be quoted: no headings, no questions, no code, no crumbs, none twice."""
    seen: set[str] = set()
    for passage in passages:
        heading = (passage.title, *passage.headings)[-1]
        title = above = _terms(" ".join((passage.title, *passage.headings)))
        before = _NO_TERMS
        for start, end in sentences.spans(passage.text):
            text = " ".join(passage.text[start:end].split()).strip(" |")
            stems = _terms(text)
            line = passage.text[:start].rpartition("\n")[2].strip(" >")
            if line.startswith("#") or _QUESTION.search(text):
                heading, above, before = text.strip("*_# "), title | stems, _NO_TERMS
                continue
            if text not in seen and len(stems) >= _LEAST_WORDS and _FENCE not in text:
                seen.add(text)
                yield _Candidate(passage, start, text, heading, stems, above | before)
            before = stems


def _terms(text: str) -> frozenset[str]:
    return frozenset(words.stems(text)) | figures.readings(text)


def _values(question: str, candidates: Sequence[_Candidate]) -> list[float]:
    """How well each sentence answers: by the question's words that it has, the rare ones more, and by its meaning."""
    asked = frozenset(words.content(question)).union(*figures.figures(question))
    if not candidates:
        return []
    counts = Counter(term for candidate in candidates for term in asked & candidate.stems)
    weights = {term: math.log1p(len(candidates) / (1 + counts[term])) for term in asked}
    vectors, _ = local_embeddings.embed([question, *(candidate.text for candidate in candidates)])
    nearness = vectors[1:] @ vectors[0]
    return [
        _WORDS_WEIGH * _covered(weights, candidate)
        + _NEARNESS_WEIGHS * max(0.0, float(near))
        + _PASSAGE_WEIGHS * candidate.passage.score
        for candidate, near in zip(candidates, nearness, strict=True)
    ]


def _covered(weights: Mapping[str, float], candidate: _Candidate) -> float:
    """The share of the question's words that a sentence has; what stands above it counts by halves."""
    total = sum(weights.values())
    found = sum(
        weight if term in candidate.stems else _WORDS_ABOVE_WEIGH * weight
        for term, weight in weights.items()
        if term in candidate.stems or term in candidate.above
    )
    return found / total if total else 0.0


def as_markdown(sentence: str) -> str:
    """A sentence so that Markdown shows it as it is, on one line, and no bracket of it is taken for a citation."""
    return _BLOCK_START.sub(r"\\\g<0>", _CODE_OR_BRACKET.sub(_escaped, sentence))


def _escaped(found: re.Match[str]) -> str:
    # A span of code shows everything as it is.
    if found["code"]:
        return found[0]
    return r"\`" * len(found["ticks"]) if found["ticks"] else rf"\[{found['numbers']}]"
