"""Admission: what an agent is to whoever asks for it, and who may see it and use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from steward.agents.errors import AgentNotActive
from steward.agents.properties import AgentProperties, AgentStatus
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor, Role, lower_role

_ROLES: Final[tuple[Role, ...]] = ("viewer", "member", "admin", "owner")


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as it is, or as one of its versions was.

    Attributes:
        status, access: as they are now, also of an earlier version.
        created_by: None when it is built in.
    """

    id: str
    name: str
    status: AgentStatus
    access: Role
    version: int
    properties: AgentProperties
    created_by: str | None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def built_in(self) -> bool:
        """Whether every workspace has it, and nobody can change it."""
        return self.created_by is None


def is_visible(actor: Actor, agent: Agent) -> bool:
    """Whether somebody may see an agent: makers and admins all of theirs, others what they may use or could once."""
    if agent.created_by in (None, actor.user_id) or sees_all(actor):
        return True
    return agent.status != "draft" and reaches(actor, agent.access)


def ensure_usable(actor: Actor, agent: Agent) -> None:
    """Refuse a turn of an agent that the actor may not have.

    Raises:
        AgentNotActive: it is archived.
        NotFound: it is for other roles, or somebody else's draft.
    """
    is_maker = agent.created_by == actor.user_id
    is_admitted = is_maker or reaches(actor, agent.access)
    if not is_admitted or not is_visible(actor, agent):
        raise no_agent()
    if agent.status == "archived":
        raise AgentNotActive(f"The agent {agent.name!r} is archived; activate it, or choose another one.")


def no_agent() -> NotFound:
    """The refusal for an agent that is not there, or not for the actor."""
    return NotFound("There is no such agent.")


def roles_of(actor: Actor) -> list[Role]:
    """The roles that the actor's reaches."""
    return [role for role in _ROLES if reaches(actor, role)]


def reaches(actor: Actor, least: Role) -> bool:
    """Whether the actor's role is this one, or above it."""
    return lower_role(actor.role, least) == least


def sees_all(actor: Actor) -> bool:
    """Whether the actor sees and changes what others made."""
    return actor.role in ("admin", "owner")
