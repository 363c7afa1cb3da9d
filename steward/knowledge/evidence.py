"""Sentences of answers and passages, taken apart into what can be compared: words, figures, denials, and vectors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from steward.kernel import figures, languages, sentences, words
from steward.kernel.figures import Figure
from steward.kernel.languages import Language
from steward.knowledge import negation
from steward.providers import local_embeddings
from steward.providers.local_embeddings import Vectors
from steward.providers.wire import Passage

_FIGURE_WORDS: Final = 2
"""As many words a figure weighs."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sentence of an answer says. `vector` has shape (256,)."""

    text: str
    words: frozenset[str]
    figures: Sequence[Figure]
    language: Language | None
    is_latin: bool
    vector: Vectors

    def covered(self, window: Window) -> float:
        """The share of its words and figures that a window has too."""
        total = len(self.words) + _FIGURE_WORDS * len(self.figures)
        known = sum(not figure.isdisjoint(window.readings) for figure in self.figures)
        return (len(self.words & window.words) + _FIGURE_WORDS * known) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a passage: its words, the ways to read its figures, and the words that it denies."""

    words: frozenset[str]
    readings: frozenset[str]
    denied: frozenset[str]

    @classmethod
    def together(cls, windows: Iterable[Window]) -> Window:
        """All of them read as one."""
        every = list(windows)
        return cls(
            frozenset[str]().union(*(window.words for window in every)),
            frozenset[str]().union(*(window.readings for window in every)),
            frozenset[str]().union(*(window.denied for window in every)),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a passage says.

    Attributes:
        sentences: as they stand.
        windows: the sentences, then every two that follow each other, each with the title and the headings above.
        vectors: of the windows without what is above; float32, shape (len(windows), 256).
        title: the words and figures of title and headings.
        readings: of all figures, those of the title too.
    """

    sentences: Sequence[Window]
    windows: Sequence[Window]
    vectors: Vectors
    title: Window
    readings: frozenset[str]
    language: Language | None


def read(
    passages: Sequence[Passage], claims: Collection[str]
) -> tuple[dict[int, Evidence], dict[str, Claim]]:
    """Take passages and sentences apart: the first by their numbers, the second by their texts.

    Call it in a thread: everything is embedded in one go.
    """
    texts = {passage.number: _window_texts(passage.text) for passage in passages}
    every = [*claims, *(text for singles, pairs in texts.values() for text in (*singles, *pairs))]
    vectors, _ = local_embeddings.embed(every)
    found = {text: _claim(text, vector) for text, vector in zip(claims, vectors, strict=False)}
    at = len(claims)
    evidence: dict[int, Evidence] = {}
    for passage in passages:
        singles, pairs = texts[passage.number]
        end = at + len(singles) + len(pairs)
        evidence[passage.number] = _evidence(passage, singles, pairs, vectors[at:end])
        at = end
    return evidence, found


def _window_texts(text: str) -> tuple[list[str], list[str]]:
    singles = [text[start:end] for start, end in sentences.spans(text)] or [text]
    return singles, [f"{first} {second}" for first, second in pairwise(singles)]


def _claim(text: str, vector: Vectors) -> Claim:
    return Claim(
        text=text,
        words=frozenset(words.content(text)),
        figures=figures.figures(text),
        language=languages.guess(text),
        is_latin=2 * sum(map(str.isascii, text)) > len(text),
        vector=vector,
    )


def _evidence(passage: Passage, singles: list[str], pairs: list[str], vectors: Vectors) -> Evidence:
    language = languages.guess(passage.text)
    above = " ".join((passage.title, *passage.headings))
    title = Window(frozenset(words.stems(above)), figures.readings(above), frozenset())
    alone = [_window(text, language) for text in singles]
    together = [Window.together(two) for two in pairwise(alone)]
    return Evidence(
        sentences=alone,
        windows=[Window.together((window, title)) for window in (*alone, *together)],
        vectors=vectors,
        title=title,
        readings=figures.readings(passage.text) | title.readings,
        language=language,
    )


def _window(text: str, language: Language | None) -> Window:
    return Window(frozenset(words.stems(text)), figures.readings(text), negation.denied(text, language))
