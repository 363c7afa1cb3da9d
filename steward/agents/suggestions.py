"""Suggestions: which tool fits a message, found without a model by words and by the local embeddings.

A suggestion is shown and never carried out. Words decide first: a tool is suggested when the message speaks of every
thing in the tool's name and of its act. Of tools whose names say nothing to us, such as those of other servers, words
of the name must be said and the meaning of message and description must be near.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from steward.agents.suggestion_words import ACTS, DEFINITION, REQUEST, THINGS, Concept
from steward.kernel.tools import Tool
from steward.kernel.words import content, plain
from steward.providers import local_embeddings

LEAST_SCORE: Final = 0.5
"""Chosen on the tuned half of the labelled messages in the tests; below it nothing is suggested."""

_LEAST_LIKENESS: Final = 0.3
_MESSAGE_CHARS: Final = 600
"""What somebody wants stands at the beginning; behind it is what they pasted."""
_MOST_TOOLS: Final = 1_000

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A tool that fits a message. `score` lies between 0 and 1; `reason` is one sentence for people."""

    tool: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What the name and the description of a tool say."""

    acts: tuple[Concept, ...]
    things: tuple[Concept, ...]
    stems: frozenset[str]
    vector: npt.NDArray[np.float32]


async def suggest(message: str, tools: Sequence[Tool]) -> Suggestion | None:
    """The tool that fits a message best, or None; takes about a millisecond, in a thread."""
    found = await asyncio.to_thread(ranked, message, tools)
    return found[0] if found else None


def ranked(message: str, tools: Sequence[Tool]) -> list[Suggestion]:
    """The tools that fit a message, the best first; call it in a thread, for the first call loads the embeddings."""
    text = message[:_MESSAGE_CHARS]
    if not tools or not text.strip():
        return []
    said = plain(text)
    if DEFINITION.match(said):
        return []
    vector, stems = _vector(text), frozenset(content(text))
    found: list[Suggestion] = []
    for tool in tools:
        known = _learn(tool.name, tool.description)
        score = _by_words(known, tool.changes, said) if known.things else _by_likeness(known, stems, vector)
        if score >= LEAST_SCORE:
            found.append(Suggestion(tool.name, round(score, 3), _reason(tool.name, known)))
    # Sorting is stable: of two that fit alike, the one that was offered first.
    return sorted(found, key=lambda one: one.score, reverse=True)


def _by_words(known: _Known, changes: bool, said: str) -> float:
    """1 when every thing and the act are said, and the act at once; less for an act that comes late.

    A tool that changes something also fits a request that names its things and says the act in words we do not know.
    """
    if not all(thing.said.search(said) for thing in known.things):
        return 0.0
    starts = [match.start() for act in known.acts if (match := act.said.search(said))]
    if starts:
        return 1 - 0.4 * min(starts) / len(said)
    return LEAST_SCORE if not known.acts or (changes and REQUEST.search(said)) else 0.0


def _by_likeness(known: _Known, stems: frozenset[str], vector: npt.NDArray[np.float32]) -> float:
    """How near message and description are, for names of which a word is said; 0 when none is."""
    if not known.stems & stems:
        return 0.0
    likeness = float(known.vector @ vector)
    shared = len(known.stems & stems) / len(known.stems)
    return 0.0 if likeness < _LEAST_LIKENESS else min(1.0, likeness + 0.5 * shared)


@lru_cache(maxsize=_MOST_TOOLS)
def _learn(name: str, description: str) -> _Known:
    words = [word.lower() for word in _WORD.findall(name)]
    return _Known(
        _named(ACTS, words),
        _named(THINGS, words),
        frozenset(content(" ".join(words))),
        _vector(f"{' '.join(words)}. {description}"),
    )


def _named(concepts: Sequence[Concept], words: Sequence[str]) -> tuple[Concept, ...]:
    return tuple(one for one in concepts if any(word.startswith(one.named) for word in words))


def _vector(text: str) -> npt.NDArray[np.float32]:
    vectors, _ = local_embeddings.embed([text])
    return vectors[0]


def _reason(name: str, known: _Known) -> str:
    if not known.things:
        return f"The message speaks of what {name} does."
    things = " and ".join(thing.shown for thing in known.things)
    acts = f", and wants {known.acts[0].shown}" if known.acts else ""
    return f"The message speaks of {things}{acts}."
