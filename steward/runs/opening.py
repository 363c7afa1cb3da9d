"""Opening: what a turn asks the database before its question is looked into, in one way there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from steward.agents import prompt_facts
from steward.agents.prompt_facts import PromptFacts
from steward.identity import service as identity
from steward.kernel import runtime
from steward.kernel.work import Actor
from steward.knowledge import search
from steward.memory import recalling
from steward.threads import exchanges

_ASKED: Final = (
    exchanges.AGENT_OF,
    identity.STANDING,
    prompt_facts.AGENTS,
    *recalling.ASKED,
    search.ANY,
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known before a turn is prepared.

    Attributes:
        agent_id: who answers in the thread; None for nobody in particular, or a thread that is not there yet.
        facts: of the workspace and the user.
        person: what the user says of themselves.
        has_passages: whether there is anything to be searched.
    """

    agent_id: str | None
    facts: PromptFacts
    person: recalling.Known
    has_passages: bool


async def read(actor: Actor, thread_ref: str | None) -> Opening:
    """Read what a turn begins with."""
    house = runtime.current()
    # No thread has an empty id.
    ref = thread_ref or ""
    async with (
        house.database.transaction(actor) as work,
        work.at_once(*_ASKED, **work.mine, **prompt_facts.sight(work), ref=ref),
    ):
        return Opening(
            agent_id=await exchanges.agent_of(work, ref),
            facts=await prompt_facts.prompt_facts(work, house.settings, house.now()),
            person=await recalling.known_of(work),
            has_passages=await search.has_any(work),
        )
