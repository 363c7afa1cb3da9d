"""The agents of a workspace: things of the kind `agent` with their versions. It knows no tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from pydantic import ValidationError

from steward.agents import queries
from steward.agents.admission import Agent, ensure_usable, is_visible, no_agent, roles_of, sees_all
from steward.agents.properties import STATUSES, AgentProperties, AgentStatus, AgentType, StoredProperties
from steward.audit import service as audit
from steward.kernel import cron
from steward.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Found, Transaction
from steward.things import service as things
from steward.things.service import Kind, Thing

__all__ = ["KIND", "Agent", "Listed", "Version", "ensure_usable", "is_visible", "no_agent"]

KIND: Final = things.register(Kind("agent", "asst", StoredProperties, "Agent", STATUSES))

MOST_AGENTS: Final = 1_000
"""Of one workspace, archived ones among them: each may begin by the clock, and all are searched together."""
_LAST: Final = 2**31 - 1

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Item]):
    """Some rows of a list, and the cursor of the next ones."""

    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """An agent as one change left it."""

    version: int
    name: str
    properties: AgentProperties
    created_by: str
    created_at: datetime


async def create(
    work: Transaction,
    name: str,
    properties: AgentProperties,
    *,
    agent_id: str | None = None,
    status: AgentStatus = "draft",
) -> Agent:
    """Make an agent. A given id that is there already returns what is there.

    Raises:
        Conflict: the workspace has as many agents as it may.
        CronInvalid: the schedule cannot be read.
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    await _ensure_room(work, agent_id)
    thing = await things.create(work, KIND, name, _stored(properties, 1), thing_id=agent_id, status=status)
    agent = _of_thing(thing)
    if await queries.insert_version(
        work, id=agent.id, version=1, name=name, properties=properties.model_dump_json()
    ):
        await audit.record(work, "agent_created", "agent", agent.id, name=name, agent_type=properties.type)
    return agent


async def load(work: Transaction, agent_id: str, *, version: int | None = None) -> Agent | None:
    """The agent that has this id, or None; ask `is_visible` or `ensure_usable` before anybody is shown it.

    Args:
        work: of whoever asks.
        agent_id: its id.
        version: as it was then; None for as it is.
    """
    row = await queries.find(work, agent_id, version)
    return None if row is None else _of_row(row)


async def get(work: Transaction, agent_id: str) -> Agent:
    """The agent that has this id.

    Raises:
        NotFound: there is none that the actor may see.
    """
    agent = await load(work, agent_id)
    if agent is None or not is_visible(work.actor, agent):
        raise no_agent()
    return agent


async def page(
    work: Transaction,
    *,
    limit: int,
    cursor: str | None = None,
    status: AgentStatus | None = None,
    type: AgentType | None = None,
    query: str | None = None,
) -> Listed[Agent]:
    """The agents that the actor may see, the newest first.

    Args:
        work: of whoever asks.
        limit: how many at most.
        cursor: of the page before.
        status: only those.
        type: only those.
        query: letters that name or description must hold, in any case.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    actor = work.actor
    filters: dict[str, Any] = {"status": status, "type": type, "query": query or None}
    filters |= {"sees_all": sees_all(actor), "roles": roles_of(actor)}
    if cursor is not None:
        filters["last_at"], filters["last_id"] = read_cursor(cursor, datetime, str)
    rows = await queries.page(work, filters, limit + 1)
    items = [_of_row(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Listed(items, write_cursor(items[-1].created_at, items[-1].id) if more else None)


async def stretch(work: Transaction, asked: Asked) -> Stretch[Agent]:
    """A stretch of the agents that the actor may see and that are not archived."""
    actor = work.actor
    rows = await queries.stretch(work, asked, {"sees_all": sees_all(actor), "roles": roles_of(actor)})
    items = [_of_row(row) for row in rows[: asked.limit]]
    is_turned = asked.before is not None and asked.after is None
    return Stretch(items[::-1] if is_turned else items, has_more=len(rows) > asked.limit)


async def change(work: Transaction, agent_id: str, changes: Mapping[str, Any]) -> Agent:
    """Change name or properties, which makes a new version; what is not named stays, null is what new agents have.

    Raises:
        CronInvalid: the schedule cannot be read.
        Forbidden: the agent is somebody else's, and the actor is no admin.
        Invalid: the properties do not fit together.
        NotFound: no agent that the actor may see.
    """
    thing, agent = await _managed(work, agent_id)
    name = changes.get("name") or agent.name
    given = {field: value for field, value in changes.items() if field != "name"}
    return await _write(work, thing, agent, name, _merged(agent.properties, given))


async def restore(work: Transaction, agent_id: str, version: int) -> Agent:
    """Make the agent what it was as a version, which is a new version again.

    Raises:
        Forbidden: the agent is somebody else's, and the actor is no admin.
        NotFound: no agent that the actor may see, or no such version.
    """
    thing, agent = await _managed(work, agent_id)
    rows = await queries.versions(work, agent_id, version + 1, 1)
    if not rows or rows[0].version != version:
        raise NotFound("The agent has no such version.")
    former = _version(rows[0])
    return await _write(work, thing, agent, former.name, former.properties)


async def versions(
    work: Transaction, agent_id: str, *, limit: int, cursor: str | None = None
) -> Listed[Version]:
    """What the agent was, the newest first.

    Raises:
        Invalid: the cursor is not one of this list.
        NotFound: no agent that the actor may see.
    """
    await get(work, agent_id)
    before = _LAST if cursor is None else read_cursor(cursor, int)[0]
    rows = await queries.versions(work, agent_id, max(0, min(before, _LAST)), limit + 1)
    items = [_version(row) for row in rows[:limit]]
    return Listed(items, write_cursor(items[-1].version) if len(rows) > limit else None)


async def set_status(work: Transaction, agent_id: str, status: AgentStatus) -> Agent:
    """Activate an agent, archive it, or make it a draft again.

    Raises:
        Forbidden: the agent is somebody else's, and the actor is no admin.
        NotFound: no agent that the actor may see.
    """
    thing, agent = await _managed(work, agent_id)
    if agent.status == status:
        return agent
    changed = await things.change(work, thing, status=status)
    await audit.record(work, f"agent_{_DONE[status]}", "agent", agent_id, name=agent.name)
    return _of_thing(changed)


async def delete(work: Transaction, agent_id: str) -> None:
    """Delete an agent with its versions and statistics.

    Raises:
        Forbidden: the agent is somebody else's, and the actor is no admin.
        NotFound: no agent that the actor may see.
    """
    _, agent = await _managed(work, agent_id)
    await things.delete(work, KIND, agent_id)
    await audit.record(work, "agent_deleted", "agent", agent_id, name=agent.name)


_DONE: Final[dict[AgentStatus, str]] = {"draft": "withdrawn", "active": "activated", "archived": "archived"}


async def _managed(work: Transaction, agent_id: str) -> tuple[Thing, Agent]:
    """The agent, locked, for somebody who may change it."""
    work.actor.ensure_role("member")
    thing = await things.get(work, KIND, agent_id, lock=True)
    agent = _of_thing(thing)
    if not is_visible(work.actor, agent):
        raise no_agent()
    if agent.created_by != work.actor.user_id and not sees_all(work.actor):
        raise Forbidden("Only who made the agent, admins and owners can change it. Ask one of them.")
    return thing, agent


async def _write(
    work: Transaction, thing: Thing, agent: Agent, name: str, properties: AgentProperties
) -> Agent:
    before, after = agent.properties.model_dump(), properties.model_dump()
    fields = sorted(field for field in after if after[field] != before[field])
    if name != agent.name:
        fields.append("name")
    if not fields:
        return agent
    if "schedule" in fields and properties.schedule is not None and agent.created_by != work.actor.user_id:
        raise Forbidden(
            "An agent's own schedule acts as whoever made the agent, so only they can set it. "
            "Make a schedule of your own."
        )
    version = agent.version + 1
    changed = await things.change(work, thing, name=name, properties=_stored(properties, version))
    await queries.insert_version(
        work, id=agent.id, version=version, name=name, properties=properties.model_dump_json()
    )
    await audit.record(work, "agent_changed", "agent", agent.id, fields=fields, version=version)
    return _of_thing(changed)


async def _ensure_room(work: Transaction, agent_id: str | None) -> None:
    """Refuse one agent too many; one that is there already is none."""
    if await queries.count(work) >= MOST_AGENTS and (agent_id is None or await load(work, agent_id) is None):
        raise Conflict(f"A workspace has at most {MOST_AGENTS} agents; delete one first.")


def _merged(properties: AgentProperties, given: Mapping[str, Any]) -> AgentProperties:
    fields = AgentProperties.model_fields
    changes = {
        name: fields[name].get_default(call_default_factory=True) if value is None else value
        for name, value in given.items()
    }
    try:
        return AgentProperties.model_validate(properties.model_dump() | changes)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(
            f"The agent does not fit together: {first['msg']}.",
            field=str(first["loc"][0]) if first["loc"] else None,
        ) from error


def _stored(properties: AgentProperties, version: int) -> StoredProperties:
    if properties.schedule is not None:
        # Here and not in the model, which is read at every turn.
        cron.normal(properties.schedule)
    return StoredProperties(**properties.model_dump(), version=version)


def _of_thing(thing: Thing) -> Agent:
    stored = thing.read(StoredProperties)
    return Agent(
        thing.id,
        thing.name,
        thing.status,  # pyright: ignore[reportArgumentType]  # the kind allows no other
        stored.access,
        stored.version,
        AgentProperties.model_validate(stored.model_dump(exclude={"version"})),
        thing.created_by,
        thing.created_at,
        thing.updated_at,
    )


def _of_row(row: Found) -> Agent:
    properties = AgentProperties.model_validate(row.properties)
    return Agent(
        row.id,
        row.name,
        row.status,
        row.access,
        row.version,
        properties,
        row.created_by,
        row.created_at,
        row.updated_at,
    )


def _version(row: Found) -> Version:
    properties = AgentProperties.model_validate(row.properties)
    return Version(row.version, row.name, properties, row.created_by, row.created_at)
