"""Facts for a prompt: what a turn knows of its workspace, its user and what the workspace has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from steward.identity import service as identity
from steward.kernel.settings import Settings
from steward.kernel.work import Role, Statement, Transaction, lower_role
from steward.usage.days import ensure_zone

MOST_AGENTS: Final = 5
_ROLES: Final[tuple[Role, ...]] = ("viewer", "member", "admin", "owner")
# Not whole agents: their instructions may be long, and a turn has no use for them here.
AGENTS: Final = Statement(
    "SELECT name, left(description, 500) AS description, status, count(*) OVER () AS total FROM agents "
    "WHERE workspace_id = :workspace_id AND status <> 'archived' AND (cast(:sees_all AS bool) "
    "OR created_by = :user_id OR (status <> 'draft' AND access = ANY (cast(:roles AS text[])))) "
    "ORDER BY created_at DESC, id DESC LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class AgentLine:
    """An agent, as the prompt lists it."""

    name: str
    description: str = ""
    status: str = "active"


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer, as the prompt lists it."""

    name: str
    email: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowLine:
    """A workflow, as the prompt lists it. `runs`: how often it ran."""

    name: str
    description: str = ""
    runs: int = 0


@dataclass(frozen=True, slots=True)
class ToolLine:
    """A tool that is offered in the turn; of its description the first sentence is shown."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """Everything that a prompt is made of. Whoever calls gives what it has; what is missing is left out.

    Attributes:
        product_name: what the assistant calls the product it belongs to.
        instructions: of the agent, of the operator or of the request; they stand in the prompt word by word.
        has_own_voice: whether the agent of a workspace answers with instructions of its own: then the house says no
            more than what every agent needs, and shows it nothing of what the workspace has.
        now: an aware moment; None leaves the time out.
        time_zone: the user's, an IANA name.
        agent_count: how many agents there are, of which `agents` are the newest.
        profile: what is known of the user, one fact in a line.
        memories: what is remembered of earlier conversations, one in a line.
    """

    product_name: str = "Steward"
    instructions: str = ""
    has_own_voice: bool = False
    workspace_name: str = ""
    user_name: str = ""
    role: str = ""
    now: datetime | None = None
    time_zone: str = "UTC"
    agent_count: int = 0
    agents: Sequence[AgentLine] = ()
    customers: Sequence[CustomerLine] = ()
    workflows: Sequence[WorkflowLine] = ()
    tools: Sequence[ToolLine] = ()
    profile: str = ""
    memories: str = ""


async def prompt_facts(work: Transaction, settings: Settings, now: datetime) -> PromptFacts:
    """What the database knows for a prompt, in two statements; callers add what belongs to their turn.

    The workspace's own `product_name` and `time_zone` count before the server's.
    """
    standing = await identity.standing(work)
    agents = await work.all(AGENTS, **work.mine, **sight(work))
    return PromptFacts(
        product_name=standing.properties.get("product_name") or settings.chat.product_name,
        workspace_name=standing.workspace_name,
        user_name=standing.user_name,
        role=standing.role,
        now=now,
        time_zone=_zone(standing.properties.get("time_zone")),
        agent_count=agents[0].total if agents else 0,
        agents=[AgentLine(row.name, row.description or "", row.status) for row in agents],
    )


def sight(work: Transaction) -> dict[str, Any]:
    """How many agents the prompt lists, and which the actor may see, as the store of agents says it."""
    role = work.actor.role
    if work.actor.visit is not None:
        # Which agents there are is nobody's business who visits.
        return {"most": 0, "sees_all": False, "roles": []}
    return {
        "most": MOST_AGENTS,
        "sees_all": role in ("admin", "owner"),
        "roles": [least for least in _ROLES if lower_role(role, least) == least],
    }


def _zone(given: Any) -> str:
    try:
        return ensure_zone(given)
    except (TypeError, ValueError):
        return "UTC"
