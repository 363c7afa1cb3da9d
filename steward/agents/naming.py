"""Naming: how programs that know only models ask for an agent, `agent/<name or id>`."""

from __future__ import annotations

from collections import Counter
from typing import Final

from steward.agents import specialists, store
from steward.agents.admission import Agent, ensure_usable
from steward.kernel.errors import Invalid, NotFound, Refusal
from steward.kernel.settings import Settings
from steward.kernel.work import Transaction

PREFIX: Final = "agent/"

_PAGE: Final = 100
_MOST: Final = 1_000
_NAME_CHARS: Final = 500


def is_agent(model: str) -> bool:
    """Whether a model's name asks for an agent."""
    return model.startswith(PREFIX)


async def offered(work: Transaction, settings: Settings) -> list[tuple[str, Agent]]:
    """The agents that the actor may ask, built-in ones first, each with the name of its model: by its own name while
    no other one has it, else by its id. At most a thousand of the workspace's.
    """
    known = [*specialists.every(settings), *(one for one in await _active(work) if _may_use(work, one))]
    times = Counter(_folded(agent.name) for agent in known)
    return [
        (f"{PREFIX}{agent.name if times[_folded(agent.name)] == 1 else agent.id}", agent) for agent in known
    ]


async def named(work: Transaction, settings: Settings, model: str) -> Agent:
    """The agent that a model's name asks for. Its id always names it; its name only while it is active, in any case of
    letters.

    Raises:
        AgentNotActive: it is archived.
        Invalid: several agents have the name.
        NotFound: there is none that the actor may use.
    """
    asked = model.removeprefix(PREFIX)
    if "\x00" in asked or len(asked) > _NAME_CHARS:
        raise _nobody(model)
    found = specialists.find(asked, settings) or await store.load(work, asked)
    if found is not None:
        ensure_usable(work.actor, found)
        return found
    built_in = specialists.every(settings)
    same = [
        agent
        for agent in [*built_in, *await _active(work, asked)]
        if _folded(agent.name) == _folded(asked) and _may_use(work, agent)
    ]
    if len(same) > 1:
        ids = ", ".join(f"{PREFIX}{agent.id}" for agent in same)
        raise Invalid(f"{len(same)} agents are named {asked!r}; name one by its id: {ids}.", field="model")
    if not same:
        raise _nobody(model)
    return same[0]


async def _active(work: Transaction, letters: str | None = None) -> list[Agent]:
    found: list[Agent] = []
    cursor: str | None = None
    while len(found) < _MOST:
        page = await store.page(work, limit=_PAGE, cursor=cursor, status="active", query=letters)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def _may_use(work: Transaction, agent: Agent) -> bool:
    try:
        ensure_usable(work.actor, agent)
    except Refusal:
        return False
    return True


def _nobody(model: str) -> NotFound:
    return NotFound(f"The model {model[:100]!r} does not exist: no agent has this name or id.", param="model")


def _folded(name: str) -> str:
    return name.strip().casefold()
