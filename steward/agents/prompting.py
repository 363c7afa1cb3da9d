"""The system prompt: put together anew for each turn from what is known, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from steward.agents.prompt_facts import PromptFacts, ToolLine
from steward.agents.prompt_sections import SECTIONS, Section
from steward.agents.specialists import DEFAULT_ID
from steward.agents.wishes import Prepared
from steward.providers import tokens

_BREAK: Final = "\n\n"
_BREAK_TOKENS: Final = 2
_LONG_CHARS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Part:
    """A section as it was written. `left_out`: there was no room for it."""

    name: str
    text: str
    tokens: int
    left_out: bool


def of_turn(facts: PromptFacts, prepared: Prepared) -> PromptFacts:
    """What is known, for the agent that answers: with its instructions, and with the tools that it is offered."""
    return replace(
        facts,
        instructions=prepared.instructions,
        has_own_voice=prepared.agent_id not in (None, DEFAULT_ID),
        tools=[ToolLine(tool.name, tool.description) for tool in prepared.tools],
    )


def compose(facts: PromptFacts, most_tokens: int) -> str:
    """The system prompt of a turn. When it is too long, sections are left out whole, the least important first.

    Instructions are never left out, so they alone may be longer than the budget.
    """
    written = _written(facts)
    if _surely_fits(written, most_tokens):
        return _joined(text for _, text in written)
    kept = _kept([(section, _counted(text)) for section, text in written], most_tokens)
    return _joined(text for section, text in written if section.name in kept)


def parts(facts: PromptFacts, most_tokens: int) -> list[Part]:
    """Every section that has something to say, in the order of the prompt, and whether there was room for it."""
    sized = [(section, text, _counted(text)) for section, text in _written(facts)]
    kept = _kept([(section, size) for section, _, size in sized], most_tokens)
    return [Part(section.name, text, size, section.name not in kept) for section, text, size in sized]


def _counted(text: str) -> int:
    """The tokens of a section; of a very long one, which takes milliseconds to count, about as many."""
    return _count(text) if len(text) < _LONG_CHARS else tokens.rough(len(text))


@lru_cache(256)
def _count(text: str) -> int:
    # Most sections are the same from turn to turn.
    return tokens.count(text)


def _written(facts: PromptFacts) -> list[tuple[Section, str]]:
    said = [(section, section.write(facts)) for section in SECTIONS]
    return [(section, text) for section, text in said if text]


def _surely_fits(written: list[tuple[Section, str]], most_tokens: int) -> bool:
    """Whether there is no need to count: no text has more tokens than bytes, but for a mark at its beginning."""
    return sum(len(text.encode()) + _BREAK_TOKENS for _, text in written) <= most_tokens


def _kept(sized: list[tuple[Section, int]], most_tokens: int) -> set[str]:
    """The names of the sections that stay."""
    kept = {section.name for section, _ in sized}
    total = sum(size + _BREAK_TOKENS for _, size in sized)
    may_go = [
        (section.priority, section.name, size) for section, size in sized if section.priority is not None
    ]
    for _, name, size in sorted(may_go):
        if total <= most_tokens:
            break
        kept.discard(name)
        total -= size + _BREAK_TOKENS
    return kept


def _joined(texts: Iterable[str]) -> str:
    return _BREAK.join(texts)
