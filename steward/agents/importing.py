"""Importing: agents that were made elsewhere, kept under their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from steward.agents import store
from steward.agents.admission import Agent
from steward.agents.properties import AgentProperties
from steward.kernel.settings import Settings
from steward.kernel.work import Transaction
from steward.providers import service as providers
from steward.providers.errors import ModelNotAllowed, UnknownProvider
from steward.things import importing as things


@dataclass(frozen=True, slots=True)
class Restored:
    """An agent that was brought here; `is_new` says whether just now."""

    agent: Agent
    is_new: bool


async def restore(
    work: Transaction,
    settings: Settings,
    agent_id: str,
    name: str,
    properties: AgentProperties,
    created_at: datetime | None,
) -> Restored:
    """Make an agent under an id that it had elsewhere; one that is there stays as it is. It is active when somebody
    answers for its model, and else a draft.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the id belongs to a thing of another kind.
    """
    work.actor.ensure_role("member")
    known = await store.load(work, agent_id)
    if known is not None:
        return Restored(known, is_new=False)
    status = "active" if await _answers(work, settings, properties.full_model) else "draft"
    agent = await store.create(work, name, properties, agent_id=agent_id, status=status)
    if created_at is not None:
        await things.backdate(work, store.KIND, agent_id, created_at)
    return Restored(agent, is_new=True)


async def known(work: Transaction, agent_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are agents which the actor may see."""
    found = {agent_id: await store.load(work, agent_id) for agent_id in set(agent_ids)}
    return {
        agent_id
        for agent_id, agent in found.items()
        if agent is not None and store.is_visible(work.actor, agent)
    }


async def _answers(work: Transaction, settings: Settings, model: str | None) -> bool:
    if model is None:
        return True
    try:
        (await providers.models_of(work, settings)).resolve(model)
    except (UnknownProvider, ModelNotAllowed):
        return False
    return True
